"""Minutes spent online, out of cmi5 statements."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_xapi.source import XapiSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the one source."""
    return [XapiSource()]


__all__ = ["XapiSource", "trainhub_attendance_sources"]
