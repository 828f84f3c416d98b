"""Many rows at once: into a table without the cost of a parameter set each, beside rows that are there, known to the planner."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import DDL, Column, Dialect, FromClause, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from trainhub.kernel.orm import Base


def upsert(session: Session, table: type[Base] | FromClause) -> Any:
    """Return an INSERT into a table in the words of the session's database, which may go on with ``on_conflict_...``.

    Both databases say it in the same words; SQLAlchemy has a class for each.
    """
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(cast("Table", table))


def insert_many(session: Session, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run an INSERT (or upsert) for rows that all have the keys of the first; no rows, no statement.

    SQLAlchemy turns values into the driver's form one by one, which costs more than the database's own
    work on them; here every column is turned once for all rows. Columns left out must not have a default
    that Python fills in.
    """
    if not rows:
        return
    session.flush()
    connection = session.connection()
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = list(compiled.positiontup or compiled.bind_names.values())
    table = cast("Table", statement.table)
    sets: Any = zip(*(_turned(table.c[name], rows, connection.dialect) for name in names), strict=True)
    if not compiled.positional:
        sets = (dict(zip(names, values, strict=True)) for values in sets)
    connection.exec_driver_sql(str(compiled), list(sets))


def _turned(column: Column[Any], rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> Iterable[Any]:
    """The values of a column in the driver's form. The same few days and moments stand in most rows."""
    values = map(itemgetter(column.name), rows)
    turn = column.type.dialect_impl(dialect).bind_processor(dialect)
    if turn is None:
        return values
    return map(cache(turn) if isinstance(rows[0][column.name], date) else turn, values)


def refresh_statistics(session: Session, models: Iterable[type[Base]]) -> None:
    """Let PostgreSQL count the tables that this very transaction has filled; SQLite plans without counting.

    A tenant that the statistics do not know yet passes for one row, and joins are then planned as if they
    were free: two thousand people of a new district took 44 seconds to read. ANALYZE sees the rows of its
    own transaction and takes milliseconds.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    session.flush()
    for model in models:
        counting = DDL("ANALYZE %(fullname)s").against(cast("Table", model.__table__))  # type: ignore[no-untyped-call]
        session.execute(counting)
