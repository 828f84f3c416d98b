"""Support of one child, for its lead alone. Titles are neutral, nothing leads to a plan of hours, and every opening is in the log."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.refs import party_ref
from trainhub.education_plans import keeping_wording as words
from trainhub.education_plans.queries.support import SUPPORT, lead_choices, seen, support_list, support_page
from trainhub.education_plans.service import support
from trainhub.education_plans.views import blueprint
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.roster.queries import schools
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast

READ, WRITE = Permission.SUPPORT_READ, Permission.SUPPORT_WRITE


@blueprint.get("/support")
@needs(READ)
def support_plans() -> Any:
    """Support that I lead, and what another school offers."""
    actor, moment = current_actor(), now()
    rows = support_list(read_session(), actor, moment)
    return page("education_plans/support_list.html", rows=rows, offered=support.offered_here(read_session(), actor), words=words, problem="")


@blueprint.get("/support/<support_id>")
@needs(READ)
@reauthenticated
def support_plan(support_id: str) -> Any:
    """One plan of support with its steps; the opening is written down first."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen(session, actor, support_id, moment)
        reading = Reading(row.school_id, SUPPORT, row.id, READ, "handling", "page", about_ref=row.case_id)
        found = support_page(session, key_ring(), open_record(session, actor, reading, moment), actor, support_id, moment)
        leads = [c for c in lead_choices(session, actor.district_id, row.school_id, local_day(moment)) if c[0] != actor.account_id]
        others = [(s.id, s.name) for s in schools(session, _district(actor)) if s.id != row.school_id and s.kind != "bureau"]
    return page("education_plans/support.html", found=found, leads=leads, others=others, words=words, steps=list(words.STEPS.items()))


def _district(actor: Any) -> Any:
    from trainhub.kernel.actor import Scope

    return Scope(actor.district_id, None)


def _write(act: Any, said: str, support_id: str = "") -> Any:
    try:
        with transaction() as session:
            act(session, current_actor(), now())
        toast(said)
    except NotFound:
        raise
    except DomainError as error:
        toast(words.refusal(error), "error")
    return redirect_to("education_plans.support_plan", support_id=support_id) if support_id else redirect_to("education_plans.support_plans")


@blueprint.post("/support/<support_id>/steps")
@needs(WRITE)
def support_step(support_id: str) -> Any:
    """Add a step, done or planned."""
    form = request.form
    command = support.AddStep(
        support_id, form.get("kind", ""), form.get("note", "").strip()[:2000], plausible_day(form.get("due_on", "")), form.get("done") == "yes"
    )
    return _write(lambda s, a, moment: support.add_step(s, a, key_ring(), command, moment), _("Sealed."), support_id)


@blueprint.post("/support/<support_id>/steps/<step_id>/done")
@needs(WRITE)
def support_step_done(support_id: str, step_id: str) -> Any:
    """A planned step was done."""
    return _write(lambda s, a, moment: support.finish_step(s, a, step_id, moment), _("Noted."), support_id)


@blueprint.post("/support/<support_id>/pass-on")
@needs(WRITE)
def support_pass_on(support_id: str) -> Any:
    """Give it to another lead."""
    lead = request.form.get("lead", "")
    return _write(lambda s, a, moment: support.pass_on(s, a, support_id, lead, moment), _("Passed on. It is not yours any more."))


@blueprint.post("/support/<support_id>/close")
@needs(WRITE)
def support_close(support_id: str) -> Any:
    """End it."""
    return _write(lambda s, a, moment: support.close_support(s, a, support_id, moment), _("Ended."), support_id)


@blueprint.post("/support/<support_id>/offer")
@needs(WRITE)
def support_offer(support_id: str) -> Any:
    """Offer it to the new school, with the guardian's word; the receipt number is shown once."""
    form = request.form
    command = support.Offer(support_id, form.get("consent", ""), form.get("to_school") or None, form.get("to_outside", ""))
    try:
        with transaction() as session:
            sent = support.offer_to_new_school(session, current_actor(), key_ring(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        toast(words.refusal(error), "error")
        sent = None
    if sent is not None:
        return page("education_plans/receipt.html", receipt=sent.receipt, back="education_plans.support_plans")
    return redirect_to("education_plans.support_plan", support_id=support_id)


@blueprint.post("/support/offered/<hand_over_id>/accept")
@needs(WRITE)
def support_accept(hand_over_id: str) -> Any:
    """Take over what another school offers."""
    receipt = request.form.get("receipt", "")[:40]
    return _write(lambda s, a, moment: support.accept_support(s, a, key_ring(), hand_over_id, receipt, moment), _("Taken over. You lead it."))


@blueprint.route("/support/open/<party_id>", methods=["GET", "POST"])
@needs(get=Permission.CASE_READ, post=Permission.CASE_WRITE)
def support_open(party_id: str) -> Any:
    """Open the support of a child and name its lead; whoever opens it does not read it afterwards."""
    actor, moment, problem = current_actor(), now(), ""
    if not actor.can(Permission.CASE_WRITE):
        raise NotFound  # before anybody looks whether there is such a child
    party = party_ref(read_session(), actor.district_id, party_id)
    seen_case(read_session(), actor, Permission.CASE_WRITE, party.case_id, moment)
    if request.method == "POST":
        command = support.OpenSupport(party_id, request.form.get("lead", ""), request.form.get("needs", "").strip()[:4000])
        try:
            with transaction() as session:
                support.open_support(session, actor, key_ring(), command, moment)
            toast(_("Opened. From now on it is its lead's alone."))
            return redirect_to("cases.party", case_id=party.case_id, party_id=party_id)
        except NotFound:
            raise
        except DomainError as error:
            problem = words.refusal(error)
    leads = lead_choices(read_session(), actor.district_id, party.school_id, local_day(moment))
    return form_page("education_plans/support_open.html", 422 if problem else 200, party=party, leads=leads, problem=problem, form=request.form)
