"""Typed paper sheets: blocks side by side, ticks, remarks, totals, damage."""

from typing import Any

import pytest
from trainhub_tabular import TabularSource
from trainhub_tabular.marks import claim_of_mark, claim_of_words, combine, legend_of

from tests import workbooks
from trainhub.plugin_api import ReadResult, Upload

FRAME = workbooks.FRAME

pytestmark = pytest.mark.files_only


def read(upload: Upload, **more: Any) -> ReadResult:
    return TabularSource().read(upload, FRAME, **more)


def by_name(result: ReadResult) -> dict[str, Any]:
    return {r.name: r for r in result.readings}


THREE_BLOCKS = [
    ["某某实验小学教师培训签到表", *[None] * 11],
    ["地点：阶梯教室", *[None] * 11],
    ["时间：2026年3月5日 14:00—16:00", *[None] * 11],
    ["序 号", "姓\n名", "签 名", "备 注"] * 3,
    [1, "赵一", "√", None, 4, "钱二", "✔", "迟到１５分钟", 7, "孙三", None, "产假"],
    [2, "李四", "×", None, 5, "周五", "√", "下午２：３０到", 8, "吴六", "√", "提前２０分钟离场"],
    [3, "郑七", "√", "王八代签", 6, "冯九", "公差", None, 9, None, None, None],
    ["应到8人，实到4人，请假2人，缺席2人", *[None] * 11],
]


@pytest.mark.parametrize("make", [workbooks.xlsx, workbooks.text, workbooks.html])
def test_three_blocks_in_every_container(make: Any) -> None:
    rows = [[v.replace("\n", "") if isinstance(v, str) else v for v in row] for row in THREE_BLOCKS]
    found = by_name(read(make(rows)))
    assert set(found) == {"赵一", "钱二", "孙三", "李四", "周五", "吴六", "郑七", "冯九"}
    assert found["赵一"].stated == "present"
    assert found["赵一"].whole_session
    assert found["钱二"].late_minutes == 15
    assert found["孙三"].stated == "excused"
    assert found["孙三"].leave_type == "maternity"
    assert found["李四"].stated == "absent"
    assert found["周五"].arrived_at.hour == 6
    assert found["周五"].arrived_at.minute == 30
    assert found["吴六"].left_at.hour == 7
    assert found["吴六"].left_at.minute == 40
    assert found["冯九"].stated == "excused"
    assert "excused_business_trip" in found["冯九"].flags


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_gives_the_same_people(encoding: str) -> None:
    rows = [["姓名", "签到", "备注"], ["张䶮", "√", ""], ["买买提·艾力", "√", ""], ["𬭎欣", "×", "病假"]]
    found = by_name(read(workbooks.text(rows, encoding)))
    assert set(found) == {"张䶮", "买买提·艾力", "𬭎欣"}


def test_proxy_signature_is_never_presence() -> None:
    found = by_name(read(workbooks.xlsx(THREE_BLOCKS)))["郑七"]
    assert found.stated == "absent"
    assert "proxy_signature" in found.flags
    assert not found.whole_session


def test_totals_that_fit_give_no_warning_and_those_that_differ_do() -> None:
    good = [row[:] for row in THREE_BLOCKS]
    good[-1] = ["应到8人，实到4人，请假2人，缺席2人", *[None] * 11]
    assert [w.code for w in read(workbooks.xlsx(good)).warnings] == []
    good[-1] = ["应到8人，实到5人，请假2人，缺席1人", *[None] * 11]
    (warning,) = read(workbooks.xlsx(good)).warnings
    assert warning.code == "totals_differ"
    assert (warning.params["printed_present"], warning.params["counted_present"]) == (5, 4)


def test_a_blank_mark_is_undecided_unless_the_sheet_itself_settles_it() -> None:
    rows = [["姓名", "签到"], ["赵一", "√"], ["钱二", None]]
    assert by_name(read(workbooks.xlsx(rows)))["钱二"].flags == ("blank_mark",)
    with_legend = [*rows, ["说明：√到 空白：缺席", None]]
    assert by_name(read(workbooks.xlsx(with_legend)))["钱二"].stated == "absent"
    with_totals = [*rows, ["应到2人，实到1人，缺席1人", None]]
    assert by_name(read(workbooks.xlsx(with_totals)))["钱二"].stated == "absent"


def test_a_sheet_of_another_day_is_no_evidence_for_this_one() -> None:
    rows = [["培训时间：2026年3月4日 14:00", None], ["姓名", "签到"], ["赵一", "√"]]
    result = read(workbooks.xlsx(rows))
    assert [w.code for w in result.warnings] == ["sheet_date_differs"]
    assert result.readings[0].other_days


def test_shuffled_columns_titles_and_header_synonyms() -> None:
    rows = [
        ["", "", "", ""],
        ["附件2", "", "", ""],
        ["2026年度教师专题培训情况", "", "", ""],
        ["说明情况", "是否到场（必填）", "★所在部门", "参训教师姓名"],
        ["病假", "否", "语文组", "赵一"],
        ["", "是", "数学组", "钱二"],
    ]
    result = read(workbooks.text(rows, "gb18030", "\t"))
    found = by_name(result)
    assert found["钱二"].stated == "present"
    assert found["钱二"].department == "数学组"
    assert found["赵一"].stated in ("absent", "excused")
    assert result.unmapped == ("说明情况",)
    mapped = by_name(read(workbooks.text(rows, "gb18030", "\t"), mapping={"remark": "说明情况"}))
    assert mapped["赵一"].stated == "excused"


def test_hints_behind_names_and_the_signature_typed_as_a_mark() -> None:
    rows = [["姓名", "签到"], ["王芳（语）", "王芳"], ["王芳(数)", "李四"]]
    first, second = read(workbooks.xlsx(rows)).readings
    assert (first.name, first.raw["department_hint"], first.stated) == ("王芳", "语", "present")
    assert second.stated is None
    assert "unknown_symbol" in second.flags
    assert first.external_id != second.external_id


def test_page_repeats_of_the_header_are_not_people() -> None:
    head = ["序号", "姓名", "签到", "备注"]
    rows = [
        head,
        [1, "赵一", "√", None],
        head,
        [2, "钱二", "×", None],
        ["小计", "2人", None, None],
        ["记录人：孙三", None, None, None],
    ]
    result = read(workbooks.xlsx(rows))
    assert [r.name for r in result.readings] == ["赵一", "钱二"]
    assert [d.reason for d in result.dropped] == ["header_again", "totals", "footer"]


@pytest.mark.parametrize(
    ("text", "stated", "late", "early"),
    [
        ("迟到20分钟", "late", 20, None), ("晚到5分", "late", 5, None), ("早退10分钟", "left_early", None, 10),
        ("迟到10分钟，早退5分钟", "late", 10, 5), ("事假", "excused", None, None), ("参加区里会议", "excused", None, None),
        ("旷会", "absent", None, None), ("重复", None, None, None),
    ],
)  # fmt: skip
def test_words_of_remarks(text: str, stated: str | None, late: int | None, early: int | None) -> None:
    claim = claim_of_words(text)
    assert (claim.stated, claim.late_minutes, claim.early_minutes) == (stated, late, early)


def test_a_tick_with_a_leave_word_is_left_to_a_human() -> None:
    claim = combine([claim_of_mark("√"), claim_of_words("事假")])
    assert claim.stated is None
    assert claim.flags == ("remark_needs_check",)


@pytest.mark.parametrize(
    ("text", "sign", "stated"),
    [
        ("说明：√出勤 ○病假 ×旷课", "○", "excused"), ("图例：○出勤，△迟到", "○", "present"), ("出勤：√ 迟到：△ 缺勤：○", "○", "absent"),
        ("注：空白为缺席", "", "absent"),
    ],
)  # fmt: skip
def test_legends_contradict_each_other_and_are_each_believed(text: str, sign: str, stated: str) -> None:
    assert legend_of(text)[sign].stated == stated


def test_a_sign_the_legend_does_not_name_is_not_guessed() -> None:
    assert claim_of_mark("√", legend=legend_of("说明：○出勤 ×缺勤")).known is False
