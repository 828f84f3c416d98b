"""The built-in kinds of course keep the contract and say what they count."""

import pluggy
import pytest
import trainhub_course_types
from trainhub_course_types import StaffTraining

from trainhub.plugin_api import HookSpecs


@pytest.fixture
def staff_training() -> StaffTraining:
    return StaffTraining()


def test_the_hook_gives_staff_training_and_nothing_twice() -> None:
    manager = pluggy.PluginManager("trainhub")
    manager.add_hookspecs(HookSpecs)
    manager.register(trainhub_course_types)
    manager.check_pending()
    [types] = manager.hook.trainhub_course_types()
    assert [course_type.spec.key for course_type in types] == ["staff_training"]


def test_nobody_is_present_by_default(staff_training: StaffTraining) -> None:
    assert staff_training.spec.default_roll == "unmarked"
    assert staff_training.spec.audience == "staff"
    assert "sign_in_sheet" in staff_training.spec.required_proofs


@pytest.mark.parametrize(
    ("attended", "scheduled", "minutes", "reasons"),
    [(90, 90, 90, ()), (40, 90, 40, ()), (0, 90, 0, ()), (-5, 90, 0, ()), (120, 90, 90, ("beyond_schedule",))],
)
def test_minutes_count_up_to_the_schedule(
    staff_training: StaffTraining, attended: int, scheduled: int, minutes: int, reasons: tuple[str, ...]
) -> None:
    credit = staff_training.credit(attended_minutes=attended, scheduled_minutes=scheduled, mode="face_to_face")
    assert (credit.minutes, credit.reasons) == (minutes, reasons)


def test_the_mode_is_left_to_whoever_knows_the_duty(staff_training: StaffTraining) -> None:
    online = staff_training.credit(attended_minutes=45, scheduled_minutes=45, mode="online")
    assert online == staff_training.credit(attended_minutes=45, scheduled_minutes=45, mode="face_to_face")


def test_details_may_be_empty_but_not_wrong(staff_training: StaffTraining) -> None:
    assert staff_training.problems({}) == []
    assert staff_training.problems({"level": "county", "organiser": "区教师发展中心"}) == []
    found = staff_training.problems({"level": "galaxy", "organiser": "长" * 81})
    assert [(problem.code, problem.field) for problem in found] == [("not_a_choice", "level"), ("too_long", "organiser")]
