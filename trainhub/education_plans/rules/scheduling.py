"""When lessons of a plan may lie: what stands against a moment, and a proposal that fits lessons into the free slots of both calendars.

Pure. Sources: domain.md case 80 (an instructor who is a relative of the other child), case 81 (never in the hour of the other child's
club, in an exam, or in the same subject each week), section 6 (never the same room, slot or route by schedule), case 77 (vacations).
A proposal says what it kept clear of and how often: whoever approves it should see the reasons, not only the result.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from trainhub.kernel.clock import at, local, local_day

MARGIN = timedelta(minutes=15)
"""Ways to and from a lesson: as long before and after, two children are not led to the same place."""
SUBJECT_REST_WEEKS = 4
"""A lesson of the same subject is missed at most once in so many weeks."""
_STEP = timedelta(minutes=5)

Kind = Literal["slot", "room", "route", "person", "exam"]


@dataclass(frozen=True, slots=True)
class Span:
    """Something that takes time: aware moments, half-open. ``subject`` of a lesson, ``room`` where it is known."""

    starts_at: datetime
    ends_at: datetime
    subject: str = ""
    room: str = ""

    def meets(self, starts_at: datetime, ends_at: datetime, margin: timedelta = timedelta()) -> bool:
        """Whether it overlaps the interval widened by ``margin`` on both sides."""
        return self.starts_at < ends_at + margin and starts_at - margin < self.ends_at


@dataclass(frozen=True, slots=True)
class Avoid:
    """What a plan keeps clear of. Recurring: ``weekday`` 1-7 with minutes from midnight; once: ``span``; a room or a person alone."""

    kind: Kind
    weekday: int | None = None
    from_minute: int = 0
    to_minute: int = 24 * 60
    span: Span | None = None
    room: str = ""
    person_id: str | None = None

    def on(self, day: date) -> Span | None:
        """When it is on a day; None where it is not."""
        if self.span is not None:
            return self.span if local_day(self.span.starts_at) <= day <= local_day(self.span.ends_at) else None
        if self.weekday is None or day.isoweekday() == self.weekday:
            midnight = at(day, time())
            return Span(midnight + timedelta(minutes=self.from_minute), midnight + timedelta(minutes=self.to_minute), room=self.room)
        return None


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the school day in which lessons may lie outside class time: noon, after school. Minutes from midnight."""

    from_minute: int
    to_minute: int
    weekdays: frozenset[int] = frozenset(range(1, 6))


@dataclass(frozen=True, slots=True)
class Need:
    """A module that needs lessons: minutes still to plan, by whom, where, how long a lesson is."""

    module_id: str
    minutes: int
    lesson_minutes: int
    instructor_id: str | None = None
    room: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A lesson at a moment. ``missed_subject``: the lesson of the pupil's class that it takes, "" where it takes none."""

    module_id: str
    starts_at: datetime
    ends_at: datetime
    instructor_id: str | None = None
    room: str = ""
    missed_subject: str = ""

    @property
    def minutes(self) -> int:
        """Its length."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class Calendars:
    """Both calendars and everything to keep clear of, for the days of a plan (both inclusive).

    ``pupil``: lessons of the pupil's class; ``instructors``: what takes each instructor's time; ``booked``: lessons of this pupil that
    are there already, of whatever plan; ``resting``: days on which the plan does not run. ``no_person``: who may not teach this pupil.
    """

    first: date
    last: date
    school_days: frozenset[date]
    windows: tuple[Window, ...]
    pupil: tuple[Span, ...] = ()
    instructors: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    booked: tuple[Placed, ...] = ()
    avoid: tuple[Avoid, ...] = ()
    resting: frozenset[date] = frozenset()
    no_person: frozenset[str] = frozenset()
    daily_minutes: int = 90
    class_time: bool = False  # whether lessons may take lessons of the class at all


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing a proposal kept clear of: its code, how often, and the first moment."""

    code: str
    count: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """Lessons in order of time, minutes per module that found no place, and what was kept clear of."""

    lessons: tuple[Placed, ...]
    unplaced: Mapping[str, int]
    kept_clear: tuple[Kept, ...]

    @property
    def unplaced_minutes(self) -> int:
        """Minutes that found no place before the plan is due."""
        return sum(self.unplaced.values())


def objections(lesson: Placed, calendars: Calendars) -> tuple[str, ...]:
    """What stands against a lesson at that moment, as codes; empty where it may lie there.

    Codes: outside_plan, no_school_day, resting, exam, other_child (their slot), same_room, same_way, instructor_conflict,
    instructor_busy, pupil_busy (another lesson of a plan), daily_minutes, class_time, same_subject.
    """
    day = local_day(lesson.starts_at)
    found = [*_by_day(day, calendars), *_by_avoiding(lesson, day, calendars), *_by_people(lesson, day, calendars)]
    found += _by_class(lesson, calendars)
    return tuple(dict.fromkeys(found))


def _by_day(day: date, calendars: Calendars) -> Iterator[str]:
    if not calendars.first <= day <= calendars.last:
        yield "outside_plan"  # of days beyond the plan nobody asked whether there is school
    elif day not in calendars.school_days:
        yield "no_school_day"
    if day in calendars.resting:
        yield "resting"


_CODES: Mapping[str, str] = {"slot": "other_child", "exam": "exam", "room": "same_room", "route": "same_way"}


def _by_avoiding(lesson: Placed, day: date, calendars: Calendars) -> Iterator[str]:
    for avoid in calendars.avoid:
        if avoid.kind == "person":
            if avoid.person_id is not None and avoid.person_id == lesson.instructor_id:
                yield "instructor_conflict"
            continue
        span = avoid.on(day)
        if span is None or (avoid.kind == "room" and (not avoid.room or avoid.room != lesson.room)):
            continue
        margin = timedelta() if avoid.kind == "exam" else MARGIN
        if span.meets(lesson.starts_at, lesson.ends_at, margin):
            yield _CODES[avoid.kind]


def _by_people(lesson: Placed, day: date, calendars: Calendars) -> Iterator[str]:
    if lesson.instructor_id is not None:
        if lesson.instructor_id in calendars.no_person:
            yield "instructor_conflict"
        if any(s.meets(lesson.starts_at, lesson.ends_at) for s in calendars.instructors.get(lesson.instructor_id, ())):
            yield "instructor_busy"
    if any(b.starts_at < lesson.ends_at and lesson.starts_at < b.ends_at for b in calendars.booked):
        yield "pupil_busy"
    if sum(b.minutes for b in calendars.booked if local_day(b.starts_at) == day) + lesson.minutes > calendars.daily_minutes:
        yield "daily_minutes"


def _by_class(lesson: Placed, calendars: Calendars) -> Iterator[str]:
    """A lesson in class time: allowed only where the plan says so, and not always at the cost of the same subject."""
    taken = [span for span in calendars.pupil if span.meets(lesson.starts_at, lesson.ends_at)]
    if not taken:
        return
    if not calendars.class_time:
        yield "class_time"
        return
    rest = timedelta(weeks=SUBJECT_REST_WEEKS)
    missed = {span.subject for span in taken if span.subject}
    if any(b.missed_subject in missed and abs(b.starts_at - lesson.starts_at) < rest for b in calendars.booked if b.missed_subject):
        yield "same_subject"


def missed_subject(starts_at: datetime, ends_at: datetime, pupil: Iterable[Span]) -> str:
    """The subject of the class that a lesson takes, "" where it takes none."""
    return next((span.subject for span in pupil if span.meets(starts_at, ends_at)), "")


def propose(needs: Sequence[Need], calendars: Calendars, per_week: int) -> Proposal:
    """Fit lessons into the days of a plan, at most ``per_week`` a week, modules side by side as they progress.

    Outside class time first; class time only where the calendars allow it and nothing else is free that week. The same input gives
    the same proposal. Already booked lessons count towards the week.
    """
    maker = _Maker({n.module_id: n.minutes for n in needs if n.minutes > 0}, list(calendars.booked), calendars)
    weeks: dict[tuple[int, int], list[date]] = defaultdict(list)
    for day in sorted(calendars.school_days):
        if calendars.first <= day <= calendars.last:
            weeks[day.isocalendar()[:2]].append(day)
    for week, days in sorted(weeks.items()):
        room = per_week - sum(1 for b in calendars.booked if local_day(b.starts_at).isocalendar()[:2] == week)
        for _ in range(max(0, room)):
            if not maker.place_one(needs, days):
                break
    lessons = sorted((b for b in maker.booked if b not in calendars.booked), key=lambda p: p.starts_at)
    kept = tuple(Kept(code, count, maker.first_seen[code]) for code, count in sorted(maker.against.items()))
    return Proposal(tuple(lessons), {k: v for k, v in maker.left.items() if v > 0}, kept)


@dataclass(slots=True)
class _Maker:
    """A proposal in the making. ``against`` counts moments given up, by the first thing that stood against each."""

    left: dict[str, int]
    booked: list[Placed]
    calendars: Calendars
    against: Counter[str] = field(default_factory=Counter)
    first_seen: dict[str, datetime] = field(default_factory=dict)
    seen: set[tuple[datetime, str]] = field(default_factory=set)

    def place_one(self, needs: Sequence[Need], days: Sequence[date]) -> bool:
        """Place one more lesson on one of the days; the module that lags behind comes first. Days without a lesson are preferred."""
        used = Counter(local_day(b.starts_at) for b in self.booked)
        total = {n.module_id: n.minutes for n in needs}
        open_needs = sorted((n for n in needs if self.left.get(n.module_id, 0) > 0), key=lambda n: -self.left[n.module_id] / total[n.module_id])
        for need in open_needs:
            for day in sorted(days, key=lambda d: (used[d], d)):
                lesson = self._first_free(need, day)
                if lesson is not None:
                    self.booked.append(lesson)
                    self.left[need.module_id] -= lesson.minutes
                    return True
        return False

    def _first_free(self, need: Need, day: date) -> Placed | None:
        length = timedelta(minutes=min(need.lesson_minutes, self.left[need.module_id]))
        now = _with(self.calendars, self.booked)
        for starts_at, ends_at in _moments(day, length, self.calendars):
            lesson = Placed(need.module_id, starts_at, ends_at, need.instructor_id, need.room, missed_subject(starts_at, ends_at, now.pupil))
            found = objections(lesson, now)
            if not found:
                return lesson
            self._note(found[0], starts_at, need.instructor_id)
        return None

    def _note(self, code: str, moment: datetime, who: str | None) -> None:
        hour = local(moment).replace(minute=0)
        if (hour, f"{code}:{who}") not in self.seen:  # every five minutes of one hour are one slot given up, not twelve
            self.seen.add((hour, f"{code}:{who}"))
            self.against[code] += 1
            self.first_seen.setdefault(code, moment)


def _with(calendars: Calendars, booked: Sequence[Placed]) -> Calendars:
    return replace(calendars, booked=tuple(booked))


def _moments(day: date, length: timedelta, calendars: Calendars) -> Iterator[tuple[datetime, datetime]]:
    """Moments of a day at which a lesson of that length could begin: the windows first, then lessons of the class."""
    midnight = at(day, time())
    for window in calendars.windows:
        if day.isoweekday() not in window.weekdays:
            continue
        moment, end = midnight + timedelta(minutes=window.from_minute), midnight + timedelta(minutes=window.to_minute)
        while moment + length <= end:
            yield moment, moment + length
            moment += _STEP
    if calendars.class_time:
        for span in sorted((s for s in calendars.pupil if local_day(s.starts_at) == day), key=lambda s: s.starts_at):
            if span.ends_at - span.starts_at >= length:
                yield span.starts_at, span.starts_at + length
