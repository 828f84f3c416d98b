"""What every page shows around itself: navigation, date and teaching week, look, roles."""

import time
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from trainhub.accounts.browser import preferences
from trainhub.accounts.messages import ROLE_LABELS
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import calendar
from trainhub.web.context import load_actor
from trainhub.web.database import read_session
from trainhub.web.i18n import day_text


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation."""

    key: str
    label: str
    href: str
    icon: str
    badge: int = 0


@dataclass(frozen=True, slots=True)
class ShownActor:
    """Who is shown at the top right."""

    display_name: str
    role_label: str
    org_name: str


_ENTRIES: tuple[tuple[str, str, str, str, Permission], ...] = (
    ("today", "training.home", "Today", "home", Permission.HOME_READ),
    ("train", "training.events", "Training", "people", Permission.TRAINING_READ),
    ("rolls", "attendance.rolls", "Rolls", "check", Permission.ROLL_READ),
    ("mine", "training.my_standing", "My hours", "clock", Permission.STANDING_OWN_READ),
    ("standing", "training.standing", "Standing", "ledger", Permission.STANDING_READ),
    ("coverage", "training.coverage", "Coverage", "flag", Permission.COVERAGE_READ),
    ("pack", "courses.catalogue", "Course packs", "book", Permission.CATALOGUE_READ),
    ("people", "roster.people", "People", "me", Permission.ROSTER_READ),
    ("accounts", "accounts.accounts", "Accounts", "lock", Permission.ACCOUNT_READ),
    ("policy", "roster.policy", "Rules", "gear", Permission.POLICY_READ),
)
_MAX_ITEMS = 8


def navigation(app: Flask, actor: Actor) -> list[NavItem]:
    """Return the entries that the acting role may open, most used first."""
    labels = {"Today": _("Today"), "Training": _("Training"), "Rolls": _("Rolls"), "My hours": _("My hours"),
              "Standing": _("Standing"), "Coverage": _("Coverage"), "Course packs": _("Course packs"),
              "People": _("People"), "Accounts": _("Accounts"), "Rules": _("Rules")}
    items = [
        NavItem(key, labels[label], url_for(endpoint), icon)
        for key, endpoint, label, icon, permission in _ENTRIES
        if actor.can(permission) and endpoint in app.view_functions
    ]
    return items[:_MAX_ITEMS]


def install(app: Flask) -> None:
    """Provide the context that ``web/layout.html`` relies on."""

    @app.context_processor
    def shell() -> dict[str, Any]:
        theme = preferences().theme if load_actor() else None
        actor = load_actor()
        base: dict[str, Any] = {"theme": theme or "auto", "actor": None, "nav_items": [], "acting_choices": [],
                                "today_label": day_text(local_day(now())), "week_label": "", "search_url": None,
                                "request_id": g.get("request_id", ""), "locale": str(get_locale()),
                                "sign_in_url": url_for("accounts.sign_in"), "here": _here()}
        if actor is None:
            return base
        shown = ShownActor(actor.display_name, str(ROLE_LABELS[actor.role.value]), actor.org_name)
        choices = [
            {"id": x.id, "label": f"{x.org_name} {ROLE_LABELS[x.role.value]}", "current": x.id == actor.grant_id}
            for x in actor.grants
        ]
        search = url_for("roster.people") if actor.can(Permission.ROSTER_READ) and "roster.people" in app.view_functions else None
        return base | {"actor": shown, "nav_items": navigation(app, actor), "acting_choices": choices,
                       "search_url": search, "can": lambda name: actor.can(Permission(name)),
                       "week_label": _week_label(actor), "account_url": url_for("accounts.account"),
                       "sign_out_url": url_for("accounts.sign_out"), "acting_url": url_for("accounts.act_as"),
                       "preferences_url": url_for("accounts.set_preferences")}


def _here() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


WEEK_SECONDS = 60
"""How long a process remembers the label of a week."""

_weeks: dict[tuple[str, str, date, str], tuple[float, str]] = {}


def _week_label(actor: Actor) -> str:
    """Return the teaching week; remembered for a minute, for every page shows it and terms rarely change."""
    today = local_day(now())
    key = (actor.district_id, actor.org_id, today, str(get_locale()))
    held = _weeks.get(key)
    if held is None or held[0] < time.monotonic():
        if len(_weeks) > 5000:
            _weeks.clear()
        label = calendar(read_session(), actor.district_id, actor.org_id, today, today).week_label(today)
        held = _weeks[key] = (time.monotonic() + WEEK_SECONDS, str(label))
    return held[1]
