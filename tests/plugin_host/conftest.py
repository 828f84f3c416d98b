"""The application with a few plugins from outside beside its own."""

import secrets
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import FreshClient
from tests.migrated import migrate
from tests.plugin_host.stage import furnish
from trainhub.app import create_app
from trainhub.plugin_host.host import PluginHost
from trainhub.web.database import db


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Like the application of all tests, on the same database."""
    application = create_app(
        {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "SQLALCHEMY_DATABASE_URI": database_url,
            "TESTING": True,
            "TRAINHUB_DATA": str(tmp_path_factory.mktemp("data")),
            "TRAINHUB_LOG": "off",
            "WTF_CSRF_ENABLED": False,
            "PROPAGATE_FAULTS": True,
            "TRAINHUB_PLUGIN_PATH": str(furnish(tmp_path_factory.mktemp("stage"))),
        }
    )
    application.test_client_class = FreshClient
    migrate(application)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def plugin_host(app: Flask) -> Iterator[PluginHost]:
    """The host, back at its defaults afterwards: what a test switched on is rolled back in the database only."""
    host: PluginHost = app.extensions["trainhub.plugins"]
    yield host
    host.apply(host.defaults)
    host.faults()
    for card in host.cards.values():
        card.fault = ""
        card.guard.reset()
