"""The fixed words of the printed documents, in the reader's language."""

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


LABELS = {"signin": signin_labels, "statement": statement_labels, "poster": poster_labels}
