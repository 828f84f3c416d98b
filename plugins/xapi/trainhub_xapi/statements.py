"""cmi5 statements as plain values: who, what, when, how long. Everything else in them is never read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trainhub.plugin_api.documents import records

CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
VERBS = {
    "http://adlnet.gov/expapi/verbs/launched": "launched",
    "http://adlnet.gov/expapi/verbs/initialized": "initialized",
    "http://adlnet.gov/expapi/verbs/completed": "completed",
    "http://adlnet.gov/expapi/verbs/passed": "passed",
    "http://adlnet.gov/expapi/verbs/failed": "failed",
    "http://adlnet.gov/expapi/verbs/terminated": "terminated",
    "http://adlnet.gov/expapi/verbs/voided": "voided",
    "https://w3id.org/xapi/adl/verbs/abandoned": "abandoned",
    "https://w3id.org/xapi/adl/verbs/waived": "waived",
    "https://w3id.org/xapi/adl/verbs/satisfied": "satisfied",
}
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:([\d.]{1,12})H)?(?:([\d.]{1,12})M)?(?:([\d.]{1,12})S)?)?")
MOST_SECONDS = 48 * 3600


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``row`` counts from 1; ``account`` is "" where the actor is known by a mail address only."""

    row: int
    id: str
    account: str
    verb: str
    activity: str
    voids: str
    at: datetime | None
    seconds: float | None


def statements(documents: tuple[Any, ...]) -> Iterator[Statement]:
    """Yield the cmi5 statements of an answer, in its order."""
    for row, item in enumerate(records(documents, ("statements",)), 1):
        verb = VERBS.get(str(_inside(item, "verb").get("id", "")), "")
        if verb and (verb == "voided" or _is_cmi5(item)):
            thing = _inside(item, "object")
            yield Statement(
                row,
                str(item.get("id", "")).lower(),
                str(_inside(_inside(item, "actor"), "account").get("name", "")).strip()[:60],
                verb,
                str(thing.get("id", ""))[:300],
                str(thing.get("id", "")).lower() if verb == "voided" else "",
                _moment(item.get("timestamp")),
                seconds_of(_inside(item, "result").get("duration")),
            )


def looks_like_statements(documents: tuple[Any, ...]) -> bool:
    """Whether an answer holds statements of cmi5."""
    return any(True for _ in statements(documents))


def _inside(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _is_cmi5(item: Mapping[str, Any]) -> bool:
    held = _inside(_inside(item, "context"), "contextActivities").get("category")
    groups = held if isinstance(held, list) else [held]
    return any(isinstance(one, dict) and one.get("id") == CMI5 for one in groups)


def _moment(text: Any) -> datetime | None:
    """Return an aware moment; one without an offset says nothing certain."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def seconds_of(text: Any) -> float | None:
    """Return an ISO 8601 duration in seconds: ``PT20M12.5S``, ``PT0.5H``; None for anything else or an absurd one."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()) or text.endswith("T"):
        return None
    try:
        days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
        whole = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
    except (ValueError, OverflowError):
        return None
    return whole if whole <= MOST_SECONDS else None
