"""Attendance that somebody typed into a table: paper sheets, lists, roll-call grids, HTML saved as .xls."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_tabular.source import TabularSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the one source that reads every typed table."""
    return [TabularSource()]


__all__ = ["TabularSource", "trainhub_attendance_sources"]
