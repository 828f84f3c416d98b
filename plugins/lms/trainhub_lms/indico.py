"""Indico: the list of registrations (CSV, Excel) and the answers of its check-in interface (JSON).

Check-in dates are UTC. The check-in secret is never taken.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, SessionFrame, Unreadable
from trainhub.plugin_api.cells import local_day_of, text_of
from trainhub.plugin_api.days import session_days
from trainhub.plugin_api.documents import records
from trainhub.plugin_api.headers import Header, cell_at, find_header, labels_to_fields, rows_below
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub_lms.people import LABELS, Keys, Person, other_days, person_of

_FIELDS = labels_to_fields(
    LABELS
    | {
        "checked_in": ("Checked in", "Checked-in", "已签到"),
        "checked_at": ("Check-in date", "Check-in time", "签到日期"),
        "state": ("Registration state", "报名状态"),
        "registered": ("Registration date", "报名日期"),
    }
)
_YES = frozenset({"yes", "true", "1", "是", "x"})
_GONE = re.compile(r"withdrawn|rejected|cancel|拒绝|撤回|取消", re.IGNORECASE)
_LISTS = ("registrations", "results")


@dataclass(frozen=True, slots=True)
class List:
    """A list of registrations."""

    table: Table
    header: Header

    def __iter__(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        return rows_below(self.table, self.header)


def find(tables: Tables, mapping: Mapping[str, str] | None = None) -> list[List]:
    """Return the lists of registrations in a file."""
    found = []
    for table in tables:
        header = find_header(table, _FIELDS.get, ("name", "surname", "email"), mapping)
        fields = set(header.fields) if header else set()
        if header and "checked_in" in fields and fields & {"checked_at", "state", "registered"}:
            found.append(List(table, header))
    return found


def read_table(tables: Tables, found: Sequence[List], frame: SessionFrame) -> ReadResult:
    """Return one reading per registration."""
    book = _Book(frame)
    for people in found:
        at = people.header.places()
        for number, row in people:
            if any(cell is not None for cell in row):
                stamp = _utc(cell_at(row, at.get("checked_at")))
                there = text_of(cell_at(row, at.get("checked_in"))).lower() in _YES
                book.take(number, person_of(row, at), text_of(cell_at(row, at.get("state"))), stamp, there=there)
    header = found[0].header
    return book.result(tables.encoding, tables.warnings, header.columns(), header.unmapped())


def is_own(documents: tuple[Any, ...]) -> bool:
    """Whether records are registrations of Indico, by the names the first ones use."""
    for number, record in enumerate(records(documents, _LISTS)):
        if "checked_in" in record and {"full_name", "checked_in_dt", "checkin_secret"} & record.keys():
            return True
        if number >= 50:
            break
    return False


def read_answers(documents: tuple[Any, ...], frame: SessionFrame) -> ReadResult:
    """Return one reading per registration of an answer. Raises :class:`Refused`."""
    if not is_own(documents):
        raise Refused("no_header")
    book = _Book(frame)
    for number, record in enumerate(records(documents, _LISTS), 1):
        name, email = (str(record.get(k) or "").strip() for k in ("full_name", "email"))
        stamp = _utc(record.get("checked_in_dt"))
        book.take(
            number,
            Person(name, "", "", email.lower()),
            str(record.get("state") or ""),
            stamp,
            there=record.get("checked_in") is True,
        )
    return book.result("utf-8", (), {}, ())


def _utc(value: object) -> datetime | None:
    """Return the aware moment of an Indico time stamp; without a zone it is UTC. Whole minutes."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip().replace("/", "-"))
        except ValueError:
            return None
    else:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(second=0, microsecond=0)


class _Book:
    """Collects registrations, one reading each."""

    def __init__(self, frame: SessionFrame) -> None:
        self.frame = frame
        self.held: list[AttendanceReading] = []
        self.keys = Keys("indico")
        self.met: set[str] = set()
        self.dropped: list[Unreadable] = []
        self.seen: list[datetime] = []

    def take(self, number: int, person: Person, state: str, stamp: datetime | None, *, there: bool) -> None:
        """Take one registration; who was not checked in is absent, who withdrew is nobody's business."""
        if not person:
            self.dropped.append(Unreadable(number, "no_identity"))
            return
        if not there and _GONE.search(state):
            self.dropped.append(Unreadable(number, "withdrawn"))
            return
        if there and stamp is not None:
            self.seen.append(stamp)
        if (person.email or person.staff_no) and person.key in self.met:
            self.dropped.append(Unreadable(number, "repeated_row"))
            return
        self.met.add(person.key)
        self.held.append(
            AttendanceReading(
                row=number,
                name=person.name,
                staff_no=person.staff_no,
                department=person.department,
                email=person.email,
                punches=(stamp,) if there and stamp else (),
                stated="present" if there and stamp is None else None,
                flags=("single_punch",) if there and stamp is None else (),
                other_days=there and stamp is not None and local_day_of(stamp) not in session_days(self.frame),
                external_id=self.keys.key(person, "registration"),
            )
        )

    def result(
        self, encoding: str, warnings: tuple[Any, ...], columns: Mapping[str, str], unmapped: tuple[str, ...]
    ) -> ReadResult:
        """Return everything that was taken."""
        return ReadResult(
            format="indico",
            readings=tuple(self.held),
            dropped=tuple(self.dropped),
            warnings=(*warnings, *other_days(self.seen, self.frame)),
            encoding=encoding,
            columns=columns,
            unmapped=unmapped,
            confidence=98,
        )
