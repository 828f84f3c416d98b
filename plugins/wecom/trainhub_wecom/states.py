"""What the words of WeCom mean: states of punches and the exceptions of its interface."""

import re
from functools import lru_cache

from trainhub.plugin_api.cells import fold_text

_PLACE = re.compile(r"地点异常|wi-?fi异常|范围外|位置异常", re.IGNORECASE)
_DEVICE = re.compile(r"设备异常|非常用设备")
_CHANGED = re.compile(r"管理员|校准|校正|手动")
_NONE = re.compile(r"未打卡|缺卡|旷工|^-+$|^$")


@lru_cache(maxsize=4_096)
def flags_of(text: str) -> tuple[str, ...]:
    """Return the review codes of a state such as 正常, 迟到23分钟, 补卡, 地点异常."""
    words = fold_text(text)
    flags = []
    if _PLACE.search(words):
        flags.append("out_of_range")
    if _DEVICE.search(words):
        flags.append("unusual_device")
    if "补卡" in words:
        flags.append("approved_makeup")
    if _CHANGED.search(words):
        flags.append("admin_override")
    return tuple(flags)


@lru_cache(maxsize=4_096)
def says_nothing(text: str) -> bool:
    """Whether a cell holds one of WeCom's marks for nothing: ``--``, 未打卡, 缺卡."""
    return _NONE.search(fold_text(text)) is not None
