"""Classes, their rollover, and pupils."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster import queries, service
from trainhub.roster.calendar_rules import next_school_year, school_year_of
from trainhub.roster.forms import ClassForm, RolloverForm
from trainhub.roster.views import blueprint, page_number, say_errors
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast


@blueprint.get("/roster/classes")
@needs(Permission.ROSTER_READ)
def classes() -> Any:
    """Classes of a school year with homeroom teacher and number of pupils."""
    actor, session, day = current_actor(), read_session(), local_day(now())
    this_year = school_year_of(day)
    year = request.args.get("year") or this_year
    rows = queries.classes(session, actor.scope(Permission.ROSTER_READ), actor.org_id, year[:9], day)
    return page(
        "roster/classes.html", rows=rows, year=year[:9], this_year=this_year, next_year=next_school_year(this_year),
        may_write=actor.can(Permission.ROSTER_WRITE), form=ClassForm(formdata=None),
        rollover=RolloverForm(formdata=None, last_grade=max((r.grade for r in rows), default=6)),
    )


@blueprint.post("/roster/classes")
@needs(Permission.ROSTER_WRITE)
def new_class() -> Any:
    """Open a class of the running school year."""
    actor, form, day = current_actor(), ClassForm(), local_day(now())
    if not form.validate():
        say_errors(form)
        return redirect_to("roster.classes")
    command = service.CreateClass(actor.org_id, school_year_of(day), form.grade.data, form.class_no.data, day)
    try:
        with transaction() as session:
            service.create_class(session, actor, command, now())
    except DomainError as error:
        toast(sentence(error), "error")
        return redirect_to("roster.classes")
    toast(_("%(name)s is open.", name=service.class_name(form.grade.data, form.class_no.data)))
    return redirect_to("roster.classes")


@blueprint.post("/roster/classes/rollover")
@needs(Permission.ROSTER_WRITE)
def rollover() -> Any:
    """Open next year's classes."""
    actor, form = current_actor(), RolloverForm()
    if not form.validate():
        say_errors(form)
        return redirect_to("roster.classes")
    to_year = school_year_of(form.starts_on.data)
    from_year = next_school_year(to_year, -1)
    with transaction() as session:
        done = service.roll_over(session, actor, service.Rollover(
            actor.org_id, from_year, to_year, form.starts_on.data, form.last_grade.data, form.keep_homeroom.data), now())
    toast(_("%(classes)s classes opened for %(year)s, %(pupils)s pupils went up, %(left)s finished.",
            classes=done.classes, year=to_year, pupils=done.pupils, left=done.graduated))
    return redirect_to("roster.classes", year=to_year)


@blueprint.get("/roster/students")
@needs(Permission.STUDENT_READ)
def students() -> Any:
    """Pupils with masked numbers."""
    actor, session, day = current_actor(), read_session(), local_day(now())
    scope = actor.scope(Permission.STUDENT_READ)
    class_id, number, size = request.args.get("class", "")[:32], page_number(), 100
    rows, total = queries.students(session, scope, actor.org_id, day, class_id=class_id, page=number, size=size)
    groups = queries.classes(session, scope, actor.org_id, school_year_of(day), day)
    return page("roster/students.html", rows=rows, total=total, groups=groups, class_id=class_id, number=number,
                pages=max(1, -(-total // size)), may_write=actor.can(Permission.ROSTER_WRITE))
