"""Start-up of plugins: read metadata, import guarded, register, check, collect, freeze."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import pluggy

from trainhub.plugin_api.contracts import AttendanceSource
from trainhub.plugin_api.hookspecs import HookSpecs
from trainhub.plugin_host.registry import CourseTypeRegistry, Registry

GROUP = "trainhub"


class PluginFault(RuntimeError):
    """A plugin cannot be used; the message names it and the mend."""


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A registered plugin: the name of its entry point, its distribution and version."""

    name: str
    distribution: str
    version: str


@dataclass
class PluginHost:
    """One plugin manager per application (never a module-level one)."""

    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager("trainhub"))
    plugins: list[LoadedPlugin] = field(default_factory=list)
    course_types: CourseTypeRegistry = field(default_factory=lambda: CourseTypeRegistry("course type"))
    sources: Registry[AttendanceSource] = field(default_factory=lambda: Registry[AttendanceSource]("attendance source"))

    def start(self, found: Iterable[EntryPoint] | None = None, extra: Sequence[tuple[str, Any]] = ()) -> None:
        """Load every plugin of the entry-point group, then ``extra`` (name, module) pairs of tests."""
        self.manager.add_hookspecs(HookSpecs)
        for point in sorted(found if found is not None else entry_points(group=GROUP), key=lambda p: p.name):
            self._register(point.name, _load(point), _distribution(point))
        for name, module in extra:
            self._register(name, module, (name, "0"))
        try:
            self.manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginFault(f"plugin {self.manager.get_name(error.plugin)}: {error}; compare the hook's name with trainhub.plugin_api") from error
        self._collect("trainhub_course_types", self.course_types.add)
        self._collect("trainhub_attendance_sources", self.sources.add)
        self.course_types.freeze()
        self.sources.freeze()

    def _register(self, name: str, module: ModuleType | Any, about: tuple[str, str]) -> None:
        if self.manager.has_plugin(name):
            raise PluginFault(f"two plugins are called {name}; uninstall one of them")
        try:
            self.manager.register(module, name=name)
        except pluggy.PluginValidationError as error:
            raise PluginFault(f"plugin {name}: {error}") from error
        self.plugins.append(LoadedPlugin(name, *about))

    def _collect(self, hook: str, add: Callable[[str, Any, str], None]) -> None:
        """Call each implementation on its own, so that a fault is that plugin's alone, by name."""
        implementations = getattr(self.manager.hook, hook).get_hookimpls()
        for implementation in sorted(implementations, key=lambda i: i.plugin_name):
            try:
                provided = implementation.function()
            except Exception as error:
                raise PluginFault(f"plugin {implementation.plugin_name}: {hook} failed: {error}") from error
            for item in provided:
                add(item.spec.key, item, implementation.plugin_name)


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:
        raise PluginFault(f"plugin {point.name} cannot be imported: {error}; repair or uninstall it") from error


def _distribution(point: EntryPoint) -> tuple[str, str]:
    dist = point.dist
    return (dist.name, dist.version) if dist else (point.name, "0")
