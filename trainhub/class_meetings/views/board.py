"""The board of a school: every class with its meetings; reminding teachers; the ledger."""

from collections.abc import Iterator
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from trainhub.class_meetings.queries.board import Board, BoardRow, LedgerLine, board, ledger
from trainhub.class_meetings.service.checking import remind
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.views.terms import term_asked, term_choices
from trainhub.class_meetings.wording import MEETING_STATES, STANDINGS, STATE_KINDS, reason_words, said, term_words
from trainhub.courses.messages import THEMES
from trainhub.documents import xlsx
from trainhub.documents.sheets import Cell, Column, SheetSpec
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import org
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import span_text
from trainhub.web.pages import attachment, page, redirect_path, safe_path, toast

SHOWS = ("all", "plan", "none", "record", "check", "returned", "apart")


def fits(row: BoardRow, show: str) -> bool:
    """Whether a class belongs under a filter of the board."""
    return {
        "plan": row.wants_plan, "none": row.standing.standing == "none", "record": row.has("to_record"), "check": row.has("recorded"),
        "returned": row.has("returned"), "apart": not row.standing.owes,
    }.get(show, True)


@blueprint.get("/meetings/board")
@needs(Permission.MEETING_READ)
def board_page() -> Response:
    """Every class of the term with its meetings, filtered by what wants doing."""
    actor = current_actor()
    key = term_asked(actor, actor.org_id)
    found = board(read_session(), actor.scope(Permission.MEETING_READ), actor.org_id, key, now())
    show = request.args.get("show", "all")
    rows = [row for row in found.rows if fits(row, show)]
    return page(
        "class_meetings/board.html", found=found, rows=rows, grades=sorted({row.klass.grade for row in rows}), key=key, show=show, chips=_chips(found, key.text, show),
        terms=term_choices(key, "class_meetings.board_page", show=show), term_text=term_words(key.school_year, key.season),
        states=said(MEETING_STATES), kinds=STATE_KINDS, standings=said(STANDINGS), reason_words=reason_words, about=_about(rows, show),
    )


def _about(rows: list[BoardRow], show: str) -> str:
    """What the button reminds of: the plan where one is missing, else the record."""
    if show in ("plan", "record"):
        return show
    return "plan" if any(row.wants_plan for row in rows) else "record"


def _chips(found: Board, term: str, show: str) -> list[tuple[str, int, str, bool]]:
    words = {
        "all": _("All classes"), "plan": _("To be planned"), "none": _("Nothing counted"), "record": _("To be recorded"),
        "check": _("Waiting for the check"), "returned": _("Sent back"), "apart": _("Apart"),
    }
    return [
        (words[name], sum(fits(row, name) for row in found.rows), url_for("class_meetings.board_page", term=term, show=name), show == name) for name in SHOWS
    ]


@blueprint.post("/meetings/board/remind")
@needs(Permission.MEETING_WRITE)
def remind_teachers() -> Any:
    """Remind the teachers of the ticked classes, or of every class under the filter."""
    actor, moment = current_actor(), now()
    about = "record" if request.form.get("about") == "record" else "plan"
    key = term_asked(actor, actor.org_id)
    found = board(read_session(), actor.scope(Permission.MEETING_READ), actor.org_id, key, moment)
    ticked, show = set(request.form.getlist("class")), request.form.get("show", "plan")
    rows = [row for row in found.rows if (row.klass.class_id in ticked if ticked else fits(row, show))]
    with transaction() as session:
        count = remind(session, actor, [t for row in rows for t in _targets(row, about)], about, moment)
    if count:
        toast(ngettext("%(num)s teacher was reminded; it stands on their home page.", "%(num)s teachers were reminded; it stands on their home pages.", count))
    else:
        toast(_("Nobody was left to remind: they were reminded today, or there is nothing to do."), "info")
    return redirect_path(safe_path(request.form.get("next")))


def _targets(row: BoardRow, about: str) -> Iterator[tuple[str, str, str | None]]:
    """Whom to remind of a class: its homeroom teacher, of each meeting that waits for its record or of the plan."""
    teacher = row.klass.homeroom_person_id
    if not teacher:
        return
    if about == "record":
        yield from ((row.klass.class_id, teacher, cell.meeting_id) for cell in row.cells if cell.shown in ("to_record", "returned"))
    elif row.wants_plan:
        yield row.klass.class_id, teacher, None


# --- the ledger ----------------------------------------------------------------------------------


@blueprint.get("/meetings/ledger")
@needs(Permission.MEETING_READ)
def ledger_page() -> Response:
    """The ledger of class meetings on a page that prints."""
    actor = current_actor()
    key = term_asked(actor, actor.org_id)
    lines = ledger(read_session(), actor.scope(Permission.MEETING_READ), actor.org_id, key, now())
    return page(
        "class_meetings/ledger.html", lines=lines, key=key, term_text=term_words(key.school_year, key.season), states=MEETING_STATES, kinds=STATE_KINDS,
        terms=term_choices(key, "class_meetings.ledger_page"), reason_words=reason_words, themes=THEMES,
    )


@blueprint.get("/meetings/ledger.xlsx")
@needs(Permission.MEETING_EXPORT)
def ledger_xlsx() -> Response:
    """The ledger as a workbook: counts, never a pupil (case 41)."""
    actor, moment = current_actor(), now()
    key, scope = term_asked(actor, actor.org_id), actor.scope(Permission.MEETING_EXPORT)
    unit = org(read_session(), scope, actor.org_id)
    lines = ledger(read_session(), scope, actor.org_id, key, moment)
    title = _("Ledger of class meetings, %(term)s", term=term_words(key.school_year, key.season))
    sheet = SheetSpec(title, _columns(), (_cells(number, line) for number, line in enumerate(lines, 1)), (unit.name,))
    content = xlsx.write([sheet], created_by=actor.display_name, created_at=moment)
    return attachment(content, xlsx.download_name(unit.name, _("ledger of class meetings"), key.text, day=local_day(moment)), xlsx.MEDIA_TYPE)


def _columns() -> list[Column]:
    return [
        Column(_("No."), "int", 6), Column(_("Class"), width=14), Column(_("Time"), width=30), Column(_("Lesson"), "int", 8), Column(_("Room"), width=14),
        Column(_("Topic"), width=30), Column(_("Theme"), width=16), Column(_("Course pack"), width=26), Column(_("Homeroom teacher"), width=14),
        Column(_("Held by"), width=14), Column(_("Guest"), width=20), Column(_("Expected"), "int", 8), Column(_("Came"), "int", 8),
        Column(_("Minutes"), "int", 8), Column(_("Steps done"), width=10), Column(_("Photos"), "int", 8), Column(_("State"), width=14),
        Column(_("Recorded"), "date", 14), Column(_("Recorded late"), width=10), Column(_("Reason"), width=30),
    ]


def _cells(number: int, line: LedgerLine) -> list[Cell]:
    return [
        number, line.class_name, span_text(line.starts_at, line.ends_at) if line.starts_at and line.ends_at else "", line.lesson_no, line.room, line.title,
        str(THEMES.get(line.theme, line.theme)), line.pack, line.responsible, line.held_by, line.guest, line.expected, line.there, line.minutes_held,
        line.steps, line.photos, str(MEETING_STATES[line.shown]), local_day(line.recorded_at) if line.recorded_at else None,
        _("late") if line.late else "", reason_words(line.reason),
    ]


