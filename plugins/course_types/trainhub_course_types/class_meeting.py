"""Themed class meeting (domain.md SA34, cases 33, 34, 40, 41)."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseCredit, CourseTypeSpec, DetailField, Problem
from trainhub.plugin_api.contracts import Mode
from trainhub_course_types.checks import among_choices, between, only_declared
from trainhub_course_types.credit import up_to_schedule

THEMES = (
    ("recognise", "Recognising bullying"),
    ("bystander", "What bystanders can do"),
    ("seek_help", "Asking for help and reporting"),
    ("online", "Bullying on the internet"),
    ("law", "Law and rules about bullying"),
    ("empathy", "Getting on with one another"),
    ("convention", "Class convention against bullying"),
)
HOLDERS = (
    ("head_teacher", "Homeroom teacher"),
    ("substitute", "Substitute of the homeroom teacher"),
    ("law_vice_principal", "Law vice-principal or law counsellor"),
    ("pupils", "Pupils, with the homeroom teacher"),
    ("guest", "Guest"),
)


class ClassMeeting:
    """A meeting of one class on a set theme. An assembly of several classes is none.

    There is no text field on purpose: a record must never name a pupil as an example. The roll of a class
    starts as present, because only absences are noted.
    """

    spec = CourseTypeSpec(
        key="class_meeting",
        label="Themed class meeting",
        audience="class",
        modes=("face_to_face", "online"),
        default_roll="present",
        required_proofs=("record_sheet", "photo"),
        detail_fields=(
            DetailField("theme", "Theme", kind="choice", required=True, choices=THEMES),
            DetailField("held_by", "Held by", kind="choice", required=True, choices=HOLDERS),
            DetailField("classes", "Number of classes in the room", kind="integer", required=True, help="A class meeting has one; several classes together are an assembly."),
            DetailField("follow_up", "Absent pupils were told the content later", kind="boolean"),
        ),
        report_columns=("theme", "held_by"),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong; several classes together are refused as ``assembly``."""
        found = only_declared(self.spec, details) + among_choices(self.spec, details) + between(details, "classes", 1, 60)
        if not found and details.get("classes", 1) != 1:
            text = "Several classes together are an assembly and fill no class meeting. Record it as a school event."
            found.append(Problem("assembly", "classes", {"text": text}))
        return found

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return the attended minutes up to the schedule. The meeting itself counts for the class, absences or not."""
        return up_to_schedule(attended_minutes, scheduled_minutes)
