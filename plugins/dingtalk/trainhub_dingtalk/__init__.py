"""Attendance out of DingTalk: report workbooks, answers of the open interface, check-ins."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_dingtalk.source import DingTalkSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the one source that reads everything DingTalk hands out."""
    return [DingTalkSource()]


__all__ = ["DingTalkSource", "trainhub_attendance_sources"]
