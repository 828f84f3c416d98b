"""Writes of the second factor: setting it up, showing it, losing it; and the proof asked for again."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, ProofFailure, RecoveryCode, SecondFactor, UserSession
from trainhub.accounts.proof_rules import (
    FAILURES_KEPT,
    PROOF_LIFETIME,
    new_recovery_codes,
    recovery_digest,
    wait_until,
)
from trainhub.accounts.queries import pending_secret
from trainhub.accounts.rules import token_digest
from trainhub.accounts.service import password_matches, revoke_all
from trainhub.accounts.totp import accepted_step, new_secret, typed_code
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError, NotFound, SeparationOfDuties, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import SECOND_FACTOR_ROLES, Permission
from trainhub.kernel.sealing import CannotUnseal, KeyRing, place
from trainhub.ledger.service import NewEntry, append


class ProofRefused(DomainError):
    """Password or code is wrong, or the code was used before: one answer for all."""

    code = "proof_refused"


class PasswordProofRefused(DomainError):
    """The password of an account without second factor is wrong."""

    code = "proof_password_refused"


class CodeRefusedHere(DomainError):
    """The code alone was asked for, and is wrong or was used before."""

    code = "second_factor_refused"


class ProofThrottled(DomainError):
    """Too many wrong proofs of this account; params: minutes."""

    code = "proof_throttled"
    status = 429


class EnrolmentOver(DomainError):
    """No secret waits for its first code here: it was never asked for, or too long ago, or elsewhere."""

    code = "second_factor_enrolment_over"
    status = 409


class FirstCodeRefused(DomainError):
    """The first code of a new secret is wrong: most often the clock of the phone."""

    code = "second_factor_first_code"


class SecondFactorDemanded(DomainError):
    """A role that is held demands the second factor, so it stays."""

    code = "second_factor_demanded"


class NoSecondFactor(DomainError):
    """The account has no second factor."""

    code = "second_factor_missing"
    status = 409


class SecretUnreadable(DomainError):
    """The secret was sealed under a key that is not here; only a reset helps."""

    code = "second_factor_unreadable"
    status = 409


@dataclass(frozen=True, slots=True)
class Passed:
    """A proof was good: the session goes on under a new token. ``codes_left`` where a recovery code was spent."""

    token: str
    codes_left: int | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A second factor is in force: its recovery codes, shown once, and the session's new token."""

    token: str
    codes: list[str]


def pass_code(session: Session, actor: Actor, token: str, code: str, ring: KeyRing, now: datetime) -> Passed | DomainError:
    """Show the second factor for this session. A refusal is returned, because its count must be committed.

    A recovery code is looked at even while codes must wait: it cannot be guessed, and so nobody who knows the password
    can keep its owner out.
    """
    account, factor = _locked(session, actor)
    if factor is None or factor.secret_sealed is None:
        raise NoSecondFactor
    waiting = _waiting(session, account, now)
    if waiting is not None and typed_code(code) is not None:
        return waiting
    spent = _spend(session, factor, code, ring, now)
    if spent is None:
        return waiting or _failed(session, account, CodeRefusedHere(field="code"), now)
    if spent >= 0:
        _recovered(session, actor, spent, now)
    row = _present(session, token)
    row.second_factor_at = now
    if now - row.created_at <= PROOF_LIFETIME:  # the password was given then
        row.proved_at, row.rested_at = row.created_at, None
    return Passed(_renewed(row), spent if spent >= 0 else None)


@dataclass(frozen=True, slots=True)
class Proof:
    """Password and, where the account has a second factor, a code of the authenticator or a recovery code."""

    password: str
    code: str = ""


def prove(
    session: Session, actor: Actor, token: str, proof: Proof, ring: KeyRing, now: datetime, *, required: bool
) -> Passed | DomainError:
    """Prove anew who is at this browser. A refusal is returned, because its count must be committed.

    A good code beside a wrong password is not spent. ``required`` False: the installation asks nobody for codes.
    """
    account, factor = _locked(session, actor)
    waiting = _waiting(session, account, now)
    if waiting is not None:
        return waiting
    enrolled = required and factor is not None and factor.secret_sealed is not None
    refused = ProofRefused(field="code") if enrolled else PasswordProofRefused(field="password")
    if not password_matches(account.password_hash, proof.password):
        return _failed(session, account, refused, now)
    spent = -1
    if factor is not None and enrolled:
        found = _spend(session, factor, proof.code, ring, now)
        if found is None:
            return _failed(session, account, refused, now)
        spent = found
    if spent >= 0:
        _recovered(session, actor, spent, now)
    row = _present(session, token)
    row.proved_at, row.used_at, row.rested_at = now, now, None
    if enrolled:
        row.second_factor_at = now
    return Passed(_renewed(row), spent if spent >= 0 else None)


def begin_enrolment(session: Session, actor: Actor, session_id: str, ring: KeyRing, now: datetime) -> None:
    """Put a new secret beside the present one, if any; it counts once its first code was shown in the same session."""
    factor = _locked(session, actor)[1]
    if factor is None:
        factor = SecondFactor(district_id=actor.district_id, account_id=actor.account_id, last_step=0)
        session.add(factor)
    factor.pending_sealed = ring.seal(new_secret(), place("second_factor", "pending_sealed", actor.account_id))
    factor.pending_at, factor.pending_session_id = now, session_id


def confirm_enrolment(
    session: Session, actor: Actor, session_id: str, token: str, code: str, ring: KeyRing, now: datetime
) -> Enrolled:
    """Put the waiting secret in force with its first code. Other sessions end; earlier recovery codes are void."""
    factor = _locked(session, actor)[1]
    secret = pending_secret(session, actor, session_id, ring, now)
    if factor is None or secret is None:
        raise EnrolmentOver
    step = accepted_step(secret, code, now, last_step=0)
    if step is None:
        raise FirstCodeRefused(field="code")
    replaced = factor.secret_sealed is not None
    _put_in_force(factor, secret, step, ring, now)
    revoke_all(session, actor.district_id, actor.account_id, now, keep=token)
    row = _present(session, token)
    row.second_factor_at = row.proved_at = now
    row.rested_at = None
    _note(session, actor, "second_factor.set", actor.account_id, {"replaced": replaced}, now)
    return Enrolled(_renewed(row), _fresh_codes(session, actor.district_id, actor.account_id, now))


def enrol_by_system(session: Session, district_id: str, account_id: str, ring: KeyRing, now: datetime) -> str:
    """Put a fresh secret in force from the command line (invented districts); returns it."""
    secret = new_secret()
    factor = SecondFactor(district_id=district_id, account_id=account_id)
    _put_in_force(factor, secret, 0, ring, now)
    session.add(factor)
    return secret


def renew_recovery_codes(session: Session, actor: Actor, now: datetime) -> list[str]:
    """Return ten new recovery codes; earlier ones are void."""
    factor = _locked(session, actor)[1]
    if factor is None or factor.secret_sealed is None:
        raise NoSecondFactor
    _note(session, actor, "second_factor.codes", actor.account_id, {}, now)
    return _fresh_codes(session, actor.district_id, actor.account_id, now)


def remove(session: Session, actor: Actor, now: datetime, *, required: bool) -> None:
    """Give up one's own second factor; refused while a role that is held demands it."""
    if required and any(grant.role in SECOND_FACTOR_ROLES for grant in actor.grants):
        raise SecondFactorDemanded
    factor = _locked(session, actor)[1]
    if factor is None or factor.secret_sealed is None:
        raise NoSecondFactor
    _forget(session, actor.district_id, actor.account_id)
    _note(session, actor, "second_factor.removed", actor.account_id, {}, now)


def reset(session: Session, actor: Actor, account_id: str, reason: str, now: datetime) -> None:
    """Take a lost second factor off somebody else's account, with a reason. All its sessions end.

    Whoever sets passwords may not do this and whoever does it sets no passwords: an account changes hands only by two.
    """
    actor.require(Permission.GRANT_MANAGE)
    if account_id == actor.account_id:
        raise SeparationOfDuties
    account = session.get(Account, (actor.district_id, account_id), with_for_update=True)
    if account is None:
        raise NotFound
    factor = session.get(SecondFactor, (actor.district_id, account_id))
    if factor is None or factor.secret_sealed is None:
        raise NoSecondFactor
    _forget(session, actor.district_id, account_id)
    revoke_all(session, actor.district_id, account_id, now)
    _note(session, actor, "second_factor.reset", account_id, {}, now, reason=reason)


def _locked(session: Session, actor: Actor) -> tuple[Account, SecondFactor | None]:
    """The account and its factor. Guesses and uses of one account follow each other: none is counted or spent twice."""
    key = (actor.district_id, actor.account_id)
    account = session.get_one(Account, key, with_for_update=True)
    return account, session.get(SecondFactor, key, populate_existing=True)


def _waiting(session: Session, account: Account, now: datetime) -> ProofThrottled | None:
    failures = session.scalars(
        select(ProofFailure.failed_at).where(
            ProofFailure.district_id == account.district_id, ProofFailure.account_id == account.id,
            ProofFailure.failed_at > now - FAILURES_KEPT,
        )
    ).all()
    until = wait_until(failures, now)
    return ProofThrottled(minutes=max(1, -(-int((until - now).total_seconds()) // 60))) if until else None


def _failed(session: Session, account: Account, refusal: DomainError, now: datetime) -> DomainError:
    session.execute(delete(ProofFailure).where(
        ProofFailure.district_id == account.district_id, ProofFailure.account_id == account.id,
        ProofFailure.failed_at <= now - FAILURES_KEPT,
    ))
    session.add(ProofFailure(district_id=account.district_id, id=new_id(), account_id=account.id, failed_at=now))
    return refusal


def _spend(session: Session, factor: SecondFactor, text: str, ring: KeyRing, now: datetime) -> int | None:
    """Spend a code: -1 for one of the authenticator, else the recovery codes left; None where it is not good."""
    if typed_code(text) is None:
        return _spend_recovery_code(session, factor, text, now)
    try:
        secret = ring.unseal(factor.secret_sealed or "", place("second_factor", "secret_sealed", factor.account_id))
    except CannotUnseal as error:
        raise SecretUnreadable from error
    step = accepted_step(secret, text, now, factor.last_step)
    if step is None:
        return None
    factor.last_step = step
    return -1


def _spend_recovery_code(session: Session, factor: SecondFactor, text: str, now: datetime) -> int | None:
    digest = recovery_digest(factor.account_id, text)
    left = list(session.scalars(select(RecoveryCode).where(
        RecoveryCode.district_id == factor.district_id, RecoveryCode.account_id == factor.account_id,
        RecoveryCode.used_at.is_(None),
    )))
    found = next((row for row in left if digest is not None and secrets.compare_digest(row.code_hash, digest)), None)
    if found is None:
        return None
    found.used_at = now
    return len(left) - 1


def _recovered(session: Session, actor: Actor, left: int, now: datetime) -> None:
    _note(session, actor, "second_factor.recovery_used", actor.account_id, {"left": left}, now)


def _present(session: Session, token: str) -> UserSession:
    """The session of this token. The same form sent twice finds its token renewed: the first one counts."""
    row = session.get(UserSession, token_digest(token), populate_existing=True)
    if row is None or row.revoked_at is not None:
        raise StaleVersion
    return row


def _renewed(row: UserSession) -> str:
    """Give the session a new token: what was copied before the proof does not share in it."""
    token = secrets.token_urlsafe(32)
    row.token_hash = token_digest(token)
    return token


def _put_in_force(factor: SecondFactor, secret: str, step: int, ring: KeyRing, now: datetime) -> None:
    factor.secret_sealed, factor.confirmed_at = ring.seal(secret, place("second_factor", "secret_sealed", factor.account_id)), now
    factor.last_step = step
    factor.pending_sealed = factor.pending_at = factor.pending_session_id = None


def _fresh_codes(session: Session, district_id: str, account_id: str, now: datetime) -> list[str]:
    _forget_codes(session, district_id, account_id)
    codes = new_recovery_codes()
    session.add_all(
        RecoveryCode(district_id=district_id, id=new_id(), account_id=account_id, created_at=now,
                     code_hash=recovery_digest(account_id, code) or "")
        for code in codes
    )
    return codes


def _forget_codes(session: Session, district_id: str, account_id: str) -> None:
    session.execute(delete(RecoveryCode).where(
        RecoveryCode.district_id == district_id, RecoveryCode.account_id == account_id
    ))


def _forget(session: Session, district_id: str, account_id: str) -> None:
    _forget_codes(session, district_id, account_id)
    session.execute(delete(SecondFactor).where(
        SecondFactor.district_id == district_id, SecondFactor.account_id == account_id
    ))
    session.execute(update(UserSession).where(
        UserSession.district_id == district_id, UserSession.account_id == account_id
    ).values(second_factor_at=None))


def _note(
    session: Session, actor: Actor, kind: str, account_id: str, payload: dict[str, bool | int], now: datetime, *, reason: str = ""
) -> None:
    append(session, NewEntry(
        actor.district_id, actor.org_id, kind, account_id, account_id, dict(payload), occurred_at=now, recorded_at=now,
        actor_ref=actor.account_id, acting_role=actor.role.value, reason=reason,
    ))
