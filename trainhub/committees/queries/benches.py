"""Who sits where a matter is decided: who sat there is barred from deciding again; who is to sit there may read it before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.committees.models import CommitteeMeeting, CommitteeMember, MeetingItem, MeetingPresence
from trainhub.committees.queries.composition import OnDay, book
from trainhub.committees.queries.recusal import RecusalRow, recusals_of, recused_by_matter
from trainhub.committees.queries.sittings import PresenceRow, bench_of
from trainhub.committees.rules.composition import SeatKind
from trainhub.committees.rules.deciding import ItemKind
from trainhub.kernel.clock import local_day


def sat_on(session: Session, district_id: str, matter_id: str) -> tuple[frozenset[str], frozenset[str]]:
    """Accounts and persons of the members present at sittings whose agenda held the matter. One statement."""
    query = (
        select(CommitteeMember.account_id, CommitteeMember.person_id)
        .join(MeetingPresence, and_(MeetingPresence.district_id == CommitteeMember.district_id, MeetingPresence.member_id == CommitteeMember.id))
        .join(MeetingItem, and_(MeetingItem.district_id == MeetingPresence.district_id, MeetingItem.meeting_id == MeetingPresence.meeting_id))
        .where(CommitteeMember.district_id == district_id, MeetingItem.matter_id == matter_id, MeetingPresence.status == "present").distinct()
    )
    rows = session.execute(query).all()
    return frozenset(a for a, _p in rows if a), frozenset(p for _a, p in rows if p)


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who decides an open matter: members as persons of the roster and as accounts; ``aside``: members who stepped aside from it."""

    people: frozenset[str] = field(default_factory=frozenset)
    accounts: frozenset[str] = field(default_factory=frozenset)
    aside: frozenset[str] = field(default_factory=frozenset)
    schools: frozenset[str] = field(default_factory=frozenset)


def matters_on_agendas(session: Session, district_id: str, school_id: str) -> frozenset[str]:
    """Matters that are undecided on a sitting to come of a school. One statement."""
    query = _open_items(district_id).where(MeetingItem.school_id == school_id)
    return frozenset(row.matter_id for row, _meeting in session.execute(query))


def deciders_of(session: Session, district_id: str, matter_ids: Collection[str]) -> Mapping[str, Deciders]:
    """Who decides each of these matters on the sittings to come, by matter; a matter that stands on no agenda is left out.

    Members of the sitting's day who vote and did not step aside, substitutes where they stand in. Never a pupil, who sees no file
    (security.md section 3). Four statements, and six for each school.
    """
    found = session.execute(_open_items(district_id).where(MeetingItem.matter_id.in_(matter_ids))).all() if matter_ids else []
    if not found:
        return {}
    matters = {item.matter_id for item, _meeting in found}
    books = {school: book(session, district_id, school) for school in sorted({meeting.school_id for _item, meeting in found})}
    recusals, aside = recusals_of(session, district_id, matters), recused_by_matter(session, district_id, matters)
    presence = _presence(session, district_id, {meeting.id for _item, meeting in found})
    done: dict[str, Deciders] = {}
    for item, meeting in found:
        committee = books[meeting.school_id].on(local_day(meeting.starts_at))
        one = _deciders(committee, item.matter_id, presence.get(meeting.id, ()), recusals, aside.get(item.matter_id, frozenset()))
        known = done.get(item.matter_id, Deciders())
        done[item.matter_id] = Deciders(
            known.people | one.people, known.accounts | one.accounts, known.aside | one.aside, known.schools | {meeting.school_id}
        )
    return done


def _open_items(district_id: str) -> Any:
    return (
        select(MeetingItem, CommitteeMeeting)
        .join(CommitteeMeeting, and_(CommitteeMeeting.district_id == MeetingItem.district_id, CommitteeMeeting.id == MeetingItem.meeting_id))
        .where(
            MeetingItem.district_id == district_id, MeetingItem.outcome.is_(None), MeetingItem.sealed_at.is_(None),
            MeetingItem.kind != ItemKind.OTHER.value, CommitteeMeeting.state == "planned",
        )
    )


def _presence(session: Session, district_id: str, meeting_ids: Collection[str]) -> dict[str, tuple[PresenceRow, ...]]:
    found: dict[str, tuple[PresenceRow, ...]] = {}
    for p in session.scalars(select(MeetingPresence).where(MeetingPresence.district_id == district_id, MeetingPresence.meeting_id.in_(meeting_ids))):
        found[p.meeting_id] = (*found.get(p.meeting_id, ()), PresenceRow(p.member_id, p.status, p.stands_in_for))
    return found


def _deciders(
    committee: OnDay, matter_id: str, presence: tuple[PresenceRow, ...], recusals: list[RecusalRow], aside: frozenset[str]
) -> Deciders:
    who = bench_of(committee, aside, presence, tuple(r for r in recusals if r.matter_id == matter_id))
    pupils = {s.member_id for s in committee.sitters if s.kind is SeatKind.STUDENT}
    members = [member for key in who.entitled if key not in pupils and (member := committee.member(key)) is not None]
    gone = [member for key in aside if (member := committee.member(key)) is not None]
    return Deciders(
        frozenset(m.person_id for m in members if m.person_id), frozenset(m.account_id for m in members if m.account_id),
        frozenset(key for m in gone for key in (m.person_id, m.account_id) if key),
    )
