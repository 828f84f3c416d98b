"""Which plugins are on, and what a typed setting is worth. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from trainhub.plugin_api.contracts import Problem
from trainhub.plugin_host.manifest import Manifest, Setting

TEXT_LENGTH = 500
SCOPE_ORDER = ("bureau", "school", "course")
SWITCH = {"on": True, "off": False}
"""What a yes-or-no setting is typed as; nothing typed leaves it to the place above, then to its default."""


@dataclass(frozen=True, slots=True)
class Forced:
    """What configuration decides over everybody's head (``TRAINHUB_PLUGINS=dingtalk,-qr``)."""

    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()

    @classmethod
    def read(cls, text: str) -> "Forced":
        """Read a comma list; a key with a minus is off, any other is on."""
        words = [w.strip() for w in text.split(",") if w.strip()]
        return cls(frozenset(w for w in words if not w.startswith("-")), frozenset(w[1:] for w in words if w.startswith("-")))


@dataclass(frozen=True, slots=True)
class PluginSwitched:
    """A district switched a plugin on or off."""

    district_id: str
    plugin: str
    on: bool


def on_in_district(manifests: Iterable[Manifest], choices: Mapping[str, bool], forced: Forced) -> frozenset[str]:
    """Return the keys that are on in a district: core always, then configuration, then the choice, then the default."""
    return frozenset(m.key for m in manifests if _is_on(m, choices, forced))


def _is_on(manifest: Manifest, choices: Mapping[str, bool], forced: Forced) -> bool:
    if manifest.core:
        return True
    if manifest.key in forced.off:
        return False
    if manifest.key in forced.on:
        return True
    return choices.get(manifest.key, manifest.on_by_default)


def on_anywhere(manifests: Iterable[Manifest], choices: Iterable[tuple[str, bool]], forced: Forced) -> frozenset[str]:
    """Return the keys that a process must load: on in some district, or by default where a district decided nothing."""
    chosen_on = {key for key, is_on in choices if is_on}
    return frozenset(m.key for m in manifests if _is_on(m, dict.fromkeys(chosen_on, True), forced))


@dataclass(frozen=True, slots=True)
class Read:
    """Typed settings: values by name, secrets by name (only those typed anew), problems per field."""

    values: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def declared_at(settings: Iterable[Setting], scope: str) -> list[Setting]:
    """Return the settings that a place may hold. A required one is demanded at its widest place only."""
    return [
        s if s.scopes and scope == min(s.scopes, key=SCOPE_ORDER.index) else replace(s, required=False)
        for s in settings
        if scope in s.scopes
    ]


def read_settings(settings: Collection[Setting], typed: Mapping[str, str], kept_secrets: Collection[str] = ()) -> Read:
    """Return typed texts as values. Unknown names are refused; an empty secret keeps the one that is stored."""
    known = {s.name: s for s in settings}
    problems = [Problem("unknown_setting", name) for name in typed if name not in known]
    values: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for setting in settings:
        text = typed.get(setting.name, "").strip()
        if setting.kind == "secret":
            if text:
                secrets[setting.name] = text
            elif setting.required and setting.name not in kept_secrets:
                problems.append(Problem("required", setting.name))
            if len(text) > TEXT_LENGTH:
                problems.append(Problem("too_long", setting.name, {"limit": TEXT_LENGTH}))
            continue
        value, problem = _value(setting, text)
        if problem is not None:
            problems.append(problem)
        elif value is not None:
            values[setting.name] = value
    return Read(values, secrets, tuple(problems))


def _value(setting: Setting, text: str) -> tuple[Any, Problem | None]:
    if not text:
        return None, Problem("required", setting.name) if setting.required else None
    if setting.kind == "boolean":
        return SWITCH.get(text), None if text in SWITCH else Problem("not_a_choice", setting.name)
    if len(text) > TEXT_LENGTH:
        return None, Problem("too_long", setting.name, {"limit": TEXT_LENGTH})
    if setting.kind == "integer":
        return _integer(setting, text)
    if setting.kind == "choice" and text not in {value for value, _ in setting.choices}:
        return None, Problem("not_a_choice", setting.name)
    if setting.kind == "url" and (urlsplit(text).scheme != "https" or not urlsplit(text).hostname):
        return None, Problem("not_https", setting.name)
    return text, None


def _integer(setting: Setting, text: str) -> tuple[int | None, Problem | None]:
    try:
        number = int(text)
    except ValueError:
        return None, Problem("not_a_number", setting.name)
    low, high = setting.minimum, setting.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        return None, Problem("out_of_range", setting.name, {"minimum": low, "maximum": high})
    return number, None


def effective(settings: Collection[Setting], layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return settings as a plugin gets them: defaults, then each layer over the one before (bureau, school, course).

    A value that is no longer declared is left out.
    """
    found: dict[str, Any] = {s.name: s.default for s in settings if s.default != "" or s.kind == "boolean"}
    for name in [s.name for s in settings if s.kind == "boolean" and found.get(s.name) == ""]:
        found[name] = False
    names = {s.name for s in settings}
    for layer in layers:
        found.update({name: value for name, value in layer.items() if name in names})
    return found
