"""School days of the story, counted from the day of telling: a plan runs on them and rests in the holidays between."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from trainhub.demo.calendar import Story, is_working_day, terms

SPAN = 60
"""School days that the story of the committee takes when there is room for them: twelve weeks and a little."""
_BEYOND = timedelta(days=150)


@dataclass(frozen=True, slots=True)
class SchoolDays:
    """``days`` ascending; ``now`` the place of the latest one that has begun. In a vacation that is the last day of the term before."""

    story: Story
    days: tuple[date, ...]
    now: int

    @property
    def room(self) -> int:
        """How many school days of this school year lie behind; before them the pupils had no class here."""
        return self.now

    @property
    def in_vacation(self) -> bool:
        """Whether more than a week has passed without school."""
        return (self.story.today - self.days[self.now]).days > 7

    def back(self, count: int, before: int = 0) -> date:
        """The school day so many school days ago; where the school year is younger than the story, they lie closer together.

        ``before``: so many more before that one (negative: after it), which never lie closer.
        """
        near = count if self.room >= SPAN else count * self.room // SPAN
        return self.days[min(self.now, max(0, self.now - near - before))]

    def ahead(self, count: int) -> date:
        """The school day so many school days from now."""
        return self.days[min(len(self.days) - 1, self.now + count)]

    def after(self, day: date) -> date:
        """The next school day."""
        return self.days[min(len(self.days) - 1, bisect_right(self.days, day))]

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A wall-clock time on a day, aware, UTC."""
        return self.story.moment(day, hour, minute)


def school_days(story: Story) -> SchoolDays | None:
    """The school days of the present school year and of what follows; None before its first one."""
    spans = [(first, last) for start in (story.school_year, story.school_year + 1) for _season, first, last in terms(start)]
    days = tuple(
        day for first, last in spans for n in range((last - first).days + 1)
        if (day := first + timedelta(days=n)) <= story.today + _BEYOND and day.weekday() < 5 and is_working_day(day)
    )
    begun = bisect_right(days, story.today) - 1
    return SchoolDays(story, days, begun) if begun >= 0 else None
