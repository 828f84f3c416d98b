"""What every source must keep, held against the samples."""

from pathlib import Path

import pytest
from trainhub_device import DeviceSource

from trainhub.plugin_api import Upload
from trainhub.testing.contracts import AttendanceSourceContract

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).parents[3] / "tests" / "data" / "samples"


def samples(*patterns: str) -> tuple[Upload, ...]:
    return tuple(Upload(p.name, p.read_bytes()) for pattern in patterns for p in sorted(SAMPLES.glob(pattern)))


class TestLog(AttendanceSourceContract):
    source = DeviceSource()
    samples = samples("12-*/*.dat")
    header_rows = 0


class TestReports(AttendanceSourceContract):
    source = DeviceSource()
    samples = samples("14-*/*.xls", "15-*/*.csv")
