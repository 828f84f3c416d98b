"""The import of a list: choose a file, map its columns, check row by row, write. Nothing is saved before the last step."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound as PageNotFound

from trainhub.documents import xlsx
from trainhub.documents.cells import download_name
from trainhub.documents.sheets import Column, SheetSpec
from trainhub.evidence.messages import refusal_sentence
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Refused, RosterImporter, Upload
from trainhub.roster import queries, service
from trainhub.roster.forms import UploadForm
from trainhub.roster.import_lines import groups, leave_choices, read_decisions, shown_line
from trainhub.roster.messages import FIELD_LABELS, note_text
from trainhub.roster.readers import STAFF_FIELDS, STUDENT_FIELDS
from trainhub.roster.refusals import UnreadableFile
from trainhub.roster.views import blueprint
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.keys import pupil_key
from trainhub.web.pages import attachment, form_page, page, redirect_to, toast

FIELDS = {"staff": STAFF_FIELDS, "students": STUDENT_FIELDS}
NOT_OFFERED = frozenset({"email", "school_code"})


def _scopes(actor: Actor) -> dict[str, Scope]:
    """What the actor may see of imports, by kind of list."""
    return {kind: actor.scope(permission) for kind, permission in service.READS.items() if actor.can(permission)}


def _batch(batch_id: str) -> queries.BatchPage:
    return queries.batch_page(read_session(), _scopes(current_actor()), batch_id)


def _kind(kind: str) -> Any:
    """The kind of list, where the actor may see it; else there is no such page."""
    if kind not in _scopes(current_actor()):
        raise PageNotFound
    return kind


def _upload_page(kind: str, form: UploadForm, error: str = "", status: int = 200) -> Any:
    actor = current_actor()
    importers = _importers(kind)
    form.offer((key, one.spec.label) for key, one in importers.items())
    found = queries.batches(read_session(), _scopes(actor)[kind], actor.org_id, [kind])
    return page("roster/import_upload.html", status, kind=kind, form=form, form_error=error, batches=found, moment=now(),
                kinds=list(_scopes(actor)), may_write=actor.can(Permission.ROSTER_WRITE), importers=importers,
                endings=[f".{ending}" for one in importers.values() for ending in one.spec.extensions])


def _importers(kind: str) -> dict[str, RosterImporter]:
    """The formats beside a sheet that plugins of the district bring for a kind of list."""
    offered: Mapping[str, RosterImporter] = current_app.extensions["trainhub.roster_importers"]
    return {key: one for key, one in offered.items() if kind in one.spec.gives}


@blueprint.route("/roster/import/<kind>", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def import_upload(kind: str) -> Any:
    """Choose a file. It is read in a process of its own, before any transaction."""
    kind, actor, form = _kind(kind), current_actor(), UploadForm()
    if request.method == "GET":
        return _upload_page(kind, form)
    upload = _upload()
    if upload is None or not form.validate():
        return _upload_page(kind, form, _("Choose the file with the list first."), 422)
    try:
        reading = _read(kind, upload, chosen=request.form.get("importer", ""))
    except UnreadableFile as error:
        return _upload_page(kind, form, _why_unreadable(error), 422)
    with transaction() as session:
        batch_id = service.stage(session, actor, actor.org_id, reading, now())
    return redirect_to("roster.import_columns" if reading.needs_mapping else "roster.import_check", batch_id=batch_id)


def _upload() -> Upload | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    return Upload(sent.filename.replace("\\", "/").rpartition("/")[2][:200], sent.stream.read())


def _read(kind: Any, upload: Upload, mapping: Mapping[str, str] | None = None, chosen: str = "") -> service.Reading:
    actor, session = current_actor(), read_session()
    facts = service.school_facts(session, actor.district_id, actor.org_id, now())
    known = queries.remembered_mappings(session, _scopes(actor)[kind], actor.org_id, kind)
    session.rollback()  # reading may take seconds: hold nothing meanwhile
    if mapping is None:
        return service.read_any(kind, upload, facts, pupil_key(), known, _importers(kind), chosen)
    return service.read_file(kind, upload, facts, pupil_key(), known, mapping)


def _why_unreadable(error: UnreadableFile) -> str:
    cause = error.__cause__
    return refusal_sentence(cause, _) if isinstance(cause, Refused) else sentence(error)


@blueprint.route("/roster/import/batch/<batch_id>/columns", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def import_columns(batch_id: str) -> Any:
    """Say which column is what. The answer is remembered for files with the same headers."""
    batch = _batch(batch_id)
    if request.method == "GET" or batch.state != "staged":
        return page("roster/import_columns.html", **_columns_model(batch))
    mapping = {f: request.form[f"column-{f}"] for f in FIELDS[batch.kind] if request.form.get(f"column-{f}")}
    upload = _upload()
    try:
        reading = _mapped(batch, mapping, upload)
    except UnreadableFile as error:
        return form_page("roster/import_columns.html", **_columns_model(batch, mapping, _why_unreadable(error)))
    if reading is None:
        missing = _("Choose the column of the names.") if "name" not in mapping else _("Choose the file once more: it was not kept.")
        return form_page("roster/import_columns.html", **_columns_model(batch, mapping, missing))
    with transaction() as session:
        service.restage(session, current_actor(), batch_id, reading, now())
    return redirect_to("roster.import_check", batch_id=batch_id)


def _mapped(batch: queries.BatchPage, mapping: Mapping[str, str], upload: Upload | None) -> service.Reading | None:
    kind: Any = batch.kind
    if "name" not in mapping:
        return None
    if upload is not None:
        return _read(kind, upload, mapping)
    kept = batch.staged.get("kept")
    if not kept:
        return None
    session, actor = read_session(), current_actor()
    facts = service.school_facts(session, actor.district_id, batch.school_id, now())
    return service.read_again(kind, kept, facts, pupil_key(), mapping, batch.file_name, batch.file_sha256)


def _columns_model(batch: queries.BatchPage, chosen: Mapping[str, str] | None = None, error: str = "") -> dict[str, Any]:
    current = chosen if chosen is not None else batch.columns
    samples = batch.staged.get("samples", {})
    headers = [("", _("not in this file"))]
    headers += [(h, f"{h}（{samples[h][0]}…）" if samples.get(h) else h) for h in dict.fromkeys(batch.staged.get("headers", ()))]
    rows = [
        (f, str(FIELD_LABELS.get(f, f)), current.get(f, ""), samples.get(current.get(f, ""), ()))
        for f in FIELDS[batch.kind] if f not in NOT_OFFERED
    ]
    return {"batch": batch, "headers": headers, "rows": rows, "error": error, "samples": samples,
            "kept": bool(batch.staged.get("kept")), "may_write": current_actor().can(Permission.ROSTER_WRITE)}


@blueprint.route("/roster/import/batch/<batch_id>", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def import_check(batch_id: str) -> Any:
    """Check: rows that need somebody first, each with its cell, the reason and the fix in place."""
    batch = _batch(batch_id)
    if batch.state != "staged":
        return page("roster/import_result.html", batch=batch, moment=now(), may_write=current_actor().can(Permission.ROSTER_WRITE))
    if request.method == "GET":
        return page("roster/import_check.html", **_check_model(batch))
    rows, gone, first = read_decisions(batch.kind, request.form, batch.plan)
    version = request.form.get("version", "")
    command = service.Decide(batch_id, int(version) if version.isdecimal() and len(version) < 9 else 0, rows, gone, first)
    try:
        with transaction() as session:
            plan = service.decide(session, current_actor(), command, pupil_key())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return form_page("roster/import_check.html", error.status, **_check_model(_batch(batch_id), sentence(error)))
    if request.form.get("step") == "write":
        return _write(batch_id, plan.write_count)
    toast(_("Your decisions are kept. Nothing is written yet."))
    return redirect_to("roster.import_check", batch_id=batch_id)


def _write(batch_id: str, count: int) -> Any:
    """Write what the button said. Where the decisions changed the number, the clerk sees it first."""
    if request.form.get("count") != str(count):
        toast(_("Your decisions are kept; %(n)s rows would be written now. Look once more, then write.", n=count), "warn")
        return redirect_to("roster.import_check", batch_id=batch_id)
    try:
        with transaction() as session:
            report = service.apply(session, current_actor(), batch_id, None, now(), leave_open=True)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return form_page("roster/import_check.html", error.status, **_check_model(_batch(batch_id), sentence(error)))
    toast(_("%(n)s rows are written. You can withdraw them for 24 hours.", n=report.written))
    return redirect_to("roster.import_check", batch_id=batch_id)


def _check_model(batch: queries.BatchPage, error: str = "") -> dict[str, Any]:
    counts = batch.plan.counts
    return {
        "batch": batch, "groups": groups(batch.kind, batch.plan), "counts": counts, "error": error,
        "read_count": len(batch.plan.lines), "open_count": batch.plan.open_count, "write_count": batch.plan.write_count,
        "attention_count": sum(line.attention for line in batch.plan.lines), "leave_choices": leave_choices(),
        "sheet_notes": [note_text(code, params) for code, _field, params in batch.staged.get("notes", ())],
        "show": request.args.get("show", ""), "may_write": current_actor().can(Permission.ROSTER_WRITE),
        "deciding": {k: v.get("why") for k, v in batch.decisions.get("gone", {}).items()},
    }


@blueprint.get("/roster/import/batch/<batch_id>/problems.xlsx")
@needs(Permission.ROSTER_READ)
def import_problems(batch_id: str) -> Any:
    """The rows that need somebody, with their reasons, as a sheet."""
    batch = _batch(batch_id)
    columns = [Column(_("Row"), "int", 8), Column(_("Full name"), width=16), Column(_("Number"), width=22),
               Column(_("Department or class"), width=18), Column(_("What is wrong"), width=40), Column(_("What to do"), width=50)]
    lines = [line for line in batch.plan.lines if line.outcome in ("problem", "question") or line.attention]
    rows = []
    for line in lines:
        words = shown_line(batch.kind, line).notes
        rows.append((line.entry.row, line.entry.name, line.entry.shown_number, line.entry.group_text,
                     "；".join(what for what, _todo in words), "；".join(todo for _what, todo in words if todo)))
    content = xlsx.write([SheetSpec(_("Problem rows"), columns, rows)], created_by=current_actor().display_name, created_at=now())
    name = download_name(_("Problem rows"), current_actor().org_name, day=local_day(now()))
    return attachment(content, name, xlsx.MEDIA_TYPE)


@blueprint.post("/roster/import/batch/<batch_id>/withdraw")
@needs(Permission.ROSTER_WRITE)
def import_withdraw(batch_id: str) -> Any:
    """Take a written file back."""
    actor = current_actor()
    try:
        with transaction() as session:
            service.withdraw(session, actor, batch_id, request.form.get("reason", "")[:200], now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        toast(sentence(error), "error")
    else:
        toast(_("The file is withdrawn: the list is as it was before. The withdrawal stays on record."))
    return redirect_to("roster.import_check", batch_id=batch_id)


@blueprint.post("/roster/import/batch/<batch_id>/discard")
@needs(Permission.ROSTER_WRITE)
def import_discard(batch_id: str) -> Any:
    """Drop a staged file and choose another."""
    actor, kind = current_actor(), _batch(batch_id).kind
    with transaction() as session:
        service.discard(session, actor, batch_id)
    toast(_("The file is dropped. Nothing was written."))
    return redirect_to("roster.import_upload", kind=kind)


