"""What each row of an import would become, and why. Used by the preview and by ``sources explain``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from trainhub.attendance.matching import RosterPerson
from trainhub.plugin_api import AttendanceReading, AttendanceSource, Problem, ReadResult, SessionFrame


@dataclass(frozen=True, slots=True)
class PersonOutcome:
    """What the evidence in a file makes of one person.

    ``status`` None means that nobody may record anything until a human decides; ``minutes`` None
    likewise. ``rows`` are the file rows it rests on; ``review`` are codes of FORMATS.md; ``how`` says by
    what the person was recognised ("staff_no", "name_and_department", "name", ... or "" without a row).
    """

    person_key: str
    name: str
    status: str | None
    minutes: int | None
    late_minutes: int | None
    left_early: bool
    check_in: datetime | None
    check_out: datetime | None
    counts_face_to_face: bool
    review: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    how: str = ""
    external_ids: tuple[str, ...] = ()
    expected: bool = True
    leave_type: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class UnmatchedRow:
    """A row that belongs to nobody yet: why, and who it might be. Never guessed."""

    row: int
    raw_name: str
    raw_id: str
    reason: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole import as a preview."""

    format: str
    people: tuple[PersonOutcome, ...]
    unmatched: tuple[UnmatchedRow, ...]
    warnings: tuple[Problem, ...] = ()


def weigh(
    result: ReadResult,
    people: Iterable[RosterPerson],
    frame: SessionFrame,
    expected: Sequence[str],
    *,
    face_to_face: bool = True,
    decisions: Mapping[int, str] | None = None,
) -> Outcome:
    """Match, score and judge all readings of a file.

    ``expected`` are person keys in the order of the roll; expected people without a row are absent.
    ``decisions`` maps a row number to the person key a human chose ("" = nobody).
    """
    raise NotImplementedError


def explain_files(
    key: str,
    roster_csv: Path,
    session: Mapping[str, Any],
    files: Sequence[Path],
    sources: Mapping[str, AttendanceSource],
) -> dict[str, Any]:
    """Return what files would become, in the shape of expected.json, without any database."""
    raise NotImplementedError


__all__ = ["AttendanceReading", "Outcome", "PersonOutcome", "UnmatchedRow", "explain_files", "weigh"]
