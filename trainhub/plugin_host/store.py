"""Tables of plugins: under their own prefix, made by their own migrations, seen only through :class:`PluginStore`.

A plugin with tables has a folder ``migrations`` in its package: Alembic revisions of one branch. They run when the
plugin is switched on, inside that transaction, and may touch ``px_<key>_...`` and nothing else. Every such table has
a column ``district_id``, which core fills and filters by.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, delete, event, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from trainhub.kernel.orm import Base
from trainhub.plugin_host.manifest import PluginFault
from trainhub.web.database import reading

TENANT = "district_id"
PREFIX = "px_"
MOST_ROWS = 10_000


class ForeignTable(PluginFault):
    """A plugin reached for a table that is not its own."""


def prefix(key: str) -> str:
    """Return how the names of a plugin's tables begin."""
    return f"{PREFIX}{key}_"


def version_table(key: str) -> str:
    """Return where the state of a plugin's migrations is kept."""
    return f"{prefix(key)}version"


def tables_of(connection: Connection, key: str) -> list[str]:
    """Return the names of a plugin's tables without the one of its migrations."""
    names = inspect(connection).get_table_names()
    return sorted(n for n in names if n.startswith(prefix(key)) and n != version_table(key))


def tables_of_all(connection: Connection) -> list[Table]:
    """Return every table that a plugin made, installed or not, those first that others point at."""
    held = MetaData()
    held.reflect(connection, only=lambda name, _held: name.startswith(PREFIX))
    return [table for table in held.sorted_tables if TENANT in table.c]  # without the states of their migrations


def upgrade(connection: Connection, key: str, folder: Path) -> list[str]:
    """Bring a plugin's tables up to date in the caller's transaction; returns their names.

    ``folder`` holds the Alembic revisions. Raises :class:`ForeignTable` where a revision names a table of core or of
    another plugin or makes one without the prefix, :class:`PluginFault` where a table has no ``district_id``.
    """
    with _only_its_own(connection, key):
        _run(connection, key, folder)
    for name in tables_of(connection, key):
        columns = {column["name"] for column in inspect(connection).get_columns(name)}
        if TENANT not in columns:
            raise PluginFault(f"plugin {key}: table {name} has no column {TENANT}; add it, core fills it")
    return tables_of(connection, key)


def _run(connection: Connection, key: str, folder: Path) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(folder), version_locations=[str(folder)])
    heads: Callable[..., Any] = lambda revision, _context: script._upgrade_revs("head", revision)  # noqa: E731, SLF001
    with EnvironmentContext(Config(), script, fn=heads) as environment:
        environment.configure(connection=connection, version_table=version_table(key), transactional_ddl=False)
        try:
            environment.run_migrations()
        except (SQLAlchemyError, LookupError, TypeError, AttributeError) as error:
            raise PluginFault(f"plugin {key}: its migrations failed: {type(error).__name__}") from error


@contextmanager
def _only_its_own(connection: Connection, key: str) -> Iterator[None]:
    """Refuse every statement that names a table which is not the plugin's, and tables made beside the prefix."""
    before = set(inspect(connection).get_table_names())
    foreign = {name for name in before | set(Base.metadata.tables) if not name.startswith(prefix(key))}
    pattern = re.compile(r"\b(" + "|".join(sorted(map(re.escape, foreign))) + r")\b", re.IGNORECASE)

    def look(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        looked_up = statement.lstrip().upper().startswith(("SELECT PG_CATALOG", "PRAGMA", "SELECT NAME FROM SQLITE_MASTER"))
        if not looked_up and (found := pattern.search(statement)):
            raise ForeignTable(f"plugin {key}: its migration reaches for the table {found[1]}, which is not its own")

    event.listen(connection, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", look)
    stray = {n for n in set(inspect(connection).get_table_names()) - before if not n.startswith(prefix(key))}
    if stray:
        raise ForeignTable(f"plugin {key}: its migration makes the table {min(stray)}; names must begin with {prefix(key)}")


def count(connection: Connection, key: str) -> dict[str, int]:
    """Return how many rows each table of a plugin holds, over all districts."""
    return {name: _table(connection, name).count(connection) for name in tables_of(connection, key)}


def everything(connection: Connection, key: str, district_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return all of a district's rows by table, for the export before a purge."""
    return {name: _table(connection, name).rows(connection, {TENANT: district_id}, None) for name in tables_of(connection, key)}


def clear(connection: Connection, key: str, district_id: str) -> dict[str, int]:
    """Delete a district's rows from a plugin's tables; returns how many went, by table."""
    return {name: _table(connection, name).remove(connection, {TENANT: district_id}) for name in tables_of(connection, key)}


def drop(connection: Connection, key: str) -> dict[str, int]:
    """Drop a plugin's tables, its migrations' state included; returns how many rows went."""
    gone = count(connection, key)
    names = [*gone, version_table(key)]
    known = set(inspect(connection).get_table_names())
    for name in names:
        if name in known:
            Table(name, MetaData()).drop(connection)
    return gone


class _Reflected:
    """A table as the database describes it."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def _where(self, statement: Any, where: Mapping[str, Any]) -> Any:
        for name, value in where.items():
            statement = statement.where(self.table.c[name] == value)
        return statement

    def rows(self, connection: Connection, where: Mapping[str, Any], limit: int | None) -> list[dict[str, Any]]:
        found = connection.execute(self._where(select(self.table), where).limit(limit))
        return [dict(row) for row in found.mappings()]

    def count(self, connection: Connection) -> int:
        from sqlalchemy import func

        return int(connection.scalar(select(func.count()).select_from(self.table)) or 0)

    def add(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        connection.execute(insert(self.table), [dict(row) for row in rows])
        return len(rows)

    def remove(self, connection: Connection, where: Mapping[str, Any]) -> int:
        return int(connection.execute(self._where(delete(self.table), where)).rowcount)


def _table(connection: Connection, name: str) -> _Reflected:
    return _Reflected(Table(name, MetaData(), autoload_with=connection))


class PluginStore:
    """What a plugin gets to reach its own tables (:class:`trainhub.plugin_api.Store`); each call commits alone."""

    def __init__(self, engine: Engine, key: str, district_id: str, *, writable: bool = True) -> None:
        self._engine, self._key, self._district, self._writable = engine, key, district_id, writable
        self._reflected = lru_cache(maxsize=32)(self._reflect)

    def _reflect(self, table: str) -> _Reflected:
        name = table if table.startswith(prefix(self._key)) else prefix(self._key) + table
        with reading(), self._engine.connect() as connection:
            if name not in tables_of(connection, self._key):
                raise ForeignTable(f"plugin {self._key} has no table {name}")
            return _table(connection, name)

    def rows(self, table: str, where: Mapping[str, Any] | None = None, *, limit: int = 1000) -> list[dict[str, Any]]:
        """Return rows of the caller's district."""
        found = self._reflected(table)
        with reading(), self._engine.connect() as connection:
            return found.rows(connection, {**(where or {}), TENANT: self._district}, min(limit, MOST_ROWS))

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert rows for the caller's district."""
        self._may_write()
        if not rows:
            return 0
        found = self._reflected(table)
        with self._engine.begin() as connection:
            return found.add(connection, [{**row, TENANT: self._district} for row in rows[:MOST_ROWS]])

    def remove(self, table: str, where: Mapping[str, Any]) -> int:
        """Delete rows of the caller's district."""
        self._may_write()
        found = self._reflected(table)
        with self._engine.begin() as connection:
            return found.remove(connection, {**where, TENANT: self._district})

    def _may_write(self) -> None:
        """A page that is only looked at writes nothing: a link on any site could open it."""
        if not self._writable:
            raise PermissionError("a GET route may only read")
