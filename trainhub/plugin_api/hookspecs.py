"""The hooks. Each has a typed signature, documentation, and an in-tree user."""

from collections.abc import Sequence

import pluggy

from trainhub.plugin_api.contracts import AttendanceSource, CourseType

API_VERSION = "1.0"
hookspec = pluggy.HookspecMarker("trainhub")
hookimpl = pluggy.HookimplMarker("trainhub")


class HookSpecs:
    """Hook specifications of project name ``trainhub``."""

    @hookspec
    def trainhub_course_types(self) -> Sequence[CourseType]:
        """Return the kinds of course this plugin adds.

        Called once at start-up. A key that another plugin already registered stops the start.
        In-tree user: ``plugins/course_types``.
        """
        raise NotImplementedError

    @hookspec
    def trainhub_attendance_sources(self) -> Sequence[AttendanceSource]:
        """Return the ways attendance arrives that this plugin adds.

        Called once at start-up. A key that another plugin already registered stops the start.
        In-tree user: ``plugins/tabular``.
        """
        raise NotImplementedError
