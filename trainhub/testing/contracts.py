"""What every course type and every attendance source must keep, as test classes to inherit from.

A subclass names the thing under test and gives samples; pytest finds the tests by inheritance::

    class TestDoor(AttendanceSourceContract):
        source = DoorSource()
        samples = (Upload("door.csv", b"..."),)
"""

import copy
import random
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from trainhub.attendance.matching import RosterPerson
from trainhub.attendance.outcomes import weigh
from trainhub.plugin_api import (
    AttendanceReading,
    AttendanceSource,
    CourseCredit,
    CourseType,
    ReadResult,
    Refused,
    SessionFrame,
    Upload,
)
from trainhub.plugin_api.limits import LIMITS
from trainhub.plugin_api.tables import read_tables

SCHOOL_TIME = ZoneInfo("Asia/Shanghai")
_JUNK = (
    b"", b"\x00" * 64, b"\xff\xfe\x00", b"not a table at all", b"{}", b"[]", b'{"a": [1, 2', b"<html><p>no table</p></html>",
    b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0broken", "姓名\n".encode(), "只有一行".encode("gb18030"),
)  # fmt: skip


def frame(day: date = date(2026, 3, 5), start: str = "14:00", end: str = "16:00", **more: Any) -> SessionFrame:
    """Return a session of invented times in school time."""
    first, last = (datetime.combine(day, datetime.strptime(t, "%H:%M").time(), SCHOOL_TIME) for t in (start, end))  # noqa: DTZ007
    return SessionFrame(first, last, day, **more)


class AttendanceSourceContract:
    """Pure, idempotent, order-independent, refuses oversize, invents nobody, credits no more than the session has.

    Set ``source`` and ``samples``; ``session`` where the samples are of another day; ``header_rows`` is how many
    rows stand above the data of a text sample (None: the order of rows carries meaning, do not shuffle).
    """

    source: ClassVar[AttendanceSource]
    samples: ClassVar[Sequence[Upload]] = ()
    session: ClassVar[SessionFrame] = frame()
    header_rows: ClassVar[int | None] = 1
    sure: ClassVar[int] = 50

    def read(self, upload: Upload) -> ReadResult:
        """Read a sample."""
        return self.source.read(upload, self.session)

    def test_there_are_samples(self) -> None:
        """A contract without a sample proves nothing."""
        assert self.samples, "give at least one sample file"

    def test_it_says_who_it_is(self) -> None:
        """Key, label, trust and what it collects are filled."""
        spec = self.source.spec
        assert spec.key.isidentifier()
        assert spec.label
        assert spec.kind in {"interactive", "file", "push", "pull"}
        assert spec.trust in {"witnessed", "device", "self_report", "online"}

    def test_it_recognises_its_own_samples(self) -> None:
        """Its own files are recognised, whatever they are called."""
        for sample in self.samples:
            assert self.source.recognise(sample) >= self.sure, sample.name
            suffix = sample.name.rpartition(".")[2]
            assert self.source.recognise(Upload(f"新建文件.{suffix}", sample.content)) >= self.sure

    def test_recognising_never_raises(self) -> None:
        """Junk gets a number, not an exception."""
        for content in _JUNK:
            for name in ("x.csv", "x.xlsx", "x.json", "x", "名单.txt"):
                assert 0 <= self.source.recognise(Upload(name, content)) <= 100

    def test_junk_is_refused_or_yields_nobody(self) -> None:
        """No file without people yields people."""
        for content in _JUNK:
            try:
                result = self.read(Upload("x.csv", content))
            except Refused:
                continue
            assert not result.readings

    def test_it_is_pure(self) -> None:
        """Twice the same file gives twice the same, and the input stays as it was."""
        for sample in self.samples:
            before = copy.deepcopy(sample)
            assert self.read(sample) == self.read(sample)
            assert sample == before

    def test_it_is_idempotent(self) -> None:
        """Every statement has a natural key, the same each time, and no two share one."""
        for sample in self.samples:
            keys = [reading.external_id for reading in self.read(sample).readings]
            assert all(keys), "every reading needs an external_id, or a second import doubles it"
            assert len(keys) == len(set(keys)), "two readings share an external_id"

    def test_the_order_of_rows_does_not_matter(self) -> None:
        """A file sorted otherwise says the same of everybody."""
        if self.header_rows is None:
            return
        for sample in self.samples:
            shuffled = _shuffled(sample, self.header_rows)
            if shuffled is not None:
                assert _essence(self.read(shuffled).readings) == _essence(self.read(sample).readings)

    def test_oversize_is_refused(self) -> None:
        """A file over the limit is refused before it is understood."""
        big = Upload("big.csv", b"a,b\n" * (LIMITS.upload_bytes // 4 + 1))
        with pytest.raises(Refused):
            self.read(big)

    def test_it_invents_nobody(self) -> None:
        """Every name and number of a reading stands in the file."""
        for sample in self.samples:
            text = _text_of(sample)
            for reading in self.read(sample).readings:
                for said in (reading.name, reading.staff_no, reading.platform_id, reading.card_no, reading.email):
                    assert _plain(said) in text, f"row {reading.row}: {said!r} is not in the file"

    def test_it_credits_no_more_than_the_session_has(self) -> None:
        """Whatever a file says, nobody gets more minutes than the session lasted."""
        most = int((self.session.ends_at - self.session.starts_at).total_seconds() // 60)
        for sample in self.samples:
            result = self.read(sample)
            people = _people_of(result.readings)
            outcome = weigh(result, people, self.session, [p.person_key for p in people])
            assert all(0 <= (person.minutes or 0) <= most for person in outcome.people)


def _essence(readings: Iterable[AttendanceReading]) -> list[Any]:
    """What is said, without where it stood."""
    return sorted(
        (r.name, r.staff_no, r.platform_id, r.device_pin, r.card_no, tuple(sorted(r.punches)), str(r.stated), r.whole_session,
         tuple(sorted(r.flags)))
        for r in readings
    )  # fmt: skip


def _people_of(readings: Iterable[AttendanceReading]) -> list[RosterPerson]:
    """A roster in which everybody who is named is expected once."""
    seen: dict[tuple[str, str], RosterPerson] = {}
    for reading in readings:
        key = (reading.name, reading.staff_no)
        if any(key) and key not in seen:
            number = f"p{len(seen):04d}"
            seen[key] = RosterPerson(
                person_key=number, name=reading.name or number, staff_no=reading.staff_no, department=reading.department
            )
    return list(seen.values())


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _text_of(upload: Upload) -> str:
    """All text of a file without spaces: cells of a table, or the bytes themselves."""
    try:
        cells = [str(c) for t in read_tables(upload).tables for row in t.rows for c in row if c not in {None, ""}]
    except Refused:
        cells = []
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        try:
            cells.append(upload.content.decode(encoding))
            break
        except UnicodeDecodeError:
            continue
    return _plain("\n".join(cells))


def _shuffled(upload: Upload, header_rows: int) -> Upload | None:
    """The same text file with its data rows in another order; None where it is no plain text."""
    try:
        text = upload.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if text.lstrip()[:1] in {"{", "[", "<"} or '"' in text:
        return None
    lines = text.splitlines()
    head, body = lines[:header_rows], [line for line in lines[header_rows:] if line.strip()]
    random.Random(7).shuffle(body)  # noqa: S311  any other order will do
    return Upload(upload.name, "\n".join([*head, *body, ""]).encode())


class CourseTypeContract:
    """Pure, never more than was scheduled, and honest about what is wrong with its details.

    Set ``course_type`` and ``good_details``.
    """

    course_type: ClassVar[CourseType]
    good_details: ClassVar[Mapping[str, Any]] = {}

    def test_it_says_who_it_is(self) -> None:
        """Key, label, modes and the default roll are filled."""
        spec = self.course_type.spec
        assert spec.key.isidentifier()
        assert spec.label
        assert spec.modes
        assert spec.default_roll in {"present", "unmarked"}
        names = [field.name for field in spec.detail_fields]
        assert len(names) == len(set(names))

    def test_staff_are_never_present_by_default(self) -> None:
        """Staff training has no "everybody present" default."""
        if self.course_type.spec.audience == "staff":
            assert self.course_type.spec.default_roll == "unmarked"

    def test_good_details_have_no_problem(self) -> None:
        """The example holds."""
        assert list(self.course_type.problems(dict(self.good_details))) == []

    def test_what_is_required_is_missed(self) -> None:
        """An empty form names every required field."""
        required = {field.name for field in self.course_type.spec.detail_fields if field.required}
        assert required <= {problem.field for problem in self.course_type.problems({})}

    def test_details_of_any_kind_do_not_break_it(self) -> None:
        """Wrong kinds of value are problems, not exceptions."""
        odd: tuple[Any, ...] = ("", "x" * 5000, -1, None, [], {}, True, "2026-13-45")
        for value in odd:
            details = {field.name: value for field in self.course_type.spec.detail_fields}
            assert isinstance(list(self.course_type.problems(details)), list)

    def test_credit_is_between_nothing_and_what_was_scheduled(self) -> None:
        """Minutes are whole, never negative, never more than scheduled or attended."""
        for mode in self.course_type.spec.modes:
            for attended, scheduled in ((0, 0), (0, 45), (44, 45), (45, 45), (500, 45), (1, 1), (180, 180)):
                given = self.course_type.credit(attended_minutes=attended, scheduled_minutes=scheduled, mode=mode)
                assert isinstance(given, CourseCredit)
                assert isinstance(given.minutes, int)
                assert 0 <= given.minutes <= min(attended, scheduled)

    def test_credit_is_pure_and_never_falls_with_presence(self) -> None:
        """The same presence is worth the same, and more presence is never worth less."""
        for mode in self.course_type.spec.modes:
            worth = [
                self.course_type.credit(attended_minutes=m, scheduled_minutes=90, mode=mode).minutes for m in range(0, 120, 7)
            ]
            again = [
                self.course_type.credit(attended_minutes=m, scheduled_minutes=90, mode=mode).minutes for m in range(0, 120, 7)
            ]
            assert worth == again == sorted(worth)
