"""The kinds of course and what they make of attended minutes; filled at start-up from the plugins' course types."""

from collections.abc import Callable

from trainhub.plugin_api.contracts import CourseCredit, CourseType, Mode, UnknownCourseType
from trainhub.training.rules.counting import full_credit

_resolve: Callable[[str], CourseType] | None = None


def use_course_types(resolve: Callable[[str], CourseType]) -> None:
    """Let credit come from these course types; ``resolve`` answers for unknown keys too (case 104)."""
    global _resolve  # noqa: PLW0603  one registry per process, set by the composition root
    _resolve = resolve


def course_type(key: str) -> CourseType:
    """Return a course type; for a key that nobody provides (any more) a readable stand-in (case 104)."""
    return _resolve(key) if _resolve is not None and key else UnknownCourseType(key)


def is_gone(kind: CourseType) -> bool:
    """Whether nobody provides the kind any more: its trainings can be read and count, but not be changed."""
    return isinstance(kind, UnknownCourseType)


def credit_of(type_key: str, attended: int, scheduled: int, mode: Mode) -> CourseCredit:
    """Return what attended minutes of a course type are worth; every minute where none are registered."""
    if _resolve is None or not type_key:
        return full_credit(type_key, attended, scheduled, mode)
    return _resolve(type_key).credit(attended_minutes=attended, scheduled_minutes=scheduled, mode=mode)
