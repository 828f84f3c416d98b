"""Terms, holidays, make-up workdays, one's own days."""

from calendar import monthrange
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster import queries, service
from trainhub.roster.calendar_rules import each_day, school_year_of
from trainhub.roster.forms import DayForm, TermForm
from trainhub.roster.views import blueprint, say_errors
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast


def _month(text: str | None) -> date:
    """The first day of the month asked for (``2026-11``), else of this month."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return local_day(now()).replace(day=1)


@blueprint.get("/roster/calendar")
@needs(Permission.POLICY_READ)
def calendar() -> Any:
    """A month of the school's calendar, its terms and its exceptions."""
    actor, session = current_actor(), read_session()
    first = _month(request.args.get("month"))
    last = first.replace(day=monthrange(first.year, first.month)[1])
    days = queries.calendar(session, actor.district_id, actor.org_id, first, last)
    own = Scope(actor.district_id, frozenset({actor.org_id}))
    around = (date(first.year - 1, 7, 1), date(first.year + 1, 8, 31))
    return page(
        "roster/calendar.html", days=days, cells=[(d, days.kind(d)) for d in each_day(first, last)], first=first,
        before=date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1),
        after=date(first.year + (first.month == 12), first.month % 12 + 1, 1),
        terms=queries.terms(session, own, actor.org_id, *around),
        own_days=sorted(queries.own_days(session, own, actor.org_id, *around).items()),
        may_write=actor.can(Permission.ROSTER_WRITE), may_set=actor.can(Permission.POLICY_WRITE),
        term_form=TermForm(formdata=None), day_form=DayForm(formdata=None),
    )


def _set_term() -> Any:
    actor, form = current_actor(), TermForm()
    if not form.validate():
        say_errors(form)
        return redirect_to("roster.calendar")
    command = service.SetTerm(actor.org_id, school_year_of(form.starts_on.data), form.season.data, form.starts_on.data,
                              form.ends_on.data)
    return _run(lambda session: service.set_term(session, actor, command, now()), _("The term is recorded."))


def _set_day() -> Any:
    actor, form = current_actor(), DayForm()
    if not form.validate():
        say_errors(form)
        return redirect_to("roster.calendar")
    command = service.SetDay(actor.org_id, form.day.data, form.kind.data, form.reason.data or "",
                             int(form.follows_weekday.data or 0) or None)
    return _run(lambda session: service.set_day(session, actor, command, now()), _("The day is recorded."),
                month=form.day.data.strftime("%Y-%m"))


def _run(step: Any, message: str, **back: str) -> Any:
    try:
        with transaction() as session:
            step(session)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        toast(sentence(error), "error")
    else:
        toast(message)
    return redirect_to("roster.calendar", **back)


@blueprint.post("/roster/calendar/terms")
@needs(Permission.ROSTER_WRITE)
def school_term() -> Any:
    """A school's own term."""
    return _set_term()


@blueprint.post("/roster/calendar/days")
@needs(Permission.ROSTER_WRITE)
def school_day() -> Any:
    """A school's own day."""
    return _set_day()


@blueprint.post("/policy/calendar/terms")
@needs(Permission.POLICY_WRITE)
def bureau_term() -> Any:
    """A term for every school of the bureau."""
    return _set_term()


@blueprint.post("/policy/calendar/days")
@needs(Permission.POLICY_WRITE)
def bureau_day() -> Any:
    """A day for every school of the bureau."""
    return _set_day()


@blueprint.post("/policy/calendar/<int:year>")
@needs(Permission.POLICY_WRITE)
def official_year(year: int) -> Any:
    """Load the official notice of a year."""
    actor = current_actor()
    return _run(lambda session: service.load_official_year(session, actor, min(max(year, 2004), 2100)),
                _("The holidays and make-up workdays of %(year)s are loaded.", year=year), month=f"{year:04d}-01")
