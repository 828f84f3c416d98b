"""Events of devices become claims: each once, whatever order they come in, and only for rolls of the device's school.

The plugin has judged the signature. Here the nonce is used up, the clock is judged, repeats are left out, people are
found by number, and all that a source saw of somebody is stated anew as one claim.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.device_rules import DEVICE, JUST_ENDED, MINUTE, REQUESTS, claim_of, reading_of, skew_of, timed
from trainhub.attendance.matching import Directory
from trainhub.attendance.models import AttendanceDevice, AttendanceSheet, DeviceEvent, DeviceNonce
from trainhub.attendance.queries.staging import roster_for, session_frame
from trainhub.attendance.rules import in_window
from trainhub.attendance.service.claims import state_claims
from trainhub.attendance.service.devices import actor_of, device_of, locked_device
from trainhub.attendance.service.heads import Save, heads_of, locked_sheet, reason_given
from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import upsert
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import PushBatch
from trainhub.plugin_api.contracts import SessionFrame
from trainhub.roster.models import Employment
from trainhub.roster.service.identifiers import Learnt, learn

Named = Mapping[tuple[str, str], str]
"""(device, event) -> the person somebody chose."""
_EVENT, _NONCE = cast("Table", DeviceEvent.__table__), cast("Table", DeviceNonce.__table__)


class NonceUsed(DomainError):
    """The request was sent before, by the device or by somebody who overheard it."""

    code = "nonce_used"
    status: ClassVar[int] = 409


class TooManyPushes(DomainError):
    """The device calls too often; params: seconds until it may again."""

    code = "too_many_pushes"
    status: ClassVar[int] = 429


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: how many events are new, and in which state they are."""

    fresh: int = 0
    states: Mapping[str, int] | None = None


def receive(session: Session, district_id: str, device_id: str, batch: PushBatch, now: datetime) -> Taken:
    """Keep what a genuine batch says. Raises NotFound (shut out meanwhile), TooManyPushes, NonceUsed.

    The device is locked, so that two of its requests wait for each other. A batch that was kept before changes nothing.
    """
    device = locked_device(session, district_id, device_id)
    if device is None or not device.enabled:
        raise NotFound
    _count(device, now)
    if batch.nonce:
        _use_up(session, device, batch.nonce, now)
    device.last_seen_at = now
    if batch.sent_at is not None:
        device.skew_seconds = skew_of(batch.sent_at, now)
    rows = _rows(device, batch, now)
    session.flush()
    fresh = _keep(session, rows)
    waiting = [row for row in rows if row["event_id"] in fresh and not row["reason"]]
    if waiting:
        _file(session, actor_of(device), device.source_key, device.school_id, [row["at"] for row in waiting], now)
    return Taken(len(fresh), _states(session, device, fresh))


def _count(device: AttendanceDevice, now: datetime) -> None:
    began = device.window_started_at
    if began is None or not timedelta(0) <= now - began < MINUTE:
        device.window_started_at, device.window_requests = now, 1
        return
    if device.window_requests >= REQUESTS:
        raise TooManyPushes(seconds=max(1, int((began + MINUTE - now).total_seconds())))
    device.window_requests += 1


def _use_up(session: Session, device: AttendanceDevice, nonce: str, now: datetime) -> None:
    used = session.execute(
        upsert(session, _NONCE).values(district_id=device.district_id, device_id=device.id, nonce=nonce[:64], used_at=now)
        .on_conflict_do_nothing().returning(_NONCE.c.nonce)
    ).all()
    if not used:
        raise NonceUsed


def _rows(device: AttendanceDevice, batch: PushBatch, now: datetime) -> list[dict[str, Any]]:
    skew = skew_of(batch.sent_at, now)
    rows = {}
    for event in batch.events:
        found = timed(event, skew, now)
        rows[event.event_id[:64]] = {
            "district_id": device.district_id, "device_id": device.id, "event_id": event.event_id[:64], "school_id": device.school_id,
            "source_key": device.source_key, "device_at": event.at, "received_at": now, "at": found.at, "reason": found.reason,
            "state": "quarantined" if found.reason else "no_session", "staff_no": event.staff_no[:40],
            "device_pin": event.device_pin[:24], "card_no": event.card_no[:40], "flags": list(event.flags[:8]), "sheet_id": None,
            "person_id": None, "decided_by": None, "decided_at": None, "decided_reason": "",
        }
    return list(rows.values())


def _keep(session: Session, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert what is not known yet, and return its ids."""
    if not rows:
        return set()
    statement = upsert(session, _EVENT).on_conflict_do_nothing().returning(_EVENT.c.event_id)
    return set(session.execute(statement, list(rows), execution_options={"render_nulls": True}).scalars())


def _states(session: Session, device: AttendanceDevice, ids: Collection[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    listed = list(ids)
    for at in range(0, len(listed), 500):
        for state in session.scalars(select(DeviceEvent.state).where(
            DeviceEvent.district_id == device.district_id, DeviceEvent.device_id == device.id,
            DeviceEvent.event_id.in_(listed[at : at + 500]),
        )):
            counts[state] += 1
    return dict(counts)


def _file(
    session: Session, actor: Actor, source_key: str, school_id: str, times: Collection[datetime], now: datetime,
    named: Named | None = None,
) -> None:
    """State anew what a source saw, on every open roll whose time the events touch.

    Events that came before the roll was opened are looked at again. ``named`` are people that somebody chose, by event.
    """
    hour = timedelta(hours=1)
    sheets = session.scalars(select(AttendanceSheet).where(
        AttendanceSheet.district_id == actor.district_id, AttendanceSheet.school_id == school_id, AttendanceSheet.state == "open",
        AttendanceSheet.starts_at <= max(times) + hour, AttendanceSheet.ends_at >= min(times) - hour,
        AttendanceSheet.ends_at >= now - JUST_ENDED,
    ).order_by(AttendanceSheet.id)).all()
    for sheet in sheets:
        frame = session_frame(sheet)
        if any(in_window(at, frame) for at in times):
            _file_on(session, actor, source_key, sheet.id, frame, now, named or {})


def _file_on(
    session: Session, actor: Actor, source_key: str, sheet_id: str, frame: SessionFrame, now: datetime, named: Named
) -> None:
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, sheet_id)
    if sheet.state != "open":
        return
    heads = heads_of(session, sheet)
    directory: Directory | None = None
    people: set[str] = set()
    for event in _near(session, sheet, source_key, frame, or_(DeviceEvent.sheet_id.is_(None), DeviceEvent.sheet_id != sheet.id)):
        if event.state == "taken":
            people.update(p for p in [event.person_id] if p in heads)  # the end of one part may be the beginning of the next
            continue
        directory = directory or Directory(roster_for(session, sheet, heads).values())
        person = named.get((event.device_id, event.event_id)) or directory.match(
            reading_of(event.event_id, event.staff_no, event.device_pin, event.card_no)
        ).person_key
        event.sheet_id, event.person_id = sheet.id, person
        event.state = "unmatched" if person is None else "taken" if person in heads else "no_session"
        people.update(p for p in [person] if p in heads)
    session.flush()
    if people:
        _state(session, actor, source_key, sheet, frame, people, now)


def _near(
    session: Session, sheet: AttendanceSheet, source_key: str, frame: SessionFrame, which: ColumnElement[bool]
) -> list[DeviceEvent]:
    """Return events of a source near a session, of all its devices at the school, oldest first."""
    return list(session.scalars(select(DeviceEvent).where(
        DeviceEvent.district_id == sheet.district_id, DeviceEvent.school_id == sheet.school_id, DeviceEvent.source_key == source_key,
        DeviceEvent.at >= frame.starts_at - timedelta(minutes=frame.window_before),
        DeviceEvent.at <= frame.ends_at + timedelta(minutes=frame.window_after),
        DeviceEvent.state.in_(("taken", "no_session")), which,
    ).order_by(DeviceEvent.at, DeviceEvent.device_id, DeviceEvent.event_id), execution_options={"populate_existing": True}))


def _state(
    session: Session, actor: Actor, source_key: str, sheet: AttendanceSheet, frame: SessionFrame, people: Collection[str], now: datetime
) -> None:
    """State all that the source saw of people, as one claim each."""
    seen: dict[str, list[DeviceEvent]] = defaultdict(list)
    for event in _near(session, sheet, source_key, frame, DeviceEvent.person_id.in_(sorted(people))):
        if event.state == "taken":
            seen[str(event.person_id)].append(event)
    unsigned = set(session.scalars(select(AttendanceDevice.id).where(
        AttendanceDevice.district_id == sheet.district_id, AttendanceDevice.school_id == sheet.school_id,
        AttendanceDevice.source_key == source_key, AttendanceDevice.sealed_key == "",
    )))
    statements = []
    for person, held in seen.items():
        flags = [str(flag) for event in held for flag in event.flags]
        claim = claim_of(source_key, person, [(f"{e.device_id}/{e.event_id}", e.at) for e in held], flags, frame,
                         signed=not any(e.device_id in unsigned for e in held))
        if claim is not None:
            statements.append((person, claim))
    if statements:
        state_claims(session, actor, sheet, statements, Save(f"{DEVICE}-{new_id()}", f"{DEVICE}:{source_key}"), now)


# --- what somebody decides --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DecideEvent:
    """What somebody decides about an event that waits. ``person_id`` where nobody was found by its numbers."""

    device_id: str
    event_id: str
    take: bool
    person_id: str = ""
    reason: str = ""


def decide_event(session: Session, actor: Actor, command: DecideEvent, now: datetime) -> str:
    """Take an event that was set aside, or discard it with a reason; return its state.

    Whoever is named for a number is remembered, and other events with that number come along. An event whose roll
    was ended meanwhile belongs to no session. Raises NotFound, InvalidState, ReasonNeeded.
    """
    device = device_of(session, actor, command.device_id)
    event = session.get(DeviceEvent, (device.district_id, device.id, command.event_id), populate_existing=True)
    if event is None:
        raise NotFound
    if event.state not in {"quarantined", "unmatched"}:
        raise InvalidState(state=event.state, step="decide")
    event.decided_by, event.decided_at = actor.account_id, now
    if not command.take:
        event.decided_reason, event.state = reason_given(command.reason), "discarded"
        return event.state
    if event.state == "unmatched" and not command.person_id:
        raise NotFound
    with_it = [event]
    if command.person_id:
        _works_here(session, event, command.person_id)
        with_it += _same_number(session, event)
        _remember(session, actor, event, command.person_id, now)
    for one in with_it:
        one.state, one.sheet_id, one.person_id = "no_session", None, None
    session.flush()
    named = {(one.device_id, one.event_id): command.person_id for one in with_it} if command.person_id else {}
    _file(session, actor, device.source_key, device.school_id, [one.at for one in with_it], now, named)
    session.flush()
    return event.state


def _works_here(session: Session, event: DeviceEvent, person_id: str) -> None:
    day = local_day(event.at)
    found = session.scalars(select(Employment.id).where(
        Employment.district_id == event.district_id, Employment.school_id == event.school_id, Employment.person_id == person_id,
        Employment.from_on <= day, or_(Employment.to_on.is_(None), Employment.to_on >= day),
    ).limit(1)).first()
    if found is None:
        raise NotFound


def _same_number(session: Session, event: DeviceEvent) -> list[DeviceEvent]:
    """Return the other unmatched events of the device with the same number."""
    if not event.device_pin:
        return []
    return list(session.scalars(select(DeviceEvent).where(
        DeviceEvent.district_id == event.district_id, DeviceEvent.device_id == event.device_id, DeviceEvent.state == "unmatched",
        DeviceEvent.device_pin == event.device_pin, DeviceEvent.event_id != event.event_id,
    )))


def _remember(session: Session, actor: Actor, event: DeviceEvent, person_id: str, now: datetime) -> None:
    numbers = (("device_pin", event.device_pin), ("card", event.card_no))
    learn(session, actor, event.school_id, [Learnt(kind, value, person_id) for kind, value in numbers if value], now)


def note_refusal(session: Session, district_id: str, device_id: str, code: str, now: datetime) -> None:
    """Remember that a request of a device was refused, at most once a minute."""
    device = session.get(AttendanceDevice, (district_id, device_id))
    if device is not None and (device.last_refused_at is None or now - device.last_refused_at >= MINUTE):
        device.last_refused_at, device.refused_code = now, code[:24]


def note_seen(session: Session, district_id: str, device_id: str, now: datetime) -> None:
    """Remember that a device called without saying anything, at most once a minute."""
    device = session.get(AttendanceDevice, (district_id, device_id))
    if device is not None and (device.last_seen_at is None or now - device.last_seen_at >= MINUTE):
        device.last_seen_at = now
