"""Writes plugins into a folder, good and bad ones, as TRAINHUB_PLUGIN_PATH finds them."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

from trainhub.plugin_host.discovery import Found, discover
from trainhub.plugin_host.host import PluginHost

SOURCE = """
from trainhub.plugin_api import AttendanceReading, ReadResult, SourceSpec, hookimpl

class Source:
    spec = SourceSpec(key="{key}", label="{key}", kind="file", trust="self_report")

    def recognise(self, upload):
        {recognise}

    def read(self, upload, frame, mapping=None):
        {read}

@hookimpl
def trainhub_attendance_sources():
    return [Source()]
"""


def source(key: str, recognise: str = "return 90", read: str = "return ReadResult('x', ())") -> str:
    """The code of a plugin with one attendance source."""
    return SOURCE.format(key=key, recognise=recognise, read=read)


def put(
    folder: Path, key: str, code: str, provides: Sequence[str] = (), *, api: str = ">=1,<2", more: str = "", module: str = ""
) -> Path:
    """Write a plugin of one file; returns its folder. The module is named after the folder so that tests never share one."""
    home = folder / (module or f"zoo_{folder.name.replace('-', '_')}_{key}")
    home.mkdir(parents=True)
    home.joinpath("__init__.py").write_text(textwrap.dedent(code), encoding="utf-8")
    words = ", ".join(f'"{word}"' for word in provides or (f"attendance_source:{key}",))
    home.joinpath("plugin.toml").write_text(
        f'key = "{key}"\nversion = "0.1"\napi = "{api}"\nlabel = "{key}"\nsummary = "{key}"\nprovides = [{words}]\n{more}',
        encoding="utf-8",
    )
    return home


def found(folder: Path) -> tuple[Found, ...]:
    """The plugins of a folder, without the installed ones."""
    return discover(str(folder), points=())


def host_of(folder: Path) -> PluginHost:
    """A host with every plugin of a folder switched on."""
    host = PluginHost(found(folder))
    host.start(host.cards.keys())
    return host
