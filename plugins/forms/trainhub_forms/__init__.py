"""Sign-ins that people sent through a form: wjx.cn, Tencent Docs and forms of the same layout."""

from collections.abc import Sequence

from trainhub.plugin_api import AttendanceSource, hookimpl
from trainhub_forms.source import FormsSource


@hookimpl
def trainhub_attendance_sources() -> Sequence[AttendanceSource]:
    """Add the one source that reads collected forms."""
    return [FormsSource()]


__all__ = ["FormsSource", "trainhub_attendance_sources"]
