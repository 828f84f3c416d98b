"""Who takes part in a course of a learning system, as LTI 1.3 Names and Role Provisioning Services 2.0 answers.

A list of members is no attendance and no roster of the school (a course may hold pupils, and guests): it is explained, never
imported. What the platform withholds stays unknown.
"""

import re
from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.documents import looks_like_json, read_json, records

FORMAT = "lti.nrps.v2"
MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
ORDER = ("instructor", "administrator", "contentdeveloper", "mentor", "manager", "officer", "member", "learner")
"""Of several roles the first of these is shown."""
_SUB_ROLE = re.compile(r"membership/([A-Za-z]+)#")


def documents_of(upload: Upload) -> tuple[dict[str, Any], ...]:
    """Return the membership containers of a file, none where it holds something else."""
    try:
        found = read_json(upload) if looks_like_json(upload.content) else ()
    except Refused:
        return ()
    return tuple(d for one in found for d in (one if isinstance(one, list) else [one]) if _is_container(d))


def _is_container(value: Any) -> bool:
    members = value.get("members") if isinstance(value, dict) else None
    if not isinstance(members, list) or not isinstance(value.get("context"), dict):
        return False
    return all(isinstance(one, dict) and "user_id" in one and isinstance(one.get("roles"), list) for one in members)


def explain(upload: Upload) -> dict[str, Any]:
    """Return the members, each with what identifies the person. Raises :class:`Refused`."""
    documents = documents_of(upload)
    if not documents:
        raise Refused("not_a_table")
    return {
        "kind": "members",
        "format": FORMAT,
        "media_type": MEDIA_TYPE,
        "next_page": "Link header rel=next",
        "context": str(documents[0]["context"].get("title", ""))[:200],
        "members": [_member(one) for one in records(documents, ("members",))],
    }


def _member(one: Mapping[str, Any]) -> dict[str, Any]:
    name = _text(one, "name") or _text(one, "family_name") + _text(one, "given_name")
    who = {"staff_no": _text(one, "lis_person_sourcedid"), "email": _text(one, "email"), "name": name}
    shown: dict[str, Any] = {
        "user_id": _text(one, "user_id"),
        "person_key": who if any(who.values()) else None,
        "role": role_of([str(role) for role in one["roles"]]),
        "active": _text(one, "status").casefold() in ("", "active"),
    }
    return shown if any(who.values()) else shown | {"problem": "no name/email/sourcedid released: keep unmatched"}


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    return value.strip()[:200] if isinstance(value, str) else ""


def role_of(roles: list[str]) -> str:
    """Return the role in the course, in small letters: from a URI, a sub-role's URI or the short form; "" where there is none."""
    names = set()
    for role in roles:
        sub = _SUB_ROLE.search(role)
        if sub is not None:
            names.add(sub[1].casefold())
        elif "membership#" in role or not role.startswith("http"):
            names.add(role.rpartition("#")[2].casefold())
    return next((name for name in ORDER if name in names), min(names, default=""))
