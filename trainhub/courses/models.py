"""Tables of the catalogue. Packs are reference data: the same in every district, versions kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base


class CoursePack(Base):
    """One installed version of a course pack; an event keeps the version it was planned with."""

    __tablename__ = "course_pack"

    pack_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    type_key: Mapped[str] = mapped_column(String(48))
    topic: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(160))
    summary: Mapped[str] = mapped_column(String(600), default="")
    delivery_mode: Mapped[str] = mapped_column(String(20))
    minutes: Mapped[int]
    class_hours: Mapped[int]
    content: Mapped[dict[str, Any]]
    installed_at: Mapped[datetime]
    is_current: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        # Two installations at once read the same versions, or none at all that could be locked: one of them starts anew.
        Index(
            "uq_course_pack_pack_id_current", "pack_id", unique=True, sqlite_where=text("is_current"), postgresql_where=text("is_current")
        ),
    )
