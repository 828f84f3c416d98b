"""The committee decides an item: conditions, the vote as counts, grounds sealed; and a resolution is used once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.committees.models import CommitteeMeeting, MeetingItem, MeetingPresence
from trainhub.committees.queries.composition import OnDay, on_day
from trainhub.committees.queries.recusal import recusals_of, recused_members
from trainhub.committees.queries.resolutions import Resolution, resolution
from trainhub.committees.queries.sittings import PresenceRow, bench_of
from trainhub.committees.registry import matters
from trainhub.committees.rules.deciding import ItemFacts, ItemKind, guardians_record, refuse_bare, refuse_unready
from trainhub.committees.rules.happenings import ItemResolved
from trainhub.committees.rules.refusals import (
    CommitteeNotConstituted,
    CommitteeRefused,
    RecusalNotRecorded,
    ResolutionNotUsable,
)
from trainhub.committees.rules.voting import Bench, Count, Votes, bench, counted
from trainhub.committees.sealed import grounds_place
from trainhub.committees.service.recusal import find_and_record, unrecorded
from trainhub.committees.service.steps import agenda_changed, guard, locked_item, locked_meeting, note
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState
from trainhub.kernel.events import announcer
from trainhub.kernel.sealing import KeyRing

LONGEST_GROUNDS = 8000
MOST_CLAUSES = 12


@dataclass(frozen=True, slots=True)
class HoldItem:
    """How the committee decided an item. ``present``: members who were in the room for it; ``clauses`` the articles it rests on."""

    item_id: str
    present: frozenset[str]
    votes: Votes
    grounds: str
    clauses: tuple[str, ...]


def hold_item(session: Session, actor: Actor, command: HoldItem, now: datetime, *, facts: ItemFacts, ring: KeyRing) -> Resolution:
    """Record the vote on an item and return the resolution. Counts only; grounds are sealed.

    ``facts`` come from the room of the cases (:func:`facts_for` asks it). Raises CommitteeNotConstituted, NoQuorum, RecusedPresent,
    RecusalNotRecorded, GuardiansNotTold, CommitteeRefused, InvalidState, NotFound.
    """
    item, meeting = _open_item(session, actor, command.item_id, now)
    kind = ItemKind(item.kind)
    committee = on_day(session, actor.district_id, item.school_id, local_day(meeting.starts_at))
    if kind is not ItemKind.OTHER:
        _refuse_unfit(session, actor, item, kind, committee, facts, ring)
    clauses = tuple(dict.fromkeys(" ".join(c.split())[:120] for c in command.clauses if c.strip()))[:MOST_CLAUSES]
    refuse_bare(clauses, command.grounds)
    if len(command.grounds) > LONGEST_GROUNDS:
        raise CommitteeRefused("grounds_long", "grounds", most=LONGEST_GROUNDS)
    presence = _presence(session, meeting)
    if command.present - {p.member_id for p in presence if p.status == "present"}:
        raise CommitteeRefused("not_there", "present")
    who = bench_of(
        committee, recused_members(session, actor.district_id, item.matter_id), presence,
        tuple(recusals_of(session, actor.district_id, [item.matter_id])),
    )  # fmt: skip
    count = counted(_without(who, command.present, committee), command.present, command.votes, committee.quorum_percent)
    led = _without(who, command.present, committee)
    item.basis = {
        "rule_set": committee.constitution.rule_set, "policy_version": committee.policy_version, "quorum_percent": committee.quorum_percent,
        "quorum": count.quorum, "clauses": list(clauses), "present": sorted(set(who.entitled) & command.present),
        "led_by": led.acting_chair, "chair_passed": led.chair_passed, "tell_bureau": led.tell_bureau,
    }  # fmt: skip
    item.composition, item.guardians = list(committee.constitution.missing), guardians_record(facts)
    item.sealed_grounds = ring.seal(command.grounds.strip(), grounds_place(item.id))
    meeting.chaired_by = meeting.chaired_by or led.acting_chair
    _keep(session, actor, item, count, command.votes, now)
    return resolution(session, actor.district_id, item.id)


def _refuse_unfit(
    session: Session, actor: Actor, item: MeetingItem, kind: ItemKind, committee: OnDay, facts: ItemFacts, ring: KeyRing
) -> None:
    """What must hold before the vote on a case: a committee, no conflict left unrecorded, both sides told."""
    if not committee.constitution.valid:
        raise CommitteeNotConstituted(missing=", ".join(committee.constitution.missing))
    left = unrecorded(session, actor.district_id, item.matter_id, committee, facts.matter, ring)
    if left:
        raise RecusalNotRecorded(count=len(left))
    refuse_unready(kind, facts)


def _without(who: Bench, present: frozenset[str], committee: OnDay) -> Bench:
    """The bench led by somebody who is in the room for this item."""
    away = {s.member_id for s in committee.sitters if s.member_id not in present}
    return bench(committee.sitters, who.recused, dict(who.stands_in), away)


def _keep(session: Session, actor: Actor, item: MeetingItem, count: Count, votes: Votes, now: datetime) -> None:
    """The counts, the entry in the ledger, the announcement."""
    item.entitled_count, item.present_count, item.recused_count = count.entitled, count.present, count.recused
    item.for_count, item.against_count, item.abstained_count = votes.in_favour, votes.against, votes.abstained
    item.outcome, item.resolved_at, item.resolved_by = count.outcome, now, actor.account_id
    note(session, actor, item.school_id, "resolved", item.id, now, {
        "meeting": item.meeting_id, "matter": item.matter_id, "item": item.kind, "object": item.object_id, "outcome": item.outcome,
        "entitled": count.entitled, "present": count.present, "recused": count.recused, "quorum": count.quorum, "for": item.for_count,
        "against": item.against_count, "abstained": item.abstained_count, "rule_set": item.basis["rule_set"],
        "policy_version": item.basis["policy_version"], "led_by": item.basis["led_by"], "clauses": len(item.basis["clauses"]),
    }, subject=item.matter_id)  # fmt: skip
    announcer.announce(session, ItemResolved(
        item.district_id, item.school_id, item.id, item.matter_id, item.kind, item.object_id, count.outcome
    ))
    agenda_changed(session, item.district_id, item.school_id, now, item.matter_id)


def adjourn_item(session: Session, actor: Actor, item_id: str, now: datetime) -> None:
    """Adjourn an item: nothing is decided, it may come on another sitting. Raises NotFound, InvalidState."""
    item, _meeting = _open_item(session, actor, item_id, now)
    item.outcome, item.resolved_at, item.resolved_by = "adjourned", now, actor.account_id
    note(session, actor, item.school_id, "adjourned", item.id, now, {"matter": item.matter_id, "item": item.kind}, subject=item.matter_id)
    announcer.announce(session, ItemResolved(
        item.district_id, item.school_id, item.id, item.matter_id, item.kind, item.object_id, "adjourned"
    ))
    agenda_changed(session, item.district_id, item.school_id, now, item.matter_id)


def facts_for(session: Session, actor: Actor, item_id: str, now: datetime, *, ring: KeyRing) -> ItemFacts:
    """Ask the room of the cases what holds for an item, and write down the conflicts it shows: in a step of its own before the vote.

    Raises NotFound, CommitteeRefused where nobody knows the matter.
    """
    item = locked_item(session, actor, item_id)
    guard(actor, item.school_id)
    if item.kind == ItemKind.OTHER.value:
        return ItemFacts()
    source = matters()
    facts = source.item_facts(session, actor.district_id, item.matter_id, item.kind, item.object_id, now) if source else None
    if facts is None:
        raise CommitteeRefused("matter_unknown")
    find_and_record(session, actor, item.matter_id, item.school_id, facts.matter, now, ring=ring)
    return facts


def use_resolution(
    session: Session, actor: Actor, item_id: str, kind: ItemKind | str, matter_id: str, object_id: str | None, now: datetime
) -> Resolution:
    """Draw a consequence from a resolution, once: adopted, of exactly this kind, matter and object, by a committee that was one.

    Called by higher rooms inside their own step. Raises ResolutionNotUsable, NotFound.
    """
    item = locked_item(session, actor, item_id)
    fits = item.kind == str(kind) and item.matter_id == matter_id and item.object_id == object_id
    if not fits or item.outcome != "adopted" or item.used_at is not None or item.lapsed_at is not None or item.composition:
        raise ResolutionNotUsable(outcome=item.outcome or "")
    item.used_at = now
    note(session, actor, item.school_id, "resolution_used", item.id, now, {"matter": matter_id, "item": item.kind, "object": object_id}, subject=matter_id)
    return resolution(session, actor.district_id, item.id)


def lapse_resolution(session: Session, actor: Actor, item_id: str, matter_id: str, now: datetime) -> None:
    """Note that what was voted on was taken back: no consequence is drawn from the vote any more, and the matter may come anew.

    The vote stays on record as it was. Called by higher rooms inside their own step. Raises ResolutionNotUsable, NotFound.
    """
    item = locked_item(session, actor, item_id)
    if item.matter_id != matter_id or item.used_at is not None:
        raise ResolutionNotUsable(outcome=item.outcome or "")
    if item.lapsed_at is None:
        item.lapsed_at = now
        note(session, actor, item.school_id, "resolution_lapsed", item.id, now, {"matter": matter_id, "item": item.kind, "object": item.object_id},
             subject=matter_id)


def _open_item(session: Session, actor: Actor, item_id: str, now: datetime) -> tuple[MeetingItem, CommitteeMeeting]:
    """The item and its sitting, both held, if it may be decided now."""
    item = locked_item(session, actor, item_id)
    meeting = locked_meeting(session, actor, item.meeting_id)
    if meeting.state != "planned" or item.outcome is not None:
        raise InvalidState(state=item.outcome or meeting.state, wanted="adopted")
    if meeting.starts_at > now:
        raise CommitteeRefused("not_begun", "present")
    return item, meeting


def _presence(session: Session, meeting: CommitteeMeeting) -> tuple[PresenceRow, ...]:
    rows = session.scalars(select(MeetingPresence).where(
        MeetingPresence.district_id == meeting.district_id, MeetingPresence.meeting_id == meeting.id
    ))
    return tuple(PresenceRow(p.member_id, p.status, p.stands_in_for) for p in rows)

