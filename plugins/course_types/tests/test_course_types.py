"""The built-in kinds of course keep the contract and say what they count."""

from itertools import permutations
from typing import Any

import pluggy
import pytest
import trainhub_course_types
from trainhub_course_types import (
    ClassMeeting,
    Counselling,
    ParentMeeting,
    PlanModule,
    RuleOfLawLesson,
    SchoolService,
    StaffTraining,
)

from trainhub.plugin_api import CourseType, HookSpecs

TYPES: list[CourseType] = [
    StaffTraining(), ClassMeeting(), RuleOfLawLesson(), Counselling(), ParentMeeting(), SchoolService(), PlanModule(),
]
GOOD: dict[str, dict[str, Any]] = {
    "staff_training": {"level": "county", "organiser": "区教师发展中心", "test": "quiz"},
    "class_meeting": {"theme": "recognise", "held_by": "head_teacher", "classes": 1, "follow_up": True},
    "rule_of_law_lesson": {"law": "minors_protection", "speaker": "court", "speaker_unit": "区人民法院", "classes": 3},
    "counselling": {"form": "single", "counsellor": "school", "agreed": True},
    "parent_meeting": {"kind": "class", "topic": "talking", "invited": 43, "came": 40, "material": True},
    "school_service": {"place": "library", "supervisor": "moral_education", "guardian_told_on": "2026-09-01", "safe": True},
    "plan_module": {"module": "law", "number": 3, "guardian": "required_absent"},
}
each = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.spec.key)


def codes(kind: CourseType, /, **details: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in kind.problems(details)]


def test_the_hook_gives_every_kind_once() -> None:
    manager = pluggy.PluginManager("trainhub")
    manager.add_hookspecs(HookSpecs)
    manager.register(trainhub_course_types)
    manager.check_pending()
    [types] = manager.hook.trainhub_course_types()
    assert [course_type.spec.key for course_type in types] == list(GOOD)


@each
def test_good_details_are_fine_in_any_order_and_are_not_touched(kind: CourseType) -> None:
    details = GOOD[kind.spec.key]
    before = dict(details)
    for items in list(permutations(details.items()))[:24]:
        assert kind.problems(dict(items)) == []
    assert details == before


@each
def test_same_input_same_answer(kind: CourseType) -> None:
    wrong = {"x": "y", **dict.fromkeys(GOOD[kind.spec.key], "?")}
    assert kind.problems(wrong) == kind.problems(dict(wrong))
    one, two = (kind.credit(attended_minutes=30, scheduled_minutes=45, mode="face_to_face") for _ in range(2))
    assert one == two


@each
@pytest.mark.parametrize("mode", ["face_to_face", "online", "blended", "on_the_job"])
@pytest.mark.parametrize(("attended", "scheduled"), [(0, 0), (0, 45), (30, 45), (45, 45), (46, 45), (10_000, 45), (-5, 45), (5, 0)])
def test_never_more_minutes_than_were_scheduled_or_attended(kind: CourseType, mode: Any, attended: int, scheduled: int) -> None:
    credit = kind.credit(attended_minutes=attended, scheduled_minutes=scheduled, mode=mode)
    assert 0 <= credit.minutes <= min(max(0, attended), max(0, scheduled))
    assert credit.minutes == max(0, attended) or credit.reasons


@each
def test_report_columns_and_detail_fields_agree(kind: CourseType) -> None:
    names = {field.name for field in kind.spec.detail_fields}
    assert set(kind.spec.report_columns) <= names
    assert set(GOOD[kind.spec.key]) == names
    assert {field.name for field in kind.spec.detail_fields if field.kind == "text"} <= {"organiser", "speaker_unit"}


@each
def test_a_choice_that_is_none_is_refused_beside_its_field(kind: CourseType) -> None:
    for field in kind.spec.detail_fields:
        if field.kind == "choice":
            assert ("not_a_choice", field.name) in codes(kind, **{**GOOD[kind.spec.key], field.name: "galaxy"})


def test_presence_is_a_default_only_for_whole_classes() -> None:
    assert {k.spec.key for k in TYPES if k.spec.default_roll == "present"} == {"class_meeting", "rule_of_law_lesson"}
    assert {k.spec.key for k in TYPES if k.spec.audience == "staff"} == {"staff_training"}


class TestStaffTraining:
    kind = StaffTraining()

    @pytest.mark.parametrize(
        ("attended", "scheduled", "minutes", "reasons"),
        [(90, 90, 90, ()), (40, 90, 40, ()), (0, 90, 0, ()), (-5, 90, 0, ()), (120, 90, 90, ("beyond_schedule",))],
    )
    def test_minutes_count_up_to_the_schedule(self, attended: int, scheduled: int, minutes: int, reasons: tuple[str, ...]) -> None:
        credit = self.kind.credit(attended_minutes=attended, scheduled_minutes=scheduled, mode="face_to_face")
        assert (credit.minutes, credit.reasons) == (minutes, reasons)

    def test_the_mode_is_left_to_whoever_knows_the_duty(self) -> None:
        online = self.kind.credit(attended_minutes=45, scheduled_minutes=45, mode="online")
        assert online == self.kind.credit(attended_minutes=45, scheduled_minutes=45, mode="face_to_face")

    def test_details_may_be_empty_but_not_wrong(self) -> None:
        assert self.kind.problems({}) == []
        assert codes(self.kind, level="galaxy", organiser="长" * 81) == [("not_a_choice", "level"), ("too_long", "organiser")]


class TestClassMeeting:
    kind = ClassMeeting()

    def test_case_33_an_assembly_is_no_class_meeting(self) -> None:
        assert codes(self.kind, **{**GOOD["class_meeting"], "classes": 24}) == [("assembly", "classes")]

    def test_case_40_there_is_no_place_to_name_a_pupil(self) -> None:
        assert all(field.kind != "text" for field in self.kind.spec.detail_fields)
        assert codes(self.kind, **GOOD["class_meeting"], remarks="某某同学") == [("content_not_stored", "remarks")]

    def test_case_34_a_substitute_may_hold_it(self) -> None:
        assert codes(self.kind, **{**GOOD["class_meeting"], "held_by": "substitute"}) == []


class TestRuleOfLawLesson:
    def test_a_guest_has_a_unit(self) -> None:
        kind = RuleOfLawLesson()
        assert codes(kind, law="civil_code", speaker="court") == [("unit_missing", "speaker_unit")]
        assert codes(kind, law="civil_code", speaker="teacher") == []
        assert codes(kind, law="civil_code", speaker="teacher", classes=0) == [("out_of_range", "classes")]


class TestCounselling:
    kind = Counselling()

    def test_no_field_takes_free_text(self) -> None:
        assert {field.kind for field in self.kind.spec.detail_fields} <= {"choice", "boolean", "date", "integer"}
        assert self.kind.spec.required_proofs == ()

    @pytest.mark.parametrize("name", ["content", "notes", "remarks", "summary", "diagnosis", "谈话内容"])
    def test_content_is_refused_whatever_it_is_called(self, name: str) -> None:
        assert codes(self.kind, **GOOD["counselling"], **{name: "说了什么"}) == [("content_not_stored", name)]

    def test_time_counts_nothing(self) -> None:
        credit = self.kind.credit(attended_minutes=45, scheduled_minutes=45, mode="face_to_face")
        assert (credit.minutes, credit.reasons) == (0, ("counted_as_appointment",))


class TestParentMeeting:
    def test_no_more_households_than_invited(self) -> None:
        kind = ParentMeeting()
        assert codes(kind, **{**GOOD["parent_meeting"], "came": 44}) == [("more_than_invited", "came")]
        assert codes(kind, **{**GOOD["parent_meeting"], "came": None}) == []
        assert codes(kind, **{**GOOD["parent_meeting"], "invited": 0}) == [("out_of_range", "invited")]


class TestPlanModule:
    kind = PlanModule()

    def test_online_counts_nothing_toward_a_plan(self) -> None:
        assert self.kind.credit(attended_minutes=45, scheduled_minutes=45, mode="online").minutes == 0

    def test_case_72_minutes_beyond_the_session_are_not_banked(self) -> None:
        credit = self.kind.credit(attended_minutes=60, scheduled_minutes=45, mode="face_to_face")
        assert (credit.minutes, credit.reasons) == (45, ("beyond_schedule",))

    def test_case_79_an_absent_guardian_costs_the_pupil_nothing(self) -> None:
        assert codes(self.kind, **GOOD["plan_module"]) == []
