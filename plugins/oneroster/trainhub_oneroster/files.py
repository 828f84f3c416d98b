"""The CSV files of a load: found in a zip or alone, their columns by name however they are spelt.

Only the columns named here are ever read: passwords, phones, demographics and guardians stay in the file.
"""

import difflib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.archives import ZIP_MAGIC, read_members
from trainhub.plugin_api.limits import LIMITS
from trainhub.plugin_api.texts import csv_rows, decode

COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "manifest": {"name": ("propertyname", "name", "property"), "value": ("value",)},
    "orgs": {"id": ("sourcedid", "id"), "status": ("status",), "name": ("name",), "type": ("type",), "identifier": ("identifier",),
             "parent": ("parentsourcedid", "parentid"), "changed": ("datelastmodified",)},
    "classes": {
        "id": ("sourcedid", "id"), "status": ("status",), "title": ("title", "name"), "grades": ("grades", "grade"),
        "type": ("classtype", "type"), "school": ("schoolsourcedid", "schoolsourceid", "orgsourcedid", "schoolid"), "changed": ("datelastmodified",),
    },
    "users": {
        "id": ("sourcedid", "userid", "id"), "status": ("status",), "enabled": ("enableduser", "enabled"), "orgs": ("orgsourcedids", "orgsourcedid"),
        "role": ("role",), "given": ("givenname", "firstname"), "family": ("familyname", "lastname", "surname"),
        "identifier": ("identifier",), "grades": ("grades", "grade"), "primary_org": ("primaryorgsourcedid",), "changed": ("datelastmodified",),
    },
    "roles": {
        "user": ("usersourcedid", "userid"), "status": ("status",), "kind": ("roletype",), "role": ("role",), "org": ("orgsourcedid", "orgid"),
        "end": ("enddate", "roleenddate"), "first": ("isprimary",), "changed": ("datelastmodified",),
    },
    "enrollments": {
        "id": ("sourcedid", "id"), "status": ("status",), "class": ("classsourcedid", "classid"), "user": ("usersourcedid", "userid"),
        "role": ("role",), "primary": ("primary", "isprimary"), "end": ("enddate",),
        "changed": ("datelastmodified",),
    },
    "academicsessions": {"id": ("sourcedid", "id"), "status": ("status",), "changed": ("datelastmodified",)},
    "userprofiles": {"user": ("usersourcedid",), "role": ("role",)},
}  # fmt: skip
"""File -> what we call a column -> how it may be spelt, in small letters and digits only."""
NEVER = (
    "password",
    "pass",
    "email",
    "sms",
    "phone",
    "agentsourcedids",
    "username",
    "userids",
    "middlename",
    "pronouns",
)
"""Headers that resemble a wanted one are still never taken for it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its 1-based number in its file and the wanted cells by our names, "" where there is none."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")

    @property
    def gone(self) -> bool:
        """Whether the row says that its record is not valid any more."""
        return self["status"].lower() in {"tobedeleted", "inactive", "deleted"}

    def truth(self, name: str) -> bool | None:
        """Return a yes or no, None where the cell says neither."""
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(self[name].lower())

    def several(self, name: str) -> tuple[str, ...]:
        """Return the parts of a list in one cell."""
        return tuple(part.strip() for part in self[name].strip('"').split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file. ``header`` as it is written; ``has_passwords`` says that there are some, they themselves are not kept."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    has_passwords: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """The files of a load by their name in small letters; ``unopened`` are the names of those that nothing opens."""

    sheets: Mapping[str, Sheet]
    unopened: tuple[str, ...] = ()


def open_package(upload: Upload) -> Package:
    """Return every known file. Raises :class:`Refused`; ``not_a_table`` where there are no users."""
    if len(upload.content) > LIMITS.upload_bytes:
        raise Refused("too_large", limit_mb=LIMITS.upload_bytes // 2**20)
    files, unopened = {"users": upload.content}, ()
    if upload.content.startswith(ZIP_MAGIC):
        members = read_members(upload.content, {f"{name}.csv" for name in COLUMNS})
        files = {name.removesuffix(".csv"): content for name, content in members.items()}
        unopened = _unopened(upload.content)
    if "users" not in files:
        raise Refused("not_a_table")
    return Package({name: _sheet(name, content) for name, content in files.items()}, unopened)


def load(upload: Upload) -> dict[str, list[Line]]:
    """Return the lines of every known file; raises as :func:`open_package` does."""
    return {name: list(sheet.lines) for name, sheet in open_package(upload).sheets.items()}


def _unopened(content: bytes) -> tuple[str, ...]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name.rpartition("/")[2] for name in archive.namelist()]
    return tuple(
        sorted(n for n in names if n.lower().endswith(".csv") and n.lower().removesuffix(".csv") not in COLUMNS)
    )


def _sheet(file: str, content: bytes) -> Sheet:
    rows, _ = csv_rows(decode(content).text, LIMITS)
    if not rows:
        return Sheet((), ())
    header = tuple(text.strip() for text in rows[0])
    places = columns_of(file, rows[0])
    if file == "users" and not {"id", "given", "family"} <= set(places):
        raise Refused("no_header")
    lines = tuple(
        Line(number, {name: row[at].strip() for name, at in places.items() if at < len(row)})
        for number, row in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in row)
    )
    secret = [at for at, text in enumerate(header) if text.casefold() == "password"]
    return Sheet(header, lines, any(row[at].strip() for row in rows[1:] for at in secret if at < len(row)))


def fold(text: str) -> str:
    """Return a header in small letters and digits only."""
    return "".join(c for c in text.casefold() if c.isascii() and c.isalnum())


def columns_of(file: str, header: list[str]) -> dict[str, int]:
    """Return where our columns stand: spelt as in the standard, as others spell them, else misspelt by a letter or two."""
    folded = [fold(text) for text in header]
    found: dict[str, int] = {}
    for name, spellings in COLUMNS[file].items():
        at = next((folded.index(s) for s in spellings if s in folded), None)
        if at is not None and at not in found.values():
            found[name] = at
    free = {
        text: at for at, text in enumerate(folded) if at not in found.values() and text not in NEVER and len(text) >= 6
    }
    for name, spellings in COLUMNS[file].items():
        if name not in found and (near := difflib.get_close_matches(spellings[0], free, 1, 0.88)):
            found[name] = free.pop(near[0])
    return found
