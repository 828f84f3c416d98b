"""Rows and records of a platform, put together into one reading per person and day.

A source that meets many rows about one person (punches, shifts, records of an interface) opens a
:class:`DayBook`, asks it for the entry of each row, and returns its readings.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from trainhub.plugin_api.cells import local_day_of
from trainhub.plugin_api.contracts import AttendanceReading, Problem, SessionFrame, Unreadable
from trainhub.plugin_api.headers import fold_label
from trainhub.plugin_api.leave import Leave

_TOTALS = re.compile(r"^(?:合计|总计|小计|备注|制表)")


@dataclass(frozen=True, slots=True)
class Who:
    """How a platform names a person. Numbers are text; "" where the file does not say."""

    platform_id: str = ""
    staff_no: str = ""
    name: str = ""
    department: str = ""

    @property
    def key(self) -> str:
        """The strongest identity, for natural keys."""
        if self.platform_id:
            return f"id:{self.platform_id}"
        return f"no:{self.staff_no}" if self.staff_no else f"name:{''.join(self.name.split())}|{self.department}"


@dataclass(slots=True)
class PersonDay:
    """What one person did on one day. ``row`` is the first row about it; ``flags`` keep the order of the file.

    ``excused`` says that the platform itself excuses the person for the session; ``leave`` with what.
    """

    who: Who
    day: date
    row: int
    punches: list[datetime] = field(default_factory=list)
    flags: dict[str, None] = field(default_factory=dict)
    leave: Leave | None = None
    excused: bool = False

    def flag(self, *codes: str) -> None:
        """Remember review codes once."""
        self.flags.update(dict.fromkeys(codes))

    def excuse(self, leave: Leave) -> None:
        """Excuse the person for the session; being away on duty is flagged."""
        self.excused, self.leave = True, leave
        if leave.trip:
            self.flag("excused_business_trip")

    def reading(self) -> AttendanceReading:
        """Return the reading. What a platform says about late and early goes by its own shift, so only leave is stated."""
        return AttendanceReading(
            row=self.row,
            name=self.who.name,
            staff_no=self.who.staff_no,
            department=self.who.department,
            platform_id=self.who.platform_id,
            punches=tuple(sorted(set(self.punches))),
            stated="excused" if self.excused else None,
            leave_type=self.leave.kind if self.leave and self.excused else "",
            flags=tuple(self.flags),
            external_id=f"{self.who.key}@{self.day.isoformat()}"[:120],
        )


class DayBook:
    """Collects the session's day, person by person; rows of other days are dropped with their reason."""

    def __init__(self, frame: SessionFrame) -> None:
        self.frame = frame
        self.days = session_days(frame)
        self.held: dict[tuple[str, date], PersonDay] = {}
        self.dropped: list[Unreadable] = []
        self.seen: set[date] = set()

    def drop(self, row: int, reason: str) -> None:
        """Remember why a row yields nothing."""
        self.dropped.append(Unreadable(row, reason))

    def entry(self, who: Who, row: int, *days: date | None) -> PersonDay | None:
        """Return the entry of a person on the first of ``days`` (a platform may give working day and calendar day).

        None, and the reason is kept, where no day is known or none belongs to the session.
        """
        known = [d for d in days if d is not None]
        self.seen.update(known)
        if not known:
            self.drop(row, "date_unreadable")
            return None
        if self.days.isdisjoint(known):
            self.drop(row, "other_date")
            return None
        return self.held.setdefault((who.key, known[0]), PersonDay(who, known[0], row))

    def readings(self) -> tuple[AttendanceReading, ...]:
        """Return one reading per person and day, in the order of the file."""
        return tuple(entry.reading() for entry in self.held.values())

    def warnings(self) -> tuple[Problem, ...]:
        """Say so where the file covers other days only."""
        if not self.seen or self.seen & self.days:
            return ()
        said = {"day": self.frame.day, "first": min(self.seen), "last": max(self.seen)}
        return (Problem("no_rows_for_the_day", params={k: v.isoformat() for k, v in said.items()}),)


def nobody(who: Who, labels: Collection[str]) -> str:
    """Return why a row is about nobody: ``no_identity``, ``header_again``, ``totals``; "" where it is about somebody.

    ``labels`` are the folded labels that the format knows: a name among them is a header repeated between pages.
    """
    if not (who.name or who.staff_no or who.platform_id):
        return "no_identity"
    if fold_label(who.name) in labels or fold_label(who.platform_id) in labels:
        return "header_again"
    return "totals" if _TOTALS.match(who.name) else ""


def session_days(frame: SessionFrame) -> frozenset[date]:
    """Return the local days a session lies on."""
    return frozenset({frame.day, local_day_of(frame.starts_at), local_day_of(frame.ends_at)})


def in_window(moments: Iterable[datetime], frame: SessionFrame) -> list[datetime]:
    """Return the moments that may be evidence for the session (FORMATS.md R2)."""
    low = frame.starts_at - timedelta(minutes=frame.window_before)
    high = frame.ends_at + timedelta(minutes=frame.window_after)
    return [m for m in moments if low <= m <= high]
