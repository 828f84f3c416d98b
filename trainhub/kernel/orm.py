"""The one declarative base. Models import it without Flask."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    FromClause,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column, registry

from trainhub.kernel.sealing import place

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_1_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Stores aware datetimes as UTC; refuses naive ones; gives back aware UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Convert a moment once: a roll writes the same one, or none, hundreds of times."""
        return _once_each(super().bind_processor(dialect))

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Read a moment once, for the same reason."""
        return _once_each(super().result_processor(dialect, coltype))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime instead of guessing its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite forgets the zone; it was UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _once_each(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    if convert is None:
        return None
    known = lru_cache(maxsize=256)(convert)
    return lambda value: None if value is None else known(value)


Id = String(32)
Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Base of every table; constraint names are stable so that migrations can name them."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: Json, list[Any]: Json},
    )


def tenant_fk(column: str, table: str, *, target: str = "id", ondelete: str | None = None) -> ForeignKeyConstraint:
    """Return a foreign key that carries the tenant: ``(district_id, column) -> table``.

    A foreign key without the tenant would let a row of one district point into another, and would
    forbid partitioning by district.
    """
    return ForeignKeyConstraint(["district_id", column], [f"{table}.district_id", f"{table}.{target}"], ondelete=ondelete)


PROJECTION = {"projection": True}
"""``info`` of a table whose rows follow from others: they go with the row they are about and keep nobody from removing it."""


def is_projection(table: FromClause) -> bool:
    """Whether rows of a table only follow from others."""
    return bool(getattr(table, "info", {}).get("projection"))


SEALED = "sealed"
"""Mark in the ``info`` of a column whose values are sealed. ``trainhub keys`` finds all of them by it.

``place`` beside it is a function ``(row, name) -> place`` for columns whose place does not follow :func:`place_of`; a column of
type JSON holds a mapping from names to sealed values.
"""


def sealed(*, large: bool = False, **options: Any) -> MappedColumn[Any]:
    """Return a column of sealed text; ``large`` where values are files. An empty text stands for nothing and is never sealed.

    A table that is append-only has none: its values could not be sealed anew.
    """
    return mapped_column(Text, info={SEALED: True} | ({"large": True} if large else {}), **options)


def row_key(table: Table) -> tuple[str, ...]:
    """Return the columns that name a row in the place of a sealed value: ``id``, else the primary key without ``district_id``."""
    names = [column.name for column in table.primary_key.columns]
    return ("id",) if "id" in names else tuple(name for name in names if name != "district_id")


def place_of(column: Column[Any], row: Mapping[str, Any], name: str = "") -> str:
    """Return the place of a row's sealed value, from the tables alone (``row`` holds the primary key).

    For columns marked in the ordinary way it equals ``kernel.sealing.place(table, column, row id)``.
    """
    own: Callable[[Mapping[str, Any], str], str] | None = column.info.get("place")
    if own is not None:
        return own(row, name)
    return place(column.table.name, column.name, *(row[key] for key in row_key(column.table)))


def sealed_columns() -> Iterator[Column[Any]]:
    """Yield every sealed column, by table and column name, of the tables that have been imported."""
    for table in sorted(Base.metadata.tables.values(), key=lambda one: one.name):
        yield from (column for column in table.columns if column.info.get(SEALED))
