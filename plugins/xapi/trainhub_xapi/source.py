"""The attendance source ``xapi``: what each person spent in the sessions of a course, and whether it was completed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from trainhub.plugin_api import (
    AttendanceReading,
    Problem,
    ReadResult,
    Refused,
    SessionFrame,
    SourceSpec,
    Unreadable,
    Upload,
)
from trainhub.plugin_api.cells import local_day_of
from trainhub.plugin_api.days import session_days
from trainhub.plugin_api.documents import looks_like_json, read_json
from trainhub_xapi.statements import Statement, looks_like_statements, statements

MOVE_ON = "Completed"
MINUTES_A_DAY = 480
DONE = frozenset({"completed", "satisfied", "waived"})
SPENT = frozenset({"terminated", "abandoned"})
"""Only the end of a session says how long it was; the other durations are parts of it."""


class XapiSource:
    """Statements of cmi5 as a learning record store answers. They prove nothing about a room."""

    spec = SourceSpec(
        key="xapi",
        label="xAPI / cmi5 statements",
        kind="file",
        trust="online",
        extensions=(".json",),
        face_to_face=False,
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for statements of cmi5, else 0."""
        try:
            return 98 if looks_like_json(upload.content) and looks_like_statements(read_json(upload)) else 0
        except Refused:
            return 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Return one reading per account. Raises :class:`Refused`."""
        found = _without_repeats(statements(read_json(upload)))
        if not found:
            raise Refused("no_data")
        void = {s.voids for s in found if s.voids}
        learners: dict[str, _Learner] = {}
        dropped, courses = [], set()
        for statement in found:
            if not statement.account:
                dropped.append(Unreadable(statement.row, "no_identity"))
                continue
            learner = learners.setdefault(statement.account, _Learner(statement.row, statement.account))
            if statement.verb == "voided":
                continue
            if statement.id in void:
                dropped.append(Unreadable(statement.row, "voided"))
                continue
            courses.add(statement.activity.rpartition("/")[0])
            learner.take(statement)
        several = (Problem("several_activities", params={"count": len(courses)}),) if len(courses) > 1 else ()
        return ReadResult(
            format="xapi.statements",
            readings=tuple(learner.reading(frame) for learner in learners.values()),
            dropped=tuple(dropped),
            warnings=several,
            encoding="utf-8",
            confidence=98,
        )


def _without_repeats(found: Iterable[Statement]) -> list[Statement]:
    """The first statement of each id; a store may answer the same one on two pages."""
    held: dict[str, Statement] = {}
    for statement in found:
        held.setdefault(statement.id or f"#{statement.row}", statement)
    return list(held.values())


@dataclass(slots=True)
class _Learner:
    """What the statements say of one account."""

    row: int
    account: str
    satisfied: bool = False
    damaged: bool = False
    stays: set[tuple[datetime, datetime]] = field(default_factory=set)
    seconds: dict[date, float] = field(default_factory=lambda: defaultdict(float))

    def take(self, statement: Statement) -> None:
        """Add a statement."""
        if statement.verb in DONE:
            self.satisfied = True
        if statement.verb not in SPENT:
            return
        if statement.at is None or statement.seconds is None:
            self.damaged = True
            return
        self.seconds[local_day_of(statement.at)] += statement.seconds
        self.stays.add((statement.at - timedelta(seconds=statement.seconds), statement.at))

    @property
    def minutes(self) -> int:
        """Whole minutes, at most 480 a day."""
        return int(sum(min(seconds, MINUTES_A_DAY * 60) for seconds in self.seconds.values()) // 60)

    def reading(self, frame: SessionFrame) -> AttendanceReading:
        """Return the reading of a session; ``raw`` holds the totals over all days."""
        days = {local_day_of(moment) for stay in self.stays for moment in stay}
        return AttendanceReading(
            row=self.row,
            staff_no=self.account,
            stays=tuple(sorted(self.stays)),
            most_minutes=self.minutes,
            other_days=bool(days) and days.isdisjoint(session_days(frame)),
            flags=("time_unreadable",) if self.damaged else (),
            raw={
                "online_minutes": str(self.minutes),
                "satisfied": "yes" if self.satisfied else "no",
                "move_on": MOVE_ON,
            },
            external_id=f"xapi:{self.account}",
        )
