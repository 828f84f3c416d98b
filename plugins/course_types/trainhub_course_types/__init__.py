"""The kinds of course that TrainHub brings along, one module each."""

from trainhub.plugin_api import CourseType, hookimpl
from trainhub_course_types.class_meeting import ClassMeeting
from trainhub_course_types.counselling import Counselling
from trainhub_course_types.parent_meeting import ParentMeeting
from trainhub_course_types.plan_module import PlanModule
from trainhub_course_types.rule_of_law_lesson import RuleOfLawLesson
from trainhub_course_types.school_service import SchoolService
from trainhub_course_types.staff_training import StaffTraining

__all__ = [
    "ClassMeeting", "Counselling", "ParentMeeting", "PlanModule", "RuleOfLawLesson", "SchoolService", "StaffTraining",
]


@hookimpl
def trainhub_course_types() -> list[CourseType]:
    """Return the built-in kinds of course."""
    return [
        StaffTraining(), ClassMeeting(), RuleOfLawLesson(), Counselling(), ParentMeeting(), SchoolService(), PlanModule(),
    ]
