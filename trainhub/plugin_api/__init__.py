"""The front door for plugins: everything a plugin may import lives here.

>>> from trainhub.plugin_api import hookimpl, AttendanceSource, CourseType
"""

from trainhub.plugin_api.contracts import (
    AttendanceReading,
    AttendanceSource,
    CourseCredit,
    CourseType,
    CourseTypeSpec,
    DetailField,
    Problem,
    ReadResult,
    Refused,
    SessionFrame,
    SourceSpec,
    UnknownCourseType,
    Unreadable,
    Upload,
)
from trainhub.plugin_api.hookspecs import API_VERSION, HookSpecs, hookimpl, hookspec

__all__ = [
    "API_VERSION",
    "AttendanceReading",
    "AttendanceSource",
    "CourseCredit",
    "CourseType",
    "CourseTypeSpec",
    "DetailField",
    "HookSpecs",
    "Problem",
    "ReadResult",
    "Refused",
    "SessionFrame",
    "SourceSpec",
    "UnknownCourseType",
    "Unreadable",
    "Upload",
    "hookimpl",
    "hookspec",
]
