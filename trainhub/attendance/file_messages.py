"""What an attendance file says, row by row, as sentences. Pure: the caller translates."""

from collections.abc import Callable

from trainhub.plugin_api.contracts import Problem


def N_(text: str) -> str:  # noqa: N802 - the customary name of "mark for translation"
    """Mark an English sentence for translation."""
    return text


WARNINGS: dict[str, str] = {
    "totals_differ": N_(
        "The sheet prints: expected %(printed_expected)s, present %(printed_present)s, on leave %(printed_excused)s, absent %(printed_absent)s. "
        "Counted: expected %(counted_expected)s, present %(counted_present)s, on leave %(counted_excused)s, absent %(counted_absent)s, undecided %(counted_undecided)s."
    ),
    "sheet_date_differs": N_("The sheet is dated %(printed)s, this session is on %(day)s. Check that it is the right sheet."),
    "no_legend": N_("The sheet has no legend. Only √ and × were taken, everything else is left to you."),
    "encoding_ambiguous": N_("The characters can be read in two ways; %(encoding)s was taken. Look at the names before you go on."),
    "unbalanced_quotes": N_("A quotation mark is not closed. The rows were read anyway: look at them before you go on."),
    "no_rows_for_the_day": N_("The file says nothing about %(day)s; it covers %(first)s to %(last)s. Check that it is the right file."),
    "session_column_unsure": N_("No column of the file starts when this session does (%(day)s). Check that it is the right file."),
    "date_order_unsure": N_("The file does not show whether 3/5 means March or May; %(order)s was taken. Look at the dates before you go on."),
    "several_readers": N_("The file has readers at %(count)s places, and the session does not say which is its room: all of them were taken. Look at who came where."),
    "several_activities": N_("The file holds statements of %(count)s courses; all of them were added up. Export one course at a time."),
    "rows_in_several_files": N_("%(count)s rows stand in several of the files; they count once."),
}  # fmt: skip
"""Warning code of a whole file -> English msgid."""

REVIEW: dict[str, str] = {
    "single_punch": N_("Only one time: the minutes are for you to decide."),
    "sign_in_missing": N_("The only time lies after the end: no sign-in."),
    "only_workday_punch": N_("Only ordinary work-day times, none near this session."),
    "other_date": N_("The row is about another day."),
    "result_time_conflict": N_("The words and the times disagree; the times were taken."),
    "conflicting_rows": N_("Several rows contradict each other."),
    "duplicate_row_ignored": N_("The same row stands in the file twice; it counts once."),
    "name_mismatch_with_staff_no": N_("Name and staff number belong to different people; the number was taken."),
    "staff_no_zero_padded": N_("The staff number had lost its leading zeros."),
    "staff_no_damaged": N_("The staff number is damaged (1.23E+17) and was not used."),
    "name_punctuation_normalised": N_("The name is written with another middle dot."),
    "matched_by_name_and_dept": N_("Namesakes told apart by department."),
    "matched_by_name_and_phone_tail": N_("Namesakes told apart by the last digits of the phone."),
    "department_differs": N_("The department differs from the roster: is it the same person?"),
    "proxy_signature": N_("Signed by somebody else, which is no presence."),
    "unknown_symbol": N_("A mark nobody explains: decide what it means."),
    "blank_mark": N_("No mark: decide what it means."),
    "transferred_out": N_("Left before this day."),
    "remark_needs_check": N_("The remark may change the result: read it."),
    "excused_business_trip": N_("Away on duty."),
    "late_minutes_unknown": N_("Late, but not by how much."),
    "left_minutes_unknown": N_("Left early, but not when."),
    "date_unreadable": N_("The date cannot be read. Write it as 2026-03-05."),
    "time_unreadable": N_("The time cannot be read. Write it as 14:25."),
    "leave_needs_approval": N_("Leave claimed by the person: somebody must approve it."),
    "ambiguous_name": N_("Several people have this name; who it is was not guessed."),
    "ambiguous_staff_no": N_("Several people have this staff number; who it is was not guessed."),
    "variant_characters": N_("Only another way of writing is on the roster: is it the same person?"),
    "staff_no_not_on_roster": N_("The name is on the roster, the staff number is not: is it the same person?"),
    "not_on_roster": N_("Not on the roster."),
    "no_identity": N_("Neither name nor number."),
    "approved_makeup": N_("A later correction that was approved."),
    "admin_override": N_("Changed by an administrator of the source."),
    "out_of_range": N_("Recorded away from the room."),
    "shared_device": N_("Several people on one device."),
    "device_clock_reset": N_("The clock of the device was wrong."),
    "submitted_outside_window": N_("Submitted outside the time of the session."),
    "duplicate_submission_ignored": N_("Submitted twice; the first one counts."),
    "invalid_punch_dropped": N_("A time that the platform itself calls invalid was left out."),
    "linked_approval_needs_check": N_("An approval is linked: it may be leave. Look it up."),
    "auto_check": N_("Punched by the platform itself when the phone came near."),
    "place_mismatch": N_("Signed in at another place than the room."),
    "outdoor_checkin_during_session": N_("An outdoor sign-in during the session, which is no presence in the room."),
    "unusual_device": N_("Punched on a device that is not the person's own."),
    "no_person_name": N_("The name of a device, not of a person."),
    "not_taken": N_("Nobody took the roll there: decide."),
    "attendance_not_taken": N_("Attendance was not taken there: decide."),
    "hidden_status_set": N_("The mark belongs to a hidden set of the other system."),
    "password_verify": N_("Punched with a password, which anybody could have typed."),
    "left_and_returned": N_("Went out and came back: only the time inside counts."),
    "sign_out_missing": N_("Came in again and never went out: only the time up to there counts."),
    "other_location": N_("Passed a reader elsewhere, not that of the room."),
    "card_not_valid": N_("The card was reported lost or is not valid."),
    "partially_attended": N_("There for a part only: the minutes are for you to decide."),
}  # fmt: skip
"""Review or unmatched code of a row -> English msgid."""


def sentence(problem: Problem, translate: Callable[[str], str] = str) -> str:
    """Return the sentence of a file's warning; an unknown code is shown by its name."""
    text = translate(WARNINGS.get(problem.code, problem.code))
    return text % problem.params if "%(" in text else text


def review_sentence(code: str, translate: Callable[[str], str] = str) -> str:
    """Return the sentence of a review code; an unknown code is shown by its name."""
    return translate(REVIEW.get(code, code))
