"""The answer to a guardian as an official letter: what is held, with every other child masked, or why it was refused."""

import re
import unicodedata
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from trainhub.cases import keeping_wording as words
from trainhub.cases import wording
from trainhub.cases.models import GuardianRequest
from trainhub.cases.queries.held import Held, request_place
from trainhub.documents.letters import Facts, Heading, Letter, Paragraph, Receipt, Table, TableColumn, TableRow
from trainhub.documents.numbering import document_number
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.held import HeldRow
from trainhub.kernel.sealing import KeyRing
from trainhub.web.i18n import day_text

_CODES: tuple[dict[str, Any], ...] = (
    words.VALUES, wording.STATES, wording.ROLES, wording.MEANS, wording.TIERS, wording.OUTCOMES, wording.WAYS, wording.ABOUTS,
    wording.EVIDENCE_KINDS, wording.REPORT_KINDS, wording.REPORT_FORMS, wording.OFFICES,
)


def letter_number(row: GuardianRequest, short_name: str) -> str:
    """Its number as it is printed."""
    short = re.sub(r"[\s\[\]()]+", "", unicodedata.normalize("NFKC", short_name))
    return document_number("guardian_answer", row.letter_year or 0, row.letter_number or 0, short)


def answer_letter(row: GuardianRequest, ring: KeyRing, known: dict[str, str], held: Held | None, school: str, short_name: str) -> Letter:
    """The letter of a request that was decided. ``held``: what is given with it. Raises NotFound while it is open."""
    if row.answered_at is None:
        raise NotFound
    with force_locale("zh_Hans_CN"):
        said = ring.unseal(row.sealed_answer, request_place(row.id, "sealed_answer")) if row.sealed_answer else ""
        facts = Facts((
            (str(_("Pupil")), known["name"]), (str(_("Guardian")), f"{known['guardian']} ({known['relation']})"), (str(_("Asked for")), str(words.KINDS[row.kind])),
            (str(_("Received on")), day_text(local_day(row.received_at), weekday=False, year=True)),
            (str(_("Due by")), day_text(local_day(row.due_at), weekday=False, year=True)), (str(_("Answer")), str(words.DECISIONS[row.decision])),
        ))
        blocks: list[Any] = [facts]
        if said:
            blocks += [Heading(str(_("Reasons"))), Paragraph(said)]
        if held is not None:
            for key, rows in held.sections:
                blocks += [Heading(str(words.SECTIONS.get(key, key))), _table(rows) if rows else Paragraph(str(_("Nothing is held.")))]
        blocks.append(Paragraph(str(_("Other children stand under codes or signs. Whoever does not agree may turn to the education bureau."))))
        blocks.append(Receipt())
        return Letter(
            "guardian_answer", str(_("Answer to a guardian's request")), letter_number(row, short_name), school, local_day(row.answered_at),
            tuple(blocks), to=known["guardian"],
        )


def _table(rows: tuple[HeldRow, ...]) -> Table:
    columns = (TableColumn(str(_("What")), 28), TableColumn(str(_("Day")), 22), TableColumn(str(_("Content")), 90))
    return Table(columns, tuple(
        TableRow((str(words.FIELDS.get(row.what, row.what)), row.day.isoformat() if row.day else "–", content_of(row))) for row in rows
    ))


def content_of(row: HeldRow) -> str:
    """The words of a row: codes said in words, then what people wrote."""
    if "withheld" in row.codes:
        return str(words.WITHHELD)
    said = [_word(code) for code in row.codes]
    return " ".join(filter(None, (*said, row.text))) or "–"


def _word(code: str) -> str:
    if code == "restricted":
        return str(words.RESTRICTED)
    for table in _CODES:
        if code in table:
            return str(table[code])
    for prefix in ("determination_", "plan_", "told_", "module_", "pause_", "voice_", "hand_over_", "support_", "step_", "appeal_", "decision_"):
        if code.startswith(prefix):
            return ""  # a state the letter does not need: what follows from it stands in rows of its own
    return ""
