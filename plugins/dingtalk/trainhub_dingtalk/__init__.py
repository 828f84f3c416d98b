"""Attendance out of DingTalk: report workbooks, answers of the open interface, check-ins."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_dingtalk.checkins import DingTalkCheckIns
from trainhub_dingtalk.source import DingTalkSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the source of reports and answers, and that of the list of check-ins, which proves less."""
    return [DingTalkSource(), DingTalkCheckIns()]


__all__ = ["DingTalkCheckIns", "DingTalkSource", "trainhub_attendance_sources"]
