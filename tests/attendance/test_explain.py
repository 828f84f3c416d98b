"""The samples give their expected.json; variants of them give what the rules say."""

import json
from pathlib import Path
from typing import Any

import pytest
from trainhub_tabular import TabularSource

from tests import workbooks
from trainhub.attendance import file_messages
from trainhub.attendance.explain import explain_files
from trainhub.attendance.matching import RosterPerson
from trainhub.attendance.outcomes import weigh
from trainhub.plugin_api import AttendanceReading, ReadResult

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).parent.parent / "data" / "samples"
ROSTER = SAMPLES / "roster_staff.csv"
SOURCES = {"tabular": TabularSource()}
INFORMATIVE = {"sample", "rules", "session", "warnings", "date_resolution", "dropped_rows", "outcomes"}


def expected(folder: str) -> dict[str, Any]:
    return json.loads((SAMPLES / folder / "expected.json").read_text("utf-8"))  # type: ignore[no-any-return]


def explained(folder: str, key: str = "auto") -> dict[str, Any]:
    wanted = expected(folder)
    return explain_files(
        key, ROSTER, wanted.get("session", {}), [SAMPLES / folder / f for f in wanted["files"]], SOURCES
    )


def same(wanted: dict[str, Any], found: dict[str, Any]) -> None:
    for key, value in wanted.items():
        got = found.get(key)
        assert set(got or ()) == set(value) if key == "review" else got == value, (wanted, key, got)


@pytest.mark.parametrize("folder", ["18-paper-signin-xlsx", "20-html-disguised-as-xls", "24-generic-csv"])
@pytest.mark.parametrize("key", ["auto", "tabular"])
def test_attendance_samples(folder: str, key: str) -> None:
    wanted, found = expected(folder), explained(folder, key)
    assert found["format"] == wanted["format"]
    people = {p["person_key"]: p for p in found["people"]}
    assert set(people) == {p["person_key"] for p in wanted["people"]}
    for person in wanted["people"]:
        same(person, people[person["person_key"]])
    assert len(found["unmatched"]) == len(wanted["unmatched"])
    for a, b in zip(wanted["unmatched"], found["unmatched"], strict=True):
        same(a, b)
    assert found["encoding"] == wanted.get("encoding", found["encoding"])


def test_the_totals_of_the_paper_sheet_are_compared() -> None:
    (warning,) = explained("18-paper-signin-xlsx")["warnings"]
    assert "8" in warning
    assert "2" in warning


@pytest.mark.parametrize(
    ("folder", "rows"), [("30-roster-xueji-students", "students"), ("31-roster-teachers", "staff")]
)
def test_roster_samples(folder: str, rows: str) -> None:
    wanted, found = expected(folder), explained(folder)
    for key in wanted.keys() - INFORMATIVE - {rows}:
        if key.endswith("_columns"):
            assert set(found[key]) == set(wanted[key])
        else:
            assert found[key] == wanted[key], key
    assert len(found[rows]) == len(wanted[rows])
    for a, b in zip(wanted[rows], found[rows], strict=True):
        same(a, b)


def test_discarded_columns_leave_no_trace() -> None:
    shown = json.dumps(explained("30-roster-xueji-students"), ensure_ascii=False)
    for secret in ("学府路", "汉族", "父亲", "健康或良好", "990101201702280097"):
        assert secret not in shown


def test_roll_call_grid(tmp_path: Path) -> None:
    folder = "19-class-rollcall-xlsx"
    wanted = expected(folder)
    roster = tmp_path / "pupils.csv"
    keys = {r["student_no"]: r["student_key"] for r in wanted["records"]}
    roster.write_text("student_key,name,student_no\n" + "".join(f"{k},x,{n}\n" for n, k in keys.items()), "utf-8")
    found = explain_files("auto", roster, {}, [SAMPLES / folder / f for f in wanted["files"]], SOURCES)
    for key in ("format", "class_name", "year_hint"):
        assert found[key] == wanted[key]
    assert len(found["records"]) == len(wanted["records"])
    for a, b in zip(wanted["records"], found["records"], strict=True):
        same(a, b)


def test_hostile_samples_are_refused_one_by_one_with_a_sentence() -> None:
    wanted, found = expected("25-hostile-files"), explained("25-hostile-files")
    assert found["format"] == "hostile"
    for name, outcome in wanted["outcomes"].items():
        verdict = "accepted" if name == "formula.csv" else "refused"
        assert outcome.startswith(verdict)
        assert found["outcomes"][name].startswith(verdict), name
        if verdict == "refused":
            assert found["outcomes"][name].count(": ") == 2


SESSION = expected("24-generic-csv")["session"]


def weighed(rows: list[list[Any]], tmp_path: Path, **session: Any) -> dict[str, Any]:
    path = tmp_path / "a.csv"
    path.write_bytes(workbooks.text(rows).content)
    return explain_files("auto", ROSTER, SESSION | session, [path], SOURCES)


def test_an_unplaced_row_keeps_its_candidates_undecided(tmp_path: Path) -> None:
    found = weighed([["姓名", "签到时间"], ["王芳", "13:50"]], tmp_path)
    people = {p["person_key"]: p for p in found["people"]}
    assert people["T001"]["status"] is None
    assert people["T001"]["review"] == ["ambiguous_name"]
    assert people["T003"]["status"] == "absent"
    assert found["unmatched"] == [
        {"row": 2, "raw_name": "王芳", "raw_id": "", "reason": "ambiguous_name", "candidates": ["T001", "T002"]}
    ]


def test_case_09_online_evidence_never_counts_face_to_face(tmp_path: Path) -> None:
    found = weighed([["姓名", "签到时间", "签退时间"], ["李建国", "13:50", "16:00"]], tmp_path, mode="online")
    person = next(p for p in found["people"] if p["person_key"] == "T003")
    assert (person["status"], person["minutes"], person["counts_face_to_face"]) == ("present", 120, False)


def test_somebody_who_was_not_on_the_list_is_shown_as_such(tmp_path: Path) -> None:
    found = weighed([["姓名", "工号", "签到"], ["郑凯", "0112", "√"]], tmp_path)
    extra = [p for p in found["people"] if not p.get("expected", True)]
    assert [p["person_key"] for p in extra] == ["T012"]
    assert extra[0]["status"] == "present"


def test_two_files_of_one_session_are_put_side_by_side(tmp_path: Path) -> None:
    bad = tmp_path / "b.xlsx"
    bad.write_bytes(b"")
    good = tmp_path / "a.csv"
    good.write_bytes(workbooks.text([["姓名", "签到"], ["李建国", "√"]]).content)
    found = explain_files("tabular", ROSTER, SESSION, [bad, good], SOURCES)
    assert found["outcomes"]["b.xlsx"].startswith("refused: empty_file")
    assert any(p["status"] == "present" for p in found["people"])


PERSON = RosterPerson("A", "赵一", "1")


def outcome(*readings: AttendanceReading, **more: Any) -> Any:
    (person,) = weigh(ReadResult("x", readings), [PERSON], workbooks.FRAME, ["A"], **more).people
    return person


def test_decisions_place_and_dismiss_rows() -> None:
    stranger = AttendanceReading(2, name="赵依", stated="present", whole_session=True, external_id="name:赵依|")
    assert outcome(stranger).status == "absent"
    decided = outcome(stranger, decisions={"name:赵依|": "A"})
    assert (decided.status, decided.how, decided.rows) == ("present", "decision", (2,))
    result = weigh(ReadResult("x", (stranger,)), [PERSON], workbooks.FRAME, ["A"], decisions={"name:赵依|": ""})
    assert result.unmatched == ()


def test_leave_that_somebody_claims_for_himself_needs_an_approver() -> None:
    leave = AttendanceReading(2, staff_no="1", stated="excused")
    assert outcome(leave).status == "excused"
    assert outcome(leave, trust="self_report").status is None


def test_repeated_rows_count_once() -> None:
    row = AttendanceReading(2, staff_no="1", stated="present", whole_session=True, external_id="a")
    again = AttendanceReading(3, staff_no="1", stated="present", whole_session=True, external_id="a#2", remark="重复")
    person = outcome(row, again)
    assert (person.minutes, person.review, person.rows) == (120, ("duplicate_row_ignored",), (2, 3))


def test_every_review_code_has_a_sentence_in_both_languages() -> None:
    chinese = (Path(file_messages.__file__).parent.parent / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po").read_text("utf-8")
    for text in (*file_messages.REVIEW.values(), *file_messages.WARNINGS.values()):
        assert f'msgid "{text}"' in chinese
