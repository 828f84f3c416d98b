"""A class's convention: drafting, the vote, the poster; which classes of the school have one."""

from collections.abc import Iterable
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.class_meetings import convention_wording as wording
from trainhub.class_meetings.activity_forms import (
    SPARE_LINES,
    Press,
    clauses_of,
    meeting_of,
    vote_day_of,
    vote_of,
    whole_number,
)
from trainhub.class_meetings.queries.access import ClassAccess
from trainhub.class_meetings.queries.conventions import (
    Convention,
    ConventionOverview,
    ConventionPage,
    convention_of,
    convention_overview,
    convention_page,
)
from trainhub.class_meetings.rules.conventions import LONGEST_CLAUSE, MOST_CLAUSES, added, moved, width
from trainhub.class_meetings.rules.naming import TextMayName
from trainhub.class_meetings.service.conventions import RecordVote, record_vote, save_draft, withdraw_draft
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.views.terms import term_asked, term_choices
from trainhub.class_meetings.wording import term_words
from trainhub.documents import pdf, xlsx
from trainhub.documents.sheets import Cell, Column, SheetSpec
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound, StaleVersion
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import org
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text
from trainhub.web.pages import attachment, form_page, page, redirect_to, toast

READ, WRITE = Permission.MEETING_OWN_READ, Permission.MEETING_OWN_WRITE


@blueprint.get("/meetings/classes/<class_id>/convention")
@needs(READ)
def convention(class_id: str) -> Response:
    """What a class agreed, what it is talking about, what it agreed before."""
    return _shown(page, class_id, None)


@blueprint.post("/meetings/classes/<class_id>/convention")
@needs(WRITE)
def draft_convention(class_id: str) -> Any:
    """Save the draft; every other button of the form only shows it again, in another order or with clauses to start from."""
    press, lines, seen = (
        Press.parse(request.form.get("do", "save")),
        clauses_of(request.form),
        whole_number(request.form, "revision"),
    )
    if press.what != "save":
        return _pressed(class_id, press, lines)
    try:
        with transaction() as session:
            save_draft(
                session,
                current_actor(),
                class_id,
                lines,
                now(),
                seen_revision=seen,
                names_confirmed="confirmed" in request.form,
            )
    except NotFound:
        raise
    except DomainError as error:
        return _shown(form_page, class_id, lines, error)
    undo = url_for("class_meetings.withdraw_convention", class_id=class_id)
    toast(
        _("The draft is saved. Talk about it with the class, then enter the vote."), undo_url=undo, undo_label=_("Undo")
    )
    return redirect_to("class_meetings.convention", class_id=class_id)


def _pressed(class_id: str, press: Press, lines: list[str]) -> Response:
    found = convention_page(read_session(), current_actor(), class_id, local_day(now()))
    if not found.may_write:
        raise NotFound
    if press.what in {"up", "down"}:
        lines = list(moved(lines, press.number, -1 if press.what == "up" else 1))
    elif press.what == "drop":
        lines = [line for number, line in enumerate(lines, 1) if number != press.number]
    else:
        lines = list(added(lines, _source(found, press)))
    return _shown(page, class_id, lines)


def _source(found: ConventionPage, press: Press) -> Iterable[str]:
    if press.what == "examples":
        return wording.examples(found.klass.grade)
    if press.what == "last":
        return found.last_year
    return next((one.clauses for one in found.sources if one.id == press.source), ())


def _shown(answer: Any, class_id: str, lines: list[str] | None, error: DomainError | None = None) -> Response:
    found = convention_page(read_session(), current_actor(), class_id, local_day(now()))
    editing = lines is not None
    if lines is None:
        lines = list(found.draft.clauses) if found.draft else list(found.in_force.clauses) if found.in_force else []
    field = (error.field or str(error.params.get("field", ""))) if error else ""
    stale = isinstance(error, StaleVersion)
    shown: Response = answer(
        "class_meetings/convention.html", found=found, words=wording, lines=_padded(lines), editing=editing, most=MOST_CLAUSES, longest=2 * LONGEST_CLAUSE,
        error=wording.refusal_words(error) if error else "", field=field, may_name=isinstance(error, TextMayName), today=local_day(now()),
        sources=[one for one in found.sources if one.clauses], pdf_ready=pdf.available(), fields=request.form, seen=found.latest if stale else request.form.get("revision") or found.latest, stale=stale,
    )  # fmt: skip
    return shown


def _padded(lines: list[str]) -> list[str]:
    """The lines of the form: what is there and a few empty ones, never more than fit."""
    return (lines + [""] * max(SPARE_LINES, 4 - len(lines)))[: max(MOST_CLAUSES, len(lines))]


@blueprint.post("/meetings/classes/<class_id>/convention/vote")
@needs(WRITE)
def vote_convention(class_id: str) -> Any:
    """Enter the vote as counts."""
    form = request.form
    try:
        command = RecordVote(
            class_id, whole_number(form, "revision"), vote_of(form), vote_day_of(form), meeting_of(form)
        )
        with transaction() as session:
            done = record_vote(session, current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _shown(form_page, class_id, None, error)
    if done:
        toast(_("Agreed. The convention is in force; print it as a poster."))
    else:
        toast(_("Not more than half of those who voted were for it. Talk again and save another draft."), "info")
    return redirect_to("class_meetings.convention", class_id=class_id)


@blueprint.post("/meetings/classes/<class_id>/convention/undo")
@needs(WRITE)
def withdraw_convention(class_id: str) -> Any:
    """Take the newest draft back. Without a number of its own it means the one that was just saved."""
    try:
        with transaction() as session:
            actor, moment = current_actor(), now()
            seen = (
                whole_number(request.form, "revision")
                or convention_page(session, actor, class_id, local_day(moment)).latest
            )
            withdraw_draft(session, actor, class_id, moment, seen_revision=seen)
        toast(_("Taken back."))
    except NotFound:
        raise
    except DomainError as error:
        toast(wording.refusal_words(error), "error")
    return redirect_to("class_meetings.convention", class_id=class_id)


# --- paper ---------------------------------------------------------------------------------------


@blueprint.get("/meetings/classes/<class_id>/convention/poster")
@needs(READ)
def convention_poster(class_id: str) -> Response:
    """The convention as an A4 poster for the browser's print."""
    klass, school, one = _asked(class_id)
    return page(
        "class_meetings/poster.html", klass=klass, school=school, one=one, size=poster_size(one), pdf_ready=pdf.available(),
        agreed=agreed_words(one), title=poster_title(klass),
    )  # fmt: skip


@blueprint.get("/meetings/classes/<class_id>/convention.pdf")
@needs(READ)
def convention_pdf(class_id: str) -> Response:
    """The same poster as a PDF; says so where PDF output is not installed."""
    klass, school, one = _asked(class_id)
    data = {
        "school": school,
        "heading": poster_title(klass),
        "clauses": list(one.clauses),
        "agreed": agreed_words(one),
        "size": poster_size(one),
    }
    return attachment(pdf.render("poster", data), f"convention-{class_id[:8]}-{one.revision}.pdf", "application/pdf")


def _asked(class_id: str) -> tuple[ClassAccess, str, Convention]:
    revision = whole_number(request.args, "revision")
    return convention_of(read_session(), current_actor(), class_id, revision, local_day(now()))


def poster_title(klass: ClassAccess) -> str:
    """What stands on top of the poster."""
    return str(_("Convention of %(class)s against bullying", **{"class": klass.name}))


def poster_size(one: Convention) -> str:
    """How large the clauses can be: few, some, many by the lines they take."""
    lines = sum(1 + width(clause) // 20 for clause in one.clauses)
    return "few" if lines <= 6 else "some" if lines <= 10 else "many"


def agreed_words(one: Convention) -> str:
    """The sentence below the clauses: when the class agreed; who voted how is nobody's business."""
    if one.vote is None or one.agreed_on is None or one.state == "rejected":
        return str(_("Draft, not voted on yet"))
    return str(_("Agreed by the class on %(day)s", day=day_text(one.agreed_on, year=True, weekday=False)))


# --- which classes have one ----------------------------------------------------------------------


@blueprint.get("/meetings/conventions")
@needs(Permission.MEETING_READ)
def conventions() -> Response:
    """Every class of the term with its convention."""
    found = _overview(Permission.MEETING_READ)
    return page(
        "class_meetings/conventions.html", found=found, key=found.key, term_text=term_words(found.key.school_year, found.key.season),
        terms=term_choices(found.key, "class_meetings.conventions"),
    )  # fmt: skip


def _overview(permission: Permission) -> ConventionOverview:
    actor = current_actor()
    key = term_asked(actor, actor.org_id)
    return convention_overview(read_session(), actor.scope(permission), actor.org_id, key, local_day(now()))


@blueprint.get("/meetings/conventions.xlsx")
@needs(Permission.MEETING_EXPORT)
def conventions_xlsx() -> Response:
    """The same as a workbook."""
    actor, moment, found = current_actor(), now(), _overview(Permission.MEETING_EXPORT)
    unit = org(read_session(), actor.scope(Permission.MEETING_EXPORT), actor.org_id)
    title = _("Class conventions, %(term)s", term=term_words(found.key.school_year, found.key.season))
    note = _("%(n)s of %(all)s classes with pupils have a convention in force.", n=found.having, all=found.owing)
    columns = [
        Column(_("Class"), width=14), Column(_("Homeroom teacher"), width=14), Column(_("Pupils"), "int", 8), Column(_("Convention"), width=16),
        Column(_("Clauses"), "int", 8), Column(_("Agreed on"), "date", 14), Column(_("For it"), "int", 8), Column(_("Against"), "int", 8),
        Column(_("Abstained"), "int", 8),
    ]  # fmt: skip
    sheet = SheetSpec(title, columns, (_cells(row) for row in found.rows), (unit.name, note))
    content = xlsx.write([sheet], created_by=actor.display_name, created_at=moment)
    return attachment(
        content,
        xlsx.download_name(unit.name, _("class conventions"), found.key.text, day=local_day(moment)),
        xlsx.MEDIA_TYPE,
    )


def _cells(row: Any) -> list[Cell]:
    klass, mark = row
    state = _("in force") if mark.revision else _("being talked about") if mark.drafted else _("none yet")
    votes = (mark.vote.in_favour, mark.vote.against, mark.vote.abstained) if mark.vote else (None, None, None)
    return [klass.name, klass.homeroom_name, klass.pupil_count, state, mark.clauses or None, mark.agreed_on, *votes]
