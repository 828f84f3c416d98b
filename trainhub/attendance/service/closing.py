"""From an ended roll to counted minutes, and back where something was wrong. Two people behind each step."""

from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceMark, AttendanceSheet
from trainhub.attendance.queries.claims import open_conflicts, said_on
from trainhub.attendance.roll_rules import (
    NO_MARK,
    RecordsChanged,
    RollVerified,
    Statement,
    apply,
    may_verify,
    tally,
)
from trainhub.attendance.service.commands import (
    BadHeadCount,
    NotOnSheet,
    OpenConflicts,
    RevokeRecord,
    SubmitRoll,
    TooEarly,
    UnsetPeople,
)
from trainhub.attendance.service.heads import (
    Change,
    Save,
    frame_of,
    heads_of,
    locked_sheet,
    plain,
    reason_given,
    save,
    step,
)
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, SeparationOfDuties
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission


def submit_roll(session: Session, actor: Actor, command: SubmitRoll, now: datetime) -> None:
    """End the roll with the number of heads counted in the room.

    Unmarked people need a decision: ``absent`` records them as absent, ``keep`` leaves them undecided,
    which counts as nothing and stays on the to-do list. Raises UnsetPeople, BadHeadCount, TooEarly.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, command.sheet_id)
    if sheet.state != "open":
        raise InvalidState(state=sheet.state, step="submit")
    if now < sheet.starts_at:
        raise TooEarly
    heads = heads_of(session, sheet)
    if not 0 <= command.head_count <= 10 * max(1, len(heads)):
        raise BadHeadCount(field="head_count")
    unset = [h for h in heads.values() if h.status is None]
    if unset and command.unset not in {"absent", "keep"}:
        raise UnsetPeople(field="unset", count=len(unset))
    if command.unset == "absent":
        changes = [
            Change(h, replace(apply(h, Statement("absent"), frame_of(sheet), now),
                              source="closing", marked_by=actor.account_id, marked_at=now))
            for h in unset
        ]
        save(session, actor, sheet, changes, Save(f"closing-{new_id()}", "closing"), now)
        heads |= {c.after.person_id: c.after for c in changes}
    sheet.head_count, sheet.submitted_by, sheet.submitted_at = command.head_count, actor.account_id, now
    step(session, actor, sheet, "submit", now, details={
        "head_count": command.head_count, "unset": command.unset if unset else "", **asdict(tally(heads.values())),
    })


def take_back_roll(session: Session, actor: Actor, sheet_id: str, reason: str, now: datetime) -> None:
    """Open an ended roll again before anybody verified it. Whoever may mark may do it, with a reason."""
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, sheet_id)
    _reopen(session, actor, sheet, "take_back", reason_given(reason), now)


def return_roll(session: Session, actor: Actor, sheet_id: str, reason: str, now: datetime) -> None:
    """Send an ended roll back for correction instead of verifying it."""
    sheet = locked_sheet(session, actor, Permission.ROLL_VERIFY, sheet_id)
    if actor.account_id == sheet.submitted_by:
        raise SeparationOfDuties
    _reopen(session, actor, sheet, "return", reason_given(reason), now)


def _reopen(session: Session, actor: Actor, sheet: AttendanceSheet, name: str, reason: str, now: datetime) -> None:
    step(session, actor, sheet, name, now, reason=reason)
    sheet.submitted_by = sheet.submitted_at = sheet.head_count = None


def verify_roll(session: Session, actor: Actor, sheet_id: str, now: datetime) -> None:
    """Confirm a roll: from now on its minutes count.

    Refused for whoever ended the roll and for everybody who marked on it (domain.md section 4:
    verified by other than the submitter), and while sources disagree about anybody on it. Raises
    SeparationOfDuties, InvalidState, OpenConflicts.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_VERIFY, sheet_id)
    if sheet.state != "submitted":
        raise InvalidState(state=sheet.state, step="verify")
    if not may_verify(actor.account_id, sheet.submitted_by, markers_of(session, sheet)):
        raise SeparationOfDuties
    heads = heads_of(session, sheet)
    waiting = open_conflicts(said_on(session, sheet.district_id, sheet.id), heads)
    if waiting:
        raise OpenConflicts(count=len(waiting))
    sheet.verified_by, sheet.verified_at = actor.account_id, now
    step(session, actor, sheet, "verify", now, details={
        "head_count": sheet.head_count, "people": [plain(h) for h in heads.values()],
    })
    session.flush()
    announcer.announce(session, RollVerified(
        sheet.district_id, sheet.school_id, sheet.id, sheet.subject_kind, sheet.subject_id, tuple(heads)
    ))


def markers_of(session: Session, sheet: AttendanceSheet) -> set[str]:
    """Return the accounts that marked on the sheet.

    Whoever found a false presence is not among them: taking a presence away needs no second pair of
    eyes, giving one does. Nor is who checked themselves in by a code: everybody does, and it is a claim
    that whoever ended the roll stands behind with the heads counted.
    """
    return set(session.scalars(
        select(AttendanceMark.actor_id).where(
            AttendanceMark.district_id == sheet.district_id, AttendanceMark.sheet_id == sheet.id,
            AttendanceMark.source.not_in(NO_MARK),
        ).distinct()
    ))


def reopen_roll(session: Session, actor: Actor, sheet_id: str, reason: str, now: datetime) -> None:
    """Open a verified roll for an amendment: a new revision that must be ended and verified again.

    The second person is the rule here too: not whoever ended the roll. Its minutes stop counting until
    the amended roll is verified. Raises SeparationOfDuties, InvalidState, ReasonNeeded.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_VERIFY, sheet_id)
    why = reason_given(reason)
    if actor.account_id == sheet.submitted_by:
        raise SeparationOfDuties
    if sheet.state != "verified":
        raise InvalidState(state=sheet.state, step="reopen")
    sheet.revision += 1
    step(session, actor, sheet, "reopen", now, reason=why)
    sheet.submitted_by = sheet.submitted_at = sheet.head_count = None
    _unverified(session, sheet)


def revoke_record(session: Session, actor: Actor, command: RevokeRecord, now: datetime) -> None:
    """Revoke a presence found false afterwards; the whole sheet must be verified again (case 13).

    The record keeps what was claimed and says that it was revoked, when and why; it counts nothing.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_VERIFY, command.sheet_id)
    why = reason_given(command.reason)
    if sheet.state not in {"submitted", "verified"}:
        raise InvalidState(state=sheet.state, step="revoke")
    if actor.account_id == sheet.submitted_by:
        raise SeparationOfDuties
    heads = heads_of(session, sheet)
    head = heads.get(command.person_id)
    if head is None:
        raise NotOnSheet(count=1)
    if head.revoked_at is not None:
        return
    after = replace(head, revoked_at=now, revoked_reason=why, minutes=0, version=head.version + 1)
    how = Save(f"revoke-{new_id()}", "revocation", kind="roll.revoked", reason=why)
    save(session, actor, sheet, [Change(head, after)], how, now)
    was_verified = sheet.state == "verified"
    if was_verified:
        sheet.revision += 1
    step(session, actor, sheet, "revoke", now, reason=why, details={"person": command.person_id}, in_ledger=False)
    if was_verified:
        _unverified(session, sheet)


def _unverified(session: Session, sheet: AttendanceSheet) -> None:
    """Tell the listeners that none of the sheet's minutes count for now."""
    sheet.verified_by = sheet.verified_at = None
    session.flush()
    people = tuple(heads_of(session, sheet))
    announcer.announce(session, RecordsChanged(
        sheet.district_id, sheet.school_id, sheet.id, sheet.subject_kind, sheet.subject_id, people
    ))
