"""Adopting a set of rules: every rule that differs becomes a dated version, all of them or none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.policy import PARAMETERS
from trainhub.plugin_api import PolicyPack
from trainhub.roster.queries.policy import policy_for
from trainhub.roster.refusals import NotAllowedValue, UnknownWord
from trainhub.roster.service.policy import SetPolicy, checked, set_policy


@dataclass(frozen=True, slots=True)
class AdoptPack:
    """A pack from a day on. ``keys`` are the rules to take over; ``seen_number`` the latest version the officer saw."""

    org_id: str
    pack: PolicyPack
    keys: frozenset[str]
    effective_on: date
    reason: str
    seen_number: int | None = None


def usable(packs: Mapping[str, PolicyPack]) -> dict[str, PolicyPack]:
    """Return the packs whose every rule core knows and allows."""
    return {key: pack for key, pack in packs.items() if not faults_of(pack)}


def faults_of(pack: PolicyPack) -> list[str]:
    """Return the names of rules that core does not know, or whose value it does not allow."""
    return [key for key, value in pack.parameters.items() if not _allowed(key, str(value))]


def _allowed(key: str, text: str) -> bool:
    try:
        return key in PARAMETERS and checked(PARAMETERS[key], text) is not None
    except NotAllowedValue:
        return False


def adopt_pack(session: Session, actor: Actor, command: AdoptPack, now: datetime) -> list[str]:
    """Set every chosen rule whose value differs on the day; return their keys.

    Raises UnknownWord for a pack that may not be used, and what :func:`set_policy` raises.
    """
    if faults_of(command.pack):
        raise UnknownWord(field="pack", value=command.pack.key)
    held = policy_for(session, actor.district_id, command.org_id, command.effective_on)
    changed = [key for key in _chosen(command) if held[key] != command.pack.parameters[key]]
    number = command.seen_number
    for key in changed:
        done = set_policy(session, actor, SetPolicy(
            command.org_id, key, str(command.pack.parameters[key]), command.effective_on,
            f"{command.pack.label} {command.pack.version}：{command.reason.strip()}" if command.reason.strip() else "", number,
        ), now)
        number = done.number
    return changed


def _chosen(command: AdoptPack) -> Iterable[str]:
    return (key for key in command.pack.parameters if key in command.keys)
