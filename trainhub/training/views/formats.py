"""The formats of plugins that a page offers, and the call that makes a file of one."""

from typing import Any
from urllib.parse import quote

from flask import Response, current_app, make_response

from trainhub.plugin_api import ExporterSpec, ExportFile


def formats(subject: str, district_id: str) -> list[ExporterSpec]:
    """The formats of a subject (hours, calendar, certificate) that are on in a district."""
    found: list[ExporterSpec] = current_app.extensions["trainhub.exports"].offered(subject, district_id)
    return found


def exported(key: str, data: Any, subject: str, district_id: str, school_id: str = "") -> Response:
    """Answer with the data in a format, to be saved. Raises NotFound where the format is not on."""
    found: ExportFile = current_app.extensions["trainhub.exports"].file(key, data, subject, district_id, school_id)
    answer = make_response(found.content)
    answer.headers["Content-Type"] = f"{found.media_type}; charset=utf-8" if found.media_type.startswith("text/") else found.media_type
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
    return answer
