"""Pytest fixtures for authors: ``pytest_plugins = ["trainhub.testing.fixtures"]`` in a conftest."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from trainhub.testing.district import Sample, build_district


@pytest.fixture(scope="session")
def trainhub_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The real application on an SQLite file of its own, with every installed plugin found."""
    from trainhub.app import create_app
    from trainhub.app.schema import upgrade
    from trainhub.web.database import db

    folder: Path = tmp_path_factory.mktemp("trainhub")
    application = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'test.sqlite3'}",
        "TRAINHUB_DATA": str(folder), "TESTING": True, "TRAINHUB_LOG": "off", "WTF_CSRF_ENABLED": False,
    })  # fmt: skip
    upgrade(application)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def sample_district(trainhub_app: Flask) -> Sample:
    """A bureau, two schools, twenty invented members of staff, and an account for each role."""
    from trainhub.web.database import transaction

    with trainhub_app.app_context(), transaction() as session:
        return build_district(session)
