"""Words of determinations, requests for a second person and numbered papers."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trainhub.cases.queries.found import Ending
from trainhub.web.i18n import day_text

OUTCOMES: dict[str, Any] = {
    "bullying": _l("bullying"), "not_bullying": _l("no bullying (a quarrel or play)"), "not_proven": _l("not proven"),
    "other_body": _l("another body's case"),
}  # fmt: skip
STATES: dict[str, Any] = {
    "proposed": _l("proposed"), "adopted": _l("adopted, to be served"), "effective": _l("in effect"), "upheld": _l("upheld on appeal"),
    "modified": _l("changed on appeal"), "overturned": _l("overturned on appeal"), "superseded": _l("replaced"),
}  # fmt: skip
STATE_KINDS: dict[str, str] = {
    "proposed": "todo", "adopted": "late", "effective": "ok", "upheld": "ok", "modified": "leave", "overturned": "gap", "superseded": "leave",
}
WAITS: dict[str, Any] = {
    "propose": _l("No determination is proposed yet: the case officer proposes."), "agenda": _l("Proposed; to be put on the committee's agenda."),
    "vote": _l("On the agenda; waits for the vote of the committee."), "adopt": _l("Now waits for the secretary of the committee to adopt it."),
    "nobody_adopts": _l("Nobody here may adopt it: the school names a secretary of the committee first."), "adopted": _l("Adopted."),
}  # fmt: skip
"""For what a pupil's finding waits while the committee has the case."""
AGAIN: dict[str, Any] = {
    "committee_asks": _l("the committee asks for more facts"), "new_evidence": _l("new evidence"), "mistake_found": _l("a mistake was found"),
}  # fmt: skip
SERVICE: dict[str, Any] = {
    "acknowledged": _l("signed"), "refused_to_sign": _l("refused to sign, two witnesses"), "not_reached": _l("not reached"),
}  # fmt: skip
RECIPIENTS: dict[str, Any] = {
    "guardian": _l("guardian"), "bureau": _l("education bureau"), "police": _l("police"), "homeroom": _l("homeroom teacher"),
    "quality_evaluation": _l("quality evaluation"), "instructor": _l("instructor"), "other_school": _l("another school"), "other": _l("another place"),
    "entry": _l("entry in the quality evaluation"),
}  # fmt: skip
KINDS: dict[str, Any] = {
    "reporter": _l("See who reported"), "identity": _l("See who a pupil is"), "unseal": _l("Open a sealed case"),
    "identified_export": _l("Export a file with names"), "downgrade": _l("Set a milder tier"), "extension": _l("More days for the investigation"),
    "lift_recusal": _l("Lift a recusal"), "end_case": _l("End a case without a determination"),
}  # fmt: skip
REASONS: dict[str, Any] = {
    "protect_reporter": _l("to protect whoever reported"), "safety": _l("somebody is in danger"), "more_facts": _l("facts can be had nowhere else"),
    "official_request": _l("an authority asks in writing"), "review": _l("a review"), "appeal": _l("an appeal"),
    "guardian_request": _l("a guardian's request"), "new_evidence": _l("new evidence"), "handover": _l("hand-over to another school"),
    "new_facts": _l("new facts"), "mistaken_entry": _l("entered by mistake"), "police_finding": _l("finding of the police"),
    "committee_finding": _l("finding of the committee"), "many_persons": _l("many persons are involved"), "facts_unclear": _l("facts are not clear yet"),
    "persons_away": _l("persons cannot be reached"), "nobody_identified": _l("nobody who did it could be identified"),
    "other_body": _l("another body handles it"), "double_of": _l("it is the same as another case"),
    "staff_conduct": _l("a member of staff is said to have done it: another procedure handles it"),
}  # fmt: skip
SECOND_STATES: dict[str, Any] = {
    "asked": _l("waits for a second person"), "granted": _l("granted"), "refused": _l("not agreed to"), "used": _l("used"), "expired": _l("expired"),
}  # fmt: skip
SECOND_KINDS: dict[str, str] = {"asked": "todo", "granted": "ok", "refused": "gap", "used": "leave", "expired": "hold"}
PAPERS: dict[str, Any] = {
    "acceptance_notice": _l("Notice of acceptance"), "investigation_notice": _l("Notice of investigation"), "determination": _l("Determination"),
    "incident_report": _l("Special report"), "interview_record": _l("Record of a talk"), "correction_notice": _l("Notice of correction"),
}  # fmt: skip
STEP_WORDS: dict[str, Any] = {
    "proposed": _l("Determination proposed"), "on_agenda": _l("Put on the committee's agenda"), "determination_moved": _l("Determination moved on"),
    "determined": _l("Determination changed on appeal"), "told": _l("Somebody was told of the determination"),
    "evaluation_entered": _l("Entered in the quality evaluation"), "evaluation_recalled": _l("Entry in the quality evaluation recalled"),
    "recipient_corrected": _l("Correction sent"), "issued": _l("Paper numbered"), "second_asked": _l("Second person asked"),
    "second_granted": _l("Second person agreed"), "second_refused": _l("Second person refused"), "second_used": _l("Consent of two used"),
}  # fmt: skip


def ended_words(ending: Ending | None) -> str:
    """What stands at the head of the papers and the page of a version that does not stand any more; "" for one that stands."""
    if ending is None:
        return ""
    day, no, fresh = day_text(ending.at, weekday=False, year=True), ending.decision_no, ending.fresh_no
    if ending.state == "overturned":
        words = _("Annulled on %(day)s by the decision on appeal %(no)s.", day=day, no=no) if no else _("Annulled on %(day)s on appeal.", day=day)
    elif ending.state == "modified":
        words = _("Changed on %(day)s by the decision on appeal %(no)s.", day=day, no=no) if no else _("Changed on %(day)s on appeal.", day=day)
    elif fresh:
        words = _("Replaced on %(day)s by %(no)s.", day=day, no=fresh)
    elif no:
        words = _("Taken back on %(day)s by the decision on appeal %(no)s.", day=day, no=no)
    else:
        words = _("Replaced on %(day)s.", day=day)
    return str(words) + str(_(" This determination does not stand any more; do not use it."))
