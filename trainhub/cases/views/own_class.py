"""What a homeroom teacher sees: own pupils in cases by number and code, one's name for sixty seconds with a reason."""

from typing import Any

from flask import request, url_for

from trainhub.accounts.fresh import reauthenticated
from trainhub.cases import wording
from trainhub.cases.queries.identity import PARTY, identity
from trainhub.cases.queries.own_class import own_pupil, own_pupils_in_cases
from trainhub.cases.views import blueprint
from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import page

READ, REVEAL = Permission.CASE_CLASS_READ, Permission.CASE_CLASS_REVEAL
SECONDS = 60
_REASONS = ("identify", "notice", "support")


@blueprint.get("/cases/own-class")
@needs(READ)
def own_class() -> Any:
    """Pupils of the own class in open cases."""
    found = own_pupils_in_cases(read_session(), current_actor(), now())
    return page("cases/own_class.html", found=found, state_kinds=wording.STATE_KINDS, states=wording.words_of(wording.STATES),
                reasons=[(key, str(wording.REVEAL_REASONS[key])) for key in _REASONS])


@blueprint.post("/cases/own-class/<duty_id>/reveal")
@needs(REVEAL)
@reauthenticated
def own_pupil_name(duty_id: str) -> Any:
    """Who it is, for sixty seconds: in the log before it is shown. Guardians are not part of it."""
    actor, reason = current_actor(), request.form.get("reason", "")
    if reason not in _REASONS:
        raise NotFound
    with transaction() as session:
        case, party = own_pupil(session, actor, duty_id, now())
        reading = Reading(party.school_id, PARTY, party.id, REVEAL, f"reveal_{reason}", "page", about_ref=case.id)
        who = identity(session, key_ring(), open_record(session, actor, reading, now()), party.id)
    back = url_for("cases.own_class")
    answer = page("cases/own_pupil.html", child=who, back=back, seconds=SECONDS)
    answer.headers["Refresh"] = f"{SECONDS}; url={back}"
    return answer
