"""Writes of the roster: ``(session, actor, command, now) -> result``; nothing here commits."""

from trainhub.roster.service.calendar import (
    SetDay,
    SetTerm,
    load_official_year,
    official_days,
    seed_calendar,
    set_day,
    set_term,
)
from trainhub.roster.service.classes import CreateClass, Rollover, class_name, create_class, new_class, roll_over
from trainhub.roster.service.employment import (
    ChangeDepartment,
    CorrectDetails,
    Hire,
    Hired,
    Leave,
    Move,
    change_department,
    correct,
    hire,
    leave,
    move,
    new_person,
)
from trainhub.roster.service.importing import (
    READS,
    Decide,
    Report,
    apply,
    decide,
    discard,
    import_file,
    restage,
    school_facts,
    stage,
    withdraw,
)
from trainhub.roster.service.merging import Merge, merge, undo_merge
from trainhub.roster.service.organisations import (
    CloseOrg,
    CreateOrg,
    close_department,
    close_org,
    create_department,
    create_org,
    new_org,
)
from trainhub.roster.service.policy import PolicySet, SetPolicy, set_policy
from trainhub.roster.service.reading import NumberKey, Reading, SchoolFacts, read_again, read_file
from trainhub.roster.service.posts import AddExternal, AssignPost, EndPost, add_external, assign_post, end_post

__all__ = [
    "READS", "Decide", "NumberKey", "Reading", "Report", "SchoolFacts", "apply", "decide", "discard", "import_file",
    "read_again", "read_file", "restage", "school_facts", "stage", "withdraw", "AddExternal", "AssignPost", "ChangeDepartment", "CloseOrg", "CorrectDetails", "CreateClass", "CreateOrg",
    "EndPost", "Hire", "Hired", "Leave", "Merge", "Move", "PolicySet", "Rollover", "SetDay", "SetPolicy", "SetTerm",
    "add_external", "assign_post", "change_department", "class_name", "close_department", "close_org", "correct",
    "create_class", "create_department", "create_org", "end_post", "hire", "leave", "load_official_year", "merge",
    "move", "new_class", "new_org", "new_person", "official_days", "roll_over", "seed_calendar", "set_day",
    "set_policy", "set_term", "undo_merge",
]  # fmt: skip
