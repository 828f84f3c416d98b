"""Plugins as their page shows them: what is here, how it is, what it would do, what is known of it.

Nothing is imported to show a plugin: everything comes from its ``plugin.toml``, the database, and this process's
record of calls. A plugin is imported and asked only when somebody switches it on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from trainhub.kernel.errors import NotFound
from trainhub.plugin_host import queries, store
from trainhub.plugin_host.guard import CallRecord
from trainhub.plugin_host.host import Card, PluginHost
from trainhub.plugin_host.manifest import Manifest
from trainhub.plugin_host.queries import Change, Choice, FailureNote
from trainhub.plugin_host.rules import SCOPE_ORDER, Forced

State = Literal["core", "on", "off", "broken", "forced_on", "forced_off", "gone"]
GROUPS: tuple[tuple[str, frozenset[str]], ...] = (
    ("course_types", frozenset({"course_type"})),
    ("sources", frozenset({"attendance_source"})),
    ("notices", frozenset({"notifier", "exporter"})),
    ("rosters", frozenset({"roster_importer", "policy_pack"})),
)
OTHERS, GONE = "others", "gone"
KINDS = (
    "course_type",
    "attendance_source",
    "exporter",
    "notifier",
    "roster_importer",
    "policy_pack",
    "routes",
    "events",
    "tables",
)
"""Words of ``provides`` in the order in which a page speaks of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One plugin in the list. ``at`` is when its state began, None where that is unknown."""

    key: str
    label: str
    version: str
    summary: str
    group: str
    state: State
    at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether it is on for this district, well or not."""
        return self.state in {"core", "on", "broken", "forced_on"}

    @property
    def may_switch(self) -> bool:
        """Whether the page can switch it: neither core nor configuration decides."""
        return self.state in {"on", "off", "broken"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a plugin was broken off: its last failure. ``reason`` is ``failed``, ``slow``, ``too_much`` or ``set_aside``."""

    row: Row
    call: str
    reason: str
    error: str
    failures: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """All plugins by group, those in trouble, and those that wait because safe mode or nobody loads them."""

    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    troubles: tuple[Trouble, ...]
    waiting: tuple[str, ...]

    @property
    def rows(self) -> list[Row]:
        """Every row."""
        return [row for _, rows in self.groups for row in rows]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at before switching on. ``kind``: ok, late (worth a look) or gap (cannot be switched on)."""

    kind: Literal["ok", "late", "gap"]
    code: str
    words: str = ""
    to_settings: bool = False


@dataclass(frozen=True, slots=True)
class CallLine:
    """How one call goes. ``calls`` and ``mean_ms`` are of this process since it began, ``failures`` of all processes."""

    call: str
    calls: int
    mean_ms: int | None
    failures: int
    reason: str
    error: str
    at: datetime | None
    broken: bool


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the plugin without variables, and the permission it demands."""

    label: str
    path: str
    method: str
    permission: str


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything known of one plugin. ``manifest`` is None where it is not installed any more.

    ``has_left`` says that the district decided about it or that it keeps something, so that there is something to
    take along or to delete.
    """

    row: Row
    manifest: Manifest | None
    origin: str
    gives: tuple[tuple[str, int], ...]
    checks: tuple[Check, ...]
    calls: tuple[CallLine, ...]
    changes: tuple[Change, ...]
    choice: Choice | None
    tables: tuple[str, ...]
    addresses: tuple[Address, ...]
    has_settings: bool
    has_left: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says, read once per page."""

    on: frozenset[str]
    choices: Mapping[str, Choice]
    notes: Mapping[str, list[FailureNote]]
    traces: frozenset[str]


def shelf(session: Session, host: PluginHost, forced: Forced, district_id: str, *, chinese: bool) -> Shelf:
    """Return every plugin as a district sees it."""
    known = _known(session, host, forced, district_id)
    cards = sorted(host.cards.values(), key=lambda card: not card.found.manifest.core)
    rows = [_row(card, known, forced, chinese=chinese) for card in cards]
    rows += [_gone(key, known) for key in sorted(known.traces - host.cards.keys())]
    names = [*(name for name, _ in GROUPS), OTHERS, GONE]
    groups = tuple((name, found) for name in names if (found := tuple(r for r in rows if r.group == name)))
    troubles = tuple(_trouble(host.cards[r.key], r, known) for r in rows if r.state == "broken")
    waiting = tuple(r.key for r in rows if r.group == GONE and (choice := known.choices.get(r.key)) and choice.is_on)
    return Shelf(groups, troubles, waiting)


def detail(session: Session, host: PluginHost, forced: Forced, district_id: str, key: str, *, chinese: bool) -> Detail:
    """Return one plugin as a district sees it. Raises NotFound."""
    known = _known(session, host, forced, district_id)
    card = host.cards.get(key)
    if card is None and key not in known.traces:
        raise NotFound
    found = tuple(queries.changes(session, district_id, key, limit=8))
    choice = known.choices.get(key)
    tables = (
        tuple(store.tables_of(session.connection(), key))
        if card is None or "tables" in card.found.manifest.provides
        else ()
    )
    if card is None:
        return Detail(
            _gone(key, known), None, "", (), (), (), found, choice, tables, (), has_settings=False, has_left=True
        )
    manifest = card.found.manifest
    bureau = queries.stored_settings(session, district_id, key, "bureau", district_id)
    return Detail(
        _row(card, known, forced, chinese=chinese),
        manifest,
        card.found.origin,
        _gives(manifest),
        _checks(card, host, set(bureau.values) | bureau.secret_names),
        _calls(card, known.notes.get(key, ())),
        found,
        choice,
        tables,
        addresses_of(card),
        has_settings=bool(manifest.settings),
        has_left=bool(tables) or key in known.traces,
    )


def _known(session: Session, host: PluginHost, forced: Forced, district_id: str) -> _Known:
    return _Known(
        queries.on_here(session, host, district_id, forced),
        queries.choices(session, district_id),
        queries.failures(session),
        queries.traces(session, district_id),
    )


def label_of(manifest: Manifest, *, chinese: bool) -> str:
    """Return a plugin's name in the reader's language."""
    return manifest.label if chinese else manifest.label_en or manifest.label


def _row(card: Card, known: _Known, forced: Forced, *, chinese: bool) -> Row:
    manifest = card.found.manifest
    summary = manifest.summary if chinese else manifest.summary_en or manifest.summary
    state, at = _state(card, known, forced)
    return Row(
        manifest.key, label_of(manifest, chinese=chinese), manifest.version, summary, _group(manifest), state, at
    )


def _gone(key: str, known: _Known) -> Row:
    choice = known.choices.get(key)
    return Row(key, key, "", "", GONE, "gone", choice.at if choice else None)


def _group(manifest: Manifest) -> str:
    kinds = {word.partition(":")[0] for word in manifest.provides}
    return next((name for name, members in GROUPS if members & kinds), OTHERS)


def _state(card: Card, known: _Known, forced: Forced) -> tuple[State, datetime | None]:
    choice = known.choices.get(card.key)
    if card.key in known.on and (found := _broken(card, known)):
        return "broken", found.at
    if card.found.manifest.core:
        return "core", None
    if card.key in forced.off:
        return "forced_off", None
    if card.key in forced.on:
        return "forced_on", None
    return "on" if card.key in known.on else "off", choice.at if choice else None


@dataclass(frozen=True, slots=True)
class _Broken:
    call: str
    reason: str
    error: str
    failures: int
    at: datetime | None


def _broken(card: Card, known: _Known) -> _Broken | None:
    """Return what was broken off: in this process, or noted by another one and not yet tried again."""
    notes = known.notes.get(card.key, [])
    noted = next((n for n in notes if n.broken_at is not None), None)
    if noted is not None:
        return _Broken(noted.call, noted.reason, noted.error, noted.failures, noted.broken_at)
    if card.fault:
        return _Broken("", "set_aside", card.fault, 1, notes[0].last_at if notes else None)
    here = next(((name, r) for name, r in card.guard.records.items() if r.broken), None)
    return _Broken(here[0], "failed", here[1].last_error, here[1].failures, None) if here else None


def _trouble(card: Card, row: Row, known: _Known) -> Trouble:
    found = _broken(card, known)
    assert found is not None
    return Trouble(row, found.call, found.reason, found.error, found.failures, found.at)


def _gives(manifest: Manifest) -> tuple[tuple[str, int], ...]:
    words = [word.partition(":")[0] for word in manifest.provides]
    return tuple((kind, words.count(kind)) for kind in KINDS if kind in words)


def _checks(card: Card, host: PluginHost, filled: Collection[str]) -> tuple[Check, ...]:
    """Judge a plugin by its own words alone; importing it is left to the moment of switching on."""
    manifest = card.found.manifest
    found = [Check("ok", "fits", manifest.api)]
    clashes = _clashes(card, host)
    found.append(Check("gap", "clash", "、".join(clashes)) if clashes else Check("ok", "no_clash"))
    found.append(Check("ok", "tables") if "tables" in manifest.provides else Check("ok", "no_tables"))
    found.append(_privacy(manifest))
    found += [Check("late", "setting", s.label, to_settings=True) for s in manifest.settings if _missing(s, filled)]
    if not card.found.trusted:
        found.append(
            Check("late", "outside", card.found.distribution or (card.found.folder.name if card.found.folder else ""))
        )
    if card.fault:
        found.append(Check("gap", "fault", card.fault))
    return tuple(found)


def _missing(setting: object, filled: Collection[str]) -> bool:
    from trainhub.plugin_host.manifest import Setting

    assert isinstance(setting, Setting)
    return setting.required and setting.default == "" and "bureau" in setting.scopes and setting.name not in filled


def _privacy(manifest: Manifest) -> Check:
    if not manifest.privacy.answered:
        return Check("gap", "privacy_missing")
    return Check("ok", "privacy_told" if manifest.privacy.stores_personal_data else "privacy_none")


def _clashes(card: Card, host: PluginHost) -> list[str]:
    """Return the labels of plugins that are loaded and give a key that this one gives too."""
    own = {word for word in card.found.manifest.provides if ":" in word}
    return [
        c.found.manifest.label
        for c in host.cards.values()
        if c.on and c is not card and own & set(c.found.manifest.provides)
    ]


def _calls(card: Card, notes: Collection[FailureNote]) -> tuple[CallLine, ...]:
    records = card.guard.records
    noted = {note.call: note for note in notes}
    lines = [_call(name, records.get(name) or CallRecord(), noted.get(name)) for name in {**records, **noted}]
    return tuple(sorted(lines, key=lambda line: (not line.broken, -line.failures, line.call)))


def _call(name: str, record: CallRecord, note: FailureNote | None) -> CallLine:
    mean = round(1000 * record.seconds / record.calls) if record.calls else None
    if note is None:
        return CallLine(
            name,
            record.calls,
            mean,
            record.failures,
            "failed" if record.failures else "",
            record.last_error,
            None,
            record.broken,
        )
    return CallLine(
        name,
        record.calls,
        mean,
        max(note.failures, record.failures),
        note.reason,
        note.error,
        note.last_at,
        record.broken or note.broken_at is not None,
    )


def addresses_of(card: Card) -> tuple[Address, ...]:
    """Return the addresses that a page can lead to: with a label, without variables."""
    routes = card.addresses.routes if card.on and card.addresses else ()
    return tuple(
        Address(r.label, r.rule.lstrip("/"), r.method, r.permission) for r in routes if r.label and "<" not in r.rule
    )


def scopes_of(manifest: Manifest) -> list[str]:
    """Return the places that a plugin's settings may be set at, the widest first."""
    return [scope for scope in SCOPE_ORDER if any(scope in s.scopes for s in manifest.settings)]
