"""What the committee found: proposed, put on its agenda, adopted, served, corrected."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.cases import determining_wording as words
from trainhub.cases import forms, wording
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.adopting import adopters
from trainhub.cases.queries.choices import staff_choices
from trainhub.cases.queries.determinations import (
    DETERMINATION,
    PartyFindings,
    finding_text,
    findings_of,
    owed_corrections,
)
from trainhub.cases.queries.found import ending_of
from trainhub.cases.queries.page import case_page, guardian_choices, party_of
from trainhub.cases.queries.parts import require_part
from trainhub.cases.rules.determining import Finding, least_minutes, offered
from trainhub.cases.rules.scales import TIERS, scale, short_plan
from trainhub.cases.service import determining, outcomes, serving
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import done, done_to, refusal
from trainhub.committees.queries.resolutions import resolutions_of
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.roster.queries import policy_for
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import page, redirect_to, toast

READ, FILE_READ, WRITE, DETERMINE = Permission.CASE_READ, Permission.CASE_FILE_READ, Permission.CASE_WRITE, Permission.CASE_DETERMINE
_PAGE = "cases.determinations"
_TABLES: dict[str, Any] = {
    "outcomes": words.OUTCOMES, "finding_states": words.STATES, "finding_kinds": words.STATE_KINDS, "recipients": words.RECIPIENTS,
    "tiers": wording.TIERS, "roles": wording.ROLES, "states": wording.STATES,
}


@blueprint.get("/cases/<case_id>/determinations")
@needs(READ)
def determinations(case_id: str) -> Any:
    """Every version of every determination of a case, who must still be served, what is owed after one fell.

    Another school of a joint case sees those of its own pupils: it makes their plans (domain.md case 51).
    """
    return _page(case_id)


def _page(case_id: str, status: int = 200, **more: Any) -> Any:
    session, actor, moment = read_session(), current_actor(), now()
    head = case_page(session, actor, case_id, moment)
    case = seen_case(session, actor, READ, case_id, moment)
    words_of_scale = scale(case.scale)
    may = actor.can(WRITE) and case.school_id == actor.org_id
    hands = adopters(session, case.district_id, case.school_id, case.id, local_day(moment))
    return page(
        "cases/determinations.html", status, c=head, may_propose=may and not hands.only(actor), adopted_by_somebody=bool(hands.hands),
        findings=[one for one in findings_of(session, case) if one.party_id in head.codes],
        sittings={one.item_id: one for one in resolutions_of(session, case.district_id, case.id)}, may_write=may, scale=words_of_scale,
        may_adopt=actor.can(DETERMINE) and case.school_id == actor.org_id, may_read=actor.can(FILE_READ), me=actor.account_id,
        labels={measure.key: measure.label for measure in words_of_scale.measures}, owed=owed_corrections(session, actor, moment, case_id) if may else (),
        again=wording.choices(words.AGAIN), kinds=[(k, v) for k, v in wording.choices(words.RECIPIENTS) if k not in {"guardian", "quality_evaluation", "entry"}],
        late=[one.object_id for one in (owed_corrections(session, actor, moment, case_id) if may else ()) if one.late(moment)],
        **wording.tables(_TABLES), **more,
    )


@blueprint.get("/cases/<case_id>/determinations/<determination_id>")
@needs(FILE_READ)
def determination(case_id: str, determination_id: str) -> Any:
    """Facts and grounds of one version. The opening is in the log before anything is shown."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        case = seen_case(session, actor, FILE_READ, case_id, moment)
        mine = case_page(session, actor, case_id, moment).codes
        row = next((v for one in findings_of(session, case) for v in one.versions if v.determination_id == determination_id and v.party_id in mine), None)
        if row is None:
            raise NotFound
        reading = Reading(case.school_id, DETERMINATION, determination_id, FILE_READ, "handling", "page", about_ref=case.id)
        text = finding_text(session, key_ring(), open_record(session, actor, reading, moment), determination_id)
        ended = words.ended_words(ending_of(session, case.district_id, determination_id))
        label, words_of_scale = f"{case.year}-{case.number:02d}", scale(case.scale)
    return page("cases/determination.html", v=row, text=text, ended=ended, case_id=case_id, label=label, scale=words_of_scale,
                measures=[words_of_scale.measure(key).label for key in row.measures], **wording.tables(_TABLES))


def _propose_form(case_id: str, party_id: str, status: int = 200, problem: str = "", wrong: str = "") -> Any:
    actor, moment, session = current_actor(), now(), read_session()
    case, party = party_of(session, actor, case_id, party_id, moment, READ)
    if case.school_id != actor.org_id or not actor.can(WRITE):
        raise NotFound
    tier = request.values.get("tier", case.severity)
    tier = tier if tier in TIERS else ""
    least = least_minutes(policy_for(session, case.district_id, case.school_id, local_day(moment)))
    return page(
        "cases/propose.html", status, may_propose=not adopters(session, case.district_id, case.school_id, case.id, local_day(moment)).only(actor), label=f"{case.year}-{case.number:02d}", case_id=case_id, party=party, tier=tier, scale=scale(case.scale),
        measures=offered(case.scale, tier, party.stage, party.grade), least=least.get(tier, 0), young=short_plan(party.stage, party.grade),
        kept=request.form, problem=problem, wrong=wrong, tiers=wording.words_of(wording.TIERS),
        outcomes=[(key, word) for key, word in wording.choices(words.OUTCOMES) if bool(tier) == (key == Finding.BULLYING)],
    )


@blueprint.route("/cases/<case_id>/parties/<party_id>/determination", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def propose(case_id: str, party_id: str) -> Any:
    """Propose a determination of one pupil: by tier, with the measures that are open to this pupil and no others."""
    if request.method == "GET":
        return _propose_form(case_id, party_id)
    form, actor = request.form, current_actor()
    command = determining.Proposal(
        party_id, form.get("outcome", ""), form.get("tier", ""), tuple(form.getlist("measures")), forms.number(form, "plan_minutes") or 0,
        forms.words(form, "facts", 20_001), forms.words(form, "grounds", 20_001), tuple(forms.words(form, "clauses", 2000).splitlines()),
    )
    try:
        with transaction() as session:
            party_of(session, actor, case_id, party_id, now(), WRITE)
            determining.propose_determination(session, actor, key_ring(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _propose_form(case_id, party_id, error.status, refusal(error), error.field or "")
    toast(_("Proposed as a new version. Put it on the committee's agenda."))
    return redirect_to(_PAGE, case_id=case_id)


@blueprint.post("/cases/<case_id>/determinations/agenda")
@needs(WRITE)
def agenda(case_id: str) -> Any:
    """Put what is proposed on the committee's agenda."""
    parties = [key for key in request.form.getlist("party") if len(key) == 32]
    return done(
        lambda session, actor: determining.put_on_agenda(session, actor, case_id, parties, now()),
        _("Put on the agenda of the next sitting."), _PAGE, case_id=case_id,
    )


@blueprint.post("/cases/<case_id>/determinations/<determination_id>/adopt")
@needs(DETERMINE)
def adopt(case_id: str, determination_id: str) -> Any:
    """Draw the consequence of the committee's resolution."""
    return done_to(
        case_id, "determination", determination_id,
        lambda session, actor: determining.adopt_determination(session, actor, key_ring(), determination_id, now()),
        _("Adopted and numbered. Serve it on both sides."), _PAGE,
    )


@blueprint.post("/cases/<case_id>/determinations/<determination_id>/withdraw")
@needs(WRITE)
def withdraw(case_id: str, determination_id: str) -> Any:
    """Take a proposal back."""
    return done_to(
        case_id, "determination", determination_id, lambda session, actor: determining.withdraw_proposal(session, actor, determination_id, now()),
        _("Taken back. It stays readable."), _PAGE,
    )


@blueprint.post("/cases/<case_id>/again")
@needs(WRITE)
def again(case_id: str) -> Any:
    """Find facts again: the committee asks, or there is new evidence."""
    reason = request.form.get("reason", "")
    return done(
        lambda session, actor: determining.investigate_again(session, actor, case_id, reason, now()),
        _("The investigation goes on. A version that stands already goes on standing until a new one is adopted."), "cases.case", case_id=case_id,
    )


def _serve_form(case_id: str, party_id: str, status: int = 200, problem: str = "", wrong: str = "") -> Any:
    actor, moment, session = current_actor(), now(), read_session()
    case, party = party_of(session, actor, case_id, party_id, moment, READ)
    found: PartyFindings | None = next((one for one in findings_of(session, case) if one.party_id == party_id), None)
    if found is None or case.school_id != actor.org_id or not actor.can(WRITE):
        raise NotFound
    guardians = [(key, str(n)) for n, (key, restricted) in enumerate(guardian_choices(session, party), 1) if not restricted]
    return page(
        "cases/serve.html", status, label=f"{case.year}-{case.number:02d}", case_id=case_id, party=found, kept=request.form, problem=problem, wrong=wrong,
        guardians=[("", "–"), *guardians], staff=staff_choices(session, actor, local_day(moment)), ways=wording.choices(wording.WAYS),
        results=wording.choices(words.SERVICE), today=local_day(moment).isoformat(), clock=time_text(moment),
    )


@blueprint.route("/cases/<case_id>/parties/<party_id>/service", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def service(case_id: str, party_id: str) -> Any:
    """Record the service on one side, or an attempt."""
    if request.method == "GET":
        return _serve_form(case_id, party_id)
    form, actor = request.form, current_actor()
    try:
        command = serving.Serve(
            party_id, form.get("channel", ""), form.get("outcome", ""), forms.moment(form, "told", "service_moment"), forms.an_id(form, "guardian"),
            forms.words(form, "note", 2001), tuple(key for key in form.getlist("witness") if len(key) == 32),
        )
        with transaction() as session:
            party_of(session, actor, case_id, party_id, now(), WRITE)
            serving.serve(session, key_ring(), actor, command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _serve_form(case_id, party_id, error.status, refusal(error), error.field or "")
    toast(_("Recorded."))
    return redirect_to(_PAGE, case_id=case_id)


@blueprint.post("/cases/<case_id>/determinations/<determination_id>/told")
@needs(WRITE)
def told(case_id: str, determination_id: str) -> Any:
    """Note that somebody else was told: whoever was told is owed the correction if it falls."""
    form = request.form
    command = serving.Tell(determination_id, form.get("kind", ""), forms.words(form, "who", 121), forms.words(form, "document_no", 41))
    return done_to(
        case_id, "determination", determination_id, lambda session, actor: serving.note_told(session, key_ring(), actor, command, now()), _("Recorded."), _PAGE
    )


@blueprint.post("/cases/<case_id>/determinations/<determination_id>/evaluation")
@needs(WRITE)
def evaluation(case_id: str, determination_id: str) -> Any:
    """Note the entry in the quality evaluation that the measure orders."""
    return done_to(
        case_id, "determination", determination_id, lambda session, actor: serving.enter_evaluation(session, key_ring(), actor, determination_id, now()),
        _("The entry is noted."), _PAGE,
    )


@blueprint.post("/cases/<case_id>/corrections/<object_id>")
@needs(WRITE)
def correction(case_id: str, object_id: str) -> Any:
    """Send a correction, or note that an entry is recalled with its proof."""
    form = request.form
    if form.get("kind") == "entry":
        proof = forms.words(form, "proof", 121)
        return done_to(
            case_id, "entry", object_id, lambda session, actor: outcomes.recall_entry(session, actor, object_id, proof, now()), _("Recalled."), _PAGE
        )
    try:
        with transaction() as session:
            require_part(session, current_actor(), case_id, "recipient", object_id)
            paper = serving.send_correction(session, current_actor(), object_id, now())
        toast(_("The notice of correction is numbered. Print it and hand it over."))
    except NotFound:
        raise
    except DomainError as error:
        toast(refusal(error), "error")
        return redirect_to(_PAGE, case_id=case_id)
    return redirect_to("cases.papers", case_id=case_id, _anchor=f"p-{paper.document_id}")

