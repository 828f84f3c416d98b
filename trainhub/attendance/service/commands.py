"""What callers ask of a roll and what they get back: frozen values, no rows, no requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from trainhub.attendance.roll_rules import Head, Statement, Tally
from trainhub.kernel.errors import DomainError


class NotOnSheet(DomainError):
    """An id that is not on this sheet: nothing of the request is written."""

    code = "not_on_sheet"
    status: ClassVar[int] = 422


class SheetClosed(DomainError):
    """The roll was ended, verified or cancelled; marks are refused."""

    code = "sheet_closed"
    status: ClassVar[int] = 409


class TooEarly(DomainError):
    """Nobody can have come yet, or the roll cannot be ended yet."""

    code = "roll_too_early"


class BadMark(DomainError):
    """A mark that states something impossible; params name the code of the problem."""

    code = "bad_mark"


class UnsetPeople(DomainError):
    """The roll has unmarked people and nobody said what becomes of them."""

    code = "unset_people"


class BadHeadCount(DomainError):
    """A head count is a whole number of people, not negative."""

    code = "bad_head_count"


class ReasonNeeded(DomainError):
    """The step must say why."""

    code = "reason_needed"


class NothingToUndo(DomainError):
    """The operation is unknown, or it was taken back already."""

    code = "nothing_to_undo"
    status: ClassVar[int] = 409


class NotStaff(DomainError):
    """A walk-in must be on the staff of this school on that day."""

    code = "not_on_staff"


class NothingToSettle(DomainError):
    """None of the conflicts named is open any more, or its evidence changed since it was shown."""

    code = "nothing_to_settle"
    status: ClassVar[int] = 409


class OpenConflicts(DomainError):
    """Sources disagree about people of this roll; nobody verifies it before somebody decided."""

    code = "open_conflicts"
    status: ClassVar[int] = 409


class LeaveOverlaps(DomainError):
    """The person has leave in those days already; revoke it first."""

    code = "leave_overlaps"
    status: ClassVar[int] = 409


class BadLeave(DomainError):
    """The last day lies before the first, the leave is longer than a year, or the kind is none of ours."""

    code = "bad_leave"


@dataclass(frozen=True, slots=True)
class EnterLeave:
    """Leave known before a session; both days included. ``note`` without medical detail."""

    person_id: str
    leave_type: str
    from_on: date
    to_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class LeaveEffect:
    """What a leave did to open rolls: people excused, marks that stayed, contradictions, excuses taken back."""

    excused: int = 0
    kept: int = 0
    waiting: int = 0
    undone: int = 0

    def __add__(self, other: "LeaveEffect") -> "LeaveEffect":
        return LeaveEffect(self.excused + other.excused, self.kept + other.kept, self.waiting + other.waiting, self.undone + other.undone)


@dataclass(frozen=True, slots=True)
class SheetPerson:
    """A person the sheet expects. ``leave_type`` set: leave was approved beforehand, the roll shows it."""

    person_id: str
    serial_no: int
    department: str = ""
    staff_no: str = ""
    leave_type: str = ""


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """Make the roll of a part of a training. ``default_roll`` "present" is refused for staff training."""

    school_id: str
    subject_kind: str
    subject_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    default_roll: str = "unmarked"
    people: Sequence[SheetPerson] = ()
    grace_minutes: int = 5
    early_leave_grace_minutes: int = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark. ``seen_version`` is the version the marker saw; "" or None as ``value`` clears."""

    person_id: str
    value: str | None
    seen_version: int
    leave_type: str = ""
    arrived_at: datetime | None = None
    late_minutes: int | None = None
    left_at: datetime | None = None
    note: str | None = None

    @property
    def statement(self) -> Statement:
        """What the mark says, without what it rests on."""
        return Statement(
            self.value or None, self.leave_type, self.arrived_at, self.late_minutes, self.left_at, self.note
        )


@dataclass(frozen=True, slots=True)
class MarkRoll:
    """Marks made in one operation. ``op_id`` comes from the client: a repeated request changes nothing."""

    sheet_id: str
    marks: Sequence[Mark]
    op_id: str
    device_at: datetime | None = None
    source: str = "manual"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AssertRest:
    """Says that the other n of a department are here, with the heads the officer counted."""

    sheet_id: str
    department: str
    head_count: int
    op_id: str
    device_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddWalkIn:
    """Somebody of this school came who was not on the list."""

    sheet_id: str
    person_id: str
    op_id: str
    value: str = "present"


@dataclass(frozen=True, slots=True)
class SubmitRoll:
    """End the roll. ``unset`` is what becomes of unmarked people: "absent" or "keep" ("" = not said)."""

    sheet_id: str
    head_count: int
    unset: str = ""


@dataclass(frozen=True, slots=True)
class RevokeRecord:
    """A presence found false afterwards (proxy signature); the whole sheet must be verified again."""

    sheet_id: str
    person_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settle:
    """The side taken in one conflict; ``conflict`` is its digest as it was shown, ``side`` the key of the claim."""

    person_id: str
    conflict: str
    side: str


@dataclass(frozen=True, slots=True)
class SettleConflicts:
    """Sides taken. ``how``: ``one`` by one, or ``all`` at once."""

    sheet_id: str
    choices: Sequence[Settle]
    how: str = "one"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A mark refused because somebody else marked first: both values, who and when."""

    person_id: str
    name: str
    yours: str | None
    theirs: Head
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class MarksResult:
    """What became of an operation. ``replayed``: the same request was answered before."""

    applied: tuple[Head, ...]
    conflicts: tuple[Conflict, ...]
    tally: Tally
    saved_at: datetime
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did or, as a dry run, would do."""

    batch_id: str
    source_key: str
    read: int
    matched: int
    changed: int
    unchanged: int
    superseded: int
    left_out: int
    open_rows: int
    walk_ins: int = 0
    applied: bool = False
    conflicts: int = 0
    rows: tuple[dict[str, Any], ...] = field(default=())
