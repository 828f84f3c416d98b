"""Writes of sign-in: sessions, activation, passwords, accounts, grants."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from trainhub.accounts import queries as accounts_query
from trainhub.accounts.models import (
    Account,
    AccountGrant,
    ActivationCode,
    LoginName,
    SecondFactor,
    UserSession,
)
from trainhub.accounts.rules import (
    ACTIVATION_LIFETIME,
    SESSION_LIFETIME,
    code_digest,
    new_activation_code,
    password_problem,
    throttle_key,
    token_digest,
)
from trainhub.accounts.service.attempts import attempts_of
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, Forbidden, NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.service import NewEntry, append

# 19 MiB, two passes: about 30 ms on an old school PC (library default: seven times as long).
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of a password that nobody was told, with the cost above: an unknown name takes as long as a wrong password.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$qGhlbtzKfaLyn5G1hnlhqA$/qmNvtOTTwhQiDCXSfIv/+BranQfzaqdzlrvBR09vD0"


class SignInRefused(DomainError):
    """Wrong name or password: one answer for both."""

    code = "sign_in_refused"


class SignInThrottled(DomainError):
    """Too many failures from this device for this name; params: minutes."""

    code = "sign_in_throttled"
    status = 429


class CodeRefused(DomainError):
    """The activation code is wrong, used or older than 72 hours."""

    code = "activation_refused"


class PasswordRefused(DomainError):
    """The new password is not good enough; params: problem."""

    code = "password_refused"

    def __init__(self, problem: str, *, field: str) -> None:
        super().__init__(field=field)
        self.code = problem  # type: ignore[misc]  # the sentence differs by problem


class WrongPassword(DomainError):
    """The present password, asked again before a change, is wrong."""

    code = "wrong_password"


class UsernameTaken(DomainError):
    """Another account already signs in under this name."""

    code = "username_taken"


@dataclass(frozen=True, slots=True)
class SignIn:
    """An attempt. ``origin`` as in :func:`trainhub.accounts.rules.throttle_key`."""

    username: str
    password: str
    origin: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its secret token (stored nowhere), whose it is, and whether a second factor is still to be shown."""

    token: str
    district_id: str
    account_id: str
    asks_code: bool = False


def normal_username(text: str) -> str:
    """Return a user name as it is stored and compared."""
    return text.strip().casefold()


def hash_password(password: str) -> str:
    """Hash a password (argon2id)."""
    return _hasher.hash(password)


def sign_in(session: Session, command: SignIn, now: datetime) -> SignedIn | DomainError:
    """Check name and password and open a session.

    A refusal is returned, not raised, because the failure count must be committed with it.
    """
    username = normal_username(command.username)
    attempts = attempts_of(session, throttle_key(username, command.origin), now)
    if attempts.wait:
        return SignInThrottled(minutes=attempts.wait)
    account = _account_by_name(session, username)
    usable = account if account and account.disabled_at is None and account.password_hash else None
    good = password_matches(usable.password_hash if usable else _NOBODY, command.password)
    if usable is None or not good:
        attempts.failed()
        return SignInRefused()
    attempts.forget()
    return open_session(session, usable, command.agent, now)


def _account_by_name(session: Session, username: str) -> Account | None:
    return session.scalars(
        select(Account).join(
            LoginName, (LoginName.district_id == Account.district_id) & (LoginName.account_id == Account.id)
        ).where(LoginName.username == username)
    ).one_or_none()


def password_matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a hash; where there is no hash it takes as long to say no."""
    try:
        return _hasher.verify(stored or _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def open_session(session: Session, account: Account, agent: str, now: datetime) -> SignedIn:
    """Open a session with a new token, so that a planted token is never adopted.

    The password that was just given is the whole proof only where the account has no second factor.
    """
    token = secrets.token_urlsafe(32)
    factor = session.get(SecondFactor, (account.district_id, account.id))
    asks_code = factor is not None and factor.confirmed_at is not None
    session.add(UserSession(
        token_hash=token_digest(token), district_id=account.district_id, id=new_id(), account_id=account.id,
        created_at=now, used_at=now, expires_at=now + SESSION_LIFETIME, agent=agent[:120],
        proved_at=None if asks_code else now,
    ))
    return SignedIn(token, account.district_id, account.id, asks_code)


def note_use(session: Session, session_id: str, actor: Actor, now: datetime, rest_limit: timedelta) -> None:
    """Note that a session was used now; it rests from here. Where it rested longer than ``rest_limit``, that is noted too."""
    before = now - rest_limit
    rested = (UserSession.used_at <= before) & (UserSession.proved_at.is_(None) | (UserSession.proved_at <= before))
    session.execute(
        update(UserSession).where(
            UserSession.district_id == actor.district_id, UserSession.account_id == actor.account_id, UserSession.id == session_id,
            UserSession.used_at < now, UserSession.revoked_at.is_(None),
        ).values(used_at=now, rested_at=case((rested, now), else_=UserSession.rested_at)),
        execution_options={"synchronize_session": False},
    )


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End the session of this token on the server; a copied cookie is worthless from now on."""
    session.execute(
        update(UserSession).where(UserSession.token_hash == token_digest(token), UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_session(session: Session, actor: Actor, session_id: str, now: datetime) -> None:
    """End one of one's own sessions elsewhere."""
    done = session.execute(
        update(UserSession).where(
            UserSession.district_id == actor.district_id, UserSession.account_id == actor.account_id,
            UserSession.id == session_id,
        ).values(revoked_at=now)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotFound


def revoke_all(session: Session, district_id: str, account_id: str, now: datetime, *, keep: str | None = None) -> None:
    """End all sessions of an account, except the one with token ``keep``."""
    query = update(UserSession).where(
        UserSession.district_id == district_id, UserSession.account_id == account_id,
        UserSession.revoked_at.is_(None),
    )
    if keep:
        query = query.where(UserSession.token_hash != token_digest(keep))
    session.execute(query.values(revoked_at=now))


def act_as(session: Session, actor: Actor, token: str, grant_id: str) -> None:
    """Act in another of one's own valid grants from now on (domain.md case 103)."""
    if grant_id not in {g.id for g in actor.grants}:
        raise NotFound
    session.execute(
        update(UserSession).where(UserSession.token_hash == token_digest(token)).values(grant_id=grant_id)
    )


@dataclass(frozen=True, slots=True)
class Activation:
    """Setting a password with a one-time code."""

    username: str
    code: str
    password: str
    agent: str = ""


def activate(session: Session, command: Activation, now: datetime) -> SignedIn:
    """Set the password with a one-time code and sign in. The code works once, within 72 hours."""
    account = _account_by_name(session, normal_username(command.username))
    row = None
    if account is not None and account.disabled_at is None:
        row = session.scalars(
            select(ActivationCode).where(
                ActivationCode.district_id == account.district_id, ActivationCode.account_id == account.id,
                ActivationCode.code_hash == code_digest(command.code), ActivationCode.used_at.is_(None),
                ActivationCode.expires_at > now,
            ).with_for_update()
        ).first()
    if account is None or row is None:
        raise CodeRefused(field="code")
    _set_password(account, command.password, now, field="password")
    row.used_at = now
    revoke_all(session, account.district_id, account.id, now)
    return open_session(session, account, command.agent, now)


def _set_password(account: Account, password: str, now: datetime, *, field: str) -> None:
    problem = password_problem(password, (account.username, account.display_name))
    if problem:
        raise PasswordRefused(problem, field=field)
    account.password_hash = hash_password(password)
    account.password_changed_at = now


def change_password(session: Session, actor: Actor, present: str, new: str, token: str, now: datetime) -> None:
    """Change one's own password; every other session ends."""
    account = session.get_one(Account, (actor.district_id, actor.account_id))
    if not password_matches(account.password_hash, present):
        raise WrongPassword(field="present")
    _set_password(account, new, now, field="password")
    revoke_all(session, actor.district_id, actor.account_id, now, keep=token)


def set_preferences(session: Session, actor: Actor, *, locale: str | None = None, theme: str | None = None) -> None:
    """Store the language or the light/dark choice of an account."""
    account = session.get_one(Account, (actor.district_id, actor.account_id))
    if locale in {"zh_Hans_CN", "en"}:
        account.locale = locale
    if theme in {"auto", "light", "dark"}:
        account.theme = theme


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to create. ``person_id`` ties it to a member of staff."""

    district_id: str
    username: str
    display_name: str
    person_id: str | None = None


def create_account(session: Session, command: NewAccount, now: datetime) -> Account:
    """Create an account without password; it opens with an activation code."""
    username = normal_username(command.username)
    if session.get(LoginName, username) is not None:
        raise UsernameTaken(field="username", username=username)
    account = Account(
        district_id=command.district_id, id=new_id(), person_id=command.person_id, username=username,
        display_name=command.display_name, created_at=now,
    )
    session.add(account)
    session.add(LoginName(username=username, district_id=command.district_id, account_id=account.id))
    session.flush()  # grants and codes refer to it
    return account


def may_create_outside(actor: Actor) -> bool:
    """Whether the actor may create accounts for people on no staff list: district-wide managers only."""
    return actor.can(Permission.ACCOUNT_MANAGE) and actor.scope(Permission.ACCOUNT_MANAGE).school_ids is None


def create_outside_account(session: Session, actor: Actor, command: NewAccount, now: datetime) -> str:
    """Create an account and return its one-time code. It can do nothing until it is given a right."""
    if not may_create_outside(actor) or command.district_id != actor.district_id:
        raise Forbidden
    account = create_account(session, command, now)
    return issue_activation_code(session, actor.district_id, account.id, now)


def issue_activation_code(session: Session, district_id: str, account_id: str, now: datetime) -> str:
    """Return a new one-time code; earlier unused ones stop working."""
    session.execute(
        update(ActivationCode).where(
            ActivationCode.district_id == district_id, ActivationCode.account_id == account_id,
            ActivationCode.used_at.is_(None),
        ).values(expires_at=now)
    )
    code = new_activation_code()
    session.add(ActivationCode(
        district_id=district_id, id=new_id(), account_id=account_id, code_hash=code_digest(code),
        created_at=now, expires_at=now + ACTIVATION_LIFETIME,
    ))
    return code


def disable_account(session: Session, actor: Actor, account_id: str, now: datetime) -> None:
    """Close an account at once, on every device; its records stay."""
    account = session.get(Account, (actor.district_id, account_id))
    if account is None:
        raise NotFound
    if account.id == actor.account_id:
        raise SeparationOfDuties
    account.disabled_at = now
    revoke_all(session, account.district_id, account.id, now)


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A dated right to act: both days inclusive, ``to_on`` None is open."""

    account_id: str
    role: Role
    org_id: str
    from_on: date
    to_on: date | None = None
    reason: str = ""


def grant(session: Session, actor: Actor, command: NewGrant, now: datetime) -> str:
    """Give a right. Never to oneself; recorded in the ledger of the organisation."""
    actor.require(Permission.GRANT_MANAGE)
    if command.account_id == actor.account_id:
        raise SeparationOfDuties
    if session.get(Account, (actor.district_id, command.account_id)) is None:
        raise NotFound
    return _write_grant(session, actor.district_id, command, now, actor.account_id, actor.role.value)


def grant_by_system(session: Session, district_id: str, command: NewGrant, now: datetime) -> str:
    """Give a right from the command line (first set-up, seed)."""
    return _write_grant(session, district_id, command, now, "system", "system")


def _write_grant(
    session: Session, district_id: str, command: NewGrant, now: datetime, by: str, role: str
) -> str:
    row = AccountGrant(
        district_id=district_id, id=new_id(), account_id=command.account_id, role=command.role.value,
        org_id=command.org_id, from_on=command.from_on, to_on=command.to_on, reason=command.reason,
        granted_by=by, created_at=now,
    )
    session.add(row)
    append(session, NewEntry(
        district_id, command.org_id, "grant.given", command.account_id, row.id,
        {"role": command.role.value, "from": command.from_on.isoformat(),
         "to": command.to_on.isoformat() if command.to_on else None},
        occurred_at=now, recorded_at=now, actor_ref=by, acting_role=role, reason=command.reason,
    ))
    return row.id


def end_grant(session: Session, actor: Actor, grant_id: str, reason: str, now: datetime) -> None:
    """End a right from today; it is evaluated anew on the next request."""
    actor.require(Permission.GRANT_MANAGE)
    row = session.get(AccountGrant, (actor.district_id, grant_id))
    if row is None:
        raise NotFound
    if row.account_id == actor.account_id:
        raise SeparationOfDuties
    yesterday = local_day(now) - timedelta(days=1)
    row.to_on = max(row.from_on, yesterday) if row.from_on <= yesterday else row.from_on
    if row.from_on > yesterday:
        row.from_on = row.to_on = yesterday
    append(session, NewEntry(
        actor.district_id, row.org_id, "grant.ended", row.account_id, row.id, {"to": row.to_on.isoformat()},
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value, reason=reason,
    ))



def manageable_account(session: Session, actor: Actor, account_id: str) -> str:
    """Return the name of an account that the actor may manage; NotFound outside the scope."""
    row = accounts_query.account(session, actor.scope(Permission.ACCOUNT_MANAGE), account_id)
    if row.id == actor.account_id:
        raise SeparationOfDuties
    return row.display_name
