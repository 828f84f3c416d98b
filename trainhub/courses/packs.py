"""Reads a course pack from its folder. The folder is foreign text: nothing in it is trusted.

A pack may come from another school by mail, so YAML is parsed without tags, anchors or aliases, sizes are
checked before reading, and no path leaves the folder, be it by ``..`` or by a symbolic link.
"""

import json
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from trainhub.courses.rules import (
    BUILT_IN_TYPES,
    Pack,
    PackProblem,
    check_pack,
    pack_of,
    usable,
)

if TYPE_CHECKING:
    from jsonschema import ValidationError

COURSE, QUIZ = "course.yaml", "quiz.yaml"
SHIPPED = Path(__file__).resolve().parents[2] / "courses"
"""The packs that come with TrainHub, beside its code."""
MAX_DESCRIPTION_BYTES = 128 * 1024
MAX_TEXT_BYTES = 256 * 1024
MAX_FILES = 100
MAX_DEPTH = 12
MAX_NODES = 20_000

DataPath = tuple[str | int, ...]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one reads ten times as fast, where it is
    """Plain scalars only: a date stays the text that was typed, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(slots=True)
class Parsed:
    """A YAML file: its value (None where it could not be read), lines by path, and what is wrong."""

    value: Any = None
    lines: dict[DataPath, int] = field(default_factory=dict)
    problems: list[PackProblem] = field(default_factory=list)


def dotted(path: DataPath) -> str:
    """Return a path as it is shown: ``units.2.minutes``, list items counted from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


def _guard(text: str, name: str) -> list[PackProblem]:
    """Refuse what could exhaust the machine before anything is built from it."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader), 1):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            return [PackProblem("yaml_alias", name, line=line)]
        if getattr(event, "tag", None):
            return [PackProblem("yaml_tag", name, line=line)]
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or count > MAX_NODES:
            return [PackProblem("yaml_too_deep", name, line=line)]
    return []


def _walk(node: yaml.Node, name: str, parsed: Parsed, path: DataPath = ()) -> None:
    """Note the line of each value; report repeated keys and characters that no database keeps."""
    parsed.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                parsed.problems.append(PackProblem("key_not_text", name, dotted(path), line))
            elif key.value in seen:
                parsed.problems.append(PackProblem("key_repeated", name, dotted(path), line, params={"key": key.value}))
            else:
                seen.add(key.value)
                _walk(value, name, parsed, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _walk(value, name, parsed, (*path, number))
    elif re.search("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", str(node.value)):
        parsed.problems.append(PackProblem("control_character", name, dotted(path), node.start_mark.line + 1))


def parse_yaml(text: str, name: str = COURSE) -> Parsed:
    """Parse YAML into plain JSON values, or say in which line it cannot be read. Never raises for bad input."""
    parsed = Parsed()
    try:
        parsed.problems = _guard(text, name)
        if parsed.problems:
            return parsed
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            parsed.problems.append(PackProblem("file_empty", name))
            return parsed
        _walk(node, name, parsed)
        if usable(parsed.problems):
            value = loader.construct_document(node)
            json.dumps(value, allow_nan=False)
            parsed.value = value
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        parsed.problems.append(PackProblem("yaml_unreadable", name, line=mark.line + 1 if mark else 0))
    except (ValueError, TypeError, OverflowError):
        parsed.problems.append(PackProblem("yaml_value", name))
    return parsed


def _one_line_pattern(
    _: Any, pattern: str, instance: Any, __: Mapping[str, Any]
) -> "Iterator[ValidationError]":
    """``$`` must not let a line break through."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and ("\n" in instance or not re.search(pattern, instance)):
        yield ValidationError("pattern")


_CODES = {
    "required": "field_missing", "type": "wrong_type", "pattern": "bad_pattern", "enum": "not_allowed",
    "const": "not_allowed", "additionalProperties": "key_unexpected", "minLength": "too_short",
    "minItems": "too_short", "minProperties": "too_short", "maxLength": "too_long", "maxItems": "too_long",
    "maxProperties": "too_long", "minimum": "out_of_range", "maximum": "out_of_range", "uniqueItems": "repeated",
}


@cache
def _schema(name: str) -> Any:
    from jsonschema import Draft202012Validator  # a tenth of a second; only where packs are read
    from jsonschema.validators import extend

    text = files("trainhub.courses").joinpath(f"{name}.schema.json").read_text("utf-8")
    validator: Any = extend(Draft202012Validator, {"pattern": _one_line_pattern})  # type: ignore[no-untyped-call]
    return validator(json.loads(text))


def _schema_problem(error: "ValidationError", name: str, lines: Mapping[DataPath, int]) -> PackProblem:
    path: DataPath = tuple(error.absolute_path)
    code = _CODES.get(str(error.validator), "shape")
    wanted: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    params: dict[str, Any] = {"value": instance if isinstance(instance, str | int | float) else ""}
    if code == "field_missing":
        missing = [key for key in wanted if key not in instance]
        params = {"key": missing[0] if len(missing) == 1 else ", ".join(missing)}
    elif code == "key_unexpected":
        known = schema.get("properties", {})
        params = {"key": ", ".join(str(key) for key in instance if key not in known)}
    elif code == "not_allowed":
        params["allowed"] = ", ".join(map(str, wanted if isinstance(wanted, list) else [wanted]))
    elif code in {"wrong_type", "out_of_range", "too_long", "too_short"}:
        params["wanted"] = wanted
    return PackProblem(code, name, dotted(path), _line(lines, path), params=params)


def _line(lines: Mapping[DataPath, int], path: DataPath) -> int:
    """Return the line of a path, or of the nearest part above it that stands in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _shape_problems(parsed: Parsed, schema: str, name: str) -> list[PackProblem]:
    found: dict[tuple[str, str], PackProblem] = {}
    for error in sorted(_schema(schema).iter_errors(parsed.value), key=lambda e: list(map(str, e.absolute_path))):
        problem = _schema_problem(error, name, parsed.lines)
        found.setdefault((problem.code, problem.field), problem)
    return list(found.values())


def _with_lines(problems: list[PackProblem], lines: Mapping[str, Mapping[DataPath, int]]) -> list[PackProblem]:
    placed = []
    for problem in problems:
        path: DataPath = tuple(int(part) - 1 if part.isdecimal() else part for part in problem.field.split(".") if part)
        placed.append(problem if problem.line else replace(problem, line=_line(lines.get(problem.file, {}), path)))
    return placed


def read_description(
    course_text: str,
    known_types: Collection[str] = BUILT_IN_TYPES,
    texts: Mapping[str, str] | None = None,
    quiz_text: str | None = None,
) -> tuple[Pack | None, list[PackProblem]]:
    """Read ``course.yaml`` (and ``quiz.yaml``) given as text; files are not looked for.

    Returns the pack, None where its shape is wrong, and everything found, warnings included.
    """
    course = parse_yaml(course_text)
    quiz = parse_yaml(quiz_text, QUIZ) if quiz_text is not None else None
    problems = [*course.problems, *(quiz.problems if quiz else [])]
    if course.value is not None:
        problems += _shape_problems(course, "course", COURSE)
    if quiz and quiz.value is not None:
        problems += _shape_problems(quiz, "quiz", QUIZ)
    if not usable(problems):
        return None, problems
    pack = pack_of(course.value, texts, quiz.value if quiz else None)
    lines = {COURSE: course.lines, QUIZ: quiz.lines if quiz else {}}
    return pack, [*problems, *_with_lines(check_pack(pack, known_types), lines)]


class PackFiles(Protocol):
    """The files of one pack, wherever they lie. Every read is checked; every failure is a problem, no exception."""

    problems: list[PackProblem]

    def text(self, name: str, limit: int) -> str | None:
        """Return the text of a file, or None and a problem."""
        ...

    def holds(self, name: str) -> bool:
        """Whether there is a file of that name, readable or not."""
        ...

    def listed(self) -> list[str]:
        """Return the names of the Markdown files of units and hand-outs."""
        ...


class _Folder:
    """The files of a pack in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[PackProblem] = []

    def holds(self, name: str) -> bool:
        """Whether there is a file of that name, readable or not."""
        return (self.root / name).exists() or (self.root / name).is_symlink()

    def text(self, name: str, limit: int) -> str | None:
        """Return the text of a file below the folder, or None and a problem."""
        try:
            return self._checked(name, limit)
        except UnicodeDecodeError:
            self.problems.append(PackProblem("not_utf8", name))
        except OSError:
            self.problems.append(PackProblem("file_missing", name))
        return None

    def _checked(self, name: str, limit: int) -> str | None:
        path = self.root
        for part in Path(name).parts:
            if part in {"..", "/"}:
                self.problems.append(PackProblem("path_leaves", name))
                return None
            path = path / part
            if path.is_symlink():
                self.problems.append(PackProblem("symbolic_link", name))
                return None
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            self.problems.append(PackProblem("file_missing", name))
            return None
        if found.st_size > limit:
            self.problems.append(PackProblem("file_too_large", name, params={"limit": limit // 1024}))
            return None
        with path.open("rb") as stream:
            text = stream.read(limit).decode("utf-8-sig")
        if "\x00" in text:
            self.problems.append(PackProblem("control_character", name))
            return None
        return text

    def listed(self) -> list[str]:
        """Return the names of the Markdown files that lie in the folder, at most :data:`MAX_FILES`."""
        names = []
        for sub in ("units", "handouts"):
            place = self.root / sub
            if place.is_dir() and not place.is_symlink():
                names += [f"{sub}/{entry.name}" for entry in sorted(place.iterdir())[:MAX_FILES] if entry.suffix == ".md"]
        return names


def read_folder(path: Path, known_types: Collection[str] = BUILT_IN_TYPES) -> tuple[Pack | None, list[PackProblem]]:
    """Read and check a pack folder.

    Returns the pack, None where it cannot be used at all, and everything found, warnings included. Install
    it only where :func:`trainhub.courses.rules.usable` says so. Never raises for bad content.
    """
    if not path.is_dir():
        return None, [PackProblem("no_folder", str(path.name))]
    pack, problems = read_files(_Folder(path), known_types)
    if pack is not None and pack.id != path.resolve().name:
        problems.append(PackProblem("id_differs_from_folder", field="id", params={"id": pack.id, "folder": path.resolve().name}))
    return pack, problems


def read_files(folder: PackFiles, known_types: Collection[str] = BUILT_IN_TYPES) -> tuple[Pack | None, list[PackProblem]]:
    """Read and check the files of a pack; the answer is that of :func:`read_folder`."""
    course_text = folder.text(COURSE, MAX_DESCRIPTION_BYTES)
    if course_text is None:
        return None, folder.problems
    quiz_text = folder.text(QUIZ, MAX_DESCRIPTION_BYTES) if folder.holds(QUIZ) else None
    bare, problems = read_description(course_text, known_types, None, quiz_text)
    if bare is None:
        return None, [*folder.problems, *problems]
    wanted = [part.file for part in bare.parts]
    texts = {name: folder.text(name, MAX_TEXT_BYTES) for name in dict.fromkeys(wanted)}
    problems += folder.problems
    problems += [PackProblem("text_empty", name) for name, text in texts.items() if text is not None and not text.strip()]
    problems += [
        PackProblem("file_not_listed", name, severity="warning") for name in folder.listed() if name not in texts
    ]
    read = {name: text for name, text in texts.items() if text is not None}
    return pack_of(bare.description, read, bare.quiz_description), problems


def check_folder(path: Path | str, known_types: Collection[str] = BUILT_IN_TYPES) -> list[PackProblem]:
    """Return what is wrong with the pack in a folder, empty when nothing is; order as found."""
    return read_folder(Path(path), known_types)[1]


def pack_folders(path: Path) -> list[Path]:
    """Return the pack folders at ``path``: itself where it holds ``course.yaml``, else its subfolders that do."""
    if (path / COURSE).is_file():
        return [path]
    return sorted(sub for sub in path.iterdir() if sub.is_dir() and not sub.is_symlink() and (sub / COURSE).is_file())
