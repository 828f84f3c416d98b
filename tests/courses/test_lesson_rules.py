"""What a pack for a class or for parents must hold, one broken place at a time."""

import re
from dataclasses import replace

import pytest

from tests.courses.conftest import LESSON, WriteFolder
from trainhub.courses import messages
from trainhub.courses.comparing import compare
from trainhub.courses.packs import check_folder, read_folder
from trainhub.courses.rules import GRADE_BANDS, Pack, band_of_grade, pack_of, usable

PARENTS = LESSON.replace("type: class_meeting", "type: parent_meeting").replace("audience: [class]", "audience: [parent]")


def read(folder: WriteFolder, course: str = LESSON) -> Pack:
    pack, problems = read_folder(folder(course))
    assert problems == []
    assert pack is not None
    return pack


def test_a_good_lesson_has_no_problems_and_is_read_whole(lesson_folder: WriteFolder) -> None:
    pack = read(lesson_folder)
    assert (pack.grade_bands, pack.theme, pack.lesson_minutes) == (("lower_primary", "upper_primary"), "bystander", 40)
    assert (len(pack.questions), len(pack.avoid)) == (3, 3)
    assert [handout.kind for handout in pack.handouts] == ["activity_sheet", "parent_letter"]
    content = pack.content()
    assert pack_of(content["course"], content["texts"], content["quiz"]) == pack


def _without(key: str) -> str:
    return re.sub(rf"^{key}:.*\n(?:  .*\n)*", "", LESSON, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("course", "code", "field"),
    [
        (_without("grade_bands"), "grade_bands_missing", "grade_bands"),
        (_without("theme"), "theme_missing", "theme"),
        (_without("lesson_minutes"), "lesson_minutes_missing", "lesson_minutes"),
        (_without("run_of_show"), "run_of_show_missing", "run_of_show"),
        (_without("questions"), "too_few_questions", "questions"),
        (_without("avoid"), "too_few_to_avoid", "avoid"),
        (LESSON.replace("[小熊为什么不笑了？, ", "["), "too_few_questions", "questions"),
        (LESSON.replace("[不要点名举例, ", "["), "too_few_to_avoid", "avoid"),
        (LESSON.replace("kind: activity_sheet", "kind: sheet"), "activity_sheet_missing", "handouts"),
        (LESSON.replace(", kind: parent_letter", ""), "parent_letter_missing", "handouts"),
        (LESSON.replace("lesson_minutes: 40", "lesson_minutes: 45"), "lesson_minutes_differ", "lesson_minutes"),
        (LESSON.replace("lesson_minutes: 40", "lesson_minutes: 50"), "no_lesson_length", "lesson_minutes"),
        (LESSON.replace("class_hours: 1", "class_hours: 2"), "too_few_minutes", "class_hours"),
        (LESSON.replace("upper_primary", "middle_school"), "not_allowed", "grade_bands.1"),
        (LESSON.replace("upper_primary", "lower_primary"), "repeated", "grade_bands"),
        (LESSON.replace("theme: bystander", "theme: pottery"), "not_allowed", "theme"),
        (LESSON.replace("kind: parent_letter", "kind: poster"), "not_allowed", "handouts.2.kind"),
        (LESSON.replace("lesson_minutes: 40", 'lesson_minutes: "40"'), "wrong_type", "lesson_minutes"),
    ],
)
def test_each_broken_place_of_a_class_meeting_is_named(lesson_folder: WriteFolder, course: str, code: str, field: str) -> None:
    assert course != LESSON
    found = check_folder(lesson_folder(course))
    assert (code, field) in [(problem.code, problem.field) for problem in found]
    assert not usable(found)
    for problem in found:
        assert "%(" not in messages.sentence(problem)


def test_one_broken_place_is_one_problem(lesson_folder: WriteFolder) -> None:
    for key in ("grade_bands", "theme", "questions", "avoid"):
        assert len(check_folder(lesson_folder(_without(key)))) == 1, key


def test_a_period_is_as_long_as_the_lesson_says(lesson_folder: WriteFolder) -> None:
    assert check_folder(lesson_folder()) == [], "40 minutes are one period of a pack that names its lesson"
    staff = LESSON.replace("type: class_meeting", "type: staff_training").replace("lesson_minutes: 40\n", "")
    assert [p.code for p in check_folder(lesson_folder(staff))] == ["too_few_minutes"], "without one a period has 45"


@pytest.mark.parametrize(("minutes", "codes"), [(29, ["no_parent_meeting_length"]), (30, []), (90, []), (91, ["no_parent_meeting_length"])])
def test_a_parent_meeting_lasts_half_an_hour_to_an_hour_and_a_half(lesson_folder: WriteFolder, minutes: int, codes: list[str]) -> None:
    pack = read(lesson_folder, PARENTS)
    course = PARENTS.replace("lesson_minutes: 40", f"lesson_minutes: {minutes}").replace("minutes: 25\n", f"minutes: {minutes - 15}\n")
    course = course.replace("unit: one, minutes: 10", f"unit: one, minutes: {minutes - 30}") if minutes > 30 else course
    found = {problem.code for problem in check_folder(lesson_folder(course))} - {"run_of_show_differs"}
    assert sorted(found) == codes
    assert pack.lesson_minutes == 40


def test_a_parent_meeting_needs_no_activity_sheet_and_no_theme(lesson_folder: WriteFolder) -> None:
    course = PARENTS.replace("theme: bystander\n", "").replace("grade_bands: [upper_primary, lower_primary]\n", "")
    assert check_folder(lesson_folder(course.replace("kind: activity_sheet", "kind: sheet"))) == []
    differing = check_folder(lesson_folder(PARENTS.replace("lesson_minutes: 40", "lesson_minutes: 60")))
    assert "lesson_minutes_differ" in [problem.code for problem in differing]


def test_a_pack_for_the_staff_needs_none_of_it_and_keeps_its_digest(folder: WriteFolder) -> None:
    pack, problems = read_folder(folder())
    assert problems == []
    assert pack is not None
    assert pack.digest() == "0a9414bfbc79710cda097b7de1702cd887e89444ce6c7ace31ae2e75fcfe9050", "installed packs would count as changed"


def test_what_changed_in_a_lesson_is_named(lesson_folder: WriteFolder) -> None:
    pack = read(lesson_folder)
    for part, value in (("theme", "internet"), ("grade_bands", ("junior",)), ("questions", ()), ("avoid", ()), ("lesson_minutes", 45)):
        changes: dict[str, object] = {part: value}
        assert compare(pack, replace(pack, version="0.9", **changes), {"0.9": "x"}).parts == (part,)  # type: ignore[arg-type]
        assert str(messages.CHANGED_PARTS[part])


def test_every_grade_has_one_band() -> None:
    assert [band_of_grade(grade) for grade in range(1, 13)] == [band for band in GRADE_BANDS for _ in range(3)]
    for grade in (0, 13, -1):
        with pytest.raises(ValueError, match="1 to 12"):
            band_of_grade(grade)


def test_every_band_theme_and_kind_has_a_word() -> None:
    assert set(messages.GRADE_BANDS) == set(GRADE_BANDS)
    assert set(messages.LESSON_STEP_KINDS) == set(messages.STEP_KINDS)
