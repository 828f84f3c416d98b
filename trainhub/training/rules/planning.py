"""Planning a training: its parts, what stands against a time, and where it would fit.

Pure: the calendar, what else is going on and the present moment are arguments. Every finding is a
:class:`PlanProblem`; the page turns its code into a sentence.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal

from trainhub.kernel.clock import at, local, local_day
from trainhub.kernel.errors import DomainError
from trainhub.kernel.minutes import Interval, PeriodRule, split_by_local_day, union
from trainhub.kernel.years import RequirementYear

Severity = Literal["block", "ask", "note"]
DayKind = Literal["workday", "make_up_workday", "weekend", "holiday", "school_off", "school_day"]
WORKING: frozenset[DayKind] = frozenset({"workday", "make_up_workday", "school_day"})

AFTERNOON = time(14, 30)
MORNING = time(9, 0)
EARLIEST = time(7, 0)
LATEST = time(21, 0)
LATEST_END = time(18, 0)
MOST_AT_ONCE = 210
"""Longest part that is proposed in one go, in minutes; more is split into morning and afternoon."""
NOTICE_DAYS = 3
"""Days between planning and the first proposed day, so that people can be told."""
LONGEST_PART = 12 * 60


class PlanBlocked(DomainError):
    """The plan cannot be saved as it is; ``params["problems"]`` holds the findings."""

    code = "plan_blocked"


class PlanNeedsAnswer(DomainError):
    """The plan can be saved once the open questions are accepted; ``params["problems"]`` holds them."""

    code = "plan_needs_answer"


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """A finding. ``block`` forbids, ``ask`` wants a tick, ``note`` informs.

    ``field`` names the input it belongs beside, ``part`` the 1-based part (0: the whole plan).
    """

    code: str
    severity: Severity
    field: str = ""
    part: int = 0
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)

    @property
    def key(self) -> str:
        """What an acceptance names: the code and, where it has one, the part."""
        return f"{self.code}-{self.part}" if self.part else self.code


@dataclass(frozen=True, slots=True)
class PartTime:
    """A part of a training: stretch of time, room, what it is called. ``mode`` "" is that of the training."""

    starts_at: datetime
    ends_at: datetime
    room: str = ""
    title: str = ""
    mode: str = ""

    @property
    def minutes(self) -> int:
        """Whole minutes of the part."""
        return int(Interval(self.starts_at, self.ends_at).minutes)


@dataclass(frozen=True, slots=True)
class DayFact:
    """What the calendar says about a local day. ``label`` names the holiday or the exception."""

    day: date
    kind: DayKind = "workday"
    label: str = ""
    in_term: bool = True

    @property
    def working(self) -> bool:
        """Whether staff are at work: workdays, make-up workdays (调休) and a school's own extra days."""
        return self.kind in WORKING


@dataclass(frozen=True, slots=True)
class Engagement:
    """Something that already takes up time: a part of another training.

    ``people`` are those of the new plan who are bound by it (participants and trainers by id);
    ``trainers`` are names. ``here`` is False for a training of another school, whose title stays there.
    """

    event_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    room: str = ""
    people: frozenset[str] = frozenset()
    trainers: frozenset[str] = frozenset()
    pack_id: str | None = None
    here: bool = True


@dataclass(frozen=True, slots=True)
class Course:
    """What is taught: pack minutes (None without a pack), mode, venue, whether the topic is the required one."""

    pack_id: str | None = None
    minutes: int | None = None
    delivery_mode: str = "face_to_face"
    venue_kind: str = "room"
    right_topic: bool = True
    satellite_counts: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The year and the duty a plan lies in.

    ``duty_from``/``duty_to`` bound the requirement; ``make_up_of`` is set for a training that makes
    up last year's minutes, within ``make_up_days`` after that year's last day (case 30).
    """

    year: RequirementYear
    duty_from: date | None = None
    duty_to: date | None = None
    make_up_of: RequirementYear | None = None
    make_up_days: int = 60
    late_record_days: int = 7
    periods: PeriodRule = dataclass_field(default_factory=PeriodRule)


@dataclass(frozen=True, slots=True)
class Trainer:
    """Who teaches: a member of staff (with id) or somebody from outside (name and unit)."""

    name: str
    affiliation: str = ""
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan as far as the rules need it: parts, course, trainers, invited as person id -> name."""

    parts: Sequence[PartTime]
    course: Course = dataclass_field(default_factory=Course)
    trainers: Sequence[Trainer] = ()
    invited: Mapping[str, str] = dataclass_field(default_factory=dict)


def problems(draft: Draft, frame: Frame, calendar: Callable[[date], DayFact], engaged: Sequence[Engagement], now: datetime) -> list[PlanProblem]:
    """Return everything that stands against the plan, hardest first."""
    found = part_problems(draft.parts)
    if not any(p.severity == "block" for p in found):
        found += _day_problems(draft.parts, frame, calendar, now)
        found += _year_problems(draft.parts, frame)
        found += _course_problems(draft, frame)
        found += _engagement_problems(draft, engaged)
    if not draft.invited:
        found.append(PlanProblem("nobody_invited", "block", "audience"))
    if not draft.trainers:
        found.append(PlanProblem("no_trainer", "note", "trainers"))
    return ranked(found)


def ranked(found: Iterable[PlanProblem]) -> list[PlanProblem]:
    """Hardest first, then by part."""
    rank = {"block": 0, "ask": 1, "note": 2}
    return sorted(found, key=lambda p: (rank[p.severity], p.part))


def part_problems(parts: Sequence[PartTime]) -> list[PlanProblem]:
    """Check the parts among themselves: there is one, each ends after it starts, none overlap."""
    if not parts:
        return [PlanProblem("no_parts", "block", "parts")]
    found: list[PlanProblem] = []
    for number, part in enumerate(parts, 1):
        if part.ends_at <= part.starts_at:
            found.append(PlanProblem("part_ends_before_start", "block", "ends", number))
        elif part.minutes > LONGEST_PART:
            found.append(PlanProblem("part_too_long", "block", "ends", number, {"hours": part.minutes // 60}))
    ordered = sorted(enumerate(parts, 1), key=lambda item: item[1].starts_at)
    for (_, earlier), (number, later) in pairwise(ordered):
        if later.starts_at < earlier.ends_at:
            found.append(PlanProblem("parts_overlap", "block", "starts", number))
        elif later.starts_at - earlier.ends_at > timedelta(days=30):
            days = (local_day(later.starts_at) - local_day(earlier.ends_at)).days
            found.append(PlanProblem("parts_far_apart", "note", "starts", number, {"days": days}))
    return found


def _day_problems(parts: Sequence[PartTime], frame: Frame, calendar: Callable[[date], DayFact], now: datetime) -> list[PlanProblem]:
    found: list[PlanProblem] = []
    for number, part in enumerate(parts, 1):
        day = local_day(part.starts_at)
        fact = calendar(day)
        told = {"day": day, "label": fact.label}
        if fact.kind == "make_up_workday":
            found.append(PlanProblem("make_up_workday", "note", "day", number, told))
        if not fact.working:
            found.append(PlanProblem(f"day_is_{fact.kind}", "ask", "day", number, told))
        elif not fact.in_term:
            found.append(PlanProblem("outside_term", "ask", "day", number, told))
        if local(part.starts_at).time() < EARLIEST or local(part.ends_at).time() > LATEST:
            found.append(PlanProblem("odd_hour", "ask", "starts", number))
        if len(split_by_local_day(Interval(part.starts_at, part.ends_at))) > 1:
            found.append(PlanProblem("past_midnight", "note", "ends", number))
        if part.starts_at < now:
            late = (local_day(now) - day).days > frame.late_record_days
            found.append(PlanProblem("long_past" if late else "in_the_past", "ask", "day", number, told))
    return found


def _year_problems(parts: Sequence[PartTime], frame: Frame) -> list[PlanProblem]:
    days = [local_day(part.starts_at) for part in parts]
    outside = [d for d in days if (frame.duty_from and d < frame.duty_from) or (frame.duty_to and d > frame.duty_to)]
    if outside:
        return [PlanProblem("outside_duty", "block", "day", days.index(outside[0]) + 1, {"day": outside[0]})]
    if frame.make_up_of is not None:
        last = frame.make_up_of.last_day + timedelta(days=frame.make_up_days)
        wrong = [d for d in days if not frame.make_up_of.last_day < d <= last]
        told = {"year": frame.make_up_of.key, "last": last}
        if wrong:
            return [PlanProblem("outside_make_up", "block", "day", days.index(wrong[0]) + 1, told)]
        return [PlanProblem("make_up", "note", "day", 0, told)]
    strays = [d for d in days if not frame.year.contains(d)]
    if strays:
        told = {"year": frame.year.key, "last": frame.year.last_day}
        return [PlanProblem("two_years", "block", "day", days.index(strays[0]) + 1, told)]
    return []


def _course_problems(draft: Draft, frame: Frame) -> list[PlanProblem]:
    found: list[PlanProblem] = []
    course, planned = draft.course, planned_minutes(draft.parts)
    found += _place_problems(draft.parts, course)
    if not course.right_topic:
        found.append(PlanProblem("other_topic", "ask", "pack"))
    if course.minutes is not None and planned < course.minutes:
        found.append(PlanProblem("shorter_than_pack", "ask", "parts", 0, {"planned": planned, "pack": course.minutes}))
    cap = frame.periods.daily_cap * frame.periods.period_minutes
    for day, minutes in minutes_by_day(draft.parts).items():
        if minutes > cap:
            told = {"day": day, "periods": frame.periods.periods(minutes), "cap": frame.periods.daily_cap}
            found.append(PlanProblem("over_daily_cap", "note", "parts", 0, told))
    return found


def _place_problems(parts: Sequence[PartTime], course: Course) -> list[PlanProblem]:
    """Say what is not face to face: the whole asks, single parts are named (SA50; counted by ``counting``)."""
    if course.venue_kind == "satellite_room":
        return [] if course.satellite_counts else [PlanProblem("satellite_not_counted", "ask", "venue_kind")]
    away = [(n, p) for n, p in enumerate(parts, 1) if mode_of(p, course.delivery_mode) != "face_to_face"]
    if course.venue_kind == "desk" or len(away) == len(parts):
        return [PlanProblem("not_face_to_face", "ask", "delivery_mode")]
    return [
        PlanProblem("part_not_face_to_face", "note", "mode", n, {
            "title": p.title, "minutes": p.minutes, "mode": mode_of(p, course.delivery_mode),
        })
        for n, p in away
    ]


def mode_of(part: PartTime, usual: str) -> str:
    """The mode of a part: its own, else that of the training."""
    return part.mode or usual


def mode_of_all(parts: Iterable[PartTime], usual: str) -> str:
    """The mode of a training: the one its parts share, else blended."""
    modes = {mode_of(part, usual) for part in parts}
    return modes.pop() if len(modes) == 1 else "blended" if modes else usual


def face_to_face_minutes(parts: Sequence[PartTime], course: Course) -> int:
    """Planned minutes that can count toward a face-to-face duty."""
    if course.venue_kind == "desk" or (course.venue_kind == "satellite_room" and not course.satellite_counts):
        return 0
    if course.venue_kind == "satellite_room":
        return planned_minutes(parts)
    return planned_minutes(p for p in parts if mode_of(p, course.delivery_mode) == "face_to_face")


def _engagement_problems(draft: Draft, engaged: Sequence[Engagement]) -> list[PlanProblem]:
    found: list[PlanProblem] = []
    for number, part in enumerate(draft.parts, 1):
        for other in engaged:
            if other.starts_at < part.ends_at and part.starts_at < other.ends_at:
                found += _clash(draft, number, part, other)
    days = {local_day(p.starts_at) for p in draft.parts}
    for other in engaged:
        same = other.here and draft.course.pack_id is not None and other.pack_id == draft.course.pack_id
        if same and local_day(other.starts_at) in days:
            told = {"title": other.title, "day": local_day(other.starts_at)}
            return [*found, PlanProblem("already_planned", "ask", "pack", 0, told)]
    return found


def _clash(draft: Draft, number: int, part: PartTime, other: Engagement) -> list[PlanProblem]:
    found: list[PlanProblem] = []
    told = {"title": other.title if other.here else "", "starts_at": other.starts_at, "ends_at": other.ends_at}
    if other.here and part.room.strip() and other.room.strip().casefold() == part.room.strip().casefold():
        found.append(PlanProblem("room_busy", "ask", "room", number, told | {"room": part.room.strip()}))
    teaching = tuple(t.name for t in draft.trainers if _binds(other, t))
    if teaching:
        found.append(PlanProblem("trainer_busy", "ask", "trainers", number, told | {"names": teaching}))
    trainer_ids = {t.person_id for t in draft.trainers}
    bound = sorted(draft.invited[i] for i in (other.people & draft.invited.keys()) - trainer_ids)
    if bound:
        found.append(PlanProblem("people_busy", "ask", "audience", number, told | {"count": len(bound), "names": tuple(bound[:5])}))
    return found


def _binds(other: Engagement, trainer: Trainer) -> bool:
    """Staff are known by id in the whole district; a guest only by name, and only at this school."""
    if trainer.person_id is not None:
        return trainer.person_id in other.people
    return other.here and trainer.name in other.trainers


def planned_minutes(parts: Iterable[PartTime]) -> int:
    """Minutes of all parts together, no minute twice."""
    return sum(int(i.minutes) for i in union(Interval(p.starts_at, p.ends_at) for p in parts if p.ends_at > p.starts_at))


def minutes_by_day(parts: Iterable[PartTime]) -> dict[date, int]:
    """Minutes per local day (the daily cap is per day; case 7)."""
    days: dict[date, int] = {}
    for part in parts:
        for day, piece in split_by_local_day(Interval(part.starts_at, part.ends_at)):
            days[day] = days.get(day, 0) + int(piece.minutes)
    return days


def decide(found: Sequence[PlanProblem], accepted: Iterable[str]) -> None:
    """Refuse a plan with a blocking finding, or with a question nobody answered.

    ``accepted`` holds the keys (:attr:`PlanProblem.key`) that were ticked. Raises
    :class:`PlanBlocked` or :class:`PlanNeedsAnswer` with all findings.
    """
    if any(p.severity == "block" for p in found):
        raise PlanBlocked(problems=tuple(found))
    ticked = set(accepted)
    if any(p.severity == "ask" and p.key not in ticked for p in found):
        raise PlanNeedsAnswer(problems=tuple(found))


# --- proposals ----------------------------------------------------------------------------------


def default_parts(day: date, minutes: int, room: str = "") -> tuple[PartTime, ...]:
    """Lay ``minutes`` of a pack on a day: one afternoon, or morning and afternoon in halves.

    What does not fit into one day (more than two halves) goes on at the same hours; the officer
    moves the further parts to the day they like.
    """
    if minutes <= MOST_AT_ONCE:
        start = at(day, AFTERNOON)
        return (PartTime(start, start + timedelta(minutes=minutes), room),)
    return halves(day, minutes, room)


def halves(day: date, minutes: int, room: str = "") -> tuple[PartTime, PartTime]:
    """Split ``minutes`` over a morning and an afternoon, the morning a multiple of five minutes."""
    half = -(-minutes // 2 // 5) * 5
    morning, afternoon = at(day, MORNING), at(day, time(14, 0))
    return (
        PartTime(morning, morning + timedelta(minutes=half), room),
        PartTime(afternoon, afternoon + timedelta(minutes=minutes - half), room),
    )


def with_part_more(parts: Sequence[PartTime], minutes: int | None) -> tuple[PartTime, ...]:
    """Return the parts after "add a part".

    One part that holds the whole pack becomes morning and afternoon; else the next half day gets what
    the pack still needs (or as long as the last part).
    """
    planned = planned_minutes(parts)
    if minutes and len(parts) == 1 and planned >= minutes:
        whole = parts[0]
        return tuple(replace(half, mode=whole.mode) for half in halves(local_day(whole.starts_at), planned, whole.room))
    missing = minutes - planned if minutes and planned < minutes else parts[-1].minutes
    return (*parts, add_half_day(parts, missing))


def add_half_day(parts: Sequence[PartTime], minutes: int) -> PartTime:
    """Return the next part: the afternoon after a morning part, else the next morning."""
    last = max(parts, key=lambda p: p.ends_at)
    length = timedelta(minutes=max(45, minutes))
    day = local_day(last.starts_at)
    if local(last.ends_at).time() <= time(12, 30):
        return PartTime(at(day, time(14, 0)), at(day, time(14, 0)) + length, last.room, mode=last.mode)
    start = at(day + timedelta(days=1), MORNING)
    return PartTime(start, start + length, last.room, mode=last.mode)


def moved_to(parts: Sequence[PartTime], day: date) -> tuple[PartTime, ...]:
    """Shift all parts so that the first lies on ``day``; times of day and gaps in days stay."""
    first = min(local_day(p.starts_at) for p in parts)
    shift = (day - first).days
    return tuple(_shifted(part, shift) for part in parts)


def _shifted(part: PartTime, days: int) -> PartTime:
    return replace(part, starts_at=part.starts_at + timedelta(days=days), ends_at=part.ends_at + timedelta(days=days))


def proposals(
    parts: Sequence[PartTime],
    calendar: Callable[[date], DayFact],
    engaged: Sequence[Engagement],
    earliest: date,
    latest: date,
    wanted: int = 3,
) -> list[date]:
    """Return the nearest days on which all parts fall on working days and nothing stands against them.

    ``engaged`` are the engagements that matter (same room, same trainer or same people); days run
    from ``earliest`` to ``latest``, both inclusive. Empty where nothing is free.
    """
    free: list[date] = []
    day = earliest
    while day <= latest and len(free) < wanted:
        shifted = moved_to(parts, day)
        if all(_fits(part, calendar, engaged) for part in shifted) and local_day(shifted[-1].starts_at) <= latest:
            free.append(day)
        day += timedelta(days=1)
    return free


def _fits(part: PartTime, calendar: Callable[[date], DayFact], engaged: Sequence[Engagement]) -> bool:
    fact = calendar(local_day(part.starts_at))
    return fact.working and fact.in_term and not any(e.starts_at < part.ends_at and part.starts_at < e.ends_at for e in engaged)
