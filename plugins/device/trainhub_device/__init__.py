"""Attendance machines: their logs and reports as files, and the ZKTeco push protocol."""

from collections.abc import Sequence
from typing import Any

from trainhub.plugin_api import hookimpl
from trainhub_device.source import DeviceSource
from trainhub_device.zkteco import ZktecoPush


@hookimpl
def trainhub_attendance_sources() -> Sequence[Any]:
    """Add the reader of files, and the protocol that devices speak."""
    return [DeviceSource(), ZktecoPush()]


__all__ = ["DeviceSource", "ZktecoPush", "trainhub_attendance_sources"]
