"""Routes and events: what a plugin may answer, and what it is told after a commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any, Literal, Protocol


class Store(Protocol):
    """The plugin's own tables, and no other: names begin with ``px_<key>_``.

    Values are what JSON can hold. Each call is a transaction of its own; nothing of core is ever inside it.
    """

    def rows(self, table: str, where: Mapping[str, Any] | None = None, *, limit: int = 1000) -> list[dict[str, Any]]:
        """Return rows that equal ``where`` in every column named, of the caller's district only."""
        ...

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert rows; the district is filled in. Returns how many."""
        ...

    def remove(self, table: str, where: Mapping[str, Any]) -> int:
        """Delete rows that equal ``where``, of the caller's district only. Returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an account id, an acting role, the school acted for. No name, no session."""

    account: str
    role: str
    district: str
    school: str


@dataclass(frozen=True, slots=True)
class PluginRequest:
    """A request as a plugin sees it. ``body`` is bounded by core; ``form`` holds plain text fields."""

    method: Literal["GET", "POST"]
    arguments: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes
    caller: Caller
    settings: Mapping[str, Any]
    store: Store
    now: datetime


@dataclass(frozen=True, slots=True)
class PluginPage:
    """A page in core's frame: a title, paragraphs, and a table. Core escapes every text."""

    title: str
    paragraphs: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PluginAnswer:
    """JSON (``data``), a file (``content`` with ``media_type`` and ``name``), or the way to another plugin page."""

    data: Any = None
    content: bytes = b""
    media_type: str = ""
    name: str = ""
    go_to: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Route:
    """One address under ``/plugins/<key>/at/``. ``permission`` is a name of ``trainhub.kernel.permissions``.

    A GET demands a read permission and a POST another kind; a route without a permission, or open to
    everybody, keeps the plugin from being enabled. ``rule`` is a werkzeug rule: ``/rooms/<int:number>``.
    """

    rule: str
    permission: str
    handler: Callable[[PluginRequest], "PluginPage | PluginAnswer"]
    method: Literal["GET", "POST"] = "GET"
    label: str = ""


@dataclass(frozen=True, slots=True)
class PluginBlueprint:
    """The routes of a plugin, as the hook ``trainhub_blueprints`` returns them."""

    routes: tuple[Route, ...] = dataclass_field(default=())


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was committed. ``facts`` holds counts, days and ids; never a name.

    Kinds: ``roll.verified``, ``records.changed``, ``training.planned``, ``training.moved``,
    ``training.cancelled``, ``staff.changed``, ``plugin.enabled`` and ``plugin.disabled`` (facts: plugin; not told to a plugin
    that is off: not of its own first switching on, nor of its own switching off), and after each attempt to hand a
    notice to a channel ``notice.delivered`` or ``notice.failed`` (facts: channel, notice, about, attempt, error).
    ``store`` reaches the plugin's own tables of that district; None where the plugin has none.
    """

    key: str
    kind: str
    district: str
    school: str
    at: datetime
    facts: Mapping[str, Any] = dataclass_field(default_factory=dict)
    store: Store | None = dataclass_field(default=None, compare=False, repr=False)
