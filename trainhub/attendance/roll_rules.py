"""The rules of a roll: what a mark makes of a record, which source wins, who may take which step.

Pure: frozen values in, frozen values out; the time is an argument. Presence follows domain.md section 4;
minutes are counted by the minute, never guessed: a late arrival whose time nobody stated counts nothing
until somebody states it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from trainhub.kernel.clock import local_day
from trainhub.kernel.minutes import Interval, whole_minute

VALUES: tuple[str, ...] = ("present", "late", "left_early", "excused", "absent")
"""What a person may be marked as. None is undecided, never absent."""

THERE = frozenset({"present", "late", "left_early"})
"""Statuses of somebody who was in the room."""

LEAVE_TYPES: tuple[str, ...] = ("sick", "personal", "official", "maternity")

EARLY_MARKS = timedelta(hours=2)
"""How long before the beginning a roll may be marked; leave may be entered at any time before."""

SKEW = timedelta(minutes=5)
"""A device clock this far ahead of the server is wrong (security.md row 2)."""

OFFLINE = timedelta(days=1)
"""A device clock this far behind cannot be told from a wrong clock (domain.md case 102)."""

NO_MARK = ("revocation", "leave", "move", "qr")
"""Sources of history that make nobody a marker: nobody gave a presence by them to somebody else."""

UNDO = "undo-"
"""Prefix of the operation that takes another one back."""


@dataclass(frozen=True, slots=True)
class RollVerified:
    """A sheet was verified: the minutes of these people count from now on."""

    district_id: str
    school_id: str
    sheet_id: str
    subject_kind: str
    subject_id: str
    person_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RollStateChanged:
    """A sheet was ended, taken back, sent back, verified, reopened or voided: ``state`` is the new one."""

    district_id: str
    school_id: str
    sheet_id: str
    subject_kind: str
    subject_id: str
    state: str
    actor_id: str
    acting_role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordsChanged:
    """A verified sheet changed (reopened, a presence revoked, voided): recompute these people."""

    district_id: str
    school_id: str
    sheet_id: str
    subject_kind: str
    subject_id: str
    person_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The time of a sheet; both aware, ``[starts_at, ends_at)``."""

    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        """Whole minutes from beginning to end."""
        return Interval(whole_minute(self.starts_at), whole_minute(self.ends_at)).minutes

    def runs_at(self, moment: datetime) -> bool:
        """Whether the session is on at that moment."""
        return self.starts_at < moment < self.ends_at


@dataclass(frozen=True, slots=True)
class Head:
    """The record of one person on one sheet as it stands. ``version`` 0 was never marked."""

    person_id: str
    serial_no: int
    department: str = ""
    staff_no: str = ""
    expected: bool = True
    status: str | None = None
    leave_type: str = ""
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    late_minutes: int = 0
    minutes: int = 0
    source: str = ""
    note: str = ""
    review: tuple[str, ...] = ()
    version: int = 0
    marked_by: str | None = None
    marked_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_reason: str = ""

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Head":
        """Build a head from a row that begins with :data:`HEAD_FIELDS`; its review codes are a list there."""
        values = (*row[:_REVIEW], tuple(row[_REVIEW]), *row[_REVIEW + 1:_WIDTH])
        return cls(*values)

    @property
    def state(self) -> tuple[Any, ...]:
        """What a mark can change; two heads with the same state say the same."""
        return (self.status, self.leave_type, self.arrived_at, self.left_at, self.note)


HEAD_FIELDS = tuple(f.name for f in fields(Head))
_REVIEW, _WIDTH = HEAD_FIELDS.index("review"), len(HEAD_FIELDS)

KEY = 8
"""How many digits at the end of an id name a person on a roll's page."""


def page_keys(people: Iterable[str]) -> dict[str, str]:
    """Return person -> the key a roll's page uses: the end of the id, the whole id where two end alike.

    A page of a hundred rows would otherwise carry the ids several times. A key belongs to its person
    whatever happens to the list meanwhile, which a serial number would not.
    """
    ids = list(people)
    alone = len({person[-KEY:] for person in ids}) == len(ids)
    return {person: person[-KEY:] if alone else person for person in ids}


CODES: Mapping[str | None, str] = {
    None: "", "": "", "present": "p", "late": "l", "left_early": "x", "excused": "e", "absent": "a",
}
"""One letter per status, for what a form says it was shown."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody states about a person. None in ``note`` keeps the note; "" clears it."""

    value: str | None
    leave_type: str = ""
    arrived_at: datetime | None = None
    late_minutes: int | None = None
    left_at: datetime | None = None
    note: str | None = None

    @property
    def bare(self) -> bool:
        """A key or a tap: the value and nothing else."""
        return not self.leave_type and self.note is None and not (
            self.arrived_at or self.left_at or self.late_minutes is not None
        )


def problems(statement: Statement, frame: Frame) -> list[str]:
    """Return codes of what is wrong with a statement, empty when nothing is.

    ``unknown_value``, ``unknown_leave_type``, ``late_minutes_range``, ``time_outside_session``,
    ``left_before_arrived``.
    """
    found = []
    if statement.value is not None and statement.value not in VALUES:
        found.append("unknown_value")
    if statement.leave_type and statement.leave_type not in LEAVE_TYPES:
        found.append("unknown_leave_type")
    if statement.late_minutes is not None and not 0 <= statement.late_minutes <= frame.minutes:
        found.append("late_minutes_range")
    arrived, left = statement.arrived_at, statement.left_at
    if any(t and not frame.starts_at - EARLY_MARKS <= t <= frame.ends_at + EARLY_MARKS for t in (arrived, left)):
        found.append("time_outside_session")
    if arrived and left and left < arrived:
        found.append("left_before_arrived")
    return found


def moment_of(device_at: datetime | None, now: datetime) -> tuple[datetime, tuple[str, ...]]:
    """Return when a mark was really made, and ``("device_clock",)`` where the device cannot be right.

    An offline device sends its marks later, so its own time is taken while it is believable; both
    times are kept either way (domain.md case 102).
    """
    if device_at is None:
        return whole_minute(now), ()
    if device_at > now + SKEW or device_at < now - OFFLINE:
        return whole_minute(now), ("device_clock",)
    return whole_minute(min(device_at, now)), ()


def too_early(value: str | None, frame: Frame, now: datetime) -> bool:
    """Whether a mark comes before anybody can have come. Leave may be entered ahead."""
    return value not in (None, "excused") and now < frame.starts_at - EARLY_MARKS


def attended_minutes(
    status: str | None, frame: Frame, arrived_at: datetime | None = None, left_at: datetime | None = None
) -> int:
    """Return the minutes inside the session, counted by the minute.

    A late arrival without a time and an early leave without a time count 0 until the time is stated.
    """
    if status not in THERE or (status == "late" and arrived_at is None) or (status == "left_early" and left_at is None):
        return 0
    if arrived_at is None and left_at is None:
        return frame.minutes
    start, end = max(arrived_at or frame.starts_at, frame.starts_at), min(left_at or frame.ends_at, frame.ends_at)
    return Interval(whole_minute(start), whole_minute(end)).minutes


@dataclass(frozen=True, slots=True)
class Stamp:
    """From which source, by which account and when a head was marked."""

    source: str
    by: str | None
    at: datetime | None


def apply(
    head: Head, statement: Statement, frame: Frame, moment: datetime, flags: tuple[str, ...] = (),
    stamp: Stamp | None = None,
) -> Head:
    """Return the head after a statement: status, times, minutes, review codes. Version grows by one.

    A bare "late" or "left early" while the session runs takes the moment of the mark as the time. A
    mark on a revoked presence sets it anew and stays flagged. Without a ``stamp`` the old one stays.
    """
    value = statement.value
    arrived, left = _times(head, statement, frame, moment)
    review = list(flags) if value in THERE else []
    if head.revoked_at is not None or "was_revoked" in head.review:
        review.append("was_revoked")
    if value == "late" and arrived is None:
        review.append("late_time_missing")
    if value == "left_early" and left is None:
        review.append("left_time_missing")
    late = 0
    if value in THERE and arrived is not None and arrived > frame.starts_at:
        late = Interval(frame.starts_at, whole_minute(arrived)).minutes
    leave = statement.leave_type or (head.leave_type if head.status == value else "")
    signed = stamp or Stamp(head.source, head.marked_by, head.marked_at)
    return Head(  # in the order of the fields: replace() costs three times as much, and a roll has hundreds of them
        head.person_id, head.serial_no, head.department, head.staff_no, head.expected, value,
        leave if value == "excused" else "", arrived, left, late if value != "present" else 0,
        attended_minutes(value, frame, arrived, left), signed.source,
        head.note if statement.note is None else statement.note, tuple(review), head.version + 1, signed.by, signed.at,
    )


def _times(
    head: Head, statement: Statement, frame: Frame, moment: datetime
) -> tuple[datetime | None, datetime | None]:
    value = statement.value
    if value not in THERE:
        return None, None
    arrived, left = statement.arrived_at, statement.left_at
    if arrived is None and statement.late_minutes is not None:
        arrived = frame.starts_at + timedelta(minutes=statement.late_minutes)
    if value == "late" and arrived is None:
        kept = head.arrived_at if head.status == "late" else None
        arrived = kept or (moment if frame.runs_at(moment) else None)
    if value == "left_early" and left is None:
        kept = head.left_at if head.status == "left_early" else None
        left = kept or (moment if frame.runs_at(moment) else None)
        arrived = arrived or (head.arrived_at if head.status == "late" else None)
    return arrived, left


def retimed(head: Head, frame: Frame) -> Head:
    """Return the head with its minutes for a session that was moved; a mark's own times stay."""
    minutes = attended_minutes(head.status, frame, head.arrived_at, head.left_at)
    late = 0
    if head.arrived_at is not None and head.arrived_at > frame.starts_at and head.status in THERE - {"present"}:
        late = Interval(frame.starts_at, head.arrived_at).minutes
    return replace(head, minutes=minutes, late_minutes=late)


def rank(source: str) -> int:
    """Return how strong a source is: manual > approved leave > check-in > import > assertion.

    The stronger one keeps the record; the weaker one stays visible as evidence (features.md X6).
    """
    kind = source.partition(":")[0]
    return {"manual": 50, "leave": 40, "badge": 30, "qr": 30, "device": 25, "import": 20, "assertion": 10}.get(kind, 0)


# --- steps of a sheet ----------------------------------------------------------------------------

STEPS: Mapping[str, tuple[frozenset[str], str]] = {
    "submit": (frozenset({"open"}), "submitted"),
    "take_back": (frozenset({"submitted"}), "open"),
    "return": (frozenset({"submitted"}), "open"),
    "verify": (frozenset({"submitted"}), "verified"),
    "reopen": (frozenset({"verified"}), "open"),
    "revoke": (frozenset({"submitted", "verified"}), "submitted"),
    "void": (frozenset({"open", "submitted", "verified"}), "void"),
}
"""Step -> (states it may be taken from, state it leads to)."""


def next_state(step: str, state: str) -> str | None:
    """Return the state after a step, or None where the state does not allow it."""
    allowed, after = STEPS[step]
    return after if state in allowed else None


def may_verify(account_id: str, submitted_by: str | None, markers: Iterable[str]) -> bool:
    """Whether somebody may verify: neither who ended the roll nor anybody who marked on it.

    So every presence has two people behind it, and nobody verifies what they logged (domain.md 3.1).
    """
    return account_id != submitted_by and account_id not in frozenset(markers)


@dataclass(frozen=True, slots=True)
class Tally:
    """How a roll stands. ``expected`` are the listed people, ``walk_ins`` those who came besides."""

    total: int
    expected: int
    walk_ins: int
    present: int
    late: int
    left_early: int
    excused: int
    absent: int
    unmarked: int
    minutes: int

    @property
    def marked(self) -> int:
        """People with a status."""
        return self.total - self.unmarked

    @property
    def there(self) -> int:
        """People who were in the room: present, late, left early."""
        return self.present + self.late + self.left_early


def tally(heads: Iterable[Head]) -> Tally:
    """Count a roll. Revoked presences count as absent people: they were not there."""
    listed = list(heads)
    n = Counter("absent" if h.revoked_at else h.status for h in listed)
    walk_ins = sum(1 for h in listed if not h.expected)
    return Tally(
        total=len(listed), expected=len(listed) - walk_ins, walk_ins=walk_ins, present=n["present"], late=n["late"],
        left_early=n["left_early"], excused=n["excused"], absent=n["absent"], unmarked=n[None],
        minutes=sum(h.minutes for h in listed if not h.revoked_at),
    )


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something the verifier should look at: a code, how many, whom (person ids), further numbers."""

    code: str
    count: int
    person_ids: tuple[str, ...] = ()
    params: tuple[tuple[str, Any], ...] = ()


def anomalies(
    heads: Iterable[Head], head_count: int | None, ends_at: datetime, late_record_days: int,
    overlaps: Iterable[str] = (),
) -> list[Anomaly]:
    """Return what stands out on a roll, most serious first.

    Codes: head_count_differs, overlap, late_entry, assertion, walk_in, time_missing, device_clock,
    shared_device, unmarked, revoked, was_revoked. ``overlaps`` are people present elsewhere at the same time (domain.md case 8).
    """
    listed = list(heads)
    found: list[Anomaly] = []
    counted = tally(listed)
    if head_count is not None and head_count != counted.there:
        found.append(Anomaly("head_count_differs", abs(head_count - counted.there), (),
                             (("head_count", head_count), ("there", counted.there))))
    here = {h.person_id for h in listed if h.status in THERE and not h.revoked_at}
    tests: list[tuple[str, Iterable[str]]] = [
        ("overlap", (p for p in dict.fromkeys(overlaps) if p in here)),
        ("late_entry", (h.person_id for h in listed if _entered_late(h, ends_at, late_record_days))),
        ("assertion", (h.person_id for h in listed if h.source == "assertion" and h.status in THERE)),
        ("walk_in", (h.person_id for h in listed if not h.expected)),
        ("time_missing", (h.person_id for h in listed if {"late_time_missing", "left_time_missing"} & set(h.review))),
        ("device_clock", (h.person_id for h in listed if "device_clock" in h.review)),
        ("shared_device", (h.person_id for h in listed if "shared_device" in h.review and h.status in THERE)),
        ("unmarked", (h.person_id for h in listed if h.status is None)),
        ("revoked", (h.person_id for h in listed if h.revoked_at)),
        ("was_revoked", (h.person_id for h in listed if "was_revoked" in h.review)),
    ]
    for code, people in tests:
        ids = tuple(people)
        if ids:
            extra = (("days", late_record_days),) if code == "late_entry" else ()
            found.append(Anomaly(code, len(ids), ids, extra))
    return found


def _entered_late(head: Head, ends_at: datetime, days: int) -> bool:
    if head.marked_at is None or head.status is None:
        return False
    return (local_day(head.marked_at) - local_day(ends_at)).days > days
