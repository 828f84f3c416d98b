"""``create_app`` in named steps."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, g, request
from flask_compress import Compress
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import make_url
from werkzeug.middleware.proxy_fix import ProxyFix

from trainhub.accounts import browser, fresh
from trainhub.app import logs, probes, schema, shell, tables, wiring
from trainhub.app import plugins as plugins_here
from trainhub.app.settings import check_key, from_environment
from trainhub.attendance.views import receiver
from trainhub.class_meetings import registry as meetings
from trainhub.kernel.ids import new_id
from trainhub.plugin_host.discovery import Found
from trainhub.training.registry import use_course_types
from trainhub.web import assets, errors, gate, headers, i18n, sanity
from trainhub.web.database import db, prepare_sqlite, set_read_only
from trainhub.web.rendering import Site

csrf = CSRFProtect()
_POOL = {"pool_use_lifo": True}
"""Few warm connections rather than many cold ones: each keeps pages of the database in memory."""


def create_app(config: Mapping[str, Any] | None = None, *, plugins: Sequence[Found] = ()) -> Flask:
    """Build the application. Pure wiring: no migration, no write, no network.

    ``config`` overrides the environment; ``plugins`` adds some beside those that are found, switched on
    (``trainhub.testing.given``). Raises where the key is weak, a route declares no permission, or a plugin
    stops the start.
    """
    app = Site("trainhub", static_folder="web/static", template_folder="web/templates")
    app.config.from_mapping(from_environment(os.environ))
    app.config.from_mapping(config or {})
    check_key(str(app.config["SECRET_KEY"]))
    logs.configure(app)
    _prepare_requests(app)
    _prepare_database(app)
    browser.install(app)
    fresh.install(app)
    i18n.install(app)
    assets.install(app)
    headers.install(app)
    errors.install(app)
    Compress(app)
    sanity.install(app)
    csrf.init_app(app)
    gate.install(app)
    _start_plugins(app, plugins)
    wiring.register_rooms(app)
    for view in receiver.VIEWS:  # devices have no session and no page: their requests are signed instead, or known by serial number
        csrf.exempt(view)
    wiring.listen()
    probes.install(app)
    shell.install(app)
    gate.check_all(app)
    return app


def _prepare_requests(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    if app.config["TRAINHUB_PROXIES"]:
        count = int(app.config["TRAINHUB_PROXIES"])
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]

    @app.before_request
    def prepare() -> None:
        g.request_id = new_id()[:16]
        if request.endpoint in receiver.ENDPOINTS:
            request.max_content_length = receiver.MOST_BYTES
            request.get_data()  # kept as it came: reading it as a form would swallow what was signed
        set_read_only(True)  # also of a POST: only transaction() takes the write lock
        if request.endpoint not in {None, "static"}:
            g.locale = browser.preferences().locale


def _prepare_database(app: Flask) -> None:
    if make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database:  # in memory there is one connection and no pool
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _POOL | app.config["SQLALCHEMY_ENGINE_OPTIONS"]
    db.init_app(app)
    app.extensions["trainhub.tables"] = tables.ALL
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            prepare_sqlite(engine)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":  # ``flask db``, for whoever writes a migration
        schema.tell_where(app)


def _start_plugins(app: Flask, extra: Sequence[Found]) -> None:
    host = plugins_here.install(app, extra)
    use_course_types(host.course_types.resolve)
    meetings.use_course_types(host.course_types.resolve)
