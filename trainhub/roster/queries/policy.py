"""Policy parameters in force, resolved down the organisation tree (domain.md 3.6)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, literal, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.kernel.policy import PARAMETERS, Parameter, Policy, PolicyVersion, resolve
from trainhub.roster.models import OrgUnit, PolicySetting

_DEPTH = 12
"""Levels between a teaching point and the province, with room to spare; a loop in the data ends there."""


_org, _set = OrgUnit.__table__.c, PolicySetting.__table__.c


def _path_query() -> Select[Any]:
    """One organisation, its superiors, and what each of them set. Made once: building it costs more than it does."""
    own = (
        select(_org.id, _org.parent_id, _org.name, literal(0).label("step"))
        .where(_org.district_id == bindparam("district_id"), _org.id == bindparam("org_id"))
        .cte("path", recursive=True)
    )
    above = select(_org.id, _org.parent_id, _org.name, own.c.step + 1).where(
        _org.district_id == bindparam("district_id"), _org.id == own.c.parent_id, own.c.step < _DEPTH
    )
    path = own.union_all(above)
    return (
        select(path.c.id, path.c.name, _set.number, _set.key, _set.value, _set.effective_on, _set.set_at)
        .join_from(
            path, PolicySetting.__table__,
            and_(_set.district_id == bindparam("district_id"), _set.org_id == path.c.id), isouter=True,
        )
        .order_by(path.c.step, _set.number)
    )


_PATH = _path_query()


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """What an organisation and its superiors set, for any day: one reading serves every day a page asks for.

    ``names`` of the organisation and its superiors, nearest first; empty where there is no such organisation.
    """

    names: dict[str, str]
    versions: tuple[PolicyVersion, ...]

    def of(self, org_id: str, day: date) -> Policy:
        """The parameters in force for the organisation itself, or one of its superiors, on a day."""
        path = list(self.names)
        return resolve(self.versions, path[path.index(org_id):] if org_id in self.names else [org_id], day)


def policy_book(session: Session, district_id: str, org_id: str, *, known_by: datetime | None = None) -> PolicyBook:
    """Return what was set along the path of one organisation. One statement, however many schools there are.

    ``known_by`` leaves out settings made later: a figure as of a day must not know what came after.
    """
    rows = session.connection().execute(_PATH, {"district_id": district_id, "org_id": org_id}).all()
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row.id, row.name)
    return PolicyBook(names, tuple(
        PolicyVersion(row.id, row.key, row.value["value"], row.effective_on, row.number)
        for row in rows if row.number is not None and (known_by is None or row.set_at <= known_by)
    ))


def policy_for(session: Session, district_id: str, org_id: str, day: date) -> Policy:
    """Return the parameters in force for an organisation on a day. One statement.

    The nearest organisation up the tree that set a parameter wins; nothing set gives the defaults
    with version 0.
    """
    return policy_book(session, district_id, org_id).of(org_id, day)


def policies_for(
    session: Session, district_id: str, org_ids: Collection[str], day: date, *, known_by: datetime | None = None
) -> dict[str, Policy]:
    """Return the parameters in force for many organisations. Two statements, however many they are.

    ``known_by`` leaves out settings made later: a figure as of a day must not know what came after.
    """
    parents = _parents(session, district_id)
    versions = [_version(s) for s in _settings(session, district_id) if known_by is None or s.set_at <= known_by]
    return {org_id: resolve(versions, path_to_root(parents, org_id), day) for org_id in org_ids}


def path_to_root(parents: dict[str, str | None], org_id: str) -> list[str]:
    """The organisation and its superiors, nearest first; a loop in the data ends the path."""
    path: list[str] = []
    step: str | None = org_id
    while step is not None and step not in path:
        path.append(step)
        step = parents.get(step)
    return path


def _parents(session: Session, district_id: str) -> dict[str, str | None]:
    query = select(OrgUnit.id, OrgUnit.parent_id).where(OrgUnit.district_id == district_id)
    return {row.id: row.parent_id for row in session.execute(query)}


def _settings(session: Session, district_id: str) -> list[PolicySetting]:
    query = select(PolicySetting).where(PolicySetting.district_id == district_id).order_by(PolicySetting.number)
    return list(session.scalars(query))


def _version(setting: PolicySetting) -> PolicyVersion:
    return PolicyVersion(setting.org_id, setting.key, setting.value["value"], setting.effective_on, setting.number)


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One parameter: the value in force, where it comes from, what it was, what is announced.

    ``version`` 0 means the platform's proposal. ``upcoming`` is set where a later version waits.
    """

    parameter: Parameter
    value: Any
    version: int
    set_at_org: str
    effective_on: date | None
    set_by: str
    set_by_name: str
    set_at: datetime | None
    reason: str
    previous: Any
    previous_version: int
    upcoming: tuple[date, Any, int] | None


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """Every parameter of an organisation on a day, with the highest version used."""

    org_id: str
    org_name: str
    day: date
    version: int
    lines: tuple[PolicyLine, ...]
    latest_number: int


def policy_page(session: Session, scope: Scope, org_id: str, day: date) -> PolicyPage:
    """Return every parameter with its history in short. Three statements at most."""
    if not scope.covers_school(org_id):
        raise NotFound
    query = select(OrgUnit.id, OrgUnit.parent_id, OrgUnit.name).where(OrgUnit.district_id == scope.district_id)
    rows = {row.id: row for row in session.execute(query)}
    if org_id not in rows:
        raise NotFound
    path = path_to_root({key: row.parent_id for key, row in rows.items()}, org_id)
    settings = [s for s in _settings(session, scope.district_id) if s.org_id in path]
    policy = resolve([_version(s) for s in settings], path, day)
    names = {key: row.name for key, row in rows.items()} | _setters(session, scope.district_id, {s.set_by for s in settings})
    lines = tuple(_line(p, settings, path, day, names) for p in PARAMETERS.values())
    latest = max((s.number for s in settings), default=0)
    return PolicyPage(org_id, rows[org_id].name, day, policy.version, lines, latest)


def _setters(session: Session, district_id: str, account_ids: Collection[str]) -> dict[str, str]:
    if not account_ids:
        return {}
    query = select(Account.id, Account.display_name).where(Account.district_id == district_id, Account.id.in_(account_ids))
    return {row.id: row.display_name for row in session.execute(query)}


def _line(
    parameter: Parameter, settings: list[PolicySetting], path: list[str], day: date, names: dict[str, str]
) -> PolicyLine:
    rank = {key: i for i, key in enumerate(path)}
    mine = sorted(
        (s for s in settings if s.key == parameter.key), key=lambda s: (-rank[s.org_id], s.effective_on, s.number)
    )
    in_force = [s for s in mine if s.effective_on <= day]
    waiting = sorted((s for s in mine if s.effective_on > day), key=lambda s: (s.effective_on, -s.number))
    now = in_force[-1] if in_force else None
    before = in_force[-2] if len(in_force) > 1 else None
    return PolicyLine(
        parameter=parameter,
        value=now.value["value"] if now else parameter.default,
        version=now.number if now else 0,
        set_at_org=names.get(now.org_id, "") if now else "",
        effective_on=now.effective_on if now else None,
        set_by=now.set_by if now else "",
        set_by_name=names.get(now.set_by, "") if now else "",
        set_at=now.set_at if now else None,
        reason=now.reason if now else "",
        previous=before.value["value"] if before else (parameter.default if now else None),
        previous_version=before.number if before else 0,
        upcoming=(waiting[0].effective_on, waiting[0].value["value"], waiting[0].number) if waiting else None,
    )
