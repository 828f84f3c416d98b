"""The board of plans (screen 13) and the ledger without names."""

from dataclasses import dataclass
from datetime import date
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
from trainhub.education_plans.queries.board import Board, BoardPlan, board, plans_over
from trainhub.education_plans.queries.own import waiting_count
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
from trainhub.web.i18n import day_text, time_text
from trainhub.web.pages import attachment, page
from trainhub.web.today import Contribution, Job

MOST_COMING = 14
"""Lessons of the next days that the side of the board lists; the rest is a number."""


@blueprint.get("/plans")
@needs(Permission.PLAN_READ)
def board_page() -> Response:
    """Every plan that is not over, by what wants doing. Codes only: nothing here is sealed, so nothing is opened."""
    actor, moment = current_actor(), now()
    found = board(read_session(), actor, moment)
    show = request.args.get("show", "all")
    shown = [g for g in GROUPS if show in {"all", g} or show not in {*GROUPS, "done"}]
    over = plans_over(read_session(), actor, moment) if show == "done" else ()
    may_confirm = actor.can(Permission.HOURS_CONFIRM)
    return page(
        "education_plans/board.html", found=found, shown=shown, show=show, over=over, states=hour_wording.STATES, chips=_chips(found, show),
        may_confirm=may_confirm, to_confirm=waiting_count(read_session(), actor, moment) if may_confirm else 0, **_words(found),
    )


def _period(found: Board) -> int:
    return int(found.policy["period_minutes"])


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the board with everything said: the page only puts it down. Bar in minutes; ``due`` in percent, None where time stands still."""

    plan: BoardPlan
    href: str
    label: str
    done: str
    total: str
    owed: int
    booked: int
    ticks: str
    due: str | None
    behind: str
    make_up: str
    word: str
    said: str
    next_at: str
    person: str
    button: str
    button_href: str


def rows_of(found: Board) -> dict[str, list[Row]]:
    """Every line of the board by group; sentences and addresses are looked up once, not once per plan."""
    say = _Sayer(_period(found), found.today)
    return {group: [say.row(plan) for plan in found.groups[group]] for group in GROUPS}


_ID = "0" * 32


class _Sayer:
    """Says plans: catalogue and addresses are asked once per page."""

    def __init__(self, period: int, today: date) -> None:
        self.period, self.today = period, today
        self.label = _("%(total)s minutes in all: %(done)s done, %(owed)s to make up, %(booked)s booked; %(due)s due by today")
        self.total, self.behind, self.make_up = _("%(n)s periods"), _("%(n)s fewer than planned"), _("%(n)s to make up")
        self.steps = {key: str(word) for key, word in plan_wording.STEPS.items()}
        self.paths: dict[str, str] = {}
        self.rests, self.free, self.sitting = _("at rest"), _("not booked"), _("sitting")

    def path(self, endpoint: str, plan_id: str) -> str:
        """The address of a page of a plan."""
        if endpoint not in self.paths:
            self.paths[endpoint] = url_for(endpoint) if endpoint == "education_plans.confirm_queue" else url_for(endpoint, plan_id=_ID)
        return self.paths[endpoint].replace(_ID, plan_id)

    def row(self, plan: BoardPlan) -> Row:
        """One line."""
        done = min(plan.done, plan.total)
        owed = min(plan.make_up, plan.total - done)
        stands_still = plan.where.group == "others"
        step = plan.where.step
        return Row(
            plan, self.path("education_plans.plan", plan.id),
            self.label % {"total": plan.total, "done": plan.done, "owed": plan.make_up, "booked": plan.booked, "due": plan.pace.expected},
            tenths(plan.done, self.period), self.total % {"n": tenths(plan.total, self.period)}, owed, min(plan.booked, plan.total - done - owed),
            _ticks(plan.total, self.period), None if stands_still else f"{min(100.0, plan.pace.expected * 100 / plan.total):.2f}%",
            self.behind % {"n": tenths(plan.pace.behind, self.period)} if plan.pace.behind and plan.where.group == "now" else "",
            self.make_up % {"n": tenths(plan.make_up, self.period)} if plan.make_up else "", plan_wording.state_word(plan, self.today),
            plan_wording.state_line(plan, self.period, self.today), self._next(plan), plan.next_person or plan.lead, self.steps[step],
            self.path(plan_wording.STEP_PAGES.get(step, "education_plans.steps"), plan.id),
        )

    def _next(self, plan: BoardPlan) -> str:
        if plan.where.word in {"stayed", "paused"}:
            return self.rests
        if plan.next_at is not None:
            return f"{day_text(plan.next_at)} {time_text(plan.next_at)}"
        return f"{day_text(plan.item_at)} {self.sitting}" if plan.item_at and plan.where.word == "on_agenda" else self.free


@lru_cache(maxsize=256)
def _ticks(total: int, period: int) -> str:
    return "".join(f"M{x} 0V10" for x in range(period, total, period)) if total // period <= 40 else ""


def _words(found: Board) -> dict[str, Any]:
    return {
        "words": plan_wording, "modules": hour_wording.MODULES, "by_id": {p.id: p for p in found.plans}, "rows": rows_of(found), "most": MOST_COMING,
    }


def _chips(found: Board, show: str) -> list[tuple[str, int, str, bool]]:
    owed = len(found.owed)  # a plan that is still to be written is a line of the board like any other
    groups = [("all", _("All"), len(found.plans) + owed)]
    groups += [(g, str(plan_wording.GROUPS[g][0]), len(found.groups[g]) + (owed if g == "now" else 0)) for g in GROUPS]
    groups.append(("done", _("Completed"), found.completed))
    return [(word, n, url_for("education_plans.board_page", show=key), show == key) for key, word, n in groups]


@blueprint.get("/plans/ledger.xlsx")
@needs(Permission.CASE_EXPORT)
@reauthenticated
def ledger_xlsx() -> Response:
    """The ledger of plans as a workbook: neutral title, codes and numbers, no name; who took it along is on record.

    With names a case leaves only as ``cases.export_file``, agreed to by a second person (domain.md case 105).
    """
    actor, moment = current_actor(), now()
    with transaction() as session:
        found = board(session, actor, moment)
        reading = [Reading(actor.org_id, "plan", p.id, Permission.CASE_EXPORT, "export", "export", about_ref=p.case_id) for p in found.plans]
        if reading:
            open_many(session, actor, reading, moment)
    sheet = SheetSpec(_("Ledger of activities"), _columns(), (_cells(n, p, found) for n, p in enumerate(found.plans, 1)), (actor.org_name,))
    content = xlsx.write([sheet], created_by=actor.display_name, created_at=moment, filter_note=_("Codes only; no name, no class."))
    return attachment(content, document_name("hour_ledger", new_id(), "xlsx"), xlsx.MEDIA_TYPE)


def _columns() -> list[Column]:
    return [
        Column(_("No."), "int", 6), Column(_("Plan number"), width=10), Column(_("Grade"), "int", 8), Column(_("State"), width=18), Column(_("Minutes in all"), "int", 12),
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
    return Contribution(jobs=(Job(_("Matters"), "", text, (), href, _("Look at it")),))
