"""What counts toward the yearly duty, and why the rest does not.

A minute counts once all hold: recognised topic, face to face, inside the requirement year, presence
verified by another person and not revoked (domain.md 3.1, SA50). Everything here works on whole minutes;
periods (学时) are derived at the very end by a dated rule and always carry their formula.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from trainhub.kernel.clock import day_bounds
from trainhub.kernel.minutes import Interval, PeriodRule, split_by_local_day, union, whole_minute
from trainhub.kernel.years import RequirementYear
from trainhub.plugin_api.contracts import CourseCredit, Mode

ATTENDED = frozenset({"present", "late", "left_early"})
"""Statuses under which somebody was there at all."""

CreditOf = Callable[[str, int, int, Mode], CourseCredit]
"""(course type key, attended minutes, scheduled minutes, mode) -> what they are worth."""


class Why(StrEnum):
    """Why minutes do not count toward the duty. A course type may add reasons of its own."""

    CANCELLED = "cancelled"
    REVOKED = "revoked"
    NOT_VERIFIED = "not_verified"
    HOST_NOT_ACCEPTED = "host_not_accepted"
    WRONG_TOPIC = "wrong_topic"
    ONLINE = "online"
    NOT_FACE_TO_FACE = "not_face_to_face"
    SATELLITE_ROOM = "satellite_room"
    DESK = "desk"
    BELOW_THRESHOLD = "below_threshold"
    COURSE_TYPE = "course_type"
    OUTSIDE_YEAR = "outside_year"
    OTHER_YEAR = "other_year"
    OUTSIDE_MAKE_UP = "outside_make_up"
    DUPLICATE_CONTENT = "duplicate_content"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Presence:
    """One person on one roll, with what the training was. Times aware; minutes whole.

    ``minutes`` are the attended minutes of the record. ``verified`` means confirmed by another person
    than the one who logged the roll. ``host`` names an outside host (支教, exchange): such evidence
    counts only once the home bureau accepted it (``host_accepted``), and keeps its provenance.
    ``content_key`` is equal for the same content; "" where that is unknown. ``unit`` organised it.
    """

    sheet_id: str
    event_id: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    status: str | None = "present"
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    late_minutes: int = 0
    verified: bool = True
    void: bool = False
    revoked: bool = False
    revoked_reason: str = ""
    topic: str = ""
    mode: Mode = "face_to_face"
    venue_kind: str = "room"
    type_key: str = ""
    pack_id: str = ""
    content_key: str = ""
    make_up_year: str | None = None
    host: str = ""
    host_accepted: bool = True
    title: str = ""
    source: str = ""
    verified_by: str = ""
    verified_at: datetime | None = None
    unit: str = ""
    leave_type: str = ""

    @property
    def scheduled(self) -> Interval:
        """The time of the roll in whole minutes."""
        return Interval(whole_minute(self.starts_at), whole_minute(self.ends_at))

    def attended(self) -> Interval:
        """The stretch in which the person was there: inside the schedule, no longer than ``minutes``."""
        planned = self.scheduled
        if self.status not in ATTENDED:
            return Interval(planned.start, planned.start)
        start = planned.start + timedelta(minutes=max(0, self.late_minutes))
        if self.arrived_at is not None:
            start = max(planned.start, whole_minute(self.arrived_at))
        end = planned.end if self.left_at is None else min(planned.end, whole_minute(self.left_at))
        if self.arrived_at is None and start + timedelta(minutes=self.minutes) > end:
            start = max(planned.start, end - timedelta(minutes=self.minutes))
        return first_minutes(Interval(start, max(start, end)), self.minutes)


@dataclass(frozen=True, slots=True)
class CountingRule:
    """The parameters of one year in one home unit (domain.md 3.6), with the policy version they are of.

    ``presence_threshold`` in percent of a roll's minutes; 0 asks for none. ``make_up_days`` after the
    year in which make-up for it may be credited.
    """

    year: RequirementYear
    topic: str
    periods: PeriodRule = field(default_factory=PeriodRule)
    presence_threshold: int = 0
    satellite_room_counts: bool = False
    make_up_days: int = 60
    version: int = 0

    @property
    def window(self) -> Interval:
        """The year as a stretch of time on the schools' wall clock."""
        return _year_window(self.year)

    @property
    def make_up_window(self) -> Interval:
        """The stretch after the year in which make-up for it is accepted (case 30)."""
        end = self.window.end
        return Interval(end, end + timedelta(days=self.make_up_days))


@dataclass(frozen=True, slots=True)
class NotCounted:
    """Minutes that do not count, and the reason (:class:`Why` or one of the course type)."""

    minutes: int
    why: str


@dataclass(frozen=True, slots=True)
class CountedPresence:
    """One presence after counting.

    ``attended`` minutes = ``counted`` + ``made_up`` + the minutes of ``not_counted``. ``by_day`` spreads
    the counted ones over local days. ``overlaps`` names the rolls with which it collides: a flag for the
    verifier, who decides which one stands (case 8).
    """

    presence: Presence
    attended: int
    counted: int = 0
    made_up: int = 0
    not_counted: tuple[NotCounted, ...] = ()
    by_day: tuple[tuple[date, int], ...] = ()
    overlaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeriodSum:
    """Periods derived from minutes, how they were derived, and days on which the cap cut some off."""

    count: int
    formula: str
    capped: tuple[tuple[date, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PersonYear:
    """Everything one person attended in one year, counted. Minutes whole.

    ``other`` is verified presence in the year that does not count here and stays for the
    continuing-education account (case 9).
    """

    counted: int = 0
    made_up: int = 0
    other: int = 0
    lines: tuple[CountedPresence, ...] = ()
    periods: PeriodSum = PeriodSum(0, "")
    by_day: tuple[tuple[date, int], ...] = ()

    def counted_until(self, day: date) -> int:
        """Counted minutes of all days up to and including ``day``."""
        return sum(minutes for on, minutes in self.by_day if on <= day)


NOTHING_ATTENDED = PersonYear()
"""What counting nothing gives; most people of a new list have attended nothing yet."""


@lru_cache(maxsize=64)
def _year_window(year: RequirementYear) -> Interval:
    return Interval(day_bounds(year.first_day)[0], day_bounds(year.last_day)[1])


def full_credit(_type_key: str, attended: int, scheduled: int, _mode: Mode) -> CourseCredit:
    """Credit every attended minute: the rule of a course type that sets none of its own."""
    return CourseCredit(max(0, min(attended, scheduled)))


def first_minutes(stretch: Interval, minutes: int) -> Interval:
    """The first ``minutes`` of a stretch, the whole of it where it is shorter."""
    return Interval(stretch.start, min(stretch.end, stretch.start + timedelta(minutes=max(0, minutes))))


def count(
    presences: Iterable[Presence], rule: CountingRule, credit_of: CreditOf = full_credit
) -> PersonYear:
    """Count one person's presences toward the duty of one year.

    No minute counts twice: overlapping presence is merged by the minute and flagged, the same content
    counts once. Only rolls verified by another person count. The order of the input does not matter.
    """
    ordered = sorted(presences, key=lambda p: (p.starts_at, p.ends_at, p.sheet_id))
    claims = _drop_repeated_content([_claim(p, rule, credit_of) for p in ordered])
    lines = _flag_overlaps(_count_each_minute_once(claims))
    counted = [line for line in lines if line.counted]
    by_day = _sum_by_day(line.by_day for line in counted)
    total = sum(line.counted for line in lines)
    verified = union(
        stretch
        for p in ordered
        if vouched(p)
        and (stretch := p.attended().overlap(rule.window)) is not None
    )
    return PersonYear(
        counted=total,
        made_up=sum(line.made_up for line in lines),
        other=max(0, sum(v.minutes for v in verified) - total),
        lines=tuple(lines),
        periods=periods_of(counted, rule.periods),
        by_day=tuple(sorted(by_day.items())),
    )


def vouched(p: Presence) -> bool:
    """Somebody else stands for it: confirmed, not taken back, and accepted where a host unit says it."""
    return p.verified and not p.revoked and not p.void and (not p.host or p.host_accepted)


# --- one presence ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Claim:
    """A presence, the stretches that may count, and the minutes already refused."""

    presence: Presence
    attended: int
    stretches: tuple[Interval, ...] = ()
    made_up: bool = False
    refused: tuple[NotCounted, ...] = ()

    @property
    def minutes(self) -> int:
        return sum(s.minutes for s in self.stretches)


def _claim(presence: Presence, rule: CountingRule, credit_of: CreditOf) -> _Claim:
    there = presence.attended()
    attended = int(there.minutes)
    if not attended and presence.revoked:
        return _Claim(presence, 0, refused=(NotCounted(0, Why.REVOKED),))
    if not attended:
        return _Claim(presence, 0)
    why = _refusal(presence, rule, attended)
    if why is not None:
        return _Claim(presence, attended, refused=(NotCounted(attended, why),))
    scheduled = int(presence.scheduled.minutes)
    mode: Mode = "face_to_face" if presence.venue_kind == "satellite_room" else presence.mode
    worth = credit_of(presence.type_key, attended, scheduled, mode)
    minutes = max(0, min(worth.minutes, attended))
    refused = []
    if minutes < attended:
        refused.append(NotCounted(attended - minutes, worth.reasons[0] if worth.reasons else Why.COURSE_TYPE))
    return _inside_the_year(presence, rule, attended, first_minutes(there, minutes), refused)


def _refusal(p: Presence, rule: CountingRule, attended: int) -> Why | None:
    if p.void:
        return Why.CANCELLED
    if p.revoked:
        return Why.REVOKED
    if p.host and not p.host_accepted:
        return Why.HOST_NOT_ACCEPTED
    if not p.verified:
        return Why.NOT_VERIFIED
    if p.topic != rule.topic:
        return Why.WRONG_TOPIC
    wrong_place = _place(p, rule)
    if wrong_place is not None:
        return wrong_place
    if attended * 100 < rule.presence_threshold * p.scheduled.minutes:
        return Why.BELOW_THRESHOLD
    return None


def _place(p: Presence, rule: CountingRule) -> Why | None:
    """Face to face means in the room; a supervised satellite room only by policy (case 11)."""
    if p.venue_kind == "desk":
        return Why.DESK
    if p.venue_kind == "satellite_room":
        return None if rule.satellite_room_counts else Why.SATELLITE_ROOM
    if p.mode == "online":
        return Why.ONLINE
    return None if p.mode == "face_to_face" else Why.NOT_FACE_TO_FACE


def _inside_the_year(
    presence: Presence, rule: CountingRule, attended: int, stretch: Interval, refused: list[NotCounted]
) -> _Claim:
    """Cut a stretch at the ends of the year, or of the make-up window of a training held for it."""
    key, year = presence.make_up_year, rule.year
    if key is not None and key != year.key:
        kept, made_up, why = None, False, Why.OTHER_YEAR
    elif key == year.key and stretch.start >= rule.window.end:
        kept, made_up, why = stretch.overlap(rule.make_up_window), True, Why.OUTSIDE_MAKE_UP
    else:
        kept, made_up, why = stretch.overlap(rule.window), False, Why.OUTSIDE_YEAR
    outside = int(stretch.minutes) - (int(kept.minutes) if kept else 0)
    if outside:
        refused = [*refused, NotCounted(outside, why)]
    return _Claim(presence, attended, (kept,) if kept else (), made_up, tuple(refused))


# --- several presences -----------------------------------------------------------------------------


def _drop_repeated_content(claims: list[_Claim]) -> list[_Claim]:
    """Count each content once (case 17): a repetition gives only what the fuller attendance adds.

    What was attended in the year comes first, so that making up never takes counted minutes away.
    """
    seen: dict[str, int] = {}
    kept: dict[int, _Claim] = {}
    for index, claim in sorted(enumerate(claims), key=lambda item: (item[1].made_up, item[0])):
        key, minutes = claim.presence.content_key, claim.minutes
        known = seen.get(key, 0) if key else 0
        if key:
            seen[key] = max(known, minutes)
        kept[index] = _shortened(claim, max(0, minutes - known)) if known else claim
    return [kept[index] for index in range(len(claims))]


def _shortened(claim: _Claim, minutes: int) -> _Claim:
    """The claim with its first ``minutes`` only; the rest repeats content that counts already."""
    repeated = claim.minutes - minutes
    if repeated <= 0:
        return claim
    stretches, left = [], minutes
    for stretch in claim.stretches:
        if left > 0:
            stretches.append(first_minutes(stretch, left))
            left -= int(stretches[-1].minutes)
    refused = (*claim.refused, NotCounted(repeated, Why.DUPLICATE_CONTENT))
    return replace(claim, stretches=tuple(stretches), refused=refused)


def _count_each_minute_once(claims: list[_Claim]) -> list[CountedPresence]:
    """Give each minute to the presence that began first; later ones keep what is left over."""
    covered: list[Interval] = []
    lines = []
    for claim in claims:
        free = [piece for stretch in claim.stretches for piece in without(stretch, covered)]
        covered = union([*covered, *claim.stretches])
        minutes = sum(int(f.minutes) for f in free)
        lost = claim.minutes - minutes
        by_day = _sum_by_day(
            [(day, int(piece.minutes)) for day, piece in split_by_local_day(f)] for f in free
        )
        lines.append(
            CountedPresence(
                claim.presence, claim.attended,
                counted=0 if claim.made_up else minutes,
                made_up=minutes if claim.made_up else 0,
                not_counted=(*claim.refused, NotCounted(lost, Why.OVERLAP)) if lost else claim.refused,
                by_day=() if claim.made_up else tuple(sorted(by_day.items())),
            )
        )
    return lines


def without(stretch: Interval, covered: Sequence[Interval]) -> list[Interval]:
    """The pieces of ``stretch`` outside ``covered`` (merged and sorted)."""
    pieces, start = [], stretch.start
    for taken in covered:
        if taken.end <= start or taken.start >= stretch.end:
            continue
        if taken.start > start:
            pieces.append(Interval(start, taken.start))
        start = max(start, taken.end)
    if start < stretch.end:
        pieces.append(Interval(start, stretch.end))
    return pieces


def _flag_overlaps(lines: list[CountedPresence]) -> list[CountedPresence]:
    """Name, on both sides, every pair of standing presences at one time: nobody is in two rooms."""
    there = [line.presence.attended() if _standing(line.presence) else None for line in lines]
    known = sorted((t for t in there if t is not None), key=lambda t: t.start)
    if all(a.end <= b.start for a, b in pairwise(known)):
        return lines
    return [
        replace(
            line,
            overlaps=tuple(
                other.presence.sheet_id
                for other, theirs in zip(lines, there, strict=True)
                if other is not line and mine and theirs and mine.overlap(theirs)
            ),
        )
        for line, mine in zip(lines, there, strict=True)
    ]


def _standing(p: Presence) -> bool:
    return not p.void and not p.revoked and p.status in ATTENDED


def _sum_by_day(parts: Iterable[Iterable[tuple[date, int]]]) -> dict[date, int]:
    total: dict[date, int] = {}
    for part in parts:
        for day, minutes in part:
            total[day] = total.get(day, 0) + minutes
    return total


# --- periods ---------------------------------------------------------------------------------------


def periods_of(lines: Iterable[CountedPresence], rule: PeriodRule) -> PeriodSum:
    """Derive periods: minutes are summed within the rounding scope, divided once, capped per local day.

    ``session`` sums the parts of one training, ``day`` all trainings of a day, ``course`` all trainings
    from one course pack. What a scope earns falls on the days on which it was earned, so that the cap of
    a day holds across trainings (cases 7, 15, 16).
    """
    groups: dict[str, dict[date, int]] = {}
    for line in lines:
        for day, minutes in line.by_day:
            key = _scope_key(line.presence, day, rule)
            group = groups.setdefault(key, {})
            group[day] = group.get(day, 0) + minutes
    earned: dict[date, int] = {}
    for group in groups.values():
        for day, periods in _spread(group, rule):
            earned[day] = earned.get(day, 0) + periods
    capped = tuple((day, n, rule.daily_cap) for day, n in sorted(earned.items()) if n > rule.daily_cap)
    total = sum(min(n, rule.daily_cap) for n in earned.values())
    return PeriodSum(total, _formula([sum(g.values()) for g in groups.values()], capped, total, rule), capped)


def _scope_key(presence: Presence, day: date, rule: PeriodRule) -> str:
    if rule.rounding == "day":
        return day.isoformat()
    if rule.rounding == "course" and presence.pack_id:
        return presence.pack_id
    return presence.event_id


def _spread(group: Mapping[date, int], rule: PeriodRule) -> Iterable[tuple[date, int]]:
    """Divide the running sum, so that a remainder of one day is not dropped twice."""
    running = done = 0
    for day, minutes in sorted(group.items()):
        running += minutes
        yield day, rule.periods(running) - done
        done = rule.periods(running)


def _formula(
    sums: Sequence[int], capped: Sequence[tuple[date, int, int]], total: int, rule: PeriodRule
) -> str:
    """The arithmetic as printed, e.g. ``90 ÷ 45 = 2; 80 ÷ 45 = 1; 2 + 1 = 3``."""
    if not sums:
        return ""
    parts = [rule.formula(s) for s in sums]
    if len(sums) > 1:
        parts.append(" + ".join(str(rule.periods(s)) for s in sums) + f" = {sum(rule.periods(s) for s in sums)}")
    parts += [f"{day.isoformat()}: {n} → {kept}" for day, n, kept in capped]
    if capped:
        parts.append(f"= {total}")
    return "; ".join(parts)
