"""School service as an educational measure (Order 49 §9 by domain.md section 3.4)."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseCredit, CourseTypeSpec, DetailField, Problem
from trainhub.plugin_api.contracts import Mode
from trainhub_course_types.checks import among_choices, only_declared
from trainhub_course_types.credit import up_to_schedule

PLACES = (
    ("library", "Library"),
    ("garden", "Garden and grounds"),
    ("canteen", "Canteen"),
    ("equipment", "Sports and teaching equipment"),
    ("volunteering", "Volunteering outside, with the school"),
)
SUPERVISORS = (("moral_education", "Moral-education staff"), ("head_teacher", "Homeroom teacher"), ("other_staff", "Other staff"))


class SchoolService:
    """Useful work for the school under supervision: never shaming, never dangerous, guardians know of it."""

    spec = CourseTypeSpec(
        key="school_service",
        label="School service",
        audience="student",
        modes=("face_to_face",),
        default_roll="unmarked",
        required_proofs=("hour_record",),
        detail_fields=(
            DetailField("place", "Place", kind="choice", required=True, choices=PLACES),
            DetailField("supervisor", "Supervised by", kind="choice", required=True, choices=SUPERVISORS),
            DetailField("guardian_told_on", "Guardian told on", kind="date", required=True),
            DetailField("safe", "Neither dangerous nor shaming; outside lessons", kind="boolean", required=True),
        ),
        report_columns=("place", "supervisor"),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong beyond the fields that core demands."""
        return only_declared(self.spec, details) + among_choices(self.spec, details)

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return the attended minutes, never more than were ordered: extra work is no punishment to bank."""
        return up_to_schedule(attended_minutes, scheduled_minutes)
