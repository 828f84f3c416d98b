"""The invariants of the format, one broken place at a time."""

import json
from pathlib import Path

import pytest

from tests.courses.conftest import COURSE, QUIZ, WriteFolder
from trainhub.courses.packs import (
    check_folder,
    parse_yaml,
    read_description,
    read_folder,
)
from trainhub.courses.rules import DEFAULT_TOPIC, pack_of, usable

SAMPLE = Path(__file__).parents[1] / "data/courses/44"


def codes(path: Path) -> list[str]:
    return [problem.code for problem in check_folder(path)]


def test_a_good_pack_has_no_problems(folder: WriteFolder) -> None:
    pack, problems = read_folder(folder())
    assert problems == []
    assert pack is not None
    assert (pack.minutes, pack.class_hours, pack.topic) == (45, 1, DEFAULT_TOPIC)
    assert pack.units[0].text is not None
    assert pack.units[0].text.startswith("# 第一单元")


def test_sample_44_is_valid_as_a_description() -> None:
    expected = json.loads((SAMPLE / "expected.json").read_text("utf-8"))
    pack, problems = read_description((SAMPLE / "course.yaml").read_text("utf-8"))
    assert pack is not None
    assert (usable(problems), problems, pack.minutes) == (
        expected["valid"], expected["problems"], expected["total_unit_minutes"],
    )  # fmt: skip


def test_the_run_of_show_counts_breaks_in_the_clock_only(folder: WriteFolder) -> None:
    pack, _ = read_folder(folder())
    assert pack is not None
    assert [(t.start, t.end) for t in pack.timetable()] == [(0, 30), (30, 35), (35, 50)]
    assert pack.minutes == 45


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("class_hours: 1", "class_hours: 2", "too_few_minutes", "class_hours"),
        ("delivery: face_to_face\naudience", "delivery: online\naudience", "not_face_to_face", "delivery"),
        ("minutes: 15\n    delivery: face_to_face", "minutes: 15\n    delivery: online", "delivery_differs", "units.2.delivery"),
        ("type: staff_training", "type: pottery", "unknown_type", "type"),
        ("id: two", "id: one", "repeated", "units.2.id"),
        ("{unit: two, minutes: 15", "{unit: three, minutes: 15", "no_such_unit", "run_of_show.3.unit"),
        ("{unit: one, minutes: 30", "{unit: one, minutes: 29", "run_of_show_differs", "units.1.minutes"),
        ("{minutes: 5, kind: break", "{minutes: 5, kind: talk", "step_without_unit", "run_of_show.2"),
        ("{unit: two, minutes: 15, kind: practice", "{unit: two, minutes: 15, kind: break", "break_in_unit", "run_of_show.3.unit"),
        ("pass_correct: 1}", "pass_correct: 2}", "pass_mark_differs", "assessment.pass_correct"),
        ("id: small-pack", "id: other-pack", "id_differs_from_folder", "id"),
        ("minutes: 30\n", "minutes: 三十\n", "wrong_type", "units.1.minutes"),
        ("minutes: 30\n", "minutes: -30\n", "out_of_range", "units.1.minutes"),
        ("title: 小课程包\n", "", "field_missing", ""),
        ('version: "1.0"', "version: 1.0", "wrong_type", "version"),
        ("id: small-pack", 'id: "small-pack\\n"', "bad_pattern", "id"),
        ("delivery: face_to_face\naudience", "delivery: 面授\naudience", "not_allowed", "delivery"),
        ("    file: units/02-two.md", "    file: units/02-two.md\n    colour: red", "key_unexpected", "units.2"),
        ("units/02-two.md", "units/03-three.md", "file_missing", ""),
    ],
)
def test_each_broken_place_is_named(folder: WriteFolder, old: str, new: str, code: str, field: str) -> None:
    assert COURSE.count(old) >= 1
    found = check_folder(folder(COURSE.replace(old, new, 1)))
    assert (code, field) in [(problem.code, problem.field) for problem in found]
    assert not usable(found)


def test_a_problem_carries_the_line_it_stands_in(folder: WriteFolder) -> None:
    [problem] = [p for p in check_folder(folder(COURSE.replace("class_hours: 1", "class_hours: 2"))) if p.code == "too_few_minutes"]
    assert problem.file == "course.yaml"
    assert COURSE.splitlines()[problem.line - 1].startswith("class_hours")
    [problem] = check_folder(folder(COURSE.replace("{unit: one, minutes: 30", "{unit: one, minutes: 29")))
    assert COURSE.splitlines()[problem.line - 1].strip() == "minutes: 30"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("answer: [A]", "answer: [C]", "answer_not_offered"),
        ("answer: [A]", "answer: [A, B]", "one_answer_only"),
        ("pass_correct: 1", "pass_correct: 9", "pass_mark_too_high"),
        ("    reason: 看见的人最清楚。\n", "", "field_missing"),
    ],
)
def test_a_broken_quiz_is_named(folder: WriteFolder, old: str, new: str, code: str) -> None:
    found = check_folder(folder(quiz=QUIZ.replace(old, new, 1)))
    assert code in [problem.code for problem in found if problem.file == "quiz.yaml"]


def test_a_promised_quiz_must_be_there(folder: WriteFolder) -> None:
    assert "quiz_missing" in codes(folder(quiz=None))


def test_a_registered_type_is_accepted(folder: WriteFolder) -> None:
    path = folder(COURSE.replace("type: staff_training", "type: pottery"))
    assert check_folder(path, {"pottery"}) == []


def test_an_unknown_top_level_key_is_kept_and_warned_about(folder: WriteFolder) -> None:
    pack, problems = read_folder(folder(COURSE + "mascot: 熊猫\n"))
    assert [(p.code, p.severity, p.field) for p in problems] == [("unknown_key", "warning", "mascot")]
    assert usable(problems)
    assert pack is not None
    assert pack.content()["course"]["mascot"] == "熊猫"


def test_a_file_that_nobody_lists_is_warned_about(folder: WriteFolder) -> None:
    path = folder()
    (path / "units/03-extra.md").write_text("# 多余", "utf-8")
    assert [(p.code, p.file, p.severity) for p in check_folder(path)] == [("file_not_listed", "units/03-extra.md", "warning")]


def test_blended_may_mix_deliveries(folder: WriteFolder) -> None:
    course = COURSE.replace("face_to_face: true", "face_to_face: false").replace("delivery: face_to_face", "delivery: blended", 1)
    assert check_folder(folder(course.replace("minutes: 15\n    delivery: face_to_face", "minutes: 15\n    delivery: online"))) == []


def test_the_digest_follows_the_content_and_nothing_else(folder: WriteFolder) -> None:
    first, _ = read_folder(folder())
    commented, _ = read_folder(folder("# 一句注释\n" + COURSE))
    assert first is not None
    assert commented is not None
    assert first.digest() == commented.digest()
    path = folder()
    (path / "units/01-one.md").write_text("# 第一单元\n\n改了一个字。\n", "utf-8")
    changed, _ = read_folder(path)
    assert changed is not None
    assert changed.digest() != first.digest()


def test_content_reads_back_as_the_same_pack(folder: WriteFolder) -> None:
    pack, _ = read_folder(folder())
    assert pack is not None
    content = json.loads(json.dumps(pack.content()))
    assert pack_of(content["course"], content["texts"], content["quiz"]) == pack


def test_a_date_in_yaml_stays_the_text_that_was_typed() -> None:
    assert parse_yaml("reviewed: 2026-03-05\n").value == {"reviewed": "2026-03-05"}
