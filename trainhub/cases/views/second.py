"""What takes two people: asked with a reason, decided by another, used once."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.cases import bureau_wording, forms, wording
from trainhub.cases import determining_wording as words
from trainhub.cases.letters import export_letter, tables_of, watermark
from trainhub.cases.queries.board import board
from trainhub.cases.queries.identity import identity
from trainhub.cases.queries.papers import exported
from trainhub.cases.queries.second import queue, reporter, request_of
from trainhub.cases.rules.second import ASKED_WITH, LASTS, QUOTA, QUOTA_DAYS, REASONS, SecondKind
from trainhub.cases.service import second
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import refusal
from trainhub.documents import xlsx
from trainhub.documents.letters import document_name, letter_pdf
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import schools
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment, page, redirect_to, toast

SECOND, GLASS = Permission.CASE_SECOND, Permission.BREAK_GLASS_WRITE
CASE_READ, CASE_WRITE = Permission.CASE_READ, Permission.CASE_WRITE
_TABLES: dict[str, Any] = {
    "kinds": words.KINDS | bureau_wording.KINDS, "reasons": words.REASONS | bureau_wording.REASONS, "second_states": words.SECOND_STATES, "tiers": wording.TIERS, "marks": words.SECOND_KINDS,
}


@blueprint.get("/second")
@needs(CASE_READ)
def second_queue() -> Any:
    """What waits for one's consent, what one asked for, what was decided."""
    return _queue()


def _queue(status: int = 200, problem: str = "") -> Any:
    actor = current_actor()
    found = queue(read_session(), key_ring(), actor, now())
    units = schools(read_session(), actor.scope(GLASS)) if actor.can(GLASS) else []
    return page("cases/second.html", status, problem=problem, kept=request.values, units=[(one.id, one.name) for one in units if one.id != actor.district_id],
                unseal_reasons=[(key, str(_TABLES["reasons"][key])) for key in REASONS[SecondKind.UNSEAL]], found=found, may_decide=actor.can(SECOND), moment=now(), looks=("reporter", "identity", "identified_export"), **wording.tables(_TABLES))


def _kind(kind: str) -> SecondKind:
    """What is asked for, if the acting role may ask for it; else there is no such page."""
    if kind not in set(SecondKind) or not current_actor().can(ASKED_WITH[SecondKind(kind)]):
        raise NotFound
    return SecondKind(kind)


def _ask_form(kind: str, object_id: str, status: int = 200, problem: str = "") -> Any:
    known = _kind(kind)
    others = [(c.case_id, c.label) for c in board(read_session(), current_actor(), now()).rows if not c.elsewhere and c.case_id != object_id] if kind == "end_case" else []
    return page("cases/ask.html", status, others=others, kind=kind, object_id=object_id, problem=problem, kept=request.values, hours=int(LASTS[known].total_seconds() // 3600),
                choices=[(key, str(_TABLES["reasons"][key])) for key in REASONS[known]], tier_choices=wording.choices(wording.TIERS)[1:], quota=QUOTA,
                quota_days=QUOTA_DAYS, left=max(0, second.exports_left(read_session(), current_actor(), now())), **wording.tables(_TABLES))


@blueprint.route("/second/ask/<kind>/<object_id>", methods=["GET", "POST"])
@needs(get=CASE_READ, post=GLASS)
def ask(kind: str, object_id: str) -> Any:
    """Ask for it: the reason, and one sentence that only whoever decides reads."""
    if request.method == "GET":
        return _ask_form(kind, object_id)
    form, known = request.form, _kind(kind)
    parameters: dict[str, Any] = {"severity": form.get("severity", "")} if kind == "downgrade" else {}
    if kind == "extension":
        parameters = {"days": forms.number(form, "days")}
    if kind == "end_case":
        parameters = {"double_of": forms.an_id(form, "double_of")}
    command = second.Ask(known.value, object_id, form.get("reason", ""), forms.words(form, "words", 501), parameters)
    try:
        with transaction() as session:
            second.ask(session, key_ring(), current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _ask_form(kind, object_id, error.status, refusal(error))
    toast(_("Asked. You are told when somebody has decided."))
    return redirect_to("cases.second_queue")


@blueprint.post("/second/unseal")
@needs(GLASS)
def ask_unsealing() -> Any:
    """Ask by its number that a sealed case be opened: it stands on no list. None and not sealed give the same answer."""
    form, actor = request.form, current_actor()
    try:
        with transaction() as session:
            second.ask_unsealing(session, key_ring(), actor, forms.an_id(form, "school") or actor.org_id, forms.words(form, "number", 12),
                                 form.get("reason", ""), forms.words(form, "words", 501), now())
    except NotFound:
        raise
    except DomainError as error:
        return _queue(error.status, refusal(error))
    toast(_("Asked. You are told when somebody has decided."))
    return redirect_to("cases.second_queue")


def _decide(step: Any, said: str) -> Any:
    try:
        with transaction() as session:
            step(session, current_actor())
        toast(said)
    except NotFound:
        raise
    except DomainError as error:
        toast(refusal(error), "error")
    return redirect_to("cases.second_queue")


@blueprint.post("/second/<second_id>/grant")
@needs(SECOND)
@reauthenticated
def grant(second_id: str) -> Any:
    """Consent."""
    return _decide(lambda session, actor: second.grant(session, actor, second_id, now()), _("Granted. It holds for a limited time."))


@blueprint.post("/second/<second_id>/refuse")
@needs(SECOND)
def refuse(second_id: str) -> Any:
    """Do not consent."""
    return _decide(lambda session, actor: second.refuse(session, actor, second_id, now()), _("Refused."))


@blueprint.post("/second/<second_id>/carry-out")
@needs(CASE_WRITE)
def carry_out(second_id: str) -> Any:
    """Carry a granted step of the case out."""
    return _decide(lambda session, actor: second.carry_out(session, actor, second_id, now()), _("Carried out. Who asked and who agreed stands in the history."))


@blueprint.post("/second/<second_id>/look")
@needs(GLASS)
@reauthenticated
def look(second_id: str) -> Any:
    """Show what was granted, once. The principal or the bureau is told in the same step."""
    actor, ring, moment = current_actor(), key_ring(), now()
    try:
        with transaction() as session:
            row = request_of(session, actor, second_id)
            if row.kind == SecondKind.FILE.value:
                return redirect_to("cases.case", case_id=second.take_up(session, actor, second_id, moment))
            opening = second.use(session, actor, second_id, moment)
            if row.kind == SecondKind.REPORTER.value:
                return page("cases/revealed.html", found=reporter(session, ring, opening, row.object_id), child=None)
            return page("cases/revealed.html", found=None, child=identity(session, ring, opening, row.object_id))
    except NotFound:
        raise
    except DomainError as error:
        toast(refusal(error), "error")
    return redirect_to("cases.second_queue")


@blueprint.post("/second/<second_id>/file")
@needs(GLASS)
@reauthenticated
def export_file(second_id: str) -> Any:
    """One file with names as PDF or Excel under a watermark, once within a day of the consent."""
    actor, ring, moment = current_actor(), key_ring(), now()
    if request_of(read_session(), actor, second_id).kind != SecondKind.IDENTIFIED_EXPORT.value:
        raise NotFound
    try:
        with transaction() as session:
            row = request_of(session, actor, second_id)
            file = exported(session, ring, second.use(session, actor, second_id, moment, via="export"), row.object_id)
            mark = watermark(row.reason, actor.display_name, moment)
    except NotFound:
        raise
    except DomainError as error:
        toast(refusal(error), "error")
        return redirect_to("cases.second_queue")
    if request.form.get("as") == "xlsx":
        sheets = [xlsx.SheetSpec(title, [xlsx.Column(head, width=20) for head in heads], rows, notes=(mark,)) for title, heads, rows in tables_of(file)]
        return attachment(xlsx.write(sheets, created_at=moment, filter_note=mark), document_name("transfer_list", new_id(), "xlsx"), xlsx.MEDIA_TYPE)
    return attachment(letter_pdf(export_letter(file, mark, local_day(moment))), document_name("transfer_list", new_id(), "pdf"), "application/pdf")

