"""What every source must keep, held against the samples."""

from pathlib import Path

import pytest
from trainhub_wecom import WeComSource

from trainhub.plugin_api import Upload
from trainhub.testing.contracts import AttendanceSourceContract

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).parents[3] / "tests" / "data" / "samples"


def samples(*patterns: str) -> tuple[Upload, ...]:
    return tuple(Upload(p.name, p.read_bytes()) for pattern in patterns for p in sorted(SAMPLES.glob(pattern)))


class TestWeCom(AttendanceSourceContract):
    source = WeComSource()
    samples = samples("05-*/*.xlsx", "06-*/get*.json")
