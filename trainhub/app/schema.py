"""Migrations, run by commands; the application itself never migrates."""

from functools import lru_cache
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


@lru_cache(maxsize=1)
def expected_heads() -> frozenset[str]:
    """Return the newest revisions that this code knows."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return frozenset(ScriptDirectory.from_config(config).get_heads())


def current_heads(connection: Connection) -> frozenset[str]:
    """Return the revisions that the database is at."""
    from alembic.runtime.migration import MigrationContext

    return frozenset(MigrationContext.configure(connection).get_current_heads())


def upgrade(app: Flask) -> None:
    """Bring the database to the newest revision; a failing step leaves it as it was."""
    from flask_migrate import upgrade as run

    with app.app_context():
        run(directory=str(FOLDER))
