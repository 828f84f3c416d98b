"""What is installed, what it gives and how it is; switching on and off; trying again; who changed what."""

from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _

from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.plugin_host import messages, queries, service
from trainhub.plugin_host.service import PluginRefused
from trainhub.plugin_host.shelf import Shelf, detail, label_of, scopes_of, shelf
from trainhub.plugin_host.views import blueprint, catch_up, forced, plugin_host
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.i18n import is_chinese
from trainhub.web.pages import form_page, page, redirect_to, toast


def _shelf() -> Shelf:
    return shelf(read_session(), plugin_host(), forced(), current_actor().district_id, chinese=is_chinese())


def shelf_model(key: str = "") -> dict[str, Any]:
    """Return what the page shows, with the details of one plugin: the chosen one, else one that needs a look."""
    found, actor = _shelf(), current_actor()
    wanted = [*(t.row for t in found.troubles), *(r for r in found.rows if r.state == "off"), *found.rows]
    shown = key or (wanted[0].key if wanted else "")
    one = (
        detail(read_session(), plugin_host(), forced(), actor.district_id, shown, chinese=is_chinese())
        if shown
        else None
    )
    return {
        "shelf": found,
        "one": one,
        "chosen": bool(key),
        "words": messages,
        "chinese": is_chinese(),
        "may_manage": actor.can(Permission.PLUGIN_MANAGE),
        "may": lambda name: actor.can(Permission(name)),
        "safe_mode": current_app.config["TRAINHUB_SAFE_MODE"],
        "refused": "",
        "setting_scopes": scopes_of(one.manifest) if one and one.manifest else [],
    }


@blueprint.get("/plugins")
@needs(Permission.PLUGIN_READ)
def plugins() -> Any:
    """Every plugin, grouped by what it gives, with its state."""
    return page("plugin_host/plugins.html", **shelf_model())


@blueprint.get("/plugins/<key>")
@needs(Permission.PLUGIN_READ)
def plugin(key: str) -> Any:
    """One plugin beside the list."""
    return page("plugin_host/plugins.html", **shelf_model(key))


@blueprint.post("/plugins/<key>/on")
@needs(Permission.PLUGIN_MANAGE)
def switch_on(key: str) -> Any:
    """Switch a plugin on for the district and say what to do next."""
    host = plugin_host()
    if key in host.cards:
        host.judge(key)  # imported and asked before the transaction, so that a slow one keeps no writer waiting
    try:
        with transaction() as session:
            service.switch(session, current_actor(), host, forced(), key, True, now())
    except PluginRefused as refusal:
        return form_page(
            "plugin_host/plugins.html", refusal.status, **(shelf_model(key) | {"refused": sentence(refusal)})
        )
    catch_up()
    toast(_next_step(key))
    return redirect_to("plugin_host.plugin", key=key)


def _next_step(key: str) -> str:
    manifest = plugin_host().cards[key].found.manifest
    known = (messages.NEXT.get(word.partition(":")[0]) for word in manifest.provides)
    text = next((text for text in known if text is not None), _("%(label)s is on."))
    return str(text) % {"label": label_of(manifest, chinese=is_chinese())}


@blueprint.post("/plugins/<key>/off")
@needs(Permission.PLUGIN_MANAGE)
def switch_off(key: str) -> Any:
    """Switch a plugin off for the district; nothing that it brought is lost."""
    host = plugin_host()
    with transaction() as session:
        service.switch(session, current_actor(), host, forced(), key, False, now())
    catch_up()
    label = label_of(host.cards[key].found.manifest, chinese=is_chinese())
    toast(
        _("%(label)s is off: its buttons are gone, what it recorded stays and keeps counting.", label=label),
        undo_url=url_for("plugin_host.switch_on", key=key),
        undo_label=_("Switch on again"),
    )
    return redirect_to("plugin_host.plugin", key=key)


@blueprint.post("/plugins/<key>/retry")
@needs(Permission.PLUGIN_MANAGE)
def retry(key: str) -> Any:
    """Forget a plugin's failures and try it again."""
    host = plugin_host()
    if key not in host.cards:
        raise NotFound
    with transaction() as session:
        service.forget_failures(session, current_actor(), key, now())
    host.retry(key, queries.wanted_now(read_session(), host, forced()))
    if fault := host.cards[key].fault:
        toast(_("It still cannot be started: %(fault)s", fault=fault), "error")
    else:
        toast(_("Its failures are forgotten; the next call tries it again."))
    return redirect_to("plugin_host.plugin", key=key)


@blueprint.get("/plugins/change-history")
@needs(Permission.PLUGIN_READ)
def change_history() -> Any:
    """Who switched, set and tried what, from the ledger."""
    key = request.args.get("plugin", "")[:31]
    found = queries.changes(read_session(), current_actor().district_id, key)
    labels = {k: label_of(c.found.manifest, chinese=is_chinese()) for k, c in plugin_host().cards.items()}
    return page("plugin_host/change_history.html", changes=found, labels=labels, words=messages, key=key)
