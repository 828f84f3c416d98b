"""Reads of attendance: the roll, its history, what waits for whom. Everything takes a scope."""

from trainhub.attendance.queries.lists import (
    RollLine,
    Rolls,
    rolls,
    rolls_awaiting,
    rolls_of_day,
)
from trainhub.attendance.queries.records import (
    EvidenceLine,
    MarkLine,
    Overlap,
    RecordPage,
    Review,
    StepLine,
    record,
    review,
    steps,
)
from trainhub.attendance.queries.roll import (
    Candidate,
    Changes,
    DepartmentRoll,
    Roll,
    RollPerson,
    SheetFacts,
    candidates,
    changes_since,
    roll,
    sheet_facts,
)
from trainhub.attendance.queries.staging import ImportPage, batches, import_page

__all__ = [
    "Candidate",
    "Changes",
    "DepartmentRoll",
    "EvidenceLine",
    "ImportPage",
    "MarkLine",
    "Overlap",
    "RecordPage",
    "Review",
    "Roll",
    "RollLine",
    "RollPerson",
    "Rolls",
    "SheetFacts",
    "StepLine",
    "batches",
    "candidates",
    "changes_since",
    "import_page",
    "record",
    "review",
    "roll",
    "rolls",
    "rolls_awaiting",
    "rolls_of_day",
    "sheet_facts",
    "steps",
]
