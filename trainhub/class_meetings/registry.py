"""The kinds of course that check what an activity holds; filled at start-up from the plugins' course types."""

from collections.abc import Callable

from trainhub.plugin_api.contracts import CourseType, UnknownCourseType

_resolve: Callable[[str], CourseType] | None = None


def use_course_types(resolve: Callable[[str], CourseType]) -> None:
    """Let parent meetings and law lessons be checked by these course types; ``resolve`` answers for unknown keys too."""
    global _resolve  # noqa: PLW0603  one registry per process, set by the composition root
    _resolve = resolve


def course_type(key: str) -> CourseType:
    """Return a course type; for a key that nobody provides (any more) a readable stand-in (case 104)."""
    return _resolve(key) if _resolve is not None else UnknownCourseType(key)
