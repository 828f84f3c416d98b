"""Switching plugins on and off, their settings, and the record of their failures. Never commits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import upsert
from trainhub.kernel.errors import DomainError, NotFound, StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import Key, seal
from trainhub.ledger.service import NewEntry, append
from trainhub.plugin_api.contracts import Problem
from trainhub.plugin_host import store
from trainhub.plugin_host.guard import Fault
from trainhub.plugin_host.host import Card, PluginHost
from trainhub.plugin_host.manifest import PluginFault
from trainhub.plugin_host.models import PluginChoice, PluginFailure, PluginSetting, secret_place
from trainhub.plugin_host.queries import changes, on_here, traces
from trainhub.plugin_host.rules import Forced, PluginSwitched, declared_at, on_anywhere, read_settings


class PluginIsCore(DomainError):
    """A plugin that belongs to the core cannot be switched off."""

    code = "plugin_is_core"


class PluginForced(DomainError):
    """Configuration decides over this plugin."""

    code = "plugin_forced"
    status = 409


class PluginRefused(DomainError):
    """The plugin may not be switched on; ``fault`` says why and what mends it."""

    code = "plugin_refused"


class PluginStillOn(DomainError):
    """What is switched on cannot be purged."""

    code = "plugin_still_on"
    status = 409


class NotConfirmed(DomainError):
    """The key typed to confirm a purge is another one."""

    code = "purge_not_confirmed"


class SettingsRefused(DomainError):
    """Settings cannot be kept; ``problems`` says which field and why."""

    code = "settings_refused"

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__(count=len(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class SaveSettings:
    """Typed settings of a plugin at one place. ``forget`` names secrets to be deleted."""

    plugin: str
    scope: str
    scope_id: str
    typed: Mapping[str, str]
    version: int
    forget: frozenset[str] = frozenset()


def switch(session: Session, actor: Actor, host: PluginHost, forced: Forced, key: str, on: bool, now: datetime) -> bool:
    """Switch a plugin on or off in the actor's district; returns whether anything changed.

    Raises NotFound, PluginIsCore, PluginForced, and PluginRefused where the plugin cannot be used.
    """
    actor.require(Permission.PLUGIN_MANAGE)
    card = host.cards.get(key)
    if card is None:
        raise NotFound
    manifest = card.found.manifest
    if manifest.core:
        raise PluginIsCore
    if key in (forced.off if on else forced.on):
        raise PluginForced
    if on and (fault := host.judge(key)):
        raise PluginRefused(fault=fault)
    if on and "tables" in manifest.provides and card.found.folder is not None:
        _make_tables(session, key, card.found.folder)
    row = session.get(PluginChoice, (actor.district_id, key))
    if (row.is_on if row else manifest.on_by_default) is on:
        return False
    if row is None:
        session.add(PluginChoice(
            district_id=actor.district_id, plugin_key=key, is_on=on, changed_at=now, changed_by=actor.account_id
        ))
    else:
        row.is_on, row.changed_at, row.changed_by = on, now, actor.account_id
    _record(session, actor, now, "plugin.enabled" if on else "plugin.disabled", key, {"version": manifest.version})
    announcer.announce(session, PluginSwitched(actor.district_id, key, on))
    return True


def _make_tables(session: Session, key: str, folder: Path) -> None:
    try:
        store.upgrade(session.connection(), key, folder / "migrations")
    except PluginFault as fault:
        raise PluginRefused(fault=str(fault)) from fault


def save_settings(session: Session, actor: Actor, host: PluginHost, command: SaveSettings, key: Key, now: datetime) -> int:
    """Keep settings; returns the new version. Secrets are sealed, and an empty secret field keeps the old one.

    Raises NotFound, SettingsRefused (with a problem per field), StaleVersion.
    """
    actor.require(Permission.PLUGIN_MANAGE)
    card = host.cards.get(command.plugin)
    if card is None or not _reaches(session, actor, command):
        raise NotFound
    declared = declared_at(card.found.manifest.settings, command.scope)
    if not declared:
        raise NotFound
    forget = command.forget & {s.name for s in declared if s.kind == "secret"}
    place = (actor.district_id, command.plugin, command.scope, command.scope_id)
    row = session.scalars(
        select(PluginSetting).where(
            PluginSetting.district_id == place[0], PluginSetting.plugin_key == place[1],
            PluginSetting.scope == place[2], PluginSetting.scope_id == place[3],
        ).with_for_update()
    ).first()
    if command.version != (row.version if row else 0):
        raise StaleVersion
    kept = {n: text for n, text in (row.secrets if row else {}).items() if n not in forget}
    read = read_settings(declared, command.typed, kept)
    if read.problems:
        raise SettingsRefused(read.problems)
    sealed = kept | {name: seal(key, text, secret_place(*place, name)) for name, text in read.secrets.items()}
    before = dict(row.values) if row else {}
    if row is None:
        row = PluginSetting(
            district_id=place[0], plugin_key=place[1], scope=place[2], scope_id=place[3], values={}, secrets={}, version=0,
            changed_at=now, changed_by=actor.account_id,
        )
        session.add(row)
    row.values, row.secrets, row.version = read.values, sealed, row.version + 1
    row.changed_at, row.changed_by = now, actor.account_id
    _record(session, actor, now, "plugin.settings", command.plugin, {
        "scope": command.scope, "scope_id": command.scope_id, "before": before, "after": read.values,
        "secrets_set": sorted(read.secrets), "secrets_forgotten": sorted(forget),
    })
    return row.version


def _reaches(session: Session, actor: Actor, command: SaveSettings) -> bool:
    """Whether the place lies in the actor's district and scope."""
    if command.scope == "bureau":
        return command.scope_id == actor.district_id
    if command.scope == "school":
        from trainhub.roster.models import OrgUnit

        known = session.get(OrgUnit, (actor.district_id, command.scope_id)) is not None
        return known and actor.scope(Permission.PLUGIN_MANAGE).covers_school(command.scope_id)
    from trainhub.courses.models import CoursePack

    known = session.scalar(select(CoursePack.pack_id).where(CoursePack.pack_id == command.scope_id).limit(1)) is not None
    return command.scope == "course" and known and actor.scope(Permission.PLUGIN_MANAGE).school_ids is None


def note_failures(session: Session, faults: Collection[Fault], now: datetime) -> None:
    """Add failures to the record; called outside of any business step, so that a rolled-back one is noted too."""
    for fault in faults:
        put = upsert(session, PluginFailure).values(
            plugin_key=fault.plugin, call=fault.call[:80], failures=1, reason=fault.reason, error=fault.error[:240],
            first_at=now, last_at=now, broken_at=now if fault.broken else None,
        )
        session.execute(put.on_conflict_do_update(
            index_elements=["plugin_key", "call"],
            set_={
                "failures": PluginFailure.failures + 1, "reason": put.excluded.reason, "error": put.excluded.error,
                "last_at": put.excluded.last_at, "broken_at": put.excluded.broken_at,
            },
        ))


def forget_failures(session: Session, actor: Actor, key: str, now: datetime) -> None:
    """Clear a plugin's failures: somebody looked and wants it tried again."""
    actor.require(Permission.PLUGIN_MANAGE)
    session.execute(delete(PluginFailure).where(PluginFailure.plugin_key == key))
    _record(session, actor, now, "plugin.retried", key, {})


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything a district keeps of a plugin; secrets by name only."""

    settings: list[dict[str, Any]]
    choices: list[dict[str, Any]]
    tables: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Purged:
    """What went: rows of the district by table, settings, and whether the tables themselves are gone."""

    rows: dict[str, int]
    settings: int
    dropped: bool


def export(session: Session, actor: Actor, host: PluginHost, key: str, now: datetime) -> Bundle:
    """Return what the actor's district keeps of a plugin, installed or not; the ledger notes that it was taken out.

    Raises NotFound where the plugin is neither here nor has left anything.
    """
    actor.require(Permission.PLUGIN_MANAGE)
    if key not in host.cards and key not in traces(session, actor.district_id):
        raise NotFound
    rows = session.scalars(select(PluginSetting).where(
        PluginSetting.district_id == actor.district_id, PluginSetting.plugin_key == key
    ).order_by(PluginSetting.scope, PluginSetting.scope_id)).all()
    settings = [
        {"scope": r.scope, "scope_id": r.scope_id, "values": dict(r.values), "secrets_set": sorted(r.secrets),
         "version": r.version, "changed_at": r.changed_at, "changed_by": r.changed_by}
        for r in rows
    ]
    choices = [
        {"kind": c.kind, "at": c.at, "by": c.actor_ref, "payload": c.payload}
        for c in changes(session, actor.district_id, key, limit=10_000)
    ]
    tables = store.everything(session.connection(), key, actor.district_id)
    _record(session, actor, now, "plugin.exported", key, {"rows": {name: len(found) for name, found in tables.items()}})
    return Bundle(settings, choices, tables)


def purge(session: Session, actor: Actor, host: PluginHost, forced: Forced, key: str, typed: str, now: datetime) -> Purged:
    """Delete what the actor's district keeps of a plugin; ``typed`` must be its key.

    The tables themselves go once the plugin is off in every district and no district's rows are left: what another
    district keeps is not this actor's to delete. Raises NotFound, PluginIsCore, PluginStillOn, NotConfirmed.
    """
    actor.require(Permission.PLUGIN_MANAGE)
    card = host.cards.get(key)
    if card is None and key not in traces(session, actor.district_id):
        raise NotFound
    if card is not None and card.found.manifest.core:
        raise PluginIsCore
    if key in on_here(session, host, actor.district_id, forced):
        raise PluginStillOn
    if typed != key:
        raise NotConfirmed(field="typed", key=key)
    rows = store.clear(session.connection(), key, actor.district_id)
    settings = _forget(session, actor.district_id, card, key)
    elsewhere = session.execute(select(PluginChoice.plugin_key, PluginChoice.is_on).where(PluginChoice.plugin_key == key)).all()
    used = any(on for _, on in elsewhere) if card is None else key in on_anywhere([card.found.manifest], elsewhere, forced)
    left = sum(store.count(session.connection(), key).values())
    dropped = not used and not left and bool(store.drop(session.connection(), key))
    _record(session, actor, now, "plugin.purged", key, {"rows": rows, "settings": settings, "dropped": dropped})
    return Purged(rows, settings, dropped)


def _forget(session: Session, district_id: str, card: Card | None, key: str) -> int:
    """Delete settings and choice; a choice against a plugin that is on by default stays, or it would come back."""
    settings: Any = session.execute(
        delete(PluginSetting).where(PluginSetting.district_id == district_id, PluginSetting.plugin_key == key)
    )
    if card is None or not card.found.manifest.on_by_default:
        session.execute(delete(PluginChoice).where(PluginChoice.district_id == district_id, PluginChoice.plugin_key == key))
    return int(settings.rowcount)


def _record(session: Session, actor: Actor, now: datetime, kind: str, key: str, payload: dict[str, Any]) -> None:
    append(session, NewEntry(
        district_id=actor.district_id, school_id=actor.district_id, kind=kind, subject_ref=f"plugin/{key}",
        object_ref=f"plugin/{key}", payload={"plugin": key, **payload}, occurred_at=now, recorded_at=now,
        actor_ref=actor.account_id, acting_role=actor.role.value,
    ))
