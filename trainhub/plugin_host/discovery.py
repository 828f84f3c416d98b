"""Which plugins are here: distributions with the entry-point group ``trainhub``, and folders on a path.

Nothing of a plugin is imported here; its ``plugin.toml`` is read from disk.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal

from trainhub.plugin_host.manifest import FILE_NAME, Manifest, PluginFault, read_file

GROUP = "trainhub"
OURS = frozenset(
    f"trainhub-{name}"
    for name in (
        "access", "badge", "badges", "course-types", "csv-hours", "device", "dingtalk", "forms", "ical", "lms", "meeting",
        "oneroster", "push", "qr", "region-rules", "robot", "tabular", "wecom", "xapi",
    )
)
"""The distributions that come with TrainHub; a test holds them to the folder ``plugins``."""
Origin = Literal["built_in", "installed", "folder", "given"]


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that is here. ``folder`` is where its package lies; ``module`` is set where a test gave it."""

    manifest: Manifest
    origin: Origin
    distribution: str = ""
    folder: Path | None = None
    module: Any = None

    @property
    def trusted(self) -> bool:
        """Whether it came with TrainHub itself and was reviewed with it."""
        return self.origin == "built_in"

    def load(self) -> Any:
        """Import the plugin; folders are put on the module path first."""
        if self.module is not None:
            return self.module
        if self.origin == "folder" and self.folder is not None:
            parent = str(self.folder.parent)
            if parent not in sys.path:
                sys.path.append(parent)
        return import_module(self.manifest.module)


def discover(path: str = "", *, outside: bool = True, points: Iterable[EntryPoint] | None = None) -> tuple[Found, ...]:
    """Return every plugin that is here, by key.

    ``path`` holds folders (``TRAINHUB_PLUGIN_PATH``) whose subfolders are plugins; ``outside`` False keeps to those
    that came with TrainHub (safe mode). Raises :class:`PluginFault` for a bad file or two plugins of one key.
    """
    found = [
        plugin
        for point in (points if points is not None else entry_points(group=GROUP))
        if (plugin := _installed(point, outside=outside)) is not None
    ]
    if outside:
        found += _folders([Path(p) for p in path.split(os.pathsep) if p])
    return by_key(found)


def by_key(found: Sequence[Found]) -> tuple[Found, ...]:
    """Return plugins in order of their key; two of one key stop the start."""
    seen: dict[str, Found] = {}
    for plugin in found:
        other = seen.setdefault(plugin.manifest.key, plugin)
        if other is not plugin:
            where = " and ".join(sorted(p.distribution or str(p.folder or p.manifest.module) for p in (other, plugin)))
            raise PluginFault(f"two plugins are called {plugin.manifest.key} ({where}); uninstall one of them")
    for key in seen:
        if longer := next((k for k in seen if k.startswith(f"{key}_")), None):
            # Names of tables begin with the key: one would reach into the tables of the other.
            raise PluginFault(f"the plugin keys {key} and {longer} begin alike; rename one of them")
    return tuple(seen[key] for key in sorted(seen))


def _installed(point: EntryPoint, *, outside: bool) -> Found | None:
    distribution = point.dist.name if point.dist else point.name
    built_in = distribution.replace("_", "-") in OURS and _lies_with_us(point.module)
    if not built_in and not outside:
        return None
    folder = _package_folder(point.module)
    manifest = read_file(folder / FILE_NAME, point.module, trusted=built_in)
    return Found(manifest, "built_in" if built_in else "installed", distribution, folder)


def _package_folder(module: str) -> Path:
    """Return the folder of a top-level package without importing it."""
    top = module.partition(".")[0]
    spec = _find(top)
    if spec is None or not spec.submodule_search_locations:
        raise PluginFault(f"plugin {module}: its package {top} is not installed whole; install it again or uninstall it")
    return Path(next(iter(spec.submodule_search_locations)))


def _find(top: str) -> Any:
    from importlib.util import find_spec

    return PathFinder.find_spec(top) or find_spec(top)


def _lies_with_us(module: str) -> bool:
    """A name is easily taken; a place in the project's own ``plugins`` folder or beside ``trainhub`` is not."""
    ours = Path(__file__).resolve().parents[2]
    folder = _package_folder(module).resolve()
    return folder.is_relative_to(ours / "plugins") or folder.parent == ours


def _folders(paths: Iterable[Path]) -> list[Found]:
    found = []
    for path in paths:
        if not path.is_dir():
            raise PluginFault(f"TRAINHUB_PLUGIN_PATH names {path}, which is no folder; correct or remove it")
        for manifest in sorted(path.glob(f"*/{FILE_NAME}")):
            folder = manifest.parent
            found.append(Found(read_file(manifest, folder.name), "folder", "", folder))
    return found
