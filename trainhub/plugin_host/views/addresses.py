"""The addresses of plugins: core looks for the route, demands its right, asks the plugin, and frames the answer."""

import io
from types import MappingProxyType
from typing import Any

from flask import request, send_file, url_for

from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api.routes import Caller, PluginRequest
from trainhub.plugin_host import calling, queries
from trainhub.plugin_host.addresses import Matched
from trainhub.plugin_host.calling import MOST_BODY, MOST_FIELDS, Reply, RequestTooLarge
from trainhub.plugin_host.host import Card
from trainhub.plugin_host.shelf import Address, addresses_of, label_of
from trainhub.plugin_host.store import PluginStore
from trainhub.plugin_host.views import blueprint, forced, plugin_host
from trainhub.web.context import current_actor
from trainhub.web.database import db, read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import is_chinese
from trainhub.web.keys import key_ring
from trainhub.web.pages import page, redirect_path

# The right that a plugin's route demands is known only once the route is found, so these two endpoints declare what
# everybody who is signed in holds, and `_found` demands the route's own right before anything of the plugin runs.


@blueprint.route("/plugins/<key>/at/", methods=["GET", "POST"])
@needs(get=Permission.HOME_READ, post=Permission.ACCOUNT_OWN_WRITE)
def root(key: str) -> Any:
    """The front page of a plugin."""
    return _answer(key, "")


@blueprint.route("/plugins/<key>/at/<path:path>", methods=["GET", "POST"])
@needs(get=Permission.HOME_READ, post=Permission.ACCOUNT_OWN_WRITE)
def at(key: str, path: str) -> Any:
    """Any other page of a plugin."""
    return _answer(key, path)


def _answer(key: str, path: str) -> Any:
    card, matched = _found(key, path)
    asked = _request(card, matched, current_actor())
    read_session().rollback()  # the plugin takes its time outside of any transaction
    assert card.addresses is not None
    return _respond(card, calling.ask(card.guard, card.addresses, matched, asked))


def _found(key: str, path: str) -> tuple[Card, Matched]:
    """Return the route of an address. NotFound where the plugin is off here or has none; Forbidden without its right."""
    actor, card = current_actor(), plugin_host().cards.get(key)
    if (
        card is None
        or card.addresses is None
        or key not in queries.on_here(read_session(), plugin_host(), actor.district_id, forced())
    ):
        raise NotFound
    matched = card.addresses.match(path, request.method)
    if matched is None:
        raise NotFound
    actor.require(matched.permission)
    return card, matched


def _request(card: Card, matched: Matched, actor: Actor) -> PluginRequest:
    form = {name: value for name, value in request.form.items() if name != "csrf_token"}
    if len(form) > MOST_FIELDS or len(request.args) > MOST_FIELDS or (request.content_length or 0) > MOST_BODY:
        raise RequestTooLarge
    body = b"" if request.form or request.files else request.get_data()
    if len(body) > MOST_BODY:
        raise RequestTooLarge
    school = "" if actor.org_id == actor.district_id else actor.org_id
    settings = queries.settings_for(
        read_session(), plugin_host(), card.key, actor.district_id, key_ring(), school_id=school
    )
    return PluginRequest(
        "POST" if request.method == "POST" else "GET",
        MappingProxyType(dict(matched.arguments)),
        MappingProxyType(request.args.to_dict()),
        MappingProxyType(form),
        body,
        Caller(actor.account_id, actor.role.value, actor.district_id, actor.org_id),
        MappingProxyType(settings),
        PluginStore(db.engine, card.key, actor.district_id, writable=request.method == "POST"),
        now(),
    )


def _respond(card: Card, reply: Reply) -> Any:
    if reply.page is not None:
        return page(
            "plugin_host/own_page.html",
            shown=reply.page,
            key=card.key,
            links=_links(card, reply),
            label=label_of(card.found.manifest, chinese=is_chinese()),
            may_read=current_actor().can(Permission.PLUGIN_READ),
            own=_own(card),
        )
    if reply.go_to is not None:
        return redirect_path(url_for("plugin_host.root", key=card.key) + reply.go_to)
    name = {"as_attachment": True, "download_name": reply.name} if reply.name else {}
    answer = send_file(io.BytesIO(reply.body), mimetype=reply.media_type, etag=False, **name)  # type: ignore[arg-type]
    answer.status_code = reply.status
    return answer


def _own(card: Card) -> list[Address]:
    """Return the plugin's pages and buttons that the actor may use."""
    actor = current_actor()
    return [address for address in addresses_of(card) if actor.can(Permission(address.permission))]


def _links(card: Card, reply: Reply) -> list[tuple[str, str]]:
    """Return the page's links that lead to the plugin's own addresses; any other is shown as text only."""
    assert reply.page is not None and card.addresses is not None  # noqa: PT018
    found = []
    for label, target in reply.page.links:
        path = target.lstrip("/")
        known = card.addresses.match(path.partition("?")[0], "GET") is not None
        found.append((label, url_for("plugin_host.root", key=card.key) + path if known else ""))
    return found
