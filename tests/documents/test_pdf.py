"""The printed documents: pages, characters, and that nobody's name is ever run as markup."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from trainhub.documents import pdf, qr

pytestmark = pytest.mark.files_only
needs_pdf = pytest.mark.skipif(not pdf.available(), reason="the pdf extra is not installed")
needs_reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
INJECTIONS = ["#panic(1)", "*粗*$x$_y_", "<b>注入</b>", "= 标题", "\\ @foo", '"}#', "/* x", "`raw`", "${x}"]


def signin_data(names: list[str], **changed: Any) -> dict[str, Any]:
    people = [
        {"no": number, "name": name, "department": "语文组", "post": "教师"}
        for number, name in enumerate(names, start=1)
    ]
    return {
        "school": "云岭区第一中学", "heading": "2026年度教职工专题面授", "event": "学生欺凌预防与处置",
        "trainers": "周明（法治副校长）", "periods": "2", "when": "2026年11月20日 周五 14:30–16:30",
        "room": "阶梯教室", "number": "PX-02", "parts": [], "people": people, "qr": "", "qr_note": "",
    } | changed


def text_of(content: bytes, tmp_path: Path) -> tuple[str, int]:
    source = tmp_path / "document.pdf"
    source.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", str(source), "-"], capture_output=True, check=True)
    text = done.stdout.decode()
    return text, text.count("\f")


@pytest.mark.parametrize(
    ("count", "pages"),
    [(0, [0]), (1, [1]), (38, [38]), (40, [20, 20]), (46, [23, 23]), (47, [46, 1]), (130, [46, 46, 38])],
)
def test_pages_of_the_sheet(count: int, pages: list[int]) -> None:
    assert pdf.signin_pages(count) == pages


def test_every_person_is_on_some_page() -> None:
    for count in range(400):
        assert sum(pdf.signin_pages(count)) == count
        assert pdf.signin_pages(count)[-1] <= pdf.LAST_PAGE
        assert max(pdf.signin_pages(count)) <= pdf.FULL_PAGE


@needs_pdf
@needs_reader
def test_sheet_of_130_has_three_pages_and_one_summary(tmp_path: Path) -> None:
    names = [f"教师{number:03d}" for number in range(130)]
    text, pages = text_of(pdf.render("signin", signin_data(names)), tmp_path)
    assert pages == 3
    assert all(name in text.replace(" ", "") for name in names)
    assert text.replace(" ", "").count("2026年度教职工专题面授") == 3
    assert text.split("\f")[2].count("教师") == 38


@needs_pdf
@needs_reader
def test_rare_characters_and_markup_stay_literal(tmp_path: Path) -> None:
    names = ["䶮𬭎㛃", "阿依古丽·买买提", *INJECTIONS]
    text, pages = text_of(pdf.render("signin", signin_data(names, school="#panic(2)")), tmp_path)
    assert pages == 1
    assert all(character in text for character in "䶮𬭎㛃")
    joined = text.replace(" ", "")
    assert all(name.replace(" ", "") in joined for name in INJECTIONS)
    assert "#panic(2)" in joined


@needs_pdf
def test_two_signature_columns_and_the_wide_layout_render() -> None:
    people = ["欧阳清和"] * 50
    for layout in ("compact", "wide"):
        data = signin_data(people, layout=layout, parts=["上午", "下午"], qr=qr.draw("https://example.invalid/r").svg())
        assert pdf.render("signin", data).startswith(b"%PDF")


@needs_pdf
@needs_reader
def test_statement_shows_what_it_is_given(tmp_path: Path) -> None:
    data = {
        "school": "云岭区第一中学", "sentence": "兹证明 䶮𬭎㛃 参加培训。", "issued_on": "2026年11月21日",
        "code": "7KQ2-9XTB", "verify_at": "https://example.invalid/verify", "qr": qr.draw("x").svg(),
        "facts": [["姓名", "䶮𬭎㛃"], ["工号", "T001"], ["状态", "#panic(1)"]], "definition": ["年度：日历年"],
        "counted": [["2026-03-05", "面授", "面授", "120", "2"]], "counted_total": ["120", "2"],
        "others": [["2026-04-05", "消防演练", "60", "专题不符"]],
    }
    text, pages = text_of(pdf.render("statement", data), tmp_path)
    assert pages == 1
    assert all(word in text for word in ("7KQ2-9XTB", "T001", "消防演练", "专题不符", "#panic(1)", "䶮"))


@needs_pdf
def test_a_warning_of_the_typesetter_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "statement.typ").write_text('#set text(font: "No Such Font")\nx', encoding="utf-8")
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path)
    with pytest.raises(pdf.RenderingFailed, match="font"):
        pdf.render("statement", {})


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "available", lambda: False)
    with pytest.raises(pdf.PdfUnavailable):
        pdf.render("signin", signin_data([]))


def test_qr_path_matches_the_matrix() -> None:
    import segno

    code = qr.draw("https://example.invalid/verify/ABCD")
    matrix = segno.make_qr("https://example.invalid/verify/ABCD", error="m").matrix
    assert code.size == len(matrix) + 4
    dark = sum(int(run.split("h")[1].split("v")[0]) for run in code.path.split("M")[1:])
    assert dark == sum(sum(1 for cell in line if cell) for line in matrix)
