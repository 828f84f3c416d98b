"""Door controllers and campus cards: who passed which reader, when, and in which direction."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_access.source import AccessSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the one source that reads passages."""
    return [AccessSource()]


__all__ = ["AccessSource", "trainhub_attendance_sources"]
