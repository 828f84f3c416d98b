"""A migrated database for tests that need a file of their own: migrated once per worker, then copied."""

import secrets
import tempfile
from functools import cache
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url

from trainhub.app import create_app
from trainhub.app.plugins import make_tables
from trainhub.app.schema import upgrade
from trainhub.web.database import db


def migrate(app: Flask) -> None:
    """Do what ``upgrade`` does. A new SQLite file is a copy, with the tables of the plugins that are on; others are migrated step by step."""
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    path = Path(url.database or "")
    if url.get_backend_name() != "sqlite" or (path.exists() and path.stat().st_size):
        upgrade(app)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_tables())
    with app.app_context():
        make_tables(app.extensions["trainhub.plugins"], db.engine)


@cache
def _tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.sqlite3"
        app = create_app({
            "SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_DATA": folder, "TRAINHUB_LOG": "off", "TRAINHUB_PLUGINS": "", "TESTING": True,
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{path}",
        })
        upgrade(app)
        with app.app_context():
            db.engine.dispose()
        assert not path.with_name("tables.sqlite3-wal").exists(), "all of it is in the file"
        return path.read_bytes()
