"""Exporters as the rooms use them: which are on in a district, and one call that is guarded and judged."""

from typing import Any

from trainhub.kernel.errors import NotFound
from trainhub.plugin_api import ExporterSpec, ExportFile
from trainhub.plugin_api.exchange import ExportSubject
from trainhub.plugin_host import queries
from trainhub.plugin_host.files import bounded, harmless_type, plain_name
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.rules import Forced
from trainhub.web.database import read_session
from trainhub.web.keys import key_ring

BUDGET_SECONDS = 5.0


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

    def file(self, key: str, data: Any, subject: ExportSubject, district_id: str, school_id: str = "", course_id: str = "") -> ExportFile:
        """Return a finished file. Raises NotFound for a format that is not on, PluginUnavailable where it fails, SecretUnreadable."""
        if key not in {spec.key for spec in self.offered(subject, district_id)}:
            raise NotFound
        session = read_session()
        exporter = self._host.exporters[key]
        settings = queries.settings_for(
            session, self._host, self._host.exporters.owner(key), district_id, key_ring(), school_id=school_id,
            course_id=course_id,
        )
        session.rollback()  # no transaction of core is open while a plugin works
        export = exporter.__wrapped__.export  # type: ignore[attr-defined]
        return self._host.exporters.guard(key).call(f"{key}.export", lambda: _judged(export(data, settings)), budget=BUDGET_SECONDS)


def _judged(found: Any) -> ExportFile:
    """Return a file as it may be sent. Raises TypeError or ValueError, which count as a failure of the plugin."""
    if not isinstance(found, ExportFile):
        raise TypeError("an exporter returns an ExportFile")
    return ExportFile(plain_name(found.name), harmless_type(found.media_type), bounded(bytes(found.content)))
