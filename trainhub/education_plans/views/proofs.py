"""One hour with what proves it: files are added by who gave the lesson and opened one by one, each opening an entry in the access log."""

from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.education_plans import hour_wording as words
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.ledger import hours_ledger, own_lines
from trainhub.education_plans.queries.own import reading_of
from trainhub.education_plans.queries.proofs import proof_file, proofs_of
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.hours import MOST_PROOFS
from trainhub.education_plans.service.proofs import AddProof, add_proof, withdraw_proof
from trainhub.education_plans.views import blueprint
from trainhub.education_plans.views.answers import done
from trainhub.evidence.proofs import PROOF_BYTES
from trainhub.evidence.sealed_files import FILE, SEALED_SUFFIXES, sealed_file
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment, form_page, redirect_to, toast


@blueprint.route("/my-lessons/<plan_id>/lines/<int:number>", methods=["GET", "POST"])
@needs(get=Permission.HOURS_OWN_READ, post=Permission.HOURS_OWN_WRITE)
def own_line(plan_id: str, number: int) -> Any:
    """An hour one gave: its files, and one more."""
    if request.method == "GET":
        return _line(plan_id, number, None)
    sent = request.files.get("file")
    content = sent.stream.read(PROOF_BYTES + 1) if sent is not None and sent.filename else None
    try:
        with transaction() as session:
            add_proof(session, current_actor(), key_ring(), AddProof(plan_id, number, request.form.get("kind", "")[:8], content), now())
    except NotFound:
        raise
    except DomainError as error:
        return _line(plan_id, number, error)
    toast(_("Sealed."))
    return redirect_to("education_plans.own_line", plan_id=plan_id, number=number)


def _line(plan_id: str, number: int, problem: DomainError | None) -> Response:
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.HOURS_OWN_READ, plan_id, moment)
        opening = open_record(session, actor, reading_of(row, Permission.HOURS_OWN_READ, "lesson"), moment)
        own = own_lines(hours_ledger(session, key_ring(), opening, row, moment), actor.person_id)
        line = next((x for x in own.rows if x.number == number and x.logged), None)
        if line is None:
            raise NotFound
        files = proofs_of(session, actor, [row.id]).get((row.id, number), ())
        title = code_of(row.year, row.number)
    return form_page(
        "education_plans/own_line.html", problem.status if problem else 200, line=line, files=files, title=title, plan_id=plan_id, number=number,
        words=words, problem=sentence(problem) if problem else "", most=MOST_PROOFS, limit_mb=PROOF_BYTES // 2**20,
        kinds=list(words.PROOFS.items()), back=url_for("education_plans.own_plan", plan_id=plan_id),
    )


@blueprint.get("/my-lessons/<plan_id>/lines/<int:number>/proofs/<proof_id>")
@needs(Permission.HOURS_OWN_READ)
def own_proof(plan_id: str, number: int, proof_id: str) -> Response:
    """A file of an hour one gave."""
    return _file(Permission.HOURS_OWN_READ, "lesson", plan_id, number, proof_id)


@blueprint.get("/plans/<plan_id>/lines/<int:number>/proofs/<proof_id>")
@needs(Permission.PLAN_READ)
def proof(plan_id: str, number: int, proof_id: str) -> Response:
    """A file of an hour, for who keeps, confirms or decides."""
    return _file(Permission.PLAN_READ, "handling", plan_id, number, proof_id)


def _file(permission: Permission, purpose: str, plan_id: str, number: int, proof_id: str) -> Response:
    """The file under a number without meaning; every time is an entry in the log."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        plan, row = proof_file(session, actor, permission, plan_id, number, proof_id, moment)
        reading = Reading(plan.school_id, FILE, row.file_id, permission, purpose, "file", about_ref=plan.case_id)
        kept = sealed_file(session, key_ring(), open_record(session, actor, reading, moment), row.file_id)
    return attachment(kept.content, f"{row.file_id[-12:]}{SEALED_SUFFIXES[kept.media_type]}", kept.media_type)


@blueprint.post("/my-lessons/<plan_id>/lines/<int:number>/proofs/<proof_id>/withdraw")
@needs(Permission.HOURS_OWN_WRITE)
def withdraw_own_proof(plan_id: str, number: int, proof_id: str) -> Any:
    """Take a wrong file out of the list."""
    def write(session: Any, actor: Any, moment: Any) -> None:
        withdraw_proof(session, actor, plan_id, number, proof_id, moment)

    return done(write, _("Withdrawn. It stays sealed in the file."), "education_plans.own_line", plan_id=plan_id, number=number)
