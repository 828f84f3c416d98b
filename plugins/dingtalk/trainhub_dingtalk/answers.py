"""Saved answers of DingTalk's interfaces: attendance/list, attendance/listRecord and check-ins, by their shape.

A record of somebody who did **not** punch carries the scheduled time as ``userCheckTime``: it is never a punch.
Addresses, coordinates, pictures and device ids are not taken.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from trainhub.plugin_api import ReadResult, Refused, SessionFrame
from trainhub.plugin_api.cells import epoch_moment, fold_text, local_day_of
from trainhub.plugin_api.days import DayBook, PersonDay, Who, in_window
from trainhub.plugin_api.documents import records

Kind = Literal["attendance_list", "listrecord", "checkin.v1"]
_LISTS = ("recordresult", "pageList", "page_list", "data", "list", "records")
_DETAILS = frozenset({"isLegal", "bizId", "gmtCreate", "userAddress", "locationMethod", "invalidRecordType"})
_SOURCES = {"BOSS": "admin_override", "APPROVE": "approved_makeup", "AUTO_CHECK": "auto_check"}
Record = Mapping[str, Any]


def kind_of(documents: tuple[Any, ...]) -> Kind | None:
    """Return which interface answered, by the names its first records use."""
    found: Kind | None = None
    for number, record in enumerate(records(documents, _LISTS)):
        if (
            _user(record)
            and "userCheckTime" in record
            and ("timeResult" in record or "checkType" in record or "workDate" in record)
        ):
            found = "listrecord" if _DETAILS & record.keys() or found == "listrecord" else "attendance_list"
        elif (
            _user(record)
            and _checkin_time(record) is not None
            and ("place" in record or "detailPlace" in record or "detail_place" in record)
        ):
            return "checkin.v1"
        if number >= 50:
            break
    return found


def read(documents: tuple[Any, ...], frame: SessionFrame) -> ReadResult:
    """Return one reading per person of the session's day. Raises :class:`Refused`."""
    kind = kind_of(documents)
    if kind is None:
        raise Refused("no_data" if _is_empty(documents) else "no_header")
    reader = _Reader(frame)
    reader.take(records(documents, _LISTS), reader.checkin if kind == "checkin.v1" else reader.punch)
    return ReadResult(
        format=f"dingtalk.{kind}.json",
        readings=reader.book.readings(),
        dropped=tuple(reader.book.dropped),
        warnings=reader.book.warnings(),
        encoding="utf-8",
        confidence=98,
    )


def _is_empty(documents: tuple[Any, ...]) -> bool:
    return not any(True for _record in records(documents, _LISTS))


def _user(record: Record) -> str:
    value = record.get("userId", record.get("userid"))
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _checkin_time(record: Record) -> datetime | None:
    return next((m for k in ("checkinTime", "checkin_time", "timestamp") if (m := epoch_moment(record.get(k)))), None)


def _text(record: Record, *names: str) -> str:
    return next((v for n in names if isinstance(v := record.get(n), str) and v), "")


class _Reader:
    """Puts records together by person and working day."""

    def __init__(self, frame: SessionFrame) -> None:
        self.frame = frame
        self.book = DayBook(frame)
        self.ids: set[str] = set()

    def take(self, found: Iterable[Record], handle: Callable[[int, Record], None]) -> None:
        """Handle every record once: pages may overlap, and ``id`` is DingTalk's own key."""
        for number, record in enumerate(found, 1):
            key = str(record.get("id") or "")
            if key and key in self.ids:
                self.book.drop(number, "repeated_row")
            elif not _user(record):
                self.book.drop(number, "no_identity")
            else:
                self.ids.add(key)
                handle(number, record)

    def _entry(self, number: int, record: Record, *moments: datetime | None) -> PersonDay | None:
        who = Who(_user(record), name=_text(record, "name"))
        return self.book.entry(who, number, *(local_day_of(m) if m else None for m in moments))

    def punch(self, number: int, record: Record) -> None:
        """Take a record of attendance/list or attendance/listRecord."""
        moment, working = epoch_moment(record.get("userCheckTime")), epoch_moment(record.get("workDate"))
        entry = self._entry(number, record, working, moment)
        if entry is None:
            return
        if "NotSigned" in (record.get("timeResult"), record.get("locationResult")):
            if record.get("approveId") or record.get("procInstId"):
                entry.flag("linked_approval_needs_check")
            return
        outside = record.get("locationResult") == "Outside"
        if _text(record, "invalidRecordType", "invalidRecordMsg") or (record.get("isLegal") == "N" and not outside):
            entry.flag("invalid_punch_dropped")
            return
        if moment is None:
            entry.flag("time_unreadable")
            return
        entry.punches.append(moment)
        if outside:
            entry.flag("out_of_range")
        changed = _SOURCES.get(str(record.get("sourceType")))
        if changed:
            entry.flag(changed)

    def checkin(self, number: int, record: Record) -> None:
        """Take a check-in. Remarks and visited persons never say who was there."""
        moment = _checkin_time(record)
        entry = self._entry(number, record, moment)
        if entry is None or moment is None:
            return
        entry.punches.append(moment)
        if in_window([moment], self.frame) and not same_place(_places(record), self.frame.place):
            entry.flag("place_mismatch")


def _places(record: Record) -> list[str]:
    return [_text(record, *names) for names in (("place",), ("detailPlace", "detail_place"))]


def same_place(places: Iterable[str], room: str) -> bool:
    """Whether the room is named by a check-in; where either says nothing, nothing differs."""
    wanted = "".join(fold_text(room).split())
    told = [p for place in places if (p := "".join(fold_text(place).split()))]
    return not wanted or not told or any(wanted in p or (p in wanted and len(p) > 1) for p in told)
