"""What the words of DingTalk mean: results of punches, and approvals linked to a day."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from trainhub.plugin_api import SessionFrame
from trainhub.plugin_api.cells import fold_text, school_moment
from trainhub.plugin_api.leave import Leave, leave_of


@dataclass(frozen=True, slots=True)
class Result:
    """What the result of one punch says. ``counts`` False: whatever time stands beside it is no punch."""

    counts: bool = True
    leave: Leave | None = None
    flags: tuple[str, ...] = ()


_CHANGED = re.compile(r"管理员.*改为|由.{0,20}改为|手动改")
_NO_PUNCH = re.compile(r"缺卡|未打卡|^旷工$|^休息|不在考勤组|未排班")
_KNOWN = re.compile(r"正常|迟到|早退|旷工|加班|打卡|无需|--|^$")


@lru_cache(maxsize=4_096)
def result_of(text: str) -> Result:
    """Read a result such as 正常, 缺卡, 请假, 外勤, 补卡审批通过, 管理员X改为正常."""
    words = fold_text(text)
    if "无效" in words:
        return Result(counts=False, flags=("invalid_punch_dropped",))
    if _CHANGED.search(words):
        return Result(counts=not _NO_PUNCH.search(words.rpartition("改为")[2]), flags=("admin_override",))
    if "补卡" in words:
        return Result(flags=("approved_makeup",))
    if "外勤" in words:
        return Result(flags=("out_of_range",))
    if _NO_PUNCH.search(words):
        return Result(counts=False)
    leave = leave_of(words)
    if leave is not None:
        return Result(leave=leave)
    return Result(flags=() if _KNOWN.search(words) else ("remark_needs_check",))


_STAMP = r"(?:([0-9]{4})[-/.])?([0-9]{1,2})[-/.]([0-9]{1,2})\s*(上午|下午|[0-9]{1,2}:[0-9]{2})?"
_RANGE = re.compile(rf"{_STAMP}\s*(?:到|至|~|—)\s*{_STAMP}")


@dataclass(frozen=True, slots=True)
class Approval:
    """Leave linked to a day. ``covers``: all of the session; ``touches``: a part of it, or nobody can say."""

    leave: Leave
    covers: bool = False
    touches: bool = False


def approval_of(text: str, day: date, frame: SessionFrame) -> Approval | None:
    """Read 关联的审批单: ``事假03-05 14:00到03-05 16:00 0.5天``. A made-up punch or overtime is no leave."""
    words = fold_text(text)
    leave = leave_of(words)
    if leave is None:
        return None
    spans = [_span(found.groups(), day.year) for found in _RANGE.finditer(words)]
    known = [s for s in spans if s is not None]
    if not known:
        return Approval(leave, touches=True)
    covers = any(a <= frame.starts_at and b >= frame.ends_at for a, b in known)
    return Approval(leave, covers, covers or any(a < frame.ends_at and b > frame.starts_at for a, b in known))


def _span(parts: tuple[str | None, ...], year: int) -> tuple[datetime, datetime] | None:
    """Return both ends; 上午 ends at noon, 下午 begins there, a bare day is the whole day."""
    first, last = parts[:4], parts[4:]
    try:
        start = date(int(first[0] or year), int(first[1] or 0), int(first[2] or 0))
        end = date(int(last[0] or first[0] or year), int(last[1] or 0), int(last[2] or 0))
        return (
            school_moment(start, _clock(first[3], time(), time(12))),
            school_moment(end, _clock(last[3], time(12), time()), next_day=last[3] in (None, "下午")),
        )
    except ValueError:
        return None


def _clock(text: str | None, morning: time, afternoon: time) -> time:
    if text == "上午" or text is None:
        return morning if text else time()
    if text == "下午":
        return afternoon
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute)) if int(hour) < 24 else time(23, 59)


def whole_day(start: date, end: date) -> list[date]:
    """Return the days from start to end, both included; a range no report covers gives []."""
    length = (end - start).days
    return [start + timedelta(days=n) for n in range(length + 1)] if 0 <= length < 400 else []
