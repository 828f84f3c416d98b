"""The command line: same services as the pages, JSON everywhere, exit codes 0, 1, 2."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from trainhub.cli.main import cli

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"
Run = Callable[..., Result]
pytestmark = pytest.mark.files_only


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command against a data folder of its own."""
    monkeypatch.setenv("TRAINHUB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TRAINHUB_LOG", "off")
    monkeypatch.delenv("TRAINHUB_DATABASE_URL", raising=False)
    monkeypatch.delenv("TRAINHUB_SECRET_KEY", raising=False)
    runner = CliRunner()

    def invoke(*words: str) -> Result:
        return runner.invoke(cli, list(words), catch_exceptions=False)

    return invoke


def out(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def first_district(run: Run) -> dict[str, Any]:
    made: dict[str, Any] = out(run("init", "--bureau", "云岭区教育局", "--admin", "root", "--json"))
    return made


def test_init_makes_a_private_key_and_three_hands(run: Run, tmp_path: Path) -> None:
    made = first_district(run)
    assert {row["role"] for row in made["codes"]} == {"system_administrator", "security_administrator", "bureau_officer"}
    key = tmp_path / "data" / "secret.key"
    assert key.stat().st_mode & 0o077 == 0
    assert len(key.read_text()) >= 48
    again = run("init", "--bureau", "别的局", "--admin", "x", "--json")
    assert again.exit_code == 1 or "Error" in str(again.exception)


def test_without_a_key_nothing_starts(run: Run) -> None:
    result = run("routes", "--json")
    assert result.exit_code == 1
    assert "trainhub init" in result.output


def test_routes_name_their_permissions(run: Run) -> None:
    first_district(run)
    rows = out(run("routes", "--json"))
    assert all(row["permission"] for row in rows)
    assert any(row["rule"] == "/sign-in" and row["method"] == "POST" for row in rows)


def test_ledger_verify_and_anchor(run: Run, tmp_path: Path) -> None:
    first_district(run)
    assert out(run("ledger", "verify", "--json"))["status"] == "sound"
    anchors = tmp_path / "anchors.jsonl"
    assert run("ledger", "anchor", "--file", str(anchors)).exit_code == 0
    assert out(run("ledger", "verify", "--anchors", str(anchors), "--json"))["status"] == "sound"
    row = json.loads(anchors.read_text().splitlines()[0])
    anchors.write_text(json.dumps(row | {"entry_hash": "0" * 64}) + "\n")
    broken = run("ledger", "verify", "--anchors", str(anchors), "--json")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["kind"] == "anchor"
    assert run("ledger", "verify", "--anchors", str(tmp_path / "missing")).exit_code == 2


def test_courses_check_and_install_twice(run: Run) -> None:
    first_district(run)
    assert len(out(run("courses", "check", "--json"))["packs"]) >= 4
    again = out(run("courses", "install", "--json"))
    assert {row["result"] for row in again} == {"unchanged"}


def test_wrong_usage_is_2(run: Run) -> None:
    assert run("import", "nonsense", "x", "--as", "a").exit_code == 2
    assert run("seed", "--profile", "nonsense").exit_code == 2


@pytest.mark.parametrize("folder", ["18-paper-signin-xlsx", "20-html-disguised-as-xls", "24-generic-csv"])
def test_sources_explain_gives_what_is_expected(run: Run, folder: str, tmp_path: Path) -> None:
    expected = json.loads((SAMPLES / folder / "expected.json").read_text(encoding="utf-8"))
    session = tmp_path / "session.json"
    session.write_text(json.dumps(expected["session"]), encoding="utf-8")
    files = [str(SAMPLES / folder / name) for name in expected["files"]]
    found = out(run("sources", "explain", "--key", "auto", "--roster", str(SAMPLES / "roster_staff.csv"),
                    "--session", str(session), *files, "--json"))
    got = {p["person_key"]: p for p in found["people"]}
    for person in expected["people"]:
        mine = got[person["person_key"]]
        for field in ("status", "minutes", "class_hours", "late_minutes", "left_early", "counts_face_to_face"):
            assert mine[field] == person[field], (person["name"], field)
        for field in ("check_in", "check_out"):
            if field in person:
                assert mine[field] == person[field], (person["name"], field)
        assert set(mine["review"]) == set(person["review"]), person["name"]
    assert [u["raw_name"] for u in found["unmatched"]] == [u["raw_name"] for u in expected["unmatched"]]


def test_hostile_files_are_refused_with_a_sentence(run: Run, tmp_path: Path) -> None:
    session = tmp_path / "session.json"
    session.write_text(json.dumps({"id": "S", "date": "2026-03-05", "start": "14:00", "end": "16:00", "timezone": "Asia/Shanghai"}))
    for name in ("bomb.xlsx", "entity.xlsx", "empty.xlsx", "photo_named_xlsx.xlsx", "oneroster_slip.zip"):
        result = run("sources", "explain", "--roster", str(SAMPLES / "roster_staff.csv"), "--session", str(session),
                     str(SAMPLES / "25-hostile-files" / name), "--json")
        assert result.exit_code == 1, (name, result.output)
        assert "refused" in result.output or "error" in result.output

