"""What the home page shows: the officer's desk, one's own trainings and progress, how the school stands."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Employment, OrgUnit
from trainhub.training.models import EventParticipant, SchoolYearTotal, TrainingEvent, TrainingObligation
from trainhub.training.queries.events import EventRow, PartView, rows_of, tallies_of
from trainhub.training.rules.lifecycle import EventState


@dataclass(frozen=True, slots=True)
class Desk:
    """What a school's officer has on the desk, by urgency. Rows repeat in no two lists.

    ``running`` rolls now; ``to_end`` rolls of the past that nobody ended; ``to_verify`` ended rolls
    (``mine`` says that the reader ended it and somebody else must verify); ``drafts`` unpublished.
    """

    running: tuple["DeskRoll", ...]
    to_end: tuple["DeskRoll", ...]
    to_verify: tuple["DeskRoll", ...]
    drafts: tuple[EventRow, ...]
    postponed: tuple[EventRow, ...]
    upcoming: tuple[EventRow, ...]
    week: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class DeskRoll:
    """A roll that wants something done."""

    event: EventRow
    part: PartView
    mine: bool = False


@dataclass(frozen=True, slots=True)
class MyTraining:
    """A training that a person must attend, with why. Times of the parts in ``event``."""

    event: EventRow
    reason: str


AHEAD, BACK = timedelta(days=60), timedelta(days=120)
"""How far the desk looks. Nobody ends a roll that is older; nobody prepares what is farther away."""


def trainings_at_home(
    session: Session, district_id: str, person_id: str | None, now: datetime, account_id: str,
    scope: Scope | None = None, school_id: str = "", *, limit: int = 5,
) -> tuple[Desk | None, list[MyTraining]]:
    """What the home page shows of trainings: a school's desk (where ``scope`` is given), and one's own next ones.

    Six statements at most: both are read at once, and only rolls that want something done are counted.
    """
    reasons = _invitations(session, district_id, person_id, now, limit) if person_id is not None else {}
    wanted: list[ColumnElement[bool]] = [TrainingEvent.id.in_(reasons)] if reasons else []
    if scope is not None:
        if not scope.covers_school(school_id):
            raise NotFound
        today = local_day(now)
        wanted.append(and_(
            TrainingEvent.school_id == school_id, TrainingEvent.ends_at >= day_bounds(today - BACK)[0],
            TrainingEvent.starts_at < day_bounds(today + AHEAD)[1],
        ))
    if not wanted:
        return None, []
    rows = rows_of(session, Scope(district_id, None), [or_(*wanted)], tallies=False)
    mine = [MyTraining(row, reasons[row.id]) for row in rows if row.id in reasons]
    if scope is None:
        return None, mine
    held = [row for row in rows if row.school_id == school_id and row.starts_at < day_bounds(local_day(now) + AHEAD)[1]]
    return _desk(session, district_id, held, now, account_id), mine


def _invitations(session: Session, district_id: str, person_id: str, now: datetime, limit: int) -> dict[str, str]:
    """Why a person is invited to each training that is not over, by training. One statement.

    Shows nothing of the training that the invitation does not say.
    """
    query = (
        select(EventParticipant.event_id, EventParticipant.reason)
        .join(
            TrainingEvent,
            and_(TrainingEvent.district_id == EventParticipant.district_id, TrainingEvent.id == EventParticipant.event_id),
        )
        .where(
            EventParticipant.district_id == district_id, EventParticipant.person_id == person_id,
            EventParticipant.excluded_reason == "",
            TrainingEvent.state.in_([EventState.PUBLISHED.value, EventState.HELD.value, EventState.POSTPONED.value]),
            TrainingEvent.ends_at >= day_bounds(local_day(now))[0],
        )
        .order_by(TrainingEvent.starts_at)
        .limit(limit)
    )
    return {row.event_id: row.reason for row in session.execute(query)}


_AT_REST = (EventState.DRAFT, EventState.CANCELLED, EventState.POSTPONED, EventState.LOCKED)


def _desk(session: Session, district_id: str, rows: list[EventRow], now: datetime, account_id: str) -> Desk:
    """Sort the trainings of a school by what they want.

    A roll counts as running from an hour before its part begins until an hour after it ends.
    """
    monday = local_day(now) - timedelta(days=local_day(now).weekday())
    hour = timedelta(hours=1)
    running, to_end, to_verify = [], [], []
    for event in rows:
        for part in event.parts if event.state not in _AT_REST else ():
            if part.sheet_state == "open" and part.starts_at - hour <= now <= part.ends_at + hour:
                running.append(DeskRoll(event, part))
            elif part.sheet_state == "open" and part.ends_at < now:
                to_end.append(DeskRoll(event, part))
            elif part.sheet_state == "submitted":
                to_verify.append(DeskRoll(event, part, mine=part.submitted_by == account_id))
    tallies = tallies_of(session, district_id, [r.part.sheet_id for r in (*running, *to_end, *to_verify) if r.part.sheet_id])
    counted = [
        tuple(replace(r, part=replace(r.part, tally=tallies.get(r.part.sheet_id or "", r.part.tally))) for r in rolls)
        for rolls in (running, to_end, to_verify)
    ]
    shown_now = {r.event.id for r in running}
    return Desk(
        counted[0], counted[1], counted[2],
        tuple(e for e in rows if e.state is EventState.DRAFT),
        tuple(e for e in rows if e.state is EventState.POSTPONED),
        tuple(e for e in rows if e.state is EventState.PUBLISHED and e.starts_at > now and e.id not in shown_now),
        tuple(e for e in rows if local_day(e.ends_at) >= monday and local_day(e.starts_at) < monday + timedelta(days=7)),
    )


@dataclass(frozen=True, slots=True)
class OwedSummary:
    """How the school stands in the year: in scope, met, still owing, with the rule version of the figure."""

    year_key: str
    in_scope: int
    met: int
    owing: int
    exempt: int
    policy_version: int


def owed_summary(session: Session, scope: Scope, school_id: str, requirement_id: str | None, year_key: str) -> OwedSummary | None:
    """The school's counters of a year, or None where none were made yet. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    row = session.get(SchoolYearTotal, (scope.district_id, requirement_id or "", year_key, school_id))
    if row is None:
        return None
    owing = row.open + row.in_progress + row.unmet  # newcomers in grace stand apart (case 3)
    return OwedSummary(year_key, row.in_scope, row.met, owing, row.exempt, row.policy_version)


def has_staff(session: Session, scope: Scope, school_id: str) -> bool:
    """Whether the roster of a school holds anybody at all. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = select(Employment.id).where(Employment.district_id == scope.district_id, Employment.school_id == school_id)
    return session.scalars(query.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class MyProgress:
    """One's own duty of the year: minutes asked and counted, state, due day as stored."""

    year_key: str
    state: str
    required: int
    counted: int
    due_on: date


def my_progress(session: Session, district_id: str, person_id: str | None, requirement_id: str | None, year_key: str) -> MyProgress | None:
    """One's own obligation of a year, or None where there is none. One statement."""
    if person_id is None or requirement_id is None:
        return None
    row = session.get(TrainingObligation, (district_id, requirement_id, year_key, person_id))
    if row is None:
        return None
    return MyProgress(year_key, row.state, row.required_minutes, row.counted_minutes + row.made_up_minutes, row.due_on)


@dataclass(frozen=True, slots=True)
class DistrictSummary:
    """The district in one line: units with people in scope, people met and in scope, units without a figure."""

    units: int
    units_met: int
    in_scope: int
    met: int
    silent: int


def district_summary(session: Session, scope: Scope, requirement_id: str | None, year_key: str) -> DistrictSummary:
    """Sum the counters of all units of a district. Two statements. Raises :class:`NotFound` for a school's scope."""
    if scope.school_ids is not None:
        raise NotFound
    totals = session.execute(
        select(SchoolYearTotal.in_scope, SchoolYearTotal.met).where(
            SchoolYearTotal.district_id == scope.district_id,
            SchoolYearTotal.requirement_id == (requirement_id or ""),
            SchoolYearTotal.year_key == year_key,
        )
    ).all()
    counted = [row for row in totals if row.in_scope]
    units = session.scalars(
        select(func.count()).select_from(OrgUnit).where(OrgUnit.district_id == scope.district_id, OrgUnit.closed_on.is_(None))
    ).one()
    return DistrictSummary(
        len(counted), sum(r.met == r.in_scope for r in counted), sum(r.in_scope for r in counted),
        sum(r.met for r in counted), units - len(counted),
    )
