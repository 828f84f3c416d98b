"""Attendance kept in another learning system: Moodle attendance and face-to-face, Indico check-in."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_lms.source import LmsSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the one source that reads exports of learning systems."""
    return [LmsSource()]


__all__ = ["LmsSource", "trainhub_attendance_sources"]
