"""What plugins provide, by key; a key whose plugin is gone still resolves to something readable."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from trainhub.plugin_api.contracts import CourseCredit, CourseType, Mode, Problem, UnknownCourseType
from trainhub.plugin_host.guard import Guard, PluginUnavailable
from trainhub.plugin_host.manifest import StartFault

T = TypeVar("T")


class DuplicateKey(StartFault):
    """Two plugins provide the same key: the application does not start."""


@dataclass(frozen=True, slots=True)
class Provided:
    """An implementation, the plugin that gives it, and its guard."""

    key: str
    plugin: str
    item: Any
    guard: Guard


class Guarded:
    """An implementation behind its guard: the same attributes, every method call isolated and timed."""

    def __init__(self, provided: Provided) -> None:
        self.spec = provided.item.spec
        self.__wrapped__ = provided.item
        self._provided = provided

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.__wrapped__, name)
        return partial(self._provided.guard.call, f"{self._provided.key}.{name}", method)


class GuardedSource(Guarded):
    """A source behind its guard. Files are read in a child process: what goes wrong there is told here."""

    @property
    def outside(self) -> bool:
        """Whether it did not come with TrainHub: it is then asked in a child process of its own."""
        return self._provided.guard.own_thread

    @property
    def broken_off(self) -> bool:
        """Whether it is not asked any more."""
        return any(r.broken for name, r in list(self._provided.guard.records.items()) if name.startswith(f"{self._provided.key}."))

    def note_failure(self, method: str, reason: str, error: str) -> None:
        """Count a failure in the child."""
        self._provided.guard.note(f"{self._provided.key}.{method}", reason, error)


class GuardedCourseType(Guarded):
    """A course type behind its guard. Where it fails, records count by their minutes as those of a lost type do."""

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return what the type finds wrong; a failing type cannot be edited (case 104)."""
        try:
            found: list[Problem] = self._provided.guard.call(f"{self._provided.key}.problems", self.__wrapped__.problems, details)
        except PluginUnavailable:
            return [Problem("course_type_unavailable")]
        return found

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return the credit; never more than was scheduled, whatever the type answers."""
        name, ask = f"{self._provided.key}.credit", partial(
            self.__wrapped__.credit, attended_minutes=attended_minutes, scheduled_minutes=scheduled_minutes, mode=mode
        )
        plain = CourseCredit(max(0, min(attended_minutes, scheduled_minutes)))
        try:
            found: CourseCredit = self._provided.guard.call(name, ask)
        except PluginUnavailable:
            return plain
        if isinstance(found, CourseCredit) and isinstance(found.minutes, int) and 0 <= found.minutes <= scheduled_minutes:
            return found
        self._provided.guard.note(name, "failed", "minutes outside 0..scheduled")
        return plain


class Registry(Mapping[str, T], Generic[T]):
    """An ordered mapping from key to guarded implementation. Its contents change only as a whole."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._held: tuple[dict[str, T], dict[str, Provided]] = ({}, {})

    def check(self, provided: list[Provided]) -> dict[str, Provided]:
        """Return implementations by key; two plugins with one key are refused by name."""
        found: dict[str, Provided] = {}
        for one in provided:
            other = found.setdefault(one.key, one)
            if other is not one:
                raise DuplicateKey(
                    f"{self._kind} {one.key!r} is provided by {other.plugin} and by {one.plugin}; disable one of them"
                )
        return found

    def replace(self, provided: dict[str, Provided]) -> None:
        """Put a new set in place in one step; readers see the old set or the new one."""
        self._held = ({key: self._wrap(one) for key, one in provided.items()}, provided)

    def _wrap(self, one: Provided) -> Any:
        return Guarded(one)

    def owner(self, key: str) -> str:
        """Return the plugin that provides a key."""
        return self._held[1][key].plugin

    def guard(self, key: str) -> Guard:
        """Return the guard of the plugin that provides a key."""
        return self._held[1][key].guard

    def of(self, plugins: frozenset[str]) -> dict[str, T]:
        """Return what these plugins provide: the ones that are on in the asker's district."""
        items, provided = self._held
        return {key: item for key, item in items.items() if provided[key].plugin in plugins}

    def __getitem__(self, key: str) -> T:
        return self._held[0][key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held[0])

    def __len__(self) -> int:
        return len(self._held[0])


class SourceRegistry(Registry[Any]):
    """What reads files in the child process: attendance sources, roster importers, exporters that explain files."""

    def _wrap(self, one: Provided) -> Any:
        return GuardedSource(one)


class CourseTypeRegistry(Registry[CourseType]):
    """Course types; an unknown key gives a readable placeholder instead of an error (case 104)."""

    def _wrap(self, one: Provided) -> Any:
        return GuardedCourseType(one)

    def resolve(self, key: str) -> CourseType:
        """Return the type, or a placeholder where its plugin is gone."""
        return self._held[0].get(key) or UnknownCourseType(key)


class Values(Registry[T]):
    """Plain values without methods to guard: policy packs."""

    def _wrap(self, one: Provided) -> Any:
        return one.item
