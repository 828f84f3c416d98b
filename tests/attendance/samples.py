"""The samples with their expected.json, and what every source must make of its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainhub.attendance.explain import explain_files
from trainhub.plugin_api import AttendanceSource

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
ROSTER = SAMPLES / "roster_staff.csv"


def expected(folder: str) -> dict[str, Any]:
    return json.loads((SAMPLES / folder / "expected.json").read_text("utf-8"))  # type: ignore[no-any-return]


def files_of(folder: str) -> list[Path]:
    return [SAMPLES / folder / name for name in expected(folder)["files"]]


def differences(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> dict[str, Any]:
    """Return field -> (wanted, got) where they differ; reviews are sets."""
    return {
        key: (value, got.get(key))
        for key, value in wanted.items()
        if (set(value) != set(got.get(key) or ()) if key == "review" else value != got.get(key))
    }


def assert_explained(folder: str, key: str, sources: Mapping[str, AttendanceSource]) -> None:
    """A sample gives its expected.json: format, every person, every unmatched row."""
    wanted = expected(folder)
    found = explain_files(key, ROSTER, wanted["session"], files_of(folder), sources)
    assert found["format"] == wanted["format"], found["outcomes"]
    people = {p["person_key"]: p for p in found["people"]}
    assert set(people) == {p["person_key"] for p in wanted["people"]}
    assert {p["person_key"]: d for p in wanted["people"] if (d := differences(p, people[p["person_key"]]))} == {}
    assert len(found["unmatched"]) == len(wanted.get("unmatched", []))
    for a, b in zip(wanted.get("unmatched", []), found["unmatched"], strict=True):
        assert differences(a, b) == {}
