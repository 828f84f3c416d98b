"""A plugin made of an object, for tests that do not want files."""

from typing import Any

from trainhub.plugin_host.discovery import Found
from trainhub.plugin_host.manifest import Manifest


def given(key: str, module: Any, *provides: str, **more: Any) -> Found:
    """Return a plugin whose hooks are the attributes of ``module``; hand it to ``create_app(plugins=[...])``.

    ``provides`` as in plugin.toml (``attendance_source:door``); ``more`` are further fields of the manifest.
    """
    fields = {"version": "0", "api": ">=1,<2", "label": key, "summary": key, "module": key} | more
    return Found(Manifest(key=key, provides=provides, **fields), "given", module=module)
