"""The life of an uploaded file that is no list of people: staged, written, withdrawn within 24 hours, or dropped."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from trainhub.evidence import intake
from trainhub.evidence.rules import content_hash
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.tables import Tables
from trainhub.roster.models import ImportBatch
from trainhub.roster.queries.imports import find_batch
from trainhub.roster.refusals import AlreadyApplied, TooLateToWithdraw, UnreadableFile
from trainhub.roster.service.facts import guard
from trainhub.roster.service.importing import WITHDRAW_WITHIN


def tables_of(upload: Upload) -> Tables:
    """The tables of an upload, read in a process of its own. Raises UnreadableFile, caused by what was refused."""
    try:
        return intake.read_tables(upload)
    except Refused as refused:
        raise unreadable(refused) from refused


def unreadable(refused: Refused) -> UnreadableFile:
    """A refusal of the reader as a refusal of the roster."""
    return UnreadableFile(reason=refused.code, **{k: v for k, v in refused.params.items() if k != "reason"})


def new_batch(
    session: Session, actor: Actor, school_id: str, kind: str, upload: Upload, staged: dict[str, Any], now: datetime
) -> ImportBatch:
    """Keep what was read of a file. Nothing else is written."""
    guard(actor, school_id)
    row = ImportBatch(
        district_id=actor.district_id, id=new_id(), school_id=school_id, kind=kind, state="staged", file_name=upload.name[:200],
        file_sha256=content_hash(upload.content), mapping={}, staged=staged, decisions={}, report={}, uploaded_by=actor.account_id,
        created_at=now, version=1,
    )
    session.add(row)
    session.flush()
    return row


def locked_batch(session: Session, actor: Actor, kind: str, batch_id: str) -> ImportBatch:
    """A batch of the kind, held to the end of the transaction. Raises NotFound, Forbidden."""
    row = find_batch(session, {kind: actor.scope(Permission.ROSTER_READ)}, batch_id, lock=True)
    guard(actor, row.school_id)
    return row


def staged_batch(session: Session, actor: Actor, kind: str, batch_id: str, version: int | None = None) -> ImportBatch:
    """A batch that waits to be written. Raises AlreadyApplied, StaleVersion."""
    row = locked_batch(session, actor, kind, batch_id)
    if row.state != "staged":
        raise AlreadyApplied
    if version is not None and version != row.version:
        raise StaleVersion
    return row


def close_as_written(row: ImportBatch, now: datetime, counts: Mapping[str, int], undo: dict[str, Any]) -> None:
    """Mark a batch as written; of what was read only the digest and the day stay."""
    row.state, row.applied_at, row.version = "applied", now, row.version + 1
    row.report = {"counts": dict(counts), "undo": undo, "content": row.staged.get("content", "")}
    row.staged = {k: row.staged[k] for k in ("first_day", "content", "school_year", "season") if k in row.staged}


def written_batch(session: Session, actor: Actor, kind: str, batch_id: str, now: datetime) -> ImportBatch:
    """A batch that may still be withdrawn. Raises AlreadyApplied, TooLateToWithdraw."""
    row = locked_batch(session, actor, kind, batch_id)
    if row.state != "applied" or row.applied_at is None:
        raise AlreadyApplied
    if now - row.applied_at > WITHDRAW_WITHIN:
        raise TooLateToWithdraw
    return row


def discard_sheet(session: Session, actor: Actor, kind: str, batch_id: str) -> None:
    """Drop a staged file; what was read of it is erased."""
    row = staged_batch(session, actor, kind, batch_id)
    row.state, row.staged = "discarded", {"first_day": row.staged["first_day"]}
    session.flush()


def first_day(row: ImportBatch) -> date:
    """From which day the file holds."""
    return date.fromisoformat(row.staged["first_day"])
