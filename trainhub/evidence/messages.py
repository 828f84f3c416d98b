"""Why a file is refused, as sentences that say what to do. Pure: the caller brings the translation."""

from collections.abc import Callable

from trainhub.plugin_api.contracts import Refused


def N_(text: str) -> str:  # noqa: N802 - the customary name of "mark for translation"
    """Mark an English sentence for translation."""
    return text


REFUSALS: dict[str, str] = {
    "empty_file": N_("The file is empty. Check that it was saved, then choose it again."),
    "no_data": N_("The file has no rows. Check that you chose the right file and that the list is on a sheet of it."),
    "not_a_table": N_("The content is no table, whatever the file name says. Open it in your spreadsheet program and save it as .xlsx or .csv."),
    "too_large": N_("The file is larger than %(limit_mb)s MB. Delete pictures and unneeded sheets, save it, and upload it again."),
    "inflated_too_large": N_("Unpacked, this file would be far larger than it looks, so it was not opened. Copy the list into a new workbook and upload that."),
    "too_many_rows": N_("The sheet has more than %(limit)s rows. Clear blank rows at the end, or split the list into several files."),
    "too_many_columns": N_("The sheet has more than %(limit)s columns. Delete the columns that are not needed and upload it again."),
    "too_many_sheets": N_("The workbook has more than %(limit)s sheets. Keep only the sheet that is needed and upload it again."),
    "too_many_members": N_("The workbook is packed from more than %(limit)s parts. Copy the list into a new workbook and upload that."),
    "cell_too_long": N_("A cell in row %(row)s holds more than %(limit)s characters. Shorten it and upload the file again."),
    "entities_forbidden": N_("The file contains declarations that no spreadsheet program writes, so it was not opened. Copy the list into a new workbook and upload that."),
    "bad_archive": N_("The workbook is damaged and cannot be opened. Open it in your spreadsheet program, save it under a new name, and upload that."),
    "unsafe_path": N_("The package contains paths that lead out of its folder, so it was not unpacked. Upload the table itself, not a package."),
    "encrypted": N_("The file is protected by a password. Take the password off, save it, and upload it again."),
    "macro_file": N_("The workbook contains macros or programs. Save it as an .xlsx without macros and upload that."),
    "undecodable": N_("The characters of this text file cannot be read. Save it as .xlsx, or as CSV in UTF-8, and upload it again."),
    "nul_bytes": N_("The text file contains invalid characters (NUL), as exports that broke off do. Export it again, or save it as .xlsx."),
    "bad_json": N_("The answer of the platform is incomplete or damaged. Fetch it again, and upload it as it came."),
    "only_totals": N_("This report holds sums only, not who came when. Export the daily report (每日统计) or the records (原始记录) and upload that."),
    "could_be_several": N_("This file could be: %(kinds)s. Choose which it is and upload it again."),
    "unknown_file": N_("Nothing here reads this file as it is. It could be: %(kinds)s. Give all files of such a set at once, or export it again whole."),
    "no_header": N_("No row with column names such as 姓名 or 工号 was found in the first 15 rows. Add one, or choose the columns by hand."),
    "timeout": N_("Reading the file took more than %(seconds)s seconds and was stopped. Keep only the sheet that is needed and upload it again."),
    "out_of_memory": N_("Reading the file needs too much memory and was stopped. Copy the list into a new workbook and upload that."),
    "reader_crashed": N_("The file stopped the reader, so nothing was taken from it. Open it in your spreadsheet program, save it as a new .xlsx, and upload that."),
    "source_failed": N_("The reader of this format failed. Nothing was saved. Save the list as a plain .xlsx with one header row, or tell the administrator."),
}  # fmt: skip
"""Refusal code -> English msgid. A code without a sentence is a fault that a test finds."""


def refusal_sentence(refused: Refused, translate: Callable[[str], str] = str) -> str:
    """Return the sentence of a refusal. An unknown code (of a plugin) is shown by its name."""
    text = translate(REFUSALS.get(refused.code, N_("The file was refused: %(code)s.")))
    params = {"code": refused.code, **dict.fromkeys(("limit", "limit_mb", "seconds", "row", "kinds"), "—"), **refused.params}
    return text % params
