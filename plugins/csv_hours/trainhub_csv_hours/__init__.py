"""Verified hours of a school and year as CSV: one row a person and part of a training."""

import csv
import io
import re
from collections.abc import Sequence

from trainhub.plugin_api import Exporter, ExporterSpec, ExportFile, HoursLedger, hookimpl
from trainhub.plugin_api.exchange import Settings

HEADERS = ("人员代码", "姓名", "工号", "部门", "培训", "日期", "分钟", "学时", "方式", "核验日期", "来源")
TRIGGERS = frozenset("=+-@\t\r\n\x00＝＋－＠")
_SKIPPED = "' \u3000\u00a0\ufeff"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"/\\:*?<>|]+')


def neutralised(text: str) -> str:
    """Return a text that no spreadsheet program runs: the rule of the sheets that core writes itself."""
    start = text.lstrip(_SKIPPED)[:1]
    plain = text.replace("\x00", "␀")
    return f"'{plain}" if start and start in TRIGGERS else plain


class CsvHours:
    """UTF-8 with a byte order mark, so that Excel reads the characters. Minutes and periods are numbers."""

    spec = ExporterSpec(
        key="csv_hours", label="学时明细（CSV）", subject="hours", media_type="text/csv", extension="csv"
    )

    def export(self, data: HoursLedger, settings: Settings) -> ExportFile:
        """Return the file; a period is whole, remainders are dropped row by row."""
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\r\n")
        writer.writerow(HEADERS)
        for row in data.rows:
            writer.writerow(
                [
                    neutralised(row.person_code),
                    neutralised(row.name),
                    neutralised(row.staff_no),
                    neutralised(row.department),
                    neutralised(row.title),
                    row.day.isoformat(),
                    row.minutes,
                    row.minutes // data.minutes_per_period,
                    neutralised(row.mode),
                    row.verified_on.isoformat() if row.verified_on else "",
                    neutralised(row.origin),
                ]
            )
        name = _UNSAFE.sub("_", f"{data.school}-学时明细-{data.year_label}")[:100]
        return ExportFile(f"{name}.csv", "text/csv", buffer.getvalue().encode("utf-8-sig", "replace"))


@hookimpl
def trainhub_exporters() -> Sequence[Exporter]:
    """Add the file."""
    return [CsvHours()]


__all__ = ["CsvHours", "neutralised", "trainhub_exporters"]
