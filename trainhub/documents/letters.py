"""Official letters as PDF and as Word from the same values.

Neither file carries anybody's name outside its pages: the title is neutral, there is no author, and
the same letter gives the same bytes.
"""

import re
from datetime import date
from itertools import pairwise
from typing import Any
from unicodedata import east_asian_width

from trainhub.documents import pdf, word
from trainhub.documents.blocks import (
    Align,
    AppealNotice,
    Block,
    Facts,
    Heading,
    Layout,
    Letter,
    Opinion,
    PageBreak,
    Paragraph,
    Receipt,
    Refusal,
    Seal,
    Signatures,
    Signer,
    Table,
    TableColumn,
    TableRow,
)
from trainhub.documents.labels import letter_labels
from trainhub.documents.numbering import SIGNS
from trainhub.documents.word import WordUnavailable

__all__ = [
    "Align", "AppealNotice", "Block", "Facts", "Heading", "Layout", "Letter", "Opinion", "PageBreak", "Paragraph", "Receipt",
    "Refusal", "Seal", "Signatures", "Signer", "Table", "TableColumn", "TableRow", "WordUnavailable", "document_name", "letter_docx",
    "letter_pdf",
]  # fmt: skip

DOCX_TYPE = word.MEDIA_TYPE
_SUFFIXES = frozenset({"pdf", "docx", "xlsx", "csv", "zip"})
_LISTS = frozenset({"hour_ledger", "transfer_list"})
_RANDOM_ID = re.compile(r"[0-9a-f]{16,64}")
# Control characters, half characters, and signs that turn the reading direction: none belongs on a paper.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_SHORT_VALUE: dict[Layout, int] = {"letter": 22, "ledger": 50}
"""A value of up to this many columns (a Chinese character takes two) shares its line with another."""
_LONG_TEXT = 600
_TALL_ROW = 900
"""A row with a longer cell may break over pages; all others stay whole."""


def letter_pdf(letter: Letter) -> bytes:
    """Return the letter as PDF (A4, page x of y, number and ledger code in the foot).

    Raises ``pdf.PdfUnavailable`` where the extra is missing, ``pdf.RenderingFailed`` on any warning.
    """
    return pdf.render("letter", printable(letter))


def letter_docx(letter: Letter) -> bytes:
    """Return the letter as a Word document; raises :class:`WordUnavailable` where the extra is missing."""
    return word.write(printable(letter), letter.issued_on)


def document_name(kind: str, random_id: str, suffix: str) -> str:
    """Return a file name that tells nothing: a neutral word and a random id, ``document-0198….pdf``.

    ``random_id`` is 16 to 64 hex digits, so that no name, class or number can slip in; raises
    ValueError for anything else, an unknown kind or another kind of file.
    """
    if kind not in SIGNS or suffix not in _SUFFIXES or not _RANDOM_ID.fullmatch(random_id):
        raise ValueError("a file name takes a known kind, a random id and a known suffix")
    return f"{'list' if kind in _LISTS else 'document'}-{random_id}.{suffix}"


def printable(letter: Letter) -> dict[str, Any]:
    """Return the letter as plain values for the writers; the shape stands at the head of ``letter.typ``."""
    words = letter_labels(letter.language)
    day = _day(letter.issued_on, words)
    data = {
        "meta_title": words["meta_title"].replace("{number}", letter.number).strip(),
        "school": letter.school, "title": letter.title, "number": letter.number, "to": letter.to, "day": day,
        "code": letter.code, "watermark": letter.watermark, "banner": letter.banner, "layout": letter.layout, "labels": words,
        "parts": _parts(letter, words),
    }  # fmt: skip
    return _clean(data)


def _arranged(letter: Letter) -> list[Block | None]:
    """Return the blocks with seal and copies before the first receipt, or before the page it stands on.

    None stands for the copies.
    """
    blocks = list(letter.blocks)
    closing: list[Block | None] = []
    if letter.sealed and not any(isinstance(block, Seal) for block in blocks):
        closing.append(Seal())
    if letter.copies_to:
        closing.append(None)
    at = next((index for index, block in enumerate(blocks) if isinstance(block, Receipt)), len(blocks))
    if 0 < at < len(blocks) and isinstance(blocks[at - 1], PageBreak):
        at -= 1
    return [*blocks[:at], *closing, *blocks[at:]]


def _parts(letter: Letter, words: dict[str, str]) -> list[dict[str, Any]]:
    """Return the blocks as plain values; what precedes signatures or seal stays on their page, so none stands alone.

    Only a long text does not: moved as a whole it would leave half a page empty.
    """
    parts = [_part(block, letter, words) for block in _arranged(letter)]
    for part, after in pairwise(parts):
        last = part["text"] if part["type"] == "opinion" else part.get("texts", [""])[-1]
        part["sticky"] = after["type"] in {"signatures", "seal"} and _columns(last) <= _LONG_TEXT
    return parts


def _part(block: Block | None, letter: Letter, words: dict[str, str]) -> dict[str, Any]:
    """Return one block as plain values; what it leaves to the letter is filled in."""
    match block:
        case None:
            return {"type": "copies", "to": words["comma"].join(letter.copies_to)}
        case Table():
            return _table(block, words)
        case Signatures():
            return _signatures(block)
        case AppealNotice():
            return {"type": "appeal", "lines": _appeal_lines(block, words)}
        case Receipt():
            return {"type": "receipt", "lines": _receipt_lines(block, letter, words)}
        case Seal(issuer, dated):
            day = _day(letter.issued_on, words) if dated else words["blank_day"]
            return {"type": "seal", "issuer": issuer or letter.school, "day": day}
    return _plain(block, letter.layout)


def _plain(block: Block, layout: Layout) -> dict[str, Any]:
    """Return a block that needs nothing but itself."""
    match block:
        case Paragraph(text, indent):
            return {"type": "paragraph", "texts": text.splitlines() or [""], "indent": indent}
        case Heading(text, level):
            return {"type": "heading", "text": text, "level": level}
        case Facts(pairs):
            return {"type": "facts", "lines": _fact_lines(pairs, _SHORT_VALUE[layout])}
        case Opinion(label, text, lines):
            return {"type": "opinion", "label": label, "text": text, "lines": lines}
    return {"type": "pagebreak"}


def _table(table: Table, words: dict[str, str]) -> dict[str, Any]:
    rows = [
        {"cells": list(row.cells), "correction": row.correction, "tall": any(_columns(cell) > _TALL_ROW for cell in row.cells)}
        for row in table.rows
    ]
    return {
        "type": "table", "caption": table.caption, "headers": [column.header for column in table.columns],
        "widths": [column.width for column in table.columns], "aligns": [column.align for column in table.columns],
        "rows": rows, "totals": list(table.totals),
        "legend": words["corrections"] if any(row.correction for row in table.rows) else "",
    }  # fmt: skip


def _signatures(block: Signatures) -> dict[str, Any]:
    refusal = block.refusal and {"reason": block.refusal.reason, "witnesses": list(block.refusal.witnesses)}
    signers = [{"role": signer.role, "name": signer.name} for signer in block.signers]
    return {"type": "signatures", "statement": block.statement, "signers": signers, "refusal": refusal}


def _fact_lines(pairs: tuple[tuple[str, str], ...], room: int) -> list[list[list[str]]]:
    """Return the pairs by lines: two short ones abreast, a long one alone."""
    lines: list[list[list[str]]] = []
    for label, value in pairs:
        short = _columns(value) <= room and "\n" not in value
        if short and lines and len(lines[-1]) == 1 and _columns(lines[-1][0][1]) <= room:
            lines[-1].append([label, value])
        else:
            lines.append([[label, value]])
    return lines


def _appeal_lines(notice: AppealNotice, words: dict[str, str]) -> list[list[str]]:
    until = words["appeal_until"].replace("{day}", _day(notice.until, words)) if notice.until else ""
    pairs = [
        [words["appeal_body"], notice.body], [words["appeal_term"], notice.term + until],
        [words["appeal_how"], notice.how], [words["appeal_effect"], notice.effect],
    ]  # fmt: skip
    return [pair for pair in pairs if pair[1]]


def _receipt_lines(receipt: Receipt, letter: Letter, words: dict[str, str]) -> list[list[list[str]]]:
    """Return the fields of the tear-off part; the last of a line is its value, empty for a field to write in."""
    return [
        [[words["receipt_document"], letter.title], [words["receipt_number"], letter.number]],
        [[words["receipt_recipient"], receipt.recipient], [words["receipt_place"], receipt.place]],
        [[words["receipt_manner"], words["receipt_manners"]]],
        [[words["receipt_signature"], ""], [words["receipt_time"], words["blank_time"]]],
        [[words["receipt_proxy"], ""], [words["receipt_relation"], ""]],
        [[words["receipt_refused"], ""], [words["witnesses"], ""]],
        [[words["receipt_servers"], ""], [words["remark"], receipt.remark]],
    ]


def _day(day: date, words: dict[str, str]) -> str:
    return words["day"].replace("{year}", str(day.year)).replace("{month}", str(day.month)).replace("{number}", str(day.day))


def _columns(text: str) -> int:
    """Return the width of ``text`` in columns of a typewriter."""
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)


def _clean(value: Any) -> Any:
    """Return plain values whose texts hold nothing a writer chokes on; what cannot be printed shows as a box."""
    if isinstance(value, str):
        return _UNPRINTABLE.sub("□", value.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
