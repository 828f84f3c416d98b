"""Models and migrations are the same, on both databases; an upgrade can be undone and redone."""

import secrets
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from trainhub.app import create_app
from trainhub.app.schema import FOLDER, upgrade
from trainhub.kernel.orm import Base
from trainhub.web.database import db


def test_models_equal_migrations(app: Flask, session: Session) -> None:
    context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
    differences = [d for d in compare_metadata(context, Base.metadata) if not (d[0] == "remove_table" and d[1].name == "alembic_version")]
    assert not differences


def test_down_and_up_again(tmp_path: Path) -> None:
    own = create_app({"SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_LOG": "off",
                      "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/x.sqlite3"})
    upgrade(own)
    with own.app_context():
        downgrade(directory=str(FOLDER), revision="base")
        with db.engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
        db.engine.dispose()
    upgrade(own)
    with own.app_context():
        with db.engine.connect() as connection:
            assert len(inspect(connection).get_table_names()) > 40
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        db.engine.dispose()
