"""The way out after switching off: take everything along, then delete it."""

import base64
import io
import json
import zipfile
from datetime import date, datetime, time
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.clock import local, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.plugin_host import messages, service
from trainhub.plugin_host.service import Bundle, NotConfirmed, PluginStillOn
from trainhub.plugin_host.shelf import detail
from trainhub.plugin_host.views import blueprint, forced, plugin_host
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.i18n import is_chinese
from trainhub.web.pages import attachment, form_page, page, redirect_to, toast


@blueprint.post("/plugins/<key>/export")
@needs(Permission.PLUGIN_MANAGE)
def export(key: str) -> Any:
    """Everything the district keeps of a plugin as a zip of JSON; secrets by name only."""
    moment = now()
    with transaction() as session:
        bundle = service.export(session, current_actor(), plugin_host(), key, moment)
    return attachment(_zip(key, bundle, moment), f"plugin-{key}-{local(moment):%Y%m%d-%H%M}.zip", "application/zip")


def _zip(key: str, bundle: Bundle, moment: datetime) -> bytes:
    card = plugin_host().cards.get(key)
    about = {
        "plugin": key,
        "version": card.found.manifest.version if card else "",
        "exported_at": moment,
        "district": current_actor().district_id,
    }
    files: dict[str, Any] = {"plugin.json": about, "settings.json": bundle.settings, "history.json": bundle.choices}
    files |= {f"tables/{name}.json": rows for name, rows in bundle.tables.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, json.dumps(content, ensure_ascii=False, indent=1, default=_plain))
    return stream.getvalue()


def _plain(value: Any) -> str:
    """Return what a column of a plugin's table may hold beside what JSON knows."""
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else str(value)


@blueprint.route("/plugins/<key>/purge", methods=["GET", "POST"])
@needs(get=Permission.PLUGIN_READ, post=Permission.PLUGIN_MANAGE)
def purge(key: str) -> Any:
    """Ask for the key, then delete what the district keeps of a plugin."""
    if request.method == "GET":
        return page("plugin_host/purge.html", **_purge_model(key))
    try:
        with transaction() as session:
            done = service.purge(
                session, current_actor(), plugin_host(), forced(), key, request.form.get("typed", "").strip(), now()
            )
    except (NotConfirmed, PluginStillOn) as refusal:
        return form_page("plugin_host/purge.html", refusal.status, **_purge_model(key, refusal))
    toast(
        _(
            "Deleted: %(rows)s rows and %(settings)s sets of settings of %(key)s.",
            rows=sum(done.rows.values()),
            settings=done.settings,
            key=key,
        )
    )
    return redirect_to("plugin_host.plugins")


def _purge_model(key: str, refusal: DomainError | None = None) -> dict[str, Any]:
    actor = current_actor()
    one = detail(read_session(), plugin_host(), forced(), actor.district_id, key, chinese=is_chinese())
    return {
        "one": one,
        "words": messages,
        "refused": sentence(refusal) if refusal else "",
        "may_manage": actor.can(Permission.PLUGIN_MANAGE),
    }
