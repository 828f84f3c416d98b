"""Face-to-face topic training of the staff: the yearly duty (domain.md SA50)."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseCredit, CourseTypeSpec, DetailField, Problem
from trainhub.plugin_api.contracts import Mode
from trainhub_course_types.credit import up_to_schedule

MAX_ORGANISER = 80
LEVELS = (
    ("school", "School"),
    ("county", "County or district"),
    ("city", "City"),
    ("province", "Province"),
    ("national", "National"),
    ("abroad", "Abroad"),
)
"""Who held the training, in the columns of the national form 教基4068."""
TESTS = (("none", "No test"), ("discussion", "Shared discussion"), ("quiz", "Closing check"), ("report", "Written report"))


class StaffTraining:
    """The topic training that every member of staff owes each year.

    The roll starts unmarked: presence is a statement about a person and never a default.
    """

    spec = CourseTypeSpec(
        key="staff_training",
        label="Staff training",
        audience="staff",
        modes=("face_to_face", "online", "blended", "on_the_job"),
        default_roll="unmarked",
        required_proofs=("sign_in_sheet",),
        detail_fields=(
            DetailField("level", "Level of the organiser", kind="choice", choices=LEVELS),
            DetailField("organiser", "Organiser", help="Leave empty when the school itself holds it."),
            DetailField("test", "Way of testing", kind="choice", choices=TESTS),
        ),
        report_columns=("organiser", "level", "test"),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return ``not_a_choice`` or ``too_long`` beside the field; every field may be empty."""
        found = []
        for name, choices in (("level", LEVELS), ("test", TESTS)):
            value = details.get(name) or ""
            if value and value not in dict(choices):
                found.append(Problem("not_a_choice", name, {"value": str(value)[:40]}))
        if len(str(details.get("organiser") or "")) > MAX_ORGANISER:
            found.append(Problem("too_long", "organiser", {"limit": MAX_ORGANISER}))
        return found

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return the attended minutes, at most the scheduled ones; reason ``beyond_schedule`` for the rest.

        ``mode`` changes nothing here: whether it meets a duty is decided where the duty is known.
        """
        return up_to_schedule(attended_minutes, scheduled_minutes)
