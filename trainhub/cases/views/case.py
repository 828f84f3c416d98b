"""The page of one case, and the steps that are taken from it."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.messages import ROLE_LABELS
from trainhub.cases import forms, wording
from trainhub.cases.queries.choices import account_names, duty_choices
from trainhub.cases.queries.page import CASE, CasePage, case_page
from trainhub.cases.rules.scales import scale
from trainhub.cases.service import duties, opening, severity
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import done, seen_version
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import page

READ, WRITE = Permission.CASE_READ, Permission.CASE_WRITE
_TABLES = {
    "states": wording.STATES, "tiers": wording.TIERS, "roles": wording.ROLES, "steps_words": wording.STEP_WORDS, "standings": wording.STANDINGS,
    "columns": wording.COLUMNS, "means_words": wording.MEANS, "place_words": wording.PLACES, "next_steps": wording.NEXT_STEPS, "missing": wording.MISSING,
    "clock_words": wording.CLOCKS, "offices": wording.OFFICES, "kinds_words": wording.EVIDENCE_KINDS, "sources": wording.SOURCES,
    "report_kinds": wording.REPORT_KINDS, "report_forms": wording.REPORT_FORMS, "facts_words": wording.FACTS, "adults": wording.ADULTS,
    "duty_words": wording.DUTY_WORDS, "end_words": wording.END_WORDS,
}


def _found(case_id: str) -> CasePage:
    """The case; its texts where the role may read them, and then the reading is in the log before anything is shown."""
    actor, moment = current_actor(), now()
    if not actor.can(Permission.CASE_FILE_READ):
        return case_page(read_session(), actor, case_id, moment)
    with transaction() as session:
        head = case_page(session, actor, case_id, moment)
        ticket = open_record(session, actor, Reading(head.school_id, CASE, head.case_id, Permission.CASE_FILE_READ, "handling", "page"), moment)
        return case_page(session, actor, case_id, moment, ring=key_ring(), opening=ticket)


@blueprint.get("/cases/<case_id>")
@needs(READ)
def case(case_id: str) -> Any:
    """A case under its number: deadlines, pupils under codes, notices of both sides, talks, evidence, reports, history."""
    found, actor, moment = _found(case_id), current_actor(), now()
    clocks = [
        (clock, wording.clock_kind(clock, moment), wording.due_words(clock, moment), found.codes.get(clock.object_id) or _office(clock.object_id))
        for clock in found.clocks
    ]
    return page("cases/case.html", c=found, clocks=clocks, may_write=actor.can(WRITE) and found.leads, reads=actor.can(Permission.CASE_FILE_READ),
                state_kinds=wording.STATE_KINDS, standing_kinds=wording.STANDING_KINDS, scale=scale(found.scale), role_labels={**ROLE_LABELS, SYSTEM: _("by itself")},
                **_lists(actor, found), **wording.tables(_TABLES))


def _office(name: str) -> str:
    return str(wording.OFFICES.get(name, ""))


def _lists(actor: Actor, found: CasePage) -> dict[str, Any]:
    """What only somebody who handles the case chooses from."""
    names = account_names(read_session(), actor.district_id, {duty.account_id for duty in found.duties})
    if not (actor.can(WRITE) and found.leads):
        return {"names": names, "accounts": []}
    accounts = [(key, f"{name} · {ROLE_LABELS[role]}") for key, name, role in duty_choices(read_session(), actor, local_day(now()))]
    return {
        "names": names, "accounts": accounts, "tier_choices": [(tier.key, f"{wording.TIERS[tier.key]}：{tier.words}") for tier in scale(found.scale).tiers],
        "lower_choices": wording.choices(wording.LOWER_WORDS), "duty_choices": [c for c in wording.choices(wording.DUTY_WORDS) if c[0] in duties.DUTIES],
        "end_choices": wording.choices(wording.END_WORDS),
    }


@blueprint.post("/cases/<case_id>/procedure")
@needs(WRITE)
def procedure(case_id: str) -> Any:
    """Start the investigation."""
    seen = seen_version()
    return done(lambda s, a: opening.start_procedure(s, a, case_id, now(), seen_version=seen), _("The investigation has begun."), "cases.case", case_id=case_id)


@blueprint.post("/cases/<case_id>/submit")
@needs(WRITE)
def submit(case_id: str) -> Any:
    """Hand the case to the committee."""
    seen = seen_version()
    return done(
        lambda s, a: opening.submit_to_committee(s, a, case_id, now(), seen_version=seen), _("The case is with the committee."), "cases.case", case_id=case_id
    )


@blueprint.post("/cases/<case_id>/narrative")
@needs(WRITE)
def narrative(case_id: str) -> Any:
    """Write what is known so far."""
    text, seen = forms.words(request.form, "text", 20_001), seen_version()
    return done(
        lambda s, a: opening.write_narrative(s, key_ring(), a, case_id, text, now(), seen_version=seen), _("Sealed. Earlier wordings are kept."),
        "cases.case", case_id=case_id,
    )


@blueprint.post("/cases/<case_id>/severity")
@needs(WRITE)
def tier(case_id: str) -> Any:
    """Set the working tier."""
    command = severity.SetSeverity(
        case_id, request.form.get("severity", ""), request.form.get("reason", ""), forms.an_id(request.form, "second") or ""
    )
    seen = seen_version()
    return done(lambda s, a: severity.set_severity(s, a, command, now(), seen_version=seen), _("The tier is set."), "cases.case", case_id=case_id)


@blueprint.post("/cases/<case_id>/police")
@needs(WRITE)
def police(case_id: str) -> Any:
    """The police take over, hand back, or have found something."""
    document, what, finding = forms.words(request.form, "document", 121), request.form.get("what", ""), request.form.get("finding", "")

    def write(session: Any, actor: Actor) -> None:
        if what == "take_over":
            severity.police_take_over(session, actor, case_id, document, now())
        elif what == "hand_back":
            severity.police_hand_back(session, actor, case_id, document, now(), finding=finding)
        else:
            severity.note_police_finding(session, actor, case_id, document, finding, now())

    return done(write, _("Noted. Notices, reports and help for the children go on."), "cases.case", case_id=case_id)


@blueprint.post("/cases/<case_id>/attention")
@needs(WRITE)
def attention(case_id: str) -> Any:
    """Much attention, or no longer."""
    high = request.form.get("high") == "yes"
    return done(lambda s, a: severity.set_high_attention(s, a, case_id, high, now()), _("Noted."), "cases.case", case_id=case_id)


@blueprint.post("/cases/<case_id>/duties")
@needs(WRITE)
def give_duty(case_id: str) -> Any:
    """Give a dated right to this case by name."""
    command = duties.GiveDuty(case_id, forms.an_id(request.form, "account") or "", request.form.get("duty", ""), forms.an_id(request.form, "party"))
    return done(lambda s, a: duties.give_duty(s, a, command, now()), _("Given from now on."), "cases.case", case_id=case_id)


@blueprint.post("/cases/<case_id>/duties/<duty_id>/end")
@needs(WRITE)
def end_duty(case_id: str, duty_id: str) -> Any:
    """End a duty at once."""
    reason = request.form.get("reason", "")
    return done(lambda s, a: duties.end_duty(s, a, duty_id, reason, now()), _("Ended at once."), "cases.case", case_id=case_id)
