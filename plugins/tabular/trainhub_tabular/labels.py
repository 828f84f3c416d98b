"""What schools call their columns. Labels decide; positions never do."""

import re
from functools import lru_cache

from trainhub.plugin_api.headers import labels_to_fields

LABELS: dict[str, tuple[str, ...]] = {
    "serial": ("序号", "序", "No", "NO.", "行号"),
    "name": (
        "姓名", "教师姓名", "教职工姓名", "教职工", "职工姓名", "员工姓名", "人员姓名", "参训人员", "参训教师", "参训人", "参训人员姓名",
        "参训教师姓名", "参加人员", "参会人员", "与会人员", "培训人员", "培训对象", "签到人", "人员", "名字", "教师", "学生姓名", "学员姓名", "name",
    ),
    "staff_no": (
        "工号", "教职工号", "职工号", "职工编号", "职工工号", "教师编号", "教师工号", "人员编号", "员工号", "员工编号", "教工号", "教工编号",
        "工作证号", "教职工编号", "staff no", "staff number", "employee id", "id number", "学员编号",
    ),
    "student_no": ("学号", "学籍号", "全国学籍号", "学生学号", "学籍号码", "student no"),
    "staff_no_weak": ("编号", "号码", "代码", "id"),
    "department": (
        "部门", "科室", "处室", "所在部门", "所属部门", "所在科室", "教研组", "学科组", "年级组", "组别", "所在教研组", "部门名称", "处室/组别",
        "部门/教研组", "department",
    ),
    "date": ("日期", "培训日期", "签到日期", "考勤日期", "活动日期", "参训日期", "上课日期", "date"),
    "sign_in": (
        "签到时间", "到场时间", "到达时间", "到会时间", "入场时间", "进场时间", "报到时间", "进入时间", "签入时间", "上班时间", "上班打卡",
        "上班打卡时间", "上午签到时间", "下午签到时间", "首次打卡", "最早打卡", "最早", "到岗时间", "参训开始时间", "check in", "check-in", "sign in",
        "sign-in time", "check-in time", "签到时刻", "到时",
    ),
    "sign_out": (
        "签退时间", "离场时间", "离开时间", "离会时间", "退场时间", "签出时间", "下班时间", "下班打卡", "下班打卡时间", "上午签退时间", "下午签退时间",
        "签退", "末次打卡", "最晚打卡", "最晚", "离岗时间", "参训结束时间", "check out", "check-out", "sign out", "sign-out time", "check-out time",
        "签退时刻", "退时",
    ),
    "time": (
        "时间", "打卡时间", "刷卡时间", "考勤时间", "日期时间", "记录时间", "提交时间", "签到日期时间", "签到/签退时间", "打卡记录", "考勤记录", "刷卡记录",
        "打卡", "time",
    ),
    "mark": (
        "签到", "签名", "签字", "本人签名", "本人签字", "签到栏", "到场", "到会", "出席", "出勤", "是否到场", "是否签到", "是否出勤", "是否到会",
        "是否参加", "是否参训", "签到情况", "到场情况", "出勤情况", "参训情况", "参会情况", "考勤", "考勤情况", "签到确认", "签名(章)", "present",
    ),
    "status": ("状态", "出勤状态", "考勤状态", "考勤结果", "签到状态", "到场状态", "参训状态", "结果", "情况", "status"),
    "remark": (
        "备注", "说明", "备注说明", "情况说明", "附注", "原因", "缺勤原因", "缺席原因", "请假原因", "请假类型", "请假类别", "请假", "假别", "请假情况",
        "迟到早退", "remark", "remarks", "note",
    ),
    "email": ("邮箱", "电子邮箱", "电子邮件", "email", "e-mail"),
    "device_pin": ("登记号码", "考勤号码", "设备编号", "考勤号"),
    "card_no": ("卡号", "一卡通号", "刷卡卡号"),
}  # fmt: skip

_BY_LABEL = labels_to_fields(LABELS)
_NOT_THE_PERSON = re.compile(r"家长|监护|父|母|成员|联系人|曾用|英文|拼音|记录|审核|主讲|授课|班主任|单位|学校")

FIELDS = tuple(f for f in LABELS if f not in ("serial", "staff_no_weak"))
"""Fields a mapping may name."""


def is_label(text: str) -> bool:
    """Whether a cell of a body row is a column name as it stands: a page that repeats its header."""
    return "".join(text.lower().split()) in _BY_LABEL


@lru_cache(maxsize=8192)
def field_of(label: str) -> str | None:
    """Return the field a folded label names. ``参训教师姓名`` and its like end in the word that counts."""
    found = _BY_LABEL.get(label)
    if found or len(label) > 12 or _NOT_THE_PERSON.search(label):
        return found
    bare = re.sub(r"\(.*?\)", "", label)
    if bare != label and bare in _BY_LABEL:
        return _BY_LABEL[bare]
    for ending, field in (("姓名", "name"), ("工号", "staff_no"), ("签到时间", "sign_in"), ("签退时间", "sign_out")):
        if label.endswith(ending):
            return field
    return None
