"""Which key the sealed values of the database are under, and sealing all of them anew under the current one.

The columns are found by their mark in the tables (``kernel.orm.sealed_columns``), the place of a value by ``place_of``: nothing
here knows what a value is about. A value under the current key is left alone, so a rotation that was killed is simply
run again: how far it came is seen from the values themselves.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, Update, bindparam, func, select, tuple_, update
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON

from trainhub.kernel.actor import SYSTEM
from trainhub.kernel.orm import SEALED, place_of, sealed_columns
from trainhub.kernel.sealing import CannotUnseal, KeyRing, key_id_of
from trainhub.ledger.guards import GUARDED
from trainhub.ledger.queries import last_of
from trainhub.ledger.service import NewEntry, append

Transaction = Callable[[], AbstractContextManager[Session]]
BATCH, BATCH_OF_FILES = 500, 4
BEGUN, ENDED = "keys.rotation_begun", "keys.rotated"
_PAGE = 2000
_HEAD = 11
"""``s1.`` and the key id are so long: no more of a value is read to say which key it is under."""


@dataclass(frozen=True, slots=True)
class ColumnStatus:
    """One sealed column: how many values under which key id; ``unknown``: under a key that is not in the ring."""

    column: str
    values: Mapping[str, int]
    current: int
    former: int
    unknown: int


@dataclass(slots=True)
class Rotated:
    """What one run did: values sealed anew by column, values that could not be opened, districts that were finished."""

    resealed: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    districts: int = 0


def name_of(column: Column[Any]) -> str:
    """``table.column``."""
    return f"{column.table.name}.{column.name}"


def status(session: Session, ring: KeyRing) -> list[ColumnStatus]:
    """Return every sealed column with the number of values per key id. Reads no value beyond its key id."""
    return [_status(session, ring, column) for column in sealed_columns()]


def _status(session: Session, ring: KeyRing, column: Column[Any]) -> ColumnStatus:
    counts: Counter[str] = Counter()
    if isinstance(column.type, JSON):
        for held in session.scalars(select(column).execution_options(yield_per=_PAGE)):
            counts.update(_id_of(value) for value in (held or {}).values())
    else:
        head = func.substr(column, 1, _HEAD)
        for start, number in session.execute(select(head, func.count()).where(column.is_not(None), column != "").group_by(head)):
            counts[_id_of(f"{start}.")] += number
    own, known = counts[ring.current_id], sum(counts[one] for one in ring.key_ids)
    return ColumnStatus(name_of(column), dict(sorted(counts.items())), own, known - own, counts.total() - known)


def _id_of(value: str) -> str:
    try:
        return key_id_of(value)
    except CannotUnseal:
        return "unsealed"


def rotate(transaction: Transaction, ring: KeyRing, districts: list[str], now: Callable[[], datetime], *, batch: int = BATCH) -> Rotated:
    """Seal every value anew under the current key, district by district, each batch in a transaction of its own.

    Beginning and end of a district stand in its ledger (numbers and key ids only); a run that was killed is ended by the
    next one. A district in which nothing is to do gets no entry. Values that do not open are counted and left as they are.
    """
    done = Rotated()
    for district_id in districts:
        with transaction() as session:
            left, begun = _left(session, ring, district_id), _begun(session, district_id)
            if not left and not begun:
                continue
            if not begun:
                _note(session, district_id, BEGUN, {"key": ring.current_id}, now())
        mine = Rotated()
        for column in _open_columns():
            _reseal(transaction, ring, district_id, column, batch, mine)
        with transaction() as session:
            _note(session, district_id, ENDED, {
                "key": ring.current_id, "values": dict(mine.resealed), "unreadable": dict(mine.unreadable),
            }, now())
        done.resealed += mine.resealed
        done.unreadable += mine.unreadable
        done.districts += 1
    return done


def _begun(session: Session, district_id: str) -> bool:
    """Whether an earlier run did not come to its end."""
    return last_of(session, district_id, district_id, (BEGUN, ENDED)) == BEGUN


def _open_columns() -> Iterator[Column[Any]]:
    """Sealed columns that may be changed. An append-only table holds none; a test of the house sees to it."""
    return (column for column in sealed_columns() if column.table.name not in GUARDED)


def _left(session: Session, ring: KeyRing, district_id: str) -> bool:
    for column in _open_columns():
        found = session.execute(_pending(column, ring, district_id)).mappings()
        if any(not ring.is_current(value) for row in found for value in _values(row).values()):
            return True
    return False


def _values(row: Mapping[Any, Any]) -> dict[str, str]:
    """The sealed values of a row by name; of a column of text the one, without a name."""
    held = row[SEALED]
    return dict(held) if isinstance(held, dict) else {"": held}


def _table(column: Column[Any]) -> Table:
    return column.table


def _pending(column: Column[Any], ring: KeyRing, district_id: str) -> Any:
    """Rows with a value that may not be under the current key (of a JSON column: every row that holds something)."""
    table = _table(column)
    query = select(*table.primary_key.columns, column.label(SEALED)).where(table.c.district_id == district_id)
    if isinstance(column.type, JSON):
        return query
    return query.where(column.is_not(None), column != "", func.substr(column, 1, _HEAD) != f"s1.{ring.current_id}")


def _reseal(transaction: Transaction, ring: KeyRing, district_id: str, column: Column[Any], size: int, mine: Rotated) -> None:
    """Seal the rows of one column anew, a batch per transaction, in the order of the primary key."""
    key = list(_table(column).primary_key.columns)
    size = min(size, BATCH_OF_FILES) if column.info.get("large") else size
    after: tuple[Any, ...] | None = None
    while True:
        with transaction() as session:
            query = _pending(column, ring, district_id)
            if after is not None:
                query = query.where(tuple_(*key) > after)
            # locked: what somebody writes meanwhile must not be overwritten with what was there before
            rows = session.execute(query.order_by(*key).limit(size).with_for_update()).mappings().all()
            changes = [change for row in rows if (change := _change(ring, column, row, mine)) is not None]
            if changes:
                session.connection().execute(_writing(column), changes)
        if len(rows) < size:
            return
        after = tuple(rows[-1][one.name] for one in key)


def _change(ring: KeyRing, column: Column[Any], row: Mapping[Any, Any], mine: Rotated) -> dict[str, Any] | None:
    values = _values(row)
    fresh = dict(values)
    for name, value in values.items():
        try:
            fresh[name] = ring.resealed(value, place_of(column, row, name))
        except CannotUnseal:
            mine.unreadable[name_of(column)] += 1
    different = sum(fresh[name] != values[name] for name in values)
    mine.resealed[name_of(column)] += different
    keys = {f"k_{one.name}": row[one.name] for one in _table(column).primary_key.columns}
    return keys | {"fresh": fresh if isinstance(column.type, JSON) else fresh[""]} if different else None


def _writing(column: Column[Any]) -> Update:
    table = _table(column)
    same = [one == bindparam(f"k_{one.name}") for one in table.primary_key.columns]
    return update(table).where(*same).values({column: bindparam("fresh", type_=column.type)})


def _note(session: Session, district_id: str, kind: str, payload: dict[str, Any], moment: datetime) -> None:
    append(session, NewEntry(
        district_id, district_id, kind, district_id, district_id, payload, occurred_at=moment, recorded_at=moment,
        actor_ref=SYSTEM, acting_role=SYSTEM, source="cli",
    ))
