"""Alembic environment.

Two things differ from the usual one. Foreign keys are off on SQLite while a migration runs: batch mode
drops and recreates parent tables, and with keys on, rows of child tables would vanish with them. And
the whole upgrade is one transaction on both databases, so a failing step leaves nothing behind.
"""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import JSON, Connection

from trainhub.kernel.orm import UtcDateTime
from trainhub.web.database import set_read_only

config = context.config
database = current_app.extensions["migrate"].db


def _include(obj: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Tables of a plugin that is not loaded are nobody's business here."""
    return not (kind == "table" and reflected and compare_to is None and (name or "").startswith("plugin_"))


def _render(kind: str, obj: Any, autogen: Any) -> Any:
    """Write our own column types by their short names."""
    if kind == "type" and isinstance(obj, UtcDateTime):
        autogen.imports.add("from trainhub.kernel.orm import UtcDateTime")
        return "UtcDateTime()"
    if kind == "type" and isinstance(obj, JSON):
        autogen.imports.add("from trainhub.kernel.orm import Json")
        return "Json"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        include_object=_include,
        **{
            **current_app.extensions["migrate"].configure_args,
            "compare_type": True,
            "render_item": _render,
            "render_as_batch": connection.dialect.name == "sqlite",
            "transactional_ddl": True,
        },
    )
    with context.begin_transaction():
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"foreign keys broken: {broken[:5]}")


def run_online() -> None:
    """Run the migrations on the application's own engine."""
    set_read_only(False)
    with database.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            _run(connection)
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    raise SystemExit("migrations run against a database only")
run_online()
