"""The dates of the story, all reckoned from the day on which it is told."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from trainhub.kernel import clock
from trainhub.kernel.years import RequirementYear

_SETTLING = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Story:
    """``now`` is the moment of telling (aware). The year turns 20 days late, so that January has a story."""

    now: datetime

    @property
    def today(self) -> date:
        """Local day of telling."""
        return _day_of(self.now)

    @property
    def year(self) -> RequirementYear:
        """The running calendar year of the story."""
        return RequirementYear.of(self.today - _SETTLING, "calendar")

    @property
    def last_year(self) -> RequirementYear:
        """The closed year."""
        return RequirementYear(self.year.start_year - 1)

    @property
    def school_year(self) -> int:
        """Calendar year in which the present school year began."""
        return self.today.year if self.today >= date(self.today.year, 9, 1) else self.today.year - 1

    def working_day(self, wanted: date, step: int = 1) -> date:
        """Return the nearest working day at or after (``step`` -1: at or before) ``wanted``."""
        day = wanted
        while not is_working_day(day):
            day += timedelta(days=step)
        return day

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A wall-clock time on a day, aware, UTC."""
        return clock.at(day, time(hour, minute))

    def running(self, minutes: int, ago: int) -> tuple[date, int, int, int]:
        """A part of ``minutes`` that began about ``ago`` minutes ago: running now, whatever the hour.

        It never crosses midnight, so around midnight it began less or more long ago.
        """
        local = clock.local(self.now)
        latest = 24 * 60 - minutes
        minute = max(0, local.hour * 60 + local.minute - ago)
        minute = latest if minute > latest else minute - minute % 5
        return local.date(), minute // 60, minute % 60, minutes


@lru_cache(maxsize=4)
def _day_of(now: datetime) -> date:
    """The local day of a moment; a story asks for its own tens of thousands of times."""
    return clock.local_day(now)


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Whether people work: the published notice where there is one, else the weekday."""
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def school_year_key(start: int) -> str:
    """Key of the school year that begins in that calendar year."""
    return f"{start}-{start + 1}"


def terms(start: int) -> list[tuple[str, date, date]]:
    """Autumn and spring term of a school year as (season, first day, last day)."""
    return [
        ("autumn", date(start, 9, 1), date(start + 1, 1, 20)),
        ("spring", date(start + 1, 2, 20), date(start + 1, 7, 8)),
    ]
