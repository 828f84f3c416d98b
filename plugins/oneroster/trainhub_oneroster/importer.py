"""The roster importer ``oneroster``: from a load to the lists that core previews."""

from dataclasses import replace
from typing import Any, Literal

from trainhub.plugin_api import Problem, Refused, RosterImporterSpec, RosterTable, Unreadable, Upload
from trainhub.plugin_api.archives import ZIP_MAGIC, read_members
from trainhub.plugin_api.limits import LIMITS
from trainhub.plugin_api.texts import csv_rows, decode
from trainhub_oneroster import explaining
from trainhub_oneroster.deviations import problems_of
from trainhub_oneroster.files import COLUMNS, columns_of, fold, open_package
from trainhub_oneroster.load import NOBODY, STUDENT, Class, Load, User, put_together

STAFF_COLUMNS = ("name", "staff_no", "post", "homeroom_class", "state", "school_code")
STUDENT_COLUMNS = ("name", "student_no", "class_name", "school_code")
POSTS = {"principal": "校长", "assistant principal": "副校长"}
"""What a role of 1.2 says about a post; any other role is no post of the school's list."""
LEFT = "离职"


class OneRosterImporter:
    """OneRoster 1.1 and 1.2: the zip, or ``users.csv`` of 1.1 alone."""

    spec = RosterImporterSpec(
        key="oneroster", label="OneRoster 1.1 / 1.2", gives=("staff", "students"), extensions=("zip", "csv")
    )

    def recognise(self, upload: Upload) -> int:
        """Return 98 for a zip with its files, 96 for its ``users.csv`` alone, else 0."""
        try:
            if upload.content.startswith(ZIP_MAGIC):
                found = read_members(upload.content, {"manifest.csv", "users.csv", "orgs.csv"})
                return 98 if "users.csv" in found and len(found) > 1 else 0
            rows, _ = csv_rows(decode(upload.content[:4000].rpartition(b"\n")[0]).text, LIMITS)
            places = columns_of("users", rows[0]) if rows else {}
        except Refused:
            return 0
        return 96 if {"id", "given", "family", "role"} <= set(places) else 0

    def read(self, upload: Upload, kind: Literal["staff", "students"]) -> RosterTable:
        """Return the staff or the pupils of a load."""
        package = open_package(upload)
        found = put_together({name: sheet.lines for name, sheet in package.sheets.items()})
        if found.users == () and found.without_role:
            raise Refused("no_header")  # 1.2 keeps the roles in a file of their own
        table = _students(found) if kind == "students" else _staff(found)
        return replace(table, warnings=(*table.warnings, *problems_of(package, found)))

    def knows(self, upload: Upload) -> int:
        """Return as :meth:`recognise` does, and 60 for one file of a load: it takes the others to be read."""
        sure = self.recognise(upload)
        return sure or _is_one_of_a_load(upload) * 60

    def explain(self, upload: Upload) -> dict[str, Any]:
        """Return what a load says, in its own words. Raises :class:`trainhub.plugin_api.Refused`."""
        return explaining.explain(upload)


def _is_one_of_a_load(upload: Upload) -> bool:
    name = upload.name.rpartition("/")[2].lower().removesuffix(".csv")
    if name not in COLUMNS or upload.content.startswith(ZIP_MAGIC):
        return False
    try:
        rows, _ = csv_rows(decode(upload.content[:4000]).text, LIMITS)
    except Refused:
        return False
    return bool(rows) and bool({"sourcedid", "usersourcedid", "propertyname"} & set(map(fold, rows[0])))


def _staff(found: Load) -> RosterTable:
    homeroom = {c.head_teacher: c for c in reversed(found.classes) if c.head_teacher}
    users = [u for u in found.users if u.role != STUDENT and u.role not in NOBODY]
    rows = tuple(
        (
            u.name,
            u.identifier,
            POSTS.get(u.role, ""),
            homeroom[u.sourced_id].title if u.sourced_id in homeroom else "",
            "" if u.active else LEFT,
            _code(found, u),
        )
        for u in users
    )
    return RosterTable("staff", STAFF_COLUMNS, rows, tuple(u.number for u in users), _dropped(found), _warnings(found))


def _students(found: Load) -> RosterTable:
    in_class: dict[str, Class] = {}
    for one in found.classes:
        for student in one.students:
            in_class.setdefault(student, one)
    pupils = [u for u in found.users if u.role == STUDENT]
    here = [u for u in pupils if u.active]
    rows = tuple(
        (u.name, u.identifier, in_class[u.sourced_id].title if u.sourced_id in in_class else "", _code(found, u))
        for u in here
    )
    gone = tuple(Unreadable(u.number, "inactive") for u in pupils if not u.active)
    return RosterTable(
        "students", STUDENT_COLUMNS, rows, tuple(u.number for u in here), (*gone, *_dropped(found)), _warnings(found)
    )


def _code(found: Load, user: User) -> str:
    """The code of the user's first school that is one; the bureau has none."""
    return next((found.school_codes[org] for org in user.orgs if found.school_codes.get(org, "").isdecimal()), "")


def _dropped(found: Load) -> tuple[Unreadable, ...]:
    return (
        *(Unreadable(b.number, "orphan", f"{b.file} {b.sourced_id}") for b in found.broken),
        *(Unreadable(number, "no_role") for number in found.without_role),
        *(Unreadable(number, "same_id") for number in found.repeated),
        *(Unreadable(u.number, "not_on_roster") for u in found.users if u.role in NOBODY),
    )


def _warnings(found: Load) -> tuple[Problem, ...]:
    problems = []
    if found.is_delta:
        problems.append(Problem("delta_file"))
    if found.broken:
        problems.append(Problem("broken_references", params={"count": len(found.broken)}))
    if found.roles_disagree:
        problems.append(Problem("roles_disagree", params={"count": len(found.roles_disagree)}))
    return tuple(problems)
