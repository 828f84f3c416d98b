"""Terms, a school's own days, and the national notice."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import CalendarDay, SchoolDay, SchoolTerm
from trainhub.roster.refusals import DateBeforeStart, NotKnownYet, UnknownWord
from trainhub.roster.service.facts import announce_classes, guard, record

_HOLIDAY_NAMES = {
    "New Year's Day": "元旦", "Spring Festival": "春节", "Tomb-sweeping Day": "清明节", "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节", "National Day": "国庆节", "Mid-autumn Festival": "中秋节",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SetTerm:
    """A term of a school year at an organisation; the bureau's holds for every school without its own."""

    org_id: str
    school_year: str
    season: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class SetDay:
    """A school's own day: kind ``off``, ``school``, or "" to take the exception back.

    ``follows_weekday`` 1-7: a school day has the lessons of that weekday.
    """

    org_id: str
    day: date
    kind: str
    reason: str = ""
    follows_weekday: int | None = None


def _may_set(actor: Actor, org_id: str) -> None:
    """A bureau officer sets the bureau's calendar, a school administrator the school's."""
    officer = org_id == actor.district_id and actor.can(Permission.POLICY_WRITE)
    guard(actor, org_id, Permission.POLICY_WRITE if officer else Permission.ROSTER_WRITE)


def set_term(session: Session, actor: Actor, command: SetTerm, now: datetime) -> str:
    """Write a term; returns its id. Raises DateBeforeStart where it ends before it starts."""
    _may_set(actor, command.org_id)
    if command.season not in ("autumn", "spring"):
        raise UnknownWord(field="season", value=command.season)
    if command.ends_on <= command.starts_on:
        raise DateBeforeStart(field="ends_on", from_on=command.starts_on.isoformat())
    row = session.scalars(select(SchoolTerm).where(
        SchoolTerm.district_id == actor.district_id, SchoolTerm.school_id == command.org_id,
        SchoolTerm.school_year == command.school_year, SchoolTerm.season == command.season,
    )).one_or_none()
    if row is None:
        row = SchoolTerm(district_id=actor.district_id, id=new_id(), school_id=command.org_id,
                         school_year=command.school_year, season=command.season)
        session.add(row)
    row.starts_on, row.ends_on = command.starts_on, command.ends_on
    record(
        session, actor, now, school_id=command.org_id, kind="calendar.term", subject=command.org_id, object_ref=row.id,
        payload={"school_year": command.school_year, "season": command.season, "starts_on": command.starts_on,
                 "ends_on": command.ends_on},
    )
    announce_classes(session, actor, command.org_id)
    return row.id


def set_day(session: Session, actor: Actor, command: SetDay, now: datetime) -> None:
    """Declare a day off or a school day, or take that back."""
    _may_set(actor, command.org_id)
    if command.kind not in ("off", "school", ""):
        raise UnknownWord(field="kind", value=command.kind)
    if command.follows_weekday is not None and command.follows_weekday not in range(1, 8):
        raise UnknownWord(field="follows_weekday", value=str(command.follows_weekday))
    follows = command.follows_weekday if command.kind == "school" else None
    row = session.get(SchoolDay, (actor.district_id, command.org_id, command.day))
    if command.kind and row is None:
        session.add(SchoolDay(district_id=actor.district_id, school_id=command.org_id, day=command.day,
                              kind=command.kind, reason=command.reason[:80], follows_weekday=follows))
    elif command.kind and row is not None:
        row.kind, row.reason, row.follows_weekday = command.kind, command.reason[:80], follows
    elif row is not None:
        session.delete(row)
    record(
        session, actor, now, school_id=command.org_id, kind="calendar.day", subject=command.org_id,
        object_ref=command.day.isoformat(), on=command.day,
        payload={"kind": command.kind, "follows_weekday": follows}, reason=command.reason,
    )


def official_days(year: int) -> list[tuple[date, str, str]]:
    """Holidays and make-up workdays of a year as (day, kind, name) from the published notice.

    Raises :class:`NotKnownYet` for a year whose notice the package does not hold.
    """
    import chinese_calendar  # a lookup table loaded only when a year is seeded

    days: list[tuple[date, str, str]] = []
    day = date(year, 1, 1)
    try:
        while day.year == year:
            rest, name = chinese_calendar.get_holiday_detail(day)
            # the notice names a stretch; its weekend days belong to it
            if name is not None:
                days.append((day, "holiday" if rest else "workday", _HOLIDAY_NAMES.get(name, str(name))))
            day += timedelta(days=1)
    except NotImplementedError as fault:
        raise NotKnownYet(year=year) from fault
    return days


def seed_calendar(session: Session, year: int) -> int:
    """Store the national days of a year; returns how many there are. Running it again changes nothing.

    Reference data without tenant, so there is no actor and no ledger entry. Raises NotKnownYet.
    """
    days = official_days(year)
    session.execute(delete(CalendarDay).where(CalendarDay.day >= date(year, 1, 1), CalendarDay.day <= date(year, 12, 31)))
    session.execute(insert(CalendarDay), [
        {"day": day, "kind": kind, "name": name, "source": "chinesecalendar"} for day, kind, name in days
    ])
    return len(days)


def load_official_year(session: Session, actor: Actor, year: int) -> int:
    """Let a bureau officer load the notice of a year. Raises NotKnownYet."""
    guard(actor, actor.district_id, Permission.POLICY_WRITE)
    return seed_calendar(session, year)
