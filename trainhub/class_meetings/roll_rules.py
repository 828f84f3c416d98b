"""A roll from a file as the absences of one meeting. Pure.

Pupils are matched by number and name within the class alone; two of one name are asked about, never guessed. What a blank cell
means is not guessed either (FORMATS.md, roll-call grids).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from trainhub.attendance.matching import Directory, Match, RosterPerson
from trainhub.plugin_api import AttendanceReading

PRESENT = "present"
_STATED: dict[str, str] = {"present": PRESENT, "late": "late", "left_early": "left_early", "absent": "absent", "excused": "excused"}
_LEAVES: dict[str, str] = {"sick": "sick", "personal": "personal", "official": "official"}


@dataclass(frozen=True, slots=True)
class RollLine:
    """One line of a roll on the meeting's day.

    ``student_id`` "" where it is open whom it is about (``candidates``, ``reason``); ``mark`` "" where it is open whether they
    were there, else ``present``, ``absent``, ``excused.sick`` ...
    """

    row: int
    name: str
    number: str
    student_id: str
    mark: str
    reason: str = ""
    candidates: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether somebody has to decide."""
        return not self.student_id or not self.mark


@dataclass(frozen=True, slots=True)
class RollPlan:
    """A roll of one day. ``days`` are those the file has; ``unmentioned`` pupils of the class stand in no line."""

    day: date
    days: tuple[date, ...]
    lines: tuple[RollLine, ...]
    unmentioned: tuple[str, ...]

    @property
    def open(self) -> int:
        """How many lines wait for a decision."""
        return sum(line.open for line in self.lines)


def plan_roll(readings: Sequence[AttendanceReading], pupils: Sequence[tuple[str, str, str]], day: date) -> RollPlan:
    """Return what a file says of a class on a day.

    ``pupils`` are (id, number in class, name). Where not one number of the file is a number of the class, the file counts by
    another system and only names are compared.
    """
    dated = [(r, _day(r)) for r in readings]
    days = tuple(sorted({d for _r, d in dated if d is not None}))
    today = [r for r, d in dated if (d == day if d is not None else not r.other_days)]
    numbers = {number for _id, number, _name in pupils if number}
    known = any(r.staff_no.lstrip("0") in {n.lstrip("0") for n in numbers} for r in today if r.staff_no)
    directory = Directory(RosterPerson(key, name, staff_no=number if known else "") for key, number, name in pupils)
    lines = tuple(_line(r, directory.match(r if known else replace(r, staff_no=""))) for r in today)
    said = {line.student_id for line in lines}
    return RollPlan(day, days, lines, tuple(key for key, _number, _name in pupils if key not in said))


def decided(plan: RollPlan, whom: Mapping[int, str], marks: Mapping[int, str], pupils: Collection[str]) -> RollPlan:
    """The plan with what a person decided: row -> pupil ("-": nobody of this class), row -> mark."""
    lines = []
    for line in plan.lines:
        chosen = whom.get(line.row, "")
        if not line.student_id and chosen == "-":
            continue
        who = line.student_id or (chosen if chosen in pupils else "")
        lines.append(replace(line, student_id=who, mark=line.mark or marks.get(line.row, "")))
    said = {line.student_id for line in lines}
    return replace(plan, lines=tuple(lines), unmentioned=tuple(key for key in pupils if key not in said))


def marks(lines: Iterable[RollLine]) -> dict[str, str]:
    """Pupil -> mark of everybody who was not simply there; of two lines about one pupil the first stands."""
    found: dict[str, str] = {}
    for line in lines:
        if line.student_id and line.mark not in {"", PRESENT}:
            found.setdefault(line.student_id, line.mark)
    return found


def _day(reading: AttendanceReading) -> date | None:
    text = reading.raw.get("date", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _line(reading: AttendanceReading, match: Match) -> RollLine:
    mark = _STATED.get(reading.stated or "", "")
    if mark == "excused":
        mark = f"excused.{_LEAVES.get(reading.leave_type, 'personal')}"
    return RollLine(
        reading.row, reading.name, reading.staff_no, match.person_key or "", mark, match.reason or (reading.flags[0] if not mark and reading.flags else ""),
        match.candidates,
    )
