"""Reports upward: what they must hold, their order, who must hear (domain.md 3.4, SB17-18). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from trainhub.cases.rules.parties import CaseRefused


class ReportKind(StrEnum):
    """The place of a report in its row (首报, 续报, 终报)."""

    FIRST = "first"
    FOLLOW_UP = "follow_up"
    FINAL = "final"


class ReportForm(StrEnum):
    """By word of mouth, or on paper."""

    ORAL = "oral"
    WRITTEN = "written"


FACTS = ("time", "place", "cause", "course", "persons", "measures")
"""时间、地点、起因、经过、涉及人员、已采取措施: a written report holds all six."""
ORAL_FACTS = ("time", "place", "course")
"""What is known within half an hour."""
OFFICES = ("bureau", "police", "city", "joint")


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was made before."""

    kind: str
    form: str
    to_whom: str


def check_report(kind: str, form: str, to_whom: str, facts: Mapping[str, str], before: Sequence[Made]) -> None:
    """Refuse unknown words, missing facts, and a report out of its row. Raises CaseRefused."""
    if kind not in set(ReportKind) or form not in set(ReportForm) or to_whom not in OFFICES:
        raise CaseRefused("report_words", "kind")
    missing = [fact for fact in (FACTS if form == ReportForm.WRITTEN else ORAL_FACTS) if not facts.get(fact, "").strip()]
    if missing:
        raise CaseRefused("report_facts", missing[0], count=len(missing))
    row = [made for made in before if made.to_whom == to_whom]
    if kind != ReportKind.FIRST and not any(made.kind == ReportKind.FIRST for made in row):
        raise CaseRefused("report_first", "kind")
    if kind == ReportKind.FIRST and any(made.kind == ReportKind.FIRST and made.form == form for made in row):
        raise CaseRefused("report_first_there", "kind")
    if any(made.kind == ReportKind.FINAL for made in row):
        raise CaseRefused("report_final_there", "kind")
