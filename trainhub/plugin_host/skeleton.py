"""A new plugin: the files of a distribution that passes its own suite as it is written."""

import keyword
from typing import Literal

from trainhub.plugin_host.manifest import PluginFault

Kind = Literal["source", "course_type"]

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{dist}"
version = "0.1.0"
description = "{label}"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["trainhub"]

[project.entry-points.trainhub]
{key} = "{module}"

[tool.setuptools]
packages = ["{module}"]

[tool.setuptools.package-data]
{module} = ["plugin.toml"]
"""

_MANIFEST = """\
key = "{key}"
version = "0.1.0"
api = ">=1,<2"
label = "{label}"
summary = "{label}：一句话说明它做什么"
module = "{module}"
provides = ["{provides}:{key}"]
collects = [{collects}]
cannot_see = ["学生信息", "专门教育方案", "其他场次的出勤"]

[privacy]
stores_personal_data = false
"""

_README = """\
# {label}
For the school: what file or device this reads, and where to get it.

For the author: run `python -m pytest` here. Switch it on at 插件 (`/plugins/{key}`), or with `trainhub plugins enable {key} --as NAME`.
"""

_SOURCE_INIT = '''\
"""{label}."""

from trainhub.plugin_api import AttendanceSource, hookimpl
from {module}.source import {cls}


@hookimpl
def trainhub_attendance_sources() -> list[AttendanceSource]:
    """Add the source."""
    return [{cls}()]
'''

_SOURCE = '''\
"""Reads a list with the columns 姓名, 工号, 时间; change it to your own layout."""

from collections.abc import Mapping

from trainhub.plugin_api import ReadResult, Refused, SessionFrame, SourceSpec, Upload
from trainhub.plugin_api.cells import identifier_of, moment_of, school_moment, text_of
from trainhub.plugin_api.days import DayBook, Who
from trainhub.plugin_api.headers import Header, cell_at, find_header, labels_to_fields, rows_below
from trainhub.plugin_api.tables import Table, read_tables

FIELDS = labels_to_fields({{"name": ("姓名",), "staff_no": ("工号",), "at": ("时间",)}})


class {cls}:
    """One row for each time somebody passed; core makes minutes of it."""

    spec = SourceSpec(
        key="{key}", label="{label}", kind="file", trust="device", extensions=("csv", "xlsx"),
    )

    def recognise(self, upload: Upload) -> int:
        """Sure where all three columns are there."""
        try:
            header = _header(read_tables(upload).tables[0])
        except (Refused, IndexError):
            return 0
        return 80 if header is not None and len(header.columns()) == len(FIELDS) else 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Return one reading for each person of the session's day."""
        table = next(iter(read_tables(upload).tables), None)
        header = _header(table, mapping) if table else None
        if table is None or header is None:
            raise Refused("no_header")
        book = DayBook(frame)
        for number, row in rows_below(table, header):
            name, staff_no, at = (cell_at(row, header.column(field)) for field in ("name", "staff_no", "at"))
            moment = moment_of(at, frame.day.year)
            who = Who(staff_no=identifier_of(staff_no).text, name=text_of(name))
            entry = book.entry(who, number, moment.day) if who.name or who.staff_no else None
            if entry is not None and moment.day and moment.clock:
                entry.punches.append(school_moment(moment.day, moment.clock))
        return ReadResult("{key}", book.readings(), tuple(book.dropped), book.warnings(), columns=header.columns())


def _header(table: Table, mapping: Mapping[str, str] | None = None) -> Header | None:
    return find_header(table, FIELDS.get, ("name", "staff_no"), mapping)
'''

_SOURCE_TEST = '''\
"""The contract of every attendance source, on a sample of this one."""

from trainhub.plugin_api import Upload
from trainhub.testing import AttendanceSourceContract
from {module}.source import {cls}

SAMPLE = "姓名,工号,时间\\n陈若兰,T001,2026-03-05 13:55\\n陈若兰,T001,2026-03-05 16:02\\n周明远,T002,2026-03-05 14:20\\n"


class Test{cls}(AttendanceSourceContract):
    source = {cls}()
    samples = (Upload("{key}.csv", SAMPLE.encode()),)


def test_a_late_comer_keeps_his_time() -> None:
    result = {cls}().read(Upload("{key}.csv", SAMPLE.encode()), AttendanceSourceContract.session)
    assert [(r.name, len(r.punches)) for r in result.readings] == [("陈若兰", 2), ("周明远", 1)]
'''

_TYPE_INIT = '''\
"""{label}."""

from trainhub.plugin_api import CourseType, hookimpl
from {module}.course_type import {cls}


@hookimpl
def trainhub_course_types() -> list[CourseType]:
    """Add the kind of course."""
    return [{cls}()]
'''

_TYPE = '''\
"""A kind of course; change what it asks for and what it is worth."""

from collections.abc import Mapping
from typing import Any

from trainhub.plugin_api import CourseCredit, CourseTypeSpec, DetailField, Problem
from trainhub.plugin_api.contracts import Mode


class {cls}:
    """Face to face, unmarked until somebody marks it."""

    spec = CourseTypeSpec(
        key="{key}", label="{label}", audience="staff", modes=("face_to_face",), default_roll="unmarked",
        detail_fields=(DetailField("host", "主办单位", required=True),),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """Say what is missing."""
        host = details.get("host")
        return [] if isinstance(host, str) and host.strip() else [Problem("required", "host")]

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Every minute attended counts, never more than was scheduled."""
        return CourseCredit(max(0, min(attended_minutes, scheduled_minutes)))
'''

_TYPE_TEST = '''\
"""The contract of every course type."""

from trainhub.testing import CourseTypeContract
from {module}.course_type import {cls}


class Test{cls}(CourseTypeContract):
    course_type = {cls}()
    good_details = {{"host": "县教师进修学校"}}
'''


def skeleton(key: str, label: str, kind: Kind) -> dict[str, str]:
    """Return the files of a new plugin: path inside its folder -> text.

    ``key`` as in plugin.toml: lower-case letters, digits and underscores, 2 to 31. Raises :class:`PluginFault`.
    """
    if not (key.isidentifier() and key.islower() and key.isascii() and 2 <= len(key) <= 31) or keyword.iskeyword(key):
        raise PluginFault(f"{key!r} cannot be a plugin's key: write 2 to 31 lower-case letters, digits or underscores, a letter first")
    if not label.strip() or len(label) > 40 or any(c in label for c in '"\\\n'):
        raise PluginFault("the label must be 1 to 40 characters without quotation marks")
    module = f"trainhub_{key}"
    words = {
        "key": key, "label": label.strip(), "module": module, "dist": module.replace("_", "-"),
        "cls": "".join(part.title() for part in key.split("_")) + ("Source" if kind == "source" else "Type"),
        "provides": "attendance_source" if kind == "source" else "course_type",
        "collects": '"姓名、工号", "时间"' if kind == "source" else "",
    }
    init, code, test, name = (
        (_SOURCE_INIT, _SOURCE, _SOURCE_TEST, "source") if kind == "source" else (_TYPE_INIT, _TYPE, _TYPE_TEST, "course_type")
    )
    files = {
        "pyproject.toml": _PYPROJECT, "README.md": _README, f"{module}/plugin.toml": _MANIFEST, f"{module}/__init__.py": init,
        f"{module}/{name}.py": code, f"tests/test_{key}.py": test,
    }
    return {path: text.format(**words) for path, text in files.items()}
