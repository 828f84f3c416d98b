"""``plugin.toml``: what a plugin says of itself, read and judged before anything of it is imported."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from trainhub.plugin_api.hookspecs import API_VERSION

FILE_NAME = "plugin.toml"
SettingKind = Literal["text", "integer", "choice", "boolean", "secret", "url"]
SettingScope = Literal["bureau", "school", "course"]
HOOK_OF = {
    "course_type": "trainhub_course_types",
    "attendance_source": "trainhub_attendance_sources",
    "exporter": "trainhub_exporters",
    "notifier": "trainhub_notifiers",
    "roster_importer": "trainhub_roster_importers",
    "policy_pack": "trainhub_policy_packs",
    "routes": "trainhub_blueprints",
    "events": "trainhub_event",
}
"""From the word in ``provides`` to the hook that gives it."""


class PluginFault(RuntimeError):
    """A plugin cannot be used; the message names it and the mend."""


class StartFault(PluginFault):
    """A mistake that would go unnoticed if it only set the plugin aside: the start is stopped."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One declared setting. ``default`` is "" where none is given; ``choices`` are (value, label) pairs."""

    name: str
    label: str
    kind: SettingKind
    scopes: tuple[SettingScope, ...] = ("bureau",)
    required: bool = False
    default: str | int | bool = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class Privacy:
    """What a plugin does with personal data of its own, beside what core keeps."""

    stores_personal_data: bool = False
    shown: str = ""
    corrected: str = ""
    erased: str = ""

    @property
    def answered(self) -> bool:
        """Whether it says how stored personal data is shown, corrected and erased."""
        return not self.stores_personal_data or all((self.shown, self.corrected, self.erased))


@dataclass(frozen=True, slots=True)
class Manifest:
    """A plugin's own words. ``module`` is what is imported when it is switched on."""

    key: str
    version: str
    api: str
    label: str
    summary: str
    module: str
    provides: tuple[str, ...]
    label_en: str = ""
    summary_en: str = ""
    author: str = ""
    core: bool = False
    on_by_default: bool = False
    collects: tuple[str, ...] = ()
    cannot_see: tuple[str, ...] = ()
    privacy: Privacy = Privacy()
    settings: tuple[Setting, ...] = ()

    @property
    def hooks(self) -> frozenset[str]:
        """The hooks that ``provides`` promises."""
        return frozenset(HOOK_OF[word.partition(":")[0]] for word in self.provides if word.partition(":")[0] in HOOK_OF)

    def setting(self, name: str) -> Setting | None:
        """Return a declared setting."""
        return next((s for s in self.settings if s.name == name), None)


def read(text: str, where: str, module: str, *, trusted: bool = False) -> Manifest:
    """Return the manifest in a TOML text. Raises :class:`PluginFault` naming file, place and mend.

    ``module`` is used where the file names none. ``trusted`` leaves the judging to the tests: the files that
    came with TrainHub were checked there, and the validator costs a cold start 60 ms.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PluginFault(f"{where} is not TOML: {error}") from error
    if trusted:
        return _manifest(data, module)
    for problem in _validator().iter_errors(data):
        place = ".".join(str(p) for p in problem.absolute_path) or "the file"
        raise PluginFault(f"{where}: {place}: {problem.message}")
    # Only what came with TrainHub is core or on before anybody decided.
    return _checked(replace(_manifest(data, module), core=False, on_by_default=False), where)


def read_file(path: Path, module: str, *, trusted: bool = False) -> Manifest:
    """Return the manifest in a file."""
    try:
        return read(path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.name}", module, trusted=trusted)
    except (OSError, UnicodeDecodeError) as error:
        raise PluginFault(f"plugin {module}: {FILE_NAME} cannot be read; put it beside __init__.py as UTF-8") from error


def _manifest(data: Mapping[str, Any], module: str) -> Manifest:
    plain = {k: v for k, v in data.items() if k not in {"provides", "collects", "cannot_see", "privacy", "settings"}}
    return Manifest(
        **({"module": module} | plain),
        provides=tuple(data["provides"]),
        collects=tuple(data.get("collects", ())),
        cannot_see=tuple(data.get("cannot_see", ())),
        privacy=Privacy(**data.get("privacy", {})),
        settings=tuple(_setting(item) for item in data.get("settings", ())),
    )


def _setting(item: Mapping[str, Any]) -> Setting:
    tuples = {
        "scopes": tuple(item.get("scopes", ("bureau",))),
        "choices": tuple((value, label) for value, label in item.get("choices", ())),
    }
    return Setting(**{**item, **tuples})


def _checked(found: Manifest, where: str) -> Manifest:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # 15 ms; only for plugins from outside

    try:
        allowed = SpecifierSet(found.api)
    except InvalidSpecifier as error:
        raise PluginFault(f'{where}: api = "{found.api}" is not a range of versions; write ">=1,<2"') from error
    if API_VERSION not in allowed:
        raise PluginFault(
            f"plugin {found.key} {found.version} is written for plugin API {found.api}, this TrainHub offers {API_VERSION}; "
            "install a version of the plugin that fits, or start with --safe-mode and switch it off"
        )
    names = [s.name for s in found.settings]
    if len(names) != len(set(names)):
        raise PluginFault(f"{where}: two settings have the same name")
    for setting in found.settings:
        if setting.kind == "choice" and not setting.choices:
            raise PluginFault(f"{where}: setting {setting.name} is a choice without choices")
    return found


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # 60 ms; only where manifests are read

    schema = json.loads((Path(__file__).parent / "plugin.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)
