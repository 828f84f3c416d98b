"""Plugins in the application: start, what is offered to whom, keeping up with other processes, noting failures."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_request_context
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from trainhub.app.exports import Exports
from trainhub.kernel.clock import now
from trainhub.plugin_api.contracts import CourseType
from trainhub.plugin_host import queries, service, store
from trainhub.plugin_host.discovery import Found, discover
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.manifest import PluginFault
from trainhub.plugin_host.registry import Registry
from trainhub.plugin_host.rules import Forced
from trainhub.web.context import load_actor
from trainhub.web.database import db, read_session, transaction
from trainhub.web.keys import key_ring

T = TypeVar("T")
LOOK_EVERY_SECONDS = 3.0
"""How old a process's knowledge of what other processes switched on or off may be."""


class Offered(Mapping[str, T]):
    """What is on in the district of whoever asks; everything that is loaded where nobody asks (commands, tests)."""

    def __init__(self, registry: Registry[T], fits: Callable[[T], bool] | None = None) -> None:
        self._registry, self._fits = registry, fits

    def _visible(self) -> Mapping[str, T]:
        on = plugins_on_here()
        offered = self._registry if on is None else self._registry.of(on)
        return offered if self._fits is None else {key: item for key, item in offered.items() if self._fits(item)}

    def __getitem__(self, key: str) -> T:
        return self._visible()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._visible())

    def __len__(self) -> int:
        return len(self._visible())


class OfferedCourseTypes(Offered[CourseType]):
    """Course types on offer; a record's own type is found wherever it is on (case 104)."""

    def __init__(self, registry: Any) -> None:
        super().__init__(registry)
        self.resolve: Callable[[str], CourseType] = registry.resolve


def plugins_on_here() -> frozenset[str] | None:
    """Return the plugins of the asker's district, read once per request; None outside of a request."""
    actor = load_actor() if has_request_context() else None
    if actor is None:
        return None
    if "plugins_on" not in g:
        host: PluginHost = current_app.extensions["trainhub.plugins"]
        forced: Forced = current_app.extensions["trainhub.plugins_forced"]
        g.plugins_on = queries.on_here(read_session(), host, actor.district_id, forced)
    on: frozenset[str] = g.plugins_on
    return on


def install(app: Flask, extra: Sequence[Found]) -> PluginHost:
    """Start the plugins and put what they offer where the rooms look for it."""
    forced = Forced.read(app.config["TRAINHUB_PLUGINS"])
    found = discover(app.config["TRAINHUB_PLUGIN_PATH"], outside=not app.config["TRAINHUB_SAFE_MODE"])
    host = PluginHost((*found, *extra))
    with app.app_context():
        host.start(queries.wanted_at_start(db.engine, host, forced) | {p.manifest.key for p in extra})
        if forced.on and queries.is_there(db.engine):
            make_tables(host, db.engine, only_missing=True)
    app.extensions |= {
        "trainhub.plugins": host,
        "trainhub.plugins_forced": forced,
        "trainhub.plugins_catch_up": partial(catch_up, host, forced),
        "trainhub.course_types": OfferedCourseTypes(host.course_types),
        "trainhub.sources": Offered(host.sources, lambda s: s.spec.kind == "file"),
        "trainhub.check_ins": Offered(host.sources, lambda s: _speaks(s, "show")),
        "trainhub.badges": Offered(host.sources, lambda s: _speaks(s, "person_code")),
        "trainhub.source_settings": partial(source_settings, host),
        "trainhub.push_sources": Offered(host.sources, lambda s: s.spec.kind == "push"),
        "trainhub.push_sources_in": partial(push_sources_in, host, forced),
        "trainhub.exporters": Offered(host.exporters),
        "trainhub.exports": Exports(host, forced),
        "trainhub.notifiers": Offered(host.notifiers),
        "trainhub.roster_importers": Offered(host.roster_importers),
        "trainhub.policy_packs": Offered(host.policy_packs),
    }
    app.teardown_request(lambda _error: note_failures(host))
    if not app.testing:
        _keep_up(app, host, forced)
    return host


def make_tables(host: PluginHost, engine: Engine, *, only_missing: bool = False) -> None:
    """Bring the tables of the plugins that are on in this process up to date, each in a transaction of its own.

    Whoever switches a plugin on makes its tables; where configuration switches it on, or a newer version was installed,
    nobody does. A plugin whose migrations fail is noted by name, and the others go on.
    """
    for card in host.cards.values():
        if not card.on or "tables" not in card.found.manifest.provides or card.found.folder is None:
            continue
        if only_missing and inspect(engine).has_table(store.version_table(card.key)):
            continue
        try:
            with engine.begin() as connection:
                store.upgrade(connection, card.key, card.found.folder / "migrations")
        except PluginFault as fault:
            if not inspect(engine).has_table(store.version_table(card.key)):  # another process was not first
                card.guard.note("migrations", "failed", str(fault))


def source_settings(host: PluginHost, key: str, district_id: str, school_id: str) -> dict[str, Any]:
    """Return the settings of the plugin that gives an attendance source, as of one school. Raises SecretUnreadable."""
    return queries.settings_for(
        read_session(), host, host.sources.owner(key), district_id, key_ring(), school_id=school_id
    )


def push_sources_in(host: PluginHost, forced: Forced, district_id: str) -> Mapping[str, Any]:
    """Return the protocols that are on in a district, for requests of devices: nobody is signed in there."""
    on = queries.on_here(read_session(), host, district_id, forced)
    return {key: source for key, source in host.sources.of(on).items() if source.spec.kind == "push"}


def _speaks(source: Any, method: str) -> bool:
    """Whether an interactive source has a method; codes and badges are both interactive."""
    return source.spec.kind == "interactive" and hasattr(source.__wrapped__, method)


def note_failures(host: PluginHost) -> None:
    """Write down what failed, after the request's own transaction; a locked database loses the note, not the page."""
    faults = host.faults()
    if not faults:
        return
    try:
        with transaction() as session:
            service.note_failures(session, faults, now())
    except SQLAlchemyError:
        current_app.logger.warning("plugin failures not noted: %s", ", ".join(f"{f.plugin} {f.call}" for f in faults))


def catch_up(host: PluginHost, forced: Forced) -> None:
    """Switch plugins on and off in this process as the database says."""
    host.forgive(queries.noted_calls(read_session()))
    wanted = queries.wanted_now(read_session(), host, forced)
    if wanted != {key for key, card in host.cards.items() if card.on or card.fault}:
        host.apply(wanted)


def _keep_up(app: Flask, host: PluginHost, forced: Forced) -> None:
    looked = time.monotonic()

    @app.before_request
    def look() -> None:
        nonlocal looked
        if time.monotonic() - looked < LOOK_EVERY_SECONDS:
            return
        looked = time.monotonic()
        try:
            catch_up(host, forced)
        except SQLAlchemyError:  # the page itself will say that the database is not well
            db.session.rollback()
