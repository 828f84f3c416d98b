"""The attendance source ``device``: three kinds of file that machines and their software write."""

from collections.abc import Mapping

from trainhub.plugin_api import ReadResult, Refused, SessionFrame, SourceSpec, Upload
from trainhub.plugin_api.archives import OLE_MAGIC, ZIP_MAGIC
from trainhub.plugin_api.documents import looks_like_json
from trainhub.plugin_api.tables import read_tables
from trainhub_device import attlog, software, usb_report


class DeviceSource:
    """attlog.dat, the USB report of a stand-alone machine, the list of the software beside it."""

    spec = SourceSpec(
        key="device",
        label="Attendance machine (attlog.dat, USB report, software list)",
        kind="file",
        trust="device",
        extensions=(".dat", ".txt", ".xls", ".xlsx", ".csv"),
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for a log or a USB report, 97 for a software list, else 0."""
        try:
            if attlog.looks_like_log(upload.content):
                return 98
            if looks_like_json(upload.content):
                return 0
            if upload.content.startswith((OLE_MAGIC, ZIP_MAGIC)) and usb_report.months_of(read_tables(upload)):
                return 98
            return software.confidence(upload)
        except Refused:
            return 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Read the session's day; other days are counted. Raises :class:`Refused`."""
        if attlog.looks_like_log(upload.content):
            return attlog.read(upload.content, frame)
        if upload.content.startswith((OLE_MAGIC, ZIP_MAGIC)):
            tables = read_tables(upload)
            if usb_report.months_of(tables):
                return usb_report.read(tables, frame)
        return software.read(upload, frame, mapping)
