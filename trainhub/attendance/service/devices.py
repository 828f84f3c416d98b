"""Devices of a school: added, given a key, switched on and off. Never commits.

A device acts with the rights of the school administrator who let it in, at that school and nowhere else.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.device_rules import KEEP, KEEP_NONCES
from trainhub.attendance.models import AttendanceDevice, DeviceEvent, DeviceNonce, sealed_place
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import Key, seal, unseal
from trainhub.ledger.service import NewEntry, append

MOST_DEVICES = 50


class SerialTaken(DomainError):
    """Another device has this serial number. Where it stands is not told: it may be in another district."""

    code = "device_serial_taken"


class BadDevice(DomainError):
    """Name, kind or serial number cannot be used."""

    code = "device_bad"


class TooManyDevices(DomainError):
    """A school has no more devices than this; params: limit."""

    code = "device_too_many"


@dataclass(frozen=True, slots=True)
class AddDevice:
    """A device to be let in. ``serial_no`` for protocols without signature, else ""."""

    name: str
    place: str
    source_key: str
    serial_no: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """The new device, and its key: shown this once, "" where the protocol has none."""

    device_id: str
    key: str


def key_of_device(sealing: Key, district_id: str, device_id: str, sealed: str) -> bytes:
    """Return the key of a device, b"" where its protocol has none. Raises CannotUnseal."""
    return unseal(sealing, sealed, sealed_place(district_id, device_id)).encode() if sealed else b""


def actor_of(device: AttendanceDevice) -> Actor:
    """Return the device as an actor: of its school, under the role that let it in."""
    return Actor(device.id, device.district_id, device.name, None, Role.SCHOOL_ADMINISTRATOR, device.school_id, "")


def add_device(session: Session, actor: Actor, command: AddDevice, sealing: Key, now: datetime) -> Added:
    """Add a device to the actor's school, switched off. Raises BadDevice, SerialTaken, TooManyDevices."""
    actor.require(Permission.ROSTER_WRITE, actor.org_id)
    name, serial = " ".join(command.name.split()), command.serial_no.strip()
    if not name or len(name) > 60 or not command.source_key or (serial and not (serial.isascii() and serial.isalnum() and len(serial) <= 40)):
        raise BadDevice(field="name" if not name else "serial_no")
    # Whoever enters a serial number first has it, wherever else in the house it is tried.
    if serial and session.scalars(select(AttendanceDevice.id).where(AttendanceDevice.serial_no == serial)).first():
        raise SerialTaken(field="serial_no")
    held = select(AttendanceDevice.id).where(
        AttendanceDevice.district_id == actor.district_id, AttendanceDevice.school_id == actor.org_id
    )
    if len(session.scalars(held).all()) >= MOST_DEVICES:
        raise TooManyDevices(limit=MOST_DEVICES)
    device_id, key = new_id(), "" if serial else secrets.token_urlsafe(32)
    device = AttendanceDevice(
        district_id=actor.district_id, id=device_id, school_id=actor.org_id, name=name, place=" ".join(command.place.split())[:80],
        source_key=command.source_key, serial_no=serial or None, enabled=False, added_by=actor.account_id, added_at=now,
        sealed_key=seal(sealing, key, sealed_place(actor.district_id, device_id)) if key else "",
    )
    session.add(device)
    session.flush()
    _tell(session, actor, device, "added", now)
    return Added(device_id, key)


def rotate_key(session: Session, actor: Actor, device_id: str, sealing: Key, now: datetime) -> str:
    """Give a device a new key and return it; the old one opens nothing from now on. Raises NotFound, BadDevice."""
    device = device_of(session, actor, device_id)
    if not device.sealed_key:
        raise BadDevice(field="device")
    key = secrets.token_urlsafe(32)
    device.sealed_key = seal(sealing, key, sealed_place(device.district_id, device.id))
    _tell(session, actor, device, "key_changed", now)
    return key


def switch_device(session: Session, actor: Actor, device_id: str, *, enabled: bool, now: datetime) -> None:
    """Let a device in, or shut it out. Raises NotFound."""
    device = device_of(session, actor, device_id)
    if device.enabled != enabled:
        device.enabled = enabled
        _tell(session, actor, device, "enabled" if enabled else "disabled", now)


def device_of(session: Session, actor: Actor, device_id: str) -> AttendanceDevice:
    """Return a device of the actor's school, locked. Raises NotFound."""
    scope = actor.scope(Permission.ROSTER_WRITE)
    device = locked_device(session, actor.district_id, device_id)
    if device is None or not scope.covers_school(device.school_id):
        raise NotFound
    return device


def locked_device(session: Session, district_id: str, device_id: str) -> AttendanceDevice | None:
    """Return a device as it is now, so that two of its requests and two administrators wait for each other."""
    return session.scalars(
        select(AttendanceDevice).where(AttendanceDevice.district_id == district_id, AttendanceDevice.id == device_id)
        .with_for_update(), execution_options={"populate_existing": True},
    ).one_or_none()


def _tell(session: Session, actor: Actor, device: AttendanceDevice, what: str, now: datetime) -> None:
    append(session, NewEntry(
        district_id=device.district_id, school_id=device.school_id, kind=f"device.{what}", subject_ref=device.id, object_ref=device.id,
        payload={"source": device.source_key, "serial": bool(device.serial_no)}, occurred_at=now, recorded_at=now,
        actor_ref=actor.account_id, acting_role=actor.role.value,
    ))


def forget_old(session: Session, district_id: str, now: datetime) -> None:
    """Forget events that belong to no session, and nonces too old to matter. Two statements."""
    session.execute(delete(DeviceEvent).where(
        DeviceEvent.district_id == district_id, DeviceEvent.received_at < now - KEEP,
        or_(DeviceEvent.state == "no_session", DeviceEvent.state == "discarded"),
    ))
    session.execute(delete(DeviceNonce).where(DeviceNonce.district_id == district_id, DeviceNonce.used_at < now - KEEP_NONCES))
