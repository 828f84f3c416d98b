"""Official letters: every kind prints, nothing of a letter runs, and no name leaves its pages."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask_babel import Babel

from tests.letters import CODE, SAMPLES, determination, hour_ledger, letter
from trainhub.documents import pdf, word
from trainhub.documents.letters import (
    Facts,
    Heading,
    Letter,
    Opinion,
    Paragraph,
    Receipt,
    Refusal,
    Seal,
    Signatures,
    Signer,
    Table,
    TableColumn,
    TableRow,
    WordUnavailable,
    document_name,
    letter_docx,
    letter_pdf,
    printable,
)
from trainhub.translations import build

pytestmark = pytest.mark.files_only
needs_pdf = pytest.mark.skipif(not pdf.available(), reason="the pdf extra is not installed")
needs_word = pytest.mark.skipif(not word.available(), reason="the word extra is not installed")
needs_reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
INJECTIONS = ("#panic(1)", "*粗*$x$", "=HYPERLINK(0)", "+1", "-1", "@foo", '"}#', "<b>&amp;", "{{ x }}", "{page}", "${x}", "= 标题")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(autouse=True)
def english_reader() -> Iterator[None]:
    """Somebody whose pages are in English prints the letters."""
    app = Flask(__name__)
    Babel(app, default_locale="en", default_translation_directories=str(build.FOLDER))
    with app.app_context():
        yield


def pages_of(content: bytes, tmp_path: Path) -> list[str]:
    """Return the text of each page without blanks."""
    source = tmp_path / "letter.pdf"
    source.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", str(source), "-"], capture_output=True, check=True)
    return [re.sub(r"\s", "", page) for page in done.stdout.decode().split("\f")[:-1]]


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def text_of(content: bytes) -> str:
    body = ET.fromstring(members(content)["word/document.xml"])
    return "\n".join("".join(node.text or "" for node in p.iter(f"{W}t")) for p in body.iter(f"{W}p"))


def said(value: object) -> Iterator[str]:
    """Yield every text that the parts of a letter put on paper."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from said(item if key not in {"type", "aligns"} else None)
    elif isinstance(value, list):
        for item in value:
            yield from said(item)


def risky() -> Letter:
    """A letter whose every text would do something if it were not text."""
    joined = " ".join(INJECTIONS)
    blocks = (
        Heading(joined), Paragraph(joined), Facts(tuple((text, text) for text in INJECTIONS)),
        Table((TableColumn(joined, 1), TableColumn("长", 1)), tuple(TableRow((text, "x" * 200)) for text in INJECTIONS)),
        Opinion(joined, joined), Signatures((Signer(joined, joined),), joined, Refusal(joined, (joined, joined))), Receipt(joined, joined, joined),
    )  # fmt: skip
    return replace(letter("determination", joined, *blocks), school=joined, watermark=joined, to=joined, copies_to=(joined,))


@needs_pdf
@needs_reader
@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"ledger", "investigation-b"}))
def test_every_kind_prints_all_it_says(name: str, tmp_path: Path) -> None:
    sample = replace(SAMPLES[name](), watermark="")  # slanted text would be read between the lines
    pages = pages_of(letter_pdf(sample), tmp_path)
    foot = f"{sample.number}台账校验码{CODE}".replace(" ", "")
    whole = "".join(page.partition(foot)[0] for page in pages)
    for part in printable(sample)["parts"]:
        for text in said(part):
            plain = re.sub(r"\s", "", text)
            assert (plain if part["type"] in {"paragraph", "heading", "seal"} else plain[:4]) in whole
    for number, page in enumerate(pages, start=1):
        assert page.endswith(f"第{number}页，共{len(pages)}页")
        assert foot in page
    assert ("（盖章）" in whole) == (sample.sealed or any(isinstance(block, Seal) for block in sample.blocks))


@needs_pdf
@needs_reader
def test_a_ledger_of_sixty_rows_repeats_its_head(tmp_path: Path) -> None:
    pages = pages_of(letter_pdf(hour_ledger(60)), tmp_path)
    assert 2 <= len(pages) <= 3
    assert all("序日期起止模块与内容教育人" in page for page in pages)
    assert sum(page.count("更正第") for page in pages) == 10
    assert sum("应修810" in page and "合计" in page for page in pages) == 1
    assert "红字、左侧带粗线的行为更正行" in pages[-1]


@needs_pdf
@needs_reader
def test_determination_has_its_parts_in_order(tmp_path: Path) -> None:
    whole = "".join(pages_of(letter_pdf(determination()), tmp_path))
    order = ["一、事实", "证据目录", "申诉告知", "截至2026年12月11日", "（盖章）", "抄送：云岭区教育局，学校法治副校长", "沿此线撕下", "送达回证", "受送达人签收"]
    places = [whole.index(words) for words in order]
    assert places == sorted(places)


@needs_pdf
@needs_reader
@needs_word
def test_texts_stay_texts(tmp_path: Path) -> None:
    sample = risky()
    whole = "".join(pages_of(letter_pdf(sample), tmp_path))
    made = letter_docx(sample)
    for text in INJECTIONS:
        assert text.replace(" ", "") in whole
        assert text in text_of(made).split("\n")
    parts = members(made)
    assert not re.search(rb"<w:(fldSimple|instrText|hyperlink|object|fldChar|altChunk|sdt)\b", parts["word/document.xml"])
    assert not [name for name in parts if re.search(r"vba|embed|theme|thumbnail|custom", name, re.IGNORECASE)]
    assert not [name for name, part in parts.items() if name.endswith(".rels") and b"External" in part]
    assert re.findall(rb'w:instr="(\w+)"', parts["word/footer1.xml"]) == [b"PAGE", b"NUMPAGES"]


@needs_pdf
@needs_reader
def test_pdf_tells_no_name_and_no_time_and_is_the_same_twice(tmp_path: Path) -> None:
    sample = determination()
    made = letter_pdf(sample)
    assert made == letter_pdf(sample)
    (tmp_path / "a.pdf").write_bytes(made)
    info = subprocess.run(["pdfinfo", str(tmp_path / "a.pdf")], capture_output=True, check=True).stdout.decode()
    assert re.search(r"^Title:\s+文件 云岭一中〔2026〕认 3 号$", info, re.MULTILINE)
    assert not re.search(r"^(Author|Subject|Keywords|CreationDate|ModDate):", info, re.MULTILINE)
    assert re.search(r"^Page size:\s+595\.\d+ x 841\.\d+ pts \(A4\)", info, re.MULTILINE)


@needs_word
def test_word_tells_no_name_and_is_the_same_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = determination()
    made = letter_docx(sample)
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert made == letter_docx(sample)
    core = ET.fromstring(members(made)["docProps/core.xml"])
    told = {node.tag.rpartition("}")[2]: node.text for node in core}
    assert told == {"title": "文件 云岭一中〔2026〕认 3 号", "created": "2026-11-20T00:00:00Z", "modified": "2026-11-20T00:00:00Z"}
    assert "docProps/app.xml" not in members(made)


@needs_word
@pytest.mark.parametrize("name", ["determination", "interview", "investigation-b", "transfer"])
def test_word_holds_what_the_letter_says(name: str) -> None:
    sample = SAMPLES[name]()
    made = text_of(letter_docx(sample))
    for text in said(printable(sample)["parts"]):
        assert text.replace("\n", "") in made.replace("\n", "")


@needs_word
def test_word_ledger_lies_across_with_a_repeated_head_and_red_corrections() -> None:
    parts = members(letter_docx(hour_ledger(12)))
    body = ET.fromstring(parts["word/document.xml"])
    size = body.find(f".//{W}pgSz")
    assert size is not None
    assert (size.get(f"{W}w"), size.get(f"{W}h"), size.get(f"{W}orient")) == ("16838", "11906", "landscape")
    ledger = next(table for table in body.iter(f"{W}tbl") if table.find(f".//{W}tblHeader") is not None)
    rows = ledger.findall(f"{W}tr")
    assert [row.find(f".//{W}tblHeader") is not None for row in rows] == [True] + [False] * 13
    assert all(row.find(f".//{W}cantSplit") is not None for row in rows)
    red = [index for index, row in enumerate(rows) if any(node.get(f"{W}val") == "A61B1B" for node in row.iter(f"{W}color"))]
    assert red == [6, 12]
    assert all(rows[index].find(f".//{W}tcBorders/{W}left") is not None for index in red)
    widths = [int(node.get(f"{W}w", "0")) for node in ledger.iter(f"{W}gridCol")]
    assert 14_700 < sum(widths) <= 14_796


@needs_word
def test_word_text_stands_in_chinese_fonts_on_a4() -> None:
    parts = members(letter_docx(determination()))
    assert b'w:eastAsia="\xe4\xbb\xbf\xe5\xae\x8b"' in parts["word/styles.xml"]
    body = ET.fromstring(parts["word/document.xml"])
    runs = [run for run in body.iter(f"{W}r") if run.find(f"{W}t") is not None]
    assert runs
    assert all(run.find(f"{W}rPr/{W}rFonts[@{W}hint='eastAsia']") is not None for run in runs)
    size = body.find(f".//{W}pgSz")
    assert size is not None
    assert (size.get(f"{W}w"), size.get(f"{W}h")) == ("11906", "16838")
    assert "何静".encode() in parts["word/header1.xml"]


@needs_word
def test_elements_stand_in_the_order_word_insists_on() -> None:
    orders = {
        "pPr": ["pStyle", "keepNext", "keepLines", "pageBreakBefore", "pBdr", "shd", "tabs", "spacing", "ind", "jc", "outlineLvl"],
        "rPr": ["rStyle", "rFonts", "b", "color", "sz", "szCs", "lang"],
        "tcPr": ["tcW", "gridSpan", "vMerge", "tcBorders", "shd", "vAlign"],
        "tblPr": ["tblStyle", "tblW", "jc", "tblInd", "tblBorders", "tblLayout", "tblCellMar", "tblLook"],
    }
    for sample in (determination(), hour_ledger(6), SAMPLES["plan"]()):
        for name, part in members(letter_docx(sample)).items():
            if not name.startswith("word/") or not name.endswith(".xml"):
                continue
            for node in ET.fromstring(part).iter():
                order = orders.get(node.tag.rpartition("}")[2])
                if order:
                    found = [order.index(child.tag.rpartition("}")[2]) for child in node]
                    assert found == sorted(found), (name, [child.tag for child in node])


def test_the_paper_does_not_depend_on_who_prints_it() -> None:
    assert printable(determination())["labels"]["receipt"] == "送达回证"
    assert printable(replace(determination(), language="en"))["labels"]["receipt"] == "Receipt of service"


def test_a_letter_has_one_seal_before_its_receipt() -> None:
    kinds = [part["type"] for part in printable(determination())["parts"]]
    assert kinds[-4:] == ["seal", "copies", "pagebreak", "receipt"]
    assert [part["issuer"] for part in printable(SAMPLES["transfer"]())["parts"] if part["type"] == "seal"] == ["云岭区第一中学", "松河区实验中学"]
    assert not [part for part in printable(SAMPLES["minutes"]())["parts"] if part["type"] == "seal"]
    parts = printable(SAMPLES["investigation-a"]())["parts"]
    assert parts[kinds_of(parts).index("seal") - 1]["sticky"]


def kinds_of(parts: list[dict[str, object]]) -> list[object]:
    return [part["type"] for part in parts]


def test_what_no_paper_can_hold_shows_as_a_box() -> None:
    odd = "甲\x00乙\u202e丙\ud800丁\ufffe戊\r\n己"
    (part, _seal) = printable(letter("determination", odd, Opinion(odd, odd)))["parts"]
    assert part["text"] == part["label"] == "甲□乙□丙□丁□戊\n己"


def test_file_names_tell_nothing() -> None:
    chance = "0198f0a2c7d47b1e9c3f5a6b7c8d9e0f"
    assert document_name("determination", chance, "pdf") == f"document-{chance}.pdf"
    assert document_name("hour_ledger", chance, "docx") == f"list-{chance}.docx"
    assert {document_name(kind, chance, "pdf").partition("-")[0] for kind in ("determination", "completion_review", "appeal_decision")} == {"document"}
    for kind, random_id, suffix in (("欺凌", chance, "pdf"), ("determination", "王小明", "pdf"), ("determination", "3", "pdf"), ("determination", chance, "exe")):
        with pytest.raises(ValueError):
            document_name(kind, random_id, suffix)


def test_blocks_refuse_what_would_print_wrongly() -> None:
    column = TableColumn("a", 1)
    with pytest.raises(ValueError):
        Table((column,), (TableRow(("1", "2")),))
    with pytest.raises(ValueError):
        Table((column,), (), ("1", "2"))
    with pytest.raises(ValueError):
        Refusal(witnesses=("one",))
    with pytest.raises(ValueError):
        Heading("x", 3)
    with pytest.raises(ValueError):
        Letter("verdict", "x", "", "x", date(2026, 1, 1), ())


def test_without_the_extras_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "available", lambda: False)
    monkeypatch.setattr(pdf, "available", lambda: False)
    with pytest.raises(WordUnavailable) as refused:
        letter_docx(determination())
    assert refused.value.status == 503
    with pytest.raises(pdf.PdfUnavailable):
        letter_pdf(determination())
