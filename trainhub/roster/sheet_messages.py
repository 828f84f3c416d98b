"""What is wrong with a roster sheet, as sentences a clerk can act on. Pure: the caller translates."""

from collections.abc import Callable

from trainhub.plugin_api.contracts import Problem


def N_(text: str) -> str:  # noqa: N802 - the customary name of "mark for translation"
    """Mark an English sentence for translation."""
    return text


SENTENCES: dict[str, str] = {
    # the row is not taken
    "name_missing": N_("There is no name in this row. Fill it in or delete the row."),
    "name_damaged": N_("The name contains “?” or “□”: a program could not write a rare character. Type the character again."),
    "name_unreadable": N_("The name contains digits or signs. Correct it."),
    "staff_no_damaged": N_("The staff number was turned into a form like 1.23E+17 and its digits are lost. Set the column to text and enter it again."),
    "staff_no_conflict": N_("Row %(row)s has the same staff number with another name. Check which one is right."),
    "student_no_missing": N_("The pupil number (学籍号) is missing. Fill it in; a temporary number beginning with L will do."),
    "student_no_damaged": N_("The pupil number was turned into a form like 1.23E+17 and its digits are lost. Export it again from the pupil register."),
    "student_no_format": N_("A pupil number is G, J or L followed by 18 characters. Compare it with the pupil register."),
    "student_no_check_digit": N_("The last character of the pupil number does not fit the others: a digit is mistyped. Compare it with the pupil register."),
    "other_school": N_("This row belongs to another school (code %(code)s). Delete it or import it there."),
    # the row repeats another
    "same_staff_no": N_("Same person as row %(row)s; this row is skipped."),
    "same_student_no": N_("Same pupil number as row %(row)s; this row is skipped."),
    "same_row": N_("Same as row %(row)s; this row is skipped."),
    # the row is taken, with something to know
    "name_private_character": N_("The name contains a character that only the program which saved the file knows. Type it again so that everybody can read it."),
    "namesake_without_number": N_("Row %(row)s has the same name and one of the two has no staff number. Say whether they are one person."),
    "namesake_in_class": N_("Row %(row)s in the same class has the same name. The pupil numbers differ, so both are kept."),
    "possible_same_person": N_("Row %(row)s has the same name and phone under another staff number. If it is one person, merge the two after the import."),
    "staff_no_zeros_lost": N_("%(typed)s was stored as a number; the others begin with 0. Probably %(suggested)s: correct it if so."),
    "category_unknown": N_("“%(text)s” is no known staff category. The person is kept and counts as staff."),
    "not_on_duty": N_("“%(state)s”: no longer on the staff, so not counted in the yearly training."),
    "school_code_format": N_("A school code has 10 digits."),
    "temporary_number": N_("A temporary pupil number (L). Import again once the official number is there."),
    "normalised_case_and_spaces": N_("Spaces, full-width or small letters were put right."),
    "id_number_damaged_not_imported": N_("The id number is damaged (9.9E+17). It is not imported, nothing needs doing here."),
    "class_unreadable": N_("The class “%(text)s” cannot be read. Write it as 三（1）班."),
    "class_missing": N_("The class is missing. Fill it in, as in 三（1）班."),
    "grade_differs": N_("The grade column says grade %(grade)s, the class says grade %(class_grade)s. Check which one is right."),
    # about the whole sheet
    "delta_file": N_("The file holds changes only, not the whole list. Who is not in it stays as is."),
    "broken_references": N_("%(count)s rows refer to somebody or something that is not in the file."),
    "roles_disagree": N_("%(count)s people are pupils in one place of the file and staff in another. The list of people decides."),
    "password_column": N_("%(file)s carries passwords. They are never read; ask whoever exports it to leave them out."),
    "header_spelling": N_("%(file)s spells column names otherwise than the standard: %(names)s."),
    "header_empty": N_("%(file)s ends its header with %(count)s columns without a name."),
    "dates_not_iso": N_("%(file)s writes dates as %(text)s instead of year-month-day. They are not used."),
    "gone_in_bulk": N_("%(file)s says that it is whole, and yet holds rows marked as %(names)s. They are taken as ended."),
    "status_empty": N_("%(count)s rows do not say whether they are valid (%(names)s). They are taken as valid."),
    "profiles_hold_roles": N_("%(file)s holds the roles instead of what its name says. It is not used."),
    "manifest_silent": N_("The manifest does not say whether %(names)s is whole or changes only."),
    "org_without_parent": N_("The unit %(id)s belongs to %(parent)s, which is not in the file."),
    "only_secondary_role": N_("%(id)s has only a secondary role (%(role)s), which is taken as the role."),
    "dropped_inactive": N_("%(count)s rows are marked as not valid any more and were left out."),
    "dropped_orphan": N_("%(count)s rows without their counterpart were left out."),
    "dropped_no_role": N_("%(count)s rows do not say whether it is a pupil or staff and were left out."),
    "dropped_same_id": N_("%(count)s rows repeat another one and were left out."),
    "dropped_not_on_roster": N_("%(count)s guardians and others who are on no list of the school were left out."),
    "dropped_other": N_("%(count)s rows of the file were left out."),
    "no_rows": N_("There are no people under the header. Check that you chose the right sheet."),
    "printed_total_differs": N_("The sheet says %(printed)s people, %(counted)s rows were found. Check whether a row is missing."),
}  # fmt: skip
"""Problem code -> English msgid."""


def problem_sentence(problem: Problem, translate: Callable[[str], str] = str) -> str:
    """Return the sentence of a problem; an unknown code is shown by its name."""
    text = translate(SENTENCES.get(problem.code, problem.code))
    return text % problem.params if "%(" in text else text
