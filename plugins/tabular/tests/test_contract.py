"""The contract of every attendance source, on typed lists."""

import pytest
from trainhub_tabular import TabularSource

from trainhub.plugin_api import Upload
from trainhub.testing import AttendanceSourceContract

pytestmark = pytest.mark.files_only
LIST = "姓名,工号,签到时间,签退时间\n陈若兰,T001,13:55,16:02\n周明远,T002,14:20,16:00\n沈思源,T003,13:58,15:30\n"


class TestTabular(AttendanceSourceContract):
    source = TabularSource()
    samples = (Upload("签到.csv", LIST.encode()), Upload("签到.csv", LIST.encode("gb18030")))
