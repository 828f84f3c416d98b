"""The attendance source ``dingtalk``: a workbook by its sheets, an answer of the interface by its shape."""

from collections.abc import Mapping

from trainhub.plugin_api import ReadResult, Refused, SessionFrame, SourceSpec, Upload
from trainhub.plugin_api.documents import looks_like_json, read_json
from trainhub.plugin_api.tables import read_tables
from trainhub_dingtalk import answers, report


class DingTalkSource:
    """Attendance reports (xlsx, CSV) and saved answers of the attendance and check-in interfaces (JSON)."""

    spec = SourceSpec(
        key="dingtalk",
        label="DingTalk (attendance report, check-ins)",
        kind="file",
        trust="device",
        extensions=(".xlsx", ".xls", ".csv", ".json"),
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for DingTalk's own layouts, 96 where only its summaries are left, else 0."""
        try:
            if looks_like_json(upload.content):
                return 98 if answers.kind_of(read_json(upload)) else 0
            return report.confidence(read_tables(upload))
        except Refused:
            return 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Read the session's day; other days are dropped with their reason. Raises :class:`Refused`."""
        if looks_like_json(upload.content):
            return answers.read(read_json(upload), frame)
        return report.read(read_tables(upload), frame, mapping)
