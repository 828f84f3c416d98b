"""Stepping aside from a matter, and being let back by two people (domain.md cases 47, 48, 103).

A recusal holds from the moment it is written: every read of every room asks for it in its own statement.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.committees.models import CommitteeMember, MeetingItem, Recusal
from trainhub.committees.queries.composition import OnDay, on_day
from trainhub.committees.queries.recusal import is_recused, lifted_findings, recusals_of, recused_members
from trainhub.committees.registry import matters
from trainhub.committees.rules.composition import SeatKind
from trainhub.committees.rules.happenings import MemberRecused, RecusalLifted
from trainhub.committees.rules.recusal import (
    Candidate,
    Finding,
    FoundBy,
    Ground,
    MatterFacts,
    contact_mark,
    found,
    person_mark,
    substitute_for,
)
from trainhub.committees.rules.refusals import CommitteeRefused
from trainhub.committees.rules.voting import bench
from trainhub.committees.service.steps import agenda_changed, guard, note, refuse_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.models import Person

LIFT_REASONS = ("mistake", "ground_gone", "objection_unfounded")
HANDLERS = (Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY, Role.PRINCIPAL, Role.PSYCHOLOGIST, Role.PLAN_INSTRUCTOR)
"""Roles at a school whose holders may come near a matter without sitting on the committee."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search for conflicts wrote: the new recusals' ids, and whether the principal steps aside."""

    recusal_ids: tuple[str, ...]
    principal: bool


def find_and_record(
    session: Session, actor: Actor, matter_id: str, school_id: str, facts: MatterFacts, now: datetime, *, ring: KeyRing
) -> Found:
    """Find everybody of a school who must step aside from a matter and write it down.

    Called by the room of the cases whenever a matter is opened or its parties, guardians or roles change; finding the same again
    adds nothing. A constant number of statements but for the recusals written.
    """
    committee = on_day(session, actor.district_id, school_id, local_day(now))
    findings = unrecorded(session, actor.district_id, matter_id, committee, facts, ring)
    rows = [_write(session, actor, matter_id, committee, f.who, f.ground, "system", now) for f in findings]
    return Found(tuple(row.id for row in rows), any(row.is_principal for row in rows))


def unrecorded(session: Session, district_id: str, matter_id: str, committee: OnDay, facts: MatterFacts, ring: KeyRing) -> list[Finding]:
    """Return the conflicts that are not recorded yet. What two people lifted is not found again on the same ground."""
    findings = found(facts, candidates_of(session, district_id, committee, ring))
    if not findings:
        return []
    aside, lifted = recused_members(session, district_id, matter_id), lifted_findings(session, district_id, matter_id)
    return [
        f for f in findings
        if not lifted & {(f.who.member_id or "", f.ground.value), (f.who.person_id or "", f.ground.value)}
        and not _is_aside(session, district_id, matter_id, f.who, aside)
    ]


def _is_aside(session: Session, district_id: str, matter_id: str, who: Candidate, aside: frozenset[str]) -> bool:
    if who.member_id is not None:
        return who.member_id in aside
    account = next(iter(sorted(who.account_ids)), None)
    return is_recused(session, district_id, matter_id, person_id=who.person_id, account_id=account)


def candidates_of(session: Session, district_id: str, committee: OnDay, ring: KeyRing) -> list[Candidate]:
    """Return the members of the day, substitutes too, and whoever else handles cases at the school. Four statements."""
    members = [(s, s.member) for s in committee.seats if s.member is not None]
    marks = {row.id: row.contact_mark for row in session.scalars(select(CommitteeMember).where(
        CommitteeMember.district_id == district_id, CommitteeMember.id.in_([m.id for _s, m in members])
    ))} if members else {}
    handlers = _handlers(session, district_id, committee.school_id, committee.day)
    people = {m.person_id for _s, m in members if m.person_id} | {person for _a, person, _r in handlers if person}
    known = {p.id: p for p in session.scalars(select(Person).where(Person.district_id == district_id, Person.id.in_(people)))} if people else {}
    accounts = _accounts_of(session, district_id, people)
    done = []
    for seat, m in members:
        own = frozenset(accounts.get(m.person_id or "", ())) | (frozenset({m.account_id}) if m.account_id else frozenset())
        done.append(Candidate(
            m.id, m.person_id, own, m.id, seat.kind, seat.kind is SeatKind.PRINCIPAL,
            _marks(ring, known.get(m.person_id or ""), marks.get(m.id, "")),
        ))
    principals = {person for _a, person, role in handlers if person and role == Role.PRINCIPAL}
    seated = {m.person_id for _s, m in members if m.person_id}
    return done + [
        Candidate(p, p, frozenset(accounts.get(p, ())), None, None, p in principals, _marks(ring, known.get(p), ""))
        for p in sorted({p for _a, p, _r in handlers if p} - seated)
    ]


def _marks(ring: KeyRing, person: Person | None, kept: str) -> frozenset[str]:
    if person is None:
        return frozenset({kept} - {""})
    return frozenset({person_mark(ring.mark, person.id), contact_mark(ring.mark, person.name, person.phone_tail), kept} - {""})


def _handlers(session: Session, district_id: str, school_id: str, day: date) -> list[tuple[str, str | None, str]]:
    rows = session.execute(
        select(Account.id, Account.person_id, AccountGrant.role)
        .join(AccountGrant, (AccountGrant.district_id == Account.district_id) & (AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == district_id, AccountGrant.org_id == school_id, AccountGrant.role.in_([r.value for r in HANDLERS]),
            AccountGrant.from_on <= day, or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
        )
    )
    return [(row.id, row.person_id, row.role) for row in rows]


def _accounts_of(session: Session, district_id: str, people: Collection[str]) -> dict[str, list[str]]:
    held: dict[str, list[str]] = {}
    if people:
        for account_id, person_id in session.execute(
            select(Account.id, Account.person_id).where(Account.district_id == district_id, Account.person_id.in_(people))
        ):
            held.setdefault(person_id or "", []).append(account_id)
    return held


def recuse_self(session: Session, actor: Actor, matter_id: str, school_id: str, ground: Ground, now: datetime) -> str:
    """Step aside oneself, in every role at once; returns the recusal's id. The caller made sure that the actor may see the matter.

    No right to write is needed: stepping aside only takes from oneself. Declaring it twice adds nothing.
    """
    committee = on_day(session, actor.district_id, school_id, local_day(now))
    member = next((
        (s, s.member) for s in committee.seats
        if s.member is not None and ((actor.person_id and s.member.person_id == actor.person_id) or s.member.account_id == actor.account_id)
    ), None)
    is_principal = actor.role is Role.PRINCIPAL or (member is not None and member[0].kind is SeatKind.PRINCIPAL)
    who = Candidate(
        actor.account_id, actor.person_id, frozenset({actor.account_id}), member[1].id if member else None, member[0].kind if member else None, is_principal
    )
    refuse_recused(session, actor, matter_id)
    return _write(session, actor, matter_id, committee, who, ground, "declared", now).id


def recuse_from_item(session: Session, actor: Actor, item_id: str, ground: Ground, now: datetime) -> str:
    """Step aside from the matter of an item on the agenda that the actor can see. Raises NotFound."""
    item = _seen_item(session, actor, item_id)
    return recuse_self(session, actor, item.matter_id, item.school_id, ground, now)


def recuse_member(
    session: Session, actor: Actor, item_id: str, member_id: str, ground: Ground, now: datetime, *, by: FoundBy = "secretary"
) -> str:
    """Let a member step aside from the matter of an item, as the secretary knows of it or a guardian objects. Raises NotFound."""
    item = _seen_item(session, actor, item_id)
    guard(actor, item.school_id)
    return recuse_for(session, actor, item.matter_id, item.school_id, member_id, ground, now, by=by)


def recuse_for(
    session: Session, actor: Actor, matter_id: str, school_id: str, member_id: str, ground: Ground, now: datetime, *, by: FoundBy
) -> str:
    """Let a member step aside from a matter, for higher rooms that know it: on a guardian's objection, say. Raises NotFound."""
    guard(actor, school_id, Permission.COMMITTEE_READ)
    refuse_recused(session, actor, matter_id)
    committee = on_day(session, actor.district_id, school_id, local_day(now))
    seat = next((s for s in committee.seats if s.member is not None and s.member.id == member_id), None)
    if seat is None or seat.member is None:
        raise NotFound
    if member_id in recused_members(session, actor.district_id, matter_id):
        raise CommitteeRefused("recused_already", "member")
    own = frozenset({seat.member.account_id}) if seat.member.account_id else frozenset()
    who = Candidate(member_id, seat.member.person_id, own, member_id, seat.kind, seat.kind is SeatKind.PRINCIPAL)
    return _write(session, actor, matter_id, committee, who, ground, by, now).id


def _seen_item(session: Session, actor: Actor, item_id: str) -> MeetingItem:
    item = session.get(MeetingItem, (actor.district_id, item_id))
    if item is None or item.sealed_at is not None:
        raise NotFound
    guard(actor, item.school_id, Permission.COMMITTEE_READ)
    refuse_recused(session, actor, item.matter_id)
    return item


def _write(
    session: Session, actor: Actor, matter_id: str, committee: OnDay, who: Candidate, ground: Ground, by: FoundBy, now: datetime
) -> Recusal:
    """One recusal with its substitute, its entry in the ledger and its announcement."""
    account = next(iter(sorted(who.account_ids)), None) if who.person_id is None else None
    row = Recusal(
        district_id=actor.district_id, id=new_id(), school_id=committee.school_id, matter_id=matter_id, person_id=who.person_id,
        account_id=account, member_id=who.member_id, ground=ground.value, found_by=by, is_principal=who.is_principal,
        substitute_id=_substitute(session, actor.district_id, matter_id, committee, who), entered_by=actor.account_id, entered_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(session, actor, committee.school_id, "recused", row.id, now, {
        "matter": matter_id, "person": row.person_id, "account": row.account_id, "member": row.member_id, "ground": row.ground, "by": by,
        "substitute": row.substitute_id, "principal": row.is_principal,
    }, subject=matter_id)  # fmt: skip
    announcer.announce(session, MemberRecused(
        row.district_id, row.school_id, matter_id, row.id, row.person_id, row.account_id, row.is_principal, _led(committee, row.member_id),
        _nobody_leads(session, row, committee),
    ))
    agenda_changed(session, row.district_id, row.school_id, now, matter_id)
    return row


def _led(committee: OnDay, member_id: str | None) -> bool:
    """Whether a member holds the seat of the chair."""
    return any(s.is_chair for s in committee.seats if member_id and s.member is not None and s.member.id == member_id)


def _nobody_leads(session: Session, row: Recusal, committee: OnDay) -> bool:
    """Whether a committee that is one has nobody left to lead it in a matter: then no sitting can deal with it."""
    if committee.committee is None:
        return False
    return bench(committee.sitters, recused_members(session, row.district_id, row.matter_id), {}).acting_chair is None


def _substitute(session: Session, district_id: str, matter_id: str, committee: OnDay, who: Candidate) -> str | None:
    """Who of the roster of substitutes sits instead (case 47): of the same kind, not recused, not sitting for another already."""
    seat = next((s for s in committee.seats if s.member is not None and s.member.id == who.member_id), None)
    if seat is None or seat.is_substitute or not seat.votes:
        return None
    taken = {r.substitute_id for r in recusals_of(session, district_id, [matter_id]) if r.substitute_id}
    taken |= recused_members(session, district_id, matter_id)
    return substitute_for(seat.kind, _substitutes(committee), taken)


def _substitutes(committee: OnDay) -> Sequence[tuple[str, SeatKind, int]]:
    return [(s.member.id, s.kind, s.sort_no) for s in committee.seats if s.is_substitute and s.votes and s.filled and s.member is not None]


def name_substitute(session: Session, actor: Actor, recusal_id: str, substitute_id: str | None, now: datetime) -> None:
    """Name who of the roster of substitutes sits for a recused member, or nobody. Raises NotFound, CommitteeRefused."""
    row = _locked(session, actor, recusal_id)
    guard(actor, row.school_id)
    refuse_recused(session, actor, row.matter_id)
    if substitute_id is not None:
        committee = on_day(session, actor.district_id, row.school_id, local_day(now))
        if substitute_id not in {member for member, _kind, _no in _substitutes(committee)}:
            raise NotFound
        others = recusals_of(session, actor.district_id, [row.matter_id])
        busy = {r.substitute_id for r in others if r.id != row.id} | recused_members(session, actor.district_id, row.matter_id)
        if substitute_id in busy:
            raise CommitteeRefused("substitute_busy", "substitute")
    row.substitute_id = substitute_id
    note(session, actor, row.school_id, "substitute_named", row.id, now, {"matter": row.matter_id, "substitute": substitute_id}, subject=row.matter_id)
    agenda_changed(session, row.district_id, row.school_id, now, row.matter_id)


# --- being let back: two people ------------------------------------------------------------------


def ask_lift(session: Session, actor: Actor, recusal_id: str, reason: str, now: datetime) -> None:
    """First step: ask for a recusal to be lifted. Raises NotFound, Forbidden, CommitteeRefused, InvalidState."""
    row = _locked(session, actor, recusal_id)
    guard(actor, row.school_id)
    refuse_recused(session, actor, row.matter_id)
    if reason not in LIFT_REASONS:
        raise CommitteeRefused("lift_reason", "reason")
    if row.lift_asked_by is not None:
        raise InvalidState(state="asked", wanted="asked")
    row.lift_asked_by, row.lift_reason = actor.account_id, reason
    note(session, actor, row.school_id, "recusal_lift_asked", row.id, now, {"matter": row.matter_id, "reason": reason}, subject=row.matter_id)


def refuse_lift(session: Session, actor: Actor, recusal_id: str, now: datetime) -> None:
    """Second step, the other way: the recusal stays. Raises NotFound, InvalidState, SeparationOfDuties."""
    row = _second(session, actor, recusal_id)
    row.lift_asked_by, row.lift_reason = None, ""
    note(session, actor, row.school_id, "recusal_lift_refused", row.id, now, {"matter": row.matter_id}, subject=row.matter_id)


def lift(session: Session, actor: Actor, recusal_id: str, now: datetime) -> None:
    """Second step: another human being lifts the recusal. Raises NotFound, InvalidState, SeparationOfDuties."""
    row = _second(session, actor, recusal_id)
    row.lifted_by, row.lifted_at = actor.account_id, now
    note(session, actor, row.school_id, "recusal_lifted", row.id, now, {
        "matter": row.matter_id, "asked_by": row.lift_asked_by, "reason": row.lift_reason,
    }, subject=row.matter_id)  # fmt: skip
    committee = on_day(session, row.district_id, row.school_id, local_day(now))
    announcer.announce(session, RecusalLifted(
        row.district_id, row.school_id, row.matter_id, row.id, row.is_principal, _led(committee, row.member_id)
    ))
    agenda_changed(session, row.district_id, row.school_id, now, row.matter_id)


def _second(session: Session, actor: Actor, recusal_id: str) -> Recusal:
    """The recusal for the second person: another human being than whoever asked, and never the recused one."""
    row = _locked(session, actor, recusal_id)
    if not actor.can(Permission.CASE_SECOND):
        raise Forbidden
    guard(actor, row.school_id, Permission.CASE_SECOND)
    refuse_recused(session, actor, row.matter_id)
    if row.lift_asked_by is None:
        raise InvalidState(state="", wanted="lifted")
    asker = session.get(Account, (actor.district_id, row.lift_asked_by))
    same_person = actor.person_id is not None and asker is not None and asker.person_id == actor.person_id
    if row.lift_asked_by == actor.account_id or same_person:
        raise SeparationOfDuties
    return row


def _locked(session: Session, actor: Actor, recusal_id: str) -> Recusal:
    query = select(Recusal).where(Recusal.district_id == actor.district_id, Recusal.id == recusal_id).with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None or row.lifted_at is not None:
        raise NotFound
    return row


# --- somebody joins the committee ----------------------------------------------------------------


def find_for_school(session: Session, actor: Actor, school_id: str, now: datetime, *, ring: KeyRing) -> int:
    """Look through every open matter of a school for conflicts: after somebody joined its committee. Returns how many were written."""
    source = matters()
    if source is None:
        return 0
    open_ones: Iterable[tuple[str, MatterFacts]] = source.open_matters(session, actor.district_id, school_id, now)
    return sum(len(find_and_record(session, actor, matter, school_id, facts, now, ring=ring).recusal_ids) for matter, facts in open_ones)


