"""What the pages of hours share: write and say what happened, show a name for a time, ask for a correction."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.cases.queries.identity import PARTY, identity
from trainhub.education_plans import hour_wording as words
from trainhub.education_plans.hour_forms import correction_command, operation_of
from trainhub.education_plans.models import EducationPlan
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.ledger import counted_line
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.hours import CORRECTION_REASONS, HourRefused
from trainhub.education_plans.service.absences import MarkAbsent
from trainhub.education_plans.service.corrections import ask_correction
from trainhub.kernel.clock import local, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.i18n import time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast

SHOWN_SECONDS = 60


def done(write: Callable[[Any, Any, Any], None], said: str, endpoint: str, **values: Any) -> Any:
    """Write in one transaction; a refusal is a sentence on the page one came from. What is not there stays a 404."""
    try:
        with transaction() as session:
            write(session, current_actor(), now())
        toast(said)
    except NotFound:
        raise
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_to(endpoint, **values)


def absent_command(plan_id: str, lesson_id: str) -> MarkAbsent:
    """What the form of a missed lesson says."""
    return MarkAbsent(plan_id, lesson_id, request.form.get("reason", "")[:24], operation_of(request.form))


def shown_name(session: Any, row: EducationPlan, permission: Permission, purpose: str, back: str) -> Response:
    """The pupil's name under a ticket of its own, and a header that leads away from it."""
    if purpose not in words.PURPOSES:
        raise HourRefused("reason", "purpose")
    reading = Reading(row.school_id, PARTY, row.party_id, permission, purpose, "page", about_ref=row.case_id)
    opening = open_record(session, current_actor(), reading, now())
    known = identity(session, key_ring(), opening, row.party_id)
    answer = page("education_plans/name.html", known=known, code=code_of(row.year, row.number), back=back, seconds=SHOWN_SECONDS)
    answer.headers["Refresh"] = f"{SHOWN_SECONDS}; url={back}"
    return answer


def _stood(row: EducationPlan, number: int, person_id: str | None) -> dict[str, str]:
    """What the line says now: who corrects one number does not type the others again."""
    line = counted_line(read_session(), row, number, person_id)
    if line is None or line.starts_at is None or line.ends_at is None:
        return {}
    return {
        "day": local(line.starts_at).date().isoformat(), "starts": time_text(line.starts_at), "ends": time_text(line.ends_at), "minutes": str(line.minutes),
    }


def correction_page(plan_id: str, number: int, reads: Permission, writes: Permission, back: str) -> Any:
    """The form of a correction and what becomes of it."""
    actor, moment, problem = current_actor(), now(), None
    row = seen_plan(read_session(), actor, reads, plan_id, moment)
    title = code_of(row.year, row.number)
    if request.method == "POST":
        try:
            with transaction() as session:
                ask_correction(session, actor, key_ring(), correction_command(request.form, plan_id, number), moment, permission=writes)
        except HourRefused as error:
            problem = error
        else:
            toast(_("Asked for. It is done once somebody else has settled it."))
            return redirect_to(back, plan_id=plan_id)
    stood = _stood(row, number, actor.person_id or "" if reads is Permission.HOURS_OWN_READ else None) if request.method == "GET" else {}
    given = {"op_id": new_id()} | stood | {k: v for k, v in request.form.items() if k != "csrf_token"}
    reasons = [(key, words.REASONS[key]) for key in CORRECTION_REASONS]
    return form_page("education_plans/correction.html", 422 if problem else 200, title=title, back=url_for(back, plan_id=plan_id), given=given,
                     reasons=reasons, problem=sentence(problem) if problem else "", held=request.form.get("held") == "yes" or request.method == "GET")
