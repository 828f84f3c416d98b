"""What a plan is judged by: the duty and its year, the staff of the day, the calendar, what else is on.

Every function takes a constant number of statements, however many people the school has.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceRecord
from trainhub.courses.models import CoursePack
from trainhub.courses.queries import LAST
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Person
from trainhub.training.models import EventPart, EventTrainer, TrainingEvent, TrainingObligation
from trainhub.training.queries.surroundings import AHEAD_DAYS, Duty, Surroundings, candidates, duty_on
from trainhub.training.registry import course_type
from trainhub.training.rules.audience import Audience, Choice, Owed, audience
from trainhub.training.rules.details import plan_problems, read_details
from trainhub.training.rules.lifecycle import EventState
from trainhub.training.rules.planning import (
    NOTICE_DAYS,
    Course,
    DayFact,
    Draft,
    Engagement,
    PartTime,
    PlanProblem,
    Trainer,
    default_parts,
    mode_of,
    moved_to,
    problems,
    proposals,
    ranked,
)

__all__ = [
    "AHEAD_DAYS", "SLOT_DAYS", "Duty", "Earlier", "PackFacts", "Review", "Sketch", "Surroundings", "candidates", "duty_on", "earlier", "first_slot",
    "missed_by", "names_of", "owed_minutes", "pack_facts", "packs_to_plan", "review",
]
SLOT_DAYS = 60
"""How many days after the notice a new plan looks for its first free day."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A plan before it is a record: what the form holds.

    ``topic`` "" means that of the duty. ``event_id`` names the training being changed, so that it does not clash with itself; ``invited``
    (person id -> name) is set where the list was frozen already, and then stands for the rule's. ``type_key`` ""
    leaves the kind of course and its details out of the judgement.
    """

    school_id: str
    parts: Sequence[PartTime]
    course: Course = dataclass_field(default_factory=Course)
    topic: str = ""
    trainers: Sequence[Trainer] = ()
    choice: Choice = dataclass_field(default_factory=Choice)
    make_up_year: str | None = None
    event_id: str | None = None
    invited: Mapping[str, str] | None = None
    type_key: str = ""
    details: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """A judged plan: the duty it serves, who must come and why, what stands against it, nearest free days."""

    duty: Duty
    audience: Audience
    problems: tuple[PlanProblem, ...]
    proposals: tuple[date, ...]
    calendar: Callable[[date], DayFact]
    course: Course


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What planning needs of a pack: no unit text is loaded."""

    id: str
    version: str
    title: str
    topic: str
    type_key: str
    delivery_mode: str
    minutes: int


_PACK_COLUMNS = (
    CoursePack.pack_id, CoursePack.version, CoursePack.title, CoursePack.topic, CoursePack.type_key,
    CoursePack.delivery_mode, CoursePack.minutes,
)  # fmt: skip


def packs_to_plan(session: Session) -> list[PackFacts]:
    """The current packs of every kind of course for the staff, in the order of the catalogue. One statement."""
    order = CoursePack.content[("course", "order")].as_integer()
    query = select(*_PACK_COLUMNS, order).where(CoursePack.is_current.is_(True))
    rows = sorted(session.execute(query), key=lambda row: (row[4], row[7] if row[7] is not None else LAST, row[0]))
    return [PackFacts(*row[:7]) for row in rows if course_type(row[4]).spec.audience == "staff"]


def pack_facts(session: Session, pack_id: str, version: str = "") -> PackFacts:
    """One version of a pack, the current one where ``version`` is "". Raises :class:`NotFound`."""
    query = select(*_PACK_COLUMNS).where(CoursePack.pack_id == pack_id)
    query = query.where(CoursePack.version == version) if version else query.where(CoursePack.is_current.is_(True))
    row = session.execute(query).first()
    if row is None:
        raise NotFound
    return PackFacts(*row)


def owed_minutes(session: Session, scope: Scope, duty: Duty, people: Collection[str]) -> dict[str, Owed]:
    """Where the people stand in the duty's year, by person. One statement."""
    if duty.id is None:
        return {}
    query = select(
        TrainingObligation.person_id, TrainingObligation.state,
        TrainingObligation.required_minutes, TrainingObligation.counted_minutes, TrainingObligation.made_up_minutes,
    ).where(
        TrainingObligation.district_id == scope.district_id,
        TrainingObligation.requirement_id == duty.id,
        TrainingObligation.year_key == duty.frame.year.key,
        TrainingObligation.person_id.in_(people),
    )
    return {
        row.person_id: Owed(row.state, row.required_minutes, row.counted_minutes + row.made_up_minutes)
        for row in session.execute(query)
    }


def missed_by(session: Session, scope: Scope, event_id: str) -> frozenset[str]:
    """People whose presence on some roll of a training is missing or cut short. One statement.

    Undecided marks count as missed: nobody has seen these people there.
    """
    query = (
        select(AttendanceRecord.person_id, AttendanceRecord.status, AttendanceRecord.revoked_at)
        .join(EventPart, and_(EventPart.district_id == AttendanceRecord.district_id, EventPart.sheet_id == AttendanceRecord.sheet_id))
        .join(TrainingEvent, and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id))
        .where(EventPart.district_id == scope.district_id, EventPart.event_id == event_id, AttendanceRecord.expected.is_(True))
    )
    if scope.school_ids is not None:
        query = query.where(TrainingEvent.school_id.in_(scope.school_ids))
    return frozenset(
        row.person_id for row in session.execute(query)
        if row.revoked_at is not None or row.status not in ("present", "late")
    )


def review(
    session: Session, scope: Scope, sketch: Sketch, now: datetime, around: Surroundings | None = None
) -> Review:
    """Judge a plan without changing anything. A constant number of statements.

    ``around`` holds what was read before of the same school. Raises :class:`NotFound` outside the scope.
    """
    around = around or Surroundings(session, scope, sketch.school_id, local_day(now))
    day = min((local_day(p.starts_at) for p in sketch.parts), default=local_day(now))
    last = max((local_day(p.ends_at) for p in sketch.parts), default=day)
    duty = around.duty(day, sketch.make_up_year)
    found = _audience(session, scope, sketch, duty, around, day)
    invited = {i.person_id: i.person.name for i in found.invited} if sketch.invited is None else dict(sketch.invited)
    first, horizon = min(day, local_day(now)), max(last, local_day(now)) + timedelta(days=AHEAD_DAYS)
    facts = around.days(first, horizon)
    involved = invited.keys() | {t.person_id for t in sketch.trainers if t.person_id}
    others = around.engagements(first, horizon, involved, sketch.event_id)
    course = replace(
        sketch.course,
        right_topic=not duty.topic or sketch.topic in ("", duty.topic),
        satellite_counts=duty.policy["satellite_room_counts"] == "yes",
    )
    draft = Draft(sketch.parts, course, sketch.trainers, invited)
    against = ranked([*_kind_problems(sketch), *problems(draft, duty.frame, facts, others, now)])
    return Review(duty, found, tuple(against), _free_days(sketch.parts, facts, others, day, horizon, now), facts, course)


def _audience(
    session: Session, scope: Scope, sketch: Sketch, duty: Duty, around: Surroundings, day: date
) -> Audience:
    staff, choice = around.staff(day), sketch.choice
    owed = owed_minutes(session, scope, duty, {c.person_id for c in staff})
    missed = missed_by(session, scope, choice.missed_event_id) if choice.kind == "missed" and choice.missed_event_id else frozenset()
    return audience(duty.rule, staff, day, owed, choice, missed)


def _kind_problems(sketch: Sketch) -> list[PlanProblem]:
    """What the kind of course has against the plan: it is for others, a mode it does not have, its detail fields."""
    if not sketch.type_key:
        return []
    kind = course_type(sketch.type_key)
    found = plan_problems(kind, read_details(kind, sketch.details).problems)
    if kind.spec.audience != "staff":
        found.append(PlanProblem("not_for_staff", "block", "pack", 0, {"label": kind.spec.label}))
    wrong = {mode_of(p, sketch.course.delivery_mode) for p in sketch.parts} - set(kind.spec.modes)
    found += [PlanProblem("mode_not_offered", "block", "delivery_mode", 0, {"mode": mode, "label": kind.spec.label}) for mode in sorted(wrong)]
    return found


def _free_days(
    parts: Sequence[PartTime], facts: Callable[[date], DayFact], others: Sequence[Engagement],
    day: date, horizon: date, now: datetime,
) -> tuple[date, ...]:
    if not parts:
        return ()
    earliest = max(local_day(now) + timedelta(days=1), day - timedelta(days=14))
    free = proposals(parts, facts, others, earliest, horizon, wanted=12)
    nearest = sorted((d for d in free if d != day), key=lambda d: (abs((d - day).days), d))[:3]
    return tuple(sorted(nearest))


def first_slot(
    session: Session, scope: Scope, school_id: str, minutes: int, room: str, now: datetime, around: Surroundings | None = None
) -> tuple[PartTime, ...]:
    """Return the parts that a new plan opens with: the next working day with notice and no other training.

    Where nothing is free for two months (summer), the first day with notice is taken and the page asks.
    """
    around = around or Surroundings(session, scope, school_id, local_day(now))
    earliest = local_day(now) + timedelta(days=NOTICE_DAYS)
    latest = earliest + timedelta(days=SLOT_DAYS)
    parts = default_parts(earliest, minutes, room)
    free = proposals(parts, around.days(earliest, latest), around.here(earliest, latest), earliest, latest, wanted=1)
    return moved_to(parts, free[0]) if free else parts


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a school did before: rooms and guests (name, unit), latest first, each once; trainings that were held."""

    rooms: tuple[str, ...]
    guests: tuple[tuple[str, str], ...]
    trainings: tuple[tuple[str, datetime, str], ...]


_NOT_HELD = frozenset({EventState.DRAFT.value, EventState.CANCELLED.value, EventState.POSTPONED.value})
_ROWS_BACK = 400


def earlier(session: Session, scope: Scope, school_id: str, now: datetime) -> Earlier:
    """What planning can offer again, from the latest trainings of the school. One statement."""
    query = (
        select(
            TrainingEvent.id, TrainingEvent.title, TrainingEvent.state, TrainingEvent.starts_at, EventPart.room,
            EventTrainer.name, EventTrainer.affiliation,
        )
        .join(EventPart, and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id))
        .outerjoin(
            EventTrainer,
            and_(
                EventTrainer.district_id == TrainingEvent.district_id, EventTrainer.event_id == TrainingEvent.id,
                EventTrainer.person_id.is_(None),
            ),
        )
        .where(TrainingEvent.district_id == scope.district_id, TrainingEvent.school_id == school_id)
        .order_by(EventPart.starts_at.desc(), EventTrainer.id)
        .limit(_ROWS_BACK)
    )
    rows = session.execute(query).all()
    return Earlier(
        tuple(dict.fromkeys(row.room for row in rows if row.room)),
        tuple(dict.fromkeys((row.name, row.affiliation) for row in rows if row.name)),
        tuple(dict.fromkeys(
            (row.id, row.starts_at, row.title) for row in rows if row.state not in _NOT_HELD and local_day(row.starts_at) <= local_day(now)
        )),
    )


def names_of(session: Session, district_id: str, person_ids: Iterable[str]) -> dict[str, str]:
    """Names by person id. One statement."""
    query = select(Person.id, Person.name).where(Person.district_id == district_id, Person.id.in_(set(person_ids)))
    return {row.id: row.name for row in session.execute(query)}
