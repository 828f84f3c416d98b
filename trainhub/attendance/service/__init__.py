"""What happens to a roll: opened, marked, ended, verified, corrected, imported into. Never commits."""

from trainhub.attendance.service.closing import (
    reopen_roll,
    return_roll,
    revoke_record,
    submit_roll,
    take_back_roll,
    verify_roll,
)
from trainhub.attendance.service.commands import (
    AddWalkIn,
    AssertRest,
    Conflict,
    Mark,
    MarkRoll,
    MarksResult,
    OpenSheet,
    RevokeRecord,
    SheetPerson,
    SubmitRoll,
)
from trainhub.attendance.service.imports import (
    apply_import,
    decide_import,
    discard_import,
    import_attendance,
    read_attendance,
    stage_import,
    withdraw_import,
)
from trainhub.attendance.service.marks import add_walk_in, assert_rest, record_marks, undo
from trainhub.attendance.service.sheets import move_sheet, open_sheet, sync_people, void_sheets

__all__ = [
    "AddWalkIn",
    "AssertRest",
    "Conflict",
    "Mark",
    "MarkRoll",
    "MarksResult",
    "OpenSheet",
    "RevokeRecord",
    "SheetPerson",
    "SubmitRoll",
    "add_walk_in",
    "apply_import",
    "assert_rest",
    "decide_import",
    "discard_import",
    "import_attendance",
    "move_sheet",
    "open_sheet",
    "read_attendance",
    "record_marks",
    "reopen_roll",
    "return_roll",
    "revoke_record",
    "stage_import",
    "submit_roll",
    "sync_people",
    "take_back_roll",
    "undo",
    "verify_roll",
    "void_sheets",
    "withdraw_import",
]
