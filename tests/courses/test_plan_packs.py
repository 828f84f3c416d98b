"""What a module of an education plan must hold, one broken place at a time."""

import re
from dataclasses import replace

import pytest

from tests.courses.conftest import LESSON, WriteFolder
from trainhub.courses import messages
from trainhub.courses.comparing import compare
from trainhub.courses.packs import check_folder, read_folder
from trainhub.courses.rules import MODULES, Pack, pack_of, usable

PLAN = (
    LESSON.replace("type: class_meeting", "type: plan_module\nmodule: law")
    .replace("audience: [class]", "audience: [student]")
    .replace("theme: bystander\n", "")
    .replace("lesson_minutes: 40", "lesson_minutes: 45\naims: [说得出一条底线]")
    .replace("minutes: 25\n", "minutes: 45\n")
    .replace("minutes: 15\n", "minutes: 60\n")
    .replace("{unit: one, minutes: 10, kind: talk", "{unit: one, minutes: 30, kind: talk")
    .replace("{unit: two, minutes: 10, kind: practice", "{unit: two, minutes: 55, kind: practice")
)


def read(folder: WriteFolder, course: str = PLAN) -> Pack:
    pack, problems = read_folder(folder(course))
    assert problems == []
    assert pack is not None
    return pack


def _without(key: str) -> str:
    return re.sub(rf"^{key}:.*\n(?:  .*\n)*", "", PLAN, flags=re.MULTILINE)


def test_a_good_module_has_no_problems_and_is_read_whole(lesson_folder: WriteFolder) -> None:
    pack = read(lesson_folder)
    assert (pack.module, pack.audience, pack.lesson_minutes) == ("law", ("student",), 45)
    content = pack.content()
    assert pack_of(content["course"], content["texts"], content["quiz"]) == pack


def test_each_lesson_of_a_module_has_its_own_clock(lesson_folder: WriteFolder) -> None:
    pack = read(lesson_folder)
    assert [[(step.start, step.end) for step in lesson] for lesson in pack.lessons()] == [[(0, 30), (30, 45)], [(0, 55), (55, 60)]]
    sitting = replace(pack, type_key="class_meeting")
    assert sitting.lessons() == (sitting.timetable(),)
    assert replace(pack, run_of_show=()).lessons() == ()
    assert replace(sitting, run_of_show=()).lessons() == ()


@pytest.mark.parametrize(
    ("course", "code", "field"),
    [
        *((_without(key), "plan_key_missing", key) for key in ("module", "grade_bands", "lesson_minutes", "run_of_show", "aims", "sources")),
        (PLAN.replace("kind: activity_sheet", "kind: sheet"), "plan_key_missing", "handouts"),
        (PLAN.replace(", kind: parent_letter", ""), "plan_key_missing", "handouts"),
        (_without("avoid"), "too_few_to_avoid", "avoid"),
        (PLAN.replace("[student]", "[class]"), "plan_not_for_class", "audience"),
        (PLAN.replace("minutes: 60\n", "minutes: 44\n"), "no_plan_lesson_length", "units.2.minutes"),
        (PLAN.replace("minutes: 60\n", "minutes: 91\n"), "no_plan_lesson_length", "units.2.minutes"),
        (PLAN.replace("module: law", "module: punishment"), "not_allowed", "module"),
    ],
)
def test_each_broken_place_of_a_module_is_named(lesson_folder: WriteFolder, course: str, code: str, field: str) -> None:
    assert course != PLAN
    found = check_folder(lesson_folder(course))
    assert (code, field) in [(problem.code, problem.field) for problem in found]
    assert not usable(found)
    for problem in found:
        assert "%(" not in messages.sentence(problem)


def test_a_changed_module_is_named_and_every_module_has_a_word(lesson_folder: WriteFolder) -> None:
    pack = read(lesson_folder)
    assert compare(pack, replace(pack, version="0.9", module="family"), {"0.9": "x"}).parts == ("module",)
    assert str(messages.CHANGED_PARTS["module"])
    assert set(messages.MODULES) == set(MODULES)
