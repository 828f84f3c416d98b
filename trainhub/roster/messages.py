"""Words and sentences of the roster, translated when they are shown."""

from typing import Any

from flask_babel import lazy_gettext as _l

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
    "name_missing": (_l("The name is missing"), _l("Type the name, or skip the row.")),
    "missing_name": (_l("The name is missing"), _l("Type the name, or skip the row.")),
    "name_damaged": (_l("The name lost a character"), _l("The program that made the file did not know the character. Type the whole name.")),
    "name_unreadable": (_l("This does not look like a name"), _l("Type the name, or skip the row.")),
    "name_private_character": (_l("The name holds a character that only one old program knows"), _l("Check how it is shown; type the name if it is wrong.")),
    "staff_no_damaged": (_l("The number was turned into a power of ten"), _l("Type the staff number as on the card; in Excel format the column as text.")),
    "number_damaged": (_l("The number was turned into a power of ten"), _l("Type the staff number as on the card; in Excel format the column as text.")),
    "staff_no_zeros_lost": (_l("The number may have lost its leading zeros"), _l("Written as %(typed)s; the others suggest %(suggested)s.")),
    "staff_no_conflict": (_l("Row %(row)s has the same number and another name"), _l("Type the right number, or skip the row.")),
    "same_number_as_row": (_l("Row %(row)s has the same number"), _l("Each number is written once.")),
    "same_staff_no": (_l("The same person as in row %(row)s"), _l("Written once.")),
    "same_student_no": (_l("The same pupil as in row %(row)s"), _l("Written once.")),
    "same_row": (_l("The same as row %(row)s, and neither has a number"), _l("One person entered twice, or two people of one name? The system does not guess.")),
    "duplicate": (_l("Entered twice"), _l("Written once.")),
    "namesake_without_number": (_l("Row %(row)s has the same name"), _l("Without a number the system does not guess.")),
    "possible_same_person": (_l("Same name and same phone tail as row %(row)s"), _l("If this is one person with two numbers, skip one of the rows.")),
    "namesakes": (_l("The school has %(count)s people of this name"), _l("The system does not guess. Choose who is meant.")),
    "namesakes_in_file": (_l("The file holds this name %(count)s times, without numbers"), _l("Say of each row whether it is a new person.")),
    "number_unknown_name_known": (_l("Somebody of this name is on the list under another number"), _l("The same person with a new number, or somebody else?")),
    "name_mismatch_with_number": (_l("This number belongs to %(name)s"), _l("The same person under a new name, or a wrong number? Correct it or skip the row.")),
    "not_on_duty": (_l("No longer on duty: %(state)s"), _l("Not on the list, so nothing is written.")),
    "skipped_by_you": (_l("Skipped by you"), ""),
    "other_school": (_l("The row belongs to another school"), _l("School code %(code)s. Skip the row, or import it at that school.")),
    "school_code_format": (_l("The school code does not have 10 digits"), _l("The row is used; the code is not stored.")),
    "category_unknown": (_l("The category “%(text)s” is not known"), _l("Written as full-time teacher for new people; change it on the person's page.")),
    "homeroom_without_class": (_l("Homeroom teacher without a class"), _l("The post is written; choose the class on the page of classes.")),
    "missing_student_no": (_l("The pupil number is missing"), _l("Type the national pupil number, or skip the row.")),
    "student_no_missing": (_l("The pupil number is missing"), _l("Type the national pupil number, or skip the row.")),
    "student_no_format": (_l("The pupil number has the wrong form"), _l("G, J or L and 18 characters. Type it, or skip the row.")),
    "student_no_check_digit": (_l("The check digit of the pupil number is wrong"), _l("One digit was probably mistyped. Type the number from the record.")),
    "student_no_damaged": (_l("The pupil number was turned into a power of ten"), _l("Type it from the record; in Excel format the column as text.")),
    "temporary_number": (_l("Temporary number"), _l("Replace it when the formal one is there.")),
    "normalised_case_and_spaces": (_l("Spaces or small letters were put right"), ""),
    "id_number_damaged_not_imported": (_l("The id number is damaged and is not read anyway"), ""),
    "class_unreadable": (_l("The class cannot be read: %(text)s"), _l("Type it like 三（1）班; without it the pupil has no class.")),
    "class_missing": (_l("The class is missing"), _l("Type it like 三（1）班; without it the pupil has no class.")),
    "grade_differs": (_l("Grade and class contradict each other"), _l("Type the class like 三（1）班.")),
    "namesake_in_class": (_l("A pupil of the same name is in the class"), _l("Told apart by the pupil number.")),
    "no_rows": (_l("No rows were found below the header"), _l("Check that the list stands on the first sheet.")),
    "printed_total_differs": (_l("The sheet says %(printed)s people, %(counted)s were found"), _l("Check whether rows are missing.")),
    "unusable": (_l("This row cannot be used"), _l("Correct it, or skip it.")),
}
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
}  # fmt: skip
CHOICE_LABELS: dict[str, Any] = {
    "calendar": _l("calendar year (1 January to 31 December)"), "school": _l("school year (1 September to 31 August)"),
    "session": _l("for each session"), "day": _l("for each day"), "course": _l("for the whole course"),
    "yes": _l("yes"), "no": _l("no"), "all": _l("everybody who works there"), "employed": _l("employed staff only"),
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
    "small_number_threshold": (_l("Smallest group shown in public"), _l("Smaller groups are shown as “fewer than”.")),
}
STATE_LABELS: dict[str, Any] = {
    "staged": _l("waiting to be written"), "applied": _l("written"), "withdrawn": _l("withdrawn"), "discarded": _l("dropped"),
}  # fmt: skip


def label_of(table: dict[str, Any], key: str) -> str:
    """The word for a key; a school's own word stays as it is."""
    return str(table.get(key, key))


def note_text(code: str, params: Any) -> tuple[str, str]:
    """The two sentences of a note: what is wrong, what to do."""
    what, todo = NOTES.get(code, (code, ""))
    filled = {"row": "", "count": "", "name": "", "text": "", "state": "", "code": "", "typed": "", "suggested": "",
              "printed": "", "counted": ""} | dict(params)
    return str(what) % filled, str(todo) % filled if todo else ""
