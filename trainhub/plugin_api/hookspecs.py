"""The hooks. Each has a typed signature, an example in ``plugins/HOOKS.md`` that runs, and an in-tree user."""

from collections.abc import Sequence

import pluggy

from trainhub.plugin_api.contracts import AttendanceSource, CourseType
from trainhub.plugin_api.exchange import Exporter, Notifier, PolicyPack, RosterImporter
from trainhub.plugin_api.interactive import BadgeSource, CheckInSource, PushSource
from trainhub.plugin_api.routes import Happening, PluginBlueprint

AnySource = AttendanceSource | CheckInSource | BadgeSource | PushSource
"""A file that is read, a rotating code, a printed badge, or a device that pushes."""
API_VERSION = "1.0"
hookspec = pluggy.HookspecMarker("trainhub")
hookimpl = pluggy.HookimplMarker("trainhub")


class HookSpecs:
    """Hook specifications of project name ``trainhub``.

    The hooks that return lists are called once, when the plugin is switched on; a key that another plugin
    already provides stops the start.
    """

    @hookspec
    def trainhub_course_types(self) -> Sequence[CourseType]:
        """Return the kinds of course this plugin adds. In-tree user: ``plugins/course_types``."""
        raise NotImplementedError

    @hookspec
    def trainhub_attendance_sources(self) -> Sequence[AnySource]:
        """Return the ways attendance arrives that this plugin adds. In-tree users: ``plugins/tabular``, ``plugins/qr``."""
        raise NotImplementedError

    @hookspec
    def trainhub_exporters(self) -> Sequence[Exporter]:
        """Return the file formats that data may leave in. In-tree user: ``plugins/badges``."""
        raise NotImplementedError

    @hookspec
    def trainhub_notifiers(self) -> Sequence[Notifier]:
        """Return the channels that carry notices to the outside. In-tree user: ``plugins/robot``."""
        raise NotImplementedError

    @hookspec
    def trainhub_roster_importers(self) -> Sequence[RosterImporter]:
        """Return the formats that rosters arrive in. In-tree user: ``plugins/oneroster``."""
        raise NotImplementedError

    @hookspec
    def trainhub_policy_packs(self) -> Sequence[PolicyPack]:
        """Return regions' rules as data. In-tree user: ``plugins/region_rules``."""
        raise NotImplementedError

    @hookspec
    def trainhub_blueprints(self) -> Sequence[PluginBlueprint]:
        """Return the plugin's routes; each demands a permission. In-tree user: ``plugins/robot``."""
        raise NotImplementedError

    @hookspec
    def trainhub_event(self, event: Happening) -> None:
        """Be told what was committed, by the background worker. In-tree user: ``plugins/robot``."""
        raise NotImplementedError
