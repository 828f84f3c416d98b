"""How a training ended: who came for how long, who confirmed it, and what it leaves open."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.roster.models import Person
from trainhub.training.models import EventPart, TrainingEvent, TrainingObligation
from trainhub.training.queries.events import EventPage
from trainhub.training.queries.turnout import SAYS_MOST
from trainhub.training.rules.counting import ATTENDED
from trainhub.training.rules.lifecycle import EventState
from trainhub.training.rules.obligations import STILL_OWING

ENDED = frozenset({EventState.SUBMITTED, EventState.VERIFIED, EventState.LOCKED, EventState.AMENDED})
"""States in which every roll was ended: from here on the page tells how the training went."""


@dataclass(frozen=True, slots=True)
class RollEnd:
    """The end of one part's roll: how many heads were counted, who ended it, who confirmed it and when."""

    position: int
    sheet_id: str
    state: str
    head_count: int | None
    submitted_by: str
    submitted_at: datetime | None
    verified_by: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attendee:
    """One person over all parts. ``status`` of the part that says most, None undecided; "revoked" found false.

    ``minutes`` confirmed by now; ``awaiting`` those of rolls that nobody confirmed yet. ``owes``: minutes of the
    year's duty are still missing.
    """

    person_id: str
    name: str
    serial_no: int
    department: str
    status: str | None
    leave_type: str
    minutes: int
    awaiting: int
    expected: bool
    owes: bool

    @property
    def there(self) -> bool:
        """Whether the person came at all."""
        return self.status in ATTENDED

    @property
    def plain(self) -> bool:
        """Nothing to say but that the person was there."""
        return self.status == "present"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole end of a training."""

    rolls: tuple[RollEnd, ...]
    people: tuple[Attendee, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Heads by status; ``unmarked`` for those nobody decided about."""
        return Counter(p.status or "unmarked" for p in self.people)

    @property
    def there(self) -> int:
        """Heads that came."""
        return sum(p.there for p in self.people)

    @property
    def minutes(self) -> int:
        """Confirmed minutes of everybody together."""
        return sum(p.minutes for p in self.people)

    @property
    def missing(self) -> tuple[Attendee, ...]:
        """People who did not come and still owe minutes of the year."""
        return tuple(p for p in self.people if not p.there and p.owes)

    @property
    def unverified(self) -> tuple[RollEnd, ...]:
        """Rolls that somebody else still has to confirm."""
        return tuple(r for r in self.rolls if r.state != "verified")


_ROLLS = (
    select(
        EventPart.position, AttendanceSheet.id, AttendanceSheet.state, AttendanceSheet.head_count,
        AttendanceSheet.submitted_by, AttendanceSheet.submitted_at, AttendanceSheet.verified_by, AttendanceSheet.verified_at,
    )
    .join(
        AttendanceSheet,
        and_(AttendanceSheet.district_id == EventPart.district_id, AttendanceSheet.id == EventPart.sheet_id),
    )
    .where(
        EventPart.district_id == bindparam("district_id"), EventPart.event_id == bindparam("event_id"),
        AttendanceSheet.state != "void",
    )
    .order_by(EventPart.position)
)  # fmt: skip
_RECORDS = (
    select(
        AttendanceRecord.sheet_id, AttendanceRecord.person_id, Person.name, AttendanceRecord.serial_no,
        AttendanceRecord.department, AttendanceRecord.status, AttendanceRecord.leave_type, AttendanceRecord.minutes,
        AttendanceRecord.expected, AttendanceRecord.revoked_at.is_not(None), TrainingObligation.state,
    )
    .join(Person, and_(Person.district_id == AttendanceRecord.district_id, Person.id == AttendanceRecord.person_id))
    .join(
        TrainingEvent,
        and_(TrainingEvent.district_id == AttendanceRecord.district_id, TrainingEvent.id == bindparam("event_id")),
    )
    .outerjoin(
        TrainingObligation,
        and_(
            TrainingObligation.district_id == AttendanceRecord.district_id,
            TrainingObligation.requirement_id == TrainingEvent.requirement_id,
            TrainingObligation.year_key == TrainingEvent.year_key,
            TrainingObligation.person_id == AttendanceRecord.person_id,
        ),
    )
    .where(
        AttendanceRecord.district_id == bindparam("district_id"),
        AttendanceRecord.sheet_id.in_(bindparam("sheets", expanding=True)),
    )
    .order_by(AttendanceRecord.serial_no, AttendanceRecord.person_id)
)  # fmt: skip
_OWING = {state.value for state in STILL_OWING}


def outcome_of(session: Session, district_id: str, held: EventPage) -> Outcome | None:
    """How a training ended, None while a roll is still open. Three statements."""
    if held.row.state not in ENDED:
        return None
    key = {"district_id": district_id, "event_id": held.row.id}
    rolls = session.execute(_ROLLS, key).all()
    names = _names(session, district_id, rolls)
    ends = tuple(
        RollEnd(
            r.position, r.id, r.state, r.head_count, names.get(r.submitted_by, ""), r.submitted_at,
            names.get(r.verified_by, ""), r.verified_at,
        )
        for r in rolls
    )
    confirmed = {r.sheet_id for r in ends if r.state == "verified"}
    records = session.execute(_RECORDS, key | {"sheets": [r.sheet_id for r in ends]})
    return Outcome(ends, tuple(_attendees(records, confirmed)))


def _names(session: Session, district_id: str, rolls: Iterable[Any]) -> dict[str | None, str]:
    wanted = {account for r in rolls for account in (r.submitted_by, r.verified_by) if account}
    query = select(Account.id, Account.display_name).where(Account.district_id == district_id, Account.id.in_(wanted))
    return dict(session.execute(query).all())


def _attendees(records: Iterable[Any], confirmed: set[str]) -> Iterable[Attendee]:
    """One entry a person: the part that says most speaks, minutes of all parts are added."""
    found: dict[str, Attendee] = {}
    for sheet, person, name, serial, department, marked, leave, given, expected, revoked, state in records:
        status, minutes = ("revoked", 0) if revoked else (marked, given)
        held = found.get(person)
        said = (status, leave)
        if held is not None and SAYS_MOST[held.status] <= SAYS_MOST[status]:
            said = (held.status, held.leave_type)
        counted, waiting = (minutes, 0) if sheet in confirmed else (0, minutes)
        found[person] = Attendee(
            person, name, serial, department, *said, counted + (held.minutes if held else 0),
            waiting + (held.awaiting if held else 0), expected, state in _OWING,
        )
    return found.values()
