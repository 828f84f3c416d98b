"""What every page shows around itself: navigation, date and teaching week, look, roles."""

import time
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from trainhub.accounts.browser import preferences
from trainhub.accounts.messages import ROLE_LABELS
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission, Role
from trainhub.roster.queries import calendar
from trainhub.web.context import load_actor
from trainhub.web.database import read_session
from trainhub.web.i18n import LOCALES, day_text, is_chinese


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
    ("meet", "class_meetings.board_page", "Class meetings", "board", Permission.MEETING_READ),
    ("meet", "class_meetings.coverage", "Class meetings", "board", Permission.MEETING_COVERAGE_READ),
    ("meet", "class_meetings.mine", "Class meetings", "board", Permission.MEETING_OWN_READ),
    ("cases", "cases.case_board", "Cases", "shield", Permission.CASE_READ),
    ("reported", "cases.reported_cases", "Reported cases", "flag", Permission.CASE_REPORTED_READ),
    ("own_class", "cases.own_class", "Own pupils", "people", Permission.CASE_CLASS_READ),
    ("committee", "committees.register_page", "Committee", "plan", Permission.COMMITTEE_READ),
    ("plans", "education_plans.board_page", "Plans", "ledger", Permission.PLAN_READ),
    ("appeals", "appeals.board", "Appeals", "send", Permission.APPEAL_READ),
    ("away", "education_plans.slots", "Away from class", "flag", Permission.PLAN_SLOT_READ),
    ("lessons", "education_plans.mine", "Activities", "clock", Permission.HOURS_OWN_READ),
    ("support", "education_plans.support_plans", "Support", "people", Permission.SUPPORT_READ),
    ("rolls", "attendance.rolls", "Rolls", "check", Permission.ROLL_READ),
    ("mine", "training.my_standing", "My hours", "clock", Permission.STANDING_OWN_READ),
    ("concerns", "cases.concern_desk", "Concerns", "note", Permission.CONCERN_READ),
    ("concerns", "cases.new_concern", "Report", "note", Permission.CONCERN_OWN_WRITE),
    ("standing", "training.standing", "Standing", "ledger", Permission.STANDING_READ),
    ("coverage", "training.coverage", "Coverage", "flag", Permission.COVERAGE_READ),
    ("counts", "cases.case_counts", "Case numbers", "chart", Permission.CASE_COUNT_READ),
    ("pack", "courses.catalogue", "Course packs", "book", Permission.CATALOGUE_READ),
    ("people", "roster.people", "People", "me", Permission.ROSTER_READ),
    ("accounts", "accounts.accounts", "Accounts", "lock", Permission.ACCOUNT_READ),
    ("reads", "access_log.readings", "Access log", "eye", Permission.ACCESS_LOG_READ),
    ("chain", "write_chain.chain", "Write chain", "ledger", Permission.AUDIT_READ),
    ("policy", "roster.policy", "Rules", "gear", Permission.POLICY_READ),
    ("plugins", "plugin_host.plugins", "Plugins", "plug", Permission.PLUGIN_READ),
)
"""Key, page, label, icon, right. Of entries with one key the first that the role may open stands there."""

_AT_THE_DESK = ("today", "cases", "plans", "committee", "concerns")
_MAX_ITEMS = 24
"""The head of a page shows nine; the others stand in the menu of the account."""


def navigation(app: Flask, actor: Actor) -> list[NavItem]:
    """Return the entries that the acting role may open, most used first."""
    # put together once per role, language and mount point: rights of a role do not change while we run
    held: dict[tuple[Role, bool, str], list[NavItem]] = app.extensions.setdefault("trainhub.navigation", {})
    key = (actor.role, is_chinese(), request.script_root)
    if key not in held:
        held[key] = _navigation(app, actor)
    return held[key]


def _navigation(app: Flask, actor: Actor) -> list[NavItem]:
    labels = {"Today": _("Today"), "Training": _("Training"), "Class meetings": _("Class meetings"), "Rolls": _("Rolls"), "Activities": _("Activities"), "My hours": _("My hours"),
              "Standing": _("Standing"), "Coverage": _("Coverage"), "Course packs": _("Course packs"), "Committee": _("Committee"),
              "Cases": _("Cases"), "Concerns": _("Concerns"), "Report": _("Report"), "People": _("People"), "Accounts": _("Accounts"), "Rules": _("Rules"), "Access log": _("Access log"), "Plans": _("Plans"), "Appeals": _("Appeals"), "Support": _("Support"), "Case numbers": _("Case numbers"), "Away from class": _("Away from class"), "Plugins": _("Plugins"), "Reported cases": _("Reported cases"), "Own pupils": _("Own pupils"), "Write chain": _("Write chain")}
    items: dict[str, NavItem] = {}
    for key, endpoint, label, icon, permission in _ENTRIES:
        if key not in items and actor.can(permission) and endpoint in app.view_functions:
            items[key] = NavItem(key, labels[label], url_for(endpoint), icon)
    if actor.can(Permission.CASE_WRITE):  # a phone shows four: who handles cases has them first
        items = {key: items[key] for key in sorted(items, key=lambda key: _AT_THE_DESK.index(key) if key in _AT_THE_DESK else len(_AT_THE_DESK))}
    return list(items.values())[:_MAX_ITEMS]


def install(app: Flask) -> None:
    """Provide the context that ``web/layout.html`` relies on."""
    app.jinja_env.globals["csrf_token"] = csrf_token

    @app.context_processor
    def shell() -> dict[str, Any]:
        actor = load_actor()
        chinese, today = is_chinese(), local_day(now())
        base: dict[str, Any] = {"theme": preferences().theme or "auto", "actor": None, "nav_items": [], "acting_choices": [],
                                "today_label": day_text(today), "week_label": "", "search_url": None,
                                "request_id": g.get("request_id", ""), "locale": LOCALES[0] if chinese else LOCALES[1],
                                "sign_in_url": url_for("accounts.sign_in"), "here": _here(), "csrf_token": csrf_token}
        return base | _of_actor(app, actor, today, chinese=chinese) if actor else base


def _of_actor(app: Flask, actor: Actor, today: date, *, chinese: bool) -> dict[str, Any]:
    """What the shell shows to somebody who is signed in."""
    shown = ShownActor(actor.display_name, _role_word(actor.role, chinese=chinese), actor.org_name)
    choices = [
        {"id": x.id, "label": f"{x.org_name} {_role_word(x.role, chinese=chinese)}", "current": x.id == actor.grant_id}
        for x in actor.grants
    ]
    may_search = actor.can(Permission.ROSTER_READ) and "roster.people" in app.view_functions
    return {"actor": shown, "nav_items": navigation(app, actor), "acting_choices": choices,
            "search_url": url_for("roster.people") if may_search else None,
            "can": lambda name: actor.can(Permission(name)), "week_label": _week_label(actor, today, chinese=chinese),
            "account_url": url_for("accounts.account"), "sign_out_url": url_for("accounts.sign_out"),
            "acting_url": url_for("accounts.act_as"), "preferences_url": url_for("accounts.set_preferences")}


@lru_cache(maxsize=2 * len(Role))
def _role_word(role: Role, *, chinese: bool) -> str:  # in the language of the request, which ``chinese`` names
    return str(ROLE_LABELS[role.value])


def csrf_token() -> str:
    """Return the token of this request's forms; a page asks for it a dozen times."""
    return str(g.get("csrf_token") or generate_csrf())


def _here() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


WEEK_SECONDS = 60
"""How long a process remembers the label of a week."""

_weeks: dict[tuple[str, str, date, bool], tuple[float, str]] = {}


def _week_label(actor: Actor, today: date, *, chinese: bool) -> str:
    """Return the teaching week; remembered for a minute, for every page shows it and terms rarely change."""
    key = (actor.district_id, actor.org_id, today, chinese)
    held = _weeks.get(key)
    if held is None or held[0] < time.monotonic():
        if len(_weeks) > 5000:
            _weeks.clear()
        label = calendar(read_session(), actor.district_id, actor.org_id, today, today).week_label(today)
        held = _weeks[key] = (time.monotonic() + WEEK_SECONDS, str(label))
    return held[1]
