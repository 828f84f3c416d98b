"""What a load says, in the words of its own format: who is who, which classes there are, what strays. Nothing is written."""

from typing import Any

from trainhub.plugin_api import Upload
from trainhub_oneroster.deviations import NAMES, sentences
from trainhub_oneroster.files import COLUMNS, Package, fold, open_package
from trainhub_oneroster.load import NOBODY, STUDENT, Load, User, put_together

PRIVATE = ("demographics.csv", "userflags.csv", "relationships.csv")
"""Files about disability, origin, benefits and families: never opened."""
ORDER = ("manifest", "orgs", "users", "roles", "classes", "enrollments", "academicsessions")


def explain(upload: Upload) -> dict[str, Any]:
    """Return what a load says. Raises :class:`trainhub.plugin_api.Refused`."""
    package = open_package(upload)
    found = put_together({name: sheet.lines for name, sheet in package.sheets.items()})
    said = _sds(package, found) if is_sds(package) else _oneroster(found)
    return {"kind": "roster", **said, **_files(package), "problems": sentences(package, found)}


def is_sds(package: Package) -> bool:
    """Whether the files are those of School Data Sync 2.1: roles of their own, no manifest, and no status anywhere."""
    headers = {fold(text) for sheet in package.sheets.values() for text in sheet.header}
    return "roles" in package.sheets and "manifest" not in package.sheets and "status" not in headers


def _oneroster(found: Load) -> dict[str, Any]:
    version = found.version or "1.1"
    secondary = [
        {"sourcedId": key, "role": role}
        for key, held in found.roles.items()
        for _org, role, is_second in held
        if is_second
    ]
    classes = [
        {"sourcedId": c.sourced_id, "head_teacher": c.head_teacher, "students": list(c.students)} for c in found.classes
    ]
    return {
        "format": f"oneroster.{version}",
        "part": f"v{version.replace('.', '')}",
        "version": version,
        "users": [_user(u) for u in found.users],
        **({"secondary_roles": secondary} if secondary else {}),
        "enrollments": found.enrolled,
        "classes": [*classes, *({"sourcedId": key, "imported": False} for key in found.other_classes)],
    }


def _user(user: User) -> dict[str, Any]:
    """``imported`` stands only where it is a question: guardians are not, a bearer of a secondary role only is."""
    shown: dict[str, Any] = {
        "sourcedId": user.sourced_id,
        "display_name": user.name,
        "role": user.role_text,
        "orgs": list(user.orgs),
        "active": user.active,
        "identifier": user.identifier,
    }
    return shown | {"imported": user.role not in NOBODY} if user.only_secondary or user.role in NOBODY else shown


def _sds(package: Package, found: Load) -> dict[str, Any]:
    staff = [u for u in found.users if u.role != STUDENT and u.role not in NOBODY]
    ids = {line.number: line["id"] for line in package.sheets["users"].lines}
    return {
        "format": "sds.v2.1",
        "part": "sds",
        "staff": [
            {
                "sourcedId": u.sourced_id,
                "display_name": u.name,
                "roles": [[org, role] for org, role, _second in found.roles.get(u.sourced_id, ())],
            }
            for u in staff
        ],
        "students": [u.sourced_id for u in found.users if u.role == STUDENT],
        "not_imported": [
            *(ids[n] for n in found.without_role),
            *(u.sourced_id for u in found.users if u.role in NOBODY),
        ],
        "classes": [
            {"sourcedId": c.sourced_id, "teachers": list(c.teachers), "students": list(c.students)}
            for c in found.classes
        ],
    }


def _files(package: Package) -> dict[str, Any]:
    opened = [f"{NAMES.get(name, name)}.csv" for name in ORDER if name in package.sheets and name in COLUMNS]
    secret = [
        f"{name}.csv:password"
        for name, sheet in package.sheets.items()
        if "password" in map(str.casefold, sheet.header)
    ]
    private = [name for wanted in PRIVATE for name in package.unopened if name.lower() == wanted]
    unused = [name for name in package.unopened if name not in private]
    return {"read": opened, "never_read": [*private, *secret], **({"unused": unused} if unused else {})}
