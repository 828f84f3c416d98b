"""Who was in an online meeting: Tencent Meeting, Zoom, Teams. Evidence that is never face to face."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_meeting.source import MeetingSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the one source that reads lists of participants."""
    return [MeetingSource()]


__all__ = ["MeetingSource", "trainhub_attendance_sources"]
