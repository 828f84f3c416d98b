"""The only clock, and the only place that knows where the schools are."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SCHOOL_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """Return ``moment`` on the wall clock of the schools (Asia/Shanghai)."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return moment.astimezone(SCHOOL_ZONE)


@lru_cache(maxsize=8192)
def local_day(moment: datetime) -> date:
    """Return the calendar day of ``moment`` where the schools are, whatever the server's zone. Lessons share their times: asked once each."""
    return local(moment).date()


def at(day: date, clock: time) -> datetime:
    """Return the aware UTC moment of a wall-clock time on a school day."""
    return datetime.combine(day, clock, SCHOOL_ZONE).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open UTC interval of a local day."""
    start = at(day, time())
    return start, start + timedelta(days=1)
