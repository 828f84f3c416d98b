"""Deadlines of a case: what starts them, how long they run, and what stops them (domain.md 3.4, cases 53-55). Pure.

Every number comes from the policy in force: the same facts under another province's parameters give another deadline and no
other code (case 54). Days are calendar days and run on through holidays (case 53); a deadline in days ends with the local day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import DomainError


class ClockKind(StrEnum):
    """What is due."""

    INVESTIGATION = "investigation"
    GUARDIAN_NOTICE = "guardian_notice"  # one for every party
    REPORT_ORAL = "report_oral"  # one for every office that must hear
    REPORT_WRITTEN = "report_written"
    REPORT_FOLLOW_UP = "report_follow_up"
    SERVICE = "service"  # one for every party


class Parameters(Protocol):
    """Policy parameters by key (``kernel.policy.Policy``)."""

    def __getitem__(self, key: str) -> Any:
        """Return the value in force."""


class ExtensionRefused(DomainError):
    """The rule set allows no extension, or it was used already; ``days`` is what it allows."""

    code = "case_extension_refused"


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline that runs, rests or is over. Late is derived from it and from nothing else."""

    kind: ClockKind
    started_at: datetime
    due_at: datetime
    object_id: str = ""
    paused_at: datetime | None = None
    extended_days: int = 0
    met_at: datetime | None = None
    dropped_at: datetime | None = None
    rule: Mapping[str, Any] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether time is passing on it."""
        return self.met_at is None and self.dropped_at is None and self.paused_at is None

    @property
    def open(self) -> bool:
        """Whether somebody still owes what it asks for, be it paused."""
        return self.met_at is None and self.dropped_at is None

    def late(self, now: datetime) -> bool:
        """Whether it was met after its time, or has passed it. A paused or dropped one was not late at that moment unless it was."""
        moment = self.met_at or self.dropped_at or self.paused_at or now
        return moment > self.due_at

    def remaining(self, now: datetime) -> timedelta:
        """Time left, negative once it is over; what was left when it paused."""
        return self.due_at - (self.met_at or self.dropped_at or self.paused_at or now)

    def days_left(self, now: datetime) -> int:
        """Local days from today to the day it is due; negative once that day is over."""
        return (self.due_on - local_day(self.paused_at or now)).days

    @property
    def due_on(self) -> date:
        """The local day on which it is due: a deadline at midnight belongs to the day that ends then."""
        return local_day(self.due_at - timedelta(seconds=1))

    @property
    def extension_left(self) -> int:
        """How many more days the rules still allow for it: none twice, and none where the rule set knows no extension (case 53)."""
        if not self.open or self.kind is not ClockKind.INVESTIGATION or self.extended_days:
            return 0
        return int(self.rule.get("extension_days", 0))

    def paused(self, now: datetime) -> "Clock":
        """The clock at rest; one that rests or is over stays as it is."""
        return replace(self, paused_at=now) if self.running else self

    def resumed(self, now: datetime) -> "Clock":
        """The clock running again: due as much later as it has rested."""
        if not self.open or self.paused_at is None:
            return self
        return replace(self, due_at=self.due_at + (max(now, self.paused_at) - self.paused_at), paused_at=None)

    def extended(self, days: int) -> "Clock":
        """The clock with more days, once and no more than its rules allow. Raises ExtensionRefused."""
        if not 0 < days <= self.extension_left:
            raise ExtensionRefused(field="days", days=self.extension_left)
        return replace(self, due_at=end_of_day_after(self.due_at - timedelta(seconds=1), days), extended_days=days)


def end_of_day_after(start: datetime, days: int) -> datetime:
    """The end of the local day ``days`` calendar days after that of ``start``: day 0 is not counted, holidays are."""
    return day_bounds(local_day(start) + timedelta(days=days))[1]


def investigation(parameters: Parameters, version: int, *, discovered: datetime, accepted: datetime, procedure: datetime | None) -> Clock | None:
    """The clock of the investigation, None while what starts it has not happened (2017 plan; Guangdong 2018; Shandong law §47)."""
    start_word = str(parameters["clock_start"])
    start = {"discovery": discovered, "acceptance": accepted, "procedure": procedure}[start_word]
    if start is None:
        return None
    days = int(parameters["investigation_days"])
    rule = {"start": start_word, "days": days, "extension_days": int(parameters["extension_days"]), "policy_version": version}
    return Clock(ClockKind.INVESTIGATION, start, end_of_day_after(start, days), rule=rule)


def guardian_notice(parameters: Parameters, version: int, party_id: str, start: datetime) -> Clock:
    """When the guardians of a party must have been told (law on minors §39; the hours are policy)."""
    hours = int(parameters["guardian_notice_hours"])
    return Clock(ClockKind.GUARDIAN_NOTICE, start, start + timedelta(hours=hours), party_id, rule={"hours": hours, "policy_version": version})


def report(parameters: Parameters, version: int, kind: ClockKind, to_whom: str, start: datetime) -> Clock:
    """When an office must have heard, by word of mouth or in writing."""
    minutes = int(parameters["report_oral_minutes" if kind is ClockKind.REPORT_ORAL else "report_written_minutes"])
    return Clock(kind, start, start + timedelta(minutes=minutes), to_whom, rule={"minutes": minutes, "policy_version": version})


def follow_up(parameters: Parameters, version: int, to_whom: str, start: datetime) -> Clock:
    """When the next report on a reported case is due."""
    days = int(parameters["report_follow_up_days"])
    return Clock(ClockKind.REPORT_FOLLOW_UP, start, end_of_day_after(start, days), to_whom, rule={"days": days, "policy_version": version})


def service(parameters: Parameters, version: int, party_id: str, start: datetime) -> Clock:
    """When a determination must have been served on a party."""
    days = int(parameters["determination_service_days"])
    return Clock(ClockKind.SERVICE, start, end_of_day_after(start, days), party_id, rule={"days": days, "policy_version": version})


PAUSED_BY_POLICE = frozenset({ClockKind.INVESTIGATION})
"""What rests while the police lead: finding facts, nothing else. Notices, reports and help for the child go on (case 55)."""
