"""What plugins provided, by key; a key whose plugin is gone still resolves to something readable."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from trainhub.plugin_api.contracts import CourseType, UnknownCourseType

T = TypeVar("T")


class DuplicateKey(RuntimeError):
    """Two plugins provide the same key: the application does not start."""


class Registry(Mapping[str, T], Generic[T]):
    """An ordered mapping from key to implementation, read-only once frozen."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._items: dict[str, T] = {}
        self._owners: dict[str, str] = {}
        self._frozen = False

    def add(self, key: str, item: T, plugin: str) -> None:
        """Register an implementation; refuse a second one under the same key by name."""
        if self._frozen:
            raise RuntimeError(f"{self._kind} registry is frozen")
        if key in self._items:
            raise DuplicateKey(
                f"{self._kind} {key!r} is provided by {self._owners[key]} and by {plugin}; disable one of them"
            )
        self._items[key], self._owners[key] = item, plugin

    def freeze(self) -> None:
        """End of start-up: nothing is added any more."""
        self._frozen = True

    def owner(self, key: str) -> str:
        """Return the plugin that provides a key."""
        return self._owners[key]

    def __getitem__(self, key: str) -> T:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


class CourseTypeRegistry(Registry[CourseType]):
    """Course types; an unknown key gives a readable placeholder instead of an error (case 104)."""

    def resolve(self, key: str) -> CourseType:
        """Return the type, or a placeholder where its plugin is gone."""
        return self._items.get(key) or UnknownCourseType(key)
