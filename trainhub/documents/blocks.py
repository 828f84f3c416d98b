"""What an official letter is made of. Pure values: rooms build them from their data, writers print them.

Everything is text: no block can carry markup, a link or a formula. Words that every letter shares
(seal, page, receipt) are added by the writers; all else comes from the caller, who also decides
whether people stand in it by name or by code.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from trainhub.documents.numbering import SIGNS

Align = Literal["left", "right", "center"]
Layout = Literal["letter", "ledger"]
WITNESSES = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; a line break in it begins a new paragraph. ``indent`` sets the two empty characters."""

    text: str
    indent: bool = True


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside the letter, its number written by the caller (一、 or （一）); ``level`` is 1 or 2."""

    text: str
    level: int = 1

    def __post_init__(self) -> None:
        if self.level not in {1, 2}:
            raise ValueError(f"level {self.level}")


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of label and value in a ruled box, two pairs on a line where both are short."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column; ``width`` is its share of the line (any positive unit)."""

    header: str
    width: int
    align: Align = "left"

    def __post_init__(self) -> None:
        if self.width <= 0:
            raise ValueError(f"width {self.width}")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row; ``correction`` prints it red with a bar at its left edge, so that grey paper shows it too."""

    cells: tuple[str, ...]
    correction: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose head repeats on every page; ``totals`` is its closing row, ``caption`` stands above it."""

    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]
    totals: tuple[str, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("a table without columns")
        for cells in (*(row.cells for row in self.rows), self.totals or ("",) * len(self.columns)):
            if len(cells) != len(self.columns):
                raise ValueError(f"{len(cells)} cells under {len(self.columns)} headers")


@dataclass(frozen=True, slots=True)
class Opinion:
    """A ruled box for somebody's opinion: printed where it was recorded, else ``lines`` empty lines to write in."""

    label: str
    text: str = ""
    lines: int = 3


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the role, and the name where it may be printed before the line."""

    role: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Room for a refused signature with two witnesses; what was already recorded is printed."""

    reason: str = ""
    witnesses: tuple[str, ...] = ("", "")

    def __post_init__(self) -> None:
        if len(self.witnesses) != WITNESSES:
            raise ValueError("a refusal has two witnesses")


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on; up to four signers have a line with a date each, more stand two abreast with one date."""

    signers: tuple[Signer, ...]
    statement: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class AppealNotice:
    """How to appeal: to which body, within which ``term``, in which way.

    ``until`` is the last day where the day of service is known already; ``effect`` says what an
    appeal stops and what it does not.
    """

    body: str
    term: str
    how: str
    until: date | None = None
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The part to tear off that proves service (送达回证); empty fields are filled in by hand."""

    recipient: str = ""
    place: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """Line for a seal and its date where the letter's own place for it does not fit, or another body seals too.

    Empty ``issuer`` is the letter's; not ``dated`` leaves the date to be written in. A letter with such
    a block gets no other seal line.
    """

    issuer: str = ""
    dated: bool = True


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Paragraph | Heading | Facts | Table | Opinion | Signatures | AppealNotice | Receipt | Seal | PageBreak


@dataclass(frozen=True, slots=True)
class Letter:
    """An official document, printed as PDF or written as Word.

    ``kind`` is a key of ``numbering.SIGNS``; ``number`` the document number ("" for a draft);
    ``school`` the issuing body as its seal has it; ``to`` the addressee line; ``code`` the head of
    the school's ledger at issue, so that a stamped paper anchors the ledger; ``watermark`` stands
    behind every page (who exported it and when). ``sealed`` sets the line for seal and date after
    the text, before the first receipt. ``banner`` stands in red at the head of every page: that the paper holds no more, and since when.
    ``layout`` "ledger" is A4 across with smaller type. The words
    of the letter itself are in ``language``, whoever prints it: the same data give the same paper.
    """

    kind: str
    title: str
    number: str
    school: str
    issued_on: date
    blocks: tuple[Block, ...]
    code: str = ""
    to: str = ""
    copies_to: tuple[str, ...] = ()
    watermark: str = ""
    sealed: bool = True
    layout: Layout = "letter"
    language: str = "zh_Hans_CN"
    banner: str = ""

    def __post_init__(self) -> None:
        if self.kind not in SIGNS:
            raise ValueError(f"unknown kind of document {self.kind!r}")
