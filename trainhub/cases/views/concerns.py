"""Concerns: reporting one, its receipt, what became of it; the desk that takes them and decides."""

from typing import Any

from flask import request
from flask import session as cookie
from flask_babel import gettext as _

from trainhub.cases import forms, wording
from trainhub.cases.queries.board import board
from trainhub.cases.queries.desk import CONCERN, concern_row, concern_text, desk, own_answer, own_receipts
from trainhub.cases.rules.intake import DECLINE_REASONS, shown_receipt
from trainhub.cases.service import intake
from trainhub.cases.service.asking import ask_by_receipt
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import refusal
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_many, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast

_OWN_READ, _OWN_WRITE = Permission.CONCERN_OWN_READ, Permission.CONCERN_OWN_WRITE
_SHOWN_ONCE = "receipt"
_READ, _WRITE = Permission.CONCERN_READ, Permission.CONCERN_WRITE


def _form_model(desk_form: bool, problem: str = "", wrong: str = "") -> dict[str, Any]:
    """What the form shows: the lists, and what was typed."""
    kept = request.form if request.method == "POST" else {}
    return {
        "desk_form": desk_form, "problem": problem, "wrong": wrong, "kept": kept, "op_id": forms.operation(request.form) or new_id(),
        "means": wording.choices(wording.MEANS), "places": wording.choices(wording.PLACES, _("not known")), "today": local_day(now()).isoformat(), "clock": time_text(now()),
        "ticked": request.form.getlist("means"), "channels": [c for c in wording.choices(wording.CHANNELS) if c[0] != "staff"],
    }


@blueprint.route("/concerns/new", methods=["GET", "POST"])
@needs(get=_OWN_READ, post=_OWN_WRITE)
def new_concern() -> Any:
    """Report a concern; the answer is the receipt. The same form sent twice shows the same number."""
    if request.method == "GET":
        return page("cases/concern_form.html", **_form_model(False))
    try:
        with transaction() as session:
            receipt = intake.report_concern(session, key_ring(), current_actor(), forms.report_command(request.form), now())
    except DomainError as error:
        return form_page("cases/concern_form.html", error.status, **_form_model(False, refusal(error), error.field or ""))
    return _receipt(receipt, for_desk=False)


@blueprint.route("/concerns/enter", methods=["GET", "POST"])
@needs(get=_READ, post=_WRITE)
def enter_concern() -> Any:
    """Enter what came by letter box, hotline, questionnaire or otherwise. Nobody is asked for a name."""
    if request.method == "GET":
        return page("cases/concern_form.html", **_form_model(True))
    try:
        command = forms.enter_command(request.form)
        with transaction() as session:
            receipt = intake.enter_concern(session, key_ring(), current_actor(), command, now())
    except DomainError as error:
        return form_page("cases/concern_form.html", error.status, **_form_model(True, refusal(error), error.field or ""))
    return _receipt(receipt, for_desk=True)


def _receipt(receipt: intake.Receipt, *, for_desk: bool) -> Any:
    """To the page with the number. It waits in the signed session for one view and stands in no address: reloading sends nothing twice."""
    cookie[_SHOWN_ONCE] = [shown_receipt(receipt.receipt), receipt.routed, for_desk]
    return redirect_to("cases.concern_receipt")


@blueprint.get("/concerns/receipt")
@needs(_OWN_READ)
def concern_receipt() -> Any:
    """The receipt, once; after that the number stands under what one reported."""
    held = cookie.pop(_SHOWN_ONCE, None)
    if held is None:
        return redirect_to("cases.my_concerns")
    receipt, routed, for_desk = held
    return page("cases/receipt.html", receipt=receipt, routed=routed, for_desk=for_desk)


@blueprint.get("/concerns/mine")
@needs(_OWN_READ)
def my_concerns() -> Any:
    """What I reported and what became of it."""
    actor, ring = current_actor(), key_ring()
    mark = intake.account_mark(ring, actor.account_id)
    rows = own_receipts(read_session(), actor, mark)
    answers: dict[str, str] = {}
    told = [row for row in rows if row.answered]
    if told:
        with transaction() as session:
            readings = [Reading(row.school_id, CONCERN, row.concern_id, _OWN_READ, "own_receipt", "page") for row in told]
            for row, opening in zip(told, open_many(session, actor, readings, now()), strict=True):
                answers[row.concern_id] = own_answer(session, ring, opening, mark, row.concern_id)
    receipts = {row.concern_id: shown_receipt(intake.receipt_for(ring, row.received_by, row.op_id, row.receipt_mark)) for row in rows}
    return page("cases/my_concerns.html", rows=rows, answers=answers, receipts=receipts, said=wording.words_of(wording.PUBLIC_WORDS),
                reasons=wording.words_of(wording.DECLINE_REASONS))


@blueprint.route("/concern", methods=["GET", "POST"])
@needs(get=Permission.PUBLIC_READ, post=Permission.PUBLIC_WRITE)
def receipt_lookup() -> Any:
    """What became of a concern, for anybody with its number. Never in an address; nothing but a word comes back."""
    typed = request.form.get("receipt", "")[:40]
    asked = None
    if request.method == "POST":
        with transaction() as session:
            asked = ask_by_receipt(session, key_ring(), typed, request.remote_addr or "", now())
    return page("cases/receipt_lookup.html", 429 if asked and asked.wait else 200, asked=asked, said=wording.words_of(wording.PUBLIC_WORDS),
                reasons=wording.words_of(wording.DECLINE_REASONS))


@blueprint.get("/concerns")
@needs(_READ)
def concern_desk() -> Any:
    """The desk: what waits for a decision, and what was decided."""
    rows = desk(read_session(), current_actor())
    return page("cases/desk.html", waiting=[r for r in rows if r.state == "clue"], routed=[r for r in rows if r.about_staff],
                decided=[r for r in rows if r.state != "clue" and not r.about_staff], **_words())


def _words() -> dict[str, Any]:
    tables = {"channels": wording.CHANNELS, "states": wording.CONCERN_STATES, "reasons": wording.DECLINE_REASONS, "means_words": wording.MEANS,
              "place_words": wording.PLACES, "tiers": wording.TIERS}
    return wording.tables(tables)


@blueprint.get("/concerns/<concern_id>")
@needs(_READ)
def concern(concern_id: str) -> Any:
    """One concern with its words: opening it is logged. Who reported is not on it."""
    return _concern_page(concern_id)


def _concern_page(concern_id: str, status: int = 200, problem: str = "") -> Any:
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = concern_row(session, actor, concern_id)
        opening = open_record(session, actor, Reading(actor.org_id, CONCERN, row.concern_id, _READ, "handling", "page"), moment)
        text = concern_text(session, key_ring(), opening, concern_id)
        may_decide = actor.can(_WRITE) and row.state == "clue"
        there = board(session, actor, moment, with_closed=False).rows if may_decide else ()
    return page("cases/concern.html", status, row=row, text=text, may_decide=may_decide, problem=problem, kept=request.form,
                cases=[(c.case_id, _("Case %(no)s", no=c.label)) for c in there if not c.elsewhere], decline=[(k, str(wording.DECLINE_REASONS[k])) for k in DECLINE_REASONS],
                tier_choices=wording.choices(wording.TIERS), **_words())


@blueprint.post("/concerns/<concern_id>/accept")
@needs(_WRITE)
def accept(concern_id: str) -> Any:
    """Accept it, into a new case or one that is there."""
    command = intake.AcceptConcern(concern_id, forms.an_id(request.form, "case"), request.form.get("severity", ""))
    try:
        with transaction() as session:
            case_id = intake.accept_concern(session, key_ring(), current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _concern_page(concern_id, error.status, refusal(error))
    toast(_("Accepted. Whoever reported can read it with the receipt number."))
    return redirect_to("cases.case", case_id=case_id)


@blueprint.post("/concerns/<concern_id>/decline")
@needs(_WRITE)
def decline(concern_id: str) -> Any:
    """Decline it with a reason."""
    command = intake.DeclineConcern(concern_id, request.form.get("reason", ""), forms.words(request.form, "words"))
    try:
        with transaction() as session:
            intake.decline_concern(session, key_ring(), current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _concern_page(concern_id, error.status, refusal(error))
    toast(_("Not accepted. Whoever reported can read the reason with the receipt number."))
    return redirect_to("cases.concern_desk")
