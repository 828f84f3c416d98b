"""What goes into the continuing-education register (继续教育学时登记): every verified minute of a year, once.

Wider than the duty: online and other topics belong here too (cases 9, 12). Minutes are added up; periods are
derived once by the dated rule of the unit and carry their formula (cases 15, 16).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from trainhub.kernel.clock import local_day
from trainhub.kernel.minutes import Interval, split_by_local_day, union
from trainhub.training.rules.counting import (
    CountedPresence,
    CountingRule,
    PeriodSum,
    Presence,
    periods_of,
    vouched,
    without,
)


@dataclass(frozen=True, slots=True)
class RegisteredItem:
    """One training in the register: what, by whom, from when to when (local days), minutes, who confirmed it last.

    ``periods`` None where the rule rounds over days or courses, for then a single training has none of its own.
    """

    event_id: str
    title: str
    unit: str
    host: str
    mode: str
    first_on: date
    last_on: date
    minutes: int
    periods: int | None
    formula: str
    verified_by: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Registration:
    """One person's year in the register. ``periods`` is rounded and capped once, over everything."""

    items: tuple[RegisteredItem, ...]
    minutes: int
    periods: PeriodSum


def register(presences: Iterable[Presence], rule: CountingRule) -> Registration:
    """Enter one person's verified presences of a year. Overlapping minutes are entered once, with what began first."""
    lines = _each_minute_once((p for p in presences if vouched(p)), rule.window)
    events: dict[str, list[CountedPresence]] = {}
    for line in lines:
        events.setdefault(line.presence.event_id, []).append(line)
    items = tuple(_item(found, rule) for found in events.values())
    return Registration(items, sum(i.minutes for i in items), periods_of(lines, rule.periods))


def _each_minute_once(presences: Iterable[Presence], window: Interval) -> list[CountedPresence]:
    covered: list[Interval] = []
    lines = []
    for p in sorted(presences, key=lambda p: (p.starts_at, p.ends_at, p.sheet_id)):
        there = p.attended().overlap(window)
        if there is None or not there.minutes:
            continue
        by_day: dict[date, int] = {}
        for piece in without(there, covered):
            for day, part in split_by_local_day(piece):
                by_day[day] = by_day.get(day, 0) + int(part.minutes)
        covered = union([*covered, there])
        minutes = sum(by_day.values())
        if minutes:
            lines.append(CountedPresence(p, int(there.minutes), minutes, by_day=tuple(sorted(by_day.items()))))
    return lines


def _item(lines: list[CountedPresence], rule: CountingRule) -> RegisteredItem:
    first, last = lines[0].presence, lines[-1].presence
    minutes, whole = sum(line.counted for line in lines), rule.periods.rounding == "session"
    return RegisteredItem(
        first.event_id, first.title, first.unit, first.host, first.mode, local_day(first.starts_at), local_day(last.starts_at),
        minutes, rule.periods.periods(minutes) if whole else None, rule.periods.formula(minutes) if whole else "",
        last.verified_by, last.verified_at,
    )
