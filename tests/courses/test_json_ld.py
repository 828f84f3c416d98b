"""The export for other catalogues has the shape of sample 44."""

import json
from datetime import UTC, datetime
from pathlib import Path

from trainhub.courses.json_ld import Offering, to_json_ld
from trainhub.courses.packs import read_description

SAMPLE = Path(__file__).parents[1] / "data/courses/44"


def test_it_equals_sample_44() -> None:
    pack, _ = read_description((SAMPLE / "course.yaml").read_text("utf-8"))
    assert pack is not None
    offering = Offering(datetime(2026, 3, 5, 6, tzinfo=UTC), datetime(2026, 3, 5, 8, tzinfo=UTC), "青禾实验小学")
    exported = to_json_ld(pack, [offering])
    assert exported == json.loads((SAMPLE / "course.jsonld").read_text("utf-8"))
    assert list(exported)[:2] == ["@context", "@type"]


def test_without_offerings_it_is_the_course_alone() -> None:
    pack, _ = read_description((SAMPLE / "course.yaml").read_text("utf-8"))
    assert pack is not None
    assert "hasCourseInstance" not in to_json_ld(pack)
