"""What the import pages share: the sources of this installation and the file that was sent."""

from collections.abc import Mapping

from flask import current_app
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from trainhub.plugin_api import AttendanceSource, Upload


def sources() -> Mapping[str, AttendanceSource]:
    """Return the attendance sources by key."""
    found: Mapping[str, AttendanceSource] = current_app.extensions["trainhub.sources"]
    return found


def source_options() -> list[tuple[str, str]]:
    """Return (key, label) of the sources that read files."""
    return [(s.spec.key, _(s.spec.label)) for s in sources().values() if s.spec.kind == "file"]


def sent_file(sent: FileStorage | None) -> Upload | None:
    """Return the file of a form, without the folders some browsers put before its name; None without one."""
    if sent is None or not sent.filename:
        return None
    return Upload(sent.filename.replace("\\", "/").rpartition("/")[2][-200:], sent.stream.read())
