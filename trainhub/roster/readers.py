"""Staff and pupil sheets: from typed tables to rows with a verdict. Pure; nothing is saved here.

Columns outside the allow-list are dropped while reading: id numbers, addresses, family, health never
reach a row. Pass ``mapping`` (field -> header text) to override what was recognised.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, TypeVar

from trainhub.plugin_api import Problem
from trainhub.plugin_api.tables import Tables

Verdict = Literal["accepted", "duplicate", "rejected"]
Kind = Literal["staff", "students"]


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One row of a staff sheet. ``row`` is 1-based as in the clerk's program.

    ``category`` and ``state`` are as printed ("" when the sheet has no such column; state then means
    on duty). ``stays`` says whether the person belongs in the yearly denominator. ``phone_tail`` holds
    the last four digits only. ``posts`` are recognised posts such as "班主任".
    """

    row: int
    name: str
    staff_no: str
    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    sex: Literal["1", "2", ""] = ""
    department: str = ""
    category: str = ""
    state: str = ""
    stays: bool = True
    is_homeroom_teacher: bool = False
    homeroom_class: str = ""
    posts: tuple[str, ...] = ()
    subject: str = ""
    email: str = ""
    phone_tail: str = ""
    school_code: str = ""
    hired_on: date | None = None
    left_on: date | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class StudentRow:
    """One row of a pupil sheet. ``grade`` runs 1-12, ``class_no`` from 1; None where unreadable.

    ``seat_no`` is the number within the class (班内学号).
    """

    row: int
    student_no: str
    name: str
    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    sex: Literal["1", "2", ""] = ""
    grade: int | None = None
    class_no: int | None = None
    entry_year: int | None = None
    seat_no: str = ""
    school_code: str = ""


RowT = TypeVar("RowT", StaffRow, StudentRow)


@dataclass(frozen=True, slots=True)
class RosterSheet(Generic[RowT]):
    """What a sheet gave.

    ``columns`` maps field -> header text as found; ``headers`` lists all header texts (for a mapping
    dialog); ``unmapped`` those nobody took (never read); ``header_row`` is 1-based; ``problems`` are
    about the sheet as a whole; ``dropped`` counts title, totals and blank rows by reason.
    """

    kind: Kind
    sheet: str
    header_row: int
    columns: Mapping[str, str]
    headers: tuple[str, ...]
    unmapped: tuple[str, ...]
    rows: tuple[RowT, ...]
    problems: tuple[Problem, ...] = ()
    dropped: Mapping[str, int] | None = None
    encoding: str = ""


STAFF_FIELDS: tuple[str, ...] = ()
"""Fields a mapping of a staff sheet may name, in the order of the dialog."""

STUDENT_FIELDS: tuple[str, ...] = ()
"""Fields a mapping of a pupil sheet may name."""


def recognise_kind(tables: Tables) -> Kind | None:
    """Say whether a file looks like a staff or a pupil sheet, or None."""
    raise NotImplementedError


def read_staff(tables: Tables, mapping: Mapping[str, str] | None = None, *, school_code: str = "") -> RosterSheet[StaffRow]:
    """Read a staff sheet. Raises ``Refused("no_header")`` where no name column is found or mapped.

    With ``school_code``, rows of another school are rejected.
    """
    raise NotImplementedError


def read_students(
    tables: Tables,
    mapping: Mapping[str, str] | None = None,
    *,
    school_code: str = "",
    school_year: int | None = None,
    stage: Literal["primary", "junior", "senior", ""] = "",
) -> RosterSheet[StudentRow]:
    """Read a pupil sheet. Raises ``Refused("no_header")``.

    ``school_year`` is the year in which the running school year began; with ``stage`` it turns
    "2023级1班" into a grade where the sheet has no grade column.
    """
    raise NotImplementedError
