"""A pack may come from anywhere: nothing in it may exhaust the machine, leave the folder, or run."""

import time
from pathlib import Path

import pytest

from tests.courses.conftest import COURSE, WriteFolder
from trainhub.courses.packs import (
    MAX_DESCRIPTION_BYTES,
    MAX_TEXT_BYTES,
    check_folder,
    parse_yaml,
    read_folder,
)
from trainhub.courses.rendering import unit_html

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{n}: &{n} [{','.join(['*' + p] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "yaml_alias"),
        ("a: &x 1\n", "yaml_alias"),
        ("a: !!python/object/apply:os.system ['true']\n", "yaml_tag"),
        ("a: !!binary aGVsbG8=\n", "yaml_tag"),
        ("a: " + "[" * 5000 + "]" * 5000, "yaml_too_deep"),
        ("a: [" + "1," * 30000 + "]\n", "yaml_too_deep"),
        ("a: {b: [}\n", "yaml_unreadable"),
        ("a: 1\n--- \nb: 2\n", "yaml_unreadable"),
        ("a: .nan\n", "yaml_value"),
        ("a: " + "9" * 5000 + "\n", "yaml_value"),
        ("a: 1\na: 2\n", "key_repeated"),
        ("1: a\n", "key_not_text"),
        ('a: "x\\0y"\n', "control_character"),
        ("", "file_empty"),
        ("a: \x00\n", "yaml_unreadable"),
    ],
)
def test_hostile_yaml_is_named_and_never_built(text: str, code: str) -> None:
    started = time.perf_counter()
    parsed = parse_yaml(text)
    assert [problem.code for problem in parsed.problems] == [code]
    assert parsed.value is None
    assert time.perf_counter() - started < 20


def test_a_list_is_not_a_course(folder: WriteFolder) -> None:
    assert [p.code for p in check_folder(folder("- a\n- b\n"))] == ["wrong_type"]


@pytest.mark.parametrize("name", ["../secret.md", "/etc/passwd", "units/../../secret.md", "units\\one.md", "units/.hidden.md"])
def test_a_path_may_not_leave_the_folder(folder: WriteFolder, name: str) -> None:
    path = folder(COURSE.replace("units/02-two.md", name))
    (path.parent / "secret.md").write_text("# 秘密", "utf-8")
    pack, problems = read_folder(path)
    assert pack is None
    assert ("bad_pattern", "units.2.file") in [(p.code, p.field) for p in problems]


@pytest.mark.parametrize("name", ["units/02-two.md", "course.yaml", "quiz.yaml"])
def test_a_symbolic_link_is_refused(folder: WriteFolder, tmp_path: Path, name: str) -> None:
    path = folder()
    target = tmp_path / "elsewhere"
    target.write_bytes((path / name).read_bytes())
    (path / name).unlink()
    (path / name).symlink_to(target)
    assert ("symbolic_link", name) in [(p.code, p.file) for p in check_folder(path)]


def test_a_linked_folder_of_units_is_refused(folder: WriteFolder, tmp_path: Path) -> None:
    path = folder()
    (path / "units").rename(tmp_path / "outside")
    (path / "units").symlink_to(tmp_path / "outside")
    assert {p.code for p in check_folder(path)} == {"symbolic_link"}


def test_large_files_are_refused_by_their_size(folder: WriteFolder) -> None:
    path = folder()
    (path / "units/01-one.md").write_bytes(b"x" * (MAX_TEXT_BYTES + 1))
    assert [(p.code, p.file) for p in check_folder(path)] == [("file_too_large", "units/01-one.md")]
    assert [p.code for p in check_folder(folder("#" * (MAX_DESCRIPTION_BYTES + 1)))] == ["file_too_large"]


def test_text_that_is_not_utf8_is_refused(folder: WriteFolder) -> None:
    path = folder()
    (path / "units/01-one.md").write_bytes("第一单元".encode("gb18030"))
    assert [p.code for p in check_folder(path)] == ["not_utf8"]


def test_an_empty_unit_and_a_missing_folder_are_named(folder: WriteFolder, tmp_path: Path) -> None:
    path = folder()
    (path / "units/01-one.md").write_text(" \n", "utf-8")
    assert [p.code for p in check_folder(path)] == ["text_empty"]
    assert [p.code for p in check_folder(tmp_path / "nowhere")] == ["no_folder"]


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("段落 <img src=x onerror=alert(1)>", "<img"),
        ("[点我](javascript:alert(1))", "href"),
        ("[点我](data:text/html;base64,xx)", "href"),
        ("[点我](/sign-out)", "href"),
        ("![图](https://tracker.invalid/x.png)", "<img"),
        ('[x](https://a.invalid/"onmouseover="alert(1))', '"onmouseover'),
        ("| a |\n|:-:|\n| b |\n", "style="),
        ("```html\n<b>x</b>\n```", "<b>"),
        ("<!-- <b> -->", "<!--"),
    ],
)
def test_markdown_obeys_no_html(text: str, never: str) -> None:
    assert never not in unit_html(text)


def test_headings_go_one_level_down_and_tables_have_heads() -> None:
    html = unit_html("# 标题\n\n###### 深\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n")
    assert "<h1" not in html
    assert "<h2>标题</h2>" in html
    assert "<h6>深</h6>" in html
    assert '<th scope="col">甲</th>' in html


def test_a_table_to_write_into_is_told_from_one_to_read() -> None:
    assert '<table class="pen">' in unit_html("| 甲 | 乙 |\n|---|---|\n| 1 | |\n")
    assert "<table>" in unit_html("| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n")
