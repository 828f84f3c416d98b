"""What every source must keep, held against the samples."""

from pathlib import Path

import pytest
from trainhub_lms import LmsSource

from trainhub.plugin_api import Upload
from trainhub.testing.contracts import AttendanceSourceContract

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).parents[3] / "tests" / "data" / "samples"


def samples(*patterns: str) -> tuple[Upload, ...]:
    return tuple(Upload(p.name, p.read_bytes()) for pattern in patterns for p in sorted(SAMPLES.glob(pattern)))


class TestMoodleAttendance(AttendanceSourceContract):
    source = LmsSource()
    samples = samples("21-*/*.txt")
    header_rows = 4


class TestIndico(AttendanceSourceContract):
    source = LmsSource()
    samples = samples("23-*/*.csv", "23-*/checkin*.json")
