"""Switching off, exporting, purging: three steps, each of the asker's own district."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.ledger.queries import verify
from trainhub.plugin_host import store
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.models import PluginChoice, PluginSetting

SignIn = Callable[[FlaskClient, str], None]
ADMIN = "system_administrator"
SECRET = "sehr-geheim-4711"
ROOM = sa.table("px_rooms_room", sa.column("district_id"), sa.column("name"))


@pytest.fixture
def admin(
    client: FlaskClient, sign_in: SignIn, plugin_host: PluginHost, session: Session, district: Sample
) -> FlaskClient:
    """The administrator; the plugin is on, has settings and two rows."""
    sign_in(client, ADMIN)
    assert client.post("/plugins/rooms/on").status_code == 303
    client.post(
        "/plugins/rooms/settings", data={"set-webhook": "https://a.example/", "set-token": SECRET, "version": "0"}
    )
    session.execute(
        sa.insert(ROOM), [{"district_id": district.district_id, "name": name} for name in ("报告厅", "会议室")]
    )
    session.commit()
    return client


def last_payload(session: Session, kind: str) -> dict[str, object]:
    entry = session.scalars(
        select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.seq.desc())
    ).first()
    assert entry is not None
    found: dict[str, object] = session.get_one(LedgerPayload, (entry.district_id, entry.school_id, entry.seq)).payload
    return found


def rows_left(session: Session) -> int:
    return int(session.scalar(select(sa.func.count()).select_from(ROOM)) or 0)


def test_the_export_holds_everything_but_secrets(admin: FlaskClient, session: Session, district: Sample) -> None:
    stranger = build_district(session)
    session.execute(sa.insert(ROOM), [{"district_id": stranger.district_id, "name": "别区的会议室"}])
    session.commit()
    answer = admin.post("/plugins/rooms/export")
    assert answer.content_type == "application/zip"
    assert "plugin-rooms-" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(files) == {"plugin.json", "settings.json", "history.json", "tables/px_rooms_room.json"}
    assert SECRET not in "".join(files.values())
    assert "别区" not in "".join(files.values())
    assert sorted(row["name"] for row in json.loads(files["tables/px_rooms_room.json"])) == ["会议室", "报告厅"]
    (settings,) = json.loads(files["settings.json"])
    assert settings["values"] == {"webhook": "https://a.example/"}
    assert settings["secrets_set"] == ["token"]
    assert [row["kind"] for row in json.loads(files["history.json"])] == ["plugin.settings", "plugin.enabled"]
    assert last_payload(session, "plugin.exported")["rows"] == {"px_rooms_room": 2}


def test_what_is_on_cannot_be_purged(admin: FlaskClient, session: Session) -> None:
    assert "请先停用" in admin.get("/plugins/rooms/purge").get_data(as_text=True)
    assert admin.post("/plugins/rooms/purge", data={"typed": "rooms"}).status_code == 409
    assert rows_left(session) == 2


@pytest.mark.parametrize("typed", ["", "room", "ROOMS", "rooms rooms"])
def test_the_key_must_be_typed(admin: FlaskClient, session: Session, typed: str) -> None:
    admin.post("/plugins/rooms/off")
    answer = admin.post("/plugins/rooms/purge", data={"typed": typed})
    assert answer.status_code == 422
    assert "照原样输入 rooms" in answer.get_data(as_text=True)
    assert rows_left(session) == 2


def test_purged_means_gone_and_the_ledger_says_how_much(
    admin: FlaskClient, session: Session, plugin_host: PluginHost
) -> None:
    admin.post("/plugins/rooms/off")
    assert rows_left(session) == 2  # switching off keeps everything
    assert admin.post("/plugins/rooms/purge", data={"typed": "rooms"}).status_code == 303
    assert last_payload(session, "plugin.purged") == {
        "plugin": "rooms",
        "rows": {"px_rooms_room": 2},
        "settings": 1,
        "dropped": True,
    }
    assert store.tables_of(session.connection(), "rooms") == []
    assert session.scalars(select(PluginSetting)).all() == []
    assert session.scalars(select(PluginChoice)).all() == []
    assert verify(session).fault is None
    assert admin.post("/plugins/rooms/on").status_code == 303  # it begins anew
    assert rows_left(session) == 0


def test_a_purge_takes_nothing_of_another_district(admin: FlaskClient, session: Session, district: Sample) -> None:
    stranger = build_district(session)
    own = session.get_one(PluginChoice, (district.district_id, "rooms"))
    session.add(
        PluginChoice(
            district_id=stranger.district_id,
            plugin_key="rooms",
            is_on=True,
            changed_at=own.changed_at,
            changed_by=own.changed_by,
        )
    )
    session.execute(sa.insert(ROOM), [{"district_id": stranger.district_id, "name": "别区的会议室"}])
    session.commit()
    admin.post("/plugins/rooms/off")
    assert admin.post("/plugins/rooms/purge", data={"typed": "rooms"}).status_code == 303
    assert session.scalars(select(ROOM.c.name)).all() == ["别区的会议室"]
    assert last_payload(session, "plugin.purged")["dropped"] is False
    assert session.get(PluginChoice, (stranger.district_id, "rooms")) is not None


def test_a_plugin_that_is_not_installed_any_more_can_be_left_too(
    admin: FlaskClient, session: Session, plugin_host: PluginHost
) -> None:
    card = plugin_host.cards.pop("rooms")
    try:
        session.execute(sa.update(PluginChoice).values(is_on=False))
        session.commit()
        assert admin.post("/plugins/rooms/export").status_code == 200
        assert admin.get("/plugins/rooms/purge").status_code == 200
        assert admin.post("/plugins/rooms/purge", data={"typed": "rooms"}).status_code == 303
        assert store.tables_of(session.connection(), "rooms") == []
        assert admin.get("/plugins/rooms").status_code == 404
    finally:
        plugin_host.cards["rooms"] = card
