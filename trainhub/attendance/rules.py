"""What evidence is worth: present, late, left early, excused, absent, undecided (FORMATS.md R1-R8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from trainhub.plugin_api.contracts import AttendanceReading, SessionFrame

Status = Literal["present", "late", "absent", "excused"]


@dataclass(frozen=True, slots=True)
class Score:
    """The result for one person. ``status`` None: a human decides first. Minutes are whole."""

    status: Status | None
    minutes: int | None
    late_minutes: int | None = 0
    left_early: bool = False
    check_in: datetime | None = None
    check_out: datetime | None = None
    review: tuple[str, ...] = ()


def score(readings: Sequence[AttendanceReading], frame: SessionFrame) -> Score:
    """Score all readings about one person."""
    raise NotImplementedError
