"""Exports of form makers with any questions in any order, and what people write into them."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainhub_forms import FormsSource
from trainhub_forms.claims import claim_of, needs_check
from trainhub_forms.labels import field_of

from tests import workbooks
from trainhub.kernel.clock import local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload
from trainhub.plugin_api.headers import fold_label

pytestmark = pytest.mark.files_only
SOURCE = FormsSource()
WJX = [
    "序号",
    "提交答卷时间",
    "所用时间",
    "来源",
    "来源详情",
    "来自IP",
    "1、您的姓名：",
    "2、您的工号：",
    "3、手机号后四位：",
    "4、您所在的部门：",
    "5、您最关注的内容：[多选题]",
]


def read(upload: Upload, **more: Any) -> ReadResult:
    return SOURCE.read(upload, workbooks.FRAME, **more)


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    clocks = [local(p).strftime("%H:%M") for p in reading.punches]
    return (reading.name, reading.staff_no, clocks, reading.raw.get("phone_tail", ""), reading.flags)


def answer(**more: Any) -> dict[str, Any]:
    base = {
        "序号": 1,
        "提交答卷时间": "2026/3/5 13:51:07",
        "所用时间": "35秒",
        "来源": "微信",
        "来源详情": "N/A",
        "来自IP": "203.0.113.1(某省-某市)",
        "5、您最关注的内容：[多选题]": "a┋b",
    }
    names = {"name": WJX[6], "no": WJX[7], "tail": WJX[8], "dept": WJX[9], "at": WJX[1]}
    return base | {names[k]: v for k, v in more.items()}


def wjx(*answers: dict[str, Any], columns: list[str] = WJX) -> Upload:
    return workbooks.xlsx([columns, *[[a.get(c) for c in columns] for a in answers]])


@given(order=st.permutations([*WJX, "6、您的生日：", "7、主讲人姓名评价"]))
@settings(max_examples=25, deadline=None)
def test_order_of_columns_does_not_matter(order: list[str]) -> None:
    upload = wjx(answer(name="王 芳", no="０１０１", dept="语文组"), answer(name="张䶮", tail=102), columns=order)
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "wjx.form.xlsx"
    assert [told(r) for r in result.readings] == [
        ("王 芳", "0101", ["13:51"], "", ()),
        ("张䶮", "", ["13:51"], "0102", ()),
    ]
    assert all(r.sign_in_only for r in result.readings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_and_style_of_time(encoding: str) -> None:
    head = ["提交者（自动）", "姓名（必填）", "工号（必填）", "备注", "提交时间（自动）"]
    rows = [
        head,
        ["小芳", "张䶮", "0101", "", "2026年3月5日 13:56"],
        [],
        ["x", "赵一", "0102", "", "2026-03-05 下午2:03"],
    ]
    upload = workbooks.text(rows, encoding)
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "tencent.docs.form.csv"
    assert [told(r)[2] for r in result.readings] == [["13:56"], ["14:03"]]
    assert "小芳" not in str(result)


def test_a_real_date_cell_and_minus_two_for_a_skipped_question() -> None:
    upload = wjx(answer(name="赵一", no="-2", tail="(跳过)", at=datetime(2026, 3, 5, 13, 51, 59)))
    assert [told(r) for r in read(upload).readings] == [("赵一", "", ["13:51"], "", ())]


def test_the_first_submission_counts_and_repeats_are_said() -> None:
    sent = ["2026/3/5 13:59:00", "2026/3/5 13:58:44", "2026/3/5 16:03:00"]
    (reading,) = read(wjx(*[answer(name="赵一", no="0101", at=at) for at in sent])).readings
    assert told(reading) == ("赵一", "0101", ["13:58", "13:59", "16:03"], "", ("duplicate_submission_ignored",))
    (same_minute,) = read(wjx(*[answer(name="赵一", no="0101")] * 2)).readings
    assert same_minute.flags == ("duplicate_submission_ignored",)


def test_namesakes_are_not_put_together() -> None:
    upload = wjx(answer(name="王芳", no="0101"), answer(name="王芳", tail="0102"), answer(name="王芳"))
    assert len(read(upload).readings) == 3


def test_submissions_of_other_days_and_rows_without_anybody() -> None:
    upload = wjx(
        answer(name="赵一", at="2026/2/5 13:51:07"),
        answer(name="钱二", at="2026/3/6 08:00:00"),
        answer(name=None, no=None),
        answer(name="孙三", at="昨天"),
    )
    result = read(upload)
    assert [(d.row, d.reason) for d in result.dropped] == [(2, "other_date"), (4, "no_identity")]
    assert [(r.name, r.flags) for r in result.readings] == [("钱二", ()), ("孙三", ("time_unreadable",))]


@pytest.mark.parametrize(
    ("text", "there", "stated"),
    [
        ("是", True, None), ("已到场", True, None), ("现场参加", True, None), ("", True, None), ("否", False, "absent"), ("未到", False, "absent"),
        ("请假", False, "excused"), ("事假", False, "excused"), ("病", False, "excused"), ("出差", False, "excused"), ("线上参加", False, None),
    ],
)  # fmt: skip
def test_what_people_say_of_themselves(text: str, there: bool, stated: str | None) -> None:
    head = ["提交答卷时间", "1、姓名", "2、是否到场"]
    (reading,) = read(workbooks.xlsx([head, ["2026/3/5 13:51:07", "赵一", text]])).readings
    assert (bool(reading.punches), reading.stated) == (there, stated)
    assert claim_of(text).there is there


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("请假，线上看回放", True),
        ("代王芳签", True),
        ("迟到了", True),
        ("巡逻后到场", False),
        ("", False),
        ("无", False),
        ("辛苦了", False),
        ("补签", True),
    ],
)
def test_remarks_that_somebody_has_to_read(text: str, check: bool) -> None:
    assert needs_check(text) is check


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("1、您的姓名：", "name"), ("请填写您的真实姓名（必填）", "name"), ("2．教师姓名", "name"), ("家长姓名", None), ("主讲人姓名", None),
        ("工号(4位数字)", "staff_no"), ("您的教职工号", "staff_no"), ("3、手机号后四位：", "phone_tail"), ("所在年级组/教研组", "department"),
        ("您认为哪个部门最需要培训", None), ("是否到场（单选）", "there"), ("备注", "remark"), ("本次培训您最关注的内容：[多选题]", None), ("联系人手机后四位", None),
    ],
)  # fmt: skip
def test_questions(question: str, field: str | None) -> None:
    assert field_of(fold_label(question)) == field


def test_an_unknown_maker_is_recognised_less_surely_and_a_clerks_list_not_at_all() -> None:
    kingsoft = workbooks.xlsx([["提交者", "提交时间", "姓名", "工号"], ["k", "2026/3/5 13:51", "赵一", "0101"]])
    assert SOURCE.recognise(kingsoft) == 88
    assert read(kingsoft).format == "form.xlsx"
    clerk = workbooks.xlsx([["姓名", "工号", "提交时间"], ["赵一", "0101", "2026/3/5 13:51"]])
    assert SOURCE.recognise(clerk) == 0
    with pytest.raises(Refused, match="no_header"):
        read(clerk)
    assert len(read(clerk, mapping={"submitted": "提交时间"}).readings) == 1


def test_a_form_that_asks_for_nobody_is_refused_until_a_column_is_named() -> None:
    upload = workbooks.xlsx([["序号", "提交答卷时间", "1、我是"], [1, "2026/3/5 13:51:07", "赵一"]])
    assert SOURCE.recognise(upload) == 0
    assert [r.name for r in read(upload, mapping={"name": "1、我是"}).readings] == ["赵一"]


def test_addresses_and_other_answers_leave_no_trace() -> None:
    assert not [w for w in ("203.0", "某省", "┋") if w in str(read(wjx(answer(name="赵一"))))]


@pytest.mark.parametrize("content", [b"", b"{", b"[{}]", b"\x00\x01", b"PK\x03\x04broken"])
def test_recognising_never_raises(content: bytes) -> None:
    assert SOURCE.recognise(Upload("x.xlsx", content)) == 0
