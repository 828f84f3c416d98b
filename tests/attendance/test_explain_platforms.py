"""The samples of platforms, forms, meetings and learning systems give their expected.json."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from trainhub_dingtalk import DingTalkSource
from trainhub_forms import FormsSource
from trainhub_lms import LmsSource
from trainhub_meeting import MeetingSource
from trainhub_tabular import TabularSource
from trainhub_wecom import WeComSource

from tests import workbooks
from tests.attendance.samples import ROSTER, assert_explained, expected, files_of
from trainhub.attendance.explain import choose, explain_files, put_together
from trainhub.evidence import intake
from trainhub.plugin_api import AttendanceReading, AttendanceSource, ReadResult, Refused, Upload

pytestmark = pytest.mark.files_only
SOURCES: Mapping[str, AttendanceSource] = {
    s.spec.key: s
    for s in (TabularSource(), DingTalkSource(), WeComSource(), FormsSource(), MeetingSource(), LmsSource())
}
OWNERS = {
    "01-dingtalk-report-xlsx": "dingtalk", "02-dingtalk-attendance-list-json": "dingtalk", "03-dingtalk-listrecord-json": "dingtalk",
    "04-dingtalk-checkin-json": "dingtalk", "05-wecom-daily-xlsx": "wecom", "06-wecom-getcheckindata-json": "wecom", "07-tencent-meeting-xlsx": "meeting",
    "08-zoom-participants-csv": "meeting", "09-teams-attendance-utf16-tsv": "meeting", "10-wjx-signin-xlsx": "forms", "11-tencent-docs-form-xlsx": "forms",
    "21-moodle-attendance-export": "lms", "22-moodle-facetoface-xlsx": "lms", "23-indico-checkin": "lms",
}  # fmt: skip
TYPED = ("18-paper-signin-xlsx", "19-class-rollcall-xlsx", "20-html-disguised-as-xls", "24-generic-csv")


@pytest.mark.parametrize("folder", OWNERS)
@pytest.mark.parametrize("by", ["auto", "key"])
def test_samples(folder: str, by: str) -> None:
    assert_explained(folder, "auto" if by == "auto" else OWNERS[folder], SOURCES)


@pytest.mark.parametrize("folder", [*OWNERS, *TYPED])
def test_each_sample_has_one_source_that_is_sure_and_no_other_near(folder: str) -> None:
    for path in files_of(folder):
        scores = intake.recognise(Upload(path.name, path.read_bytes()), list(SOURCES.values()))
        owner = OWNERS.get(folder, "tabular")
        assert choose(scores, SOURCES) == owner, scores
        if owner != "tabular":
            assert scores[owner] >= 96


def test_the_name_of_a_file_says_nothing() -> None:
    for folder, owner in OWNERS.items():
        content = files_of(folder)[0].read_bytes()
        assert (
            SOURCES[owner].recognise(Upload("x", content))
            == SOURCES[owner].recognise(Upload("考勤.pdf", content))
            >= 96
        )


def test_rosters_are_still_told_apart() -> None:
    for folder, wanted in (("30-roster-xueji-students", "roster.xueji"), ("31-roster-teachers", "roster.teachers")):
        assert explain_files("auto", ROSTER, {}, files_of(folder), SOURCES)["format"] == wanted


def test_two_sources_that_are_equally_sure_are_both_named() -> None:
    with pytest.raises(Refused) as caught:
        choose({"tabular": 85, "forms": 88, "lms": 60}, SOURCES)
    assert caught.value.code == "could_be_several"
    assert "(forms)" in caught.value.params["kinds"]
    assert "(tabular)" in caught.value.params["kinds"]
    assert "(lms)" not in caught.value.params["kinds"]
    assert choose({"tabular": 70, "forms": 88}, SOURCES) == "forms"
    for nothing in ({}, {"tabular": 0}):
        with pytest.raises(Refused, match="no_header"):
            choose(nothing, SOURCES)


class Twin(TabularSource):
    """A second source that reads what tabular reads."""

    spec = SOURCES["wecom"].spec


def test_explain_says_what_a_file_could_be(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(workbooks.text([["姓名", "签到时间"], ["李建国", "13:50"]]).content)
    found = explain_files(
        "auto", ROSTER, expected("24-generic-csv")["session"], [path], {"tabular": TabularSource(), "wecom": Twin()}
    )
    assert found["outcomes"]["a.csv"].startswith("refused: could_be_several: ")
    assert "(tabular)" in found["outcomes"]["a.csv"]
    assert "people" not in found


def test_case_09_an_online_source_never_counts_even_in_a_session_face_to_face() -> None:
    folder = "08-zoom-participants-csv"
    session = expected(folder)["session"] | {"mode": "face_to_face"}
    for key in ("auto", "meeting"):
        people = explain_files(key, ROSTER, session, files_of(folder), SOURCES)["people"]
        assert [(p["minutes"], p["counts_face_to_face"]) for p in people] == [(120, False), (110, False)]


def test_leave_in_a_form_needs_an_approver(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        workbooks.xlsx(
            [["提交答卷时间", "1、姓名", "2、工号", "3、是否到场"], ["2026/3/5 13:51:07", "李建国", "0103", "请假"]]
        ).content
    )
    people = explain_files("auto", ROSTER, expected("10-wjx-signin-xlsx")["session"], [path], SOURCES)["people"]
    person = next(p for p in people if p["person_key"] == "T003")
    assert (person["status"], person["review"]) == (None, ["leave_needs_approval"])


def test_pages_given_twice_or_the_other_way_round_change_nothing() -> None:
    folder = "02-dingtalk-attendance-list-json"
    session = expected(folder)["session"]
    pages = files_of(folder)
    once = explain_files("auto", ROSTER, session, pages, SOURCES)
    for again in (pages[::-1], [*pages, pages[0]]):
        found = explain_files("auto", ROSTER, session, again, SOURCES)
        assert found["people"] == once["people"]
        assert found["unmatched"] == once["unmatched"]


def test_rows_of_several_files_are_one_row_only_where_they_say_the_same() -> None:
    def result(*readings: AttendanceReading) -> ReadResult:
        return ReadResult("x", readings)

    row = AttendanceReading(1, name="a", stated="present", external_id="k")
    other = AttendanceReading(1, name="a", stated="absent", external_id="k")
    assert put_together([result(row), result(row)]).readings == (row,)
    assert [w.code for w in put_together([result(row), result(row)]).warnings] == ["rows_in_several_files"]
    both = put_together([result(row), result(other)]).readings
    assert len(both) == len({r.external_id for r in both}) == 2
    unnamed = AttendanceReading(1, name="a")
    assert len(put_together([result(unnamed), result(unnamed)]).readings) == 2


def test_hostile_json_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a": ' * 100_000)
    for key in ("auto", "dingtalk"):
        assert explain_files(key, ROSTER, {}, [path], SOURCES)["outcomes"]["a.json"].startswith("refused: bad_json: ")


def test_answers_and_reports_leave_no_addresses_behind() -> None:
    for folder in OWNERS:
        session = expected(folder)["session"]
        shown = json.dumps(explain_files("auto", ROSTER, session, files_of(folder), SOURCES), ensure_ascii=False)
        for secret in ("学府路", "203.0.113", "example.invalid", "checkin_secret", "虚拟定位", "38.46", "某家长小区"):
            assert secret not in shown, (folder, secret)
