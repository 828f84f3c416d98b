"""Reads of the roster. Every function takes the session first and what the reader may see second."""

from trainhub.roster.queries.calendar import SchoolCalendar, calendar, national_days, own_days, terms
from trainhub.roster.queries.classes import (
    ClassRow,
    StudentRow,
    class_page,
    classes,
    students,
)
from trainhub.roster.queries.imports import BatchPage, BatchRow, batch_page, batches, remembered_mappings
from trainhub.roster.queries.organisations import OrgRow, departments, org, schools
from trainhub.roster.queries.person import PersonPage, TimelineItem, aliases, person_page
from trainhub.roster.queries.policy import (
    PolicyBook,
    PolicyLine,
    PolicyPage,
    policies_for,
    policy_book,
    policy_for,
    policy_page,
)
from trainhub.roster.queries.staff import (
    EmploymentSpan,
    PostSpan,
    StaffFilter,
    StaffOnDay,
    StaffPage,
    employments_of,
    people_in_year,
    search,
    staff_list,
    staff_on,
)

__all__ = [
    "BatchPage",
    "BatchRow",
    "ClassRow",
    "EmploymentSpan",
    "OrgRow",
    "PersonPage",
    "PolicyBook",
    "PolicyLine",
    "PolicyPage",
    "PostSpan",
    "SchoolCalendar",
    "StaffFilter",
    "StaffOnDay",
    "StaffPage",
    "StudentRow",
    "TimelineItem",
    "aliases",
    "batch_page",
    "batches",
    "calendar",
    "class_page",
    "classes",
    "departments",
    "employments_of",
    "national_days",
    "org",
    "own_days",
    "people_in_year",
    "person_page",
    "policies_for",
    "policy_book",
    "policy_for",
    "policy_page",
    "remembered_mappings",
    "schools",
    "search",
    "staff_list",
    "staff_on",
    "students",
    "terms",
]
