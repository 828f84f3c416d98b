"""Who came to which training of a year: trainings as columns, people as rows, one cell where they meet.

Statement counts are constant; records are read of the people and trainings that are shown, not of all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.kernel.clock import day_bounds
from trainhub.kernel.years import RequirementYear
from trainhub.training.models import EventPart, TrainingEvent, TrainingObligation
from trainhub.training.queries.facts import Moment
from trainhub.training.rules.counting import ATTENDED


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One person at one training. ``status`` of the part that says most; ``state`` of its roll.

    People who did the same share one object, so that it may be compared by what it is.
    """

    status: str | None
    leave_type: str
    state: str
    revoked: bool
    expected: bool

    @property
    def attended(self) -> bool:
        """Whether the person was there for some of it."""
        return self.status in ATTENDED and not self.revoked


@dataclass(frozen=True, slots=True)
class Column:
    """One training of the year. ``minutes`` of all its parts; ``there`` of ``expected`` heads came."""

    event_id: str
    title: str
    starts_at: datetime
    minutes: int
    is_make_up: bool
    upcoming: bool
    there: int = 0
    expected: int = 0
    verified: bool = False

    @property
    def mark(self) -> str:
        """Kind of mark: still to come, waiting for the second person, or counted."""
        return "todo" if self.upcoming else "ok" if self.verified else "hold"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a training of the year, by its roll. ``scheduled`` in minutes; ``bookable`` counts once attended."""

    sheet_id: str
    event_id: str
    title: str
    starts_at: datetime
    scheduled: int
    state: str
    is_make_up: bool
    bookable: bool


@dataclass(frozen=True, slots=True)
class Turnout:
    """Trainings in order, what each person did there, and minutes still booked, by person id."""

    columns: tuple[Column, ...] = ()
    cells: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)
    booked: Mapping[str, int] = field(default_factory=dict)


_sheet, _record, _part, _event, _duty = (
    t.__table__.c for t in (AttendanceSheet, AttendanceRecord, EventPart, TrainingEvent, TrainingObligation)
)
_DISTRICT: BindParameter[str] = bindparam("district_id")


def _parts_query(people: Any) -> Any:
    """Parts with their rolls: of the unit itself, and of the bureau where ``people`` (a set of ids) were invited.

    On the plain tables and made once: building such a statement costs more than running it. The rolls are found
    first and by their own index, whatever a database without statistics would rather do.
    """
    ours: ColumnElement[bool] = _sheet.school_id == bindparam("school_id")
    if people is not None:
        invited = exists().where(
            _record.district_id == _DISTRICT, _record.sheet_id == _sheet.id, _record.person_id.in_(people)
        )
        units = _sheet.school_id.in_([bindparam("school_id"), bindparam("bureau_id")])
        ours = and_(units, or_(ours, invited))
    rolls = (
        select(_sheet.district_id, _sheet.id, _sheet.starts_at, _sheet.ends_at, _sheet.state)
        .where(
            _sheet.district_id == _DISTRICT, ours, _sheet.state != "void", _sheet.starts_at >= bindparam("first"),
            _sheet.starts_at < bindparam("end"),
        )
        .cte("rolls").prefix_with("MATERIALIZED")
    )
    return (
        select(
            rolls.c.id, _event.id, _event.title, rolls.c.starts_at, rolls.c.ends_at, rolls.c.state, _event.is_make_up,
            _part.delivery_mode,
        )
        .join_from(
            rolls, EventPart.__table__, and_(_part.district_id == rolls.c.district_id, _part.sheet_id == rolls.c.id)
        )
        .join(TrainingEvent.__table__, and_(_event.district_id == _part.district_id, _event.id == _part.event_id))
        .where(
            _event.topic == bindparam("topic"), _part.delivery_mode != "online",
            or_(_event.make_up_year_key.is_(None), _event.make_up_year_key == bindparam("year_key")),
        )
        .order_by(rolls.c.starts_at, _part.position)
    )


_NOW_HERE = select(_duty.person_id).where(
    _duty.district_id == _DISTRICT, _duty.year_key == bindparam("year_key"), _duty.school_id == bindparam("school_id")
)
_OWN_PARTS, _PARTS_OF_NOW = _parts_query(None), _parts_query(_NOW_HERE)
_PARTS_OF_PEOPLE = _parts_query(bindparam("people", expanding=True))


def parts_of(
    session: Session, district_id: str, school_id: str, topic: str, year: RequirementYear, moment: Moment,
    people: Collection[str],
) -> list[Part]:
    """Parts of the unit's own trainings, and of the bureau's that its people were at, that can count in the year.

    ``people`` are looked at for a past day only; for the present the stored obligations say who they are. In order
    of time; one statement. Trainings of another topic or online have their place on a person's page.
    """
    wanted: dict[str, Any] = {
        "district_id": district_id, "school_id": school_id, "topic": topic, "year_key": year.key,
        "first": day_bounds(year.first_day)[0],
        "end": day_bounds(year.last_day)[1] if moment.live else moment.known_at,
    }
    query = _OWN_PARTS
    if school_id != district_id:
        query, wanted["bureau_id"] = (_PARTS_OF_NOW if moment.live else _PARTS_OF_PEOPLE), district_id
        if not moment.live:
            wanted["people"] = list(people)
    return [
        Part(
            sheet, event, title, starts, int((ends - starts).total_seconds() // 60), state, make_up,
            mode == "face_to_face" and starts > moment.known_at,
        )
        for sheet, event, title, starts, ends, state, make_up, mode in session.connection().execute(query, wanted).all()
    ]


def latest_columns(parts: Iterable[Part], now: datetime, count: int) -> tuple[tuple[Column, ...], int]:
    """The latest ``count`` trainings without their tallies, and how many earlier ones there are."""
    columns = _columns(parts, {}, now)
    return columns[-count:], max(0, len(columns) - count)


_RECORDS = select(
    _record.sheet_id, _record.person_id, _record.status, _record.leave_type, _record.expected,
    _record.revoked_at.is_not(None),
).where(
    _record.district_id == _DISTRICT, _record.sheet_id.in_(bindparam("sheets", expanding=True)),
    _record.person_id.in_(bindparam("people", expanding=True)),
)  # fmt: skip


def turnout_of(
    session: Session, district_id: str, parts: Collection[Part], columns: tuple[Column, ...], people: Collection[str]
) -> Turnout:
    """What these people did at these trainings, and what is booked for them. One statement."""
    shown = {c.event_id for c in columns}
    wanted = {p.sheet_id: p for p in parts if p.bookable or p.event_id in shown}
    if not wanted or not people:
        return Turnout(columns)
    found = session.connection().execute(_RECORDS, {"district_id": district_id, "sheets": list(wanted), "people": list(people)}).all()
    cells, booked = _cells(wanted, found)
    return Turnout(columns, cells, booked)


_CAME = and_(_record.status.in_(ATTENDED), _record.revoked_at.is_(None))
_LISTED = (
    _record.district_id == _DISTRICT, _record.sheet_id.in_(bindparam("sheets", expanding=True)),
    _record.person_id.in_(bindparam("people", expanding=True)),
)
_TALLIES = (
    select(_record.sheet_id, func.sum(case((_CAME, 1), else_=0)), func.sum(case((_record.expected.is_(True), 1), else_=0)))
    .where(*_LISTED)
    .group_by(_record.sheet_id)
)
_HEADS = select(_record.sheet_id, _record.person_id, _CAME, _record.expected).where(*_LISTED)


def tallied_columns(
    session: Session, district_id: str, parts: Collection[Part], people: Collection[str], now: datetime
) -> tuple[Column, ...]:
    """The trainings with how many of these people were expected and came; those that none of them were at left out.

    At most two statements: rolls are counted by the database; only of trainings in several parts, where somebody
    counts once who came to both, single people are read.
    """
    events: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        events[part.event_id].append(part.sheet_id)
    single = {sheets[0]: event for event, sheets in events.items() if len(sheets) == 1}
    several = {sheet: event for event, sheets in events.items() if len(sheets) > 1 for sheet in sheets}
    asked, run = {"district_id": district_id, "people": list(people)}, session.connection().execute
    tallies = {
        single[sheet]: (int(came), int(expected))
        for sheet, came, expected in (run(_TALLIES, asked | {"sheets": list(single)}).all() if single else ())
    }
    if several:
        there: dict[str, set[str]] = defaultdict(set)
        listed: dict[str, set[str]] = defaultdict(set)
        for sheet, person, came, expected in run(_HEADS, asked | {"sheets": list(several)}).all():
            for wanted, found in ((came, there), (expected, listed)):
                if wanted:
                    found[several[sheet]].add(person)
        tallies |= {event: (len(there[event]), len(listed[event])) for event in several.values()}
    return tuple(c for c in _columns(parts, tallies, now) if c.expected or c.there)


def _columns(parts: Iterable[Part], tallies: Mapping[str, tuple[int, int]], now: datetime) -> tuple[Column, ...]:
    events: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        events[part.event_id].append(part)
    return tuple(
        Column(
            event, found[0].title, found[0].starts_at, sum(p.scheduled for p in found), found[0].is_make_up,
            found[0].starts_at > now, *tallies.get(event, (0, 0)), all(p.state == "verified" for p in found),
        )
        for event, found in events.items()
    )


SAYS_MOST = {"revoked": -1, "absent": 0, "excused": 1, None: 2, "left_early": 3, "late": 4, "present": 5}
"""Which part of a training says most about a person: what is missing, before what was there."""


def _cells(parts: Mapping[str, Part], records: Iterable[Any]) -> tuple[dict[str, dict[str, Cell]], dict[str, int]]:
    """Cells and booked minutes by person. People who did the same share one cell object."""
    made: dict[tuple[Any, ...], Cell] = {}
    cells: dict[str, dict[str, Cell]] = defaultdict(dict)
    booked: dict[str, int] = defaultdict(int)
    for sheet, person, status, leave, expected, revoked in records:
        part = parts[sheet]
        key = (status, leave, part.state, revoked, expected)
        cell = made.get(key)
        if cell is None:
            cell = made[key] = Cell(*key)
        mine = cells[person]
        held = mine.get(part.event_id)
        mine[part.event_id] = cell if held is None else min(held, cell, key=lambda c: SAYS_MOST[c.status])
        if part.bookable and expected and status is None:
            booked[person] += part.scheduled
    return cells, booked
