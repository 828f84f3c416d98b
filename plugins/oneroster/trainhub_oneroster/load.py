"""A load put together: who is who, of which school, in which class, and which rows refer to nothing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trainhub_oneroster.files import Line

_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
STUDENT = "student"
NOBODY = frozenset({"parent", "guardian", "relative", "proctor"})
"""Roles whose bearers a school's roster does not hold; their rows are counted and dropped."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of the load. ``orgs`` in the order of the file; ``number`` is the row in ``users.csv``."""

    number: int
    sourced_id: str
    name: str
    role: str
    orgs: tuple[str, ...]
    active: bool
    identifier: str
    grades: str = ""
    role_text: str = ""
    """The role as the file writes it."""
    only_secondary: bool = False


@dataclass(frozen=True, slots=True)
class Class:
    """A class with its head teacher, all who teach it, and pupils, by ``sourcedId``."""

    sourced_id: str
    title: str
    grades: str
    school: str
    head_teacher: str
    students: tuple[str, ...]
    teachers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that refers to nothing: it alone is dropped."""

    file: str
    number: int
    sourced_id: str
    kind: str
    missing: str

    def __str__(self) -> str:
        return f"{self.file} {self.sourced_id} refers to missing {self.kind} {self.missing}"


@dataclass(frozen=True, slots=True)
class Load:
    """Everything that was understood. ``version`` is "1.1", "1.2" or "" where the load does not say."""

    version: str
    users: tuple[User, ...]
    classes: tuple[Class, ...]
    school_codes: Mapping[str, str]
    broken: tuple[Broken, ...] = ()
    without_role: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    is_delta: bool = False
    roles_disagree: tuple[int, ...] = field(default=())
    other_classes: tuple[str, ...] = ()
    """Classes of the file that become none here: ended ones, and those that are no administrative class."""
    enrolled: int = 0
    """Enrolments that refer to somebody and something."""
    roles: Mapping[str, tuple[tuple[str, str, bool], ...]] = field(default_factory=dict)
    """User -> (org, role, whether it is a secondary one), the primary one first; 1.2 and SDS only."""


def display_name(family: str, given: str) -> str:
    """Return a name as it is written: family name first without a space in Chinese, given name first elsewhere."""
    if _CJK.search(family + given) or not family or not given:
        return f"{family}{given}"
    return f"{given} {family}"


def put_together(files: Mapping[str, Sequence[Line]]) -> Load:
    """Return the load of a set of files."""
    manifest = {line["name"].casefold(): line["value"] for line in files.get("manifest", ())}
    roles = _roles(files.get("roles", ()))
    users, without_role, repeated = _users(files["users"], roles)
    orgs = {line["id"]: line for line in files.get("orgs", ()) if not line.gone}
    classes, broken = _classes(files, {u.sourced_id: u for u in users}, orgs)
    return Load(
        manifest.get("oneroster.version", "1.2" if "roles" in files else ""),
        users,
        classes,
        {key: line["identifier"] for key, line in orgs.items() if line["type"].casefold() == "school"},
        broken,
        without_role,
        repeated,
        manifest.get("file.users", "").casefold() == "delta",
        tuple(sorted({user.number for user, _line in disagreements(users, files.get("enrollments", ()))})),
        tuple(line["id"] for line in files.get("classes", ()) if line["id"] not in {c.sourced_id for c in classes}),
        sum(not line.gone for line in files.get("enrollments", ())) - sum(b.file == "enrollments" for b in broken),
        {
            key: tuple((r["org"], r["role"], r["kind"].casefold() == "secondary") for r in held)
            for key, held in roles.items()
        },
    )


def _roles(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The roles of each user in 1.2, the primary one first; ended and deleted ones are left out."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if not line.gone:
            found.setdefault(line["user"], []).append(line)
    return {
        key: sorted(held, key=lambda r: not (r["kind"].casefold() == "primary" or r.truth("first")))
        for key, held in found.items()
    }


def _users(
    lines: Sequence[Line], roles: Mapping[str, Sequence[Line]]
) -> tuple[tuple[User, ...], tuple[int, ...], tuple[int, ...]]:
    found: dict[str, User] = {}
    without, repeated = [], []
    for line in lines:
        held = roles.get(line["id"], ())
        role = held[0]["role"] if held else line["role"]
        orgs = tuple(dict.fromkeys(r["org"] for r in held if r["org"])) if held else line.several("orgs")
        first = (line["primary_org"],) if line["primary_org"] in orgs else ()
        if not line["id"] or not role:
            without.append(line.number)
        elif line["id"] in found:
            repeated.append(line.number)
        else:
            found[line["id"]] = User(
                line.number,
                line["id"],
                display_name(line["family"], line["given"]),
                role.casefold(),
                tuple(dict.fromkeys((*first, *orgs))),
                not line.gone and line.truth("enabled") is not False,
                line["identifier"],
                line["grades"],
                role,
                bool(held) and all(r["kind"].casefold() == "secondary" for r in held),
            )
    return tuple(found.values()), tuple(without), tuple(repeated)


def _classes(
    files: Mapping[str, Sequence[Line]], users: Mapping[str, User], orgs: Mapping[str, Line]
) -> tuple[tuple[Class, ...], tuple[Broken, ...]]:
    lines = {line["id"]: line for line in files.get("classes", ()) if not line.gone}
    homerooms = {key for key, line in lines.items() if line["type"].casefold() in {"homeroom", ""}}
    heads: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    teachers: dict[str, list[str]] = {}
    broken = [
        Broken("classes", line.number, key, "school", line["school"])
        for key, line in lines.items()
        if orgs and line["school"] and line["school"] not in orgs
    ]
    closed = {line["id"] for line in files.get("classes", ()) if line.gone} - lines.keys()
    for line in files.get("enrollments", ()):
        if line.gone or line["class"] in closed:
            continue  # whoever was in a class that the file itself ends is in it no more
        missing = _missing(line, users, lines)
        if missing is not None:
            broken.append(Broken("enrollments", line.number, line["id"], *missing))
        elif line["role"].casefold() == STUDENT:
            members.setdefault(line["class"], []).append(line["user"])
        else:
            teachers.setdefault(line["class"], []).append(line["user"])
            if line["role"].casefold() == "teacher" and line.truth("primary"):
                heads.setdefault(line["class"], line["user"])
    return tuple(
        Class(
            key,
            lines[key]["title"],
            lines[key]["grades"],
            lines[key]["school"],
            heads.get(key, ""),
            tuple(dict.fromkeys(members.get(key, ()))),
            tuple(dict.fromkeys(teachers.get(key, ()))),
        )
        for key in lines
        if key in homerooms
    ), tuple(broken)


def _missing(line: Line, users: Mapping[str, User], classes: Mapping[str, Line]) -> tuple[str, str] | None:
    if line["user"] not in users:
        return "user", line["user"]
    if line["class"] not in classes:
        return "class", line["class"]
    return None


def disagreements(users: Iterable[User], enrollments: Iterable[Line]) -> list[tuple[User, Line]]:
    """Users whose enrolment says pupil where the user says staff, or the other way round: the user's role stands."""
    by_id = {user.sourced_id: user for user in users}
    return [
        (user, line)
        for line in enrollments
        if not line.gone
        and (user := by_id.get(line["user"])) is not None
        and (line["role"].casefold() == STUDENT) != (user.role == STUDENT)
        and user.role not in NOBODY
    ]
