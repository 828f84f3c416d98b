"""What this room adds to the page everybody sees first: neutral words, and deadlines for whoever handles cases."""

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from trainhub.cases.queries.board import board
from trainhub.cases.queries.desk import desk
from trainhub.cases.wording import CLOCKS, NEXT_STEPS, due_words
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Permission
from trainhub.web.i18n import day_text, time_text
from trainhub.web.today import Contribution, Job

MOST = 5


def contribute(session: Any, actor: Actor, now: datetime) -> Contribution | None:
    """Concerns that wait and cases that want doing, for the desk; for everybody else nothing: a receipt is nobody's news."""
    if not actor.can(Permission.CASE_WRITE):
        return None
    waiting = [row for row in desk(session, actor) if row.state == "clue"]
    jobs = []
    if waiting:
        words = _("%(n)s concerns wait for a decision", n=len(waiting))
        jobs.append(Job(_("now"), "", words, (), url_for("cases.concern_desk"), _("Look"), primary=any(row.urgent for row in waiting)))
    for row in board(session, actor, now, with_closed=False).group("now")[:MOST]:
        due = row.due
        lines = ((str(CLOCKS[due.kind]), due_words(due, now)),) if due else ()
        jobs.append(Job(
            time_text(due.due_at) if due else _("now"), day_text(due.due_at, weekday=False) if due else "", _("Case %(no)s", no=row.label),
            ((str(NEXT_STEPS[row.step]),), *lines), url_for("cases.case", case_id=row.case_id), _("Open"),
        ))
    return Contribution(jobs=tuple(jobs)) if jobs else None
