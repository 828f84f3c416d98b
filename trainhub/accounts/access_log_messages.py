"""Words of the access log. A code that a room brings itself is shown as it is."""

from typing import Any

from flask_babel import lazy_gettext as _l

MESSAGES: dict[str, Any] = {
    "access_own_reads": _l("These are your own readings. Somebody else must look through them."),
    "access_nothing_to_review": _l("There is nothing left to look through here. Load the page again."),
    "bad_sealed_file": _l("This file is empty or damaged, or no PDF, picture (JPEG, PNG) or plain text. Save it anew, or photograph it."),
    "pdf_not_clean": _l("This PDF carries more than its pages: a password, an attachment, a program, or notes on who made it that cannot be taken out. Print it to a new PDF, or photograph the pages, and choose that."),
}

KIND_LABELS: dict[str, Any] = {
    "case": _l("a case"),
    "concern": _l("a concern"),
    "reporter": _l("who reported"),
    "file": _l("an evidence file"),
    "interview": _l("an interview"),
    "determination": _l("a determination"),
    "plan": _l("an education plan"),
    "support": _l("a support plan"),
    "appeal": _l("an appeal"),
    "document": _l("an issued document"),
    "identity": _l("a pupil's name"),
    "guardian_request": _l("guardian's request"),
    "party": _l("a party of a case"),
    "paper": _l("a numbered paper"),
    "case_export": _l("a file with names"),
    "hand_over": _l("a plan handed over"),
    "committee": _l("the register of the committee"),
    "sitting": _l("minutes of a sitting"),
    "committee_item": _l("a matter of a sitting"),
    "list": _l("a list"),
    "denied": _l("nothing: it is not there for them"),
}

DENIED_LABELS: dict[str, Any] = {
    "cases": _l("Asked for something of a case"), "committees": _l("Asked for something of the committee"),
    "education_plans": _l("Asked for something of an education plan"), "appeals": _l("Asked for something of an appeal"),
    "access_log": _l("Asked for the access log"), "": _l("Asked for something protected"),
}
"""Kinds of addresses that showed nothing, by the room of the address."""

VIA_LABELS: dict[str, Any] = {
    "page": _l("as a page"), "export": _l("as an export"), "print": _l("as a print"), "api": _l("through the interface"), "job": _l("by background work"),
    "file": _l("as a file"),
}

PURPOSE_LABELS: dict[str, Any] = {
    "handling": _l("handling the case"),
    "committee": _l("work of the committee"),
    "support": _l("supporting a child"),
    "review": _l("reviewing a plan"),
    "appeal": _l("handling an appeal"),
    "oversight": _l("supervising a school"),
    "guardian_request": _l("a guardian's request"),
    "break_glass": _l("opened with two people"),
    "reveal_notice": _l("name shown to reach the guardian"),
    "reveal_interview": _l("name shown for a talk"),
    "reveal_identify": _l("name shown to make sure who it is"),
    "reveal_report": _l("name shown for a report upward"),
    "reveal_support": _l("name shown to help the child"),
    "guardian_contact": _l("speaking with the guardian"),
    "own_receipt": _l("one's own report"),
    "identified_export": _l("an export with names"),
    "transfer": _l("hand-over to another school"),
    "denied": _l("not theirs, or not there"),
    "lesson": _l("giving a lesson"),
    "confirming": _l("confirming hours"),
    "print": _l("printing a paper"),
    "export": _l("a workbook"),
}
