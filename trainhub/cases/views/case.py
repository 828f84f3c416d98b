"""The page of one case, and the steps that are taken from it."""

from datetime import datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.messages import ROLE_LABELS
from trainhub.cases import determining_wording, forms, wording
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.adopting import adopters
from trainhub.cases.queries.choices import account_names, duty_choices
from trainhub.cases.queries.determinations import findings_of, owed_corrections
from trainhub.cases.queries.page import CASE, CasePage, case_page
from trainhub.cases.registry import plans_of_case
from trainhub.cases.rules.next_steps import OWNERS, due_of
from trainhub.cases.rules.scales import TIERS, scale
from trainhub.cases.service import duties, opening, progress, severity
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import done, done_to, seen_version
from trainhub.committees import wording as seats
from trainhub.committees.queries.composition import on_day
from trainhub.committees.queries.recusal import recusals_of, recused_members
from trainhub.committees.rules.recusal import Ground
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.access import Reading, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import page

READ, WRITE = Permission.CASE_READ, Permission.CASE_WRITE
_TABLES = {
    "states": wording.STATES, "tiers": wording.SHOWN_TIERS, "roles": wording.ROLES, "steps_words": wording.STEP_WORDS, "standings": wording.STANDINGS,
    "columns": wording.COLUMNS, "means_words": wording.MEANS, "place_words": wording.PLACES, "next_steps": wording.NEXT_STEPS, "missing": wording.MISSING,
    "clock_words": wording.CLOCKS, "offices": wording.OFFICES, "kinds_words": wording.EVIDENCE_KINDS, "sources": wording.SOURCES,
    "report_kinds": wording.REPORT_KINDS, "report_forms": wording.REPORT_FORMS, "facts_words": wording.FACTS, "adults": wording.ADULTS,
    "duty_words": wording.DUTY_WORDS, "end_words": wording.END_WORDS, "ended_words": wording.DECLINE_REASONS,
}


def _found(case_id: str) -> CasePage:
    """The case; its texts where the role may read them, and then the reading is in the log before anything is shown."""
    actor, moment = current_actor(), now()
    if not actor.can(Permission.CASE_FILE_READ):
        return case_page(read_session(), actor, case_id, moment)
    with transaction() as session:
        head = case_page(session, actor, case_id, moment)
        purpose = "oversight" if actor.role is Role.BUREAU_CASE_OFFICER else "handling"
        ticket = open_record(session, actor, Reading(head.school_id, CASE, head.case_id, Permission.CASE_FILE_READ, purpose, "page"), moment)
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
    plans = plans_of_case(read_session(), actor, found.case_id, moment)
    return page("cases/case.html", c=found, clocks=clocks, plans=plans, may_write=actor.can(WRITE) and found.leads, reads=actor.can(Permission.CASE_FILE_READ),
                own_grounds=[(g.value, seats.GROUNDS[g]) for g in Ground if g is not Ground.OBJECTION],
                scale_keys=TIERS, state_kinds=wording.STATE_KINDS, standing_kinds=wording.STANDING_KINDS, scale=scale(found.scale), role_labels={**ROLE_LABELS, SYSTEM: _("by itself")},
                next=_next(found, moment), waits=_waits(actor, found), today=local_day(moment).isoformat(), **_lists(actor, found), **wording.tables(_TABLES))


def _next(found: CasePage, moment: datetime) -> dict[str, Any]:
    """The one sentence of what comes next: what, who, by when; the sitting where the committee votes."""
    due, sitting = due_of(found.step, found.clocks), found.sitting
    return {
        "what": wording.NEXT_STEPS[found.step], "who": wording.OWNERS[OWNERS[found.step]], "meeting_id": sitting.meeting_id if sitting else "",
        "meets_at": sitting.meets_at if sitting else None, "due": (wording.clock_kind(due, moment), wording.due_words(due, moment)) if due else None,
    }


def _waits(actor: Actor, found: CasePage) -> list[tuple[str, str]]:
    """While the committee has the case: for what each pupil's finding waits, as (code, word). Nothing at other times."""
    if not found.leads or found.state != "submitted_to_committee":
        return []
    session, moment = read_session(), now()
    row = seen_case(session, actor, READ, found.case_id, moment)
    somebody = bool(adopters(session, row.district_id, row.school_id, row.id, local_day(moment)).hands)
    return [(one.code, str(determining_wording.WAITS[one.waits_for(somebody)])) for one in findings_of(session, row)]


def _office(name: str) -> str:
    return str(wording.OFFICES.get(name, ""))


def _lists(actor: Actor, found: CasePage) -> dict[str, Any]:
    """What only somebody who handles the case chooses from."""
    names = account_names(read_session(), actor.district_id, {duty.account_id for duty in found.duties})
    if not (actor.can(WRITE) and found.leads):
        return {"names": names, "accounts": [], "aside": (), "corrections": 0}
    lead = on_day(read_session(), actor.district_id, actor.org_id, local_day(now()))
    aside = recusals_of(read_session(), actor.district_id, [found.case_id])
    gone = recused_members(read_session(), actor.district_id, found.case_id)
    accounts = [(key, f"{name} · {ROLE_LABELS[role]}") for key, name, role in duty_choices(read_session(), actor, local_day(now()))]
    return {
        "names": names, "accounts": accounts, "tier_choices": [(tier.key, f"{wording.TIERS[tier.key]}：{tier.words}") for tier in scale(found.scale).tiers],
        "lower_choices": wording.choices(wording.LOWER_WORDS), "duty_choices": [c for c in wording.choices(wording.DUTY_WORDS) if c[0] in set(duties.DUTIES) - {"reviewer"}],
        "end_choices": wording.choices(wording.END_WORDS), "aside": aside, "grounds": seats.GROUNDS, "found_by": seats.FOUND_BY,
        "members": [(s.member.id, s.member.shown_as) for s in lead.seats if s.member is not None and not s.left and s.member.id not in gone],
        "corrections": len(owed_corrections(read_session(), actor, now(), found.case_id)),
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


@blueprint.post("/cases/<case_id>/close")
@needs(WRITE)
def close(case_id: str) -> Any:
    """Close a case at its follow-up, where nothing holds it any more."""
    said = _("The case is closed. It is sealed by itself when its time comes.")
    return done(lambda s, a: progress.close_case(s, a, case_id, now()), said, "cases.case", case_id=case_id)


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
            since = forms.moment(request.form, "since") if request.form.get("since_on") else None
            severity.police_take_over(session, actor, case_id, document, now(), since=since)
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
    return done_to(case_id, "duty", duty_id, lambda s, a: duties.end_duty(s, a, duty_id, reason, now()), _("Ended at once."), "cases.case")
