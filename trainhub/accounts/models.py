"""Tables of sign-in: accounts, sessions, activation codes, second factors, dated grants, throttling."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, sealed, tenant_fk


class Account(Base):
    """Somebody who can sign in. ``person_id`` is set where the account belongs to a member of staff."""

    __tablename__ = "account"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str | None] = mapped_column(Id)
    username: Mapped[str] = mapped_column(String(64))
    display_name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    locale: Mapped[str | None] = mapped_column(String(16))
    theme: Mapped[str | None] = mapped_column(String(8))

    __table_args__ = (
        UniqueConstraint("district_id", "username"),
        Index(None, "district_id", "person_id"),
    )


class LoginName(Base):
    """The sign-in directory: from a user name to its district. A reference table, no tenant key."""

    __tablename__ = "login_name"

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    district_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)


class AccountGrant(Base):
    """A dated right to act in a role at an organisation. Ended by a date, never deleted."""

    __tablename__ = "account_grant"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(32))
    org_id: Mapped[str] = mapped_column(Id)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    granted_by: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("account_id", "account"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="grant_period"),
        Index(None, "district_id", "account_id"),
    )


class UserSession(Base):
    """A signed-in browser. Only the hash of its token is stored; revoking it ends it at once.

    ``proved_at``: the last time everything that the account has to show was shown; ``second_factor_at``: when the code
    was; ``rested_at``: when it was used again after a rest that protected pages do not accept.
    """

    __tablename__ = "user_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    district_id: Mapped[str] = mapped_column(Id)
    id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    grant_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]
    second_factor_at: Mapped[datetime | None]
    rested_at: Mapped[datetime | None]
    agent: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (
        ForeignKeyConstraint(["district_id", "account_id"], ["account.district_id", "account.id"]),
        Index(None, "district_id", "account_id"),
    )


class ActivationCode(Base):
    """A one-time code with which the owner of an account sets the first (or a new) password."""

    __tablename__ = "activation_code"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id)
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("account_id", "account"), Index(None, "district_id", "account_id"))


class SecondFactor(Base):
    """The secret that an account shares with an authenticator, sealed; a new one waits beside it for its first code.

    ``last_step`` is the step of the last code that was accepted: none is taken twice. A waiting secret is shown only to
    the session that asked for it.
    """

    __tablename__ = "second_factor"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, primary_key=True)
    secret_sealed: Mapped[str | None] = sealed()
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)
    pending_sealed: Mapped[str | None] = sealed()
    pending_at: Mapped[datetime | None]
    pending_session_id: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (
        tenant_fk("account_id", "account"),
        CheckConstraint("(secret_sealed IS NULL) = (confirmed_at IS NULL)", name="confirmed_secret"),
    )


class RecoveryCode(Base):
    """A code that stands in for the authenticator once. Only its hash is stored."""

    __tablename__ = "recovery_code"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id)
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("account_id", "account"), Index(None, "district_id", "account_id"))


class ProofFailure(Base):
    """A wrong proof of somebody who is signed in. Kept for a day: so far back the limits look."""

    __tablename__ = "proof_failure"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id)
    failed_at: Mapped[datetime]

    __table_args__ = (tenant_fk("account_id", "account"), Index(None, "district_id", "account_id"))


class SignInThrottle(Base):
    """Wrong guesses of one key: user name and device or address, digits of a check-in, receipt numbers. Not tenant data: it knows no account."""

    __tablename__ = "sign_in_throttle"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    window_started_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
