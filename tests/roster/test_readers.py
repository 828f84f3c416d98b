"""Staff and pupil sheets of any clerk: verdict and problems row by row, nothing guessed, nothing kept that may not be."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import workbooks
from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.tables import Tables, read_tables
from trainhub.roster import sheet_messages
from trainhub.roster.readers import (
    STAFF_LABELS,
    STUDENT_LABELS,
    StaffRow,
    header_texts,
    read_staff,
    read_students,
    recognise_kind,
)
from trainhub.roster.rules import check_digit

pytestmark = pytest.mark.files_only


def tables(rows: list[list[Any]], **more: Any) -> Tables:
    return read_tables(workbooks.xlsx(rows, **more))


def codes(row: Any) -> list[str]:
    return [p.code for p in row.problems]


def number(seed: int, kind: str = "G") -> str:
    digits = f"99010120170101{seed:03d}"
    return f"{kind}{digits}{check_digit(digits)}"


def test_case_101_a_sheet_with_every_kind_of_damage() -> None:
    rows = [
        ["某某学校教职工花名册", None, None, None, None, None],
        ["截至2026年3月1日", None, None, None, None, None],
        ["序号", "★姓 名（必填）", "教职工號", "部門", "入职日期", "联系电话"],
        [1, "周　强", "０１０１", "语文组", "2024.4.5", "138****0101"],
        [2, "买买提・艾力", "0102", None, 45387, 13800000102],
        [3, "张䶮", 103, "数学组", date(2024, 4, 5), None],
        [4, "钱一", 1.23e17, "数学组", None, None],
        [5, "孙?", "0105", "数学组", None, None],
        [6, "周强", "0101", "语文组", None, None],
        [7, "李四", "0102", "语文组", None, None],
        [8, None, "0108", "语文组", None, None],
        [9, "陳曉東", "0109x", "语文组", None, None],
        [10, None, None, None, None, None],
        ["合计：9人", None, None, None, None, None],
        ["制表人：王五", None, None, None, None, None],
    ]
    sheet = read_staff(tables(rows, merge=["A1:F1", "D4:D5"]))
    by_row = {r.row: r for r in sheet.rows}
    assert sheet.header_row == 3
    assert sheet.unmapped == ("序号",)
    first = by_row[4]
    assert (first.name, first.staff_no, first.department) == ("周强", "0101", "语文组")
    assert (first.phone_tail, first.hired_on) == ("0101", date(2024, 4, 5))
    assert (by_row[5].name, by_row[5].department, by_row[5].hired_on) == ("买买提·艾力", "语文组", date(2024, 4, 5))
    assert by_row[5].phone_tail == "0102"
    assert by_row[6].name == "张䶮"
    assert codes(by_row[6]) == ["staff_no_zeros_lost"]
    assert by_row[6].problems[0].params["suggested"] == "0103"
    assert (by_row[7].verdict, codes(by_row[7]), by_row[7].staff_no) == ("rejected", ["staff_no_damaged"], "")
    assert (by_row[8].verdict, codes(by_row[8])) == ("rejected", ["name_damaged"])
    assert (by_row[9].verdict, codes(by_row[9])) == ("duplicate", ["same_staff_no"])
    assert (by_row[10].verdict, codes(by_row[10])) == ("rejected", ["staff_no_conflict"])
    assert (by_row[11].verdict, codes(by_row[11])) == ("rejected", ["name_missing"])
    assert (by_row[12].name, by_row[12].verdict) == ("陳曉東", "accepted")
    assert dict(sheet.dropped) == {"totals": 1, "footer": 1, "empty_slot": 1}
    assert sheet.problems == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_case_101_the_same_sheet_in_every_encoding(encoding: str) -> None:
    rows = [["姓名", "工号"], ["张䶮", "0101"], ["𬭎欣", "0102"], ["阿不都·克里木", "0103"]]
    sheet = read_staff(read_tables(workbooks.text(rows, encoding)))
    assert [r.name for r in sheet.rows] == ["张䶮", "𬭎欣", "阿不都·克里木"]


def test_case_99_namesakes_with_numbers_are_two_people_and_without_are_asked() -> None:
    rows = [
        ["姓名", "工号", "部门"],
        ["王伟", "1", "语文组"],
        ["王伟", "2", "语文组"],
        ["王伟", "", "数学组"],
        ["李丽", "", "语文组"],
        ["李丽", "", "语文组"],
    ]
    sheet = read_staff(tables(rows))
    assert [r.verdict for r in sheet.rows] == ["accepted"] * 4 + ["duplicate"]
    assert codes(sheet.rows[0]) == codes(sheet.rows[1]) == []
    assert set(codes(sheet.rows[2])) == {"namesake_without_number"}
    assert codes(sheet.rows[4]) == ["same_row"]


def test_case_100_one_person_under_two_numbers_is_pointed_out_and_not_merged() -> None:
    rows = [
        ["姓名", "工号", "联系电话"],
        ["王伟", "1", "13800001234"],
        ["王伟", "2", "138****1234"],
        ["王伟", "3", "13800009999"],
    ]
    sheet = read_staff(tables(rows))
    assert [codes(r) for r in sheet.rows] == [[], ["possible_same_person"], []]
    assert {r.verdict for r in sheet.rows} == {"accepted"}


def test_categories_states_and_posts() -> None:
    rows = [
        ["姓名", "工号", "教职工类别", "人员状态", "是否班主任", "职务"],
        ["赵一", "1", "工勤人员", "在职", "否", "保安"],
        ["钱二", "2", "教辅人员", "产假", "", ""],
        ["孙三", "3", "专任教师", "退休", "", ""],
        ["李四", "4", "专任教师", "借调", "三（2）班", "德育主任"],
        ["周五", "5", "特聘", "调出", "是", ""],
    ]
    found = read_staff(tables(rows)).rows
    assert [r.stays for r in found] == [True, True, False, True, False]
    assert [r.category_code for r in found] == ["logistics", "support", "full_time_teacher", "full_time_teacher", ""]
    assert (found[3].homeroom_grade, found[3].homeroom_class_no) == (3, 2)
    assert found[3].posts == ("moral_education_head", "homeroom_teacher")
    assert codes(found[4]) == ["category_unknown", "not_on_duty"]


def test_what_may_not_be_kept_is_not_in_the_result() -> None:
    rows = [
        ["姓名", "工号", "身份证件号", "家庭住址", "联系电话"],
        ["赵一", "1", "990101198501011013", "示例县学府路8号", "13812345678"],
    ]
    shown = repr(read_staff(tables(rows)))
    assert "990101198501011013" not in shown
    assert "学府路" not in shown
    assert "1381234" not in shown
    assert "5678" in shown


def test_a_mapping_overrides_and_unknown_headers_are_listed() -> None:
    rows = [["谁", "号", "组"], ["赵一", "1", "语文组"]]
    found = tables(rows)
    assert recognise_kind(found) is None
    assert header_texts(found) == ("谁", "号", "组")
    with pytest.raises(Refused):
        read_staff(found)
    sheet = read_staff(found, {"name": "谁", "staff_no": "号", "department": "组"})
    assert sheet.rows == (StaffRow(2, "赵一", "1", department="语文组"),)


@given(st.permutations(["姓名", "教职工号", "部门", "职务", "备注", "人员状态"]), st.integers(0, 6))
@settings(max_examples=25, deadline=None)
def test_column_order_and_titles_do_not_matter(order: list[str], titles: int) -> None:
    people = [{"姓名": "赵一", "教职工号": "0101", "部门": "语文组", "职务": "校长", "备注": "x", "人员状态": "在职"}]
    rows = [[f"标题{i}"] for i in range(titles)] + [order] + [[p[c] for c in order] for p in people]
    sheet = read_staff(read_tables(workbooks.text(rows, "gb18030")))
    assert [(r.row, r.name, r.staff_no, r.department, r.posts) for r in sheet.rows] == [
        (titles + 2, "赵一", "0101", "语文组", ("principal",))
    ]


def test_printed_totals_are_compared() -> None:
    rows = [["姓名", "工号"], ["赵一", "1"], ["钱二", "2"], ["合计：3人", None]]
    (problem,) = read_staff(tables(rows)).problems
    assert (problem.code, problem.params) == ("printed_total_differs", {"printed": 3, "counted": 2})


PUPILS = ["全国学籍号", "姓名", "性别", "年级", "班级", "学校标识码"]


def pupil(
    seed: int, name: str, grade: str = "三年级", klass: str = "三（1）班", school: str = "2199000001"
) -> list[Any]:
    return [number(seed), name, "女", grade, klass, school]


def test_pupils_of_other_schools_and_unreadable_classes() -> None:
    rows = [
        PUPILS, pupil(1, "赵一"), pupil(2, "钱二", school="2199000002"), pupil(3, "孙三", klass="实验班"), pupil(4, "李四", klass="四（1）班"),
        pupil(5, "周五", grade="", klass="2023级2班"), pupil(6, "吴六", grade="", klass=""), pupil(7, "郑七", klass="1班"),
    ]  # fmt: skip
    found = read_students(tables(rows), school_code="2199000001", school_year=2025, stage="primary").rows
    assert [r.verdict for r in found] == ["accepted", "rejected", *["accepted"] * 5]
    assert [codes(r) for r in found] == [
        [],
        ["other_school"],
        ["class_unreadable"],
        ["grade_differs"],
        [],
        ["class_missing"],
        [],
    ]
    assert (found[4].grade, found[4].class_no, found[4].entry_year) == (3, 2, 2023)
    assert (found[6].grade, found[6].class_no) == (3, 1)


def test_pupil_numbers() -> None:
    rows = [
        PUPILS,
        ["", "赵一", "女", "三年级", "三（1）班", ""],
        [9.9e17, "钱二", "女", "三年级", "三（1）班", ""],
        [number(1).lower(), "孙三", "女", "三年级", "三（1）班", ""],
    ]
    found = read_students(tables(rows)).rows
    assert [(r.verdict, codes(r)) for r in found] == [
        ("rejected", ["student_no_missing"]), ("rejected", ["student_no_damaged"]), ("accepted", ["normalised_case_and_spaces"]),
    ]  # fmt: skip


def test_kinds_are_told_apart() -> None:
    assert recognise_kind(tables([PUPILS, pupil(1, "赵一")])) == "students"
    assert (
        recognise_kind(tables([["姓名", "工号", "教职工类别", "人员状态"], ["赵一", "1", "专任教师", "在职"]]))
        == "staff"
    )
    assert recognise_kind(tables([["姓名", "签到", "备注"], ["赵一", "√", None]])) is None
    assert recognise_kind(tables([["学号", "姓名", "2026/3/2"], ["1", "赵一", "√"]])) is None


def test_no_label_names_two_fields() -> None:
    from trainhub.plugin_api.headers import fold_label

    for labels in (STAFF_LABELS, STUDENT_LABELS):
        folded = [fold_label(label) for names in labels.values() for label in names]
        assert len(folded) == len(set(folded))


def test_every_problem_has_a_sentence_in_both_languages() -> None:
    parts = Path(sheet_messages.__file__).parent.parent / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
    chinese = parts.read_text("utf-8")
    for text in sheet_messages.SENTENCES.values():
        assert f'msgid "{text}"' in chinese
    source = "".join((Path(sheet_messages.__file__).parent / f).read_text("utf-8") for f in ("readers.py", "sheets.py"))
    import re

    for code in re.findall(r'Problem\(\s*"([a-z_]+)"', source):
        assert code in sheet_messages.SENTENCES


def test_a_big_sheet_keeps_its_order_and_speed() -> None:
    rows = [["姓名", "工号"], *[[f"赵{chr(0x4E00 + i)}", f"{i:05d}"] for i in range(5000)]]
    sheet = read_staff(read_tables(Upload("a", workbooks.text(rows).content)))
    assert len(sheet.accepted()) == 5000
    assert sheet.rows[-1].row == 5001
