"""Rosters in OneRoster 1.1 and 1.2."""

from collections.abc import Sequence

from trainhub.plugin_api import RosterImporter, hookimpl
from trainhub_oneroster.importer import OneRosterImporter


@hookimpl
def trainhub_roster_importers() -> Sequence[RosterImporter]:
    """Add the one importer that reads both versions."""
    return [OneRosterImporter()]


__all__ = ["OneRosterImporter", "trainhub_roster_importers"]
