"""Saying which column of an attendance file is what; remembered for the school's files with the same headers."""

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.attendance import forms, messages, queries, service
from trainhub.attendance.import_rules import COLUMN_FIELDS
from trainhub.attendance.service import ColumnsMissing, NamedColumns, UnknownSource
from trainhub.attendance.service.imports import frame_for
from trainhub.attendance.views import blueprint, files
from trainhub.evidence.messages import refusal_sentence
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Refused, Upload
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

READ, WRITE = Permission.ROLL_READ, Permission.ROLL_WRITE


@blueprint.route("/rolls/<sheet_id>/import/<batch_id>/columns", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def import_columns(sheet_id: str, batch_id: str) -> Any:
    """Show headers with a few cells each; a POST reads the file by the columns named."""
    found = queries.columns_page(read_session(), current_actor().scope(READ), batch_id, sheet_id)
    if request.method == "GET":
        return _columns_page(found, found.named)
    named = NamedColumns(request.form.get("source", "") or found.batch.source_key, forms.columns_of_form(request.form, found.headers))
    upload = files.sent_file(request.files.get("file")) or service.kept_upload(found.batch.file_name, found.kept)
    if upload is None:
        return _columns_page(found, named.mapping, _("Choose the file once more: it was not kept."))
    try:
        _read_again(found, upload, named)
    except Refused as refused:
        return _columns_page(found, named.mapping, refusal_sentence(refused, _))
    except (ColumnsMissing, UnknownSource) as refused:
        return _columns_page(found, named.mapping, sentence(refused))
    toast(_("The columns are remembered for files with the same headers."))
    return redirect_to("attendance.check_import", sheet_id=sheet_id, batch_id=batch_id)


def _read_again(found: queries.ColumnsPage, upload: Upload, named: NamedColumns) -> None:
    """Read in a child process, outside the transaction; then put it in the place of what was staged."""
    actor, session = current_actor(), read_session()
    frame = frame_for(session, actor, found.sheet.id)
    session.rollback()  # reading may take seconds: hold nothing meanwhile
    kept = service.shape_from_plain({"row": 1, "headers": found.headers, "samples": found.samples, "kept": found.kept})
    read = service.read_with_columns(upload, files.sources(), frame, named, shape=kept, sha256=found.file_sha256)
    with transaction() as session:
        service.restage_import(session, actor, found.batch.id, read, now())


def _columns_page(found: queries.ColumnsPage, named: Mapping[str, str], problem: str = "") -> Any:
    choices = [("", _("not in this file"))] + [(h, f"{h}（{found.samples[h][0]}…）" if found.samples.get(h) else h) for h in found.headers]
    rows = [(f, messages.COLUMN_WORDS[f], named.get(f, "")) for f in COLUMN_FIELDS]
    return page(
        "attendance/columns.html", 422 if problem else 200, page=found, sheet=found.sheet, rows=rows, choices=choices, problem=problem,
        source_options=files.source_options(), editable=found.sheet.state == "open" and current_actor().can(WRITE),
    )
