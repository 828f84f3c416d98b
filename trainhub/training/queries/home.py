"""What the home page shows: the officer's desk, one's own trainings and progress, how the school stands."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Employment, OrgUnit
from trainhub.training.models import EventParticipant, SchoolYearTotal, TrainingEvent, TrainingObligation
from trainhub.training.queries.events import EventRow, PartView, events_of, rows_of
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


def desk(session: Session, scope: Scope, school_id: str, now: datetime, account_id: str, *, ahead_days: int = 60) -> Desk:
    """Everything the home page of a school shows of its trainings. Four statements.

    A roll counts as running from an hour before its part begins until an hour after it ends.
    """
    today = local_day(now)
    monday = today - timedelta(days=today.weekday())
    rows = events_of(session, scope, school_id, first=today - timedelta(days=120), last=today + timedelta(days=ahead_days))
    hour = timedelta(hours=1)
    running, to_end, to_verify = [], [], []
    for event in rows:
        if event.state in (EventState.DRAFT, EventState.CANCELLED, EventState.POSTPONED, EventState.LOCKED):
            continue
        for part in event.parts:
            if part.sheet_state == "open" and part.starts_at - hour <= now <= part.ends_at + hour:
                running.append(DeskRoll(event, part))
            elif part.sheet_state == "open" and part.ends_at < now:
                to_end.append(DeskRoll(event, part))
            elif part.sheet_state == "submitted":
                to_verify.append(DeskRoll(event, part, mine=part.submitted_by == account_id))
    shown_now = {r.event.id for r in running}
    return Desk(
        tuple(running), tuple(to_end), tuple(to_verify),
        tuple(e for e in rows if e.state is EventState.DRAFT),
        tuple(e for e in rows if e.state is EventState.POSTPONED),
        tuple(e for e in rows if e.state is EventState.PUBLISHED and e.starts_at > now and e.id not in shown_now),
        tuple(e for e in rows if local_day(e.ends_at) >= monday and local_day(e.starts_at) < monday + timedelta(days=7)),
    )


@dataclass(frozen=True, slots=True)
class MyTraining:
    """A training that a person must attend, with why. Times of the parts in ``event``."""

    event: EventRow
    reason: str


def my_next(session: Session, district_id: str, person_id: str | None, now: datetime, *, limit: int = 5) -> list[MyTraining]:
    """Trainings that the person is on the list of and that are not over, earliest first.

    At most five statements. Shows nothing of the training that the invitation does not say.
    """
    if person_id is None:
        return []
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
    reasons = {row.event_id: row.reason for row in session.execute(query)}
    if not reasons:
        return []
    rows = rows_of(session, Scope(district_id, None), [TrainingEvent.id.in_(reasons)])
    return [MyTraining(row, reasons[row.id]) for row in rows]


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
