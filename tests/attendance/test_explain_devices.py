"""The samples of attendance machines, door controllers and campus cards give their expected.json."""

from collections.abc import Mapping

import pytest
from trainhub_access import AccessSource
from trainhub_device import DeviceSource
from trainhub_dingtalk import DingTalkSource
from trainhub_forms import FormsSource
from trainhub_lms import LmsSource
from trainhub_meeting import MeetingSource
from trainhub_tabular import TabularSource
from trainhub_wecom import WeComSource

from tests.attendance.samples import ROSTER, SAMPLES, assert_explained, expected, files_of
from trainhub.attendance.explain import choose, explain_files
from trainhub.evidence import intake
from trainhub.plugin_api import AttendanceSource, Upload

pytestmark = pytest.mark.files_only
OTHERS = (TabularSource(), DingTalkSource(), WeComSource(), FormsSource(), MeetingSource(), LmsSource())
SOURCES: Mapping[str, AttendanceSource] = {s.spec.key: s for s in (*OTHERS, DeviceSource(), AccessSource())}
OWNERS = {
    "12-zk-attlog-dat": "device", "14-device-usb-report-xls": "device", "15-device-software-csv-gb18030": "device",
    "16-hikvision-acsevent-json": "access", "17-campus-card-csv": "access",
}  # fmt: skip


@pytest.mark.parametrize("folder", OWNERS)
@pytest.mark.parametrize("by", ["auto", "key"])
def test_samples(folder: str, by: str) -> None:
    assert_explained(folder, "auto" if by == "auto" else OWNERS[folder], SOURCES)


def test_every_sample_has_one_source_that_is_sure_and_no_other_near() -> None:
    for folder in sorted(p.name for p in SAMPLES.iterdir() if p.is_dir() and p.name[:2] < "30" and p.name[:2] != "25"):
        for path in files_of(folder):
            scores = intake.recognise(Upload(path.name, path.read_bytes()), list(SOURCES.values()))
            ours = {k: v for k, v in scores.items() if k in {"device", "access"} and v}
            owner = OWNERS.get(folder)
            assert set(ours) == ({owner} if owner else set()), (folder, scores)
            if owner:
                assert choose(scores, SOURCES) == owner, scores


def test_files_given_twice_or_the_other_way_round_change_nothing() -> None:
    for folder in OWNERS:
        session, files = expected(folder)["session"], files_of(folder)
        once = explain_files("auto", ROSTER, session, files, SOURCES)
        for again in (files[::-1], [*files, files[0]]):
            assert explain_files("auto", ROSTER, session, again, SOURCES)["people"] == once["people"]
