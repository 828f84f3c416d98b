"""A credential read back: whether it has what Open Badges 3.0 demands, and what it says. Signatures are not judged here."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.documents import looks_like_json, read_json

VC, OB = "https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context"
_KEY_IN_ID = re.compile(r"/credentials/[^/?#]*-([A-Za-z0-9]{1,40})$")


def document_of(upload: Upload) -> dict[str, Any] | None:
    """Return the credential of a file, None where it is none."""
    try:
        found = read_json(upload)[0] if looks_like_json(upload.content) else None
    except Refused:
        return None
    types = found.get("type") if isinstance(found, dict) else None
    named = (
        {"OpenBadgeCredential", "AchievementCredential"} & set(map(str, types)) if isinstance(types, list) else set()
    )
    return found if isinstance(found, dict) and named else None


def explain(upload: Upload) -> dict[str, Any]:
    """Return format, structure, holder and hours. Raises :class:`Refused`."""
    document = document_of(upload)
    if document is None:
        raise Refused("not_a_table")
    problems = list(_problems(document))
    subject = _part(document, "credentialSubject")
    earned = subject.get("creditsEarned")
    return {
        "kind": "certificate",
        "format": "openbadges.3.0",
        "valid_structure": not problems,
        "problems": problems,
        "person_key": _holder(document, subject),
        "class_hours": earned if isinstance(earned, int | float) and not isinstance(earned, bool) else None,
        "title": str(_part(subject, "achievement").get("name", ""))[:200],
        "issuer": str(_part(document, "issuer").get("name", ""))[:200],
        "valid_from": str(document.get("validFrom", ""))[:40],
        "valid_until": str(document.get("validUntil", ""))[:40],
        "signed": isinstance(document.get("proof"), dict | list),
    }


def _part(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _holder(document: Mapping[str, Any], subject: Mapping[str, Any]) -> dict[str, str]:
    """Who holds it: an identifier, mostly as a hash with a salt, and the key that an id of ours ends with."""
    who: dict[str, str] = {}
    named = _KEY_IN_ID.search(str(document.get("id", "")))
    if named is not None:
        who["code"] = named[1]
    identifiers = subject.get("identifier")
    for one in identifiers if isinstance(identifiers, list) else [identifiers]:
        if not isinstance(one, dict) or "identityHash" not in one:
            continue
        text = str(one["identityHash"])
        if one.get("hashed") is not True:
            who.setdefault("code", text[:120])
        elif text.startswith("sha256$"):
            who |= {"digest": text.removeprefix("sha256$"), "salt": str(one.get("salt", ""))}
    return who


def _problems(document: Mapping[str, Any]) -> list[str]:
    contexts = document.get("@context")
    contexts = list(map(str, contexts)) if isinstance(contexts, list) else []
    subject = _part(document, "credentialSubject")
    achievement = _part(subject, "achievement")
    wanted = {
        "context_credentials": contexts[:1] == [VC],
        "context_open_badges": any(text.startswith(OB) for text in contexts[1:]),
        "type": "VerifiableCredential" in document["type"],
        "id": bool(document.get("id")),
        "issuer": bool(_part(document, "issuer").get("id")),
        "valid_from": _moment(document.get("validFrom")) is not None,
        "valid_until": "validUntil" not in document or _moment(document["validUntil"]) is not None,
        "holder": bool(subject.get("id") or subject.get("identifier")),
        "achievement": all(achievement.get(name) for name in ("id", "type", "name", "description", "criteria")),
    }
    return [f"{name}_missing_or_wrong" for name, right in wanted.items() if not right]


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
