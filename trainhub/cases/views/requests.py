"""Guardians' requests: received, decided, and the letter that answers them."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.cases import forms
from trainhub.cases import keeping_wording as words
from trainhub.cases.guardian_letters import answer_letter
from trainhub.cases.queries.held import REQUEST, known_of, matters_of
from trainhub.cases.queries.identity import FOUND_AT_ONCE, find_pupils
from trainhub.cases.queries.requests import request_list, row_of
from trainhub.cases.service import requests
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import done, refusal
from trainhub.documents.letters import DOCX_TYPE, document_name, letter_docx, letter_pdf
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.roster.queries import org
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment, page, redirect_to, toast

READ, WRITE = Permission.GUARDIAN_REQUEST_READ, Permission.GUARDIAN_REQUEST_WRITE


def _list(status: int = 200, **more: Any) -> Any:
    rows = request_list(read_session(), current_actor(), now())
    shown: dict[str, Any] = {"results": None, "problem": "", "typed": "", "form": {}, "most": FOUND_AT_ONCE}
    return page("cases/requests.html", status, rows=rows, words=words, kinds=list(words.KINDS.items()), today=local_day(now()), **(shown | more))


@blueprint.get("/guardian-requests")
@needs(READ)
def guardian_requests() -> Any:
    """What guardians asked for, open ones by their deadline."""
    return _list()


@blueprint.post("/guardian-requests/find")
@needs(WRITE)
def guardian_request_find() -> Any:
    """Find the pupil: the words come in the form, what is found is masked."""
    typed = forms.words(request.form, "words", 40)
    return _list(results=find_pupils(read_session(), current_actor(), typed, local_day(now())), typed=typed)


@blueprint.post("/guardian-requests")
@needs(WRITE)
def guardian_request_receive() -> Any:
    """Note a request."""
    form = request.form
    try:
        came = forms.moment(form, "received") if form.get("received_on") else None
        command = requests.Receive(
            forms.an_id(form, "student") or "", form.get("kind", ""), forms.words(form, "guardian", 61), forms.words(form, "relation", 61),
            forms.words(form, "words", requests.WORDS_LENGTH + 1), came,
        )
        with transaction() as session:
            key = requests.receive(session, key_ring(), current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _list(error.status, problem=refusal(error), form=form)
    toast(_("Noted. Answer it by the day that stands at its head."))
    return redirect_to("cases.guardian_request", request_id=key)


@blueprint.get("/guardian-requests/<request_id>")
@needs(READ)
@reauthenticated
def guardian_request(request_id: str) -> Any:
    """One request; its words are shown, and that is written down first."""
    actor, moment, ring = current_actor(), now(), key_ring()
    with transaction() as session:
        row = requests.seen_request(session, actor, request_id)
        open_record(session, actor, Reading(row.school_id, REQUEST, row.id, READ, "guardian_request", "page"), moment)
        known, said = known_of(ring, row), requests.words_of(ring, row)
        shown, whole = row_of(row, moment), matters_of(session, actor, row, moment)[1]
    offered = [*requests.DECISIONS[shown.kind], *requests.REFUSALS]
    return page("cases/request.html", r=shown, whole=whole, known=known, said=said, words=words, decisions=[(k, words.DECISIONS[k]) for k in offered])


@blueprint.post("/guardian-requests/<request_id>/answer")
@needs(WRITE)
def guardian_request_answer(request_id: str) -> Any:
    """Decide on a request."""
    command = requests.Answer(request_id, request.form.get("decision", ""), forms.words(request.form, "words", requests.WORDS_LENGTH + 1))
    return done(lambda s, a: requests.answer(s, key_ring(), a, command, now()), _("Answered. Print the letter."), "cases.guardian_request", request_id=request_id)


@blueprint.post("/guardian-requests/<request_id>/letter.<suffix>")
@needs(WRITE)
@reauthenticated
def guardian_request_letter(request_id: str, suffix: str) -> Any:
    """The letter with everything that is held, or with the reasons of a refusal, as PDF or Word."""
    if suffix not in {"pdf", "docx"}:
        raise NotFound
    actor, moment, ring = current_actor(), now(), key_ring()
    with transaction() as session:
        row = requests.seen_request(session, actor, request_id)
        held = requests.read_held(session, ring, actor, request_id, "print", moment) if row.decision == "given" else None
        if held is None:
            open_record(session, actor, Reading(row.school_id, REQUEST, row.id, READ, "guardian_request", "print"), moment)
        school = org(session, actor.scope(READ), row.school_id)
        letter = answer_letter(row, ring, known_of(ring, row), held, school.name, school.short_name)
    content = letter_pdf(letter) if suffix == "pdf" else letter_docx(letter)
    return attachment(content, document_name(letter.kind, new_id(), suffix), "application/pdf" if suffix == "pdf" else DOCX_TYPE)
