"""Settings of a plugin at one place: the district, a school, a course."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound, StaleVersion
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api.contracts import Problem
from trainhub.plugin_host import forms, messages, queries, service
from trainhub.plugin_host.manifest import Manifest
from trainhub.plugin_host.queries import StoredSettings
from trainhub.plugin_host.rules import declared_at
from trainhub.plugin_host.service import SaveSettings, SettingsRefused
from trainhub.plugin_host.shelf import label_of, scopes_of
from trainhub.plugin_host.views import blueprint, plugin_host
from trainhub.roster.queries import schools
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.i18n import is_chinese
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that settings may be set at: scope, its id ("" until one is chosen), and what may be chosen."""

    manifest: Manifest
    scope: str
    at: str
    choices: tuple[tuple[str, str], ...]


@blueprint.route("/plugins/<key>/settings", methods=["GET", "POST"])
@needs(get=Permission.PLUGIN_READ, post=Permission.PLUGIN_MANAGE)
def settings(key: str) -> Any:
    """Show and keep the settings of a place; what is wrong stands beside its field."""
    place = _place(key)
    if request.method == "GET":
        return page("plugin_host/settings.html", **_model(place))
    typed = forms.typed_settings(request.form)
    command = SaveSettings(key, place.scope, place.at, typed.texts, typed.version, typed.forget)
    try:
        with transaction() as session:
            service.save_settings(session, current_actor(), plugin_host(), command, key_ring(), now())
    except SettingsRefused as refusal:
        return form_page("plugin_host/settings.html", 422, **_model(place, typed, refusal.problems, sentence(refusal)))
    except StaleVersion as refusal:
        return form_page("plugin_host/settings.html", 409, **_model(place, typed, (), sentence(refusal), stale=True))
    toast(_("Saved. It holds from the next call on."))
    return redirect_to("plugin_host.settings", key=key, scope=place.scope, at=place.at)


def _place(key: str) -> _Place:
    """Read the place from the address. Raises NotFound for one that the plugin's settings do not know."""
    card = plugin_host().cards.get(key)
    scopes = scopes_of(card.found.manifest) if card else []
    scope = request.values.get("scope", scopes[0] if scopes else "")
    if card is None or scope not in scopes:
        raise NotFound
    actor = current_actor()
    choices: tuple[tuple[str, str], ...] = ()
    if scope == "school":
        rows = schools(read_session(), actor.scope(Permission.PLUGIN_READ))
        choices = tuple((row.id, row.name) for row in rows)
    elif scope == "course":
        choices = tuple(queries.course_packs(read_session()))
    at = actor.district_id if scope == "bureau" else request.values.get("at", choices[0][0] if choices else "")
    if at and scope != "bureau" and at not in dict(choices):
        raise NotFound
    return _Place(card.found.manifest, scope, at, choices)


def _model(
    place: _Place,
    typed: forms.Typed | None = None,
    problems: Collection[Problem] = (),
    refused: str = "",
    *,
    stale: bool = False,
) -> dict[str, Any]:
    chinese, actor = is_chinese(), current_actor()
    declared, layers = declared_at(place.manifest.settings, place.scope), _layers(place)
    fields = forms.fields(
        declared,
        layers,
        place.scope,
        chinese=chinese,
        problems=problems,
        stale=stale,
        typed=typed.texts if typed else None,
    )
    # against a newer version both values are shown, and whoever has seen them may send the form again
    version = typed.version if typed and not stale else layers[place.scope].version
    return {
        "key": place.manifest.key,
        "label": label_of(place.manifest, chinese=chinese),
        "place": place,
        "fields": fields,
        "version": version,
        "refused": refused,
        "strays": forms.stray_problems(declared, problems),
        "words": messages,
        "scopes": scopes_of(place.manifest),
        "may_manage": actor.can(Permission.PLUGIN_MANAGE),
    }


def _layers(place: _Place) -> Mapping[str, StoredSettings]:
    """Return what is stored at the place and above it."""
    session, district = read_session(), current_actor().district_id
    ids = {"bureau": district, place.scope: place.at}
    return {
        scope: queries.stored_settings(session, district, place.manifest.key, scope, at) for scope, at in ids.items()
    }
