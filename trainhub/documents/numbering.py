"""Numbers of official documents: one row per school, kind and year, without gaps (云岭一中〔2026〕认 3 号).

The counting happens in the room that issues the document, inside its transaction; here is only how
a number is written, read back, and what comes next.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

SIGNS = {
    "acceptance_notice": "受",
    "refusal_notice": "驳",
    "investigation_notice": "查",
    "extension_notice": "延",
    "determination": "认",
    "education_plan": "教",
    "hour_ledger": "时",
    "completion_review": "结",
    "appeal_decision": "复",
    "meeting_minutes": "会",
    "incident_report": "报",
    "interview_record": "谈",
    "correction_notice": "正",
    "transfer_list": "移",
    "transfer_receipt": "回",
    "referral": "送",
    "guardian_answer": "答",
}
"""Kind of document -> its one character in the number."""

_KINDS = {sign: kind for kind, sign in SIGNS.items()}
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
_NUMBER = re.compile(rf"(?P<school>[^\[\]()]*)[\[(](?P<year>[0-9]{{4}})[\])](?P<sign>[{''.join(_KINDS)}])字?第?(?P<seq>[0-9]+)号")
_BRACKETS = str.maketrans("〔〕【】", "[][]")


class NotANumber(ValueError):
    """The text is no document number."""


class GapInNumbers(ValueError):
    """Numbers are missing or stand twice; ``missing`` and ``twice`` name them."""

    def __init__(self, missing: tuple[int, ...], twice: tuple[int, ...]) -> None:
        super().__init__(f"missing {missing}, twice {twice}")
        self.missing = missing
        self.twice = twice


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """The parts of a number; ``str()`` writes it."""

    kind: str
    year: int
    seq: int
    school_short: str = ""

    def __post_init__(self) -> None:
        if self.kind not in SIGNS:
            raise ValueError(f"unknown kind of document {self.kind!r}")
        if not _FIRST_YEAR <= self.year <= _LAST_YEAR:
            raise ValueError(f"year {self.year}")
        if self.seq < 1:
            raise ValueError(f"number {self.seq}")
        if self.school_short != _plain(self.school_short) or re.search(r"[\[\]()]", self.school_short):
            raise ValueError(f"short name of a school with blanks, full-width letters or brackets: {self.school_short!r}")

    def __str__(self) -> str:
        return f"{self.school_short}〔{self.year}〕{SIGNS[self.kind]} {self.seq} 号"


def document_number(kind: str, year: int, seq: int, school_short: str = "") -> str:
    """Return the number as it is printed: ``〔2026〕认 3 号``; raises ValueError for parts it cannot hold.

    ``kind`` is a key of ``SIGNS``, ``year`` the calendar year of issue, ``seq`` counts from 1.
    """
    return str(DocumentNumber(kind, year, seq, school_short))


def parse_number(text: str) -> DocumentNumber:
    """Return the parts of a number as somebody may type it: other brackets, blanks, 第, full-width digits.

    Raises :class:`NotANumber`. What ``document_number`` writes comes back exactly.
    """
    found = _NUMBER.fullmatch(_plain(text.translate(_BRACKETS)))
    if found is None:
        raise NotANumber(text)
    try:
        return DocumentNumber(_KINDS[found["sign"]], int(found["year"]), int(found["seq"]), found["school"])
    except ValueError as error:
        raise NotANumber(text) from error


def next_seq(used: Iterable[int]) -> int:
    """Return the number that follows those used by one school for one kind in one year; 1 for none.

    A number is used once it is given out, whatever became of the document. Raises
    :class:`GapInNumbers` where the row is broken: then nothing more is issued before somebody looks.
    """
    row = sorted(used)
    missing = tuple(sorted(set(range(1, (row[-1] if row else 0) + 1)) - set(row)))
    twice = tuple(sorted({number for number, after in pairwise(row) if number == after}))
    if missing or twice or (row and row[0] < 1):
        raise GapInNumbers(missing, twice)
    return len(row) + 1


def _plain(text: str) -> str:
    """Return the text without blanks and with ASCII digits and brackets."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
