"""A rotating code for check-in: a picture on the projector and six digits to type."""

from collections.abc import Sequence

from trainhub.plugin_api import CheckInSource, hookimpl
from trainhub_qr.code import QrCheckIn


@hookimpl
def trainhub_attendance_sources() -> Sequence[CheckInSource]:
    """Add the rotating code."""
    return [QrCheckIn()]


__all__ = ["QrCheckIn", "trainhub_attendance_sources"]
