"""Checking in: an officer begins it, everybody states their own presence once, badges state it for others.

Each check-in is a claim through the same door as every other source, with one ledger entry each: the entry
made when the roll is ended carries sums only, and that of the verification comes days later, when a time of
arrival could have been rewritten in between without a trace. An entry costs two statements.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import SignInThrottle
from trainhub.accounts.rules import throttle_key
from trainhub.accounts.service.attempts import attempts_of
from trainhub.attendance.check_in_rules import BADGE, QR, SHARED_DEVICE, Opening, Scan, claim_of
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet, CheckIn, CheckInDesk
from trainhub.attendance.roll_rules import moment_of, too_early
from trainhub.attendance.service.claims import Statements, state_claims
from trainhub.attendance.service.commands import TooEarly
from trainhub.attendance.service.heads import (
    Save,
    frame_of,
    heads_of,
    lock,
    locked_sheet,
    open_for_marks,
    step,
    write_heads,
)
from trainhub.attendance.service.marks import staff_by_id, walk_in_head
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.service.identifiers import new_badge

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


class CheckInRefused(DomainError):
    """A check-in that is not taken; the reason chooses the sentence."""

    REASONS: ClassVar[frozenset[str]] = frozenset({
        "forged", "expired", "other_session", "not_open", "closed", "no_person", "not_on_list", "used", "off", "not_kept",
    })

    def __init__(self, reason: str, **params: str) -> None:
        super().__init__(**params)
        self.reason = reason
        self.code = f"check_in_{reason}"  # type: ignore[misc]  # the sentence differs by reason


class TooManyAttempts(DomainError):
    """Too many wrong six-digit codes from one account; params: minutes."""

    code = "check_in_attempts"
    status = 429


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """What became of a check-in. ``again``: the person had checked in before and nothing was written."""

    sheet_id: str
    person_id: str
    scanned_at: datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class BadgeScan:
    """A badge as it was scanned. ``op_id`` is made by the scanning device, so that a repeated request changes nothing."""

    op_id: str
    person_id: str
    scanned_at: datetime


@dataclass(frozen=True, slots=True)
class BadgeResult:
    """What became of one badge: ``in``, ``again``, ``not_on_list``, ``closed`` (scanned after the end) or ``refused``.

    ``refused``: its operation belongs to another person already.
    """

    op_id: str
    person_id: str
    outcome: str


def begin_check_in(
    session: Session, actor: Actor, sheet_id: str, source_key: str, now: datetime, *, renew: bool = False
) -> int:
    """Begin check-in by code on an open sheet; once begun, ``renew`` makes all codes shown so far worthless.

    Returns how often the key was made. Raises NotFound, SheetClosed.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, sheet_id)
    open_for_marks(sheet)
    desk = session.get(CheckInDesk, (sheet.district_id, sheet.id), populate_existing=True)
    if desk is None:
        desk = CheckInDesk(
            district_id=sheet.district_id, sheet_id=sheet.id, school_id=sheet.school_id, source_key=source_key, rotation=0,
            code="".join(secrets.choice(_ALPHABET) for _ in range(10)), opened_by=actor.account_id, opened_at=now,
        )
        session.add(desk)
    elif not renew:
        return desk.rotation
    desk.rotation, desk.source_key = desk.rotation + 1, source_key
    step(session, actor, sheet, "check_in", now, to_state="open", details={"source": source_key, "rotation": desk.rotation})
    return desk.rotation


def take_attempt(session: Session, actor: Actor, now: datetime) -> None:
    """Count an attempt at typing six digits before it is judged, so that attempts at once are all counted.

    Counted per account: a school shares one address. Ten are free in a quarter of an hour. Raises TooManyAttempts.
    """
    attempts = attempts_of(session, throttle_key(actor.account_id, "check-in"), now)
    if attempts.wait:
        raise TooManyAttempts(minutes=attempts.wait)
    attempts.failed()


def _forgive(session: Session, actor: Actor) -> None:
    session.execute(delete(SignInThrottle).where(SignInThrottle.key_hash == throttle_key(actor.account_id, "check-in")))


def check_in(session: Session, actor: Actor, scan: Scan, now: datetime) -> CheckedIn:
    """Check the actor in with a genuine scan: once per sheet, claimed until the roll is ended against counted heads.

    Somebody of the school's staff who is not on the list comes onto it as a walk-in. A phone that checked
    somebody else in before is flagged on all of them and refused nobody. Raises CheckInRefused.
    """
    sheet = lock(session, actor.district_id, scan.sheet_id)
    if sheet is None:
        raise CheckInRefused("forged")
    if actor.person_id is None:
        raise CheckInRefused("no_person")
    before = session.get(CheckIn, (sheet.district_id, sheet.id, actor.person_id, QR), populate_existing=True)
    if before is not None:
        return CheckedIn(sheet.id, actor.person_id, before.scanned_at, again=True)
    opening = Opening.of(sheet.starts_at, sheet.ends_at, sheet.grace_minutes)
    _in_time(sheet, scan, opening, now)
    shared = _others(session, sheet, scan)
    if _come_unlisted(session, sheet, [actor.person_id]):
        raise CheckInRefused("not_on_list")
    session.add(_row(sheet, actor, actor.person_id, scan, QR, now))
    session.flush()
    details = {"how": scan.how, "scanned_at": scan.scanned_at.isoformat(), SHARED_DEVICE: shared}
    state_claims(session, actor, sheet, [(actor.person_id, claim_of(scan, actor.person_id, opening))],
                 Save(f"qr-{actor.person_id}", QR, details=details), now)
    if shared:
        _flag(session, sheet, [*shared, actor.person_id])
    if scan.how == "digits":
        _forgive(session, actor)
    return CheckedIn(sheet.id, actor.person_id, scan.scanned_at)


def _in_time(sheet: AttendanceSheet, scan: Scan, opening: Opening, now: datetime) -> None:
    if sheet.state != "open" or scan.scanned_at >= opening.closes_at:
        raise CheckInRefused("closed")
    if now < opening.opens_at:
        raise CheckInRefused("not_open")
    if now > opening.kept_until(scan.scanned_at):
        raise CheckInRefused("not_kept")


def _others(session: Session, sheet: AttendanceSheet, scan: Scan) -> list[str]:
    """Return who checked in on the same phone; refuse a scan that served somebody already. One statement."""
    rows = session.execute(select(CheckIn.person_id, CheckIn.ticket, CheckIn.device_mark).where(
        CheckIn.district_id == sheet.district_id, CheckIn.sheet_id == sheet.id, CheckIn.source == QR,
        (CheckIn.ticket == scan.ticket) | (CheckIn.device_mark == scan.device),
    )).all()
    if scan.ticket and any(ticket == scan.ticket for _, ticket, _ in rows):
        raise CheckInRefused("used")
    return sorted(person for person, _, device in rows if scan.device and device == scan.device)


def _come_unlisted(session: Session, sheet: AttendanceSheet, people: Iterable[str]) -> set[str]:
    """Put people of the school's staff on the sheet who came unexpected; return who is neither."""
    wanted = list(people)
    listed = set(session.scalars(select(AttendanceRecord.person_id).where(
        AttendanceRecord.district_id == sheet.district_id, AttendanceRecord.sheet_id == sheet.id,
        AttendanceRecord.person_id.in_(wanted),
    )))
    missing = [p for p in wanted if p not in listed]
    if not missing:
        return set()
    staff = staff_by_id(session, sheet, missing)
    heads = heads_of(session, sheet)
    for person in missing:
        if person in staff:
            heads[person] = walk_in_head(person, staff[person], heads)
    if staff:
        write_heads(session, sheet, [heads[p] for p in missing if p in staff])
    return set(missing) - set(staff)


def _row(sheet: AttendanceSheet, actor: Actor, person_id: str, scan: Scan, source: str, now: datetime) -> CheckIn:
    return CheckIn(
        district_id=sheet.district_id, sheet_id=sheet.id, person_id=person_id, source=source, school_id=sheet.school_id,
        how=scan.how, scanned_at=scan.scanned_at, redeemed_at=now, account_id=actor.account_id, ticket=scan.ticket or None,
        device_mark=scan.device, review=[],
    )


def _flag(session: Session, sheet: AttendanceSheet, people: Sequence[str]) -> None:
    """Mark check-ins and records of people who used one phone; whoever ends and verifies the roll sees it."""
    heads = heads_of(session, sheet, people)
    write_heads(session, sheet, [
        replace(heads[p], review=(*heads[p].review, SHARED_DEVICE))
        for p in people if p in heads and heads[p].source == QR and SHARED_DEVICE not in heads[p].review
    ])
    for row in session.scalars(select(CheckIn).where(
        CheckIn.district_id == sheet.district_id, CheckIn.sheet_id == sheet.id, CheckIn.source == QR,
        CheckIn.person_id.in_(people),
    )):
        row.review = [SHARED_DEVICE]


def renew_badge(session: Session, actor: Actor, person_id: str, now: datetime) -> None:
    """Make the badge of somebody of the actor's own school anew; the old one is read no more. Raises NotFound, Forbidden."""
    actor.require(Permission.ROLL_WRITE, actor.org_id)
    new_badge(session, actor, actor.org_id, person_id, now)


def check_in_badges(session: Session, actor: Actor, sheet_id: str, scans: Sequence[BadgeScan], now: datetime) -> list[BadgeResult]:
    """File badges that an officer's device scanned, maybe hours ago and offline: each person once, in one save.

    A batch sent again changes nothing. The device's time counts while it can be right (domain.md case 102).
    A scan that cannot be filed is answered by itself and never holds up the others. Raises NotFound, SheetClosed.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, sheet_id)
    open_for_marks(sheet)
    if too_early("present", frame_of(sheet), now):
        raise TooEarly
    opening = Opening.of(sheet.starts_at, sheet.ends_at, sheet.grace_minutes)
    known, closed, first = _known(session, sheet), set[str](), dict[str, BadgeScan]()
    owners = {ticket: person for _, ticket, person in known if ticket}
    filed = {person for source, _, person in known if source == BADGE}
    for one in sorted(scans, key=lambda s: s.scanned_at):
        at = moment_of(one.scanned_at, now)[0]
        if one.person_id in filed or one.person_id in first:
            continue
        if at >= opening.closes_at:
            closed.add(one.person_id)
        elif owners.setdefault(one.op_id, one.person_id) == one.person_id:
            first[one.person_id] = replace(one, scanned_at=at)
    strangers = _come_unlisted(session, sheet, first)
    statements: Statements = [
        (p, claim_of(Scan(sheet.id, s.scanned_at, "badge", s.op_id), p, opening, BADGE))
        for p, s in first.items() if p not in strangers
    ]
    session.add_all(
        _row(sheet, actor, p, Scan(sheet.id, first[p].scanned_at, "badge", first[p].op_id), BADGE, now) for p, _ in statements
    )
    session.flush()
    if statements:
        state_claims(session, actor, sheet, statements, Save(f"badge-{new_id()}", BADGE), now)
    return [BadgeResult(s.op_id, s.person_id, _outcome(s, first, strangers, filed, closed)) for s in scans]


def _known(session: Session, sheet: AttendanceSheet) -> list[tuple[str, str | None, str]]:
    """Return (source, operation or ticket, person) of every check-in on the sheet. One statement."""
    rows = session.execute(select(CheckIn.source, CheckIn.ticket, CheckIn.person_id).where(
        CheckIn.district_id == sheet.district_id, CheckIn.sheet_id == sheet.id,
    ))
    return [(source, ticket, person) for source, ticket, person in rows]


def _outcome(scan: BadgeScan, first: dict[str, BadgeScan], strangers: set[str], filed: set[str], closed: set[str]) -> str:
    if scan.person_id in strangers:
        return "not_on_list"
    kept = first.get(scan.person_id)
    if kept is not None:
        return "in" if kept.op_id == scan.op_id else "again"
    if scan.person_id in filed:
        return "again"
    return "closed" if scan.person_id in closed else "refused"
