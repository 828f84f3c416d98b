"""The formats of plugins that a page offers, and the call that makes a file of one."""

from typing import Any

from flask import Response, current_app

from trainhub.plugin_api import ExporterSpec, ExportFile
from trainhub.web.pages import attachment


def formats(subject: str, district_id: str) -> list[ExporterSpec]:
    """The formats of a subject (hours, calendar, certificate) that are on in a district."""
    found: list[ExporterSpec] = current_app.extensions["trainhub.exports"].offered(subject, district_id)
    return found


def exported(key: str, data: Any, subject: str, district_id: str, school_id: str = "", course_id: str = "") -> Response:
    """Answer with the data in a format, to be saved. Raises NotFound where the format is not on, SecretUnreadable."""
    found: ExportFile = current_app.extensions["trainhub.exports"].file(key, data, subject, district_id, school_id, course_id)
    return attachment(found.content, found.name, found.media_type)
