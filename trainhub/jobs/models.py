"""The outbox: work that must not be lost, committed together with what caused it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id


class OutboxJob(Base):
    """One piece of work. ``dedup`` makes a repeated request or tick harmless.

    States: ``waiting``, ``running`` (until ``lease_until``), ``done``, ``failed``.
    """

    __tablename__ = "outbox_job"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    dedup: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(48))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(64))
    attempt: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "state", "run_at"),)
