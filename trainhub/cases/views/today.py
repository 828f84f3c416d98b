"""What this room adds to the page everybody sees first: neutral words, and deadlines for whoever handles cases."""

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from trainhub.cases.queries.board import BoardRow, board
from trainhub.cases.queries.desk import desk
from trainhub.cases.rules.next_steps import OWNERS, due_of
from trainhub.cases.wording import CLOCKS, NEXT_STEPS, due_words
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Permission
from trainhub.web.i18n import deadline_parts
from trainhub.web.today import Contribution, Job

MOST = 5


_ON_DETERMINATIONS = frozenset({"propose", "agenda", "adopt", "correct"})


def _mine(row: BoardRow, *, secretary: bool) -> bool:
    """Whether a case asks something of this desk: what is the secretary's alone stands on the secretary's page, unless it is late."""
    return secretary or row.late > 0 or OWNERS[row.step] != "secretary"


def _page(row: BoardRow) -> str:
    """Where the next step is made."""
    return url_for("cases.determinations" if row.step in _ON_DETERMINATIONS and not row.elsewhere else "cases.case", case_id=row.case_id)


def contribute(session: Any, actor: Actor, now: datetime) -> Contribution | None:
    """Concerns that wait and cases that want doing, for the desk; for everybody else nothing: a receipt is nobody's news."""
    if not actor.can(Permission.CASE_WRITE):
        return None
    waiting = [row for row in desk(session, actor) if row.state == "clue"]
    jobs = []
    if waiting:
        words = _("%(n)s concerns wait for a decision", n=len(waiting))
        jobs.append(Job(_("now"), "", words, (), url_for("cases.concern_desk"), _("Look"), primary=any(row.urgent for row in waiting)))
    secretary = actor.can(Permission.CASE_DETERMINE)
    rows = [row for row in board(session, actor, now, with_closed=False).group("now") if _mine(row, secretary=secretary)]
    for row in sorted(rows, key=lambda row: OWNERS[row.step] != "secretary")[:MOST]:
        due = due_of(row.step, (row.due,)) if row.due else None
        due = due or (row.due if row.late else None)
        lines = ((str(CLOCKS[due.kind]), due_words(due, now)),) if due else ()
        day, time = deadline_parts(due.due_at) if due else ("", str(_("now")))
        jobs.append(Job(
            time, day, _("Case %(no)s", no=row.label),
            ((str(NEXT_STEPS[row.step]),), *lines), _page(row), _("Open"),
        ))
    return Contribution(jobs=tuple(jobs)) if jobs else None
