"""Where a load strays from the standard: each deviation once, in words. None of them keeps a load from being read."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping

from trainhub.plugin_api import Problem
from trainhub_oneroster.files import Line, Package, Sheet, fold
from trainhub_oneroster.load import NOBODY, Load, disagreements

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\S.*)?")
_BASE = "sourcedId status dateLastModified "
STANDARD: Mapping[str, str] = {
    "orgs": _BASE + "name type identifier parentSourcedId",
    "users": _BASE
    + "enabledUser orgSourcedIds role username userIds givenName familyName middleName identifier email sms phone agentSourcedIds "
    "grades password userMasterIdentifier preferredGivenName preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
    "roles": _BASE + "userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId",
    "classes": _BASE
    + "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects subjectCodes periods",
    "enrollments": _BASE + "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
    "academicsessions": _BASE + "title type startDate endDate parentSourcedId schoolYear",
}
"""The headers of 1.1 and 1.2 together."""
NAMES = {"academicsessions": "academicSessions", "userprofiles": "userProfiles"}
"""File names as the standard writes them, where they have capitals."""
SENTENCES: Mapping[str, str] = {
    "password_column": "%(file)s carries a password column: never read",
    "header_spelling": "%(file)s spells %(names)s",
    "header_empty": "%(file)s ends its header with %(count)s empty columns",
    "dates_not_iso": "%(file)s: dateLastModified %(text)s is not ISO 8601",
    "gone_in_bulk": "%(file)s contains statuses %(names)s in a bulk file",
    "status_empty": "%(names)s has empty %(columns)s: treated as active",
    "profiles_hold_roles": "%(file)s holds the data of roles.csv",
    "manifest_silent": "manifest.csv does not say whether %(names)s is whole or changes only",
    "org_without_parent": "orgs.csv has org %(id)s of type %(type)s whose parent %(parent)s is not in the file",
    "only_secondary_role": "%(id)s has only a secondary role (%(role)s)",
}
"""Code -> English sentence; in the preview core says the same in the reader's language."""


def sentence(problem: Problem) -> str:
    """Return a deviation in words."""
    return SENTENCES[problem.code] % problem.params


def problems_of(package: Package, found: Load) -> tuple[Problem, ...]:
    """Return the deviations that a clerk should hear of beside what was left out."""
    manifest = {line["name"].casefold(): line["value"].casefold() for line in _lines(package, "manifest")}
    return (
        *_parents(package),
        *(p for name in STANDARD if name in package.sheets for p in _of_sheet(name, package, manifest)),
        *_profiles(package, manifest),
        *(
            Problem("only_secondary_role", "role", {"id": u.sourced_id, "role": u.role_text})
            for u in found.users
            if u.only_secondary
        ),
    )


def sentences(package: Package, found: Load) -> list[str]:
    """Return everything that is odd about a load: what strays, what contradicts, and what is left out."""
    said = [*map(sentence, problems_of(package, found)), *map(str, found.broken)]
    contradicting = {
        user.sourced_id: (user.role_text, line["role"])
        for user, line in disagreements(found.users, _lines(package, "enrollments"))
    }
    said += [
        f"enrollments enrol {user} as {as_what} although the user is a {role}: the enrolment is kept, the user's role stands"
        for user, (role, as_what) in contradicting.items()
    ]
    said += [f"{u.role_text} {u.sourced_id} is not imported" for u in found.users if u.role in NOBODY]
    ids = {line.number: line["id"] for line in _lines(package, "users")}
    if found.without_role:
        ids_without = [ids[n] for n in found.without_role]
        said.append(f"{_and(ids_without)} {'have' if len(ids_without) > 1 else 'has'} no role row: not imported")
    said += [f"users.csv row {n} repeats {ids[n]}: left out" for n in found.repeated]
    return said


def _lines(package: Package, file: str) -> tuple[Line, ...]:
    return package.sheets[file].lines if file in package.sheets else ()


def _and(names: Iterable[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last


def _of_sheet(name: str, package: Package, manifest: Mapping[str, str]) -> Iterator[Problem]:
    sheet, file = package.sheets[name], f"{NAMES.get(name, name)}.csv"
    if fold("status") in map(fold, sheet.header):  # SDS has none, headers of its own, and passwords by design
        if sheet.has_passwords:
            yield Problem("password_column", params={"file": file})
        yield from _header(sheet, STANDARD[name].split(), file)
        if manifest.get(f"file.{name}") == "bulk":
            yield from _statuses(sheet, file)
    odd = next((line["changed"] for line in sheet.lines if line["changed"] and not _ISO.fullmatch(line["changed"])), "")
    if odd:
        yield Problem("dates_not_iso", params={"file": file, "text": odd[:40]})


def _header(sheet: Sheet, standard: list[str], file: str) -> Iterator[Problem]:
    known = {fold(name) for name in standard}
    missing = known - {fold(text) for text in sheet.header}
    misspelt = [
        t for t in sheet.header if t and fold(t) not in known and difflib.get_close_matches(fold(t), missing, 1, 0.85)
    ]
    if misspelt:
        yield Problem("header_spelling", params={"file": file, "names": ", ".join(misspelt)[:200]})
    empty = len(sheet.header) - max((at for at, text in enumerate(sheet.header, 1) if text), default=0)
    if empty:
        yield Problem("header_empty", params={"file": file, "count": empty})


def _statuses(sheet: Sheet, file: str) -> Iterator[Problem]:
    gone = sorted({line["status"].lower() for line in sheet.lines if line.gone})
    if gone:
        yield Problem("gone_in_bulk", "status", {"file": file, "names": _and(gone)})
    for columns in (("status",), ("status", "dateLastModified")):
        both = len(columns) > 1
        empty = [
            line["id"] or f"{file} row {line.number}"
            for line in sheet.lines
            if not line["status"] and bool(line["changed"]) != both
        ]
        if empty:
            yield Problem(
                "status_empty", "status", {"names": _and(empty[:10]), "columns": _and(columns), "count": len(empty)}
            )


def _profiles(package: Package, manifest: Mapping[str, str]) -> Iterator[Problem]:
    silent = [NAMES.get(name, name) for name in package.sheets if manifest.get(f"file.{name}") == ""]
    if silent:
        yield Problem("manifest_silent", params={"names": ", ".join(silent)})
    sheet = package.sheets.get("userprofiles")
    if sheet is not None and {"usersourcedid", "role"} <= {fold(text) for text in sheet.header}:
        yield Problem("profiles_hold_roles", params={"file": "userprofiles.csv"})


def _parents(package: Package) -> Iterator[Problem]:
    lines = _lines(package, "orgs")
    ids = {line["id"] for line in lines}
    for line in lines:
        if line["parent"] and line["parent"] not in ids:
            params = {"id": line["id"], "type": line["type"], "parent": line["parent"]}
            yield Problem("org_without_parent", "parent", params)
