"""What to do about a row of an attendance file that nobody could place or decide. Pure: the caller translates."""

from collections.abc import Callable


def N_(text: str) -> str:  # noqa: N802 - the customary name of "mark for translation"
    """Mark an English sentence for translation."""
    return text


WHO = N_("Write name and staff number as on the staff list, or leave the row out with a reason.")
WHAT = N_("Write present, late, leave or absent into the row, or decide on the check page.")

REMEDIES: dict[str, str] = {
    "ambiguous_name": N_("Write the staff number into the row, or choose the person on the check page."),
    "ambiguous_staff_no": N_("Correct the staff number under People first: two people have the same."),
    "staff_no_not_on_roster": N_("Correct the staff number in the row, or choose the person on the check page."),
    "not_on_roster": N_("Add the person under People if they belong to the school; else leave the row out."),
    "variant_characters": N_("Write the name as on the staff list, or choose the person on the check page."),
    "no_identity": WHO,
    "name_mismatch_with_staff_no": N_("Check which is wrong, name or number, and correct it in the row."),
    "unknown_symbol": N_("Explain the sign in a legend below the table, or decide on the check page."),
    "blank_mark": WHAT,
    "conflicting_rows": N_("Keep one of the rows and delete the others."),
    "single_punch": N_("Find out when they came or left, and mark the person on the roll."),
    "sign_in_missing": N_("Find out whether they were there, and decide on the check page."),
    "date_unreadable": N_("Write the day as 2026-03-05."),
    "time_unreadable": N_("Write the time as 14:25."),
    "staff_no_damaged": N_("Format the column as text in your spreadsheet program and type the number again."),
    "late_minutes_unknown": N_("Write by how many minutes they were late, or the time of arrival."),
    "left_minutes_unknown": N_("Write the time of leaving."),
    "leave_needs_approval": N_("Let somebody who may approve leave confirm it, then mark the person on the roll."),
    "presence": N_("Ask who was in the room, then decide among the conflicts of the roll."),
    "leave_but_there": N_("Ask whether the leave was taken, then decide among the conflicts of the roll."),
    "came_after_mark": N_("Ask whether they came late, then decide among the conflicts of the roll."),
    "loses_to_mark": N_("Nothing, if the mark on the roll is right; else choose the file's on the check page."),
    "replaces_mark": N_("Nothing, if the file is right; else keep the roll's on the check page."),
    "not_on_list": N_("Nothing, if they came although nobody expected them; else leave the row out."),
    "other_date": N_("Check whether the row belongs into this list."),
    "remark_needs_check": N_("Read the remark and decide on the check page."),
}  # fmt: skip
"""Code of a line -> what to do."""


def remedy(code: str, *, known_person: bool, translate: Callable[[str], str] = str) -> str:
    """Return what to do about a line: by its code, else by whether it is about somebody known."""
    return translate(REMEDIES.get(code, WHAT if known_person else WHO))
