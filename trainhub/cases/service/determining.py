"""From what the file shows to what the committee found: proposed, put on the agenda, adopted by a resolution that is used once.

A version is added and never rewritten. Whoever proposed one does not adopt it; what was voted on is what stood proposed at the vote.
New evidence makes a new version through the same steps; until it is adopted the earlier one stands (domain.md cases 45, 58, 60, 61, 67).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.cases.models import CaseFile, CaseParty, CaseRecipient, Determination, EvaluationEntry
from trainhub.cases.queries.access import parties_of
from trainhub.cases.queries.adopting import adopters
from trainhub.cases.queries.closeness import matter_facts
from trainhub.cases.queries.determinations import police_told, with_determinations
from trainhub.cases.queries.facts import attempts_of, case_facts, on_a_side
from trainhub.cases.queries.identity import unsealed_identity
from trainhub.cases.rules import clocks
from trainhub.cases.rules.determining import FindingDraft, FindingFrame, check_finding, clauses_of, least_minutes
from trainhub.cases.rules.happenings import DeterminationMoved
from trainhub.cases.rules.lifecycle import (
    STANDING,
    CaseFacts,
    CaseState,
    DeterminationState,
    StepRefused,
    check_determination_step,
    missing_for,
)
from trainhub.cases.rules.parties import BEGINNING, About, CaseRefused, PartyRole, standing
from trainhub.cases.rules.scales import TIERS, scale
from trainhub.cases.service import timing
from trainhub.cases.service.documents import issue
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.outcomes import CORRECTION_DAYS
from trainhub.cases.service.severity import SetSeverity, is_reported, set_severity
from trainhub.cases.service.steps import locked_case, move_case, note_step, notify
from trainhub.committees.queries.composition import on_day
from trainhub.committees.queries.resolutions import Resolution, resolutions_of
from trainhub.committees.rules.deciding import ItemKind
from trainhub.committees.rules.happenings import ItemsDefective
from trainhub.committees.service.recusal import unrecorded
from trainhub.committees.service.resolving import lapse_resolution, use_resolution
from trainhub.committees.service.sittings import AgendaItem, add_item
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import policy_for

AGAIN_REASONS = ("committee_asks", "new_evidence", "mistake_found")
_BEFORE = frozenset({CaseState.INVESTIGATING, CaseState.SUBMITTED})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is put before the committee of one pupil. ``item_id`` where the matter is on an agenda already."""

    party_id: str
    outcome: str
    tier: str
    measures: tuple[str, ...]
    plan_minutes: int
    facts: str
    grounds: str
    clauses: tuple[str, ...]
    item_id: str | None = None


def put_on_agenda(
    session: Session, actor: Actor, case_id: str, party_ids: Sequence[str], now: datetime, *, meeting_id: str | None = None
) -> tuple[str, ...]:
    """Put the determination of parties on the committee's agenda, one item each by code; returns the items' ids.

    The case is handed in and each of them has a proposal: nobody votes on nothing. Raises NotFound, CaseRefused, InvalidState.
    """
    case = own_case(session, actor, case_id, now)
    if case.state != CaseState.SUBMITTED.value:
        raise InvalidState(state=case.state, wanted=CaseState.SUBMITTED.value)
    known = {party.id: party for party in on_a_side(parties_of(session, case))}
    waiting = {row.party_id: row for row in _rows(session, case) if row.state == DeterminationState.PROPOSED.value}
    if not party_ids or not set(party_ids) <= known.keys():
        raise NotFound
    if not set(party_ids) <= waiting.keys():
        raise CaseRefused("no_proposal", "party")
    items = []
    for party_id in dict.fromkeys(party_ids):
        label = f"案 {case.year}-{case.number:02d} {known[party_id].code}"
        item = AgendaItem(ItemKind.DETERMINATION, case.id, party_id, label, case.school_id, meeting_id)
        waiting[party_id].item_id = add_item(session, actor, item, now)
        items.append(waiting[party_id].item_id or "")
        note_step(session, actor, case, "on_agenda", now, object_id=waiting[party_id].id, changes={"party": party_id, "item": items[-1]})
    return tuple(items)


def propose_determination(session: Session, actor: Actor, ring: KeyRing, proposal: Proposal, now: datetime) -> str:
    """Write the next version of a party's determination as proposed and return its id; an earlier proposal is superseded.

    Raises NotFound, InvalidState, CaseRefused: also where the committee has voted already on what stands proposed, and where nobody but
    whoever proposes could adopt it.
    """
    party, case = _party(session, actor, proposal.party_id, now)
    if CaseState(case.state) not in _BEFORE:
        raise InvalidState(state=case.state, wanted=CaseState.SUBMITTED.value)
    if not {PartyRole.ACTOR, PartyRole.TARGET} & set(party.roles):
        raise CaseRefused("party_side", "party")
    _check(session, case, party, proposal, now)
    _refuse_names(session, ring, case, proposal)
    if adopters(session, case.district_id, case.school_id, case.id, local_day(now)).only(actor):
        raise CaseRefused("proposer_adopts", "party")
    items = _items_of(session, case, party.id)
    versions = _rows(session, case, party.id)
    if any(one.usable for one in items) and any(row.state == DeterminationState.PROPOSED.value for row in versions):
        raise CaseRefused("voted_already", "party")
    waiting = next((one.item_id for one in items if one.outcome is None), None)
    if proposal.item_id is not None and proposal.item_id != waiting:
        raise NotFound
    _let_lapse(session, actor, case, party.id, now)
    for row in versions:
        if row.state == DeterminationState.PROPOSED.value:
            _move(session, actor, case, row, DeterminationState.SUPERSEDED, now, {"why": "proposed_anew"})
            row.ended_at = now
    fresh = _write(session, actor, ring, case, party, proposal, max((row.version for row in versions), default=0) + 1, now)
    fresh.item_id = waiting
    return fresh.id


def _check(session: Session, case: CaseFile, party: CaseParty, proposal: Proposal, now: datetime) -> None:
    policy = policy_for(session, case.district_id, case.school_id, local_day(now))
    told = standing(attempts_of(session, case).get(party.id, []), [*BEGINNING, About.HEARING])
    frame = FindingFrame(case.scale, party.stage, party.grade, least_minutes(policy), told.counts, police_told(session, case))
    draft = FindingDraft(
        proposal.outcome, proposal.tier, proposal.measures, proposal.plan_minutes, proposal.facts, proposal.grounds, proposal.clauses
    )
    check_finding(draft, frame)


def _refuse_names(session: Session, ring: KeyRing, case: CaseFile, proposal: Proposal) -> None:
    """Facts and grounds go to both sides: they speak of codes, never of a child by name. Raises CaseRefused, which names nobody."""
    names = {str(unsealed_identity(ring, party)["name"]) for party in parties_of(session, case)}
    for name, text in (("facts", proposal.facts), ("grounds", proposal.grounds)):
        plain = "".join(text.split())
        if any(len(one) > 1 and "".join(one.split()) in plain for one in names):
            raise CaseRefused("finding_names_pupil", name)


def _write(
    session: Session, actor: Actor, ring: KeyRing, case: CaseFile, party: CaseParty, proposal: Proposal, version: int, now: datetime
) -> Determination:
    policy = policy_for(session, case.district_id, case.school_id, local_day(now))
    fresh_id = new_id()
    clauses = clauses_of(proposal.clauses)
    row = Determination(
        district_id=case.district_id, id=fresh_id, school_id=case.school_id, case_id=case.id, party_id=party.id, version=version,
        outcome=proposal.outcome, tier=proposal.tier, measures=list(proposal.measures), plan_minutes=proposal.plan_minutes,
        sealed_facts=ring.seal(proposal.facts.strip(), place("determination", "sealed_facts", fresh_id)),
        sealed_grounds=ring.seal(proposal.grounds.strip(), place("determination", "sealed_grounds", fresh_id)),
        basis={"clauses": list(clauses), "scale": case.scale, "policy_version": policy.version}, defects=[],
        state=DeterminationState.PROPOSED.value, entered_by=actor.account_id, entered_at=now,
    )
    session.add(row)
    session.flush()
    note_step(session, actor, case, "proposed", now, object_id=fresh_id, after=row.state, changes={
        "party": party.id, "version": version, "outcome": row.outcome, "tier": row.tier, "measures": row.measures,
        "plan_minutes": row.plan_minutes, "clauses": len(clauses),
    })
    return row


def adopt_determination(
    session: Session, actor: Actor, ring: KeyRing, determination_id: str, now: datetime, *, item_id: str | None = None
) -> str:
    """Draw the consequence of the committee's resolution: the version is adopted, numbered, the earlier one superseded.

    Once every pupil who acted has a version that stands and none is proposed any more, the case is determined and the time to
    serve runs. Returns the document number. Raises NotFound, SeparationOfDuties, ResolutionNotUsable, StepRefused, CaseRefused.
    """
    row, case = _proposed(session, actor, determination_id, now)
    writer = session.get(Account, (row.district_id, row.entered_by))
    if row.entered_by == actor.account_id or (writer is not None and writer.person_id is not None and writer.person_id == actor.person_id):
        raise SeparationOfDuties(field="determination")
    held = item_id or row.item_id
    if held is None:
        raise CaseRefused("no_item", "item")
    resolution = use_resolution(session, actor, held, ItemKind.DETERMINATION, case.id, row.party_id, now)
    if resolution.resolved_at is None or row.entered_at > resolution.resolved_at:
        raise CaseRefused("proposed_after_vote", "item")
    _supersede_standing(session, actor, case, row, now)
    row.item_id, row.adopted_at = held, now
    row.basis = {**row.basis, "resolution": _basis_of(resolution)}
    row.number = issue(session, actor, case, "determination", row.id, now).number
    _move(session, actor, case, row, DeterminationState.ADOPTED, now, {"item": held, "version": row.version, "number": row.number})
    session.flush()
    _determine(session, actor, ring, case, now)
    _follow_tier(session, actor, case, row, now)
    return row.number


def _basis_of(resolution: Resolution) -> dict[str, Any]:
    """The numbers and versions of the resolution, frozen beside the clauses."""
    return {
        "meeting": resolution.meeting_no, "rule_set": resolution.basis.get("rule_set", ""), "policy_version": resolution.basis.get("policy_version", 0),
        "clauses": resolution.basis.get("clauses", []), "for": resolution.in_favour, "against": resolution.against,
        "abstained": resolution.abstained, "entitled": resolution.entitled, "present": resolution.present, "recused": resolution.recused,
    }


def _determine(session: Session, actor: Actor, ring: KeyRing, case: CaseFile, now: datetime) -> None:
    """Check what the law asks of every determination; with the last one the case moves on. Raises StepRefused."""
    facts = _facts(session, ring, case, now)
    open_still = [code for code in missing_for(CaseState.DETERMINED, facts) if code != "all_actors"]
    if open_still:
        raise StepRefused(wanted=CaseState.DETERMINED.value, missing=tuple(open_still))
    waiting = any(row.state == DeterminationState.PROPOSED.value for row in _rows(session, case))
    if waiting or facts.determined_actors < facts.actors:
        return
    move_case(session, actor, case, CaseState.DETERMINED, facts, now)
    policy = policy_for(session, case.district_id, case.school_id, local_day(now))
    for party in on_a_side(parties_of(session, case)):
        timing.start(session, case, clocks.service(policy, policy.version, party.id, now))
    for role in (Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY):
        notify(session, case.district_id, case.school_id, "to_be_served", now, role=role, matter_id=case.id, link=f"/cases/{case.id}")


def _facts(session: Session, ring: KeyRing, case: CaseFile, now: datetime) -> CaseFacts:
    """What the guard looks at: this room's facts, the determinations', and whether a conflict is known that nobody wrote down."""
    facts = with_determinations(session, case.district_id, case.id, case_facts(session, case))
    committee = on_day(session, case.district_id, case.school_id, local_day(now))
    conflicts = unrecorded(session, case.district_id, case.id, committee, matter_facts(session, ring, case, local_day(now)), ring)
    return replace(facts, recusal_open=bool(conflicts))


def _supersede_standing(session: Session, actor: Actor, case: CaseFile, fresh: Determination, now: datetime) -> None:
    """End the version that stood; others than guardians who were told of it are owed the new one (case 67)."""
    for old in _rows(session, case, fresh.party_id):
        if DeterminationState(old.state) in STANDING:
            _move(session, actor, case, old, DeterminationState.SUPERSEDED, now, {"by": fresh.id})
            old.ended_at = now
            _owe_news(session, old, fresh, now)


def _owe_news(session: Session, old: Determination, fresh: Determination, now: datetime) -> None:
    """Guardians get the new version by service; every other recipient a correction; an entry that has no ground any more is recalled."""
    due = now + timedelta(days=CORRECTION_DAYS)
    keeps_entry = "quality_evaluation" in fresh.measures
    told = session.scalars(select(CaseRecipient).where(
        CaseRecipient.district_id == old.district_id, CaseRecipient.determination_id == old.id, CaseRecipient.kind != "guardian",
        CaseRecipient.corrected_at.is_(None),
    ))
    for recipient in told:
        recipient.correction_due_at = recipient.correction_due_at or due
    entries = session.scalars(select(EvaluationEntry).where(
        EvaluationEntry.district_id == old.district_id, EvaluationEntry.determination_id == old.id, EvaluationEntry.recalled_at.is_(None)
    ))
    for entry in entries:
        if not keeps_entry:
            entry.recall_due_at = entry.recall_due_at or due


def _follow_tier(session: Session, actor: Actor, case: CaseFile, row: Determination, now: datetime) -> None:
    """A graver finding brings the duty to report at once; a milder one on a reported case is told to the bureau (case 57)."""
    if not row.tier:
        return
    words = scale(case.scale)
    if not case.severity or words.is_lower(case.severity, row.tier):
        set_severity(session, actor, SetSeverity(case.id, row.tier), now)
    elif TIERS.index(row.tier) < TIERS.index(case.severity) and is_reported(session, case):
        notify(session, case.district_id, case.district_id, "case_lowered", now, role=Role.BUREAU_CASE_OFFICER, matter_id=case.id, link="/cases/reported")


def withdraw_proposal(session: Session, actor: Actor, determination_id: str, now: datetime) -> None:
    """Take a proposal back, also after a vote of which no use was made. Raises NotFound, InvalidState.

    It stays readable as superseded; nothing follows from that vote any more, and what is proposed next comes before the committee anew.
    """
    row = session.get(Determination, (actor.district_id, determination_id), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    case = own_case(session, actor, row.case_id, now)
    if row.state != DeterminationState.PROPOSED.value:
        raise InvalidState(state=row.state, wanted=DeterminationState.PROPOSED.value)
    lapsed = _let_lapse(session, actor, case, row.party_id, now)
    _move(session, actor, case, row, DeterminationState.SUPERSEDED, now, {"why": "withdrawn", "lapsed": lapsed})
    row.ended_at = now
    if lapsed:  # the committee resolved and nothing comes of it: the principal hears
        notify(session, case.district_id, case.school_id, "resolution_lapsed", now, role=Role.PRINCIPAL, matter_id=case.id, link=f"/cases/{case.id}/determinations")


def _items_of(session: Session, case: CaseFile, party_id: str) -> list[Resolution]:
    found = resolutions_of(session, case.district_id, case.id)
    return [one for one in found if one.kind == ItemKind.DETERMINATION and one.object_id == party_id]


def _let_lapse(session: Session, actor: Actor, case: CaseFile, party_id: str, now: datetime) -> list[str]:
    """End the resolutions on a party that nobody used; returns the items."""
    unused = [one.item_id for one in _items_of(session, case, party_id) if one.usable]
    for item_id in unused:
        lapse_resolution(session, actor, item_id, case.id, now)
    return unused


def investigate_again(session: Session, actor: Actor, case_id: str, reason: str, now: datetime) -> None:
    """Go back to finding facts: the committee asks for more, or there is new evidence, also after service (case 67).

    What stood goes on standing until a new version is adopted; a new investigation has its own time. Raises NotFound, CaseRefused,
    InvalidState.
    """
    case = own_case(session, actor, case_id, now, ended=True)
    if reason not in AGAIN_REASONS:
        raise CaseRefused("again_reason", "reason")
    if case.state == CaseState.ACCEPTED.value:
        raise InvalidState(state=case.state, wanted=CaseState.INVESTIGATING.value)
    move_case(session, actor, case, CaseState.INVESTIGATING, CaseFacts(), now, changes={"reason": reason})
    case.closed_at, case.ended_reason, case.double_of = None, "", None
    case.procedure_at = case.procedure_at or now
    policy = policy_for(session, case.district_id, case.school_id, local_day(now))
    fresh = clocks.investigation(policy, policy.version, discovered=now, accepted=now, procedure=now)
    timing.start(session, case, fresh, paused_at=case.police_since)


def note_defects(session: Session, event: ItemsDefective) -> None:
    """Mark the determinations whose committee turns out not to have been constituted (case 45). A listener; marked once."""
    rows = session.scalars(select(Determination).where(
        Determination.district_id == event.district_id, Determination.item_id.in_(event.item_ids)
    )).all() if event.item_ids else []
    for row in rows:
        if "committee" not in row.defects:
            row.defects = [*row.defects, "committee"]


# --- shared ------------------------------------------------------------------------------------------


def _rows(session: Session, case: CaseFile, party_id: str | None = None) -> list[Determination]:
    query = select(Determination).where(Determination.district_id == case.district_id, Determination.case_id == case.id)
    if party_id is not None:
        query = query.where(Determination.party_id == party_id)
    return list(session.scalars(query.order_by(Determination.version)))


def _party(session: Session, actor: Actor, party_id: str, now: datetime) -> tuple[CaseParty, CaseFile]:
    party = session.get(CaseParty, (actor.district_id, party_id))
    if party is None:
        raise NotFound
    return party, own_case(session, actor, party.case_id, now)


def _proposed(session: Session, actor: Actor, determination_id: str, now: datetime) -> tuple[Determination, CaseFile]:
    """The proposal and its case, both locked, for whoever may determine at that school."""
    row = session.get(Determination, (actor.district_id, determination_id))
    if row is None:
        raise NotFound
    case = locked_case(session, actor, row.case_id, now, permission=Permission.CASE_DETERMINE)
    session.refresh(row, with_for_update=True)
    if case.school_id != actor.org_id:
        raise NotFound
    if case.state != CaseState.SUBMITTED.value or row.state != DeterminationState.PROPOSED.value:
        raise InvalidState(state=row.state, wanted=DeterminationState.ADOPTED.value)
    return row, case


def _move(
    session: Session, actor: Actor, case: CaseFile, row: Determination, after: DeterminationState, now: datetime, changes: dict[str, Any]
) -> None:
    before = DeterminationState(row.state)
    check_determination_step(before, after)
    row.state = after.value
    note_step(session, actor, case, "determination_moved", now, object_id=row.id, before=before.value, after=after.value, changes=changes)
    announcer.announce(session, DeterminationMoved(row.district_id, row.school_id, row.case_id, row.party_id, row.id, before.value, after.value))

