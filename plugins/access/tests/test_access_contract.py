"""What every source must keep, held against the samples."""

from pathlib import Path

import pytest
from trainhub_access import AccessSource

from trainhub.plugin_api import Upload
from trainhub.testing.contracts import AttendanceSourceContract

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).parents[3] / "tests" / "data" / "samples"


class TestAccess(AttendanceSourceContract):
    source = AccessSource()
    samples = tuple(
        Upload(p.name, p.read_bytes())
        for pattern in ("16-*/acs*.json", "16-*/*.multipart", "17-*/*.csv") for p in sorted(SAMPLES.glob(pattern))
    )  # fmt: skip
