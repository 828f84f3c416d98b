"""Tables of the plugin host: what is switched on where, settings, failures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import SEALED, Base, Id


class PluginChoice(Base):
    """Whether a plugin is on in a district. A plugin without a row follows its own default."""

    __tablename__ = "plugin_choice"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    plugin_key: Mapped[str] = mapped_column(String(31), primary_key=True)
    is_on: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(Id)


def secret_place(district_id: str, plugin: str, scope: str, scope_id: str, name: str) -> str:
    """Return the place that a sealed secret belongs to."""
    return f"plugin_setting/{district_id}/{plugin}/{scope}/{scope_id}/{name}"


def _secret_place(row: Mapping[str, Any], name: str) -> str:
    return secret_place(row["district_id"], row["plugin_key"], row["scope"], row["scope_id"], name)


class PluginSetting(Base):
    """The settings of a plugin at one place: the bureau, a school, or a course.

    ``values`` holds what may be shown; ``secrets`` the sealed texts of secret settings. ``version`` grows with
    each change, so that two administrators never overwrite each other silently.
    """

    __tablename__ = "plugin_setting"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    plugin_key: Mapped[str] = mapped_column(String(31), primary_key=True)
    scope: Mapped[str] = mapped_column(String(8), primary_key=True)
    scope_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    values: Mapped[dict[str, Any]]
    secrets: Mapped[dict[str, Any]] = mapped_column(info={SEALED: True, "place": _secret_place})
    version: Mapped[int]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(Id)


class PluginFailure(Base):
    """The last failure of one call of a plugin, over all processes of an installation. No tenant: code is shared."""

    __tablename__ = "plugin_failure"

    plugin_key: Mapped[str] = mapped_column(String(31), primary_key=True)
    call: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    reason: Mapped[str] = mapped_column(String(12))
    error: Mapped[str] = mapped_column(String(240))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    broken_at: Mapped[datetime | None]
