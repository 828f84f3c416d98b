"""Who a row is about: exact after normalising, in a fixed order, never guessed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.attendance.matching import Directory, RosterPerson
from trainhub.plugin_api import AttendanceReading

pytestmark = pytest.mark.files_only
PEOPLE = (
    RosterPerson(
        "A",
        "王芳",
        "0101",
        "语文组",
        device_pin="11",
        card_no="0009912301",
        platform_ids=("wf01",),
        email="wf@x.example",
    ),
    RosterPerson("B", "王芳", "0102", "数学组", phone_tail="4321"),
    RosterPerson("C", "李建国", "0103", "校务办"),
    RosterPerson("D", "买买提·艾力", "0105", "体育组"),
    RosterPerson("E", "张䶮", "0106", "科学组"),
    RosterPerson("F", "李思怡", "0107", "英语组"),
    RosterPerson("G", "陈晓东", "", "总务处"),
)
DIRECTORY = Directory(PEOPLE)


def row(name: str = "", **more: Any) -> AttendanceReading:
    return AttendanceReading(1, name=name, **more)


@pytest.mark.parametrize(
    ("reading", "key", "how", "review"),
    [
        (row("王芳", platform_id="wf01", staff_no="0102"), "A", "platform_id", ()),
        (row("王芳", staff_no="0102"), "B", "staff_no", ()),
        (row("王芳", staff_no="０１０２"), "B", "staff_no", ()),
        (row("李建国", staff_no="103"), "C", "staff_no", ("staff_no_zero_padded",)),
        (row("陈小东", staff_no="0103"), "C", "staff_no", ("name_mismatch_with_staff_no",)),
        (row("", device_pin="00011"), "A", "device_pin", ()),
        (row("", card_no="0009912301"), "A", "card_no", ()),
        (row("芳芳", email="WF@x.example"), "A", "email", ()),
        (row("王 芳", department="数学组"), "B", "name_and_department", ("matched_by_name_and_dept",)),
        (row("王芳", department="某校/语文组"), "A", "name_and_department", ("matched_by_name_and_dept",)),
        (row("王芳", raw={"department_hint": "数"}), "B", "name_and_department", ()),
        (row("王芳", raw={"phone_tail": "4321"}), "B", "name_and_department", ("matched_by_name_and_phone_tail",)),
        (row("李　建国"), "C", "name", ()),
        (row("买买提艾力"), "D", "name", ("name_punctuation_normalised",)),
        (row("买买提・艾力", staff_no="0105"), "D", "staff_no", ("name_punctuation_normalised",)),
        (row("买买提.艾力"), "D", "name", ("name_punctuation_normalised",)),
        (row("张䶮", department="科学教研组"), "E", "name", ()),
        (row("张䶮", department="保卫处"), "E", "name", ("department_differs",)),
        (row("陈晓东", staff_no="0999"), "G", "name", ()),
    ],
)
def test_found(reading: AttendanceReading, key: str, how: str, review: tuple[str, ...]) -> None:
    match = DIRECTORY.match(reading)
    assert (match.person_key, match.how, match.review) == (key, how, review)


@pytest.mark.parametrize(
    ("reading", "reason", "candidates"),
    [
        (row("王芳"), "ambiguous_name", ("A", "B")),
        (row("王芳", department="音乐组"), "ambiguous_name", ("A", "B")),
        (row("李思仪"), "not_on_roster", ()),
        (row("钱七", staff_no="0199"), "not_on_roster", ()),
        (row("李建国", staff_no="0999"), "staff_no_not_on_roster", ("C",)),
        (row("陳曉東"), "variant_characters", ("G",)),
        (row("", staff_no="0999"), "not_on_roster", ()),
        (row(""), "no_identity", ()),
    ],
)
def test_case_99_not_found_is_asked_and_never_guessed(
    reading: AttendanceReading, reason: str, candidates: tuple[str, ...]
) -> None:
    match = DIRECTORY.match(reading)
    assert (match.person_key, match.reason, match.candidates) == (None, reason, candidates)


def test_case_99_two_people_named_alike_are_told_apart_by_number_only() -> None:
    people = Directory([RosterPerson("1", "王伟", "8", "语文组"), RosterPerson("2", "王伟", "9", "语文组")])
    assert people.match(row("王伟", staff_no="9")).person_key == "2"
    assert people.match(row("王伟", department="语文组")).reason == "ambiguous_name"


def test_padding_needs_exactly_one_hit() -> None:
    people = Directory([RosterPerson("1", "甲", "0011"), RosterPerson("2", "乙", "00011")])
    assert people.match(row("丙", staff_no="11")).person_key is None


def test_one_number_held_by_two_people_is_asked() -> None:
    people = Directory([RosterPerson("1", "甲", "7"), RosterPerson("2", "乙", "7")])
    assert people.match(row("甲", staff_no="7")).person_key == "1"
    assert people.match(row("", staff_no="7")).reason == "ambiguous_staff_no"


names = st.text("王李张䶮陈芳伟· 买提", max_size=5)
numbers = st.sampled_from(["", "0101", "101", "0102", "0199", "７", "1.2E+9"])


@given(names, numbers, st.sampled_from(["", "语文组", "数学组"]))
def test_a_match_is_always_somebody_on_the_roster(name: str, staff_no: str, department: str) -> None:
    match = DIRECTORY.match(row(name, staff_no=staff_no, department=department))
    known = {p.person_key for p in PEOPLE}
    assert match.person_key is None or match.person_key in known
    assert set(match.candidates) <= known
    assert (match.person_key is None) == bool(match.reason)


@given(st.sampled_from(PEOPLE))
def test_a_roster_matches_itself(person: RosterPerson) -> None:
    reading = row(person.name, staff_no=person.staff_no, department=person.department)
    assert DIRECTORY.match(reading).person_key == person.person_key


@given(st.sampled_from(PEOPLE), st.sampled_from("王李张陈仪"))
def test_one_other_character_is_another_person(person: RosterPerson, other: str) -> None:
    name = person.name[:-1] + other
    match = DIRECTORY.match(row(name))
    if name not in {p.name for p in PEOPLE}:
        assert match.person_key is None
