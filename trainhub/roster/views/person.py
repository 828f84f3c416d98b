"""One person: dated history, and what can be done from a day on."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster import queries, service
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.forms import (
    CorrectForm,
    DepartmentForm,
    EndPostForm,
    IdentifierForm,
    LeaveForm,
    MergeForm,
    MoveForm,
    PostForm,
    options,
)
from trainhub.roster.queries.identifiers import identifiers_of
from trainhub.roster.views import blueprint, say_errors
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast


@blueprint.get("/roster/people/<person_id>")
@needs(Permission.ROSTER_READ)
def person(person_id: str) -> Any:
    """A person's page."""
    actor, session, day = current_actor(), read_session(), local_day(now())
    scope = actor.scope(Permission.ROSTER_READ)
    shown = queries.person_page(session, scope, person_id, day)
    may_write = actor.can(Permission.ROSTER_WRITE)
    forms = _forms(session, scope, actor.org_id, shown) if may_write else {}
    return page("roster/person.html", shown=shown, may_write=may_write, forms=forms, school_id=actor.org_id,
                identifiers=identifiers_of(session, scope, actor.org_id, person_id))


def _forms(session: Session, scope: Scope, school_id: str, shown: queries.PersonPage) -> dict[str, Any]:
    day = local_day(now())
    district = Scope(scope.district_id, None)
    last = shown.current or shown.employments[-1]
    move = MoveForm(formdata=None, on=day)
    move.to_school_id.choices = options(
        (o.id, o.name) for o in queries.schools(session, district) if o.id != school_id and o.open_on(day)
    )
    post = PostForm(formdata=None, from_on=day)
    post.class_id.choices = options([("", _("no class")), *(
        (c.id, c.name) for c in queries.classes(session, scope, school_id, school_year_of(day), day)
    )])
    merge = MergeForm(formdata=None)
    merge.merged_id.choices = options(
        (s.person_id, f"{s.name}（{s.department or _('no department')}，{s.staff_no or _('no number')}）")
        for s in queries.search(session, scope, shown.name, day, school_id=school_id) if s.person_id != shown.person_id
    )
    correct = CorrectForm(
        formdata=None, name=shown.name, staff_no=last.staff_no, category=last.category, contract=last.contract,
        hired_on=last.hired_on, ce_opt_out=last.ce_opt_out,
    )
    return {"identifier": IdentifierForm(formdata=None), "move": move, "post": post, "merge": merge, "correct": correct, "leave": LeaveForm(formdata=None, last_on=day),
            "department": DepartmentForm(formdata=None, on=day), "end": EndPostForm(formdata=None, last_on=day)}


def _done(person_id: str, form: Any, step: Callable[[Session], Any], message: str, *, back: str = "roster.person") -> Any:
    """Run one short form's step and go back to the page with what happened."""
    if form is not None and not form.validate():
        say_errors(form)
        return redirect_to("roster.person", person_id=person_id)
    try:
        with transaction() as session:
            step(session)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        toast(sentence(error), "error")
        return redirect_to("roster.person", person_id=person_id)
    toast(message)
    return redirect_to(back, **({"person_id": person_id} if back == "roster.person" else {}))


@blueprint.post("/roster/people/<person_id>/move")
@needs(Permission.ROSTER_WRITE)
def move(person_id: str) -> Any:
    """Move to another school; the person leaves this school's list."""
    actor, form = current_actor(), MoveForm()
    form.to_school_id.choices = options([(form.to_school_id.data or "", "")])
    return _done(person_id, form, lambda session: service.move(session, actor, service.Move(
        person_id, actor.org_id, form.to_school_id.data, form.on.data, reason=form.reason.data), now()),
        _("The move is recorded. Hours follow the person."))


@blueprint.post("/roster/people/<person_id>/leave")
@needs(Permission.ROSTER_WRITE)
def leave(person_id: str) -> Any:
    """End the employment."""
    actor, form = current_actor(), LeaveForm()
    return _done(person_id, form, lambda session: service.leave(session, actor, service.Leave(
        person_id, actor.org_id, form.last_on.data, form.why.data, form.reason.data or ""), now()),
        _("The last day is recorded. Earlier records stay."))


@blueprint.post("/roster/people/<person_id>/department")
@needs(Permission.ROSTER_WRITE)
def department(person_id: str) -> Any:
    """Change of department from a day on."""
    actor, form = current_actor(), DepartmentForm()
    return _done(person_id, form, lambda session: service.change_department(session, actor, service.ChangeDepartment(
        person_id, actor.org_id, form.department.data, form.on.data), now()), _("The department is changed."))


@blueprint.post("/roster/people/<person_id>/post")
@needs(Permission.ROSTER_WRITE)
def post(person_id: str) -> Any:
    """Give a post from a day on."""
    actor, form = current_actor(), PostForm()
    form.class_id.choices = options([(form.class_id.data or "", "")])
    return _done(person_id, form, lambda session: service.assign_post(session, actor, service.AssignPost(
        person_id, actor.org_id, form.post.data, form.from_on.data, form.class_id.data or None), now()),
        _("The post is recorded."))


@blueprint.post("/roster/people/<person_id>/post/<assignment_id>/end")
@needs(Permission.ROSTER_WRITE)
def end_post(person_id: str, assignment_id: str) -> Any:
    """End a post."""
    actor, form = current_actor(), EndPostForm()
    return _done(person_id, form, lambda session: service.end_post(session, actor, service.EndPost(
        actor.org_id, assignment_id, form.last_on.data, form.reason.data or ""), now()), _("The post is ended."))


@blueprint.post("/roster/people/<person_id>/correct")
@needs(Permission.ROSTER_WRITE)
def correct(person_id: str) -> Any:
    """Correct the record."""
    actor, form = current_actor(), CorrectForm()
    return _done(person_id, form, lambda session: service.correct(session, actor, service.CorrectDetails(
        person_id, actor.org_id, form.name.data, form.staff_no.data or "", form.category.data, form.contract.data,
        form.hired_on.data, form.ce_opt_out.data, form.reason.data or ""), now()), _("The record is corrected."))


@blueprint.post("/roster/people/<person_id>/merge")
@needs(Permission.ROSTER_WRITE)
def merge(person_id: str) -> Any:
    """Let this record stand for another one too."""
    actor, form = current_actor(), MergeForm()
    form.merged_id.choices = options([(form.merged_id.data or "", "")])
    return _done(person_id, form, lambda session: service.merge(session, actor, service.Merge(
        actor.org_id, person_id, form.merged_id.data, form.reason.data), now()),
        _("The two records are one person now. You can take this back here."))


@blueprint.post("/roster/people/<person_id>/merge/<merge_id>/undo")
@needs(Permission.ROSTER_WRITE)
def undo_merge(person_id: str, merge_id: str) -> Any:
    """Take a merge back."""
    actor = current_actor()
    return _done(person_id, None, lambda session: service.undo_merge(
        session, actor, actor.org_id, merge_id, "", now()), _("The merge is taken back."))


@blueprint.post("/roster/people/<person_id>/identifiers")
@needs(Permission.ROSTER_WRITE)
def set_identifier(person_id: str) -> Any:
    """Let an account, PIN, card or e-mail name this person."""
    actor, form = current_actor(), IdentifierForm()
    return _done(person_id, form, lambda session: service.set_identifier(session, actor, service.SetIdentifier(
        actor.org_id, person_id, form.kind.data, form.value.data), now()),
        _("Files and devices that use it are recognised from now on."))


@blueprint.post("/roster/people/<person_id>/identifiers/forget")
@needs(Permission.ROSTER_WRITE)
def forget_identifier(person_id: str) -> Any:
    """Let it name nobody any more."""
    actor, form = current_actor(), IdentifierForm()
    return _done(person_id, form, lambda session: service.forget_identifier(session, actor, service.SetIdentifier(
        actor.org_id, person_id, form.kind.data, form.value.data), now()), _("It names nobody any more."))
