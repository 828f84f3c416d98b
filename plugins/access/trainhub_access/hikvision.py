"""Events of Hikvision access control: saved answers of the AcsEvent search, and events a controller pushed.

A door that opened is a punch; a card that was refused, a face that was not known and everything without an employee
number is none. Pictures, masks and temperatures are not taken.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from trainhub.plugin_api import ReadResult, Refused, SessionFrame, Upload
from trainhub.plugin_api.cells import SCHOOL_ZONE, local_day_of
from trainhub.plugin_api.days import DayBook, Who
from trainhub.plugin_api.documents import looks_like_json, read_json, records
from trainhub.plugin_api.limits import LIMITS
from trainhub_access.passages import with_numbers

ACCESS = 5
OPENED = frozenset({1, 38, 75})
"""Minor codes of somebody who was let in: by card, by fingerprint, by face."""
_LISTS = ("InfoList", "AcsEventInfo")
_BOUNDARY = re.compile(rb"^--[0-9A-Za-z'()+_,./:=?-]{1,70}")
_MOST_PARTS = 20_000
Record = Mapping[str, Any]


def looks_like_events(content: bytes) -> bool:
    """Whether bytes start as JSON or as the parts of a pushed event do."""
    head = content[:300].lstrip(b"\r\n\t \xef\xbb\xbf")
    return looks_like_json(content) or (bool(_BOUNDARY.match(head)) and b"content-" in content[:2_000].lower())


def documents_of(upload: Upload) -> tuple[Any, ...]:
    """Return the JSON of a file; of parts, those that are JSON. Raises :class:`Refused`."""
    if looks_like_json(upload.content):
        return read_json(upload)
    content = upload.content
    if len(content) > LIMITS.upload_bytes:
        raise Refused("too_large", limit_mb=LIMITS.upload_bytes // 2**20)
    found = _BOUNDARY.match(content.lstrip(b"\r\n\t \xef\xbb\xbf"))
    parts = content.split(found.group(0)) if found else []
    if len(parts) > _MOST_PARTS:
        raise Refused("too_many_rows", limit=_MOST_PARTS)
    return tuple(value for part in parts if (value := _json_part(part)) is not None)


def _json_part(part: bytes) -> Any:
    """Return the JSON of one part; a picture gives None."""
    blank = re.search(rb"\r?\n\r?\n", part)
    body = part[blank.end() :].strip() if blank else b""
    if not body.startswith((b"{", b"[")):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused("bad_json") from error


def events_of(documents: tuple[Any, ...]) -> Iterator[Record]:
    """Yield events in the form of the search, whichever way they came."""
    for document in documents:
        alert = document.get("EventNotificationAlert", document) if isinstance(document, dict) else document
        if isinstance(alert, dict) and isinstance(alert.get("AccessControllerEvent"), dict):
            yield _of_alert(alert)
        elif isinstance(alert, list):
            yield from events_of(tuple(alert))
        else:
            yield from records((alert,), _LISTS)


def _of_alert(alert: Record) -> Record:
    event: Record = alert["AccessControllerEvent"]
    return {
        **{k: event.get(k) for k in ("name", "employeeNoString", "cardNo", "serialNo", "doorNo", "cardReaderNo")},
        "major": event.get("majorEventType"), "minor": event.get("subEventType"), "time": alert.get("dateTime"),
        "device": alert.get("macAddress") or alert.get("ipAddress") or "",
    }  # fmt: skip


def has_events(upload: Upload) -> bool:
    """Whether the first records are events of a controller."""
    for number, record in enumerate(events_of(documents_of(upload))):
        if {"major", "minor", "time"} <= record.keys():
            return True
        if number >= 50:
            break
    return _is_empty_answer(documents_of(upload))


def _is_empty_answer(documents: tuple[Any, ...]) -> bool:
    return any(isinstance(d, dict) and isinstance(d.get("AcsEvent"), dict) for d in documents)


def read(upload: Upload, frame: SessionFrame) -> ReadResult:
    """Return one reading per person of the session's day. Raises :class:`Refused`."""
    documents = documents_of(upload)
    if not has_events(upload):
        raise Refused("no_header")
    book, cards, known = DayBook(frame), dict[str, str](), set[tuple[Any, ...]]()
    for number, record in enumerate(events_of(documents), 1):
        key = (record.get("device", ""), record.get("serialNo"), record.get("time"))
        if record.get("serialNo") is not None and key in known:
            book.drop(number, "repeated_row")
            continue
        known.add(key)
        _take(book, cards, number, record)
    return ReadResult(
        format="hikvision.acsevent.json",
        readings=with_numbers(book.readings(), cards),
        dropped=tuple(book.dropped),
        warnings=book.warnings(),
        encoding="utf-8",
        confidence=98,
    )


def _take(book: DayBook, cards: dict[str, str], number: int, record: Record) -> None:
    staff_no = _text(record, "employeeNoString") or _text(record, "employeeNo")
    if _number(record, "major") != ACCESS or _number(record, "minor") not in OPENED:
        book.drop(number, "not_let_in")
        return
    if not staff_no:
        book.drop(number, "no_identity")
        return
    moment = _moment(record.get("time"))
    who = Who(staff_no=staff_no, name=_text(record, "name"))
    entry = book.entry(who, number, local_day_of(moment) if moment else None)
    if entry is not None and moment is not None:
        entry.punches.append(moment)
        if card := _text(record, "cardNo"):
            cards.setdefault(who.key, card)


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return str(value).strip()[:80] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _number(record: Record, name: str) -> int:
    value = record.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _moment(value: object) -> datetime | None:
    """Read a time with its offset; one without is the school's own. Whole minutes."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=SCHOOL_ZONE)
    try:
        return moment.astimezone(SCHOOL_ZONE).replace(second=0, microsecond=0)
    except (OverflowError, ValueError):
        return None
