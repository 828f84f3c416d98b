"""Numbered papers of a case: given their number once, printed from data as often as needed, every print in the log."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.cases import determining_wording as words
from trainhub.cases import wording
from trainhub.cases.letters import letter_of
from trainhub.cases.queries.papers import open_paper, papers_of
from trainhub.cases.service.documents import KINDS, issue_paper, number_text
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import done
from trainhub.documents.letters import DOCX_TYPE, document_name, letter_docx, letter_pdf
from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment, page

EXPORT, WRITE = Permission.CASE_EXPORT, Permission.CASE_WRITE


@blueprint.get("/cases/<case_id>/papers")
@needs(EXPORT)
def papers(case_id: str) -> Any:
    """The numbered papers of a case, and what may still get one."""
    actor = current_actor()
    found = papers_of(read_session(), actor, case_id, now())
    rows = [(row, number_text(row.kind, row.year, row.number, found.school_short)) for row in found.issued]
    return page("cases/papers.html", found=found, rows=rows, kinds=wording.words_of(words.PAPERS), order=KINDS, may_write=actor.can(WRITE))


@blueprint.post("/cases/<case_id>/papers")
@needs(WRITE)
def issue(case_id: str) -> Any:
    """Give a record its paper."""
    kind, object_id = request.form.get("kind", ""), request.form.get("object", "")[:32]
    return done(
        lambda session, actor: issue_paper(session, actor, case_id, kind, object_id, now()), _("Numbered. Print it below."), "cases.papers", case_id=case_id
    )


@blueprint.get("/cases/<case_id>/papers/<document_id>.<suffix>")
@needs(EXPORT)
@reauthenticated
def print_paper(case_id: str, document_id: str, suffix: str) -> Any:
    """A paper as PDF or Word. ``to``: the side that a determination goes to."""
    if suffix not in {"pdf", "docx"}:
        raise NotFound
    with transaction() as session:
        paper = open_paper(session, key_ring(), current_actor(), case_id, document_id, now(), reader=request.args.get("to") or None)
    letter = letter_of(paper)
    content = letter_pdf(letter) if suffix == "pdf" else letter_docx(letter)
    return attachment(content, document_name(paper.head.kind, document_id, suffix), "application/pdf" if suffix == "pdf" else DOCX_TYPE)
