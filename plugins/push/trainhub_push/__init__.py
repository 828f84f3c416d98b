"""Signed batches: a device that can compute an HMAC sends who passed and when."""

from collections.abc import Sequence
from typing import Any

from trainhub.plugin_api import hookimpl
from trainhub_push.source import SignedPush


@hookimpl
def trainhub_attendance_sources() -> Sequence[Any]:
    """Add the one protocol."""
    return [SignedPush()]


__all__ = ["SignedPush", "trainhub_attendance_sources"]
