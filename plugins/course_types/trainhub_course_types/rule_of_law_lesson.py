"""Rule-of-law lesson (domain.md SA18, SA53; law vice-principals owe at least four a year)."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseCredit, CourseTypeSpec, DetailField, Problem
from trainhub.plugin_api.contracts import Mode
from trainhub_course_types.checks import among_choices, between, only_declared
from trainhub_course_types.credit import up_to_schedule

LAWS = (
    ("minors_protection", "Law on the Protection of Minors"),
    ("delinquency_prevention", "Law on Preventing Juvenile Delinquency"),
    ("public_security", "Public Security Administration Punishments Law"),
    ("civil_code", "Civil Code"),
    ("school_protection", "Provisions on the Protection of Minors by Schools"),
    ("education_discipline", "Rules on Educational Discipline"),
)
SPEAKERS = (
    ("law_vice_principal", "Law vice-principal or law counsellor"),
    ("teacher", "Teacher of the school"),
    ("police", "Police"),
    ("court", "Court"),
    ("procuratorate", "Procuratorate"),
    ("lawyer", "Lawyer"),
)
MOST_CLASSES = 60


class RuleOfLawLesson:
    """A lesson on the law for one or several classes, often by somebody from police, court or procuratorate."""

    spec = CourseTypeSpec(
        key="rule_of_law_lesson",
        label="Rule-of-law lesson",
        audience="class",
        modes=("face_to_face", "online", "blended"),
        default_roll="present",
        required_proofs=("record_sheet", "slides"),
        detail_fields=(
            DetailField("law", "Law", kind="choice", required=True, choices=LAWS),
            DetailField("speaker", "Speaker", kind="choice", required=True, choices=SPEAKERS),
            DetailField("speaker_unit", "Unit of the speaker", help="For guests, for example the district court."),
            DetailField("classes", "Number of classes", kind="integer"),
        ),
        report_columns=("law", "speaker", "speaker_unit", "classes"),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong; a guest without a unit is ``unit_missing``."""
        found = only_declared(self.spec, details) + among_choices(self.spec, details)
        found += between(details, "classes", 1, MOST_CLASSES)
        guest = details.get("speaker") in {"police", "court", "procuratorate", "lawyer"}
        if guest and not str(details.get("speaker_unit") or "").strip():
            found.append(Problem("unit_missing", "speaker_unit", {"text": "Name the unit that the guest comes from."}))
        return found

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Return the attended minutes up to the schedule."""
        return up_to_schedule(attended_minutes, scheduled_minutes)
