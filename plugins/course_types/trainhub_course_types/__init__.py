"""The kinds of course that TrainHub brings along."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import (
    CourseCredit,
    CourseType,
    CourseTypeSpec,
    DetailField,
    Problem,
    hookimpl,
)
from trainhub.plugin_api.contracts import Mode

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


class StaffTraining:
    """The yearly topic training that every member of staff owes (domain.md SA50).

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
        ),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return ``not_a_choice`` or ``too_long`` beside the field; both fields may be empty."""
        found = []
        level = details.get("level") or ""
        if level and level not in dict(LEVELS):
            found.append(Problem("not_a_choice", "level", {"value": str(level)[:40]}))
        if len(str(details.get("organiser") or "")) > MAX_ORGANISER:
            found.append(Problem("too_long", "organiser", {"limit": MAX_ORGANISER}))
        return found

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return the attended minutes, at most the scheduled ones; reason ``beyond_schedule`` for the rest.

        ``mode`` changes nothing here: whether it meets a duty is decided where the duty is known.
        """
        attended, scheduled = max(0, attended_minutes), max(0, scheduled_minutes)
        return CourseCredit(min(attended, scheduled), ("beyond_schedule",) if attended > scheduled else ())


@hookimpl
def trainhub_course_types() -> list[CourseType]:
    """Return the built-in kinds of course."""
    return [StaffTraining()]
