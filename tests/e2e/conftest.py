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
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask, render_template
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, ViewportSize, expect
from werkzeug.serving import make_server

from tests.builders import Sample, build_district
from tests.migrated import migrate
from trainhub.accounts import rules as account_rules
from trainhub.accounts.models import UserSession
from trainhub.app import create_app
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
expect.set_options(timeout=15_000)  # a busy machine is no fault of a page


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
                expires_at=moment + account_rules.SESSION_LIFETIME, proved_at=moment, second_factor_at=moment,
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
    migrate(app)
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


def _new_page(browser: Browser, server: Server, who: str | None, width: int, *, dark: bool, scripts: bool) -> Page:
    """A page of a context of its own, signed in as one of the sample's accounts."""
    context = browser.new_context(
        viewport=_viewport(width), color_scheme="dark" if dark else "light",
        java_script_enabled=scripts, has_touch=width < 500, base_url=server.url,
    )
    if who:
        name = str(server.app.config["SESSION_COOKIE_NAME"])
        context.add_cookies([{"name": name, "value": server.cookies[who], "url": server.url, "httpOnly": True}])
    return context.new_page()


def _viewport(width: int) -> ViewportSize:
    return ViewportSize(width=width, height=844 if width < 500 else 900)


class _Problems:
    """What pages logged as an error, which includes anything the content policy refused."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def listen(self, page: Page) -> None:
        """Hear a page from now on."""
        page.on("pageerror", self._error)
        page.on("console", self._console)

    def leave(self, page: Page) -> None:
        """Hear it no longer."""
        page.remove_listener("pageerror", self._error)
        page.remove_listener("console", self._console)

    def _error(self, error: Error) -> None:
        self.found.append(str(error))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.found.append(message.text)


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Open a page as one of the sample's accounts: ``visit(path, who, width=390, dark=True, scripts=False)``.

    Every call has cookies and storage of its own. Afterwards it fails if a page logged an error.
    """
    contexts: list[BrowserContext] = []
    problems = _Problems()

    def opened(path: str, who: str | None = None, *, width: int = 1440, dark: bool = False, scripts: bool = True) -> Page:
        page = _new_page(browser, server, who, width, dark=dark, scripts=scripts)
        contexts.append(page.context)
        problems.listen(page)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems.found == []


@pytest.fixture(scope="session")
def kept_pages(browser: Browser, server: Server) -> Iterator[dict[tuple[str | None, bool], Page]]:
    """Account and kind of device -> its page, from test to test."""
    pages: dict[tuple[str | None, bool], Page] = {}
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.fixture
def look(browser: Browser, server: Server, kept_pages: dict[tuple[str | None, bool], Page]) -> Iterator[Visit]:
    """Like ``visit`` for tests that only look: the page is kept for the next one, for a new one costs three times as much."""
    problems = _Problems()
    seen: list[Page] = []

    def opened(path: str, who: str | None = None, *, width: int = 1440, dark: bool = False) -> Page:
        key = (who, width < 500)
        if key not in kept_pages:
            kept_pages[key] = _new_page(browser, server, who, width, dark=dark, scripts=True)
        page = kept_pages[key]
        problems.listen(page)
        seen.append(page)
        page.set_viewport_size(_viewport(width))
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(path)
        return page

    yield opened
    for page in seen:
        problems.leave(page)
    assert problems.found == []


def violations(page: Page) -> list[list[str]]:
    """Rule and first element of everything axe objects to."""
    page.evaluate(AXE_SCRIPT)
    found: list[list[str]] = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(said => said.violations.map(each => [each.id, each.nodes[0].html]))"
    )
    return found
