"""One session of an education plan by its module (domain.md section 4; cases 72, 79)."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseCredit, CourseTypeSpec, DetailField, Problem
from trainhub.plugin_api.contracts import Mode
from trainhub_course_types.checks import among_choices, between, only_declared
from trainhub_course_types.credit import nothing, up_to_schedule

MODULES = (
    ("law", "Law"),
    ("psychology", "Psychology"),
    ("conduct", "Rules of conduct"),
    ("service", "Service"),
    ("family", "Family education"),
)
GUARDIANS = (("not_required", "Not required"), ("required_came", "Required, came"), ("required_absent", "Required, did not come"))
MOST_SESSIONS = 200


class PlanModule:
    """A session of a plan. Presence is never a default, and nothing of what was said is kept here.

    An absent guardian does not cost the pupil their minutes; that part of the plan stays open.
    """

    spec = CourseTypeSpec(
        key="plan_module",
        label="Plan module",
        audience="student",
        modes=("face_to_face", "online"),
        default_roll="unmarked",
        required_proofs=("hour_record",),
        detail_fields=(
            DetailField("module", "Module", kind="choice", required=True, choices=MODULES),
            DetailField("number", "Number of the session", kind="integer", required=True),
            DetailField("guardian", "Guardian", kind="choice", required=True, choices=GUARDIANS),
        ),
        report_columns=("module", "number", "guardian"),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong beyond the fields that core demands."""
        found = only_declared(self.spec, details) + among_choices(self.spec, details)
        return found + between(details, "number", 1, MOST_SESSIONS)

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return the attended minutes up to the schedule; online minutes count nothing toward a plan."""
        if mode == "online":
            return nothing("plan_needs_presence")
        return up_to_schedule(attended_minutes, scheduled_minutes)
