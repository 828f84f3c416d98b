"""The reading child: whatever happens in it, the server gets tables, a reading, or a refusal."""

import dataclasses
import time as clock
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainhub_tabular import TabularSource

from tests import workbooks
from tests.evidence import misbehaving
from trainhub.evidence import child, intake, wire
from trainhub.evidence.messages import REFUSALS, refusal_sentence
from trainhub.evidence.rules import NO_TABLE, content_hash
from trainhub.plugin_api import AttendanceReading, Problem, ReadResult, Refused, Unreadable, Upload
from trainhub.plugin_api.limits import LIMITS
from trainhub.plugin_api.tables import Table, Tables, read_tables

pytestmark = [pytest.mark.files_only, pytest.mark.usefixtures("cold_child")]
QUICK = dataclasses.replace(LIMITS, seconds=1)
SMALL = dataclasses.replace(LIMITS, memory_bytes=400 * 2**20)
UPLOAD = workbooks.xlsx([["姓名", "签到时间"], ["张䶮", "13:50"], ["赵一", time(14, 20)]])


def code_of(source: misbehaving.Misbehaving, limits: object = LIMITS) -> str:
    with pytest.raises(Refused) as caught:
        intake.read_attendance(UPLOAD, source, workbooks.FRAME, limits=limits)  # type: ignore[arg-type]
    return caught.value.code


def test_the_child_gives_what_the_reader_gives() -> None:
    assert intake.read_tables(UPLOAD) == read_tables(UPLOAD)
    direct = TabularSource().read(UPLOAD, workbooks.FRAME)
    assert intake.read_attendance(UPLOAD, TabularSource(), workbooks.FRAME) == direct
    assert intake.recognise(UPLOAD, [TabularSource(), misbehaving.Misbehaving()]) == {"tabular": 70, "misbehaving": 1}


def test_a_source_from_outside_is_asked_before_a_file_without_a_table_is_refused() -> None:
    sources = [TabularSource(), misbehaving.FromOutside()]
    known = Upload("gate.dat", b"GATE\x00\x01\x02\x00" * 8)
    assert intake.recognise(known, sources) == {"tabular": 0, "outside": 99}
    with pytest.raises(Refused) as caught:
        intake.recognise(known, [TabularSource()])
    assert caught.value.code in NO_TABLE
    with pytest.raises(Refused):  # a guess is not enough
        intake.recognise(Upload("gate.dat", b"GUES\x00\x01\x02\x00" * 8), sources)
    with pytest.raises(Refused) as hostile:  # what is refused for another reason is shown to nobody
        intake.recognise(Upload("a.xlsx", b""), sources)
    assert hostile.value.code == "empty_file"


@pytest.mark.parametrize("source", [misbehaving.Hangs(), misbehaving.Spins()])
def test_a_reader_that_never_ends_is_stopped(source: misbehaving.Misbehaving) -> None:
    began = clock.monotonic()
    assert code_of(source, QUICK) == "timeout"
    assert clock.monotonic() - began < 5


def test_a_reader_that_eats_memory_is_stopped() -> None:
    assert code_of(misbehaving.EatsMemory(), SMALL) == "out_of_memory"


def test_a_reader_that_dies_or_fails_is_a_refusal() -> None:
    assert code_of(misbehaving.Dies()) == "reader_crashed"
    assert code_of(misbehaving.Aborts()) == "out_of_memory"
    assert code_of(misbehaving.Raises()) == "source_failed"
    assert code_of(misbehaving.Refuses()) == "no_header"


def test_what_a_failing_reader_says_never_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    code_of(misbehaving.Raises())
    assert "RuntimeError" in caplog.text
    assert "赵一" not in caplog.text


def test_the_child_cannot_write_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert code_of(misbehaving.Writes()) in ("source_failed", "reader_crashed")
    assert all(p.stat().st_size == 0 for p in tmp_path.iterdir())


def test_the_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINHUB_SECRET_KEY", "do not pass on")
    names = intake.read_attendance(UPLOAD, misbehaving.Tells(), workbooks.FRAME).format
    assert "TRAINHUB" not in names
    assert "PATH" in names


def test_one_request_is_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's own code, run here with its limits taken off so that it does not limit the tests."""
    monkeypatch.setattr(child, "_confine", lambda limits: None)
    limits = dataclasses.asdict(LIMITS)
    sources = {"tabular": "trainhub_tabular.source:TabularSource"}

    def ask(content: bytes = UPLOAD.content, **request: object) -> dict[str, object]:
        header = wire.dump({"name": "a", "limits": limits, **request})
        answer: dict[str, object] = wire.load(child.run(header, content))
        return answer

    assert ask(op="tables")["ok"]["container"] == "xlsx"  # type: ignore[index]
    assert ask(op="recognise", sources=sources)["ok"] == {"tabular": 70}
    read = ask(op="read", sources=sources, frame=wire.pack_frame(workbooks.FRAME))
    assert read["ok"]["format"] == "generic.xlsx"  # type: ignore[index]
    assert ask(b"", op="tables")["refused"] == ["empty_file", {}]
    failing = {"x": "tests.evidence.misbehaving:Raises"}
    assert ask(op="read", sources=failing, frame=wire.pack_frame(workbooks.FRAME)) == {"failed": "RuntimeError"}
    monkeypatch.setattr(child, "OUTPUT_BYTES", 10)
    assert ask(op="tables")["refused"] == ["out_of_memory", {}]


def test_a_file_over_the_limit_is_not_even_sent() -> None:
    with pytest.raises(Refused) as caught:
        intake.read_tables(Upload("a", b"x" * (LIMITS.upload_bytes + 1)))
    assert caught.value.code == "too_large"


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    chinese = (Path(intake.__file__).parent.parent / "translations" / "parts" / "files.po").read_text("utf-8")
    for code, text in REFUSALS.items():
        assert f'msgid "{text}"' in chinese, code
        assert "%(" not in refusal_sentence(Refused(code))


def test_case_102_the_same_bytes_have_the_same_key() -> None:
    assert content_hash(b"a") == content_hash(b"a") != content_hash(b"b")


cells = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20), st.dates(), st.times(),
    st.datetimes(),
)  # fmt: skip


@given(st.lists(st.lists(cells, max_size=4).map(tuple), max_size=4).map(tuple))
def test_tables_travel_unchanged(rows: tuple[tuple[object, ...], ...]) -> None:

    tables = Tables("csv", "utf-8", (Table("x", rows, ((0, 0, 1, 1),)),), (Problem("a", "b", {"n": 1}),))  # type: ignore[arg-type]
    assert wire.unpack_tables(wire.load(wire.dump(wire.pack_tables(tables)))) == tables


def test_readings_travel_unchanged() -> None:

    moment = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
    reading = AttendanceReading(
        row=3, name="张䶮", staff_no="0101", punches=(moment,), stated="late", late_minutes=5, arrived_at=moment, left_at=moment,
        flags=("a", "b"), raw={"date": "2026-03-05"}, external_id="x", other_days=True,
    )  # fmt: skip
    result = ReadResult(
        "f",
        (reading, AttendanceReading(1)),
        (Unreadable(4, "totals", "合计"),),
        (Problem("w"),),
        "utf-8",
        {"name": "姓名"},
        ("x",),
        70,
    )
    assert wire.unpack_result(wire.load(wire.dump(wire.pack_result(result)))) == result
    frame = workbooks.FRAME
    assert wire.unpack_frame(wire.load(wire.dump(wire.pack_frame(frame)))) == frame
    assert frame.day == date(2026, 3, 5)
