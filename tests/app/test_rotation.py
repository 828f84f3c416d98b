"""Rotation of the sealing key: every sealed value of every table, killed at any point, run again; and nothing of a text in the file."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.app.rotation import rotate, status
from trainhub.app.sealing_keys import WeakKey, sealing_settings
from trainhub.attendance.models import AttendanceDevice, sealed_place
from trainhub.cli.main import cli
from trainhub.evidence.models import SealedFile
from trainhub.evidence.sealed_files import keep_sealed
from trainhub.kernel.clock import now
from trainhub.kernel.orm import place_of, sealed_columns
from trainhub.kernel.sealing import KeyRing, key_of, place
from trainhub.ledger.models import LedgerEntry
from trainhub.plugin_host.models import PluginSetting, secret_place
from trainhub.web.database import db, transaction

pytestmark = pytest.mark.files_only

NOW = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
CANARY = "金丝雀放学别走金丝雀"
FIRST, SECOND = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
OLD = KeyRing(key_of(FIRST))
RING = KeyRing(key_of(SECOND), (key_of(FIRST),))


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def place_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRAINHUB_DATA", str(tmp_path))
    monkeypatch.setenv("TRAINHUB_SECRET_KEY", secrets.token_urlsafe(48))
    monkeypatch.setenv("TRAINHUB_LOG", "off")
    return tmp_path


@pytest.fixture
def app(place_here: Path) -> Iterator[Flask]:
    application = create_app({"TESTING": True})
    migrate(application)
    yield application
    with application.app_context():
        db.engine.dispose()


def _device(sample: Sample, number: int) -> AttendanceDevice:
    device_id = f"device{number}"
    return AttendanceDevice(
        district_id=sample.district_id, id=device_id, school_id=sample.school_id, name="d", source_key="push",
        sealed_key=OLD.seal(f"{CANARY}{number}", sealed_place(sample.district_id, device_id)), added_by="a", added_at=NOW,
    )


def fill(session: Session, devices: int = 7, files: int = 5) -> Sample:
    """A district with sealed values of every form under the first key: text, a mapping of texts, files."""
    sample = build_district(session)
    for number in range(devices):
        session.add(_device(sample, number))
    where = (sample.district_id, "robot", "bureau", sample.district_id)
    session.add(PluginSetting(
        district_id=sample.district_id, plugin_key="robot", scope="bureau", scope_id=sample.district_id, values={},
        secrets={name: OLD.seal(CANARY + name, secret_place(*where, name)) for name in ("key", "token")}, version=1, changed_at=NOW, changed_by="a",
    ))
    for number in range(files):
        keep_sealed(session, OLD, sample.district_id, f"{CANARY}{number}".encode(), "a", NOW)
    return sample


def under(ring: KeyRing, session: Session) -> dict[str, int]:
    return {c.column: c.values.get(ring.current_id, 0) for c in status(session, ring) if c.values}


EXPECTED = {"attendance_device.sealed_key": 7, "plugin_setting.secrets": 2, "sealed_file.sealed_content": 5}


def kinds(session: Session, sample: Sample) -> list[str]:
    return list(session.scalars(
        sa.select(LedgerEntry.kind).where(LedgerEntry.kind.like("keys.%"), LedgerEntry.district_id == sample.district_id).order_by(LedgerEntry.seq)
    ))


def opened(session: Session, sample: Sample, ring: KeyRing) -> set[str]:
    """Every text, opened by its place as the services name it."""
    found = {ring.unseal(d.sealed_key, sealed_place(d.district_id, d.id)) for d in session.scalars(sa.select(AttendanceDevice))}
    for s in session.scalars(sa.select(PluginSetting)):
        found |= {ring.unseal(v, secret_place(s.district_id, s.plugin_key, s.scope, s.scope_id, k)) for k, v in s.secrets.items()}
    for f in session.scalars(sa.select(SealedFile)):
        found.add(ring.unseal(f.sealed_content, place("sealed_file", "sealed_content", f.id)))
    return found


def test_everything_is_sealed_anew_and_opens_under_the_new_key_alone(app: Flask) -> None:
    with app.test_request_context():
        with transaction() as session:
            sample = fill(session)
        assert under(OLD, session) == EXPECTED
        before = opened(session, sample, OLD)
        done = rotate(transaction, RING, [sample.district_id], now)
        assert dict(done.resealed) | dict(done.unreadable) == EXPECTED
        alone = KeyRing(key_of(SECOND))
        session.expire_all()
        assert under(alone, session) == EXPECTED
        assert opened(session, sample, alone) == before
        assert kinds(session, sample) == ["keys.rotation_begun", "keys.rotated"]
        again = rotate(transaction, RING, [sample.district_id], now)
        assert (again.districts, again.resealed.total()) == (0, 0)
        assert kinds(session, sample) == ["keys.rotation_begun", "keys.rotated"]


@pytest.mark.parametrize("after", range(1, 9))
def test_killed_after_any_number_of_transactions_and_run_again_it_comes_to_the_same_end(app: Flask, after: int) -> None:
    left = after

    @contextmanager
    def dying() -> Iterator[Session]:
        nonlocal left
        with transaction() as session:
            yield session
            left -= 1
            if left < 0:
                raise Killed  # before this transaction's commit

    with app.test_request_context():
        with transaction() as session:
            sample = fill(session)
        before = opened(session, sample, OLD)
        with pytest.raises(Killed):
            rotate(dying, RING, [sample.district_id], now, batch=3)
        session.expire_all()
        assert opened(session, sample, RING) == before  # in between, everything opens with the ring
        rotate(transaction, RING, [sample.district_id], now, batch=3)
        session.expire_all()
        assert under(KeyRing(key_of(SECOND)), session) == EXPECTED
        assert opened(session, sample, KeyRing(key_of(SECOND))) == before
        assert kinds(session, sample)[-1] == "keys.rotated"
        assert len(kinds(session, sample)) == 2


def test_a_value_that_does_not_open_is_counted_left_and_hinders_nothing(app: Flask) -> None:
    with app.test_request_context():
        with transaction() as session:
            sample = fill(session)
            lost = KeyRing(key_of("lost")).seal("x", sealed_place(sample.district_id, "device3"))
            session.get_one(AttendanceDevice, (sample.district_id, "device3")).sealed_key = lost
        done = rotate(transaction, RING, [sample.district_id], now)
        assert done.unreadable == {"attendance_device.sealed_key": 1}
        assert done.resealed == EXPECTED | {"attendance_device.sealed_key": 6}
        session.expire_all()
        assert session.get_one(AttendanceDevice, (sample.district_id, "device3")).sealed_key == lost
        (device,) = (c for c in status(session, RING) if c.column == "attendance_device.sealed_key")
        assert (device.current, device.former, device.unknown) == (6, 0, 1)


def test_every_sealed_column_of_every_room_is_rotated(app: Flask) -> None:
    """A row is put into each table that has a sealed column, past all keys between tables."""
    with app.test_request_context():
        with transaction() as session:
            sample = build_district(session)
        district = sample.district_id
        engine = db.engine
        with engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("PRAGMA ignore_check_constraints=ON")
            connection.begin()
            places = _one_row_each(connection, district)
            connection.commit()
            raw.execute("PRAGMA ignore_check_constraints=OFF")
            raw.execute("PRAGMA foreign_keys=ON")
        assert len(places) > 20
        done = rotate(transaction, RING, [district], now)
        assert done.unreadable == {}
        assert set(done.resealed) == {f"{c.table.name}.{c.name}" for c in sealed_columns()}


def _one_row_each(connection: sa.Connection, district: str) -> set[str]:
    names = set()
    tables: dict[sa.Table, list[sa.Column[Any]]] = {}
    for column in sealed_columns():
        tables.setdefault(column.table, []).append(column)  # type: ignore[arg-type]
    for table, columns in tables.items():
        row = {c.name: _any(c) for c in table.columns} | {"district_id": district}
        for column in columns:
            where = place_of(column, row, "one")
            sealed = OLD.seal(CANARY, where)
            row[column.name] = {"one": sealed} if isinstance(column.type, sa.JSON) else sealed
            names.add(where)
        connection.execute(table.insert().values(row))
    return names


def _any(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.JSON):
        return {}
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return 1
    if isinstance(kind, sa.Date):
        return NOW.date()
    return NOW if "DateTime" in type(kind).__name__ else f"x{column.name}"[:12]


def test_no_sealed_text_stands_in_the_files_of_the_database(app: Flask, place_here: Path) -> None:
    with app.test_request_context():
        with transaction() as session:
            sample = fill(session)
        session.rollback()
        found = _bytes_of(place_here)
        assert b"attendance_device" in found
        assert CANARY.encode() not in found
        held = session.scalars(sa.select(SealedFile.sealed_content)).all()
        session.rollback()
        rotate(transaction, RING, [sample.district_id], now)
        session.rollback()
        from trainhub.cli.keys import _forget_old_pages

        _forget_old_pages(session)
        after = _bytes_of(place_here)
        assert CANARY.encode() not in after
        assert not [value for value in held if value[12:60].encode() in after], "what the former key sealed is still in the file"


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("trainhub.sqlite3*")))


# --- commands and settings ---------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, Any]:
    result = CliRunner().invoke(cli, [*arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_rotation_by_command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINHUB_SEALING_KEY", FIRST)
    with app.test_request_context(), transaction() as session:
        fill(session)
    code, report = run("keys", "status")
    assert (code, report["to_rotate"], report["needs_re_entry"], report["marks"]) == (0, 0, 0, "sound")
    monkeypatch.setenv("TRAINHUB_SEALING_KEY", SECOND)
    code, report = run("keys", "status")
    assert (code, report["needs_re_entry"]) == (1, 14)  # the former key was forgotten
    monkeypatch.setenv("TRAINHUB_SEALING_KEYS_FORMER", FIRST)
    code, report = run("keys", "status")
    assert (code, report["to_rotate"], report["marks"]) == (0, 14, "sound")
    assert FIRST not in json.dumps(report)
    assert CANARY not in json.dumps(report, ensure_ascii=False)
    code, report = run("keys", "rotate")
    assert (code, report["resealed"]) == (0, EXPECTED)
    monkeypatch.delenv("TRAINHUB_SEALING_KEYS_FORMER")
    code, report = run("keys", "status")
    assert (code, report["marks"]) == (1, "other_key")  # the oldest key left, and with it the marks
    code, report = run("keys", "rotate")
    assert (code, report["error"]) == (1, "mark_key")
    monkeypatch.setenv("TRAINHUB_MARK_KEY", FIRST)
    code, report = run("keys", "status")
    assert (code, report["marks"], report["to_rotate"]) == (0, "sound", 0)


def test_a_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# kept by the office\n{SECOND}\n{FIRST}\nmark:{FIRST}\n", encoding="utf-8")
    path.chmod(0o600)
    found = sealing_settings({"TRAINHUB_SEALING_KEY_FILE": str(path)})
    assert found == {"TRAINHUB_SEALING_KEY": SECOND, "TRAINHUB_SEALING_KEYS_FORMER": FIRST, "TRAINHUB_MARK_KEY": FIRST}
    for mode in (0o640, 0o604, 0o620, 0o666):
        path.chmod(mode)
        with pytest.raises(WeakKey, match="others"):
            sealing_settings({"TRAINHUB_SEALING_KEY_FILE": str(path)})


@pytest.mark.parametrize("environ", [
    {"TRAINHUB_SEALING_KEY": "short"}, {"TRAINHUB_SEALING_KEYS_FORMER": FIRST}, {"TRAINHUB_SEALING_KEY_FILE": "/nowhere/keys"},
    {"TRAINHUB_SEALING_KEY_FILE": "/nowhere/keys", "TRAINHUB_SEALING_KEY": SECOND}, {"TRAINHUB_SEALING_KEY": "changeme" * 8},
])
def test_a_weak_or_unclear_key_stops_the_start_and_is_not_told(environ: dict[str, str]) -> None:
    with pytest.raises(WeakKey) as refused:
        sealing_settings(environ)
    assert not [key for name, key in environ.items() if not name.endswith("FILE") and key in str(refused.value)]
