"""Word documents from a letter's plain values; blocks are added one by one, text is always text.

The package begins with our own small parts (``docx_parts``): A4, Chinese fonts, no theme, no
thumbnail, nobody's name. Only the foot of the page holds fields (page x of y).
"""

import importlib.util
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainhub.kernel.errors import DomainError

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PARTS = Path(__file__).parent / "docx_parts"
_PLACES = {
    "[Content_Types].xml": "content_types.xml", "_rels/.rels": "package_rels.xml", "docProps/core.xml": "core.xml",
    "word/document.xml": "document.xml", "word/_rels/document.xml.rels": "document_rels.xml", "word/styles.xml": "styles.xml",
    "word/settings.xml": "settings.xml",
}  # fmt: skip
_OLDEST_DAY = (1980, 1, 1, 0, 0, 0)
"""The day every file in the package carries: a zip knows none before it, and ours shall tell none."""
_RED = "A61B1B"
_LABEL = 1587
_ACROSS = {"w": 16838, "h": 11906, "margin": 1021}
"""A4 across and its margins, in twentieths of a point, as all measures here."""


class WordUnavailable(DomainError):
    """The ``word`` extra is not installed; pages offer the PDF."""

    code = "word_unavailable"
    status = 503


def available() -> bool:
    """Whether python-docx is installed."""
    return importlib.util.find_spec("docx") is not None


def write(data: dict[str, Any], day: date) -> bytes:
    """Return the Word document of ``letters.printable`` data; ``day`` stands as its time of creation.

    Raises :class:`WordUnavailable`.
    """
    if not available():
        raise WordUnavailable
    import docx

    document = docx.Document(_skeleton())
    _Writer(document, data).fill()
    properties = document.core_properties
    properties.title = data["meta_title"]
    properties.created = properties.modified = datetime(day.year, day.month, day.day, tzinfo=UTC)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_times(buffer)


def _skeleton() -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for place, name in _PLACES.items():
            package.writestr(place, (PARTS / name).read_bytes())
    buffer.seek(0)
    return buffer


def _without_times(source: io.BytesIO) -> bytes:
    """Return the package with the same time on every part, so that the same letter gives the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(source) as made, zipfile.ZipFile(target, "w") as package:
        for name in made.namelist():
            part = zipfile.ZipInfo(name, date_time=_OLDEST_DAY)
            part.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(part, made.read(name))
    return target.getvalue()


class _Writer:
    """Adds the parts of one letter to a document."""

    def __init__(self, document: "Document", data: dict[str, Any]) -> None:
        self.document = document
        self.data = data
        self.words: dict[str, str] = data["labels"]
        self.wide = data["layout"] == "ledger"
        if self.wide:
            self._turn()
        section = document.sections[0]
        self.width = int((section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)) // 635

    def fill(self) -> None:
        """Write heading, parts and page foot."""
        self._line(self.data["school"], "Issuer")
        self._line(self.data["title"], "Title")
        self._line(self.data["number"], "Number")
        if self.data["to"]:
            self._line(self.words["addressee"].replace("{to}", self.data["to"]))
        for part in self.data["parts"]:
            getattr(self, f"_{part['type']}")(part)
        self._margins_of_page()

    def _turn(self) -> None:
        """Turn the page across and make the running type smaller."""
        from docx.enum.section import WD_ORIENT
        from docx.shared import Pt, Twips

        section = self.document.sections[0]
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Twips(_ACROSS["w"]), Twips(_ACROSS["h"])
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Twips(_ACROSS["margin"])
        section.footer_distance = Twips(510)
        for name, size, line in (("Normal", 11, 18), ("Heading 1", 11, 18), ("Heading 2", 11, 18), ("Title", 18, 26), ("Cell", 9.5, 12)):
            style: Any = self.document.styles["Letter cell" if name == "Cell" else name]
            style.font.size = Pt(size)
            style.paragraph_format.line_spacing = Pt(line)

    def _margins_of_page(self) -> None:
        section = self.document.sections[0]
        if self.data["watermark"]:
            _put(section.header.paragraphs[0], self.data["watermark"])
        if self.data["banner"]:
            head = section.header.paragraphs[0] if not self.data["watermark"] else section.header.add_paragraph()
            _put(head, self.data["banner"], _RED)
        foot = section.footer.paragraphs[0]
        from docx.enum.text import WD_TAB_ALIGNMENT
        from docx.shared import Twips

        foot.paragraph_format.tab_stops.add_tab_stop(Twips(self.width), WD_TAB_ALIGNMENT.RIGHT)
        code = f"{self.words['ledger_code']} {self.data['code']}" if self.data["code"] else ""
        _put(foot, "　".join(word for word in (self.data["number"], code) if word) + "\t")
        before, rest = self.words["page_of"].split("{page}")
        between, after = rest.split("{pages}")
        _put(foot, before)
        _field(foot, "PAGE")
        _put(foot, between)
        _field(foot, "NUMPAGES")
        _put(foot, after)

    def _paragraph_style(self, style: str) -> Any:
        return self.document.styles[_STYLE_NAMES.get(style, style)]

    def _line(self, text: str, style: str = "Normal") -> "Paragraph":
        """Write one line in a style of its own."""
        made = self.document.add_paragraph(style=self._paragraph_style(style))
        _put(made, text)
        return made

    def _paragraph(self, part: dict[str, Any]) -> None:
        for text in part["texts"]:
            made = self._line(text)
            if part["indent"]:
                _indent(made)
        if part.get("sticky"):
            made.paragraph_format.keep_with_next = True

    def _heading(self, part: dict[str, Any]) -> None:
        self._line(part["text"], f"Heading{part['level']}")

    def _gap(self, *, keep: bool = False) -> "Paragraph":
        """Part two tables, which Word would otherwise join."""
        made = self.document.add_paragraph(style=self._paragraph_style("Gap"))
        made.paragraph_format.keep_with_next = keep or None
        return made

    def _pagebreak(self, part: dict[str, Any]) -> None:
        self._gap().paragraph_format.page_break_before = True

    def _grid(self, widths: Sequence[int], rows: int, *, ruled: bool = True) -> "Table":
        """Return an empty table of fixed widths that together fill the line; no row breaks over pages."""
        total = sum(widths)
        sizes = [width * self.width // total for width in widths]
        table = self.document.add_table(rows, len(sizes), style="Table Grid" if ruled else "Normal Table")
        table.autofit = False
        from docx.shared import Twips

        for column, size in zip(table.columns, sizes, strict=True):
            column.width = Twips(size)
        for row in table.rows:
            _flag(row._tr.get_or_add_trPr(), "w:cantSplit")
            for cell, size in zip(row.cells, sizes, strict=True):
                cell.width = Twips(size)
        return table

    def _cell(self, cell: "_Cell", text: str, *, label: bool = False, colour: str = "", align: str = "", keep: bool = False) -> None:
        made = cell.paragraphs[0]
        made.style = self._paragraph_style("CellLabel" if label else "Cell")
        if keep:
            made.paragraph_format.keep_with_next = True
        if align:
            from docx.enum.text import WD_PARAGRAPH_ALIGNMENT

            made.alignment = getattr(WD_PARAGRAPH_ALIGNMENT, align.upper())
        _put(made, text, colour)

    def _pairs(self, lines: Sequence[Sequence[Sequence[str]]], *, together: bool = False, height: int = 0) -> None:
        """Write lines of one or two pairs of label and value as a ruled box."""
        rest = self.width // 2 - _LABEL
        table = self._grid([_LABEL, rest, _LABEL, rest], len(lines))
        for index, (row, line) in enumerate(zip(table.rows, lines, strict=True)):
            keep = together and index < len(lines) - 1
            cells = list(row.cells)
            if len(line) == 1:
                cells = [cells[0], cells[1].merge(cells[3])]
            for cell, (text, label) in zip(cells, ((word, n == 0) for pair in line for n, word in enumerate(pair)), strict=True):
                self._cell(cell, text, label=label, keep=keep)
                if label:
                    _shade(cell)
            if height:
                from docx.shared import Twips

                row.height = Twips(height)
        self._gap()

    def _facts(self, part: dict[str, Any]) -> None:
        self._pairs(part["lines"])

    def _table(self, part: dict[str, Any]) -> None:
        if part["caption"]:
            self._line(part["caption"], "Caption")
        aligns = part["aligns"]
        table = self._grid(part["widths"], 1 + len(part["rows"]) + bool(part["totals"]))
        rows = list(table.rows)
        _flag(rows[0]._tr.get_or_add_trPr(), "w:tblHeader")
        for cell, header, align in zip(rows[0].cells, part["headers"], aligns, strict=True):
            self._cell(cell, header, label=True, align=align, keep=True)
            _shade(cell)
        for row, values in zip(rows[1:], part["rows"], strict=False):
            cells = row.cells
            for cell, text, align in zip(cells, values["cells"], aligns, strict=True):
                self._cell(cell, text, colour=_RED if values["correction"] else "", align=align)
            if values["correction"]:
                _border(cells[0], "left", 24, _RED)
        if part["totals"]:
            for cell, text, align in zip(rows[-1].cells, part["totals"], aligns, strict=True):
                self._cell(cell, text, label=True, align=align)
                _border(cell, "top", 12)
        if part["legend"]:
            self._line(part["legend"], "Small")
        self._gap()

    def _opinion(self, part: dict[str, Any]) -> None:
        from docx.shared import Twips

        table = self._grid([_LABEL, self.width - _LABEL], 1)
        label, value = table.rows[0].cells
        self._cell(label, part["label"], label=True)
        _shade(label)
        self._cell(value, part["text"])
        if not part["text"]:
            table.rows[0].height = Twips(part["lines"] * 454)
        self._gap()

    def _signatures(self, part: dict[str, Any]) -> None:
        if part["statement"]:
            self._paragraph({"texts": [part["statement"]], "indent": True, "sticky": True})
        signers = [" ".join(word for word in (signer["role"], signer["name"]) if word) for signer in part["signers"]]
        dated = len(signers) <= 4
        abreast = 1 if dated else 2
        lines = [signers[at : at + abreast] for at in range(0, len(signers), abreast)]
        widths = [3000, 3000, 2800] if dated else [2000, 2200, 2000, 2200]
        table = self._grid(widths, len(lines), ruled=False)
        for row, line in zip(table.rows, lines, strict=True):
            self._signing_line(list(row.cells), line, dated=dated, keep=row._tr is not table.rows[-1]._tr or bool(part.get("sticky")))
        if not dated:
            self._line(f"{self.words['date']}　{self.words['blank_day']}", "Seal")
        self._gap(keep=bool(part.get("sticky")))
        if part["refusal"]:
            self._refusal(part["refusal"])

    def _signing_line(self, cells: "list[_Cell]", line: Sequence[str], *, dated: bool, keep: bool) -> None:
        from docx.enum.table import WD_ALIGN_VERTICAL

        for cell in cells:
            cell.vertical_alignment = WD_ALIGN_VERTICAL.BOTTOM
            cell.paragraphs[0].style = self._paragraph_style("Cell")
            cell.paragraphs[0].paragraph_format.space_before = 190500
            cell.paragraphs[0].paragraph_format.keep_with_next = keep
        for index, who in enumerate(line):
            _put(cells[index * 2].paragraphs[0], who)
            _border(cells[index * 2 + 1], "bottom", 4)
        if dated:
            _put(cells[2].paragraphs[0], self.words["blank_day"])

    def _refusal(self, refusal: dict[str, Any]) -> None:
        reason, words = refusal["reason"], self.words
        lines = [[[("■ " if reason else "□ ") + words["refusal"], f"{words['refusal_reason']}　{reason}"]]]
        lines += [
            [[words["witness"].replace("{number}", str(number)), f"{name}　　　　　　　　　　　{words['blank_day']}"]]
            for number, name in enumerate(refusal["witnesses"], start=1)
        ]
        self._pairs(lines, together=True, height=567)

    def _appeal(self, part: dict[str, Any]) -> None:
        self._line(self.words["appeal"], "Caption")
        self._pairs([[line] for line in part["lines"]], together=True)

    def _seal(self, part: dict[str, Any]) -> None:
        issuer = self._line(part["issuer"] + self.words["seal"], "Seal")
        issuer.paragraph_format.space_before = 190500 if self.wide else 635000
        self._line(part["day"], "Seal").paragraph_format.keep_with_next = False
        self._gap()

    def _copies(self, part: dict[str, Any]) -> None:
        self._pairs([[[self.words["copies"], part["to"]]]])

    def _receipt(self, part: dict[str, Any]) -> None:
        tear = f"- - - - - - - - - - - - - - -　{self.words['tear']}　- - - - - - - - - - - - - - -"
        for text, style in ((tear, "Issuer"), (self.words["receipt"], "Title"), (self.data["school"], "Issuer")):
            self._line(text, style).paragraph_format.keep_with_next = True
        self._pairs(part["lines"], together=True, height=624)


_STYLE_NAMES = {
    "Issuer": "Letter issuer", "Number": "Letter number", "Heading1": "Heading 1", "Heading2": "Heading 2", "Cell": "Letter cell",
    "CellLabel": "Letter cell label", "Small": "Letter small", "Gap": "Letter gap", "Seal": "Letter seal",
}  # fmt: skip


_AFTER_SHADE = ("w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign", "w:hideMark")
"""What follows in a cell's properties: Word refuses a file whose elements stand in another order."""


def _put(paragraph: "Paragraph", text: str, colour: str = "") -> None:
    """Add text in the Chinese font throughout: without the hint Word sets quotes and dashes in the Latin one."""
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    run = paragraph.add_run(text)
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:hint"), "eastAsia")
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)


def _field(paragraph: "Paragraph", instruction: str) -> None:
    """Add PAGE or NUMPAGES; nothing from a letter's data ever comes here."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    paragraph._p.append(field)
    run = paragraph.add_run("1")
    field.append(run._r)


def _indent(paragraph: "Paragraph") -> None:
    """Set two empty characters in front, whatever the size of type."""
    from docx.oxml.ns import qn

    indent = paragraph._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), "560")


def _flag(properties: Any, tag: str) -> None:
    from docx.oxml import OxmlElement

    properties.append(OxmlElement(tag))


def _shade(cell: "_Cell") -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "F0F0F0")):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().insert_element_before(shade, *_AFTER_SHADE)


def _border(cell: "_Cell", side: str, size: int, colour: str = "000000") -> None:
    """Rule one side of a cell; ``size`` in eighths of a point."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.insert_element_before(borders, "w:shd", *_AFTER_SHADE)
    edge = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", str(size)), ("space", "0"), ("color", colour)):
        edge.set(qn(f"w:{name}"), value)
    borders.append(edge)
