"""The sign-in sheet on paper: from the browser, and as a PDF."""

from typing import Any

from flask import Response, url_for
from flask_babel import gettext as _

from trainhub.attendance import queries
from trainhub.attendance.queries import Roll
from trainhub.attendance.views import blueprint
from trainhub.documents import pdf, qr
from trainhub.kernel.clock import local_day
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import policy_for
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import span_text
from trainhub.web.pages import attachment, page

READ = Permission.ROLL_READ


@blueprint.route("/rolls/<sheet_id>/sheet")
@needs(READ)
def sheet(sheet_id: str) -> Any:
    """The A4 sign-in sheet for the browser's print."""
    whole = queries.roll(read_session(), current_actor().scope(READ), sheet_id)
    data = _data(whole)
    numbers = pdf.signin_pages(len(data["people"]))
    return page("attendance/signin.html", data=data, sheet=whole.sheet, pages=_pages(data["people"], numbers),
                code=qr.draw(_address(sheet_id)), pdf_ready=pdf.available())


@blueprint.route("/rolls/<sheet_id>/sheet.pdf")
@needs(READ)
def sheet_pdf(sheet_id: str) -> Response:
    """The same sheet as a PDF; says so where PDF output is not installed."""
    whole = queries.roll(read_session(), current_actor().scope(READ), sheet_id)
    content = pdf.render("signin", _data(whole) | {"qr": qr.draw(_address(sheet_id)).svg()})
    return attachment(content, f"sign-in-{sheet_id[:8]}.pdf", "application/pdf")


def _address(sheet_id: str) -> str:
    return url_for("attendance.roll", sheet_id=sheet_id, _external=True)


def _data(whole: Roll) -> dict[str, Any]:
    """Return what stands on the paper, as the PDF template and the page want it."""
    held = whole.sheet
    about = held.subject
    policy = policy_for(read_session(), held.district_id, held.school_id, local_day(held.starts_at))
    return {
        "school": held.school_name, "heading": _("%(year)s staff training", year=local_day(held.starts_at).year),
        "event": held.heading, "trainers": "、".join(about.trainers), "when": span_text(held.starts_at, held.ends_at, year=True),
        "periods": str(policy.periods.periods(held.frame.minutes)), "room": about.room,
        "number": about.number or held.id[-8:].upper(), "parts": [], "layout": "compact",
        "people": [
            {"no": str(p.head.serial_no), "name": p.name, "department": d.name, "post": ""}
            for d in whole.departments if d.listed for p in d.people
        ],
        "qr": "", "qr_note": _("Open the roll"),
    }


def _pages(people: list[dict[str, str]], sizes: list[int]) -> list[list[list[dict[str, str]]]]:
    """Cut the people into pages of two columns, the left one filled first."""
    cut, start = [], 0
    for size in sizes:
        here = people[start:start + size]
        half = (len(here) + 1) // 2 if size < pdf.FULL_PAGE else pdf.FULL_PAGE // 2
        cut.append([here[:half], here[half:]])
        start += size
    return cut
