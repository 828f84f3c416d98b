"""The board of plans (screen 13) and the ledger without names."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from trainhub.accounts.fresh import reauthenticated
from trainhub.documents import xlsx
from trainhub.documents.letters import document_name
from trainhub.documents.sheets import Cell, Column, SheetSpec
from trainhub.education_plans import hour_wording, plan_wording
from trainhub.education_plans.queries.board import Board, BoardPlan, board
from trainhub.education_plans.rules.board import GROUPS
from trainhub.education_plans.rules.fields import tenths
from trainhub.education_plans.views import blueprint
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_many
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.pages import attachment, page
from trainhub.web.today import Contribution, Job, Say


MOST_COMING = 14
"""Lessons of the next days that the side of the board lists; the rest is a number."""


@blueprint.get("/plans")
@needs(Permission.PLAN_READ)
def board_page() -> Response:
    """Every plan that is not over, by what wants doing. Codes only: nothing here is sealed, so nothing is opened."""
    actor, moment = current_actor(), now()
    found = board(read_session(), actor, moment)
    show = request.args.get("show", "all")
    shown = [g for g in GROUPS if show in {"all", g} or show not in GROUPS]
    return page("education_plans/board.html", found=found, shown=shown, chips=_chips(found, show), per=lambda n: tenths(n, _period(found)), **_words(found))


def _period(found: Board) -> int:
    return int(found.policy["period_minutes"])


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of hours in its own units, minutes: nothing is left to reckon for the page. ``due`` in percent, None where time stands still."""

    total: int
    done: int
    owed: int
    booked: int
    ticks: str
    due: str | None


def bar_of(plan: BoardPlan, period: int) -> Bar:
    """Done, to make up and booked, together never more than the total."""
    done = min(plan.done, plan.total)
    owed = min(plan.make_up, plan.total - done)
    booked = min(plan.booked, plan.total - done - owed)
    due = None if plan.where.group == "others" else f"{min(100.0, plan.pace.expected * 100 / plan.total):.2f}%"
    return Bar(plan.total, done, owed, booked, _ticks(plan.total, period), due)


@lru_cache(maxsize=256)
def _ticks(total: int, period: int) -> str:
    return "".join(f"M{x} 0V10" for x in range(period, total, period)) if total // period <= 40 else ""


def _words(found: Board) -> dict[str, Any]:
    return {
        "words": plan_wording, "modules": hour_wording.MODULES, "period": _period(found), "step_url": step_url,
        "by_id": {p.id: p for p in found.plans}, "bars": {p.id: bar_of(p, _period(found)) for p in found.plans}, "most": MOST_COMING,
    }


def step_url(plan: BoardPlan) -> str:
    """Where the next step of a plan is done."""
    endpoint = plan_wording.STEP_PAGES.get(plan.where.step, "education_plans.steps")
    return url_for(endpoint) if endpoint == "education_plans.confirm_queue" else url_for(endpoint, plan_id=plan.id)


def _chips(found: Board, show: str) -> list[tuple[str, int, str, bool]]:
    groups = [("all", _("All"), len(found.plans)), *((g, str(plan_wording.GROUPS[g][0]), len(found.groups[g])) for g in GROUPS)]
    return [(word, n, url_for("education_plans.board_page", show=key), show == key) for key, word, n in groups]


@blueprint.get("/plans/ledger.xlsx")
@needs(Permission.CASE_EXPORT)
@reauthenticated
def ledger_xlsx() -> Response:
    """The ledger of plans as a workbook: codes and numbers, no name; who took it along is on record."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        found = board(session, actor, moment)
        reading = [Reading(actor.org_id, "plan", p.id, Permission.CASE_EXPORT, "export", "export", about_ref=p.case_id) for p in found.plans]
        if reading:
            open_many(session, actor, reading, moment)
    sheet = SheetSpec(_("Ledger of plans"), _columns(), (_cells(n, p, found) for n, p in enumerate(found.plans, 1)), (actor.org_name,))
    content = xlsx.write([sheet], created_by=actor.display_name, created_at=moment, filter_note=_("Codes only; no name, no class."))
    return attachment(content, document_name("hour_ledger", new_id(), "xlsx"), xlsx.MEDIA_TYPE)


def _columns() -> list[Column]:
    return [
        Column(_("No."), "int", 6), Column(_("Plan"), width=10), Column(_("Grade"), "int", 8), Column(_("State"), width=18), Column(_("Minutes in all"), "int", 12),
        Column(_("Minutes counted"), "int", 12), Column(_("Minutes due by today"), "int", 14), Column(_("Minutes to make up"), "int", 12),
        Column(_("Minutes booked"), "int", 12), Column(_("First day"), "date", 14), Column(_("Last day"), "date", 14), Column(_("Next lesson"), "datetime", 18),
    ]


def _cells(number: int, plan: BoardPlan, found: Board) -> list[Cell]:
    return [
        number, plan.code, plan.grade, plan_wording.state_word(plan, found.today), plan.total, plan.done, plan.pace.expected, plan.make_up, plan.booked,
        plan.starts_on, plan.due_on, plan.next_at,
    ]


def contribute(session: Any, actor: Actor, moment: Any) -> Contribution | None:
    """For who keeps the plans: how many need a step now. A number, no code, no name."""
    if not actor.can(Permission.PLAN_WRITE):
        return None
    found = board(session, actor, moment)
    waiting = len(found.groups["now"]) + len(found.owed)
    if not waiting:
        return None
    text = ngettext("%(num)s matter needs a step", "%(num)s matters need a step", waiting)
    href = url_for("education_plans.board_page", show="now")
    return Contribution(say=(Say(text, href, bad=True),), jobs=(Job(_("Matters"), "", text, (), href, _("Look at it")),))
