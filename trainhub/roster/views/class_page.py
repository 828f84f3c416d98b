"""One class: its pupils' number, splits and mergers, and terms that run otherwise."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster import queries, service
from trainhub.roster.forms import ChangeClassForm, ExceptionForm, options
from trainhub.roster.views import blueprint, say_errors
from trainhub.roster.views.sheets import term_choices
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast


@blueprint.get("/roster/classes/<class_id>")
@needs(Permission.ROSTER_READ)
def class_page(class_id: str) -> Any:
    """A class with what happened to it."""
    actor, session, day = current_actor(), read_session(), local_day(now())
    row = queries.class_page(session, actor.scope(Permission.ROSTER_READ), class_id, day)
    may_write = actor.can(Permission.ROSTER_WRITE)
    siblings = queries.classes(session, actor.scope(Permission.ROSTER_READ), row.school_id, row.school_year, day) if may_write else []
    change, exception = ChangeClassForm(formdata=None, on_day=day), ExceptionForm(formdata=None, from_on=day)
    change.to_class_id.choices = options([("", _("a new class")), *((c.id, c.name) for c in siblings if c.grade == row.grade and c.id != row.id and (
        c.closed_on is None or c.closed_on >= day))])
    exception.term.choices = options(choice for choice in term_choices(session) if choice[0].startswith(row.school_year))
    return page(
        "roster/class_page.html", row=row, may_write=may_write and (row.closed_on is None or row.closed_on >= day), change=change,
        exception=exception, pupils=_pupils(class_id), changes=queries.changes_of(session, actor.district_id, class_id),
        exceptions=queries.exceptions_of(session, actor.district_id, class_id),
    )


def _pupils(class_id: str) -> tuple[queries.PupilRow, ...]:
    """Pupils by name, for those who may see them."""
    actor = current_actor()
    if not actor.can(Permission.STUDENT_READ):
        return ()
    return queries.pupils_of_class(read_session(), actor.scope(Permission.STUDENT_READ), class_id, local_day(now()))


def _run(class_id: str, step: Any, message: str) -> Any:
    try:
        with transaction() as session:
            step(session)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        toast(sentence(error), "error")
    else:
        toast(message)
    return redirect_to("roster.class_page", class_id=class_id)


@blueprint.post("/roster/classes/<class_id>/change")
@needs(Permission.ROSTER_WRITE)
def change_class(class_id: str) -> Any:
    """Split or merge a class."""
    actor, form = current_actor(), ChangeClassForm()
    if not form.validate():
        say_errors(form)
        return redirect_to("roster.class_page", class_id=class_id)
    chosen = tuple(dict.fromkeys(request.form.getlist("student"))) if form.who.data == "some" else None
    command = service.ChangeClass(class_id, form.on_day.data, form.reason.data, form.to_class_id.data or "", form.new_class_no.data or 0, chosen)
    return _run(class_id, lambda session: service.change_class(session, actor, command, now()), _("The change is recorded. It can be undone below."))


@blueprint.post("/roster/classes/<class_id>/changes/<change_id>/undo")
@needs(Permission.ROSTER_WRITE)
def undo_class_change(class_id: str, change_id: str) -> Any:
    """Take a split or merger back."""
    actor, reason = current_actor(), request.form.get("reason", "")[:200]
    return _run(class_id, lambda session: service.undo_change(session, actor, change_id, reason, now()),
                _("The change is undone: pupils and classes are as they were before."))


@blueprint.post("/roster/classes/<class_id>/exceptions")
@needs(Permission.ROSTER_WRITE)
def class_exception(class_id: str) -> Any:
    """Say that a term runs otherwise for a class."""
    actor, form = current_actor(), ExceptionForm()
    if not form.validate():
        say_errors(form)
        return redirect_to("roster.class_page", class_id=class_id)
    year, _bar, season = (form.term.data or "").partition("|")
    command = service.EnterException(class_id, year, season, form.kind.data, form.from_on.data, form.to_on.data, form.note.data or "",
                                     form.document.data or "")
    return _run(class_id, lambda session: service.enter_exception(session, actor, command, now()), _("The entry is recorded."))


@blueprint.post("/roster/classes/<class_id>/exceptions/<exception_id>/revoke")
@needs(Permission.ROSTER_WRITE)
def revoke_class_exception(class_id: str, exception_id: str) -> Any:
    """Take an entry back."""
    actor, reason = current_actor(), request.form.get("reason", "")[:200]
    return _run(class_id, lambda session: service.revoke_exception(session, actor, exception_id, reason, now()),
                _("The entry is taken back. It stays on record."))
