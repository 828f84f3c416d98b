"""A running application and a browser for it. Needs a Chromium (``TRAINHUB_CHROMIUM`` or on the path)."""

import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.builders import Sample, build_district
from trainhub.accounts import rules as account_rules
from trainhub.accounts.models import UserSession
from trainhub.app import create_app
from trainhub.app.schema import upgrade
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.web.database import db, transaction
from trainhub.web.gate import needs

CHROMIUM = next(
    (found for name in (os.environ.get("TRAINHUB_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
     if name and (found := shutil.which(name))),
    None,
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the system's Chromium; without one these tests are skipped by name."""
    if CHROMIUM is None:
        pytest.skip("no Chromium found: install one or set TRAINHUB_CHROMIUM")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@dataclass(frozen=True)
class Server:
    """The address, the sample in its database, and a signed cookie for each account."""

    url: str
    sample: Sample
    cookies: dict[str, str]
    app: Flask


def _sessions(sample: Sample) -> dict[str, str]:
    tokens = {}
    with transaction() as session:
        for key, account_id in sample.accounts.items():
            tokens[key] = secrets.token_urlsafe(16)
            moment = now()
            session.add(UserSession(
                token_hash=account_rules.token_digest(tokens[key]), district_id=sample.district_id, id=new_id(),
                account_id=account_id, created_at=moment, used_at=moment,
                expires_at=moment + account_rules.SESSION_LIFETIME,
            ))
    return tokens


def sign_in_cookies(app: Flask, sample: Sample) -> dict[str, str]:
    """Begin a session for each account of a district; account key -> cookie. Needs a POST request's context."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return {key: signer.dumps({"_user_id": token, "_fresh": True}) for key, token in _sessions(sample).items()}


@needs(Permission.PUBLIC_READ)
def _parts() -> str:
    """Show every part of the design in every state; a page of the tests alone."""
    return render_template("web/components.html")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real application, with CSRF and every header, on a free port."""
    folder = tmp_path_factory.mktemp("e2e")
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_DATA": str(folder), "TRAINHUB_LOG": "off",
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{Path(folder) / 'e2e.sqlite3'}",
    })
    upgrade(app)
    app.add_url_rule("/parts", "parts", _parts)
    with app.test_request_context("/", method="POST"):
        with transaction() as session:
            sample = build_district(session)
        cookies = sign_in_cookies(app, sample)
        db.session.remove()
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield Server(f"http://127.0.0.1:{running.server_port}", sample, cookies, app)
    running.shutdown()
    thread.join()
    running.server_close()
    with app.app_context():
        db.engine.dispose()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Open a page as one of the sample's accounts: ``visit(path, who, width=390, dark=True, scripts=False)``.

    Afterwards it fails if a page logged an error, which includes anything the content policy refused.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(path: str, who: str | None = None, *, width: int = 1440, dark: bool = False, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 844 if width < 500 else 900}, color_scheme="dark" if dark else "light",
            java_script_enabled=scripts, has_touch=width < 500, base_url=server.url,
        )
        contexts.append(context)
        if who:
            name = str(server.app.config["SESSION_COOKIE_NAME"])
            context.add_cookies([{"name": name, "value": server.cookies[who], "url": server.url, "httpOnly": True}])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []
