"""The life of plugins in one process: judge, import guarded, register, check, collect, switch on and off."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import RLock
from typing import Any

import pluggy

from trainhub.plugin_api.exchange import Exporter, Notifier, PolicyPack
from trainhub.plugin_api.hookspecs import HookSpecs
from trainhub.plugin_api.routes import Happening, Store
from trainhub.plugin_host.addresses import Addresses, judge_routes
from trainhub.plugin_host.discovery import Found, by_key
from trainhub.plugin_host.guard import Fault, Guard, PluginUnavailable, describe
from trainhub.plugin_host.manifest import HOOK_OF, PluginFault, StartFault
from trainhub.plugin_host.registry import CourseTypeRegistry, DuplicateKey, Provided, Registry, SourceRegistry, Values

COLLECT_SECONDS = 5.0
EVENT_SECONDS = 10.0


@dataclass
class Card:
    """A plugin in this process. ``fault`` says why it is set aside; it then provides nothing."""

    found: Found
    guard: Guard
    on: bool = False
    fault: str = ""
    module: Any = None
    provided: dict[str, list[Provided]] = field(default_factory=dict)
    addresses: Addresses | None = None

    @property
    def key(self) -> str:
        """The plugin's key."""
        return self.found.manifest.key


@dataclass
class PluginHost:
    """One plugin manager per application (never a module-level one)."""

    found: Sequence[Found] = ()
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager("trainhub"))
    cards: dict[str, Card] = field(default_factory=dict)
    course_types: CourseTypeRegistry = field(default_factory=lambda: CourseTypeRegistry("course type"))
    sources: SourceRegistry = field(default_factory=lambda: SourceRegistry("attendance source"))
    exporters: Registry[Exporter] = field(default_factory=lambda: SourceRegistry("exporter"))
    notifiers: Registry[Notifier] = field(default_factory=lambda: Registry("notifier"))
    roster_importers: SourceRegistry = field(default_factory=lambda: SourceRegistry("roster importer"))
    policy_packs: Values[PolicyPack] = field(default_factory=lambda: Values("policy pack"))
    _lock: Any = field(default_factory=RLock)
    _faults: "SimpleQueue[Fault]" = field(default_factory=SimpleQueue)

    def __post_init__(self) -> None:
        self.manager.add_hookspecs(HookSpecs)
        for found in by_key(self.found):
            guard = Guard(found.manifest.key, own_thread=not found.trusted, faults=self._faults)
            self.cards[found.manifest.key] = Card(found, guard)

    @property
    def registries(self) -> dict[str, Registry[Any]]:
        """From the hook to the registry that it fills."""
        return {
            "trainhub_course_types": self.course_types,
            "trainhub_attendance_sources": self.sources,
            "trainhub_exporters": self.exporters,
            "trainhub_notifiers": self.notifiers,
            "trainhub_roster_importers": self.roster_importers,
            "trainhub_policy_packs": self.policy_packs,
        }

    @property
    def defaults(self) -> frozenset[str]:
        """The plugins that are on where nobody decided."""
        return frozenset(k for k, c in self.cards.items() if c.found.manifest.core or c.found.manifest.on_by_default)

    def start(self, wanted: Collection[str] | None = None) -> None:
        """Switch on the wanted plugins (the default ones where None).

        A plugin that cannot be imported, whose hooks fail, or that gives what it did not announce is set aside with
        its card; a misspelt hook or a key given twice raises :class:`StartFault` and stops the start.
        """
        self.apply(self.defaults if wanted is None else wanted, strict=True)

    def apply(self, wanted: Collection[str], *, strict: bool = False) -> None:
        """Switch plugins on and off in this process, then put the new registries in place at once."""
        with self._lock:
            for card in self.cards.values():
                if card.on and card.key not in wanted:
                    self._switch_off(card)
                elif card.key in wanted and not card.on and not card.fault:
                    self._switch_on(card, strict=strict)
            self._rebuild(strict=strict)

    def retry(self, key: str, wanted: Collection[str]) -> None:
        """Forget a plugin's failures and try it again."""
        with self._lock:
            card = self.cards[key]
            card.fault = ""
            card.guard.reset()
            self.apply(wanted)

    def forgive(self, noted: frozenset[tuple[str, str]]) -> None:
        """Forget broken calls whose failures somebody cleared, perhaps in another process; fresh ones are kept."""
        if not self._faults.empty():
            return  # not written down yet
        with self._lock:
            for card in self.cards.values():
                gone = [name for name, record in list(card.guard.records.items()) if record.broken and (card.key, name[:80]) not in noted]
                for name in gone:
                    card.guard.records.pop(name, None)
                if gone and card.fault:
                    card.fault = ""

    def judge(self, key: str) -> str:
        """Return why a plugin may not be switched on, or "": it is imported and asked, and nothing is put in place."""
        with self._lock:
            card = self.cards[key]
            return card.fault if card.on else self._tried(card)

    def _tried(self, card: Card) -> str:
        card.fault = ""
        try:
            self._switch_on(card, strict=True)
            self._checked(self._active())
            return card.fault
        except PluginFault as fault:
            return str(fault)
        finally:
            self._switch_off(card)
            card.fault = ""

    def tell(
        self, event: Happening, plugins: frozenset[str], store_of: Callable[[str], Store] | None = None
    ) -> list[PluginUnavailable]:
        """Tell the plugins of a district what was committed; return those that failed.

        ``store_of`` gives a plugin with tables its own ones.
        """
        failed = []
        for implementation in self.manager.hook.trainhub_event.get_hookimpls():
            if implementation.plugin_name in plugins:
                card = self.cards[implementation.plugin_name]
                own = store_of(card.key) if store_of is not None and "tables" in card.found.manifest.provides else None
                try:
                    card.guard.call("trainhub_event", implementation.function, replace(event, store=own), budget=EVENT_SECONDS)
                except PluginUnavailable as error:
                    failed.append(error)
        return failed

    def faults(self) -> list[Fault]:
        """Return the failures since the last call, to be noted for the plugin page."""
        found = []
        while not self._faults.empty():
            found.append(self._faults.get())
        return found

    def _active(self) -> list[Card]:
        return [card for card in self.cards.values() if card.on]

    def _switch_on(self, card: Card, *, strict: bool) -> None:
        try:
            _judge_privacy(card)
            if card.module is None:
                card.module = card.guard.call("import", card.found.load, budget=COLLECT_SECONDS)
            self._register(card)
            self._judge_hooks(card)
            card.provided = {hook: self._collect(card, hook) for hook in self.registries}
            card.addresses = judge_routes(card.key, self._ask(card, "trainhub_blueprints"))
        except PluginUnavailable as error:
            self._set_aside(card, f"{error.call}: {error.error}")
        except PluginFault as error:
            self._set_aside(card, str(error))
            card.guard.note("start", "failed", str(error))
            if strict and isinstance(error, StartFault):
                raise
        else:
            card.on = True

    def _set_aside(self, card: Card, why: str) -> None:
        self._switch_off(card)
        card.fault = why

    def _switch_off(self, card: Card) -> None:
        card.on, card.provided, card.addresses = False, {}, None
        if self.manager.has_plugin(card.key):
            self.manager.unregister(name=card.key)

    def _register(self, card: Card) -> None:
        try:
            self.manager.register(card.module, name=card.key)
            self.manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise StartFault(f"plugin {card.key}: {error}; compare the hook's name with trainhub.plugin_api") from error

    def _judge_hooks(self, card: Card) -> None:
        """What the administrator reads in ``provides`` is all that a plugin may do."""
        for hook in sorted(set(HOOK_OF.values()) - card.found.manifest.hooks):
            if any(i.plugin_name == card.key for i in getattr(self.manager.hook, hook).get_hookimpls()):
                raise PluginFault(f"plugin {card.key} has the hook {hook}, which its plugin.toml does not name under provides; add it")

    def _ask(self, card: Card, hook: str) -> list[Any]:
        answers: list[Any] = []
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            if implementation.plugin_name == card.key:
                function: Callable[[], Iterable[Any]] = implementation.function
                answers += card.guard.call(hook, lambda give=function: list(give()), budget=COLLECT_SECONDS)
        return answers

    def _collect(self, card: Card, hook: str) -> list[Provided]:
        """Call each implementation on its own, so that a fault is that plugin's alone, by name."""
        items = self._ask(card, hook)
        promised = {key for word, _, key in (w.partition(":") for w in card.found.manifest.provides) if HOOK_OF.get(word) == hook}
        collected = []
        for item in items:
            try:
                key = str(getattr(item, "spec", item).key)
            except Exception as error:
                raise PluginFault(f"plugin {card.key}: {hook} returned something without a spec ({describe(error)})") from error
            if key not in promised:
                raise PluginFault(f"plugin {card.key} gives {key!r}, which its plugin.toml does not name under provides; add it")
            collected.append(Provided(key, card.key, item, card.guard))
        return collected

    def _checked(self, cards: Sequence[Card]) -> dict[str, dict[str, Provided]]:
        return {
            hook: registry.check([one for card in cards for one in card.provided.get(hook, ())])
            for hook, registry in self.registries.items()
        }

    def _rebuild(self, *, strict: bool) -> None:
        try:
            checked = self._checked(self._active())
        except DuplicateKey as clash:
            if strict:
                raise
            # At run time the enabling page judged it already; another process may still find the clash.
            last = self._active()[-1]
            self._set_aside(last, str(clash))
            return self._rebuild(strict=strict)
        for hook, registry in self.registries.items():
            registry.replace(checked[hook])
        return None


def _judge_privacy(card: Card) -> None:
    if not card.found.manifest.privacy.answered:
        raise PluginFault(
            f"plugin {card.key} stores personal data and does not say how it is shown, corrected and erased; "
            "its author must fill [privacy] in plugin.toml"
        )
