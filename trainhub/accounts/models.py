"""Tables of sign-in: accounts, sessions, activation codes, dated grants, throttling."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk


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
    """A signed-in browser. Only the hash of its token is stored; revoking it ends it at once."""

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


class SignInThrottle(Base):
    """Failures of one (user name, device or address) pair. Not tenant data: it knows no account."""

    __tablename__ = "sign_in_throttle"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    window_started_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
