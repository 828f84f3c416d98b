"""The attendance source ``lms``: which system exported a file is told by its labels or its shape."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import ReadResult, Refused, SessionFrame, SourceSpec, Upload
from trainhub.plugin_api.documents import looks_like_json, read_json
from trainhub.plugin_api.tables import read_tables
from trainhub_lms import attendance, facetoface, indico, members


class LmsSource:
    """Exports of Moodle (activities attendance and facetoface) and of Indico's check-in."""

    spec = SourceSpec(
        key="lms",
        label="Other learning system (Moodle, Indico)",
        kind="file",
        trust="witnessed",
        extensions=(".txt", ".csv", ".xlsx", ".xls", ".ods", ".json"),
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for a layout of one of the systems, else 0."""
        try:
            if looks_like_json(upload.content):
                return 98 if indico.is_own(read_json(upload)) else 0
            tables = read_tables(upload)
        except Refused:
            return 0
        return 98 if any(module.find(tables) for module in (attendance, facetoface, indico)) else 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Return one reading per person and session. Raises :class:`Refused`."""
        if looks_like_json(upload.content):
            return indico.read_answers(read_json(upload), frame)
        tables = read_tables(upload)
        if found := attendance.find(tables, mapping):
            return attendance.read(tables, found, frame)
        if rows := facetoface.find(tables, mapping):
            return facetoface.read(tables, rows, frame)
        if people := indico.find(tables, mapping):
            return indico.read_table(tables, people, frame)
        raise Refused("no_header")

    def knows(self, upload: Upload) -> int:
        """Return 97 for a list of members: it is no attendance, and is only explained."""
        return 97 if members.documents_of(upload) else 0

    def explain(self, upload: Upload) -> dict[str, Any]:
        """Return who takes part in a course. Raises :class:`trainhub.plugin_api.Refused`."""
        return members.explain(upload)
