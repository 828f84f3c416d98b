"""Bytes before meaning: what is refused before a parser sees it, and what every cell becomes."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import workbooks
from trainhub.evidence.messages import REFUSALS, refusal_sentence
from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.limits import Limits
from trainhub.plugin_api.tables import read_tables

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).parent.parent / "data" / "samples"
PLAIN = workbooks.xlsx([["姓名", "工号"], ["赵一", "0101"]]).content


def code_of(content: bytes, name: str = "a.xlsx", **limits: int) -> str:
    try:
        read_tables(Upload(name, content), Limits(**limits))
    except Refused as refusal:
        found = refusal
    else:
        return "accepted"
    assert found.code in REFUSALS
    assert "%(" not in refusal_sentence(found)
    return found.code


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {n: archive.read(n) for n in archive.namelist()}


def rebuilt(change: Callable[[dict[str, bytes]], Any], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    parts = members(PLAIN)
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


def with_sheet(body: bytes) -> bytes:
    return rebuilt(lambda p: p.update({SHEET: HEAD + body + TAIL}))


def old_workbook(*streams: str) -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\x00" * 504
        + b"".join(s.encode("utf-16-le") + b"\x00\x00" for s in streams)
        + b"\x00" * 512
    )


def encrypted_flag() -> bytes:
    data = bytearray(PLAIN)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(magic)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(magic, at + 1)
    return bytes(data)


def lying_size() -> bytes:
    """The directory says 10 bytes; the member inflates to 100 MB."""
    data = bytearray(with_sheet(b"<row r='1'>" + b" " * 100_000_000 + b"</row>"))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", data, at + 24, 10)
        at = data.find(b"PK\x01\x02", at + 1)
    return bytes(data)


def slip(name: str) -> bytes:
    return rebuilt(lambda p: p.update({name: b"x"}))


HOSTILE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "empty": (lambda: b"", {"empty_file"}),
    "only blanks": (lambda: b" \r\n\t\r\n", {"empty_file"}),
    "only a byte order mark": (lambda: b"\xef\xbb\xbf\r\n", {"empty_file"}),
    "only nul": (lambda: b"\x00" * 400, {"empty_file"}),
    "jpeg": (lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)), {"not_a_table"}),
    "png": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(300), {"not_a_table"}),
    "gif": (lambda: b"GIF89a" + bytes(30), {"not_a_table"}),
    "pdf": (lambda: b"%PDF-1.7\n1 0 obj", {"not_a_table"}),
    "rar": (lambda: b"Rar!\x1a\x07\x00", {"not_a_table"}),
    "gzip": (lambda: b"\x1f\x8b\x08" + bytes(30), {"not_a_table"}),
    "program": (lambda: b"MZ" + bytes(100), {"not_a_table"}),
    "empty zip": (lambda: b"PK\x05\x06" + b"\x00" * 18, {"not_a_table"}),
    "json": (lambda: b'{"name": 1}', {"not_a_table"}),
    "xml": (lambda: b"<?xml version='1.0'?><a/>", {"not_a_table"}),
    "xml bomb as text": (lambda: b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", {"entities_forbidden"}),
    "html with entities": (lambda: b"<!DOCTYPE html [<!ENTITY x 'y'>]><table><tr><td>a</td></tr></table>", {"entities_forbidden"}),
    "html without tables": (lambda: b"<html><body>x</body></html>", {"no_data"}),
    "nul in text": ("姓名,工号\n王\x00芳,1\n".encode, {"nul_bytes"}),
    "control characters": ("姓名\n赵\x07一\n".encode, {"not_a_table"}),
    "half a character": (lambda: "姓名,工号\n赵一,1".encode("gb18030")[:-1] + b"\xff", {"undecodable"}),
    "utf-32": (lambda: "姓名".encode("utf-32"), {"undecodable", "nul_bytes"}),
    "odd utf-16": (lambda: "姓名".encode("utf-16") + b"\x00", {"undecodable", "nul_bytes"}),
    "zip of text": (lambda: rebuilt(lambda p: (p.clear(), p.update({"a.csv": b"a,b"}))), {"not_a_table"}),
    "word document": (lambda: rebuilt(lambda p: (p.clear(), p.update({"word/document.xml": b"<a/>"}))), {"not_a_table"}),
    "nested zip": (lambda: rebuilt(lambda p: (p.clear(), p.update({"a.xlsx": PLAIN}))), {"not_a_table"}),
    "binary workbook": (lambda: rebuilt(lambda p: (p.clear(), p.update({"xl/workbook.bin": b"\x01"}))), {"not_a_table"}),
    "cut off": (lambda: PLAIN[: len(PLAIN) // 2], {"bad_archive"}),
    "cut tail": (lambda: PLAIN[:-30], {"bad_archive"}),
    "broken member": (lambda: PLAIN[:60] + bytes(80) + PLAIN[140:], {"bad_archive", "not_a_table"}),
    "up and out": (lambda: slip("../../etc/passwd"), {"unsafe_path"}),
    "up inside": (lambda: slip("xl/../../x"), {"unsafe_path"}),
    "absolute": (lambda: slip("/etc/passwd"), {"unsafe_path"}),
    "backslash": (lambda: slip("..\\x"), {"unsafe_path"}),
    "drive": (lambda: slip("C:/x"), {"unsafe_path"}),
    "two spellings of one member": (lambda: slip("XL/WORKBOOK.XML"), {"bad_archive"}),
    "too many members": (lambda: rebuilt(lambda p: p.update({f"x{i}": b"" for i in range(400)})), {"too_many_members"}),
    "doctype": (lambda: rebuilt(lambda p: p.update({SHEET: b"<!DOCTYPE x>" + p[SHEET]})), {"entities_forbidden"}),
    "entity, lower case": (lambda: rebuilt(lambda p: p.update({SHEET: b"<!entity a 'b'>" + p[SHEET]})), {"entities_forbidden"}),
    "entity in shared strings": (
        lambda: rebuilt(lambda p: p.update({"xl/sharedStrings.xml": b"<!DOCTYPE l [<!ENTITY a 'b'>]>" + p["xl/sharedStrings.xml"]})),
        {"entities_forbidden"},
    ),
    "entity across two chunks": (
        lambda: rebuilt(lambda p: p.update({SHEET: b" " * (256 * 1024 - 5) + b"<!DOCTYPE x>"}), zipfile.ZIP_STORED), {"entities_forbidden"},
    ),
    "utf-16 hides an entity": (
        lambda: rebuilt(lambda p: p.update({SHEET: "<!DOCTYPE x>".encode("utf-16")})), {"entities_forbidden"},
    ),
    "utf-16 without a mark": (
        lambda: rebuilt(lambda p: p.update({SHEET: "<!DOCTYPE x>".encode("utf-16-le")})), {"entities_forbidden"},
    ),
    "bomb by ratio": (lambda: with_sheet(b"<row>" + b" " * 30_000_000 + b"</row>"), {"inflated_too_large"}),
    "bomb by size": (lambda: with_sheet(b" " * 100_000_000), {"inflated_too_large"}),
    "bomb in an ignored member": (lambda: rebuilt(lambda p: p.update({"xl/media/a.png": bytes(50_000_000)})), {"inflated_too_large"}),
    "lying size": (lying_size, {"inflated_too_large", "bad_archive"}),
    "macros": (lambda: rebuilt(lambda p: p.update({"xl/vbaProject.bin": b"x"})), {"macro_file"}),
    "macro content type": (
        lambda: rebuilt(lambda p: p.update({"[Content_Types].xml": p["[Content_Types].xml"].replace(b"sheet.main", b"sheet.macroEnabled.main")})),
        {"macro_file"},
    ),
    "locked member": (encrypted_flag, {"encrypted"}),
    "locked workbook": (lambda: old_workbook("Root Entry", "EncryptedPackage"), {"encrypted"}),
    "old workbook with macros": (lambda: old_workbook("Root Entry", "Workbook", "_VBA_PROJECT_CUR"), {"macro_file"}),
    "old word document": (lambda: old_workbook("Root Entry", "WordDocument"), {"not_a_table"}),
    "old workbook, broken": (lambda: old_workbook("Root Entry", "Workbook"), {"bad_archive"}),
    "one cell at the far column": (lambda: with_sheet(b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'), {"too_many_columns"}),
    "one cell beyond the limit": (lambda: with_sheet(b'<row r="1"><c r="GS1"><v>1</v></c></row>'), {"too_many_columns"}),
    "one cell at the far row": (lambda: with_sheet(b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'), {"too_many_rows"}),
    "a little too many rows": (lambda: with_sheet(b'<row r="25000"><c r="A25000"><v>1</v></c></row>'), {"too_many_rows"}),
    "200,000 rows": (
        lambda: with_sheet(b"".join(b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (i, i, i) for i in range(1, 200_001))), {"too_many_rows"},
    ),
    "long cell": (lambda: workbooks.xlsx([["a" * 5000]]).content, {"cell_too_long"}),
    "csv with too many rows": (lambda: b"a,b\n" * 50_000, {"too_many_rows"}),
    "csv with too many columns": (lambda: b",".join([b"a"] * 300), {"too_many_columns"}),
    "html with too many columns": (lambda: b"<table><tr>" + b"<td>a</td>" * 300 + b"</tr></table>", {"too_many_columns"}),
    "html with a huge span": (lambda: b"<table><tr><td colspan=1000000000>a</td></tr></table>", {"too_many_columns"}),
    "html, one cell down a million rows": (lambda: b"<table><tr><td rowspan=999999999>a</td></tr></table>", {"accepted"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_reason(name: str) -> None:
    make, codes = HOSTILE[name]
    assert code_of(make()) in codes


def test_limits_are_parameters() -> None:
    assert code_of(PLAIN, upload_bytes=10) == "too_large"
    assert code_of(PLAIN, rows=1) == "too_many_rows"
    assert code_of(PLAIN, columns=1) == "too_many_columns"
    assert code_of(PLAIN) == "accepted"


def test_too_many_sheets() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    for i in range(21):
        book.add_worksheet().write(0, 0, i)
    book.close()
    assert code_of(buffer.getvalue()) == "too_many_sheets"


def test_formatted_empty_rows_are_no_data() -> None:
    """A clerk's sheet is often coloured down to the last row: blank cells do not count."""
    body = b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
    body += b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (i, i) for i in range(2, 40_000))
    (table,) = read_tables(Upload("a.xlsx", with_sheet(body)))
    assert len(table.rows) == 1


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_is_written_while_refusing(outside: Path) -> None:
    for make, _codes in HOSTILE.values():
        code_of(make())
    assert list(outside.rglob("*")) == []


def test_the_name_decides_nothing() -> None:
    rows = [["姓名", "工号"], ["张䶮", "0101"]]
    for name in ("a.xlsx", "a.xls", "a.csv", "a.txt", "a"):
        assert read_tables(Upload(name, workbooks.xlsx(rows).content)).container == "xlsx"
        assert read_tables(Upload(name, workbooks.text(rows, "gb18030").content)).encoding == "gb18030"
        assert read_tables(Upload(name, workbooks.html(rows).content)).container == "html"


def test_typed_cells() -> None:
    rows = [["x", 16, 16.5, 1.42e17, True, date(2026, 3, 5), datetime(2026, 3, 5, 8, 5), None, "  y  ", ""]]
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd hh:mm"})
    page = book.add_worksheet()
    for c, value in enumerate(rows[0]):
        page.write(0, c, value)
    page.write(0, 10, 0.6, book.add_format({"num_format": "[h]:mm"}))
    book.close()
    (table,) = read_tables(Upload("a", buffer.getvalue()))
    assert table.rows[0][:5] == ("x", 16, 16.5, 1.42e17, True)
    assert isinstance(table.rows[0][1], int)
    assert table.rows[0][6] == datetime(2026, 3, 5, 8, 5)
    assert table.rows[0][7:] == (None, "y", None, time(14, 24))


RARE = "阿不都·克里木 张䶮 𬭎欣 㛃㙍 喆堃 𠮷野 王\u3000芳 龘靐 犇猋"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_round_trip(encoding: str, delimiter: str) -> None:
    rows = [["姓名", "工号", "部门"], *[[name, "0101", "语文组"] for name in RARE.split()]]
    content = workbooks.text(rows, encoding, delimiter).content
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content
    elif encoding == "utf-16-le":
        content = b"\xff\xfe" + content
    (table,) = read_tables(Upload("a.csv", content))
    assert [list(r) for r in table.rows] == rows


@given(st.lists(st.text("王李张䶮𬭎赵钱孙周吴郑冯陈买提·", min_size=2, max_size=4), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_no_name_is_silently_garbled(names: list[str]) -> None:
    for encoding in ("utf-8", "gb18030"):
        (table,) = read_tables(Upload("a.csv", "\n".join(["姓名", *names]).encode(encoding)))
        assert [r[0] for r in table.rows[1:]] == names


def test_short_gb18030_that_is_valid_utf8_is_said_to_be_ambiguous() -> None:
    two_ways = next(
        bytes([a, b, c, d])
        for a in range(0xC2, 0xD8) for b in range(0xA1, 0xC0) for c in range(0xC2, 0xD8) for d in range(0xA1, 0xC0)
    )  # fmt: skip
    found = read_tables(Upload("a.csv", b"name\n" + two_ways))
    assert [w.code for w in found.warnings] == ["encoding_ambiguous"]


def test_an_unclosed_quote_does_not_swallow_the_rest() -> None:
    lines = ["姓名,备注", '赵一,"没写完', *[f"人{i},x" for i in range(100)]]
    found = read_tables(Upload("a.csv", "\n".join(lines).encode()))
    (table,) = found
    assert len(table.rows) == 102
    assert [w.code for w in found.warnings] == ["unbalanced_quotes"]


def test_merged_cells_carry_down_and_not_across() -> None:
    rows = [["标题", None], ["部门", "姓名"], ["语文组", "赵一"], [None, "钱二"]]
    (table,) = read_tables(workbooks.xlsx(rows, merge=["A1:B1", "A3:A4"]))
    assert table.rows[0] == ("标题",)
    assert table.rows[3] == ("语文组", "钱二")
    page = "<table><tr><td rowspan=2>语文组</td><td>赵一</td></tr><tr><td>钱二</td></tr></table>"
    (table,) = read_tables(Upload("a.xls", page.encode()))
    assert table.rows == (("语文组", "赵一"), ("语文组", "钱二"))


def test_formulas_are_text_and_stay_text() -> None:
    (table,) = read_tables(Upload("f", (SAMPLES / "25-hostile-files" / "formula.csv").read_bytes()))
    assert table.rows[1][3] == '=HYPERLINK("http://example.invalid","点我")'
    assert table.rows[4][3] == "-2+3"


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_end_in_tables_or_a_refusal(content: bytes) -> None:
    for prefix in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<table><tr><td>"):
        code_of(prefix + content)


def test_a_table_inside_a_layout_table_is_found() -> None:
    page = "<table><tr><td>首页<table><tr><th>姓名</th><th>工号</th></tr><tr><td>赵一<br></td><td>&#48;1</td></tr></table></td></tr></table>"
    found = read_tables(Upload("a.xls", page.encode()))
    assert [t.rows for t in found][-1] == (("姓名", "工号"), ("赵一", "01"))


def test_scripts_and_styles_in_a_page_are_not_text() -> None:
    page = "<html><style>td{}</style><table><tr><td><script>alert(1)</script>姓名</td></tr><tr><td>赵一</td></tr></table></html>"
    (table,) = read_tables(Upload("a.xls", page.encode()))
    assert table.rows == (("姓名",), ("赵一",))
