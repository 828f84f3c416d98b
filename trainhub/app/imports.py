"""Imports as the command line runs them: read outside the transaction, then write in one."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.attendance.service import imports as attendance_imports
from trainhub.attendance.service.reading import read_attendance
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Upload
from trainhub.roster.queries.imports import remembered_mappings
from trainhub.roster.service.importers import read_any
from trainhub.roster.service.importing import import_file, school_facts
from trainhub.training.models import EventPart
from trainhub.web.database import db, set_read_only, transaction
from trainhub.web.keys import pupil_key


def import_roster(
    actor: Actor, kind: Literal["staff", "students"], upload: Upload, now: datetime, *, dry_run: bool
) -> dict[str, Any]:
    """Import a roster into the actor's own organisation; ``questions`` lists what must be decided first."""
    key = pupil_key()
    set_read_only(True)
    facts = school_facts(db.session(), actor.district_id, actor.org_id, now)
    remembered = remembered_mappings(
        db.session(), actor.scope(Permission.ROSTER_WRITE), actor.org_id, kind
    )
    importers = current_app.extensions["trainhub.roster_importers"]
    reading = read_any(kind, upload, facts, key, remembered, importers, keep=False)
    with transaction() as session:
        report = import_file(session, actor, kind, reading, now, dry_run=dry_run, key=key)
    return asdict(report) | {"questions": [asdict(line) for line in report.open_rows]}


def import_attendance(
    actor: Actor, event_id: str, upload: Upload, now: datetime, *, key: str, dry_run: bool
) -> dict[str, Any]:
    """Import a file into a roll. ``event_id`` names the roll, or a training with one part."""
    sources = current_app.extensions["trainhub.sources"]
    set_read_only(True)
    sheet_id = _sheet_of(db.session(), actor, event_id)
    read = read_attendance(
        upload, sources, attendance_imports.frame_for(db.session(), actor, sheet_id), key,
        remembered=attendance_imports.remembered_columns(db.session(), actor, sheet_id),
    )
    with transaction() as session:
        report = attendance_imports.import_read_file(session, actor, sheet_id, read, now, dry_run=dry_run)
    return asdict(report)


def _sheet_of(session: Session, actor: Actor, event_id: str) -> str:
    """Return the roll of a training with exactly one part, or the id itself where it names a roll."""
    found = session.scalars(
        select(EventPart.sheet_id).where(EventPart.district_id == actor.district_id, EventPart.event_id == event_id)
    ).all()
    if len(found) > 1:
        raise SeveralParts(count=len(found))
    return found[0] or event_id if found else event_id


class SeveralParts(DomainError):
    """The training has several rolls; name one of them. Params: count."""

    code = "several_parts"
