"""Psychological counselling: only that it took place (domain.md SB13, section 6)."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseCredit, CourseTypeSpec, DetailField, Problem
from trainhub.plugin_api.contracts import Mode
from trainhub_course_types.checks import among_choices, only_declared
from trainhub_course_types.credit import nothing

FORMS = (("single", "Single talk"), ("group", "Group"), ("family", "With the family"))
COUNSELLORS = (("school", "Psychology teacher of the school"), ("bureau", "Counsellor of the bureau"), ("outside", "Outside specialist"))


class Counselling:
    """An appointment. What was said is nowhere kept: there is no text field, and any other key is refused.

    Minutes count nothing, because how long somebody talked says something about them.
    """

    spec = CourseTypeSpec(
        key="counselling",
        label="Psychological counselling",
        audience="student",
        modes=("face_to_face", "online"),
        default_roll="unmarked",
        detail_fields=(
            DetailField("form", "Form", kind="choice", required=True, choices=FORMS),
            DetailField("counsellor", "Counsellor", kind="choice", required=True, choices=COUNSELLORS),
            DetailField("agreed", "The pupil (under 14: also a guardian) agreed", kind="boolean", required=True),
        ),
        report_columns=("form",),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return ``content_not_stored`` for anything but the three declared answers."""
        return only_declared(self.spec, details) + among_choices(self.spec, details)

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return no minutes: appointments are counted, not time."""
        return nothing("counted_as_appointment")
