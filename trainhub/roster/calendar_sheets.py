"""Calendars as schools and bureaus publish them: days off, make-up workdays and whose lessons they have. Pure.

Read from a table (a day or a stretch of days a row) or from an iCalendar file of whole days, as calendar programs
write public holidays. Nothing is concluded from what a row does not say.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from trainhub.plugin_api.cells import day_of, text_of
from trainhub.plugin_api.contracts import Refused
from trainhub.plugin_api.headers import cell_at, find_header, labels_to_fields
from trainhub.plugin_api.tables import Cell, Tables
from trainhub.roster.calendar_rules import SchoolCalendar, each_day
from trainhub.roster.timetable_sheets import Trouble, weekday_of

LONGEST = 92
"""Days of one stretch at most; a longer one is a misread date (the summer vacation has about 62)."""
MOST_DAYS = 1_000
MOST_EVENTS = 2_000

LABELS: dict[str, tuple[str, ...]] = {
    "day": ("日期", "时间", "日", "放假日期", "调休日期", "起止日期", "day", "date"),
    "first": ("开始日期", "起始日期", "开始时间", "起", "从", "start"),
    "last": ("结束日期", "截止日期", "结束时间", "止", "至", "end"),
    "kind": ("类型", "安排", "性质", "类别", "上课或放假", "放假或上课", "放假/上课", "日期类型"),
    "reason": ("事由", "原因", "说明", "备注", "名称", "节日", "假期名称", "节假日", "内容"),
    "follows": ("课表", "上哪天的课", "按星期几上课", "补课安排", "补哪天的课", "执行课表", "对应星期", "补周几"),
}
_FIELD_OF = labels_to_fields(LABELS)

_FOLLOWS = re.compile(r"(?:上|补|按|行|执行|照|用)(?:本周|下周|上周)?的?(?:星期|周|礼拜)([一二三四五六日天1-7])(?:的)?(?:课|课程|课表|行课|$)")
_OFF = re.compile(r"放假|休息|停课|假期|不上课|休假|\(休\)|^休$")
_SCHOOL = re.compile(r"上课|补课|补班|上班|行课|\(班\)|^班$|正常教学")
_SPLIT = re.compile(r"\s*(?:至|到|~|—|–|--|-(?=\s*[0-9]{1,2}\s*[月日号])|-(?=\s*[0-9]{4}))\s*")
_UNFOLD = re.compile(r"\r?\n[ \t]")

Kind = Literal["off", "school"]


@dataclass(frozen=True, slots=True)
class SaidDay:
    """A day as the file says it. ``follows_weekday`` 1-7 where it says whose lessons the day has."""

    place: str
    day: date
    kind: Kind
    reason: str = ""
    follows_weekday: int | None = None


@dataclass(frozen=True, slots=True)
class CalendarSheet:
    """What a file gave, in order of day."""

    days: tuple[SaidDay, ...]
    troubles: tuple[Trouble, ...] = ()


def read_days(tables: Tables, school_year: str) -> CalendarSheet:
    """Read a table of days. ``school_year`` (2026-2027) gives the year to days written without one.

    Raises ``Refused("no_header")`` where no column of days is found.
    """
    days: list[SaidDay] = []
    troubles: list[Trouble] = []
    found = False
    for table in tables:
        header = find_header(table, _FIELD_OF.get, ("day", "first"))
        if header is None or len(header.columns()) < 2:
            continue
        found, places = True, header.places()
        for number, row in enumerate(table.rows[header.last + 1 :], header.last + 2):
            cells = {name: cell_at(row, place) for name, place in places.items()}
            if any(text_of(cell) for cell in cells.values()):
                _row(f"{table.sheet} {number}".strip(), cells, school_year, days, troubles)
    if not found:
        raise Refused("no_header")
    return _sheet(days, troubles)


def _row(place: str, cells: Mapping[str, Cell], school_year: str, days: list[SaidDay], troubles: list[Trouble]) -> None:
    first, last = _stretch(cells, school_year)
    shown = text_of(cells.get("day")) or text_of(cells.get("first"))
    if first is None or last is None:
        if any(char.isdecimal() for char in shown):  # else a footer or a heading
            troubles.append(Trouble(place, "day_unreadable", {"text": shown[:40]}))
        return
    if not 0 <= (last - first).days < LONGEST:
        troubles.append(Trouble(place, "stretch_too_long", {"text": shown[:40], "most": LONGEST}))
        return
    words = {name: _folded(text_of(cells.get(name))) for name in ("kind", "reason", "follows")}
    follows = _follows(words)
    for day in each_day(first, last):
        kind = "school" if follows else kind_of(words["kind"] or words["reason"], day)
        if kind is None:
            troubles.append(Trouble(place, "kind_unclear", {"text": (words["kind"] or words["reason"])[:40], "day": day.isoformat()}))
            return
        days.append(SaidDay(place, day, kind, (words["reason"] or _plain_kind(words["kind"]))[:80], follows))


def _sheet(days: list[SaidDay], troubles: list[Trouble]) -> CalendarSheet:
    """One answer a day: a repetition is dropped, a contradiction is trouble and the first stands."""
    if len(days) > MOST_DAYS:
        raise Refused("too_many_rows", limit=MOST_DAYS)
    chosen: dict[date, SaidDay] = {}
    for one in days:
        other = chosen.setdefault(one.day, one)
        if (other.kind, other.follows_weekday) != (one.kind, one.follows_weekday):
            troubles.append(Trouble(one.place, "day_twice", {"day": one.day.isoformat(), "at": other.place}))
    return CalendarSheet(tuple(chosen[day] for day in sorted(chosen)), tuple(troubles))


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _plain_kind(text: str) -> str:
    return "" if text in ("放假", "上课", "休息", "调休", "补课", "停课", "休", "班") else text


def _stretch(cells: Mapping[str, Cell], school_year: str) -> tuple[date | None, date | None]:
    if text_of(cells.get("first")):
        first = day_in_year(cells.get("first"), school_year)
        last = day_in_year(cells.get("last"), school_year) if text_of(cells.get("last")) else first
        return first, last
    cell = cells.get("day")
    whole = day_in_year(cell, school_year)
    if whole is not None or not isinstance(cell, str):
        return whole, whole
    parts = [p for p in _SPLIT.split(unicodedata.normalize("NFKC", cell)) if p]
    if len(parts) != 2:
        return None, None
    first = day_in_year(parts[0], school_year)
    if first is not None and re.fullmatch(r"[0-9]{1,2}\s*[日号]?", parts[1]):  # 10月1日至7日
        parts[1] = f"{first.month}月{parts[1].rstrip('日号 ')}日"
    last = day_in_year(parts[1], school_year)
    if first and last and last < first and not re.search(r"[0-9]{4}", parts[1]):
        last = None
    return first, last


def day_in_year(cell: Cell, school_year: str) -> date | None:
    """The day a cell says; one without a year lies in the school year (August to July)."""
    start = int(school_year[:4])
    found = day_of(cell)
    if found is not None:
        return found
    here = day_of(cell, start)
    if here is None or here.month < 8:
        return day_of(cell, start + 1)
    return here


def kind_of(words: str, day: date) -> Kind | None:
    """What words say of a day: off, school, or None. A bare 调休 is a workday at the weekend, else unclear."""
    off, school = _OFF.search(words), _SCHOOL.search(words)
    if school and not off:
        return "school"
    if off and not school:
        return "off"
    if off and school:
        return None
    return "school" if "调休" in words and day.weekday() >= 5 else None


def _follows(words: Mapping[str, str]) -> int | None:
    for text in words.values():
        found = _FOLLOWS.search(text)
        if found:
            return weekday_of(found.group(1))
    return weekday_of(words["follows"].removesuffix("课表").removesuffix("的课")) if words["follows"] else None


# --- iCalendar --------------------------------------------------------------------------------------


def read_calendar_file(content: bytes) -> CalendarSheet:
    """Read the whole days of an iCalendar file whose titles say 放假 or 上课 (休, 班, 补班). Raises ``Refused``.

    Events with a time of day, repeated events and titles that say neither are counted, not guessed at.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    if "BEGIN:VCALENDAR" not in text[:2000].upper() or "\x00" in text:
        raise Refused("not_a_table")
    days: list[SaidDay] = []
    left_out = 0
    events = _events(_UNFOLD.sub("", text))
    for number, event in enumerate(events, 1):
        said = _event_days(str(number), event)
        left_out += not said
        days += said
    troubles = [Trouble("", "events_left_out", {"count": left_out}, blocks=False)] if left_out else []
    if not days:
        raise Refused("no_data")
    return _sheet(days, troubles)


def _events(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    inside: dict[str, str] | None = None
    for line in text.splitlines():
        head, _, value = line.partition(":")
        name = head.partition(";")[0].strip().upper()
        if name == "BEGIN" and value.strip().upper() == "VEVENT":
            inside = {}
        elif name == "END" and value.strip().upper() == "VEVENT" and inside is not None:
            found.append(inside)
            inside = None
            if len(found) > MOST_EVENTS:
                raise Refused("too_many_rows", limit=MOST_EVENTS)
        elif inside is not None and name in ("DTSTART", "DTEND", "SUMMARY", "RRULE", "STATUS"):
            inside.setdefault(name, value.strip())
    return found


def _event_days(place: str, event: Mapping[str, str]) -> list[SaidDay]:
    first, after = _ics_day(event.get("DTSTART", "")), _ics_day(event.get("DTEND", ""))
    title = _folded(re.sub(r"\\[nN]", " ", event.get("SUMMARY", "")).replace("\\", ""))
    if first is None or "RRULE" in event or event.get("STATUS", "").upper() == "CANCELLED":
        return []
    last = after - timedelta(days=1) if after and after > first else first
    follows = _follows({"reason": title, "follows": ""})
    kind = "school" if follows else kind_of(title, first)
    if kind is None or (last - first).days >= LONGEST:
        return []
    return [SaidDay(place, day, kind, title[:80], follows) for day in each_day(first, last)]


def _ics_day(value: str) -> date | None:
    if re.fullmatch(r"[0-9]{8}", value) is None:
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None


# --- what a file would change -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """A day of the file: ``outcome`` new, changed or unchanged, and what the calendar said before."""

    said: SaidDay
    outcome: str
    before: str


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """What a file of days would do."""

    days: tuple[PlannedDay, ...]
    troubles: tuple[Trouble, ...]

    @property
    def changes(self) -> tuple[PlannedDay, ...]:
        """Days that would be written."""
        return tuple(one for one in self.days if one.outcome != "unchanged")

    @property
    def counts(self) -> dict[str, int]:
        """Numbers for the ledger and the pages."""
        new, changed = (sum(one.outcome == word for one in self.days) for word in ("new", "changed"))
        return {"new": new, "changed": changed, "unchanged": len(self.days) - new - changed, "problem": sum(t.blocks for t in self.troubles)}


def plan_days(said: Sequence[SaidDay], troubles: Sequence[Trouble], calendar: SchoolCalendar, own: Mapping[date, Any]) -> CalendarPlan:
    """Compare a file with the calendar. ``own`` are the organisation's own days by day (kind, reason, follows_weekday).

    What the calendar says anyway (a public holiday, a weekend off) is not written a second time.
    """
    more = list(troubles)
    found = []
    for one in said:
        kind, held = calendar.kind(one.day), own.get(one.day)
        if held is not None:
            same = (held.kind, held.follows_weekday) == (one.kind, one.follows_weekday) and (not one.reason or held.reason == one.reason)
            outcome = "unchanged" if same else "changed"
        else:
            agrees = kind.teaching == (one.kind == "school") and one.follows_weekday == calendar.follows.get(one.day)
            outcome = "unchanged" if agrees else "new"
        if one.kind == "school" and one.follows_weekday is None and one.day.weekday() >= 5:
            more.append(Trouble(one.place, "follows_nothing", {"day": one.day.isoformat()}, blocks=False))
        found.append(PlannedDay(one, outcome, kind.code))
    return CalendarPlan(tuple(found), tuple(more))


def day_to_json(one: SaidDay) -> list[Any]:
    """A day as it is staged."""
    return [one.place, one.day.isoformat(), one.kind, one.reason, one.follows_weekday]


def day_from_json(data: Sequence[Any]) -> SaidDay:
    """A day as it was staged."""
    place, day, kind, reason, follows = data
    return SaidDay(place, date.fromisoformat(day), kind, reason, follows)


def content_of(days: Sequence[SaidDay]) -> str:
    """The digest of what a file says."""
    return hashlib.sha256("\n".join(str(day_to_json(one)[1:]) for one in days).encode()).hexdigest()
