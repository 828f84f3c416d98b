"""Parent meeting and family education (domain.md SA22, SB24): head counts, no names."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseCredit, CourseTypeSpec, DetailField, Problem
from trainhub.plugin_api.contracts import Mode
from trainhub_course_types.checks import among_choices, between, only_declared
from trainhub_course_types.credit import nothing

KINDS = (("class", "Class meeting of parents"), ("grade", "Meeting of a grade"), ("school", "School for parents"), ("open_day", "Open day"))
TOPICS = (
    ("recognise", "Recognising bullying"),
    ("guardianship", "Duties of guardians"),
    ("talking", "Talking with the child"),
    ("internet", "Use of the internet"),
    ("cooperation", "School and home working together"),
)
MOST_HOUSEHOLDS = 6000


class ParentMeeting:
    """A meeting with parents. Households are counted; parents are not listed by name."""

    spec = CourseTypeSpec(
        key="parent_meeting",
        label="Parent meeting and family education",
        audience="parent",
        modes=("face_to_face", "online", "blended"),
        default_roll="unmarked",
        required_proofs=("record_sheet", "photo"),
        detail_fields=(
            DetailField("kind", "Kind of meeting", kind="choice", required=True, choices=KINDS),
            DetailField("topic", "Topic", kind="choice", required=True, choices=TOPICS),
            DetailField("invited", "Households invited", kind="integer", required=True),
            DetailField("came", "Households that came", kind="integer", help="Fill it in after the meeting."),
            DetailField("material", "Material was handed out", kind="boolean"),
        ),
        report_columns=("kind", "topic", "invited", "came"),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong; more households than were invited are ``more_than_invited``."""
        found = only_declared(self.spec, details) + among_choices(self.spec, details)
        found += between(details, "invited", 1, MOST_HOUSEHOLDS) + between(details, "came", 0, MOST_HOUSEHOLDS)
        invited, came = details.get("invited"), details.get("came")
        if not found and invited is not None and came is not None and came > invited:
            text = "More households came than were invited. Check both numbers."
            found.append(Problem("more_than_invited", "came", {"text": text}))
        return found

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return no minutes: households are counted, not time."""
        return nothing("counted_by_heads")
