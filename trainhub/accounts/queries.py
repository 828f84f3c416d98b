"""Reads of sign-in: from a session token to an actor, lists of sessions, accounts, grants."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant, ProofFailure, RecoveryCode, SecondFactor, UserSession
from trainhub.accounts.proof_rules import FAILURES_KEPT, PENDING_LIFETIME, Proofs
from trainhub.accounts.rules import SessionEnd, SessionTimes, session_end, token_digest
from trainhub.kernel.actor import Actor, Grant, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.orm import Base
from trainhub.kernel.permissions import Role
from trainhub.kernel.sealing import CannotUnseal, KeyRing, place

_RANK = {role: i for i, role in enumerate((
    Role.TRAINING_OFFICER, Role.MORAL_EDUCATION_HEAD, Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY, Role.SCHOOL_ADMINISTRATOR,
    Role.PRINCIPAL, Role.BUREAU_OFFICER, Role.BUREAU_CASE_OFFICER, Role.APPEAL_REVIEWER, Role.PSYCHOLOGIST, Role.COMMITTEE_MEMBER,
    Role.PLAN_INSTRUCTOR, Role.SECURITY_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR, Role.HOMEROOM_TEACHER, Role.TEACHER,
))}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What an account chose: language and light or dark."""

    locale: str | None
    theme: str | None


@dataclass(frozen=True, slots=True)
class SignedInActor:
    """The actor of a session with its preferences."""

    actor: Actor
    preferences: Preferences
    session_id: str
    proofs: Proofs

    @property
    def used_at(self) -> datetime:
        """When the use of the session was last noted."""
        return self.proofs.used_at


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One open session of an account."""

    id: str
    created_at: datetime
    expires_at: datetime
    agent: str
    current: bool


@lru_cache(maxsize=1)
def _by_token() -> Select[Any]:
    """The statement that every request runs: session, account and grants in one, built once.

    Columns, not objects: nothing here is changed, and objects would cost a request more than the database does.
    """
    held, account, grant = UserSession.__table__.c, Account.__table__.c, AccountGrant.__table__.c
    unit = Base.metadata.tables["org_unit"].c  # the room of organisations lies above this one
    return (
        select(
            held.id.label("session_id"), held.grant_id.label("chosen"), held.used_at, held.expires_at, held.revoked_at,
            held.proved_at, held.second_factor_at, held.rested_at,
            account.id, account.district_id, account.display_name, account.person_id, account.disabled_at,
            account.locale, account.theme,
            grant.id.label("grant_id"), grant.role, grant.org_id, unit.name.label("org_name"), grant.from_on, grant.to_on,
        )
        .join_from(UserSession.__table__, Account.__table__,
                   (account.district_id == held.district_id) & (account.id == held.account_id))
        .outerjoin(AccountGrant.__table__, (grant.district_id == account.district_id) & (grant.account_id == account.id))
        .outerjoin(unit.id.table, (unit.district_id == grant.district_id) & (unit.id == grant.org_id))
        .where(held.token_hash == bindparam("token_hash"))
    )


def actor_of_token(session: Session, token: str, now: datetime, idle_limit: timedelta) -> SignedInActor | SessionEnd | None:
    """Return who acts under a session token, why the session has ended, or None where it is unknown.

    One statement. Grants are read here on every request, so that an ended one is gone at once. An
    account that is closed or without a valid grant may not act.
    """
    rows = session.connection().execute(_by_token(), {"token_hash": token_digest(token)}).all()
    if not rows or rows[0].disabled_at is not None:
        return None
    held = rows[0]
    ended = session_end(SessionTimes(held.used_at, held.expires_at, held.revoked_at), now, idle_limit)
    if ended is not None:
        return ended
    grants = [
        Grant(row.grant_id, Role(row.role), row.org_id, row.org_name, row.from_on, row.to_on)
        for row in rows if row.org_name is not None
    ]
    actor = _acting(held, grants, held.chosen, now)
    proofs = Proofs(held.used_at, held.proved_at, held.second_factor_at, held.rested_at)
    return SignedInActor(actor, Preferences(held.locale, held.theme), held.session_id, proofs) if actor else None


def actor_of_account(
    session: Session, account: Account, now: datetime, role: Role | None = None
) -> Actor | None:
    """Return the actor of an account outside a session (command line)."""
    units = Base.metadata.tables["org_unit"]
    rows = session.execute(
        select(AccountGrant, units.c.name).join(
            units, (units.c.district_id == AccountGrant.district_id) & (units.c.id == AccountGrant.org_id)
        ).where(AccountGrant.district_id == account.district_id, AccountGrant.account_id == account.id)
    ).all()
    grants = [Grant(g.id, Role(g.role), g.org_id, name, g.from_on, g.to_on) for g, name in rows]
    return _acting(account, [g for g in grants if role in {None, g.role}], None, now)


def _acting(account: Any, grants: list[Grant], chosen: str | None, now: datetime) -> Actor | None:
    """Return the actor in the chosen grant, else in the first one; None where no grant is valid today."""
    today = local_day(now)
    valid = sorted((g for g in grants if g.valid_on(today)), key=lambda g: (_RANK[g.role], g.org_name))
    if not valid:
        return None
    acting = next((g for g in valid if g.id == chosen), valid[0])
    return Actor(
        account_id=account.id, district_id=account.district_id, display_name=account.display_name,
        person_id=account.person_id, role=acting.role, org_id=acting.org_id, org_name=acting.org_name,
        grants=tuple(valid), grant_id=acting.id,
    )


def sessions_of(
    session: Session, actor: Actor, token: str, now: datetime, idle_limit: timedelta
) -> list[SessionRow]:
    """Return the open sessions of the actor's account, newest first."""
    rows = session.scalars(
        select(UserSession).where(
            UserSession.district_id == actor.district_id, UserSession.account_id == actor.account_id,
            UserSession.revoked_at.is_(None), UserSession.expires_at > now, UserSession.used_at > now - idle_limit,
        ).order_by(UserSession.created_at.desc())
    )
    here = token_digest(token)
    return [SessionRow(r.id, r.created_at, r.expires_at, r.agent, r.token_hash == here) for r in rows]


@dataclass(frozen=True, slots=True)
class FactorState:
    """How an account's second factor stands. ``failures``: wrong proofs of the last day."""

    confirmed_at: datetime | None
    codes_left: int
    failures: int


def factor_state(session: Session, district_id: str, account_id: str, now: datetime) -> FactorState:
    """Return how the second factor of an account stands. One statement."""
    codes = select(func.count()).where(
        RecoveryCode.district_id == district_id, RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    ).scalar_subquery()
    wrong = select(func.count()).where(
        ProofFailure.district_id == district_id, ProofFailure.account_id == account_id,
        ProofFailure.failed_at > now - FAILURES_KEPT,
    ).scalar_subquery()
    confirmed = select(SecondFactor.confirmed_at).where(
        SecondFactor.district_id == district_id, SecondFactor.account_id == account_id
    ).scalar_subquery()
    row = session.execute(select(confirmed, codes, wrong)).one()
    return FactorState(row[0], row[1], row[2])


def username_of(session: Session, actor: Actor) -> str:
    """Return the name under which the actor signs in."""
    return session.scalars(
        select(Account.username).where(Account.district_id == actor.district_id, Account.id == actor.account_id)
    ).one()


def pending_secret(session: Session, actor: Actor, session_id: str, ring: KeyRing, now: datetime) -> str | None:
    """Return the secret that waits for its first code, to the session that asked for it alone; None where there is none."""
    row = session.get(SecondFactor, (actor.district_id, actor.account_id))
    if row is None or row.pending_sealed is None or row.pending_at is None:
        return None
    if row.pending_session_id != session_id or now - row.pending_at > PENDING_LIFETIME:
        return None
    try:
        return ring.unseal(row.pending_sealed, place("second_factor", "pending_sealed", actor.account_id))
    except CannotUnseal:  # the key was changed meanwhile: begin again
        return None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in the list of those who manage accounts or grants."""

    id: str
    username: str
    display_name: str
    has_password: bool
    disabled: bool
    grants: tuple[tuple[str, str, str, date, date | None], ...]  # id, role, organisation, from, to


def accounts(session: Session, scope: Scope, *, search: str = "", limit: int = 200) -> list[AccountRow]:
    """Return accounts that act in the scope's schools (or the whole district). Two statements."""
    query = _in_scope(scope).order_by(Account.username).limit(limit)
    if search:
        like = f"%{search.strip().casefold()}%"
        query = query.where(Account.username.like(like) | Account.display_name.like(f"%{search.strip()}%"))
    return _with_grants(session, scope, list(session.scalars(query)))


def account(session: Session, scope: Scope, account_id: str) -> AccountRow:
    """Return one account of the scope; NotFound otherwise."""
    found = session.scalars(_in_scope(scope).where(Account.id == account_id)).one_or_none()
    if found is None:
        raise NotFound
    return _with_grants(session, scope, [found])[0]


def organisations(session: Session, district_id: str) -> list[tuple[str, str]]:
    """Return (id, name) of every organisation of a district, for choosing where a right is valid."""
    units = Base.metadata.tables["org_unit"]
    rows = session.execute(
        select(units.c.id, units.c.name).where(units.c.district_id == district_id).order_by(units.c.sort_key)
    )
    return [(row[0], row[1]) for row in rows]


def _in_scope(scope: Scope) -> Select[Account]:
    query = select(Account).where(Account.district_id == scope.district_id)
    if scope.school_ids is not None:
        query = query.where(
            select(AccountGrant.id).where(
                AccountGrant.district_id == Account.district_id, AccountGrant.account_id == Account.id,
                AccountGrant.org_id.in_(scope.school_ids),
            ).exists()
        )
    return query


def _with_grants(session: Session, scope: Scope, found: list[Account]) -> list[AccountRow]:
    units = Base.metadata.tables["org_unit"]
    grants: dict[str, list[tuple[str, str, str, date, date | None]]] = {}
    for g, name in session.execute(
        select(AccountGrant, units.c.short_name).join(
            units, (units.c.district_id == AccountGrant.district_id) & (units.c.id == AccountGrant.org_id)
        ).where(AccountGrant.district_id == scope.district_id, AccountGrant.account_id.in_([a.id for a in found]))
    ):
        grants.setdefault(g.account_id, []).append((g.id, g.role, name, g.from_on, g.to_on))
    return [
        AccountRow(a.id, a.username, a.display_name, a.password_hash is not None, a.disabled_at is not None,
                   tuple(grants.get(a.id, ())))
        for a in found
    ]
