"""Hand-overs of plans: sent, waiting, taken over; the list that goes along and the receipt that comes back."""

import re
import unicodedata
from datetime import timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.accounts.fresh import reauthenticated
from trainhub.documents.letters import (
    DOCX_TYPE,
    Facts,
    Heading,
    Letter,
    Paragraph,
    Seal,
    Table,
    TableColumn,
    TableRow,
    document_name,
    letter_docx,
    letter_pdf,
)
from trainhub.documents.numbering import document_number
from trainhub.education_plans import hour_wording
from trainhub.education_plans import keeping_wording as words
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.hand_overs import HAND_OVER, HandOverRow, hand_over, hand_overs, package_of
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.service import handing_over
from trainhub.education_plans.views import blueprint
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.roster.queries import org, schools
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment, form_page, page, redirect_to, toast

READ, WRITE = Permission.PLAN_READ, Permission.PLAN_WRITE


@blueprint.get("/hand-overs")
@needs(READ)
def hand_over_list() -> Any:
    """What came and what went, those that wait first."""
    actor, moment = current_actor(), now()
    rows = hand_overs(read_session(), actor, moment)
    default = local_day(moment) + timedelta(days=90)
    return page("education_plans/hand_overs.html", rows=rows, words=words, may_write=actor.can(WRITE), default=default, today=local_day(moment))


@blueprint.route("/plans/<plan_id>/hand-over", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def hand_over_plan(plan_id: str) -> Any:
    """Send a plan to another school; the receipt number is shown once."""
    actor, moment, problem = current_actor(), now(), ""
    plan = seen_plan(read_session(), actor, READ, plan_id, moment)
    model = {"plan_id": plan_id, "title": code_of(plan.year, plan.number)}
    if request.method == "POST":
        form = request.form
        command = handing_over.Send(plan_id, form.get("reason", ""), form.get("to_school") or None, form.get("to_outside", ""))
        try:
            with transaction() as session:
                sent = handing_over.send_plan(session, actor, key_ring(), command, moment)
            return page("education_plans/receipt.html", receipt=sent.receipt, back="education_plans.hand_over_list")
        except NotFound:
            raise
        except DomainError as error:
            problem = words.refusal(error)
    others = [(s.id, s.name) for s in schools(read_session(), Scope(actor.district_id, None)) if s.id != actor.org_id and s.kind != "bureau"]
    return form_page("education_plans/hand_over.html", 422 if problem else 200, **model, others=others, problem=problem, form=request.form,
                     reasons=list(words.REASONS.items()))


def _settle(act: Any, said: str) -> Any:
    try:
        with transaction() as session:
            act(session, current_actor(), now())
        toast(said)
    except NotFound:
        raise
    except DomainError as error:
        toast(words.refusal(error), "error")
    return redirect_to("education_plans.hand_over_list")


@blueprint.post("/hand-overs/<hand_over_id>/accept")
@needs(WRITE)
def hand_over_accept(hand_over_id: str) -> Any:
    """Take a plan over by its receipt number; one that went outside is confirmed here by somebody else."""
    receipt, due = request.form.get("receipt", "")[:40], plausible_day(request.form.get("due_on", ""))

    def act(session: Any, actor: Any, moment: Any) -> None:
        row = hand_over(session, actor, hand_over_id, moment)
        if row.outside:
            handing_over.confirm_outside(session, actor, key_ring(), hand_over_id, receipt, moment)
        else:
            handing_over.accept_plan(session, actor, key_ring(), hand_over_id, receipt, due or local_day(moment) + timedelta(days=90), moment)

    return _settle(act, _("Taken over."))


@blueprint.post("/hand-overs/<hand_over_id>/return")
@needs(WRITE)
def hand_over_return(hand_over_id: str) -> Any:
    """Send a plan back; it runs on where it was."""
    return _settle(lambda s, a, moment: handing_over.return_plan(s, a, hand_over_id, moment), _("Sent back."))


@blueprint.post("/hand-overs/<hand_over_id>/papers/<kind>.<suffix>")
@needs(WRITE)
@reauthenticated
def hand_over_paper(hand_over_id: str, kind: str, suffix: str) -> Any:
    """The sealed list that goes along, or the receipt that comes back, as PDF or Word."""
    if kind not in {"list", "receipt"} or suffix not in {"pdf", "docx"}:
        raise NotFound
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = hand_over(session, actor, hand_over_id, moment)
        reading = Reading(actor.org_id, HAND_OVER, row.hand_over_id, WRITE, "handling", "print", about_ref=row.case_id)
        package = package_of(session, key_ring(), open_record(session, actor, reading, moment), hand_over_id)
        anywhere = Scope(actor.district_id, None)
        sender = org(session, anywhere, row.from_school_id)
        receiver = org(session, anywhere, row.to_school_id) if row.to_school_id else None
        letter = _letter(row, package, sender, receiver, kind)
    content = letter_pdf(letter) if suffix == "pdf" else letter_docx(letter)
    return attachment(content, document_name(letter.kind, new_id(), suffix), "application/pdf" if suffix == "pdf" else DOCX_TYPE)


def _letter(row: HandOverRow, package: dict[str, Any], sender: Any, receiver: Any, kind: str) -> Letter:
    if kind == "receipt" and (row.receipt_number is None or row.received_at is None):
        raise NotFound
    other, name = (receiver.name if receiver else row.other), str(sender.name)
    facts = Facts((
        (str(_("From")), name), (str(_("To")), str(other)), (str(_("Reason")), str(words.REASONS[row.reason])),
        (str(_("The plan")), row.code), (str(_("Sent on")), day_text(local_day(row.sent_at), weekday=False, year=True)),
        (str(_("Minutes done")), str(row.done_minutes)), (str(_("Minutes owed")), str(row.owed_minutes)),
    ))
    if kind == "receipt":
        number = _number("transfer_receipt", row.receipt_year or 0, row.receipt_number or 0, receiver or sender)
        said = Paragraph(str(_("The sealed hand-over was received whole. The plan goes on here with the minutes owed.")))
        return Letter("transfer_receipt", str(_("Receipt of a sealed hand-over")), number, str(other), local_day(row.received_at or row.sent_at), (facts, said), to=name)
    modules = Table(
        (TableColumn(str(_("Module")), 60), TableColumn(str(_("Minutes")), 20, "right")),
        tuple(TableRow((str(hour_wording.MODULES[m[0]]), str(m[1]))) for m in package["modules"]), totals=(str(_("Sum")), str(package["total_minutes"])),
    )
    blocks = (facts, Heading(str(_("Goals"))), Paragraph(package["goals"] or "–"), Heading(str(_("Modules"))), modules,
              Paragraph(str(_("Sealed. Not part of the ordinary transfer file. Give the receipt number back to take it over."))), Seal())
    number = _number("transfer_list", row.list_year, row.list_number, sender)
    return Letter("transfer_list", str(_("List of a sealed hand-over")), number, name, local_day(row.sent_at), blocks, to=str(other))


def _number(kind: str, year: int, seq: int, unit: Any) -> str:
    return document_number(kind, year, seq, re.sub(r"[\s\[\]()]+", "", unicodedata.normalize("NFKC", unit.short_name)))
