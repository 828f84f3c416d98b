"""The settings form of a plugin, built from the fields that its ``plugin.toml`` declares."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from trainhub.plugin_api.contracts import Problem
from trainhub.plugin_host.manifest import Setting
from trainhub.plugin_host.messages import SOURCES, problem_sentence
from trainhub.plugin_host.queries import StoredSettings
from trainhub.plugin_host.rules import SCOPE_ORDER, effective

PREFIX = "set-"
"""Before the names of declared fields, so that none of them is taken for one of the form's own."""
OWN = frozenset({"csrf_token", "scope", "at", "version", "forget"})


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field as the page shows it.

    ``text`` is what stands in the control: never a secret. ``in_force`` is the value that the plugin gets and
    ``source`` where it comes from. ``theirs`` is what somebody else saved in the meantime, None where nobody did.
    """

    name: str
    label: str
    help: str
    kind: str
    text: str
    required: bool
    choices: tuple[tuple[str, str], ...]
    is_set: bool
    in_force: str
    source: str
    problems: tuple[str, ...] = ()
    theirs: str | None = None

    @property
    def input_name(self) -> str:
        """The name of the control."""
        return PREFIX + self.name


@dataclass(frozen=True, slots=True)
class Typed:
    """What a settings form sent: texts by setting name, the version it was filled in against, secrets to forget."""

    texts: Mapping[str, str]
    version: int
    forget: frozenset[str]


def typed_settings(form: "MultiDict[str, str]") -> Typed:
    """Read a sent form. Fields that are neither the form's own nor declared stay in, so that they are refused."""
    texts = {name.removeprefix(PREFIX): value for name, value in form.items() if name not in OWN}
    version = form.get("version", "")
    seen = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
    return Typed(texts, seen, frozenset(form.getlist("forget")))


def fields(
    declared: Iterable[Setting],
    layers: Mapping[str, StoredSettings],
    scope: str,
    *,
    chinese: bool,
    typed: Mapping[str, str] | None = None,
    problems: Collection[Problem] = (),
    stale: bool = False,
) -> list[SettingField]:
    """Return the fields of a place. ``layers`` holds what is stored there and above, widest first.

    ``typed`` keeps what somebody wrote when the form comes back; ``stale`` shows beside it what is stored now.
    """
    declared = list(declared)
    return [_field(s, declared, layers, scope, chinese, typed, problems, stale=stale) for s in declared]


def stray_problems(declared: Iterable[Setting], problems: Iterable[Problem]) -> list[str]:
    """Return the sentences about fields that the form does not have."""
    known = {s.name for s in declared}
    return [problem_sentence(p) for p in problems if p.field not in known]


def _field(
    setting: Setting,
    declared: Collection[Setting],
    layers: Mapping[str, StoredSettings],
    scope: str,
    chinese: bool,
    typed: Mapping[str, str] | None,
    problems: Collection[Problem],
    *,
    stale: bool,
) -> SettingField:
    own = layers[scope]
    stored = _text(setting, own.values.get(setting.name))
    wrote = typed is not None and setting.kind != "secret"
    text = typed.get(setting.name, "") if typed is not None and wrote else stored
    values = effective(declared, [layers[name].values for name in SCOPE_ORDER if name in layers])
    source = _source(setting, layers)
    return SettingField(
        setting.name,
        setting.label if chinese else setting.label_en or setting.label,
        setting.help,
        setting.kind,
        text,
        setting.required,
        _choices(setting),
        setting.name in own.secret_names,
        _shown(setting, values.get(setting.name), source),
        str(SOURCES[source]),
        tuple(problem_sentence(p) for p in problems if p.field == setting.name),
        (_shown(setting, own.values.get(setting.name), scope) or _("empty"))
        if stale and wrote and text != stored
        else None,
    )


def _source(setting: Setting, layers: Mapping[str, StoredSettings]) -> str:
    for scope in reversed(SCOPE_ORDER):
        layer = layers.get(scope)
        if layer is not None and (setting.name in layer.values or setting.name in layer.secret_names):
            return scope
    return "default" if setting.default != "" else ""


def _text(setting: Setting, value: Any) -> str:
    if value is None:
        return ""
    if setting.kind == "boolean":
        return "on" if value else "off"
    return str(value)


def _choices(setting: Setting) -> tuple[tuple[str, str], ...]:
    """Return what a select offers; the empty one leaves it to the place above and to the default."""
    if setting.kind == "boolean":
        return (("", _("As above or by default")), ("on", _("Yes")), ("off", _("No")))
    return (("", _("As above or by default")), *setting.choices) if setting.kind == "choice" else ()


def _shown(setting: Setting, value: Any, source: str) -> str:
    """Return a value as a page may show it; of a secret only that it is there."""
    if setting.kind == "secret":
        return _("filled in") if source not in {"", "default"} else ""
    if value is None or value == "":
        return ""
    if setting.kind == "boolean":
        return _("Yes") if value else _("No")
    return dict(setting.choices).get(str(value), str(value))
