"""What a mark, a status word or a remark claims about one person."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from functools import lru_cache
from typing import Literal

from trainhub.plugin_api.cells import fold_text, moment_of

Stated = Literal["present", "late", "absent", "excused", "left_early"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What words claim. Times are wall clock; ``early_minutes`` counts back from the end."""

    stated: Stated | None = None
    leave_type: str = ""
    late_minutes: int | None = None
    arrived: time | None = None
    left: time | None = None
    early_minutes: int | None = None
    flags: tuple[str, ...] = ()
    known: bool = True


NOTHING = Claim()
UNKNOWN = Claim(known=False)

_SAME_SIGN = {
    **dict.fromkeys("√✓✔☑✅vV", "√"),
    **dict.fromkeys("×✗✘╳❌☒xXХх", "×"),
    **dict.fromkeys("○〇◯⚪oOО", "○"),
    **dict.fromkeys("●⚫", "●"),
    **dict.fromkeys("△∆Δ", "△"),
    **dict.fromkeys("▲", "▲"),
    **dict.fromkeys("☆", "☆"),
    **dict.fromkeys("★", "★"),
}
_SIGNS = "√✓✔☑✅×✗✘╳❌☒○〇◯⚪●⚫△∆Δ▲▽▼☆★◇◆□■◎⊙⊕⊗※#@/\\+*"
_DEFAULT_SIGNS: Mapping[str, Claim] = {"√": Claim("present"), "×": Claim("absent")}

_PRESENT = {
    "到", "已到", "出勤", "已签", "已签到", "签到", "是", "正常", "全勤", "参加", "已参加", "参训", "到场", "到会", "出席", "y", "yes", "present", "p",
    "true", "1", "实到", "准时", "出勤正常", "考勤正常",
}  # fmt: skip
_ABSENT = {
    "缺", "缺席", "缺勤", "旷", "旷课", "旷工", "旷会", "旷训", "未到", "未到场", "未签", "未签到", "未参加", "未参训", "没来", "否", "n", "no",
    "absent", "false", "0", "无故缺席", "缺课", "未出勤",
}  # fmt: skip
_BLANK = {"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "n/a", "空"}

_TRIP = re.compile(
    r"公差|出差|因公|公务|公出|外出(?:学习|培训|开会|会议|教研|办事|参会)|(?:参加|到|去).{0,8}(?:会议|比赛|教研活动)|支教|借调|下乡|送教"
)
_LEAVES = (
    (re.compile(r"病假|住院|生病|就医|看病"), "sick"),
    (re.compile(r"事假"), "personal"),
    (re.compile(r"产假|陪产|护理假|育儿假|哺乳"), "maternity"),
    (re.compile(r"公假"), "official"),
    (re.compile(r"婚假|丧假|年假|探亲假|工伤假|请假|休假|假$"), "personal"),
)
_SHORT_LEAVE = {"病": "sick", "事": "personal", "产": "maternity", "假": "personal", "公": "official"}
_EXACT: dict[str, Claim] = {
    **dict.fromkeys(_BLANK, NOTHING),
    **dict.fromkeys(_PRESENT, Claim("present")),
    **dict.fromkeys(_ABSENT, Claim("absent")),
    **{word: Claim("excused", leave_type=kind) for word, kind in _SHORT_LEAVE.items()},
    "差": Claim("excused", leave_type="official", flags=("excused_business_trip",)),
}
_PROXY = re.compile(r"代签|替签|代为签|代打卡|代刷|代其签|帮签")
_NEEDS_CHECK = re.compile(r"线上|网上|网络|视频|直播|回放|录播|腾讯会议|钉钉|补签|补登|补卡|未核实|待核|存疑")
_GONE = re.compile(r"转出|转学|休学|退学|调出|离职|退休")
_LATE_MINUTES = re.compile(
    r"(?:迟到|晚到|迟)[了约]?\s*([0-9]{1,3})\s*(?:分钟?|min|')|([0-9]{1,3})\s*分钟?\s*(?:迟到|晚到)"
)
_EARLY_MINUTES = re.compile(r"(?:早退|提前|早走)[了约]?\s*([0-9]{1,3})\s*(?:分钟?|min|')")
_CLOCK = r"((?:上午|下午|中午|晚上|早上)?\s*[0-9]{1,2}\s*[:时点]\s*(?:[0-9]{1,2}|半|一刻|三刻)?\s*分?)"
_ARRIVED = re.compile(_CLOCK + r"\s*(?:才|左右|许)?\s*(?:到|签到|入场|进场|赶到|来|迟到)")
_LEFT = re.compile(_CLOCK + r"\s*(?:因.{0,6}|请假|有事|提前)?\s*(?:早退|离开|离场|离会|退场|走|签退|早走)")
_LATE = re.compile(r"迟到|晚到")
_EARLY = re.compile(r"早退|提前(?:离场|离开|离会|退场|走)|中途(?:离场|离开|退场)|早走")


def same_sign(text: str) -> str:
    """Return the one form of a sign: every tick is √, every cross is ×."""
    return _SAME_SIGN.get(text, text)


@lru_cache(maxsize=8192)
def claim_of_words(raw: str) -> Claim:
    """Read a status word or a remark. Words that say nothing about attendance give ``known=False``."""
    text = fold_text(raw)
    low = "".join(text.lower().split())
    if low in _EXACT:
        return _EXACT[low]
    if _PROXY.search(low):
        return Claim("absent", flags=("proxy_signature",))
    if _GONE.search(low):
        return Claim(flags=("transferred_out",))
    timed = _timed(low)
    if timed is not None:
        return timed
    if _NEEDS_CHECK.search(low):
        return Claim(flags=("remark_needs_check",), known=False)
    return _leave(low)


def _timed(low: str) -> Claim | None:
    """Late, early and their times; a remark may name both."""
    late, early = _LATE_MINUTES.search(low), _EARLY_MINUTES.search(low)
    arrived, left = _ARRIVED.search(low), _LEFT.search(low)
    claim = Claim(
        late_minutes=int(late.group(1) or late.group(2)) if late else None,
        early_minutes=int(early.group(1)) if early else None,
        arrived=moment_of(arrived.group(1)).clock if arrived else None,
        left=moment_of(left.group(1)).clock if left else None,
    )
    if claim == NOTHING and not (_LATE.search(low) or _EARLY.search(low)):
        return None
    if claim.left or claim.early_minutes is not None or (_EARLY.search(low) and not _LATE.search(low)):
        stated: Stated = "left_early" if claim.late_minutes is None and claim.arrived is None else "late"
        return replace(claim, stated=stated)
    return replace(claim, stated="late" if _LATE.search(low) or claim.late_minutes is not None else "present")


def _leave(low: str) -> Claim:
    if _TRIP.search(low):
        return Claim("excused", leave_type="official", flags=("excused_business_trip",))
    for pattern, kind in _LEAVES:
        if pattern.search(low):
            return Claim("excused", leave_type=kind)
    return UNKNOWN


@lru_cache(maxsize=8192)
def _claim_of_sign(raw: str, name: str) -> Claim:
    text = fold_text(raw)
    sign = same_sign(text)
    if sign in _DEFAULT_SIGNS:
        return _DEFAULT_SIGNS[sign]
    if name and "".join(text.split()) == name:
        return Claim("present")  # the clerk typed the signature itself
    words = claim_of_words(text)
    return words if words.known else replace(UNKNOWN, flags=words.flags)


def claim_of_mark(text: str, name: str = "", legend: Mapping[str, Claim] | None = None) -> Claim:
    """Read the cell of a mark column. A sign that neither legend nor custom explains stays unknown."""
    if legend:
        sign = same_sign(fold_text(text))
        if sign in legend:
            return legend[sign]
        if not sign:
            return NOTHING
        # Legends contradict each other between schools: a sign missing from this one is not guessed.
        if len(sign) == 1 and sign in _SIGNS:
            return UNKNOWN
    return _claim_of_sign(text, name)


_WAS_THERE = ("present", "late", "left_early")


def combine(claims: Iterable[Claim]) -> Claim:
    """Put mark, status and remark of one row together.

    The first statement stands and later ones may refine it (a tick with 迟到20分钟, a cross with 病假).
    Two that contradict each other (a tick with 事假) leave the row undecided, to be checked by a human.
    """
    result, contradiction = NOTHING, False
    for claim in claims:
        stated = result.stated
        if "proxy_signature" in claim.flags or stated is None:
            stated = claim.stated or stated
        elif stated == "absent" and claim.stated == "excused":
            stated = "excused"
        elif stated == "present" and claim.stated in _WAS_THERE:
            stated = claim.stated
        elif claim.stated is not None and claim.stated != stated:
            contradiction |= not (stated in _WAS_THERE and claim.stated in _WAS_THERE)
        result = Claim(
            stated=stated,
            leave_type=result.leave_type or (claim.leave_type if stated == "excused" else ""),
            late_minutes=_first(result.late_minutes, claim.late_minutes),
            arrived=result.arrived or claim.arrived,
            left=result.left or claim.left,
            early_minutes=_first(result.early_minutes, claim.early_minutes),
            flags=result.flags + tuple(f for f in claim.flags if f not in result.flags),
            known=result.known and (claim.known or result.stated is not None),
        )
    if contradiction and "proxy_signature" not in result.flags:
        return Claim(flags=(*(f for f in result.flags if f != "remark_needs_check"), "remark_needs_check"))
    return result


def _first(a: int | None, b: int | None) -> int | None:
    return b if a is None else a


_LEGEND_LABEL = re.compile(r"(?:说明|图例|符号|标记|注|备注|记号)[^:]{0,6}:")
_SIGN_FIRST = re.compile(
    rf"(空白|空格|[{re.escape(_SIGNS)}])\s*(?::|=|为|表示|代表|-|—|是|指)?\s*([\u4e00-\u9fff]{{1,6}})"
)
_WORD_FIRST = re.compile(
    rf"([\u4e00-\u9fff]{{1,6}}?)\s*(?::|=|用|记|画|打|为|-|—)?\s*(空白|空格|[{re.escape(_SIGNS)}])"
)
BLANK_SIGN = ""


def legend_of(text: str) -> dict[str, Claim]:
    """Read a printed legend: ``√出勤 △迟到 ○病假`` or ``出勤：√ 迟到：△``. "" stands for a blank cell."""
    folded = fold_text(text)
    label = _LEGEND_LABEL.search(folded)
    body = folded[label.end() :] if label else folded
    sign_first = [(same_sign(s), w) for s, w in _SIGN_FIRST.findall(body)]
    word_first = [(same_sign(s), w) for w, s in _WORD_FIRST.findall(body)]
    starts_with_sign = bool(re.match(rf"\W*?(?:空白|空格|[{re.escape(_SIGNS)}])", body.lstrip("([ ")))
    pairs = sign_first if starts_with_sign else word_first
    legend = {}
    for sign, word in pairs:
        claim = claim_of_words(word)
        if claim.stated is not None or claim.flags:
            legend[BLANK_SIGN if sign in ("空白", "空格") else sign] = claim
    return legend if len(legend) >= (1 if label or BLANK_SIGN in legend else 2) else {}
