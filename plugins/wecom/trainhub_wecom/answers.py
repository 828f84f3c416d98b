"""Saved answers of WeCom's interface ``getcheckindata``.

A record whose ``exception_type`` says 未打卡 carries the scheduled second as ``checkin_time``: it is never a
punch. An outdoor sign-in (外出打卡) is never presence in the room. The interface knows no leave.
Places, coordinates, networks, pictures and device ids are not taken.
"""

import re
from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import ReadResult, Refused, SessionFrame
from trainhub.plugin_api.cells import epoch_moment, local_day_of
from trainhub.plugin_api.days import DayBook, Who
from trainhub.plugin_api.documents import records
from trainhub_wecom.states import flags_of

_LISTS = ("checkindata",)
_SEPARATOR = re.compile(r"[;；,，、]")
Record = Mapping[str, Any]


def is_own(documents: tuple[Any, ...]) -> bool:
    """Whether the records are WeCom's, by the names the first ones use."""
    for number, record in enumerate(records(documents, _LISTS)):
        if {"userid", "checkin_type", "checkin_time"} <= record.keys():
            return True
        if number >= 50:
            break
    return False


def read(documents: tuple[Any, ...], frame: SessionFrame) -> ReadResult:
    """Return one reading per person of the session's day. Raises :class:`Refused`."""
    if not is_own(documents):
        empty = not any(True for _record in records(documents, _LISTS))
        raise Refused("no_data" if empty else "no_header")
    book = DayBook(frame)
    seen: set[tuple[object, ...]] = set()
    for number, record in enumerate(records(documents, _LISTS), 1):
        key = tuple(str(record.get(k)) for k in ("userid", "checkin_type", "checkin_time", "exception_type"))
        if not _user(record):
            book.drop(number, "no_identity")
        elif key in seen:
            book.drop(number, "repeated_row")
        else:
            seen.add(key)
            _take(book, number, record)
    return ReadResult(
        format="wecom.getcheckindata.json",
        readings=book.readings(),
        dropped=tuple(book.dropped),
        warnings=book.warnings(),
        encoding="utf-8",
        confidence=98,
    )


def _user(record: Record) -> str:
    value = record.get("userid")
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _take(book: DayBook, number: int, record: Record) -> None:
    moment = epoch_moment(record.get("checkin_time"))
    planned = epoch_moment(record.get("sch_checkin_time"))
    entry = book.entry(Who(_user(record)), number, *(local_day_of(m) if m else None for m in (moment, planned)))
    if entry is None:
        return
    exceptions = [part.strip() for part in _SEPARATOR.split(str(record.get("exception_type") or "")) if part.strip()]
    outdoor = str(record.get("checkin_type") or "").startswith("外出")
    if "未打卡" in exceptions:
        return
    if moment is None:
        entry.flag("time_unreadable")
    elif outdoor:
        if book.frame.starts_at <= moment <= book.frame.ends_at:
            entry.flag("outdoor_checkin_during_session")
    else:
        entry.punches.append(moment)
        for exception in exceptions:
            entry.flag(*flags_of(exception))
