"""Words and sentences of the roster, translated when they are shown."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from trainhub.plugin_api import Problem
from trainhub.roster.sheet_messages import problem_sentence
from trainhub.web.i18n import is_chinese

MESSAGES: dict[str, Any] = {
    "roster_name_missing": _l("Fill in the name."),
    "roster_staff_number_taken": _l("Number %(staff_no)s belongs to %(name)s. Check the number, or open that person's page."),
    "roster_date_before_start": _l("This record begins on %(from_on)s. Choose a later day."),
    "roster_periods_overlap": _l("There is such a record for these days already. Open the person's page and end it first."),
    "roster_same_school": _l("Choose another school: the person is on the staff of this one."),
    "roster_unknown_word": _l("“%(value)s” is not one of the choices. Choose one from the list."),
    "roster_class_needed": _l("Choose the class: a homeroom teacher has one."),
    "roster_homeroom_taken": _l("%(name)s is homeroom teacher of this class. End that post first, then assign it."),
    "roster_reason_missing": _l("Write the reason in one sentence: it stays with the record."),
    "roster_same_person": _l("These records are one person already. Choose two different records that still stand alone."),
    "roster_name_taken": _l("“%(name)s” exists already. Use it, or choose another name."),
    "roster_still_in_use": _l("%(count)s people still belong to it after that day. Let them move or leave first."),
    "policy_value": _l("This value is not allowed. Allowed: %(choices)s%(low)s–%(high)s."),
    "policy_day": _l("The last value of this rule holds from %(day)s. Choose that day or a later one."),
    "calendar_year_unknown": _l("The official notice for %(year)s is not in the program yet. Until then weekdays count; enter known days off by hand."),
    "import_open_questions": _l("%(count)s rows still wait for your decision. Decide or skip them, then write."),
    "import_nothing": _l("The file says what is in the system already: there is nothing to write."),
    "import_closed": _l("This file was written, withdrawn or dropped already. Choose the file again to start anew."),
    "import_too_late": _l("A file can be withdrawn for 24 hours after it was written. Correct the people one by one now."),
    "import_built_upon": _l("%(count)s records rest on what this file wrote, so it cannot be withdrawn as a whole. Correct the people one by one."),
    "import_unreadable": _l("The file cannot be read. Save it as XLSX or CSV and choose it again."),
    "roster_lesson_times": _l("These lesson times do not fit: each lesson ends after it begins, and before the next one begins. Correct them."),
    "roster_day_outside_term": _l("This day lies outside the term (%(first)s to %(last)s). Choose a day within it, or correct the term in the calendar."),
    "roster_not_that_class": _l("Choose another open class of the same grade and school year, or enter the number of a new one."),
    "roster_nobody_moves": _l("Tick the pupils who go on in the other class, or let everybody move."),
}

CATEGORY_LABELS: dict[str, Any] = {
    "full_time_teacher": _l("Full-time teacher"),
    "administrator": _l("Administrative staff"),
    "support": _l("Teaching support"),
    "logistics": _l("Logistics staff"),
    "external": _l("From outside"),
}
CONTRACT_LABELS: dict[str, Any] = {
    "staffed": _l("on the establishment"),
    "contract": _l("on contract"),
    "dispatched": _l("dispatched"),
    "exchange": _l("on exchange"),
}
LEFT_LABELS: dict[str, Any] = {
    "moved": _l("moved away"),
    "retired": _l("retired"),
    "resigned": _l("resigned"),
    "died": _l("died"),
    "other": _l("other reason"),
}
POST_LABELS: dict[str, Any] = {
    "principal": _l("School principal"),
    "vice_principal": _l("Vice principal"),
    "moral_education_head": _l("Head of moral education"),
    "homeroom_teacher": _l("Homeroom teacher"),
    "grade_head": _l("Head of grade"),
    "psychologist": _l("School psychologist"),
    "young_pioneer_counsellor": _l("Young Pioneer counsellor"),
    "safety_head": _l("Head of safety"),
    "law_vice_principal": _l("Vice principal for the rule of law"),
    "responsible_inspector": _l("Responsible inspector"),
    "bureau_administrator": _l("Bureau administrator"),
}
FIELD_LABELS: dict[str, Any] = {
    "name": _l("Full name"),
    "staff_no": _l("Staff number"),
    "number": _l("Number"),
    "student_no": _l("National pupil number"),
    "department": _l("Department"),
    "group": _l("Department or class"),
    "category": _l("Category"),
    "is_homeroom_teacher": _l("Homeroom teacher (yes/no)"),
    "homeroom_class": _l("Homeroom class"),
    "homeroom": _l("Homeroom teacher"),
    "posts": _l("Posts"),
    "state": _l("On duty"),
    "phone": _l("Phone (last four digits are kept)"),
    "phone_tail": _l("Phone tail"),
    "email": _l("E-mail"),
    "school_code": _l("School code"),
    "hired_on": _l("Hired on"),
    "left_on": _l("Left on"),
    "sex": _l("Sex"),
    "grade": _l("Grade"),
    "class": _l("Class"),
    "class_no": _l("Class"),
    "seat_no": _l("Number in class"),
}
VALUE_LABELS: dict[str, Any] = {
    "current": _l("on the staff"),
    "left": _l("left"),
    "back": _l("on the staff again"),
    "1": _l("male"),
    "2": _l("female"),
    "?": _l("class not stated"),
}
NOTES: dict[str, tuple[Any, Any]] = {
    "missing_name": (_l("The name is missing"), _l("Type the name, or skip the row.")),
    "number_damaged": (_l("The number was turned into a power of ten"), _l("Type the staff number as on the card; in Excel format the column as text.")),
    "same_number_as_row": (_l("Row %(row)s has the same number"), _l("Each number is written once.")),
    "same_row": (_l("The same as row %(row)s, and neither has a number"), _l("One person entered twice, or two people of one name? The system does not guess.")),
    "duplicate": (_l("Entered twice"), _l("Written once.")),
    "namesakes": (_l("The school has %(count)s people of this name"), _l("The system does not guess. Choose who is meant.")),
    "namesakes_in_file": (_l("The file holds this name %(count)s times, without numbers"), _l("Say of each row whether it is a new person.")),
    "number_unknown_name_known": (_l("Somebody of this name is on the list under another number"), _l("The same person with a new number, or somebody else?")),
    "name_mismatch_with_number": (_l("This number belongs to %(name)s"), _l("The same person under a new name, or a wrong number? Correct it or skip the row.")),
    "skipped_by_you": (_l("Skipped by you"), ""),
    "homeroom_without_class": (_l("Homeroom teacher without a class"), _l("The post is written; choose the class on the person's page.")),
    "missing_student_no": (_l("The pupil number is missing"), _l("Type the national pupil number, or skip the row.")),
    "unusable": (_l("This row cannot be used"), _l("Correct it, or skip it.")),
}
"""What an import says of its own; what a sheet says stands in ``sheet_messages``."""
DAY_LABELS: dict[str, Any] = {
    "school": _l("school day"),
    "own_school_day": _l("extra school day"),
    "make_up": _l("make-up workday"),
    "weekend": _l("weekend"),
    "holiday": _l("public holiday"),
    "own_day_off": _l("day off"),
    "vacation": _l("vacation"),
}
SEASON_LABELS: dict[str, Any] = {"autumn": _l("autumn term"), "spring": _l("spring term")}
IDENTIFIER_LABELS: dict[str, Any] = {
    "platform": _l("Account of a platform"), "device_pin": _l("Number on the attendance machine"), "card": _l("Card number"),
    "email": _l("E-mail"),
}
KIND_LABELS: dict[str, Any] = {
    "bureau": _l("education bureau"),
    "center_school": _l("township centre school"),
    "school": _l("school"),
    "teaching_point": _l("teaching point"),
}
STAGE_LABELS: dict[str, Any] = {
    "primary": _l("primary"), "junior": _l("junior secondary"), "senior": _l("senior secondary"), "vocational": _l("vocational"),
}  # fmt: skip
UNIT_LABELS: dict[str, Any] = {
    "": "", "minutes": _l("minutes"), "percent": _l("percent"), "periods": _l("periods"), "days": _l("days"), "persons": _l("persons"),
    "meetings": _l("meetings"), "weeks": _l("weeks"), "hours": _l("hours"),
}  # fmt: skip
CHOICE_LABELS: dict[str, Any] = {
    "calendar": _l("calendar year (1 January to 31 December)"), "school": _l("school year (1 September to 31 August)"),
    "session": _l("for each session"), "day": _l("for each day"), "course": _l("for the whole course"),
    "yes": _l("yes"), "no": _l("no"), "all": _l("everybody who works there"), "employed": _l("employed staff only"),
    "pro_rata": _l("owes its share"), "apart": _l("owes nothing and stands apart"), "owed": _l("owes the same"),
    "summer": _l("pauses in July and August"), "none": _l("does not pause"), "photo": _l("record and photo"), "record": _l("record alone"),
    "discovery": _l("from the day it was discovered"), "acceptance": _l("from the day it was accepted"),
    "procedure": _l("from the day the procedure was started"), "working": _l("working days"),
    "plan_2017": _l("national plan of 2017: minor, heavier, serious, suspected offence"),
    "plan_2022": _l("county plan of 2022: minor, rather bad, serious"), "plan_2024": _l("district plan of 2024: minor, serious, suspected offence"),
    "guangdong": _l("Guangdong 2018"), "shandong": _l("Shandong"), "order_50": _l("Order 50 §19: everybody it names"),
    "30-90-180": _l("after 30, 90 and 180 days"), "30-90": _l("after 30 and 90 days"), "90": _l("after 90 days"),
}  # fmt: skip
PARAMETER_LABELS: dict[str, tuple[Any, Any]] = {
    "requirement_year": (_l("What “a year” means"), _l("Printed on every figure. The plans say “every year” and leave open which.")),
    "training_min_minutes": (_l("Face-to-face minutes owed in a year"), _l("Below this a person has not met the yearly training.")),
    "presence_threshold": (_l("Share of a session one must attend"), _l("0: every verified minute counts.")),
    "period_minutes": (_l("Length of one period"), _l("Form 教基4068 (2021): 45 minutes, remainders dropped.")),
    "daily_period_cap": (_l("Periods counted in one day at most"), _l("Form 教基4068 (2021): 8.")),
    "rounding_scope": (_l("Where remainders drop"), _l("Minutes are added up within this scope, then divided once.")),
    "new_hire_grace_days": (_l("Days of grace for newcomers"), _l("Until then a newcomer stands in a column of their own.")),
    "homeroom_grace_days": (_l("Days of grace for new homeroom teachers"), _l("For the extra duty that goes with the post.")),
    "homeroom_extra_minutes": (_l("Extra minutes for homeroom teachers"), _l("0: no extra duty.")),
    "make_up_days": (_l("Days for making up after the year"), _l("Made up in this time is reported as late, never as met.")),
    "satellite_room_counts": (_l("A supervised second room counts"), _l("A live stream to a room with a supervisor and a sign-in sheet. A single viewer never counts.")),
    "staff_scope": (_l("Who is in scope"), _l("Contract, dispatched and logistics staff included or not.")),
    "grace_minutes": (_l("Minutes before late is late"), _l("Late minutes count from the start all the same.")),
    "early_leave_grace_minutes": (_l("Minutes before leaving counts as early"), ""),
    "late_record_days": (_l("Days after which a record is late"), _l("Later records are accepted and marked.")),
    "sessions_per_class_term": (_l("Themed class meetings per class and term"), _l("MOE notice of May 2024: at least two. 0: none is asked for.")),
    "late_class_week": (_l("From which teaching week a class counts as opened late"), _l("What such a class owes follows the next setting.")),
    "late_class_rule": (_l("A class opened late"), _l("Its share of the weeks left, rounded down, or nothing this term.")),
    "internship_rule": (_l("A class on internship all term"), _l("Nothing is owed, or meetings are held online or on return.")),
    "meeting_pause": (_l("Summer rectification"), _l("In July and August no class meeting may be demanded.")),
    "meeting_proof": (_l("Proof a class meeting needs before it is checked"), _l("A photo as well, or the record alone.")),
    "severity_scale": (_l("Scale of severity and measures"), _l("The words and steps of the document the place follows; cases keep the one they began with.")),
    "clock_start": (_l("When the investigation clock starts"), _l("Shandong counts from discovery; the plan of 2017 from starting the procedure.")),
    "investigation_days": (_l("Calendar days for an investigation"), _l("10 days in principle. Holidays run on.")),
    "extension_days": (_l("Days by which it may be extended"), _l("Once, with the principal's approval; 0: never. Guangdong 2018: 10.")),
    "guardian_notice_hours": (_l("Hours within which both sides' guardians are told"), _l("Minors Protection Law §39: at once. This is when the reminder turns red.")),
    "report_oral_minutes": (_l("Minutes to report a serious case by word of mouth"), _l("Local rules vary from 10 to 30 minutes.")),
    "report_written_minutes": (_l("Minutes to report it in writing"), ""),
    "report_follow_up_days": (_l("Days between follow-up reports"), _l("Changes are reported as they happen; this is the longest silence.")),
    "determination_service_days": (_l("Days to serve a determination"), _l("On the guardians of both sides.")),
    "appeal_days": (_l("Days to appeal to the county"), _l("No national figure was found: set what your document says.")),
    "appeal_day_kind": (_l("Days to appeal are"), ""),
    "appeal_screening_days": (_l("Days to screen an appeal"), ""),
    "re_examination_days": (_l("Days for a re-examination"), _l("The plan of 2017: 15 days.")),
    "committee_rule_set": (_l("Who must sit on the committee"), _l("What is missing blocks determinations, or warns, as the document says.")),
    "quorum_percent": (_l("Quorum of the committee"), _l("Share of members entitled to vote; recused ones are not.")),
    "plan_minutes_minor": (_l("Minutes of a plan, minor"), _l("The laws say “a certain number of hours” and name none. The committee may set more.")),
    "plan_minutes_heavier": (_l("Minutes of a plan, heavier"), ""),
    "plan_minutes_serious": (_l("Minutes of a plan, serious"), ""),
    "plan_daily_minutes": (_l("Minutes of a plan in one day at most"), ""),
    "hour_entry_late_days": (_l("Days after which an hour entry is late"), _l("Later entries are accepted and marked.")),
    "make_up_working_days": (_l("Working days to plan a missed lesson anew"), ""),
    "plan_behind_days": (_l("Days a plan may stay behind before the principal is told"), _l("Who keeps the plan is told on the day it falls behind.")),
    "review_working_days": (_l("Working days to the completion review"), _l("After the hours are reached.")),
    "follow_up_plan": (_l("Follow-ups after a plan"), _l("For both children, separately.")),
    "guardian_request_days": (_l("Days to answer a guardian's request"), _l("See, copy, correct, delete: minors' network protection rules §34.")),
    "small_number_threshold": (_l("Smallest number shown in counts of cases"), _l("Smaller ones show as “fewer than”, so that no child can be picked out.")),
}
STATE_LABELS: dict[str, Any] = {
    "staged": _l("waiting to be written"), "applied": _l("written"), "withdrawn": _l("withdrawn"), "discarded": _l("dropped"),
}  # fmt: skip


def label_of(table: dict[str, Any], key: str) -> str:
    """The word for a key; a school's own word stays as it is."""
    return str(table.get(key, key))


def note_text(code: str, params: Mapping[str, Any]) -> tuple[str, str]:
    """The sentences of a note: what is wrong, and ("" where nothing) what to do."""
    if code not in NOTES:
        what, _stop, todo = problem_sentence(Problem(code, "", _Filled(params)), gettext).partition("。" if is_chinese() else ". ")
        return what.rstrip("。.") if not todo else what, todo
    what, todo = NOTES[code]
    return str(what) % _Filled(params), str(todo) % _Filled(params) if todo else ""


class _Filled(dict[str, Any]):
    """Parameters of a sentence; one that is missing is left blank instead of breaking the page."""

    def __missing__(self, key: str) -> str:
        return ""
