"""One command tells about any file: attendance, rosters, calendars, certificates, members, courses; or what it could be."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from trainhub.cli.main import cli

pytestmark = pytest.mark.files_only
DATA = Path(__file__).parents[1] / "data"
SAMPLES = DATA / "samples"
ROSTER = ("--roster", str(SAMPLES / "roster_staff.csv"))
INFORMATIVE = {"sample", "rules", "files", "session"}


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli, ["sources", "explain", "--key", "auto", *map(str, arguments)])


def said(*arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments)
    assert done.output.startswith("{"), done.output
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def expected(folder: Path) -> tuple[dict[str, Any], list[Path]]:
    found = json.loads((folder / "expected.json").read_text("utf-8"))
    return found, [folder / name for name in found["files"]]


def same(wanted: Any, found: Any, at: str = "") -> None:
    """What is wanted is there; more may be said."""
    if isinstance(wanted, dict):
        for name, value in wanted.items():
            assert name in found, f"{at}.{name}"
            same(value, found[name], f"{at}.{name}")
    elif isinstance(wanted, list) and at.endswith("_columns"):
        assert set(wanted) == set(found), at
    elif isinstance(wanted, list):
        assert len(wanted) == len(found), (at, found)
        for number, value in enumerate(wanted):
            same(value, found[number], f"{at}[{number}]")
    else:
        assert wanted == found, at


@pytest.mark.parametrize("folder", [
    "30-roster-xueji-students", "31-roster-teachers", "32-oneroster-1.1", "33-oneroster-1.2", "40-xapi-cmi5-statements", "41-lti-nrps-membership",
    "42-open-badge-3-certificate", "43-icalendar", "44",
])  # fmt: skip
def test_every_sample_is_met_without_a_session(folder: str) -> None:
    wanted, files = expected(DATA / "courses" / "44" if folder == "44" else SAMPLES / folder)
    found = said(*ROSTER, *files)
    for name in wanted.keys() - INFORMATIVE - {"encoding", "warnings"}:
        same(wanted[name], found[name], name)
    assert all(line.startswith("accepted") for line in found["outcomes"].values())


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_load_reads_alike_as_package_and_as_files_and_needs_no_roster(version: str) -> None:
    folder = next(SAMPLES.glob(f"3[23]-oneroster-{version}"))
    packed, loose = said(folder / "oneroster.zip"), said(*sorted(folder.glob("*.csv")))
    for one in (packed, loose):
        assert (one["kind"], one["read_by"], one["format"]) == ("roster", "oneroster", f"oneroster.{version}")
    assert {k: v for k, v in packed.items() if k not in {"files", "outcomes"}} == {
        k: v for k, v in loose.items() if k not in {"files", "outcomes"}
    }


def test_two_versions_stand_beside_each_other(tmp_path: Path) -> None:
    for number, folder in enumerate(("32-oneroster-1.1", "33-oneroster-1.2")):
        shutil.copy(SAMPLES / folder / "oneroster.zip", tmp_path / f"{number}.zip")
    found = said(tmp_path / "0.zip", tmp_path / "1.zip")
    assert (found["v11"]["file"], found["v12"]["file"]) == ("0.zip", "1.zip")
    assert (found["v11"]["version"], found["v12"]["version"]) == ("1.1", "1.2")


def test_one_file_of_a_load_is_told_what_it_could_be() -> None:
    done = run(SAMPLES / "33-oneroster-1.2" / "users.csv")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert found["format"] == "unknown"
    assert found["outcomes"]["users.csv"].startswith("refused: unknown_file")
    assert "(oneroster)" in found["outcomes"]["users.csv"]


@pytest.mark.parametrize(("name", "content", "could_be"), [
    ("x.json", b'{"a": 1}', "(badges)"), ("x.yaml", b"a: 1", "course.yaml"), ("x.ics", b"hello", "(ical)"), ("x.json", b'{"a": 1}', "(lms)"),
])  # fmt: skip
def test_a_file_nobody_knows_is_told_what_it_could_be(tmp_path: Path, name: str, content: bytes, could_be: str) -> None:
    (tmp_path / name).write_bytes(content)
    found = said(tmp_path / name)
    assert found["outcomes"][name].startswith("refused: unknown_file")
    assert could_be in found["outcomes"][name]


def test_attendance_still_asks_whom_and_when_by_name() -> None:
    sheet = next((SAMPLES / "18-paper-signin-xlsx").glob("*.xlsx"))
    for given, missing in (((), "--roster and --session"), (ROSTER, "--session")):
        done = run(*given, sheet)
        assert done.exit_code == 2
        assert f"name {missing} as well" in done.output
        assert "tabular" in done.output


def test_attendance_of_a_layout_nobody_is_sure_of_is_read_as_before() -> None:
    folder = SAMPLES / "24-generic-csv"
    wanted, files = expected(folder)
    found = said(*ROSTER, "--session", folder / "expected.json", *files)
    assert found["format"] == wanted["format"]
    assert [p["person_key"] for p in found["people"]] == [p["person_key"] for p in wanted["people"]]


def test_hostile_files_stay_refused_and_no_package_is_unpacked_around_the_check() -> None:
    folder = SAMPLES / "25-hostile-files"
    found = said(*(folder / n for n in ("oneroster_slip.zip", "bomb.xlsx", "entity.xlsx", "empty.xlsx")))
    assert found["format"] == "hostile"
    assert all(line.startswith("refused: ") for line in found["outcomes"].values())
    assert "unsafe_path" in found["outcomes"]["oneroster_slip.zip"]


def test_kinds_in_one_call_stand_beside_each_other() -> None:
    found = said(
        *ROSTER, SAMPLES / "43-icalendar" / "school_good.ics", SAMPLES / "41-lti-nrps-membership" / "memberships.json"
    )
    assert [found["kind"], *(one["kind"] for one in found["besides"])] == ["calendar", "members"]


def test_a_certificate_names_its_holder_by_the_hash_and_nobody_by_another(tmp_path: Path) -> None:
    import hashlib

    document = json.loads((SAMPLES / "42-open-badge-3-certificate" / "credential.json").read_text("utf-8"))
    document["id"] = "https://trainhub.example/verify/ABCD-EFGH-JKLM"
    identity = document["credentialSubject"]["identifier"][0]
    for text, key in (("0104", "T004"), ("nobody", None)):
        identity["identityHash"] = f"sha256${hashlib.sha256(f'{text}demo'.encode()).hexdigest()}"
        (tmp_path / "c.json").write_text(json.dumps(document), "utf-8")
        found = said(*ROSTER, tmp_path / "c.json")
        assert found["person_key"] == key
        assert ("reason" in found) is (key is None)


def test_an_export_of_a_course_is_no_input_and_a_wrong_description_says_where(tmp_path: Path) -> None:
    found = said(DATA / "courses" / "44" / "course.jsonld")
    assert (found["valid"], found["problems"]) == (False, [{"code": "export_only"}])
    text = (DATA / "courses" / "44" / "course.yaml").read_text("utf-8").replace("class_hours: 2", "class_hours: 3")
    (tmp_path / "course.yaml").write_text(text, "utf-8")
    found = said(tmp_path / "course.yaml")
    assert not found["valid"]
    assert any(p["line"] > 0 for p in found["problems"])


def test_nothing_private_of_a_member_is_said() -> None:
    done = run(*ROSTER, SAMPLES / "41-lti-nrps-membership" / "memberships.json")
    for private in ("qinghe.example", "王芳", "0101"):
        assert private not in done.output
