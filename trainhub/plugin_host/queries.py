"""What is switched on, set and failing, read for pages and for calls of plugins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.courses.models import CoursePack
from trainhub.kernel.errors import DomainError
from trainhub.kernel.sealing import CannotUnseal, Key, unseal
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.models import PluginChoice, PluginFailure, PluginSetting, secret_place
from trainhub.plugin_host.rules import SCOPE_ORDER, Forced, effective, on_anywhere, on_in_district

KINDS = ("plugin.enabled", "plugin.disabled", "plugin.settings", "plugin.retried", "plugin.exported", "plugin.purged")
"""Kinds of ledger entries about plugins."""


class SecretUnreadable(DomainError):
    """A stored secret was sealed with another key, or moved; params: plugin."""

    code = "secret_unreadable"
    status = 409


@dataclass(frozen=True, slots=True)
class FailureNote:
    """The last failure of one call. ``broken_at`` is set while the call is broken off."""

    plugin: str
    call: str
    failures: int
    reason: str
    error: str
    last_at: datetime
    broken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a district decided about a plugin, when, and who (a shown name)."""

    is_on: bool
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the ledger about a plugin. ``actor_ref`` is an account id, ``by`` its shown name."""

    kind: str
    plugin: str
    at: datetime
    actor_ref: str
    by: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """One layer of settings as a form shows it: values, the names of secrets that are set, and its version."""

    values: Mapping[str, Any]
    secret_names: frozenset[str]
    version: int


def wanted_at_start(engine: Engine, host: PluginHost, forced: Forced) -> frozenset[str]:
    """Return the plugins a process loads; the defaults where the database is not there yet."""
    manifests = [card.found.manifest for card in host.cards.values()]
    return on_anywhere(manifests, _all_choices(engine), forced)


def _all_choices(engine: Engine) -> list[tuple[str, bool]]:
    """Choices of every district. Building an application must not create a database, so a missing one is no choice."""
    try:
        if not is_there(engine):
            return []
        with engine.connect() as connection:
            rows = connection.execute(select(PluginChoice.plugin_key, PluginChoice.is_on)).all()
            return [(key, is_on) for key, is_on in rows]
    except SQLAlchemyError:  # the pages will say what is wrong with the database; plugins wait with their defaults
        return []


def is_there(engine: Engine) -> bool:
    """Whether the database exists and was set up; asking does not create it."""
    from pathlib import Path

    if engine.dialect.name == "sqlite" and not (engine.url.database and Path(str(engine.url.database)).is_file()):
        return False
    return inspect(engine).has_table(PluginChoice.__tablename__)


def wanted_now(session: Session, host: PluginHost, forced: Forced) -> frozenset[str]:
    """Return the plugins that some district has switched on, as of this transaction."""
    rows = session.execute(select(PluginChoice.plugin_key, PluginChoice.is_on)).all()
    return on_anywhere([c.found.manifest for c in host.cards.values()], [(k, v) for k, v in rows], forced)


def on_here(session: Session, host: PluginHost, district_id: str, forced: Forced) -> frozenset[str]:
    """Return the plugins that are on in a district."""
    rows = session.execute(
        select(PluginChoice.plugin_key, PluginChoice.is_on).where(PluginChoice.district_id == district_id)
    )
    choices: dict[str, bool] = dict(rows.all())
    return on_in_district([c.found.manifest for c in host.cards.values()], choices, forced)


def districts_on(session: Session, host: PluginHost, forced: Forced) -> dict[str, int]:
    """Return in how many districts each plugin is on."""
    from trainhub.roster.models import OrgUnit

    manifests = [card.found.manifest for card in host.cards.values()]
    chosen: dict[str, dict[str, bool]] = {
        district: {} for district in session.scalars(select(OrgUnit.district_id).where(OrgUnit.parent_id.is_(None)))
    }
    for district, key, is_on in session.execute(select(PluginChoice.district_id, PluginChoice.plugin_key, PluginChoice.is_on)):
        chosen.setdefault(district, {})[key] = is_on
    on = [on_in_district(manifests, choices_there, forced) for choices_there in chosen.values()]
    return {m.key: sum(m.key in here for here in on) for m in manifests}


def failures(session: Session) -> dict[str, list[FailureNote]]:
    """Return the noted failures by plugin, the latest first."""
    found: dict[str, list[FailureNote]] = {}
    for row in session.scalars(select(PluginFailure).order_by(PluginFailure.last_at.desc())):
        found.setdefault(row.plugin_key, []).append(
            FailureNote(row.plugin_key, row.call, row.failures, row.reason, row.error, row.last_at, row.broken_at)
        )
    return found


def choices(session: Session, district_id: str) -> dict[str, Choice]:
    """Return the decisions of a district by plugin."""
    rows = session.execute(
        select(PluginChoice, Account.display_name)
        .outerjoin(Account, (Account.district_id == PluginChoice.district_id) & (Account.id == PluginChoice.changed_by))
        .where(PluginChoice.district_id == district_id)
    )
    return {row.plugin_key: Choice(row.is_on, row.changed_at, name or "") for row, name in rows}


def traces(session: Session, district_id: str) -> frozenset[str]:
    """Return the keys of plugins that a district decided about or has settings of, installed or not."""
    chosen = select(PluginChoice.plugin_key).where(PluginChoice.district_id == district_id)
    kept = select(PluginSetting.plugin_key).where(PluginSetting.district_id == district_id)
    return frozenset(session.scalars(chosen.union(kept)))


def changes(session: Session, district_id: str, key: str = "", *, limit: int = 100) -> list[Change]:
    """Return what the ledger says about plugins of a district (one plugin where ``key`` is given), newest first."""
    query = (
        select(LedgerEntry, LedgerPayload.payload, Account.display_name)
        .outerjoin(LedgerPayload, (LedgerPayload.district_id == LedgerEntry.district_id)
                   & (LedgerPayload.school_id == LedgerEntry.school_id) & (LedgerPayload.seq == LedgerEntry.seq))
        .outerjoin(Account, (Account.district_id == LedgerEntry.district_id) & (Account.id == LedgerEntry.actor_ref))
        .where(LedgerEntry.district_id == district_id, LedgerEntry.school_id == district_id, LedgerEntry.kind.in_(KINDS))
        .order_by(LedgerEntry.seq.desc()).limit(limit)
    )
    if key:
        query = query.where(LedgerEntry.subject_ref == f"plugin/{key}")
    return [
        Change(entry.kind, entry.subject_ref.removeprefix("plugin/"), entry.occurred_at, entry.actor_ref, name or "", payload or {})
        for entry, payload, name in session.execute(query)
    ]


def course_packs(session: Session) -> list[tuple[str, str]]:
    """Return id and title of the current course packs, for settings of one course."""
    rows = session.execute(select(CoursePack.pack_id, CoursePack.title).where(CoursePack.is_current).order_by(CoursePack.title))
    return list(rows)


def noted_calls(session: Session) -> frozenset[tuple[str, str]]:
    """Return (plugin, call) of every failure on record; what is gone was forgiven by an administrator."""
    return frozenset((key, call) for key, call in session.execute(select(PluginFailure.plugin_key, PluginFailure.call)))


def stored_settings(session: Session, district_id: str, plugin: str, scope: str, scope_id: str) -> StoredSettings:
    """Return one layer of settings; an empty one where nothing is stored."""
    row = session.get(PluginSetting, (district_id, plugin, scope, scope_id))
    if row is None:
        return StoredSettings({}, frozenset(), 0)
    return StoredSettings(dict(row.values), frozenset(row.secrets), row.version)


def settings_for(
    session: Session, host: PluginHost, plugin: str, district_id: str, key: Key, *, school_id: str = "", course_id: str = ""
) -> dict[str, Any]:
    """Return a plugin's settings for one call: bureau, then school, then course; secrets in clear.

    The result goes to the plugin and nowhere else. Raises :class:`SecretUnreadable`.
    """
    places = {"bureau": district_id, "school": school_id, "course": course_id}
    rows = {
        row.scope: row
        for row in session.scalars(
            select(PluginSetting).where(
                PluginSetting.district_id == district_id, PluginSetting.plugin_key == plugin,
                PluginSetting.scope_id.in_([place for place in places.values() if place]),
            )
        )
        if places.get(row.scope) == row.scope_id
    }
    try:
        layers = [{**row.values, **_opened(row, key)} for scope in SCOPE_ORDER if (row := rows.get(scope)) is not None]
    except CannotUnseal as error:
        raise SecretUnreadable(plugin=plugin) from error
    return effective(host.cards[plugin].found.manifest.settings, layers)


def _opened(row: PluginSetting, key: Key) -> dict[str, str]:
    place = (row.district_id, row.plugin_key, row.scope, row.scope_id)
    return {name: unseal(key, text, secret_place(*place, name)) for name, text in row.secrets.items()}
