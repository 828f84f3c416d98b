"""How far cases have come before the committee: proposed, on an agenda, voted, to be adopted; codes, sittings and days only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseParty, Determination
from trainhub.cases.rules.lifecycle import STANDING, DeterminationState
from trainhub.cases.rules.next_steps import committee_step
from trainhub.cases.rules.parties import PartyRole
from trainhub.committees.models import CommitteeMeeting, MeetingItem

_COUNTS = frozenset({DeterminationState.PROPOSED, *STANDING})


@dataclass(frozen=True, slots=True)
class BeforeCommittee:
    """For what a case waits, as a code of ``wording.NEXT_STEPS``; the sitting on whose agenda it is, where it is on one."""

    step: str
    meeting_id: str = ""
    meets_at: datetime | None = None


def before_committee(session: Session, cases: Collection[CaseFile], now: datetime) -> dict[str, BeforeCommittee]:
    """For what cases that are with the committee wait, by case. Four statements however many, none without a case."""
    if not cases:
        return {}
    district_id, ids = next(iter(cases)).district_id, [case.id for case in cases]
    actors: dict[str, list[str]] = {}
    for party in session.execute(select(CaseParty.id, CaseParty.case_id, CaseParty.roles).where(CaseParty.district_id == district_id, CaseParty.case_id.in_(ids))):
        if PartyRole.ACTOR in party.roles:
            actors.setdefault(party.case_id, []).append(party.id)
    newest = {row.party_id: row for row in session.execute(select(Determination.party_id, Determination.state, Determination.entered_at).where(
        Determination.district_id == district_id, Determination.case_id.in_(ids), Determination.state.in_([s.value for s in _COUNTS])
    ).order_by(Determination.version))}
    items = _items(session, district_id, ids)
    planned = set(session.scalars(select(CommitteeMeeting.school_id).where(
        CommitteeMeeting.district_id == district_id, CommitteeMeeting.school_id.in_({case.school_id for case in cases}),
        CommitteeMeeting.state == "planned", CommitteeMeeting.starts_at > now,
    ).distinct()))
    return {case.id: _of(case, actors.get(case.id, []), newest, items, has_sitting=case.school_id in planned) for case in cases}


def _items(session: Session, district_id: str, case_ids: Collection[str]) -> dict[str, list[Any]]:
    """The items on findings by the party they are about, oldest sitting first."""
    query = (
        select(
            MeetingItem.object_id, MeetingItem.outcome, MeetingItem.used_at, MeetingItem.lapsed_at, MeetingItem.composition, MeetingItem.meeting_id,
            CommitteeMeeting.starts_at,
        )
        .join(CommitteeMeeting, and_(CommitteeMeeting.district_id == MeetingItem.district_id, CommitteeMeeting.id == MeetingItem.meeting_id))
        .where(
            MeetingItem.district_id == district_id, MeetingItem.matter_id.in_(case_ids), MeetingItem.kind == "determination",
            CommitteeMeeting.state != "cancelled",
        ).order_by(CommitteeMeeting.starts_at, MeetingItem.id)
    )
    found: dict[str, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.object_id or "", []).append(row)
    return found


def _of(case: CaseFile, actors: Collection[str], newest: Mapping[str, Any], items: Mapping[str, list[Any]], *, has_sitting: bool) -> BeforeCommittee:
    codes, waiting = [], []
    for party_id in actors:
        version, mine = newest.get(party_id), items.get(party_id, [])
        on_agenda = [row for row in mine if row.outcome is None]
        if version is None:
            codes.append("propose")
        elif version.state != DeterminationState.PROPOSED.value:
            codes.append("adopted")
        elif any(row.outcome == "adopted" and row.used_at is None and row.lapsed_at is None and not row.composition for row in mine):
            codes.append("adopt")
        else:
            codes.append("vote" if on_agenda else "agenda")
            waiting += on_agenda
    step = committee_step(codes, has_sitting=has_sitting)
    if step != "vote" or not waiting:
        return BeforeCommittee(step)
    first = min(waiting, key=lambda row: row.starts_at)
    return BeforeCommittee(step, first.meeting_id, first.starts_at)
