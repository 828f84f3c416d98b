"""What a plan is judged by: the duty and its year, the staff of the day, the calendar, what else is on.

Every function takes a constant number of statements, however many people the school has.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date, datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceRecord
from trainhub.courses.models import CoursePack
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.policy import Policy
from trainhub.kernel.years import RequirementYear
from trainhub.roster.models import Person, PostAssignment
from trainhub.roster.queries import SchoolCalendar, StaffOnDay, calendar, policy_for, staff_on
from trainhub.training.models import (
    EventPart,
    EventParticipant,
    EventTrainer,
    TrainingEvent,
    TrainingObligation,
    TrainingRequirement,
)
from trainhub.training.rules.audience import HOMEROOM, Audience, AudienceRule, Candidate, Choice, Owed, audience
from trainhub.training.rules.lifecycle import LIVE
from trainhub.training.rules.planning import (
    NOTICE_DAYS,
    Course,
    DayFact,
    DayKind,
    Draft,
    Engagement,
    Frame,
    PartTime,
    PlanProblem,
    Trainer,
    default_parts,
    moved_to,
    problems,
    proposals,
)

_KINDS: dict[str, DayKind] = {
    "school": "workday", "own_school_day": "school_day", "make_up": "make_up_workday",
    "weekend": "weekend", "holiday": "holiday", "own_day_off": "school_off",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duty:
    """The requirement in force on a day, its year, and the parameters that plans are judged by.

    ``id`` is None where the bureau has issued none yet: a training can be held all the same.
    """

    id: str | None
    title: str
    topic: str
    rule: AudienceRule
    frame: Frame
    policy: Policy


@dataclass(frozen=True, slots=True)
class Sketch:
    """A plan before it is a record: what the form holds.

    ``topic`` "" means that of the duty. ``event_id`` names the training being changed, so that it does not clash with itself; ``invited``
    (person id -> name) is set where the list was frozen already, and then stands for the rule's.
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


@dataclass(frozen=True, slots=True)
class Review:
    """A judged plan: the duty it serves, who must come and why, what stands against it, nearest free days."""

    duty: Duty
    audience: Audience
    problems: tuple[PlanProblem, ...]
    proposals: tuple[date, ...]
    calendar: Callable[[date], DayFact]


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


def pack_facts(session: Session, pack_id: str, version: str = "") -> PackFacts:
    """One version of a pack, the current one where ``version`` is "". Raises :class:`NotFound`."""
    query = select(
        CoursePack.pack_id, CoursePack.version, CoursePack.title, CoursePack.topic, CoursePack.type_key,
        CoursePack.delivery_mode, CoursePack.minutes,
    ).where(CoursePack.pack_id == pack_id)
    query = query.where(CoursePack.version == version) if version else query.where(CoursePack.is_current.is_(True))
    row = session.execute(query).first()
    if row is None:
        raise NotFound
    return PackFacts(*row)


def duty_on(session: Session, district_id: str, school_id: str, day: date, make_up_year: str | None = None) -> Duty:
    """Return the duty of a school on a day.

    ``make_up_year`` (key of a year) asks for the frame of a training that makes up that year's
    minutes. Raises :class:`NotFound` for a year key that cannot be read.
    """
    query = (
        select(TrainingRequirement)
        .where(TrainingRequirement.district_id == district_id, TrainingRequirement.from_on <= day)
        .order_by(TrainingRequirement.from_on, TrainingRequirement.id)
    )
    rows = [r for r in session.scalars(query) if r.to_on is None or r.to_on >= day or make_up_year]
    row = rows[0] if rows else None
    policy = policy_for(session, district_id, school_id, day)
    made_up = _year(make_up_year) if make_up_year else None
    year = made_up or RequirementYear.of(day, policy.requirement_year)
    narrowing = row.audience if row else {}
    rule = AudienceRule(
        year.first_day, policy["training_min_minutes"], policy["homeroom_extra_minutes"],
        frozenset(narrowing.get("categories", ())), frozenset(narrowing.get("posts", ())),
        frozenset(narrowing.get("contracts", ())), policy["staff_scope"] == "employed",
    )
    frame = Frame(
        year, row.from_on if row else None, row.to_on if row else None, made_up,
        policy["make_up_days"], policy["late_record_days"], policy.periods,
    )
    return Duty(row.id if row else None, row.title if row else "", row.topic if row else "", rule, frame, policy)


def _year(key: str) -> RequirementYear:
    try:
        return RequirementYear.parse(key)
    except ValueError:
        raise NotFound from None


def candidates(session: Session, scope: Scope, school_id: str, day: date) -> list[Candidate]:
    """The staff of a day as the audience rule sees them. Three statements."""
    since = {
        row.person_id: row.from_on
        for row in session.execute(
            select(PostAssignment.person_id, PostAssignment.from_on)
            .where(
                PostAssignment.district_id == scope.district_id,
                PostAssignment.school_id == school_id,
                PostAssignment.post == HOMEROOM,
                PostAssignment.from_on <= day,
            )
            .order_by(PostAssignment.from_on)
        )
    }
    return [_candidate(s, since.get(s.person_id)) for s in staff_on(session, scope, school_id, day)]


def _candidate(staff: StaffOnDay, homeroom_since: date | None) -> Candidate:
    return Candidate(
        staff.person_id, staff.name, staff.sort_key, staff.staff_no, staff.department, staff.department_sort,
        staff.posts, homeroom_since if HOMEROOM in staff.posts else None, staff.category, staff.contract,
        staff.is_home, staff.from_on, staff.to_on, staff.hired_on,
    )


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


def day_facts(session: Session, district_id: str, school_id: str, first: date, last: date) -> Callable[[date], DayFact]:
    """The calendar of a school as the rules read it. Three statements."""
    shown = calendar(session, district_id, school_id, first, last)
    return lambda day: _fact(shown, day)


def _fact(shown: SchoolCalendar, day: date) -> DayFact:
    kind = shown.kind(day)
    in_term = not shown.terms or shown.term(day) is not None
    if kind.code != "vacation":
        return DayFact(day, _KINDS[kind.code], kind.label, in_term)
    stated, name = shown.national.get(day, ("", ""))
    if stated == "workday":
        return DayFact(day, "make_up_workday", name, in_term=False)
    return DayFact(day, "weekend" if day.weekday() >= 5 else "workday", kind.label, in_term=False)


def engagements(
    session: Session, scope: Scope, school_id: str, first: date, last: date,
    people: Collection[str], *, except_event: str | None = None,
) -> list[Engagement]:
    """Parts of other trainings between two days that may clash. Three statements.

    Trainings of this school come with title, room and guests; those of other schools only where they
    bind one of ``people``, and without their title.
    """
    start, end = day_bounds(first)[0], day_bounds(last)[1]
    rows = session.execute(
        select(EventPart, TrainingEvent)
        .join(TrainingEvent, and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id))
        .where(
            EventPart.district_id == scope.district_id,
            EventPart.starts_at < end, EventPart.ends_at > start,
            TrainingEvent.state.in_([state.value for state in LIVE]),
            TrainingEvent.id != (except_event or ""),
        )
        .order_by(EventPart.starts_at, EventPart.id)
    ).all()
    event_ids = {event.id for _, event in rows}
    bound, guests = _bound_people(session, scope.district_id, event_ids, frozenset(people))
    return [
        Engagement(
            event.id, event.title, part.starts_at, part.ends_at, part.room, frozenset(bound[event.id]),
            frozenset(guests[event.id]), event.pack_id, event.school_id == school_id,
        )
        for part, event in rows
        if event.school_id == school_id or bound[event.id]
    ]


def _bound_people(
    session: Session, district_id: str, event_ids: Collection[str], people: frozenset[str]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    bound: dict[str, set[str]] = defaultdict(set)
    guests: dict[str, set[str]] = defaultdict(set)
    participants = select(EventParticipant.event_id, EventParticipant.person_id).where(
        EventParticipant.district_id == district_id,
        EventParticipant.event_id.in_(event_ids),
        EventParticipant.person_id.in_(people),
        EventParticipant.excluded_reason == "",
    )
    for event_id, person_id in session.execute(participants):
        bound[event_id].add(person_id)
    trainers = select(EventTrainer).where(
        EventTrainer.district_id == district_id,
        EventTrainer.event_id.in_(event_ids),
        or_(EventTrainer.person_id.is_(None), EventTrainer.person_id.in_(people)),
    )
    for trainer in session.scalars(trainers):
        if trainer.person_id is None:
            guests[trainer.event_id].add(trainer.name)
        else:
            bound[trainer.event_id].add(trainer.person_id)
    return bound, guests


def review(session: Session, scope: Scope, sketch: Sketch, now: datetime) -> Review:
    """Judge a plan without changing anything. A constant number of statements.

    Raises :class:`NotFound` outside the scope.
    """
    if not scope.covers_school(sketch.school_id):
        raise NotFound
    day = min((local_day(p.starts_at) for p in sketch.parts), default=local_day(now))
    last = max((local_day(p.ends_at) for p in sketch.parts), default=day)
    duty = duty_on(session, scope.district_id, sketch.school_id, day, sketch.make_up_year)
    staff = candidates(session, scope, sketch.school_id, day)
    owed = owed_minutes(session, scope, duty, {c.person_id for c in staff})
    choice = sketch.choice
    missed = missed_by(session, scope, choice.missed_event_id) if choice.kind == "missed" and choice.missed_event_id else frozenset()
    found = audience(duty.rule, staff, day, owed, choice, missed)
    invited = {i.person_id: i.person.name for i in found.invited} if sketch.invited is None else dict(sketch.invited)
    horizon = max(last, local_day(now)) + timedelta(days=28)
    facts = day_facts(session, scope.district_id, sketch.school_id, min(day, local_day(now)), horizon)
    involved = invited.keys() | {t.person_id for t in sketch.trainers if t.person_id}
    others = engagements(
        session, scope, sketch.school_id, min(day, local_day(now)), horizon, involved, except_event=sketch.event_id
    )
    course = replace(
        sketch.course,
        right_topic=not duty.topic or sketch.topic in ("", duty.topic),
        satellite_counts=duty.policy["satellite_room_counts"] == "yes",
    )
    draft = Draft(sketch.parts, course, sketch.trainers, invited)
    standing_against = problems(draft, duty.frame, facts, others, now)
    return Review(duty, found, tuple(standing_against), _free_days(sketch.parts, facts, others, day, horizon, now), facts)


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


def first_slot(session: Session, scope: Scope, school_id: str, minutes: int, room: str, now: datetime) -> tuple[PartTime, ...]:
    """Return the parts that a new plan opens with: the next working day with notice and no other training.

    Where nothing is free for two months (summer), the first day with notice is taken and the page asks.
    """
    earliest = local_day(now) + timedelta(days=NOTICE_DAYS)
    latest = earliest + timedelta(days=60)
    parts = default_parts(earliest, minutes, room)
    facts = day_facts(session, scope.district_id, school_id, earliest, latest)
    others = [e for e in engagements(session, scope, school_id, earliest, latest, ()) if e.here]
    free = proposals(parts, facts, others, earliest, latest, wanted=1)
    return moved_to(parts, free[0]) if free else parts


def rooms_used(session: Session, scope: Scope, school_id: str) -> list[str]:
    """Rooms in which the school held trainings, latest first, each once. One statement."""
    query = (
        select(EventPart.room)
        .join(TrainingEvent, and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id))
        .where(EventPart.district_id == scope.district_id, TrainingEvent.school_id == school_id, EventPart.room != "")
        .order_by(EventPart.starts_at.desc())
        .limit(60)
    )
    return list(dict.fromkeys(session.scalars(query)))


def guests_used(session: Session, scope: Scope, school_id: str) -> list[tuple[str, str]]:
    """Guest trainers of the school as (name, unit), each once. One statement."""
    query = (
        select(EventTrainer.name, EventTrainer.affiliation)
        .join(TrainingEvent, and_(TrainingEvent.district_id == EventTrainer.district_id, TrainingEvent.id == EventTrainer.event_id))
        .where(
            EventTrainer.district_id == scope.district_id, TrainingEvent.school_id == school_id,
            EventTrainer.person_id.is_(None),
        )
        .order_by(TrainingEvent.starts_at.desc())
        .limit(60)
    )
    return list(dict.fromkeys((row.name, row.affiliation) for row in session.execute(query)))


def names_of(session: Session, district_id: str, person_ids: Iterable[str]) -> dict[str, str]:
    """Names by person id. One statement."""
    query = select(Person.id, Person.name).where(Person.district_id == district_id, Person.id.in_(set(person_ids)))
    return {row.id: row.name for row in session.execute(query)}
