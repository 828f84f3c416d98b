"""The fixed words of the printed documents, in the reader's language."""

from flask_babel import force_locale
from flask_babel import gettext as _


def signin_labels() -> dict[str, str]:
    """Words of the sign-in sheet."""
    return {
        "title": _("SIGN-IN SHEET"),
        "event": _("Training"),
        "trainers": _("Trainer"),
        "periods": _("Periods"),
        "when": _("Time"),
        "room": _("Place"),
        "expected": _("Expected"),
        "no": _("No."),
        "name": _("Name"),
        "department": _("Department"),
        "unit": _("Unit/Department"),
        "post": _("Post"),
        "signature": _("Own signature"),
        "remark": _("Remarks"),
        "instruction": _("Sign for yourself only. If you arrive late, write the time beside your signature."),
        "summary_expected": _("Expected:"),
        "present": _("Present:"),
        "late": _("Late:"),
        "excused": _("Excused:"),
        "absent": _("Absent:"),
        "persons": _("persons"),
        "absent_numbers": _("Numbers of those absent"),
        "sign_trainer": _("Signature of trainer"),
        "sign_officer": _("Signature of training officer"),
        "sign_date": _("Date"),
        "number": _("Number"),
        "page_of": _("Page {page} of {pages}"),
    }


def statement_labels() -> dict[str, str]:
    """Words of the hours statement."""
    return {
        "title": _("Statement of training hours"),
        "counted": _("What counted"),
        "not_counted": _("Attended but not counted"),
        "date": _("Date"),
        "event": _("Training"),
        "mode": _("Mode"),
        "minutes": _("Minutes"),
        "periods": _("Periods"),
        "reason": _("Reason"),
        "total": _("Total"),
        "none": _("None"),
        "code": _("Code"),
        "verify": _("Scan, or type the code at"),
        "seal": _("(seal)"),
        "issued_on": _("Issued on"),
        "page_of": _("Page {page} of {pages}"),
    }


def poster_labels() -> dict[str, str]:
    """Words of a class convention's poster."""
    return {"sign": _("We sign"), "teacher": _("Homeroom teacher"), "date": _("Date")}


def letter_labels(language: str = "zh_Hans_CN") -> dict[str, str]:
    """Words of an official letter, in the letter's own language: a paper does not depend on who prints it."""
    with force_locale(language):
        return {
            "meta_title": _("Document {number}"),
            "day": _("{year}-{month}-{number}"),
            "blank_day": _("Year ____ month ____ day ____"),
            "blank_time": _("Year ____ month ____ day ____ at ____"),
            "comma": _(", "),
            "page_of": _("Page {page} of {pages}"),
            "ledger_code": _("Ledger code"),
            "addressee": _("{to}:"),
            "seal": _("(seal)"),
            "copies": _("Copies to:"),
            "corrections": _("Red rows with a bar at the left edge correct an earlier row."),
            "date": _("Date"),
            "refusal": _("Signature refused"),
            "refusal_reason": _("Reason for refusing to sign"),
            "witness": _("Witness {number}"),
            "witnesses": _("Two witnesses"),
            "remark": _("Remarks"),
            "appeal": _("How to appeal"),
            "appeal_body": _("Appeal to"),
            "appeal_term": _("Term of appeal"),
            "appeal_until": _(" (until the end of {day})"),
            "appeal_how": _("Way of appeal"),
            "appeal_effect": _("Effect of an appeal"),
            "tear": _("Tear off here"),
            "receipt": _("Receipt of service"),
            "receipt_document": _("Document served"),
            "receipt_number": _("Document number"),
            "receipt_recipient": _("Recipient of the document"),
            "receipt_place": _("Place of service"),
            "receipt_manner": _("Manner of service"),
            "receipt_manners": _("□ in person  □ left at the address  □ by post  □ electronic  □ other"),
            "receipt_signature": _("Signature of the recipient"),
            "receipt_time": _("Time of receipt"),
            "receipt_proxy": _("Received for the recipient by"),
            "receipt_relation": _("Relation to the recipient"),
            "receipt_refused": _("Reason of a refusal"),
            "receipt_servers": _("Served by (two)"),
        }


LABELS = {"letter": letter_labels, "signin": signin_labels, "statement": statement_labels, "poster": poster_labels}
