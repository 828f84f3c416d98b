"""Printed staff badges: a signed code without name or number."""

from collections.abc import Sequence

from trainhub.plugin_api import BadgeSource, hookimpl
from trainhub_badge.code import Badges


@hookimpl
def trainhub_attendance_sources() -> Sequence[BadgeSource]:
    """Add the badges."""
    return [Badges()]


__all__ = ["Badges", "trainhub_attendance_sources"]
