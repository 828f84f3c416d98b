"""A backup made while the database is in use restores to the same data with a sound ledger."""

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.builders import build_district
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.cli.backup import BackupFault, _copy_tables, backup, restore
from trainhub.kernel.clock import now
from trainhub.kernel.orm import Base
from trainhub.ledger.service import NewEntry, append
from trainhub.plugin_host.store import PluginStore, tables_of_all
from trainhub.web.database import db, transaction

pytestmark = pytest.mark.files_only

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    made: list[Flask] = []

    def make(name: str, plugins: str = "") -> Flask:
        app = create_app({
            "TRAINHUB_PLUGINS": plugins,
            "SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_DATA": str(tmp_path / name), "TRAINHUB_LOG": "off",
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / name}.sqlite3", "TESTING": True,
        })
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def filled(make_app: MakeApp) -> Flask:
    app = make_app("source")
    migrate(app)
    with app.app_context(), transaction() as session:
        build_district(session)
    return app


def counts(app: Flask) -> dict[str, int]:
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def test_round_trip(filled: Flask, make_app: MakeApp, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    manifest = backup(filled, folder)
    assert manifest["ledger_heads"]
    assert (folder / "manifest.json").stat().st_mode & 0o077 == 0
    assert (folder / "trainhub.sqlite3").stat().st_mode & 0o077 == 0
    target = make_app("target")
    report = restore(folder, target)
    assert report["ledger"] == "sound"
    assert report["entries"] == sum(head[2] for head in manifest["ledger_heads"])
    assert counts(target) == counts(filled)


def copied(app: Flask, folder: Path) -> Path:
    """A backup as PostgreSQL writes it, of an SQLite database."""
    folder.mkdir()
    with app.app_context():
        engine = db.engine.execution_options(isolation_level="SERIALIZABLE")
        facts = _copy_tables(_NoIsolation(engine), folder)  # type: ignore[arg-type]
    from trainhub.cli import backup as module

    files = {path.name: module._digest(path) for path in folder.iterdir()}
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "finished_at": "", "files": files, **facts}))
    return folder


def test_the_copy_table_by_table_restores_too(filled: Flask, make_app: MakeApp, tmp_path: Path) -> None:
    """What PostgreSQL writes is readable by either database."""
    folder = copied(filled, tmp_path / "tables")
    target = make_app("target")
    assert restore(folder, target)["ledger"] == "sound"
    assert counts(target) == counts(filled)


def made(app: Flask) -> list[str]:
    with app.app_context(), db.engine.connect() as connection:
        return [table.name for table in tables_of_all(connection)]


def test_a_plugin_that_configuration_switches_on_has_its_tables(make_app: MakeApp) -> None:
    """Nobody presses the switch that would make them: neither on a new database, nor on one that is there."""
    assert made_of_robot(make_app("fresh", "robot"))
    plain = make_app("plain")
    migrate(plain)
    assert made(plain) == []
    again = make_app("plain", "robot")
    assert made(again) == ["px_robot_delivery", "px_robot_happening"]
    make_app("never_there", "robot")
    assert not Path(str(make_app("never_there", "robot").config["SQLALCHEMY_DATABASE_URI"]).removeprefix("sqlite:///")).exists()


def made_of_robot(app: Flask) -> bool:
    migrate(app)
    return made(app) == ["px_robot_delivery", "px_robot_happening"]


@pytest.mark.parametrize("installed", [True, False])
def test_tables_of_plugins_are_copied_and_come_back(make_app: MakeApp, tmp_path: Path, installed: bool) -> None:
    source = make_app("source", "robot")
    migrate(source)
    row = {"key": "n1", "kind": "training.planned", "attempt": 1, "error": "", "at": "2026-03-05T06:00:00+00:00"}
    with source.app_context():
        with transaction() as session:
            district = build_district(session).district_id
        PluginStore(db.engine, "robot", district).add("delivery", [row])
    folder = copied(source, tmp_path / "tables")
    target = make_app("target")
    if not installed:
        del target.extensions["trainhub.plugins"].cards["robot"]
    report = restore(folder, target)
    assert report["ledger"] == "sound"
    if not installed:
        assert report["left_out"] == ["px_robot_delivery", "px_robot_happening"]
        return
    assert "left_out" not in report
    with target.app_context():
        assert PluginStore(db.engine, "robot", district).rows("delivery") == [row | {"district_id": district}]


class _NoIsolation:
    """SQLite knows no REPEATABLE READ; its plain transaction is a snapshot already."""

    def __init__(self, engine: object) -> None:
        self._engine = engine

    def connect(self) -> "_NoIsolation":
        return self

    def execution_options(self, **_: object) -> object:
        return self._engine.connect()  # type: ignore[attr-defined]


def test_writers_go_on_and_nothing_acknowledged_before_is_missing(
    filled: Flask, make_app: MakeApp, tmp_path: Path
) -> None:
    with filled.app_context(), db.engine.connect() as connection:
        district = connection.exec_driver_sql("SELECT id FROM org_unit WHERE kind = 'bureau'").scalar_one()
    acknowledged = [0]
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with filled.app_context(), transaction() as session:
                append(session, NewEntry(district, district, "test", "", "", {}, now(), None, "system", "system"))
            acknowledged[0] += 1

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        while acknowledged[0] < 20:
            pass
        before = acknowledged[0]
        manifest = backup(filled, tmp_path / "busy")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    kept = next(head[2] for head in manifest["ledger_heads"] if head[1] == district)
    assert kept >= before
    assert restore(tmp_path / "busy", make_app("target"))["ledger"] == "sound"


def test_a_database_in_use_is_never_overwritten(filled: Flask, tmp_path: Path) -> None:
    backup(filled, tmp_path / "backup")
    before = counts(filled)
    with pytest.raises(BackupFault, match="不是空的"):
        restore(tmp_path / "backup", filled)
    assert counts(filled) == before


def test_a_changed_or_incomplete_backup_is_refused(filled: Flask, make_app: MakeApp, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    backup(filled, folder)
    with sqlite3.connect(folder / "trainhub.sqlite3") as copy:
        copy.execute("UPDATE person SET name = '他人' WHERE id = (SELECT min(id) FROM person)")
    with pytest.raises(BackupFault, match="摘要不符"):
        restore(folder, make_app("target"))
    (folder / "manifest.json").unlink()
    with pytest.raises(BackupFault, match="不完整"):
        restore(folder, make_app("target"))


def test_a_forged_ledger_is_found(filled: Flask, make_app: MakeApp, tmp_path: Path) -> None:
    """Somebody with the files may also rewrite the manifest; the chain still tells."""
    from trainhub.cli import backup as module

    folder = tmp_path / "backup"
    backup(filled, folder)
    with sqlite3.connect(folder / "trainhub.sqlite3") as copy:
        copy.execute("DROP TRIGGER ledger_entry_no_update")
        copy.execute("UPDATE ledger_entry SET reason = 'forged' WHERE seq = 1")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["trainhub.sqlite3"] = module._digest(folder / "trainhub.sqlite3")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    target = make_app("target")
    migrate(target)
    with pytest.raises(BackupFault, match="核对不通过"):
        restore(folder, target)
    assert counts(target)["ledger_entry"] == 0


def test_the_folder_must_be_empty(filled: Flask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BackupFault, match="不是空的"):
        backup(filled, tmp_path)
