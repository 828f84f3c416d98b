"""The attendance source ``access``: events of door controllers by their shape, lists of card passages by their labels."""

from collections.abc import Mapping

from trainhub.plugin_api import ReadResult, Refused, SessionFrame, SourceSpec, Upload
from trainhub.plugin_api.tables import read_tables
from trainhub_access import campus_card, hikvision


class AccessSource:
    """Saved answers and pushed events of Hikvision access control, and lists of campus card passages."""

    spec = SourceSpec(
        key="access",
        label="Door controller or campus card",
        kind="file",
        trust="device",
        extensions=(".json", ".multipart", ".txt", ".csv", ".xlsx", ".xls"),
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for events of a controller, 97 for a list of passages, else 0."""
        try:
            if hikvision.looks_like_events(upload.content):
                return 98 if hikvision.has_events(upload) else 0
            return campus_card.confidence(read_tables(upload))
        except Refused:
            return 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Read the session's day; other days are dropped with their reason. Raises :class:`Refused`."""
        if hikvision.looks_like_events(upload.content):
            return hikvision.read(upload, frame)
        return campus_card.read(read_tables(upload), frame, mapping)
