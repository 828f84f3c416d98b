"""Migrations, run by commands; the application itself never migrates."""

import ast
import re
from functools import lru_cache
from pathlib import Path

from flask import Flask
from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from trainhub.app.plugins import make_tables
from trainhub.web.database import db

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


_REVISION = re.compile(r"^(revision|down_revision)(?:: [^=]+)? = (.+)$", re.MULTILINE)


@lru_cache(maxsize=1)
def expected_heads() -> frozenset[str]:
    """Return the newest revisions that this code knows: those that no other one follows.

    Read from the files as they are written (migrations/README.md). Alembic would say the same, and would be
    a fifth of the start of a server that migrates nothing.
    """
    known, followed = set[str](), set[str]()
    for path in (FOLDER / "versions").glob("*.py"):
        said = dict(_REVISION.findall(path.read_text(encoding="utf-8")))
        known.add(ast.literal_eval(said["revision"]))
        before = ast.literal_eval(said["down_revision"])
        followed.update([before] if isinstance(before, str) else before or ())
    return frozenset(known - followed)


_applied = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def current_heads(connection: Connection) -> frozenset[str]:
    """Return the revisions that the database is at; none where it is empty."""
    if not inspect(connection).has_table(_applied.name):
        return frozenset()
    return frozenset(connection.scalars(select(_applied.c.version_num)))


def tell_where(app: Flask) -> None:
    """Let Flask-Migrate find database and folder. It brings Alembic with it, so only commands that migrate ask for it."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(FOLDER))


def upgrade(app: Flask) -> None:
    """Bring the database to the newest revision, then the tables of plugins; a failing step leaves it as it was."""
    from flask_migrate import upgrade as run

    tell_where(app)
    with app.app_context():
        run(directory=str(FOLDER))
        make_tables(app.extensions["trainhub.plugins"], db.engine)
