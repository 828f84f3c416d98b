"""The page of one appeal, and the steps that are taken from it."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from trainhub.accounts.messages import ROLE_LABELS
from trainhub.appeals import forms, wording
from trainhub.appeals.queries.access import seen_appeal
from trainhub.appeals.queries.accounts import accounts_at
from trainhub.appeals.queries.page import APPEAL, AppealPage, appeal_page
from trainhub.appeals.rules.lifecycle import ENDED
from trainhub.appeals.service import examining, filing
from trainhub.appeals.service.discipline import hear_at_school
from trainhub.appeals.views import blueprint
from trainhub.appeals.views.steps import done
from trainhub.cases.rules.scales import scale
from trainhub.kernel.clock import local, now
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import page

READ, FILE, WRITE = Permission.APPEAL_READ, Permission.APPEAL_FILE, Permission.APPEAL_WRITE


@blueprint.get("/appeals/<appeal_id>")
@needs(READ)
def appeal(appeal_id: str) -> Response:
    """An appeal under its number: clock, group, what both said, decisions and everything that follows. Opening it is written down."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen_appeal(session, actor, READ, appeal_id, moment)
        opening = open_record(session, actor, Reading(row.school_id, APPEAL, row.id, READ, "appeal", "page", about_ref=row.case_id), moment)
        found = appeal_page(session, key_ring(), opening, row, moment)
    return page("appeals/appeal.html", **_model(found))


def _model(found: AppealPage) -> dict[str, Any]:
    actor, moment = current_actor(), now()
    clock = local(moment)
    witnesses = [(a.id, a.display_name) for a in accounts_at(read_session(), actor.district_id, actor.org_id, moment) if a.id != actor.account_id]
    return {
        "a": found, "moment": moment, "due_words": wording.due_words, "county": actor.can(WRITE), "at_school": actor.org_id == found.school_id and actor.can(FILE),
        "leads": any(g.account_id == actor.account_id and g.is_lead and not g.aside for g in found.group), "mine": actor.account_id,
        "open_still": found.state not in {state.value for state in ENDED}, "measure_words": {m.key: m.label for m in scale(found.case_scale).measures},
        "role_labels": ROLE_LABELS, "witnesses": witnesses, "day": clock.date().isoformat(), "clock": f"{clock:%H:%M}",
        "reject_choices": wording.choices(wording.REJECT, "moot", *(["out_of_time"] if found.in_time else [])), "late_choices": wording.choices(wording.LATE),
        "discipline": [m for m in scale(found.case_scale).measures if m.key in found.finding.measures and m.kind in {"discipline", "sanction", "record"}],
        **wording.tables(),
    }


@blueprint.post("/appeals/<appeal_id>/admit")
@needs(WRITE)
def admit(appeal_id: str) -> Any:
    """Take it into hand."""
    late, seen = request.form.get("late_reason", ""), forms.version(request.form)
    return done(lambda s, a, t: filing.admit_appeal(s, a, appeal_id, t, late_reason=late, seen_version=seen), _("Admitted. The screening clock runs."), appeal_id)


@blueprint.post("/appeals/<appeal_id>/reject")
@needs(WRITE)
def reject(appeal_id: str) -> Any:
    """Say why it is not taken."""
    reason, seen = request.form.get("reason", ""), forms.version(request.form)
    return done(lambda s, a, t: filing.reject_appeal(s, a, appeal_id, reason, t, seen_version=seen), _("Not taken; the reason is on record."), appeal_id)


@blueprint.post("/appeals/<appeal_id>/screen")
@needs(WRITE)
def screen(appeal_id: str) -> Any:
    """Note what the screening found."""
    proper, clear, seen = forms.yes_no(request.form, "procedure_proper"), forms.yes_no(request.form, "facts_clear"), forms.version(request.form)
    return done(
        lambda s, a, t: filing.screen_appeal(s, a, appeal_id, procedure_proper=proper, facts_clear=clear, now=t, seen_version=seen), _("Screened."), appeal_id
    )


@blueprint.post("/appeals/<appeal_id>/stand")
@needs(WRITE)
def stand(appeal_id: str) -> Any:
    """Let the school's result stand."""
    reasons, clauses, seen = forms.words(request.form, "reasons"), forms.clauses(request.form), forms.version(request.form)
    return done(
        lambda s, a, t: examining.let_stand(s, a, key_ring(), appeal_id, reasons, t, clauses=clauses, seen_version=seen),
        _("The school’s result stands. Hand over the letters."), appeal_id, "#effects",
    )


@blueprint.post("/appeals/<appeal_id>/answer")
@needs(FILE)
def answer(appeal_id: str) -> Any:
    """The school's word."""
    said = forms.words(request.form, "words")
    return done(lambda s, a, t: filing.answer_for_school(s, a, key_ring(), appeal_id, said, t), _("Sealed; the county may read the case now."), appeal_id)


@blueprint.post("/appeals/<appeal_id>/word")
@needs(FILE)
def school_word(appeal_id: str) -> Any:
    """The word of the school's appeals committee on discipline."""
    command = forms.school_word(request.form, appeal_id)
    return done(lambda s, a, t: hear_at_school(s, a, key_ring(), command, t), _("Written down. Hand over the letter."), appeal_id, "#effects")


@blueprint.post("/appeals/<appeal_id>/stay")
@needs(WRITE)
def stay(appeal_id: str) -> Any:
    """Let the plan rest."""
    reason = forms.words(request.form, "reason")
    return done(lambda s, a, t: filing.order_stay(s, a, key_ring(), appeal_id, reason, t), _("The plan rests from now on; the protection of the other child goes on."), appeal_id)


@blueprint.post("/appeals/<appeal_id>/stay/end")
@needs(WRITE)
def end_stay(appeal_id: str) -> Any:
    """Let the plan run again before the decision."""
    return done(lambda s, a, t: filing.lift_stay(s, a, appeal_id, t), _("The plan runs again; its last day moved by the days it rested."), appeal_id)


@blueprint.post("/appeals/<appeal_id>/withdraw")
@needs(FILE)
def withdraw(appeal_id: str) -> Any:
    """The guardian takes it back."""
    return done(lambda s, a, t: filing.withdraw_appeal(s, a, appeal_id, t), _("Taken back."), appeal_id)
