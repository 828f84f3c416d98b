"""Talks, evidence and reports of a case."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from trainhub.cases import forms, wording
from trainhub.cases.queries.choices import staff_choices
from trainhub.cases.queries.page import InterviewRow, case_page, evidence_file
from trainhub.cases.service import evidence, interviews, reports
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import done_to, refusal
from trainhub.evidence.proofs import PROOF_BYTES
from trainhub.evidence.sealed_files import FILE, SEALED_SUFFIXES, sealed_file
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import Reading, open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import attachment, page, redirect_to, toast

READ, FILE_READ, WRITE = Permission.CASE_READ, Permission.CASE_FILE_READ, Permission.CASE_WRITE


def _form(template: str, case_id: str, status: int = 200, **more: Any) -> Any:
    found = case_page(read_session(), current_actor(), case_id, now())
    if not found.leads:
        raise NotFound
    return page(template, status, c=found, today=local_day(now()).isoformat(), clock=time_text(now()),
                party_options=[(party.party_id, party.code) for party in found.parties], **({"problem": "", "wrong": "", "kept": request.form} | more))


def _corrected(case_id: str) -> InterviewRow | None:
    """The talk that the one being written corrects."""
    wanted = forms.an_id(request.values, "corrects")
    found = case_page(read_session(), current_actor(), case_id, now()).interviews if wanted else ()
    return next((one for one in found if one.interview_id == wanted), None)


def _as_written(row: InterviewRow) -> MultiDict[str, str]:
    """What a correction begins with: with whom, when, where, who was there; the words are written anew."""
    return MultiDict({
        "party": row.party_id, "witness_code": "" if row.party_id else row.code, "starts_on": local_day(row.starts_at).isoformat(),
        "starts_at": time_text(row.starts_at), "ends_at": time_text(row.ends_at), "place_kind": row.place_kind, "adult_present": row.adult_present,
        "no_adult_reason": row.no_adult_reason,
    })


def _interview_form(case_id: str, status: int = 200, **more: Any) -> Any:
    session, actor, corrected = read_session(), current_actor(), _corrected(case_id)
    if corrected is not None and request.method == "GET":
        more["kept"] = _as_written(corrected)
    return _form(
        "cases/interview.html", case_id, status, corrected=corrected, staff=staff_choices(session, actor, local_day(now())), adults=wording.choices(wording.ADULTS),
        no_adult=wording.choices(wording.NO_ADULT), places=wording.choices(wording.PLACES, _("not known")), **more,
    )


@blueprint.route("/cases/<case_id>/interviews/new", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def interview(case_id: str) -> Any:
    """Write down a talk."""
    if request.method == "GET":
        return _interview_form(case_id)
    try:
        command = forms.interview_command(request.form, case_id)
        with transaction() as session:
            interviews.record_interview(session, key_ring(), current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _interview_form(case_id, error.status, problem=refusal(error), wrong=error.field or "")
    toast(_("Saved under seal."))
    return redirect_to("cases.case", case_id=case_id)


def _evidence_form(case_id: str, status: int = 200, **more: Any) -> Any:
    return _form("cases/evidence.html", case_id, status, kinds=wording.choices(wording.EVIDENCE_KINDS), sources=wording.choices(wording.SOURCES),
                 limit_mb=PROOF_BYTES // 2**20, **more)


@blueprint.route("/cases/<case_id>/evidence/new", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def add_evidence(case_id: str) -> Any:
    """Seal a file, or note a thing that stays elsewhere."""
    if request.method == "GET":
        return _evidence_form(case_id)
    sent = request.files.get("file")
    content = sent.stream.read(PROOF_BYTES + 1) if sent is not None and sent.filename else None
    command = evidence.AddEvidence(
        case_id, request.form.get("kind", ""), forms.words(request.form, "title", 201), request.form.get("received_from", ""), content or None,
        intimate=request.form.get("intimate") == "yes",
    )
    try:
        with transaction() as session:
            evidence.add_evidence(session, key_ring(), current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _evidence_form(case_id, error.status, problem=refusal(error), wrong=error.field or "")
    toast(_("Saved under seal."))
    return redirect_to("cases.case", case_id=case_id)


@blueprint.get("/cases/<case_id>/evidence/<evidence_id>")
@needs(FILE_READ)
def evidence_download(case_id: str, evidence_id: str) -> Any:
    """One file, to be saved under a number without meaning; every time is an entry in the log."""
    actor = current_actor()
    with transaction() as session:
        case, row = evidence_file(session, actor, case_id, evidence_id, now())
        assert row.file_id is not None
        reading = Reading(case.school_id, FILE, row.file_id, FILE_READ, "handling", "file", about_ref=case.id)
        kept = sealed_file(session, key_ring(), open_record(session, actor, reading, now()), row.file_id)
    return attachment(kept.content, f"{row.file_id[-12:]}{SEALED_SUFFIXES[kept.media_type]}", kept.media_type)


@blueprint.post("/cases/<case_id>/evidence/<evidence_id>/withdraw")
@needs(WRITE)
def withdraw_evidence(case_id: str, evidence_id: str) -> Any:
    """Take evidence out of the list; it stays sealed."""
    return done_to(
        case_id, "evidence", evidence_id, lambda s, a: evidence.withdraw_evidence(s, a, evidence_id, now()), _("Withdrawn. It stays sealed in the file."),
        "cases.case",
    )


def _report_form(case_id: str, status: int = 200, **more: Any) -> Any:
    return _form(
        "cases/report.html", case_id, status, kinds=wording.choices(wording.REPORT_KINDS), ways=wording.choices(wording.REPORT_FORMS),
        offices=wording.choices(wording.OFFICES), facts=wording.choices(wording.FACTS), **more,
    )


@blueprint.route("/cases/<case_id>/reports/new", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def report(case_id: str) -> Any:
    """Record a report upward."""
    if request.method == "GET":
        return _report_form(case_id)
    try:
        command = forms.report_upward_command(request.form, case_id)
        with transaction() as session:
            reports.record_report(session, key_ring(), current_actor(), command, now())
    except NotFound:
        raise
    except DomainError as error:
        return _report_form(case_id, error.status, problem=refusal(error), wrong=error.field or "")
    toast(_("Recorded. A version is never changed; what follows is a report of its own."))
    return redirect_to("cases.case", case_id=case_id)
