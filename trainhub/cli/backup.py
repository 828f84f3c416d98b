"""Backup while in use, and restore into an empty database; both prove the ledger.

SQLite is copied by its online backup interface. PostgreSQL is written table by table out of one
REPEATABLE READ snapshot, those of plugins too, as lines of JSON that either database can read back. A backup
is complete once its ``manifest.json`` is there: it is written last, with the digest of every file.
"""

import gzip
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Connection, Date, DateTime, Engine, Table, create_engine, func, inspect, select
from sqlalchemy.orm import Session

from trainhub import __version__
from trainhub.app.schema import current_heads, expected_heads, upgrade
from trainhub.kernel.clock import now
from trainhub.kernel.orm import Base, UtcDateTime
from trainhub.ledger.access_chain import access_heads, is_there
from trainhub.ledger.queries import heads, verify
from trainhub.ledger.rules import Head
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.manifest import PluginFault
from trainhub.plugin_host.store import PREFIX, prefix, tables_of_all
from trainhub.plugin_host.store import upgrade as make
from trainhub.web.database import db, set_read_only

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE_COPY = "trainhub.sqlite3"
_CHUNK = 1_000
_ENDING = ".jsonl.gz"
Report = dict[str, Any]


class BackupFault(Exception):
    """Why a backup or a restore was refused or broken off, as a sentence for the operator."""


def backup(app: Flask, folder: Path) -> Report:
    """Copy the database into an empty ``folder`` while it is in use; return the manifest.

    Everything acknowledged before the start is in it. Raises :class:`BackupFault`.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupFault(f"文件夹不是空的：{folder}。请换一个空文件夹。")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    started = now()
    with app.app_context():
        engine = db.engine
        copy = _copy_sqlite if engine.dialect.name == "sqlite" else _copy_tables
        facts = copy(engine, folder)
    manifest = {
        "format": FORMAT, "made_by": f"trainhub {__version__}", "started_at": started.isoformat(),
        "finished_at": now().isoformat(), **facts,
        "files": {path.name: _digest(path) for path in sorted(folder.iterdir())},
    }
    _write_private(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    return manifest


def restore(folder: Path, app: Flask) -> Report:
    """Fill the application's empty database from ``folder``, then verify its ledger.

    The files must have the digests of the manifest, the ledger must be sound, and its heads must be
    those that the manifest names. Raises :class:`BackupFault`; the database is then left empty.
    """
    manifest = _checked_manifest(folder)
    with app.app_context():
        engine = db.engine
        _refuse_unless_empty(engine)
        if manifest["kind"] == "sqlite":
            if engine.dialect.name != "sqlite":
                raise BackupFault("这是 SQLite 的备份，不能直接恢复到 PostgreSQL。请先恢复到 SQLite。")
            report = _proof_of_copy(folder / SQLITE_COPY, manifest)
            _fill_sqlite(engine, folder / SQLITE_COPY)
            upgrade(app)
        else:
            upgrade(app)
            report = _fill_tables(engine, folder, manifest)
    return {"restored_from": str(folder), "made_at": manifest["finished_at"], **report}


# --- SQLite --------------------------------------------------------------------------------------


def _file_of(engine: Engine) -> Path:
    name = engine.url.database
    if not name or name == ":memory:":
        raise BackupFault("内存数据库无法备份。")
    return Path(name)


def _copy_sqlite(engine: Engine, folder: Path) -> Report:
    target = folder / SQLITE_COPY
    _write_private(target, b"")
    with closing(sqlite3.connect(_file_of(engine), timeout=30)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, no -wal beside it
    return _sqlite_facts(target)


def _sqlite_facts(path: Path) -> Report:
    """Integrity, schema, row counts and ledger heads of a copy, read from the copy itself."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BackupFault("备份文件没有通过完整性检查，请检查磁盘后重试。")
        names = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "ledger_head" not in names:
            raise BackupFault("数据库还没有初始化：请先运行 trainhub init。")
        counts = {
            table.name: copy.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0]  # noqa: S608  (our own names)
            for table in Base.metadata.sorted_tables if table.name in names
        }
        chain = copy.execute("SELECT district_id, school_id, seq, entry_hash FROM ledger_head ORDER BY 1, 2").fetchall()
        opened = [] if "access_log_head" not in names else copy.execute(
            "SELECT district_id, school_id, seq, entry_hash FROM access_log_head ORDER BY 1, 2"
        ).fetchall()
        versions = [row[0] for row in copy.execute("SELECT version_num FROM alembic_version")]
    return {"kind": "sqlite", "schema": sorted(versions), "rows": counts, "ledger_heads": [list(row) for row in chain],
            "access_heads": [list(row) for row in opened]}


def _proof_of_copy(path: Path, manifest: Report) -> Report:
    """Verify the copy before anything is filled from it."""
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    try:
        with Session(engine) as session:
            return _proof(session, manifest)
    finally:
        engine.dispose()


def _fill_sqlite(engine: Engine, copy: Path) -> None:
    target = _file_of(engine)
    engine.dispose()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as source, closing(sqlite3.connect(target)) as into:
        source.backup(into)
        into.execute("PRAGMA journal_mode=WAL")


# --- any database, table by table ------------------------------------------------------------------


def _copy_tables(engine: Engine, folder: Path) -> Report:
    """Write every table from one snapshot; writers go on meanwhile and see nothing of it."""
    snapshot = engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with snapshot as connection, connection.begin():
        tables = [*Base.metadata.sorted_tables, *tables_of_all(connection)]
        counts = {table.name: _write_table(connection, table, folder) for table in tables}
        with Session(bind=connection) as session:
            chain, opened = _heads(heads(session)), _heads(access_heads(session))
        versions = sorted(current_heads(connection))
    return {"kind": "tables", "schema": versions, "rows": counts, "ledger_heads": chain, "access_heads": opened}


def _write_table(connection: Connection, table: Table, folder: Path) -> int:
    path, count = folder / f"{table.name}{_ENDING}", 0
    _write_private(path, b"")
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for row in connection.execution_options(yield_per=_CHUNK).execute(select(table)).mappings():
            file.write(json.dumps({key: _plain(value) for key, value in row.items()}, ensure_ascii=False) + "\n")
            count += 1
    return count


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _fill_tables(engine: Engine, folder: Path, manifest: Report) -> Report:
    """Fill and verify in one transaction: a fault leaves the database empty."""
    if sorted(expected_heads()) != manifest["schema"]:
        raise BackupFault("备份来自另一个版本的数据库结构。请用生成备份的 TrainHub 版本恢复，再升级。")
    set_read_only(False)
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if connection.execute(select(func.count()).select_from(table)).scalar_one():
                connection.execute(table.delete())  # what the migrations put in; the backup has it too
        for table in Base.metadata.sorted_tables:
            path = folder / f"{table.name}{_ENDING}"
            if path.name in manifest["files"]:
                for rows in _chunks(_superiors_first(table, _read_table(path, table))):
                    connection.execute(table.insert(), rows)
        left_out = _fill_plugins(connection, folder, manifest)
        with Session(bind=connection) as session:
            return _proof(session, manifest) | ({"left_out": left_out} if left_out else {})


def _fill_plugins(connection: Connection, folder: Path, manifest: Report) -> list[str]:
    """Fill the tables of plugins that are installed here; return the names of those that are not, which stay in the backup."""
    names = {name.removesuffix(_ENDING) for name in manifest["files"] if name.startswith(PREFIX) and name.endswith(_ENDING)}
    host: PluginHost = current_app.extensions["trainhub.plugins"]
    for card in host.cards.values():
        if card.found.folder is not None and any(name.startswith(prefix(card.key)) for name in names):
            try:
                make(connection, card.key, card.found.folder / "migrations")
            except PluginFault as fault:
                raise BackupFault(f"插件 {card.key} 的数据表建不起来，未恢复：{fault}") from fault
    for table in tables_of_all(connection):
        if table.name in names:
            for rows in _chunks(_read_table(folder / f"{table.name}{_ENDING}", table)):
                connection.execute(table.insert(), rows)
            names.discard(table.name)
    return sorted(names)


def _read_table(path: Path, table: Table) -> Iterator[dict[str, Any]]:
    moments = {c.name for c in table.columns if isinstance(c.type, UtcDateTime | DateTime)}
    days = {c.name for c in table.columns if isinstance(c.type, Date)}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield {
                key: datetime.fromisoformat(value) if key in moments and value else
                date.fromisoformat(value) if key in days and value else value
                for key, value in row.items()
            }


def _superiors_first(table: Table, rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """A table that points at itself is filled from the root down."""
    if table.name != "org_unit":
        return rows
    waiting, ordered, known = list(rows), [], {None}
    while waiting:
        ready = [row for row in waiting if row["parent_id"] in known]
        if not ready:
            raise BackupFault("机构表里有找不到上级的机构，未恢复。")
        ordered += ready
        known |= {row["id"] for row in ready}
        waiting = [row for row in waiting if row["id"] not in known]
    return ordered


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# --- both ------------------------------------------------------------------------------------------


def _digest(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def _write_private(path: Path, content: bytes) -> None:
    """Write a file for its owner only, complete on the disk before it counts."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _checked_manifest(folder: Path) -> Report:
    path = folder / MANIFEST
    if not path.is_file():
        raise BackupFault(f"{folder} 里没有 {MANIFEST}：备份不完整，未恢复。")
    manifest: Report = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("format") != FORMAT:
        raise BackupFault("备份的格式版本不认识。请使用更新的 TrainHub。")
    for name, stated in manifest["files"].items():
        file = folder / Path(name).name
        if not file.is_file() or _digest(file) != stated:
            raise BackupFault(f"文件 {name} 缺失或被改动（摘要不符），未恢复。")
    return manifest


def _refuse_unless_empty(engine: Engine) -> None:
    set_read_only(True)
    try:
        present = set(inspect(engine).get_table_names())
        with engine.connect() as connection:
            for name in ("org_unit", "account", "person", "ledger_entry"):
                if name in present and connection.execute(
                    select(func.count()).select_from(Base.metadata.tables[name])
                ).scalar_one():
                    raise BackupFault("数据库不是空的。请恢复到一个新的空数据库，不会覆盖已有数据。")
    finally:
        set_read_only(False)


def _proof(session: Session, manifest: Report) -> Report:
    """Verify every chain, and that the heads are the ones the manifest names."""
    checked = verify(session)
    if checked.fault is not None:
        raise BackupFault(f"备份中的台账核对不通过，未恢复：{checked.fault.school_id} 第 {checked.fault.seq} 条（{checked.fault.kind}）。")
    opened = access_heads(session) if is_there(session) else []  # a copy from before there was an access log has none
    if (_heads(heads(session)), _heads(opened)) != (manifest["ledger_heads"], manifest.get("access_heads", [])):
        raise BackupFault("备份中的台账链头与清单不一致，未恢复。")
    return {"chains": checked.chains, "entries": checked.entries, "access_entries": checked.access_entries, "ledger": "sound"}


def _heads(found: list[Head]) -> list[list[Any]]:
    return [[h.district_id, h.school_id, h.seq, h.entry_hash] for h in found]
