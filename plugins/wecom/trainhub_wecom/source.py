"""The attendance source ``wecom``: a workbook by its labels, an answer of the interface by its shape."""

from collections.abc import Mapping

from trainhub.plugin_api import ReadResult, Refused, SessionFrame, SourceSpec, Upload
from trainhub.plugin_api.documents import looks_like_json, read_json
from trainhub.plugin_api.tables import read_tables
from trainhub_wecom import answers, report


class WeComSource:
    """The daily report 上下班打卡_日报 (xlsx, CSV) and saved answers of ``getcheckindata`` (JSON)."""

    spec = SourceSpec(
        key="wecom",
        label="WeCom (daily report, punches)",
        kind="file",
        trust="device",
        extensions=(".xlsx", ".xls", ".csv", ".json"),
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for WeCom's own layouts, else 0."""
        try:
            if looks_like_json(upload.content):
                return 98 if answers.is_own(read_json(upload)) else 0
            return 98 if report.sheets_of(read_tables(upload)) else 0
        except Refused:
            return 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Read the session's day; other days are dropped with their reason. Raises :class:`Refused`."""
        if looks_like_json(upload.content):
            return answers.read(read_json(upload), frame)
        return report.read(read_tables(upload), frame, mapping)
