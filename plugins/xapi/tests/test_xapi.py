"""The sample as expected, then statements that void, repeat, lack or exaggerate."""

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from trainhub_xapi import XapiSource
from trainhub_xapi.statements import seconds_of

from trainhub.attendance.explain import explain_files
from trainhub.plugin_api import AttendanceReading, Refused, Upload
from trainhub.testing.contracts import AttendanceSourceContract, frame

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).resolve().parents[3] / "tests" / "data" / "samples"
FILE = SAMPLES / "40-xapi-cmi5-statements" / "statements.json"
GIVEN: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
EVENING = frame(date(2026, 3, 5), "19:00", "22:30")


def upload(found: list[dict[str, Any]]) -> Upload:
    return Upload("语句.json", json.dumps({"statements": found, "more": ""}, ensure_ascii=False).encode())


def read(found: list[dict[str, Any]]) -> dict[str, AttendanceReading]:
    return {r.staff_no: r for r in XapiSource().read(upload(found), EVENING).readings}


def given() -> list[dict[str, Any]]:
    return copy.deepcopy(GIVEN["statements"])  # type: ignore[no-any-return]


def last(found: list[dict[str, Any]], verb: str) -> dict[str, Any]:
    return next(s for s in reversed(found) if s["verb"]["id"].endswith(verb))


class TestXapi(AttendanceSourceContract):
    source = XapiSource()
    samples: ClassVar = (Upload("statements.json", FILE.read_bytes()),)
    session: ClassVar = EVENING


@pytest.mark.parametrize("key", ["auto", "xapi"])
def test_what_is_expected_of_the_sample(key: str) -> None:
    expected = json.loads((FILE.parent / "expected.json").read_text(encoding="utf-8"))
    found = explain_files(
        key, SAMPLES / "roster_staff.csv", expected.get("session", {}), [FILE], {"xapi": XapiSource()}
    )
    assert (found["format"], found["move_on"], found["people"]) == (
        expected["format"],
        expected["move_on"],
        expected["people"],
    )


def test_in_a_session_it_is_online_and_never_face_to_face() -> None:
    session = {"date": "2026-03-05", "start": "19:00", "end": "20:00", "expected_people": ["T001", "T002", "T003"]}
    found = explain_files("auto", SAMPLES / "roster_staff.csv", session, [FILE], {"xapi": XapiSource()})
    people = {p["person_key"]: p for p in found["people"]}
    assert (people["T001"]["minutes"], people["T001"]["counts_face_to_face"]) == (45, False)
    assert people["T003"]["status"] == "absent"


def test_order_repeats_and_pages_do_not_matter() -> None:
    found = given()
    assert read([*reversed(found), *found]) == read(list(reversed(found)))
    assert {k: r.raw for k, r in read(found[::-1]).items()} == {k: r.raw for k, r in read(found).items()}


def test_a_voided_session_takes_its_minutes_with_it() -> None:
    found = given()
    ended = last(found, "terminated")
    found.append(
        {
            **ended,
            "id": "ffffffff-0000-4000-8000-000000000001",
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": ended["id"].upper()},
        }
    )
    assert read(found)["0102"].raw["online_minutes"] == "20"


def test_no_more_than_eight_hours_a_day() -> None:
    found = given()
    last(found, "terminated")["result"]["duration"] = "PT11H"
    assert read(found)["0102"].most_minutes == 480


def test_an_abandoned_session_counts_and_one_without_length_is_looked_at() -> None:
    found = given()
    ended = last(found, "terminated")
    ended["verb"]["id"] = "https://w3id.org/xapi/adl/verbs/abandoned"
    assert read(found)["0102"].most_minutes == 51
    del ended["result"]
    assert read(found)["0102"].flags == ("time_unreadable",)
    assert read(found)["0102"].most_minutes == 20


def test_a_shared_computers_mail_address_names_nobody() -> None:
    found = given()
    for statement in found:
        statement["actor"] = {"mbox": "mailto:office@school.example"}
    result = XapiSource().read(upload(found), EVENING)
    assert result.readings == ()
    assert {d.reason for d in result.dropped} == {"no_identity"}


def test_several_courses_in_one_file_are_said() -> None:
    found = given()
    found[0]["object"]["id"] = "https://trainhub.example/courses/fire-drill/au1"
    assert [p.code for p in XapiSource().read(upload(found), EVENING).warnings] == ["several_activities"]


def test_other_statements_are_not_cmi5() -> None:
    found = given()
    for statement in found:
        statement["context"] = {}
    found = [s for s in found if not s["verb"]["id"].endswith("voided")]
    assert XapiSource().recognise(upload(found)) == 0
    with pytest.raises(Refused, match="no_data"):
        XapiSource().read(upload(found), EVENING)


@pytest.mark.parametrize(("text", "seconds"), [
    ("PT45M", 2700), ("PT20M12.5S", 1212.5), ("PT0.5H", 1800), ("P1DT1H", 90000), ("PT0S", 0), ("PT", None), ("P", None), ("45", None),
    (None, None), (45, None), ("PT1..5H", None), ("P9999D", None), ("-PT5M", None), ("PT999999999999H", None),
])  # fmt: skip
def test_durations(text: Any, seconds: float | None) -> None:
    assert seconds_of(text) == seconds
