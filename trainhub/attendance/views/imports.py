"""Attendance from a file: choose, check, write, take back."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from trainhub.attendance import file_messages, forms, messages, queries, service
from trainhub.attendance.service import UnknownSource
from trainhub.attendance.service.imports import frame_for
from trainhub.attendance.views import blueprint, files, problems, rows
from trainhub.documents import xlsx
from trainhub.evidence.messages import refusal_sentence
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound, StaleVersion
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Refused
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import attachment, page, redirect_to, toast

READ, WRITE = Permission.ROLL_READ, Permission.ROLL_WRITE


@blueprint.route("/rolls/<sheet_id>/import", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def import_file(sheet_id: str) -> Any:
    """Choose a file; a POST reads it in a child process and keeps it for checking."""
    problem = ""
    if request.method == "POST":
        try:
            return redirect_to("attendance.check_import", sheet_id=sheet_id, batch_id=_staged(sheet_id))
        except Refused as refused:
            problem = refusal_sentence(refused, _)
        except UnknownSource as unknown:
            problem = sentence(unknown)
    return _choose_page(sheet_id, problem)


def _staged(sheet_id: str) -> str:
    """Read the upload outside the transaction, then stage it inside one; return the batch."""
    actor = current_actor()
    upload = files.sent_file(request.files.get("file"))
    if upload is None:
        raise Refused("empty_file")
    session = read_session()
    frame, remembered = frame_for(session, actor, sheet_id), service.remembered_columns(session, actor, sheet_id)
    session.rollback()  # reading may take seconds: hold nothing meanwhile
    read = service.read_attendance(upload, files.sources(), frame, request.form.get("source", "auto"), remembered=remembered, ask=True)
    with transaction() as session:
        return service.stage_import(session, actor, sheet_id, read, now())


def _choose_page(sheet_id: str, problem: str) -> Any:
    actor = current_actor()
    session = read_session()
    sheet = queries.sheet_facts(session, actor.scope(READ), sheet_id)
    return page("attendance/import.html", 422 if problem else 200, sheet=sheet, source_options=files.source_options(), problem=problem,
                batches=queries.batches(session, actor.scope(READ), sheet_id),
                editable=sheet.state == "open" and actor.can(WRITE))


@blueprint.route("/rolls/<sheet_id>/import/<batch_id>", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def check_import(sheet_id: str, batch_id: str) -> Any:
    """Check what a file would do, problem rows first; a POST keeps the clerk's decisions.

    Decisions made on a page that is out of date change nothing: the page comes anew with 409.
    """
    if request.method == "GET":
        return _check_page(sheet_id, batch_id)
    try:
        with transaction() as session:
            version = service.decide_import(session, current_actor(), batch_id, forms.decisions_of_form(request.form), sheet_id=sheet_id,
                                            seen_version=request.form.get("version", -1, int))
        if request.form.get("then") == "apply":
            return _apply(sheet_id, batch_id, version)
    except StaleVersion as stale:
        return _check_page(sheet_id, batch_id, stale)
    return redirect_to("attendance.check_import", sheet_id=sheet_id, batch_id=batch_id)


def _check_page(sheet_id: str, batch_id: str, refused: DomainError | None = None) -> Any:
    actor = current_actor()
    found = queries.import_page(read_session(), actor.scope(READ), batch_id, sheet_id)
    if found.batch.needs_columns:
        return redirect_to("attendance.import_columns", sheet_id=sheet_id, batch_id=batch_id)
    source = files.sources().get(found.batch.source_key)
    return page(
        "attendance/check_import.html", refused.status if refused else 200, problem=sentence(refused) if refused else "", page=found, sheet=found.roll.sheet, plan=found.plan, words=messages,
        warnings=[file_messages.sentence(w, _) for w in found.plan.warnings], tally=rows.tally(found.roll.tally),
        source_label=source.spec.label if source else found.batch.source_key, now=now(),
        conflict_count=sum(1 for line in found.plan.lines if line.conflict),
        editable=found.roll.sheet.state == "open" and actor.can(WRITE),
    )


def _apply(sheet_id: str, batch_id: str, version: int) -> Any:
    """Write a checked file in one transaction. Raises StaleVersion where it was decided about since."""
    with transaction() as session:
        report = service.apply_import(session, current_actor(), batch_id, now(), seen_version=version)
    toast(_("%(changed)s records written, %(unchanged)s unchanged, %(open)s left for you to decide.",
            changed=report.changed, unchanged=report.unchanged, open=report.open_rows))
    return redirect_to("attendance.conflicts" if report.conflicts else "attendance.roll", sheet_id=sheet_id)


@blueprint.route("/rolls/<sheet_id>/import/<batch_id>/problems.xlsx")
@needs(READ)
def import_problems(sheet_id: str, batch_id: str) -> Response:
    """The rows that need somebody as a sheet: what was read, what is wrong, what to do."""
    actor = current_actor()
    found = queries.import_page(read_session(), actor.scope(READ), batch_id, sheet_id)
    return attachment(problems.sheet(found, actor.display_name, now()), problems.file_name(found, now()), xlsx.MEDIA_TYPE)


@blueprint.route("/rolls/<sheet_id>/import/<batch_id>/discard", methods=["POST"])
@needs(WRITE)
def discard_import(sheet_id: str, batch_id: str) -> Any:
    """Drop a staged file."""
    with transaction() as session:
        service.discard_import(session, current_actor(), batch_id, sheet_id=sheet_id)
    toast(_("The file was dropped. Nothing was written."), "info")
    return redirect_to("attendance.import_file", sheet_id=sheet_id)


@blueprint.route("/rolls/<sheet_id>/import/<batch_id>/withdraw", methods=["POST"])
@needs(WRITE)
def withdraw_import(sheet_id: str, batch_id: str) -> Any:
    """Take a whole import back."""
    try:
        with transaction() as session:
            count = service.withdraw_import(session, current_actor(), batch_id, request.form.get("reason", ""), now(), sheet_id=sheet_id)
    except NotFound:
        raise
    except DomainError as refused:
        toast(sentence(refused), "error")
        return redirect_to("attendance.import_file", sheet_id=sheet_id)
    toast(_("The import was withdrawn: %(count)s records are as before.", count=count))
    return redirect_to("attendance.import_file", sheet_id=sheet_id)
