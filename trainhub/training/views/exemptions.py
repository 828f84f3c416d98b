"""Exemptions: the list of a school, the request, the decision."""

from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.kernel.years import RequirementYear
from trainhub.training.queries.exemptions import exemptions as exemptions_of
from trainhub.training.queries.facts import year_of
from trainhub.training.queries.standing import people_named
from trainhub.training.service.exemptions import (
    KINDS,
    DecideExemption,
    RequestExemption,
    decide_exemption,
    request_exemption,
    withdraw_exemption,
)
from trainhub.training.views import blueprint
from trainhub.training.views.standing import year_key
from trainhub.training.views.words import EXEMPTION_WORDS
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.fields import DayField
from trainhub.web.gate import needs
from trainhub.web.pages import form_page, page, redirect_to, toast

READ, WRITE = Permission.STANDING_READ, Permission.TRAINING_WRITE
_l = lazy_gettext


class ExemptionForm(FlaskForm):  # type: ignore[misc]
    """Who, why, on what document, from when to when. Days inclusive, inside the year."""

    year = HiddenField()
    people = SelectMultipleField(_l("People"), validate_choice=True)
    kind = SelectField(_l("Reason"), choices=[SelectChoice(k, EXEMPTION_WORDS[k]) for k in KINDS])
    document = StringField(
        _l("Document"),
        [InputRequired(_l("Name the document, e.g. the leave form and its number.")), Length(max=160, message=_l("At most 160 characters."))],
    )
    from_on = DayField(_l("First day"), [InputRequired(_l("Choose the first day."))])
    to_on = DayField(_l("Last day"), [InputRequired(_l("Choose the last day."))])

    def validate_people(self, field: Any) -> None:
        """Somebody must be chosen."""
        if not field.data:
            raise ValidationError(str(_l("Choose at least one person.")))

    def to_command(self) -> RequestExemption:
        """The request as the service takes it."""
        first, last = self.from_on.data or date.min, self.to_on.data or date.min
        return RequestExemption(tuple(self.people.data or ()), self.year.data, self.kind.data, self.document.data or "", first, last)


@blueprint.get("/training/exemptions")
@needs(READ)
def exemptions() -> Any:
    """Requests of the school, undecided ones first."""
    actor, session = current_actor(), read_session()
    year = year_of(session, actor.district_id, local_day(now()), year_key())
    return page(
        "training/exemptions.html", rows=exemptions_of(session, actor.scope(READ), actor.org_id, year), year=year,
        may_ask=actor.can(WRITE), may_decide=actor.can(Permission.EXEMPTION_APPROVE), account_id=actor.account_id,
        person_id=actor.person_id,
    )


@blueprint.route("/training/exemptions/new", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def new_exemption() -> Any:
    """Ask for an exemption; from the standing list the people come chosen."""
    actor, session = current_actor(), read_session()
    year = year_of(session, actor.district_id, local_day(now()), request.form.get("year", "")[:12] or year_key())
    form = ExemptionForm(year=year.key, people=request.args.getlist("people"), from_on=year.first_day, to_on=year.last_day)
    staff = people_named(session, actor.scope(READ), actor.org_id, year, ())
    form.people.choices = [SelectChoice(p, f"{name}（{group}）" if group else name) for p, name, group in staff]
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return form_page("training/exemption_new.html", status, form=form, year=year, may_ask=actor.can(WRITE))
    try:
        with transaction() as writing:
            ids = request_exemption(writing, actor, form.to_command(), now())
    except DomainError as error:
        return form_page("training/exemption_new.html", error.status, form=form, year=year, form_error=_named(error, year), may_ask=True)
    toast(_("%(n)s requests recorded. The principal decides.", n=len(ids)))
    return redirect_to("training.exemptions", year=year.key)


def _named(error: DomainError, year: RequirementYear) -> str:
    if error.field == "from_on":
        told = {"first": year.first_day, "last": year.last_day}
        return str(_("The days must lie inside the year (%(first)s to %(last)s) and in order.", **told))
    return sentence(error)


@blueprint.post("/training/exemptions/<exemption_id>/decision")
@needs(Permission.EXEMPTION_APPROVE)
def decide_on_exemption(exemption_id: str) -> Any:
    """Approve or refuse."""
    approve = request.form.get("decision") == "approve"
    with transaction() as session:
        decide_exemption(session, current_actor(), DecideExemption(exemption_id, approve, request.form.get("reason", "")), now())
    toast(_("Approved. The person stands apart from now on.") if approve else _("Refused; the person still owes."))
    return redirect_to("training.exemptions", year=request.form.get("year", "")[:12] or None)


@blueprint.post("/training/exemptions/<exemption_id>/withdrawal")
@needs(WRITE)
def withdraw_request(exemption_id: str) -> Any:
    """Take a request back before it is decided."""
    return _withdraw(exemption_id)


@blueprint.post("/training/exemptions/<exemption_id>/end")
@needs(Permission.EXEMPTION_APPROVE)
def end_exemption(exemption_id: str) -> Any:
    """End an approved exemption, with the reason."""
    return _withdraw(exemption_id)


def _withdraw(exemption_id: str) -> Any:
    with transaction() as session:
        withdraw_exemption(session, current_actor(), exemption_id, request.form.get("reason", ""), now())
    toast(_("Withdrawn. The person owes as before."))
    return redirect_to("training.exemptions", year=request.form.get("year", "")[:12] or None)
