"""What form makers and schools call their columns. Questions are free text, so the words in front decide."""

import re
from functools import lru_cache
from typing import Literal

from trainhub.plugin_api.cells import fold_text
from trainhub.plugin_api.headers import Header, fold_label

Maker = Literal["wjx.form", "tencent.docs.form", "form"]

_WHOSE = r"^(?:真实|教师|教职工|本人|参训人员|参训教师|参训人|参会人|签到人|员工|老师|学员)?的?"
_PATTERNS = (
    ("submitted", r"^(?:提交答卷时间|提交时间|填写时间|答题时间|提交日期时间|完成时间|结束答题时间)$"),
    ("submitter", r"^(?:提交者|提交人|填写人|填写者|填表人|答题人|用户昵称)$"),
    ("duration", r"^(?:所用时间|答题时长|填写时长|用时)$"),
    ("phone_tail", r"手机.{0,4}(?:后四位|后4位|尾号|末四位)|^(?:后四位|尾号)"),
    ("name", _WHOSE + r"(?:姓名|名字)"),
    ("staff_no", _WHOSE + r"(?:工号|教职工号|职工号|教工号|职工编号|教师编号|人员编号|员工编号|工作证号)"),
    ("department", r"^(?:所在|所属|任职|工作)?的?(?:部门|科室|处室|教研组|年级组|学科组|备课组|组别)"),
    ("email", r"^(?:电子)?邮(?:箱|件)(?:地址)?$"),
    ("there", r"^(?:今天|本次|今日)?是否(?:已经?)?(?:到场|到会|到达|参加|参训|签到|出席|现场)|^(?:到场|出勤|签到|参训|参会)(?:情况|状态|方式)|^(?:参加|参训|参会)方式"),
    ("remark", r"^(?:备注|说明|情况说明|其他说明|请假|缺席原因|缺勤原因|未到原因)"),
)  # fmt: skip
_COMPILED = tuple((field, re.compile(pattern)) for field, pattern in _PATTERNS)
_NOT_THE_PERSON = re.compile(r"家长|孩子|学生|监护|主讲|负责人|联系人|领导|校长|班主任|证明人|审批人")
_WJX = fold_label("提交答卷时间")
_AUTO = re.compile(r"^提交(?:者|人|时间)\s*[(\[]自动[)\]]")


@lru_cache(maxsize=4_096)
def field_of(label: str) -> str | None:
    """Return the field a folded label names, or None: most questions of a form are none of ours."""
    if _NOT_THE_PERSON.search(label) or len(label) > 24:
        return None
    return next((field for field, pattern in _COMPILED if pattern.search(label)), None)


def maker_of(header: Header) -> Maker | None:
    """Return whose export a header is; None where it is no form at all.

    A sheet with names and the time somebody handed it in may still be a clerk's own: only labels that a form
    maker writes by itself tell them apart.
    """
    fields = set(header.fields)
    if "submitted" not in fields:
        return None
    if any(fold_label(text) == _WJX for text in header.texts):
        return "wjx.form"
    if any(_AUTO.match(fold_text(text)) for text in header.texts):
        return "tencent.docs.form"
    return "form" if fields & {"submitter", "duration"} else None
