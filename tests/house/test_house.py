"""Rules of the house that a machine can hold: one commit, no inline code, no unsafe text, names."""

import ast
import re
from pathlib import Path

import pytest

from trainhub.app import tables
from trainhub.kernel.orm import Base
from trainhub.ledger.guards import GUARDED

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted(p for p in (ROOT / "trainhub").rglob("*.py"))
TEMPLATES = sorted((ROOT / "trainhub").rglob("templates/**/*.html"))
REFERENCE = {"login_name", "sign_in_throttle", "course_pack", "calendar_day", "plugin_failure"}
assert tables.ALL
"""Tables without a tenant: the same everywhere, known before the tenant is, or about code, which is shared."""
BY_TOKEN = {"user_session"}
"""Looked up by a secret before anything else is known; it names its tenant in a column."""


def sources(pattern: str) -> list[Path]:
    return [path for path in PRODUCT if re.search(pattern, path.read_text(encoding="utf-8"))]


def test_there_is_one_place_that_commits() -> None:
    assert [p.relative_to(ROOT).as_posix() for p in sources(r"\.commit\(\)")] == ["trainhub/web/database.py"]


def test_nothing_spreads_a_request_over_an_object() -> None:
    assert not sources(r"populate_obj|\*\*request\.(json|form)|Model\.query")


def test_no_sql_text_is_put_together_from_pieces() -> None:
    assert not sources(r"text\(f[\"']")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_hold_no_inline_code_and_no_unsafe_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b", text)
    assert not re.search(r"\sstyle=[\"']", text)
    assert not re.search(r"\son[a-z]+=[\"']", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    for form in re.findall(r"<form\b[^>]*method=[\"']post[\"'][\s\S]*?</form>", text, re.IGNORECASE):
        assert re.search(r"csrf|hidden_tag", form), f"a form without token in {path.name}: {form[:120]}"


def test_no_drawer_for_odds_and_ends() -> None:
    assert not [p for p in PRODUCT if p.stem in {"utils", "helpers", "common", "misc", "manager"}]


def test_the_tenant_is_in_every_key() -> None:
    for table in Base.metadata.sorted_tables:
        if table.name in REFERENCE | BY_TOKEN:
            continue
        assert "district_id" in table.primary_key.columns, table.name
        for constraint in table.foreign_key_constraints:
            if constraint.referred_table.name in REFERENCE:
                continue
            assert "district_id" in constraint.column_keys, (table.name, constraint.name)
        for unique in table.constraints:
            if type(unique).__name__ == "UniqueConstraint":
                assert "district_id" in {c.name for c in unique.columns}, (table.name, unique.name)


def test_reference_tables_point_at_no_tenant() -> None:
    for name in REFERENCE:
        assert not Base.metadata.tables[name].foreign_keys


def test_guarded_tables_exist_with_their_keys() -> None:
    for name, key in GUARDED.items():
        table = Base.metadata.tables[name]
        assert [c.name for c in table.primary_key.columns] == list(key)


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_functions_fit_a_screen() -> None:
    long = []
    for path in PRODUCT:
        for node in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            size = (node.end_lineno or 0) - node.lineno + 1
            if size > 60:
                long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {size}")
    assert not long


def test_files_hold_one_concept() -> None:
    long = [f"{p.relative_to(ROOT)}: {n}" for p in PRODUCT if (n := len(p.read_text(encoding="utf-8").splitlines())) > 500]
    assert not long


def test_the_project_speaks_of_itself_alone() -> None:
    words = re.compile(r"/work/|\bshared/|issue [0-9]", re.IGNORECASE)
    found = []
    for path in [*PRODUCT, *(ROOT / "tests").rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "courses").rglob("*.md")]:
        if path.name == "test_house.py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if words.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not found
