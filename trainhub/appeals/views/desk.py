"""The list of appeals, and what this room adds to the page everybody sees first."""

from datetime import datetime
from typing import Any

from flask import Response, url_for
from flask_babel import gettext as _

from trainhub.appeals import wording
from trainhub.appeals.queries.desk import AppealRow, desk, steps_of
from trainhub.appeals.views import blueprint
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import deadline_parts
from trainhub.web.pages import page
from trainhub.web.today import Contribution, Job

MOST = 5


@blueprint.get("/appeals")
@needs(Permission.APPEAL_READ)
def board() -> Response:
    """Appeals with clock, state and what is next: the county's all, a school's own, a reviewer's groups'."""
    actor, moment = current_actor(), now()
    found = desk(read_session(), actor, moment)
    return page("appeals/board.html", desk=found, moment=moment, due_words=wording.due_words, may_file=actor.can(Permission.APPEAL_FILE),
                county=actor.can(Permission.APPEAL_WRITE), reviewer=actor.can(Permission.APPEAL_DECIDE), **wording.tables())


def contribute(session: Any, actor: Actor, now: datetime) -> Contribution | None:
    """Appeals whose next step is the actor's; neutral words and numbers."""
    mine = steps_of(actor)
    if not mine:
        return None
    rows = [row for row in desk(session, actor, now, ended=False).rows if row.next.by in mine or ("school" in mine and not row.answered and row.next.by == "county")]
    jobs = tuple(_job(row, now, answer=row.next.by not in mine) for row in rows[:MOST])
    return Contribution(jobs=jobs) if jobs else None


def _job(row: AppealRow, now: datetime, *, answer: bool) -> Job:
    what = _("The school may answer") if answer else str(wording.NEXT[row.next.step])
    due = None if answer else row.due_at  # whoever may answer is not late: the clock is the county's
    lines = ((what,), (wording.due_words(due, now),)) if due else ((what,),)
    day, time = deadline_parts(due) if due else ("", str(_("now")))
    return Job(
        time, day, row.label, lines,
        url_for("appeals.appeal", appeal_id=row.appeal_id), _("Open"),
    )
