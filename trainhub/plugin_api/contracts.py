"""What a course type and an attendance source are. Plugins describe and return; core writes.

Everything here is a frozen value: a plugin never receives a database session, an ORM row, or a
request.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from typing import Any, Literal, Protocol

Audience = Literal["staff", "class", "student", "parent"]
Mode = Literal["face_to_face", "online", "blended", "on_the_job"]
SourceKind = Literal["interactive", "file", "push", "pull"]
Trust = Literal["witnessed", "device", "self_report", "online"]


class Refused(Exception):
    """A file is refused before or while it is read.

    ``code`` is one of ``empty_file``, ``no_data``, ``not_a_table``, ``too_large``, ``inflated_too_large``,
    ``too_many_rows``, ``too_many_columns``, ``too_many_sheets``, ``too_many_members``, ``cell_too_long``,
    ``entities_forbidden``, ``bad_archive``, ``unsafe_path``, ``encrypted``, ``macro_file``,
    ``undecodable``, ``nul_bytes``, ``bad_json``, ``no_header``, ``only_totals``, ``could_be_several``, ``timeout``, ``out_of_memory``, ``reader_crashed``,
    ``source_failed``; core turns it into a sentence (``trainhub.evidence.messages``). ``params`` fill
    the sentence and never hold cell contents.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with an input: a code, where, and what to fill its sentence with.

    Core has sentences for the codes of :data:`DETAIL_CODES`. A course type that refuses for a reason of
    its own says it in ``params["text"]`` (English or the reader's language), under a code of its own.
    """

    code: str
    field: str = ""
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)


# --- course types -------------------------------------------------------------------------------

DETAIL_CODES = frozenset({
    "required", "not_a_choice", "not_a_number", "not_a_date", "too_long", "out_of_range", "bad_character", "unknown_field",
    "content_not_stored", "course_type_unavailable",
})
"""Codes of problems with detail fields that core says itself. ``too_long`` has ``limit``, ``out_of_range`` has ``lowest``
and ``highest``."""

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class DetailField:
    """One declared field of a course type; core builds the form from it.

    ``name`` is a short identifier (lower case, digits, ``_``). A required ``boolean`` must be ticked. Dates are
    kept as ISO text. Raises ValueError where the declaration contradicts itself.
    """

    name: str
    label: str
    kind: Literal["text", "integer", "choice", "boolean", "date"] = "text"
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""

    def __post_init__(self) -> None:
        if not _FIELD_NAME.fullmatch(self.name):
            raise ValueError(f"detail field {self.name!r}: use a short identifier of lower-case letters, digits and _")
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"detail field {self.name!r}: a choice needs choices, and nothing else has them")


@dataclass(frozen=True, slots=True)
class CourseTypeSpec:
    """The description of a course type. ``key`` is unique over all plugins.

    ``required_proofs`` name what should be kept as evidence (``sign_in_sheet``, ``photo``, ``record_sheet`` ...): a page
    names them, nothing demands them;
    ``report_columns`` name the detail fields that stand in the ledger of trainings, in that order. Raises ValueError
    where a name stands twice or a column names no field.
    """

    key: str
    label: str
    audience: Audience
    modes: tuple[Mode, ...]
    default_roll: Literal["present", "unmarked"]
    required_proofs: tuple[str, ...] = ()
    detail_fields: tuple[DetailField, ...] = ()
    report_columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [field.name for field in self.detail_fields]
        if len(set(names)) != len(names):
            raise ValueError(f"course type {self.key!r}: two detail fields have the same name")
        strange = [name for name in self.report_columns if name not in names]
        if strange:
            raise ValueError(f"course type {self.key!r}: no detail field is called {strange[0]!r}")


@dataclass(frozen=True, slots=True)
class CourseCredit:
    """What attended minutes are worth: minutes that count, and why the rest does not."""

    minutes: int
    reasons: tuple[str, ...] = ()


class CourseType(Protocol):
    """A kind of course. Pure: same input, same answer; no clock, no database."""

    spec: CourseTypeSpec

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with the detail fields, empty when nothing is."""
        ...

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return the minutes that count out of those attended, never more than scheduled."""
        ...


class UnknownCourseType:
    """Stands in for a type whose plugin is gone: readable, counted, not editable (case 104)."""

    def __init__(self, key: str) -> None:
        self.spec = CourseTypeSpec(
            key=key, label=key, audience="staff", modes=("face_to_face",), default_roll="unmarked"
        )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Everything about it is read-only."""
        return [Problem("course_type_unavailable")]

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Old records keep counting by their minutes."""
        return CourseCredit(max(0, min(attended_minutes, scheduled_minutes)))


# --- attendance sources -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrived: its bytes and the name the browser gave."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SessionFrame:
    """What a reader may know of the session: its local day and wall-clock times, nothing of people.

    Times are aware. Window and grace in minutes (FORMATS.md R2-R4). ``place`` is the room as the session
    names it, or "" where nobody said.
    """

    starts_at: datetime
    ends_at: datetime
    day: date
    window_before: int = 60
    window_after: int = 60
    grace: int = 5
    early_leave_grace: int = 5
    min_gap: int = 10
    single_punch: Literal["credit_to_end", "review"] = "review"
    place: str = ""


@dataclass(frozen=True, slots=True)
class AttendanceReading:
    """One raw statement of a source about one person. A reading is not a record.

    ``row`` is the 1-based row in the file (or sequence number); identity fields are as normalised
    text or ""; ``punches`` are aware datetimes (whole minutes); ``stated`` is the status the source
    itself claims: present, late, absent, excused, left_early, or None; ``whole_session`` says that a
    tick stands for the whole session (a stated presence without it leaves the minutes open); ``stays`` are
    stretches (in, out) the source itself pairs, as a meeting or a turnstile does: only they count then, no
    minute twice; ``most_minutes`` is the source's own total, never exceeded; ``sign_in_only`` says that a
    later punch repeats the first and is never a sign-out (forms); ``late_minutes``/``left_at`` come from remarks; ``flags`` are
    review codes of FORMATS.md R12; ``external_id`` is the natural key that makes repeats idempotent;
    ``other_days`` marks punches that lie on other days only.
    """

    row: int
    name: str = ""
    staff_no: str = ""
    department: str = ""
    platform_id: str = ""
    device_pin: str = ""
    card_no: str = ""
    email: str = ""
    punches: tuple[datetime, ...] = ()
    stays: tuple[tuple[datetime, datetime], ...] = ()
    most_minutes: int | None = None
    sign_in_only: bool = False
    stated: Literal["present", "late", "absent", "excused", "left_early"] | None = None
    whole_session: bool = False
    late_minutes: int | None = None
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    leave_type: str = ""
    remark: str = ""
    flags: tuple[str, ...] = ()
    other_days: bool = False
    raw: Mapping[str, str] = dataclass_field(default_factory=dict)
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that yields no reading, with its reason (title, totals, other_date, no_identity ...)."""

    row: int
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """All that a source found in an upload.

    ``columns`` maps recognised field -> header text as found; ``unmapped`` lists headers nobody took;
    ``confidence`` 0-100 is how sure the source is that the file is of its kind.
    """

    format: str
    readings: tuple[AttendanceReading, ...]
    dropped: tuple[Unreadable, ...] = ()
    warnings: tuple[Problem, ...] = ()
    encoding: str = ""
    columns: Mapping[str, str] = dataclass_field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    confidence: int = 0


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """The description of an attendance source. ``key`` is unique over all plugins.

    What it collects of people stands in ``plugin.toml``, which is read before anything is imported.
    """

    key: str
    label: str
    kind: SourceKind
    trust: Trust
    extensions: tuple[str, ...] = ()
    face_to_face: bool = True


class AttendanceSource(Protocol):
    """A way attendance arrives. Pure and streaming; no database, no network in ``read``."""

    spec: SourceSpec

    def recognise(self, upload: Upload) -> int:
        """Return 0-100: how sure the source is that it can read this file. Must not raise."""
        ...

    def read(
        self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None
    ) -> ReadResult:
        """Read a file into readings.

        ``mapping`` overrides the recognised columns (field name -> header text). Raises
        :class:`Refused` for a file that cannot or must not be read; never invents a person.
        """
        ...
