"""Tables of plugins: their own prefix only, their own district only."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.plugin_host import store
from trainhub.plugin_host.manifest import PluginFault

REVISION = """
import sqlalchemy as sa
from alembic import op
revision = "{rev}"
down_revision = {down}
branch_labels = {labels}
depends_on = None

def upgrade():
    {body}
"""
ROOMS = 'op.create_table("px_rooms_room", sa.Column("district_id", sa.String(32)), sa.Column("name", sa.String(40)), sa.Column("seats", sa.Integer))'


def write(folder: Path, rev: str, body: str, down: str | None = None) -> Path:
    text = REVISION.format(rev=rev, down=repr(down), labels="None" if down else '("plugin_rooms",)', body=body)
    folder.joinpath(f"{rev}.py").write_text(text, encoding="utf-8")
    return folder


def test_a_plugin_makes_uses_and_loses_its_own_tables(session: Session, district: Sample, tmp_path: Path) -> None:
    connection = session.connection()
    write(tmp_path, "r1", ROOMS)
    assert store.upgrade(connection, "rooms", tmp_path) == ["px_rooms_room"]
    write(tmp_path, "r2", 'op.create_table("px_rooms_key", sa.Column("district_id", sa.String(32)))', "r1")
    assert store.upgrade(connection, "rooms", tmp_path) == ["px_rooms_key", "px_rooms_room"]
    assert store.upgrade(connection, "rooms", tmp_path) == ["px_rooms_key", "px_rooms_room"]
    connection.execute(sa.text("INSERT INTO px_rooms_room VALUES ('d1', '报告厅', 300), ('d2', '会议室', 20)"))
    assert store.count(connection, "rooms") == {"px_rooms_key": 0, "px_rooms_room": 2}
    assert store.everything(connection, "rooms", "d1")["px_rooms_room"] == [{"district_id": "d1", "name": "报告厅", "seats": 300}]
    assert store.drop(connection, "rooms") == {"px_rooms_key": 0, "px_rooms_room": 2}
    assert store.tables_of(connection, "rooms") == []
    assert not sa.inspect(connection).has_table("px_rooms_version")


@pytest.mark.parametrize("body", [
    'op.create_table("rooms", sa.Column("district_id", sa.String(32)))',
    'op.execute("DELETE FROM ledger_entry")',
    'op.execute("UPDATE person SET name = name")',
    'op.add_column("account", sa.Column("spy", sa.String(9)))',
    'op.drop_table("attendance_mark")',
    'op.execute("CREATE TABLE px_rooms_copy AS SELECT * FROM account")',
])  # fmt: skip
def test_a_migration_that_reaches_beyond_its_prefix_is_refused(session: Session, tmp_path: Path, body: str) -> None:
    write(tmp_path, "r1", body)
    with pytest.raises(PluginFault):
        store.upgrade(session.connection(), "rooms", tmp_path)


def test_a_table_without_the_district_is_refused(session: Session, tmp_path: Path) -> None:
    write(tmp_path, "r1", 'op.create_table("px_rooms_room", sa.Column("name", sa.String(40)))')
    with pytest.raises(PluginFault, match="no column district_id"):
        store.upgrade(session.connection(), "rooms", tmp_path)


def test_the_store_shows_a_plugin_its_own_rows_of_its_own_district(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'own.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE px_rooms_room (district_id VARCHAR(32), name VARCHAR(40))"))
        connection.execute(sa.text("CREATE TABLE account (district_id VARCHAR(32), name VARCHAR(40))"))
    here, there = store.PluginStore(engine, "rooms", "d1"), store.PluginStore(engine, "rooms", "d2")
    assert here.add("room", [{"name": "报告厅"}, {"name": "会议室", "district_id": "d2"}]) == 2
    assert {row["name"] for row in here.rows("room")} == {"报告厅", "会议室"}
    assert there.rows("room") == []
    assert there.remove("room", {"name": "报告厅"}) == 0
    assert here.remove("px_rooms_room", {"name": "报告厅"}) == 1
    for name in ("account", "px_other_room", "sqlite_master"):
        with pytest.raises(PluginFault):
            here.rows(name)
    engine.dispose()
