"""Nicknames of meetings: 账号名(入会名), a department before the name, two people on one device, or no name at all."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from trainhub.plugin_api.cells import fold_text

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_OUTER_INNER = re.compile(r"^(.*?)\s*\(([^()]+)\)\s*$")
_TOGETHER = re.compile(r"\s*[&、]\s*")
_BETWEEN = re.compile(r"[\s\-_—–/|\\,:;]+")
_ROLE = re.compile(r"^(?:联席主持人|主持人|发起人|嘉宾|观众|本人|我|host|co-?host|me|组织者|老师)$", re.IGNORECASE)
_TITLE = re.compile(rf"(?<=[{_HAN}]{{2}})(?:老师|主任|校长|书记)$")
_PLACE = re.compile(r"(?:学校|小学|中学|高中|初中|幼儿园|学院|教育局|教体局|校区)$")
_DEPARTMENT = re.compile(rf"^[{_HAN}0-9]{{1,8}}(?:组|处|室|办|部|科|中心|年级)$")
_GLUED = re.compile(rf"^([{_HAN}]{{2,7}}(?:组|处|室|办|部|科))([{_HAN}·]{{2,15}})$")
_DEVICE = re.compile(
    r"ipad|iphone|galaxy|huawei|honor|xiaomi|redmi|oppo|vivo|oneplus|android|windows|mac(?:book|mini)?\b|desktop|laptop|\bpc\b|\btv\b|sm-[a-z]"
    r"|^user\s*\d*$|^guest\s*\d*$|电脑|手机|平板|会议室|教室|多媒体|微信用户|匿名|来宾|访客|^用户|^参会者\d*$",
    re.IGNORECASE,
)
_HAN_NAME = re.compile(rf"^[{_HAN}][{_HAN}·]{{1,14}}$")
_LATIN_NAME = re.compile(r"^[A-Za-z][A-Za-z.'\- ]{1,40}$")


@dataclass(frozen=True, slots=True)
class Named:
    """A person as a nickname gives him; ``department`` is "" where it does not say."""

    name: str
    department: str = ""

    @property
    def chinese(self) -> bool:
        """Whether the name is written in Chinese characters."""
        return _HAN_NAME.match(self.name) is not None


@lru_cache(maxsize=8_192)
def people_of(nickname: str, *, inner_first: bool) -> tuple[Named, ...]:
    """Return who a nickname names: nobody (a device), one, or several people on one device.

    ``inner_first``: what stands in brackets is the name the person chose for this meeting (Tencent Meeting);
    otherwise it is the name of the account (Zoom).
    """
    text = fold_text(nickname)
    found = _OUTER_INNER.match(text)
    outer, inner = (found.group(1), found.group(2)) if found else (text, "")
    outers, inners = _TOGETHER.split(outer), _TOGETHER.split(inner)
    if len(outers) == len(inners):
        pairs = list(zip(outers, inners, strict=True))
    elif len(inners) > len(outers):
        pairs = [("", part) for part in inners]
    else:
        pairs = [(part, "") for part in outers] if len(outers) > 1 else [(outers[0], inner)]
    named = [_choose(a, b, inner_first=inner_first) for a, b in pairs]
    return tuple(dict.fromkeys(n for n in named if n is not None))


def _choose(outer: str, inner: str, *, inner_first: bool) -> Named | None:
    a, b = _parse(outer), _parse(inner)
    if a is None or b is None:
        only = a or b
        if only is not None and not only.department and _DEPARTMENT.match(inner):
            return replace(only, department=inner)
        return only
    if a.name == b.name or a.name in inner:
        return Named(a.name, a.department or b.department)
    if b.name in outer:
        return Named(b.name, b.department or a.department)
    if a.chinese != b.chinese:
        return a if a.chinese else b
    return b if inner_first else a


def _parse(text: str) -> Named | None:
    """Read one side of a nickname: ``数学组-王芳老师``, ``语文组王芳``, ``王芳``, ``Zheng Kai``."""
    text = text.strip()
    if not text or _DEVICE.search(text):
        return None
    if _LATIN_NAME.match(text):
        return None if _ROLE.match(text) else Named(text)
    tokens = [t for t in _BETWEEN.split(text) if t]
    if len(tokens) > 1 and all(len(t) == 1 for t in tokens):
        tokens = ["".join(tokens)]
    department, names = "", []
    for raw in tokens:
        token = _TITLE.sub("", raw)
        if _ROLE.match(token) or _PLACE.search(token):
            continue
        glued = _GLUED.match(token)
        if _DEPARTMENT.match(token) and not (len(token) < 3 and len(tokens) == 1):
            department = department or token
        elif glued:
            department, token = glued.groups()
            names.append(token)
        elif _HAN_NAME.match(token):
            names.append(token)
    return Named(names[0], department) if names else None
