"""Carrying a decision out: letters, their service, corrections and recalls, the end."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.appeals import forms
from trainhub.appeals.letters import decision_letter
from trainhub.appeals.queries.papers import letter_number, open_letter
from trainhub.appeals.service import executing, letters
from trainhub.appeals.views import blueprint
from trainhub.appeals.views.steps import done
from trainhub.documents.letters import DOCX_TYPE, document_name, letter_docx, letter_pdf
from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment

READ, FILE = Permission.APPEAL_READ, Permission.APPEAL_FILE


@blueprint.post("/appeals/<appeal_id>/effects/<effect_id>/letter")
@needs(FILE)
def number_letter(appeal_id: str, effect_id: str) -> Any:
    """Give one side's letter its number."""
    return done(lambda s, a, t: letters.issue_letter(s, a, effect_id, t), _("Numbered. Print it, then note how it was handed over."), appeal_id, "#effects")


@blueprint.get("/appeals/<appeal_id>/letters/<letter_id>.<suffix>")
@needs(READ)
@reauthenticated
def print_letter(appeal_id: str, letter_id: str, suffix: str) -> Any:
    """One side's letter as PDF or Word; the print is written down."""
    if suffix not in {"pdf", "docx"}:
        raise NotFound
    with transaction() as session:
        paper = open_letter(session, key_ring(), current_actor(), appeal_id, letter_id, now())
    letter = decision_letter(paper)
    content = letter_pdf(letter) if suffix == "pdf" else letter_docx(letter)
    return attachment(content, document_name("appeal_decision", letter_id, suffix), "application/pdf" if suffix == "pdf" else DOCX_TYPE)


@blueprint.post("/appeals/<appeal_id>/effects/<effect_id>/served")
@needs(FILE)
def served(appeal_id: str, effect_id: str) -> Any:
    """Note how one side got its letter."""
    def write(session: Any, actor: Any, moment: Any) -> None:
        command = forms.serve_command(request.form, effect_id)
        executing.note_served(session, actor, command, letter_number(session, actor.district_id, effect_id), moment)

    return done(write, _("Noted."), appeal_id, "#effects")


@blueprint.post("/appeals/<appeal_id>/effects/<effect_id>/correction")
@needs(FILE)
def number_correction(appeal_id: str, effect_id: str) -> Any:
    """Give the correction of one recipient its number."""
    return done(lambda s, a, t: executing.number_correction(s, a, effect_id, t), _("Numbered. Print it, hand it over, then note it."), appeal_id, "#effects")


@blueprint.post("/appeals/<appeal_id>/effects/<effect_id>/done")
@needs(FILE)
def settled(appeal_id: str, effect_id: str) -> Any:
    """Note that an entry was recalled, or a recipient has the correction."""
    proof = forms.words(request.form, "proof", 121)
    return done(lambda s, a, t: executing.settle_effect(s, a, effect_id, proof, t), _("Noted with its proof."), appeal_id, "#effects")


@blueprint.post("/appeals/<appeal_id>/close")
@needs(FILE)
def close(appeal_id: str) -> Any:
    """Nothing is owed any more."""
    return done(lambda s, a, t: executing.close_appeal(s, a, appeal_id, t), _("Executed: nothing is left that holds the old finding."), appeal_id)
