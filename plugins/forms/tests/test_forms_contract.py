"""What every source must keep, held against the samples."""

from pathlib import Path

import pytest
from trainhub_forms import FormsSource

from trainhub.plugin_api import Upload
from trainhub.testing.contracts import AttendanceSourceContract

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).parents[3] / "tests" / "data" / "samples"


def samples(*patterns: str) -> tuple[Upload, ...]:
    return tuple(Upload(p.name, p.read_bytes()) for pattern in patterns for p in sorted(SAMPLES.glob(pattern)))


class TestForms(AttendanceSourceContract):
    source = FormsSource()
    samples = samples("10-*/*.xlsx", "11-*/*.xlsx")
