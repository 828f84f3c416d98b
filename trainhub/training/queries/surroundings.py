"""What surrounds a plan: duty, staff, calendar, what else is on. Each thing is read once, whoever asks for it.

Every function takes a constant number of statements, however many people the school has.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds
from trainhub.kernel.errors import NotFound
from trainhub.kernel.policy import Policy
from trainhub.kernel.years import RequirementYear
from trainhub.roster.queries import (
    EmploymentSpan,
    PolicyBook,
    SchoolCalendar,
    calendar,
    people_in_year,
    policy_book,
    policy_for,
)
from trainhub.training.models import EventPart, EventParticipant, EventTrainer, TrainingEvent, TrainingRequirement
from trainhub.training.rules.audience import HOMEROOM, AudienceRule, Candidate
from trainhub.training.rules.lifecycle import LIVE
from trainhub.training.rules.planning import DayFact, DayKind, Engagement, Frame

AHEAD_DAYS = 28
"""How far ahead of a plan free days are looked for."""
TERM_DAYS = 64
"""How far beyond that the calendar is read, so that a summer does not look like a school without terms."""

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


class OtherPart(NamedTuple):
    """A part of another training, without its people."""

    event_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    room: str
    pack_id: str | None
    school_id: str


class Surroundings:
    """The facts around plans of one school, remembered for as long as one request or command lasts.

    ``ahead`` says how many days from ``today`` are read at least. Raises :class:`NotFound` outside the scope.
    """

    def __init__(self, session: Session, scope: Scope, school_id: str, today: date, ahead: int = AHEAD_DAYS) -> None:
        if not scope.covers_school(school_id):
            raise NotFound
        self.session, self.scope, self.school_id, self.today = session, scope, school_id, today
        self._until = today + timedelta(days=ahead)
        self._requirements: list[TrainingRequirement] | None = None
        self._policies: PolicyBook | None = None
        self._staff: dict[date, list[Candidate]] = {}
        self._calendar: SchoolCalendar | None = None
        self._parts: tuple[date, date, list[OtherPart]] | None = None

    def duty(self, day: date, make_up_year: str | None = None) -> Duty:
        """Return the duty on a day; ``make_up_year`` as in :func:`duty_on`. Two statements the first time."""
        if self._requirements is None:
            self._requirements = requirements(self.session, self.scope.district_id)
        if self._policies is None:
            self._policies = policy_book(self.session, self.scope.district_id, self.school_id)
        return _duty(self._requirements, self._policies.of(self.school_id, day), day, make_up_year)

    def staff(self, day: date) -> list[Candidate]:
        """Return the staff of a day as the audience rule sees them. Two statements the first time."""
        if day not in self._staff:
            self._staff[day] = candidates(self.session, self.scope, self.school_id, day)
        return self._staff[day]

    def days(self, first: date, last: date) -> Callable[[date], DayFact]:
        """Return the calendar between two days as the rules read it. Three statements the first time."""
        held = self._calendar
        if held is None or first < held.first or last > held.last:
            until = max(last, self._until) + timedelta(days=TERM_DAYS)
            held = calendar(self.session, self.scope.district_id, self.school_id, min(first, self.today), until)
            self._calendar = held
        return lambda day: _fact(held, day)

    def others(self, first: date, last: date, except_event: str | None = None) -> list[OtherPart]:
        """Return parts of live trainings of the district between two days. One statement the first time."""
        held = self._parts
        if held is None or first < held[0] or last > held[1]:
            first_day, last_day = min(first, self.today), max(last, self._until)
            held = (first_day, last_day, _other_parts(self.session, self.scope.district_id, first_day, last_day))
            self._parts = held
        start, end = day_bounds(first)[0], day_bounds(last)[1]
        return [p for p in held[2] if p.starts_at < end and p.ends_at > start and p.event_id != except_event]

    def engagements(
        self, first: date, last: date, people: Collection[str], except_event: str | None = None
    ) -> list[Engagement]:
        """Return parts of other trainings that may clash. Two statements more than :meth:`others`.

        Trainings of this school come with title, room and guests; those of other schools only where they
        bind one of ``people``, and without their title.
        """
        parts = self.others(first, last, except_event)
        bound, guests = _bound_people(self.session, self.scope.district_id, {p.event_id for p in parts}, frozenset(people))
        return [
            _engagement(p, self.school_id, bound[p.event_id], guests[p.event_id])
            for p in parts
            if p.school_id == self.school_id or bound[p.event_id]
        ]

    def here(self, first: date, last: date) -> list[Engagement]:
        """Return parts of this school's own trainings between two days, without their people."""
        return [_engagement(p, self.school_id) for p in self.others(first, last) if p.school_id == self.school_id]


def _engagement(part: OtherPart, school_id: str, people: Collection[str] = (), guests: Collection[str] = ()) -> Engagement:
    return Engagement(
        part.event_id, part.title, part.starts_at, part.ends_at, part.room, frozenset(people), frozenset(guests),
        part.pack_id, part.school_id == school_id,
    )


# --- the duty -----------------------------------------------------------------------------------


def requirements(session: Session, district_id: str) -> list[TrainingRequirement]:
    """The requirements a bureau ever issued, oldest first. One statement."""
    query = (
        select(TrainingRequirement)
        .where(TrainingRequirement.district_id == district_id)
        .order_by(TrainingRequirement.from_on, TrainingRequirement.id)
    )
    return list(session.scalars(query))


def duty_on(session: Session, district_id: str, school_id: str, day: date, make_up_year: str | None = None) -> Duty:
    """Return the duty of a school on a day. Two statements.

    ``make_up_year`` (key of a year) asks for the frame of a training that makes up that year's
    minutes. Raises :class:`NotFound` for a year key that cannot be read.
    """
    return _duty(requirements(session, district_id), policy_for(session, district_id, school_id, day), day, make_up_year)


def _duty(issued: Collection[TrainingRequirement], policy: Policy, day: date, make_up_year: str | None) -> Duty:
    rows = [r for r in issued if r.from_on <= day and (r.to_on is None or r.to_on >= day or make_up_year)]
    row = rows[0] if rows else None
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


# --- staff and calendar -------------------------------------------------------------------------


def candidates(session: Session, scope: Scope, school_id: str, day: date) -> list[Candidate]:
    """The staff of a day as the audience rule sees them, in the order of the roll. Two statements."""
    if not scope.covers_school(school_id):
        raise NotFound
    spans = people_in_year(session, scope, {school_id}, day, day)
    return [_candidate(s) for s in sorted(spans, key=_roll_order)]


def _roll_order(span: EmploymentSpan) -> tuple[bool, str, str, str]:
    return (not span.department, span.department_sort, span.sort_key, span.employment_id)


def _candidate(span: EmploymentSpan) -> Candidate:
    homeroom = [post.from_on for post in span.posts if post.post == HOMEROOM]
    return Candidate(
        span.person_id, span.name, span.sort_key, span.staff_no, span.department, span.department_sort,
        tuple(dict.fromkeys(post.post for post in span.posts)), max(homeroom, default=None), span.category, span.contract,
        span.is_home, span.from_on, span.to_on, span.hired_on,
    )


def _fact(shown: SchoolCalendar, day: date) -> DayFact:
    kind = shown.kind(day)
    in_term = not shown.terms or shown.term(day) is not None
    if kind.code != "vacation":
        return DayFact(day, _KINDS[kind.code], kind.label, in_term)
    stated, name = shown.national.get(day, ("", ""))
    if stated == "workday":
        return DayFact(day, "make_up_workday", name, in_term=False)
    return DayFact(day, "weekend" if day.weekday() >= 5 else "workday", kind.label, in_term=False)


# --- what else is on ----------------------------------------------------------------------------


def _other_parts(session: Session, district_id: str, first: date, last: date) -> list[OtherPart]:
    query = (
        select(
            TrainingEvent.id, TrainingEvent.title, EventPart.starts_at, EventPart.ends_at, EventPart.room,
            TrainingEvent.pack_id, TrainingEvent.school_id,
        )
        .join(TrainingEvent, and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id))
        .where(
            EventPart.district_id == district_id,
            EventPart.starts_at < day_bounds(last)[1], EventPart.ends_at > day_bounds(first)[0],
            TrainingEvent.state.in_([state.value for state in LIVE]),
        )
        .order_by(EventPart.starts_at, EventPart.id)
    )
    return [OtherPart(*row) for row in session.execute(query)]


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
    trainers = select(EventTrainer.event_id, EventTrainer.person_id, EventTrainer.name).where(
        EventTrainer.district_id == district_id,
        EventTrainer.event_id.in_(event_ids),
        or_(EventTrainer.person_id.is_(None), EventTrainer.person_id.in_(people)),
    )
    for event_id, trainer_id, name in session.execute(trainers):
        if trainer_id is None:
            guests[event_id].add(name)
        else:
            bound[event_id].add(trainer_id)
    return bound, guests
