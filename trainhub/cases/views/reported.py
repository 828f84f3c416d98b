"""What the bureau's case officers see of reported cases, and the way to a file."""

from typing import Any

from flask import request

from trainhub.cases import bureau_wording as words
from trainhub.cases import wording
from trainhub.cases.queries.reported import reported
from trainhub.cases.views import blueprint
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import schools
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.pages import page

READ = Permission.CASE_REPORTED_READ
_TABLES: dict[str, Any] = {"states": wording.STATES, "tiers": wording.SHOWN_TIERS, "asked_words": words.ASKED}


@blueprint.get("/cases/reported")
@needs(READ)
def reported_cases() -> Any:
    """Reported cases of the district by school, number and tier: no name, no code, no place."""
    session, actor = read_session(), current_actor()
    school_id = request.args.get("school", "")[:32]
    found = reported(session, actor, now(), after=request.args.get("after", "")[:32], school_id=school_id)
    choices = sorted((school.name, school.id) for school in schools(session, actor.scope(READ)) if school.kind != "bureau")
    return page("cases/reported.html", found=found, school_id=school_id, schools=choices, state_kinds=wording.STATE_KINDS, **wording.tables(_TABLES))
