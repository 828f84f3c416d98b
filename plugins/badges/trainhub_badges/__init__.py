"""Certificates of staff as Open Badges 3.0."""

from collections.abc import Sequence

from trainhub.plugin_api import Exporter, hookimpl
from trainhub_badges.credential import BadgeExporter


@hookimpl
def trainhub_exporters() -> Sequence[Exporter]:
    """Add the credential."""
    return [BadgeExporter()]


__all__ = ["BadgeExporter", "trainhub_exporters"]
