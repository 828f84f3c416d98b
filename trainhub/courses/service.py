"""Putting packs into the catalogue."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.courses.models import CoursePack
from trainhub.courses.queries import packs_are_shared
from trainhub.courses.rules import BUILT_IN_TYPES, Pack, check_pack, usable, version_order
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append


class PackVersionTaken(DomainError):
    """The version is installed with other content: an event that used it must keep what it used."""

    code = "pack_version_taken"
    status = 409


class PackChanged(DomainError):
    """The pack in the folder is no longer the one whose changes were shown."""

    code = "pack_changed"
    status = 409


class PacksAreShared(DomainError):
    """Several bureaus use this platform and packs are the same for all of them: whoever runs it installs."""

    code = "pack_shared"
    status = 409


class PackNotUsable(DomainError):
    """The pack breaks a rule of the format; params ``count`` and ``first`` (a problem code)."""

    code = "pack_not_usable"


@dataclass(frozen=True, slots=True)
class Installation:
    """What an installation did."""

    pack_id: str
    version: str
    digest: str
    change: Literal["installed", "unchanged"]
    is_current: bool


def install_pack(
    session: Session, actor: Actor | None, pack: Pack, now: datetime, known_types: Collection[str] = BUILT_IN_TYPES,
    *, seen_digest: str = "",
) -> Installation:
    """Install a pack; the same content a second time changes nothing.

    A new version becomes a row of its own and the current one if it is the highest; the old ones stay
    readable, and trainings keep the version they were planned with. ``actor`` is None for the operator at the
    machine; ``seen_digest`` is that of the content whose changes were shown. Raises :class:`PackNotUsable`,
    :class:`PackVersionTaken`, :class:`PackChanged`, :class:`PacksAreShared`, Forbidden.
    """
    if actor is not None:
        may_change_packs(session, actor)
    _refuse_unusable(pack, known_types)
    digest = pack.digest()
    if seen_digest and seen_digest != digest:
        raise PackChanged(title=pack.title)
    rows = session.scalars(select(CoursePack).where(CoursePack.pack_id == pack.id).with_for_update()).all()
    for row in rows:
        if row.version == pack.version:
            if row.digest != digest:
                raise PackVersionTaken(field="version", version=pack.version)
            return Installation(pack.id, pack.version, digest, "unchanged", row.is_current)
    is_current = all(version_order(row.version) < version_order(pack.version) for row in rows)
    for row in rows:
        row.is_current = row.is_current and not is_current
    session.flush()  # the old one goes before the new one comes: there is one current version at any moment
    session.add(_row(pack, digest, now, is_current=is_current))
    session.flush()
    if actor is not None:
        _note(session, actor, pack, digest, now, is_current=is_current)
    return Installation(pack.id, pack.version, digest, "installed", is_current)


def may_change_packs(session: Session, actor: Actor) -> None:
    """Let a bureau change the catalogue of the platform, if it is the only one. Raises PacksAreShared, Forbidden."""
    actor.require(Permission.CATALOGUE_WRITE)
    if packs_are_shared(session):
        raise PacksAreShared


def _note(session: Session, actor: Actor, pack: Pack, digest: str, now: datetime, *, is_current: bool) -> None:
    append(session, NewEntry(
        district_id=actor.district_id, school_id=actor.org_id, kind="catalogue.installed", subject_ref=pack.id, object_ref=pack.id,
        payload={"version": pack.version, "digest": digest, "current": is_current, "minutes": pack.minutes},
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
    ))


def _refuse_unusable(pack: Pack, known_types: Collection[str]) -> None:
    problems = [problem for problem in check_pack(pack, known_types) if not usable([problem])]
    unread = [part.file for part in pack.parts if part.text is None]
    if problems or unread:
        first = problems[0].code if problems else unread[0]
        raise PackNotUsable(count=len(problems) + len(unread), first=first)


def _row(pack: Pack, digest: str, now: datetime, *, is_current: bool) -> CoursePack:
    return CoursePack(
        pack_id=pack.id,
        version=pack.version,
        digest=digest,
        type_key=pack.type_key,
        topic=pack.topic,
        title=pack.title,
        summary=pack.summary,
        delivery_mode=pack.delivery,
        minutes=pack.minutes,
        class_hours=pack.class_hours,
        content=pack.content(),
        installed_at=now,
        is_current=is_current,
    )
