"""The group of a re-examination and its decision."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.appeals import forms, wording
from trainhub.appeals.queries.access import seen_appeal
from trainhub.appeals.queries.accounts import holders
from trainhub.appeals.queries.page import findings_to_decide
from trainhub.appeals.rules.terms import label_of
from trainhub.appeals.service import examining, group
from trainhub.appeals.views import blueprint
from trainhub.appeals.views.steps import done, refusal
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission, Role
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, redirect_to, toast

READ, WRITE, DECIDE = Permission.APPEAL_READ, Permission.APPEAL_WRITE, Permission.APPEAL_DECIDE


@blueprint.route("/appeals/<appeal_id>/group", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def name_group(appeal_id: str) -> Any:
    """Name people to the group."""
    actor, moment, problem = current_actor(), now(), ""
    row = seen_appeal(read_session(), actor, READ, appeal_id, moment)
    if not actor.can(WRITE):
        raise NotFound
    label = label_of(row.track, row.year, row.number)
    if request.method == "POST":
        try:
            with transaction() as session:
                group.form_group(session, actor, appeal_id, forms.group_people(request.form), moment)
            toast(_("Named. Begin the re-examination once the group is whole."))
            return redirect_to("appeals.appeal", appeal_id=appeal_id)
        except NotFound:
            problem = _("This account is no reviewer at the bureau. Choose one from the list.")
        except DomainError as error:
            problem = refusal(error)
    session = read_session()
    reviewers = [("", _("without an account")), *((a.id, a.display_name) for a in holders(session, actor.district_id, Role.APPEAL_REVIEWER, moment))]
    return form_page("appeals/group.html", 422 if problem else 200, appeal_id=appeal_id, label=label, problem=problem, given=request.form,
                     reviewers=reviewers, seats=range(forms.SEATS), kind_choices=wording.choices(wording.KINDS))


@blueprint.post("/appeals/<appeal_id>/begin")
@needs(WRITE)
def begin(appeal_id: str) -> Any:
    """Start the re-examination and its clock."""
    return done(lambda s, a, t: group.begin(s, a, appeal_id, t), _("The re-examination runs; the group may read the case."), appeal_id)


@blueprint.post("/appeals/<appeal_id>/members/<reviewer_id>/aside")
@needs(WRITE)
def take_out(appeal_id: str, reviewer_id: str) -> Any:
    """Take somebody out of the group."""
    return done(lambda s, a, t: group.step_aside(s, a, appeal_id, reviewer_id, t), _("The case is gone for them from now on."), appeal_id)


@blueprint.post("/appeals/<appeal_id>/members/<reviewer_id>/step-aside")
@needs(DECIDE)
def step_aside(appeal_id: str, reviewer_id: str) -> Any:
    """Step aside from the group: the appeal is gone at once."""
    with transaction() as session:
        group.step_aside(session, current_actor(), appeal_id, reviewer_id, now())
    toast(_("You stepped aside. The matter is gone for you."))
    return redirect_to("appeals.board")


@blueprint.route("/appeals/<appeal_id>/decision", methods=["GET", "POST"])
@needs(get=READ, post=DECIDE)
def decide(appeal_id: str) -> Any:
    """Write the group's decision down, for each finding."""
    actor, moment, problem = current_actor(), now(), ""
    row = seen_appeal(read_session(), actor, READ, appeal_id, moment)
    if not actor.can(DECIDE):
        raise NotFound
    label, track, seen = label_of(row.track, row.year, row.number), row.track, row.version
    if request.method == "POST":
        try:
            with transaction() as session:
                examining.decide(session, actor, key_ring(), appeal_id, forms.decisions(request.form), moment, seen_version=forms.version(request.form))
            toast(_("Decided. What could be done at once is done; the rest is listed with its days."))
            return redirect_to("appeals.board")
        except NotFound:
            raise
        except DomainError as error:
            problem = refusal(error)
    found = findings_to_decide(read_session(), seen_appeal(read_session(), actor, READ, appeal_id, moment))
    outcomes = wording.choices(wording.OUTCOMES, *(["overturn", "return"] if track == "discipline" else []))
    return form_page("appeals/decide.html", 422 if problem else 200, appeal_id=appeal_id, label=label, track=track, problem=problem,
                     given=request.form, findings_open=found, version=seen, outcome_choices=outcomes, **wording.tables())
