"""The board of cases: code numbers, states, deadlines, the next thing to do. No name, no text; a constant number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseParty, GuardianNotice
from trainhub.cases.queries.access import visible
from trainhub.cases.queries.clocks import clocks_of
from trainhub.cases.queries.committee import BeforeCommittee, before_committee
from trainhub.cases.queries.found import NOTHING, found_in, uncorrected
from trainhub.cases.rules.clocks import Clock
from trainhub.cases.rules.found import FoundNow, annulled, shown_state, shown_tier
from trainhub.cases.rules.lifecycle import CaseFacts, CaseState
from trainhub.cases.rules.next_steps import REPORTS, Group, after_annulment, first_due, group_of, next_step
from trainhub.cases.rules.parties import BEGINNING, SIDES, Attempt, PartyRole, standing
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Permission


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A case on the board. ``elsewhere``: another school leads it and sees its own pupils only."""

    case_id: str
    label: str
    state: str
    severity: str
    scale: str
    happened_on: date | None
    means: tuple[str, ...]
    codes: tuple[str, ...]
    step: str
    group: Group
    due: Clock | None
    late: int
    police: bool
    joint: bool
    elsewhere: bool
    high_attention: bool
    county_review: bool
    shown: str = ""  # the state in words: of a case whose finding fell, that it fell
    sitting: BeforeCommittee | None = None  # for what it waits while the committee has it


@dataclass(frozen=True, slots=True)
class Board:
    """The cases in their groups, those that are due first before the others."""

    rows: tuple[BoardRow, ...]

    def group(self, name: Group) -> tuple[BoardRow, ...]:
        """The rows of one group."""
        return tuple(row for row in self.rows if row.group == name)


def board(session: Session, actor: Actor, now: datetime, *, with_closed: bool = True) -> Board:
    """Every case that exists for the actor. Five statements, two more where a finding fell, four where the committee has one; no more with more."""
    where: list[ColumnElement[bool]] = [visible(actor, Permission.CASE_READ, now)]
    if not with_closed:
        where.append(CaseFile.state.notin_([CaseState.CLOSED.value, CaseState.SEALED.value]))
    cases = list(session.scalars(select(CaseFile).where(*where).order_by(CaseFile.year.desc(), CaseFile.number.desc(), CaseFile.id)))
    ids = [case.id for case in cases]
    parties, told = _parties(session, actor.district_id, ids), _told(session, actor.district_id, ids)
    clocks = clocks_of(session, actor.district_id, ids, open_only=True)
    found = found_in(session, actor.district_id, ids)
    owing = uncorrected(session, actor.district_id, [case.id for case in cases if annulled(case.state, found.get(case.id, NOTHING))])
    with_committee = before_committee(session, [case for case in cases if case.state == CaseState.SUBMITTED.value], now)
    rows = [
        _row(actor, case, parties.get(case.id, []), told, clocks.get(case.id, []), now, found.get(case.id, NOTHING), owing=case.id in owing,
             sitting=with_committee.get(case.id))
        for case in cases
    ]
    far = now.replace(year=now.year + 90)
    return Board(tuple(sorted(rows, key=lambda row: row.due.due_at if row.due and row.due.running else far)))


def _parties(session: Session, district_id: str, case_ids: Sequence[str]) -> dict[str, list[Any]]:
    query = select(CaseParty.case_id, CaseParty.id, CaseParty.code, CaseParty.roles, CaseParty.school_id).where(
        CaseParty.district_id == district_id, CaseParty.case_id.in_(case_ids)
    ).order_by(CaseParty.code)
    found: dict[str, list[Any]] = {}
    for row in session.execute(query) if case_ids else ():
        found.setdefault(row.case_id, []).append(row)
    return found


def _told(session: Session, district_id: str, case_ids: Sequence[str]) -> dict[str, list[Attempt]]:
    query = select(GuardianNotice).where(
        GuardianNotice.district_id == district_id, GuardianNotice.case_id.in_(case_ids), GuardianNotice.about.in_([about.value for about in BEGINNING])
    )
    found: dict[str, list[Attempt]] = {}
    for row in session.scalars(query) if case_ids else ():
        found.setdefault(row.party_id, []).append(Attempt(row.about, row.outcome, row.channel, row.happened_at, len(row.witnesses)))
    return found


def _row(
    actor: Actor, case: CaseFile, parties: list[Any], told: dict[str, list[Attempt]], clocks: list[Clock], now: datetime, found: FoundNow, *,
    owing: bool, sitting: BeforeCommittee | None,
) -> BoardRow:
    sides = [party for party in parties if SIDES & set(party.roles)]
    facts = CaseFacts(
        actors=sum(PartyRole.ACTOR in party.roles for party in parties), targets=sum(PartyRole.TARGET in party.roles for party in parties),
        parties=len(sides), parties_notified=sum(standing(told.get(party.id, []), BEGINNING).counts for party in sides),
    )
    state = CaseState(case.state)
    step = after_annulment(state, owing=owing) if annulled(case.state, found) else ""
    step = step or (sitting.step if sitting and not any(clock.kind in REPORTS for clock in clocks) else "") or next_step(state, facts, clocks, police=case.police_since is not None)
    elsewhere = case.school_id != actor.org_id
    mine = [party for party in parties if not (elsewhere and case.joint) or party.school_id == actor.org_id]
    return BoardRow(
        case.id, f"{case.year}-{case.number:02d}", case.state, shown_tier(case.state, case.severity, found), case.scale, case.happened_on, tuple(case.means),
        tuple(party.code for party in mine), step, group_of(state, step, clocks, now), first_due(clocks),
        sum(clock.running and clock.late(now) for clock in clocks), case.police_since is not None, case.joint, elsewhere, case.high_attention,
        case.county_review, shown_state(case.state, found), sitting,
    )
