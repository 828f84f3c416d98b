"""Devices and what waits of their events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceDevice, DeviceEvent
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound

WAITING = ("quarantined", "unmatched")


@dataclass(frozen=True, slots=True)
class Listening:
    """A device that is let in, for whoever receives its request."""

    district_id: str
    id: str
    school_id: str
    source_key: str
    sealed_key: str


def _listening(session: Session, *where: object) -> Listening | None:
    rows = session.execute(
        select(AttendanceDevice.district_id, AttendanceDevice.id, AttendanceDevice.school_id, AttendanceDevice.source_key,
               AttendanceDevice.sealed_key).where(AttendanceDevice.enabled, *where).limit(2)  # type: ignore[arg-type]
    ).all()
    return Listening(*rows[0]) if len(rows) == 1 else None


def listening(session: Session, device_id: str) -> Listening | None:
    """Return the device that is let in under an id, for protocols with a key."""
    return _listening(session, AttendanceDevice.id == device_id, AttendanceDevice.sealed_key != "")


def listening_by_serial(session: Session, serial_no: str) -> Listening | None:
    """Return the device that is let in under a serial number; one that two schools entered is nobody's."""
    return _listening(session, AttendanceDevice.serial_no == serial_no) if serial_no else None


def any_by_serial(session: Session) -> bool:
    """Whether any device known by its serial number is let in at all."""
    query = select(AttendanceDevice.id).where(AttendanceDevice.enabled, AttendanceDevice.serial_no.is_not(None)).limit(1)
    return session.scalars(query).first() is not None


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device and its health. ``counts`` are its waiting events."""

    id: str
    name: str
    place: str
    source_key: str
    serial_no: str
    enabled: bool
    signed: bool
    last_seen_at: datetime | None
    last_refused_at: datetime | None
    refused_code: str
    skew_seconds: int
    waiting: int


def devices(session: Session, scope: Scope, school_id: str) -> list[DeviceLine]:
    """Return the devices of a school. One statement. Raises NotFound outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    waiting = (
        select(DeviceEvent.device_id, func.count().label("n"))
        .where(DeviceEvent.district_id == scope.district_id, DeviceEvent.state.in_(WAITING)).group_by(DeviceEvent.device_id).subquery()
    )
    rows = session.execute(
        select(AttendanceDevice, waiting.c.n).outerjoin(waiting, waiting.c.device_id == AttendanceDevice.id)
        .where(AttendanceDevice.district_id == scope.district_id, AttendanceDevice.school_id == school_id)
        .order_by(AttendanceDevice.name, AttendanceDevice.id)
    )
    return [
        DeviceLine(d.id, d.name, d.place, d.source_key, d.serial_no or "", d.enabled, bool(d.sealed_key), d.last_seen_at,
                   d.last_refused_at, d.refused_code, d.skew_seconds, n or 0)
        for d, n in rows
    ]


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event that somebody must decide about, with both times."""

    device_id: str
    event_id: str
    device_name: str
    state: str
    reason: str
    device_at: datetime
    received_at: datetime
    at: datetime
    number: str


def waiting_events(session: Session, scope: Scope, school_id: str, limit: int = 200) -> Sequence[WaitingEvent]:
    """Return what waits at a school, newest first. One statement. Raises NotFound outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    rows = session.execute(
        select(DeviceEvent, AttendanceDevice.name)
        .join(AttendanceDevice, and_(AttendanceDevice.district_id == DeviceEvent.district_id, AttendanceDevice.id == DeviceEvent.device_id))
        .where(DeviceEvent.district_id == scope.district_id, DeviceEvent.school_id == school_id, DeviceEvent.state.in_(WAITING))
        .order_by(DeviceEvent.received_at.desc(), DeviceEvent.event_id).limit(limit)
    )
    return [
        WaitingEvent(e.device_id, e.event_id, name, e.state, e.reason, e.device_at, e.received_at, e.at,
                     e.staff_no or e.device_pin or e.card_no)
        for e, name in rows
    ]
