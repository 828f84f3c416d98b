"""The rows of an import that need somebody, as a workbook for the clerk who typed the list."""

from datetime import datetime

from flask_babel import gettext as _

from trainhub.attendance import messages
from trainhub.attendance.import_rules import PlanRow
from trainhub.attendance.problem_messages import remedy
from trainhub.attendance.queries import ImportPage
from trainhub.documents import xlsx
from trainhub.documents.sheets import Column, SheetSpec
from trainhub.kernel.clock import local_day

Row = tuple[str, str, str, str, str, str]


def sheet(page: ImportPage, by: str, moment: datetime) -> bytes:
    """Return the workbook: row, what was read, whom it is taken for, what is wrong, what to do."""
    columns = [
        Column(_("Row"), "text", 8), Column(_("Name"), width=14), Column(_("What was read"), width=40),
        Column(_("On the roll"), width=24), Column(_("What is wrong"), width=48), Column(_("What to do"), width=48),
    ]
    lines = [line for line in page.plan.lines if line.kind in {"problem", "confirm"}]
    rows = [_row(line, page) for line in lines] or [_stored(*stored) for stored in page.open_rows]
    notes = [page.roll.sheet.heading, page.batch.file_name]
    return xlsx.write([SheetSpec(_("Problem rows"), columns, rows, notes)], created_by=by, created_at=moment)


def file_name(page: ImportPage, moment: datetime) -> str:
    """Return the name of the workbook."""
    return xlsx.download_name(_("Problem rows"), page.roll.sheet.school_name, day=local_day(moment))


def _row(line: PlanRow, page: ImportPage) -> Row:
    person = page.people.get(line.person_id)
    whom = f"{person.name} {person.department} {person.staff_no}".strip() if person else ""
    wrong = [messages.line_sentence(line.code)] if line.code else []
    wrong += [messages.review_word(code) for code in line.review if code != line.code]
    wrong += [f"{messages.origin_word(c.source)}：{messages.STATUS_WORDS[c.status]}" for c in line.against]
    return (*_read(line.rows, line.raw), whom, " ".join(wrong), remedy(line.code, known_person=bool(person), translate=_))


def _stored(rows: list[int], raw: list[str], code: str, review: list[str]) -> Row:
    """A row that was left open when the file was written."""
    wrong = [messages.line_sentence(code), *(messages.review_word(c) for c in review if c != code)]
    return (*_read(tuple(rows), tuple(raw)), "", " ".join(wrong), remedy(code, known_person=False, translate=_))


def _read(rows: tuple[int, ...], raw: tuple[str, ...]) -> tuple[str, str, str]:
    return ", ".join(map(str, rows)), raw[0] if raw else "", " | ".join(raw)
