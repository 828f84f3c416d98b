"""Counts for those who see no case."""

from typing import Any

from flask import request

from trainhub.cases import keeping_wording as words
from trainhub.cases.queries.aside import aside_counts
from trainhub.cases.queries.counts import COLUMNS, PLAN_COLUMNS, ROWS, closed_terms, overdue_now, term_counts
from trainhub.cases.views import blueprint
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.pages import page


@blueprint.get("/cases/counts")
@needs(Permission.CASE_COUNT_READ)
def case_counts() -> Any:
    """One closed term by tier and how deadlines were kept, and one number of today."""
    session, actor, moment = read_session(), current_actor(), now()
    scope = actor.scope(Permission.CASE_COUNT_READ)
    told = scope.school_ids is None and actor.can(Permission.CASE_SECOND)  # the bureau's case officers, who are told when somebody stepped aside
    periods = closed_terms(session, scope, local_day(moment))
    key = request.args.get("term", "") or (periods[0].key if periods else "")
    found = term_counts(session, scope, key, moment) if periods else None
    return page("cases/counts.html", periods=periods, found=found, overdue=overdue_now(session, scope, moment), words=words, rows=(*ROWS, "sum"),
                columns=(*COLUMNS, "sum"), plan_columns=(*PLAN_COLUMNS, "sum"), whole=scope.school_ids is None,
                aside=aside_counts(session, scope) if told else None)
