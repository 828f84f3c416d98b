"""Rules of credit that several kinds of course share."""

from trainhub.plugin_api import CourseCredit


def up_to_schedule(attended: int, scheduled: int) -> CourseCredit:
    """Return the attended minutes, at most the scheduled ones; reason ``beyond_schedule`` for the rest."""
    attended, scheduled = max(0, attended), max(0, scheduled)
    return CourseCredit(min(attended, scheduled), ("beyond_schedule",) if attended > scheduled else ())


def nothing(reason: str) -> CourseCredit:
    """Return no minutes, with the reason: the course is counted by another unit than minutes."""
    return CourseCredit(0, (reason,))
