"""What a person says about himself in a form: there, not there, on leave, online. A claim proves nothing."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from trainhub.plugin_api.cells import fold_text
from trainhub.plugin_api.leave import leave_of


@dataclass(frozen=True, slots=True)
class Claim:
    """``there`` False: the submission is no arrival. ``stated`` and ``leave_type`` as the person says."""

    there: bool = True
    stated: Literal["absent", "excused"] | None = None
    leave_type: str = ""
    flags: tuple[str, ...] = ()


_ONLINE = re.compile(r"线上|网上|网络|远程|视频|直播|回放|录播|腾讯会议|钉钉会议")
_NOT = re.compile(r"未|否|不能|不参加|没有?到|没来|缺席|缺勤|无法|^不|^n(?:o)?$", re.IGNORECASE)
_YES = re.compile(r"是|已|到|参加|出席|签|现场|线下|能|^y(?:es)?$", re.IGNORECASE)
_TELLING = re.compile(
    r"代.{0,6}签|替.{0,6}签|帮.{0,6}签|补签|迟到|晚到|早退|提前(?:走|离)|中途|未到|没到|缺席|代课|外出|看病|就医"
)


@lru_cache(maxsize=4_096)
def claim_of(text: str) -> Claim:
    """Read the answer to a question such as 是否到场. A blank answer claims nothing and the submission stands."""
    words = "".join(fold_text(text).split())
    if not words:
        return Claim()
    leave = leave_of(words)
    if leave is not None or words in ("病", "事", "假"):
        return Claim(there=False, stated="excused", leave_type=leave.kind if leave else "personal")
    if _ONLINE.search(words):
        return Claim(there=False, flags=("remark_needs_check",))
    if _NOT.search(words):
        return Claim(there=False, stated="absent")
    return Claim() if _YES.search(words) else Claim(flags=("remark_needs_check",))


@lru_cache(maxsize=4_096)
def needs_check(text: str) -> bool:
    """Whether a remark may change the result, so that a human has to read it."""
    words = "".join(fold_text(text).split())
    return bool(leave_of(words) or _ONLINE.search(words) or _TELLING.search(words))
