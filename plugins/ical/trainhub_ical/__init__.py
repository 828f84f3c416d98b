"""Calendars in iCalendar form."""

from collections.abc import Sequence

from trainhub.plugin_api import Exporter, hookimpl
from trainhub_ical.writing import IcalExporter


@hookimpl
def trainhub_exporters() -> Sequence[Exporter]:
    """Add the calendar file."""
    return [IcalExporter()]


__all__ = ["IcalExporter", "trainhub_exporters"]
