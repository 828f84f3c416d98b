"""Exporters as the rooms use them: which are on in a district, and one call that is guarded and judged."""

import re
from typing import Any

from trainhub.kernel.errors import NotFound
from trainhub.plugin_api import ExporterSpec, ExportFile
from trainhub.plugin_api.exchange import ExportSubject
from trainhub.plugin_host import queries
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.rules import Forced
from trainhub.web.database import read_session
from trainhub.web.keys import sealing_key

BUDGET_SECONDS = 5.0
MOST_BYTES = 12 * 1024 * 1024
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}")
_ACTIVE = re.compile(r"html|xml|script|svg|multipart|wasm")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"/\\:*?<>|]+')


class Exports:
    """The exporters of an application. Every question names the district: a feed is fetched by nobody who is signed in."""

    def __init__(self, host: PluginHost, forced: Forced) -> None:
        self._host, self._forced = host, forced

    def offered(self, subject: ExportSubject, district_id: str) -> list[ExporterSpec]:
        """Return the formats of a subject that are on in a district."""
        if not len(self._host.exporters):
            return []
        on = queries.on_here(read_session(), self._host, district_id, self._forced)
        return [one.spec for one in self._host.exporters.of(on).values() if one.spec.subject == subject]

    def file(self, key: str, data: Any, subject: ExportSubject, district_id: str, school_id: str = "") -> ExportFile:
        """Return a finished file. Raises NotFound for a format that is not on, PluginUnavailable where it fails."""
        if key not in {spec.key for spec in self.offered(subject, district_id)}:
            raise NotFound
        session = read_session()
        exporter = self._host.exporters[key]
        settings = queries.settings_for(
            session, self._host, self._host.exporters.owner(key), district_id, sealing_key(), school_id=school_id
        )
        session.rollback()  # no transaction of core is open while a plugin works
        export = exporter.__wrapped__.export  # type: ignore[attr-defined]
        return self._host.exporters.guard(key).call(f"{key}.export", lambda: _judged(export(data, settings)), budget=BUDGET_SECONDS)


def _judged(found: Any) -> ExportFile:
    """Return a file as it may be sent: bounded, without a path in its name, of no type that a browser runs."""
    if not isinstance(found, ExportFile) or len(found.content) > MOST_BYTES:
        raise TypeError(f"an exporter returns an ExportFile of at most {MOST_BYTES} bytes")
    media_type = found.media_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type) or _ACTIVE.search(media_type):
        media_type = "application/octet-stream"
    return ExportFile(_UNSAFE.sub("_", found.name).strip(". ")[:120] or "export.bin", media_type, bytes(found.content))
