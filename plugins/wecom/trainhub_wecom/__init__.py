"""Attendance out of WeCom: the daily report workbook and answers of the open interface."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_wecom.source import WeComSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the one source that reads everything WeCom hands out."""
    return [WeComSource()]


__all__ = ["WeComSource", "trainhub_attendance_sources"]
