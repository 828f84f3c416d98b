"""The statements of a rotation, on either database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.app.rotation import rotate, status
from trainhub.evidence.sealed_files import keep_sealed
from trainhub.kernel.clock import now
from trainhub.kernel.sealing import KeyRing, key_of
from trainhub.plugin_host.models import PluginSetting, secret_place

NOW = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
OLD, RING = KeyRing(key_of("old")), KeyRing(key_of("new"), (key_of("old"),))


def test_text_files_and_mappings_are_counted_and_sealed_anew(session: Session, district: Sample) -> None:
    @contextmanager
    def transaction() -> Iterator[Session]:
        yield session
        session.commit()

    where = (district.district_id, "robot", "bureau", district.district_id)
    session.add(PluginSetting(
        district_id=district.district_id, plugin_key="robot", scope="bureau", scope_id=district.district_id, values={},
        secrets={"key": OLD.seal("x", secret_place(*where, "key"))}, version=1, changed_at=NOW, changed_by="a",
    ))
    for number in range(6):
        keep_sealed(session, OLD, district.district_id, f"text {number}".encode(), "a", NOW)
    session.commit()
    found = {c.column: (c.current, c.former, c.unknown) for c in status(session, RING)}
    assert found["sealed_file.sealed_content"] == (0, 6, 0)
    assert found["plugin_setting.secrets"] == (0, 1, 0)
    done = rotate(transaction, RING, [district.district_id], now, batch=2)
    assert done.resealed == {"sealed_file.sealed_content": 6, "plugin_setting.secrets": 1}
    session.expire_all()
    found = {c.column: (c.current, c.former, c.unknown) for c in status(session, RING)}
    assert found["sealed_file.sealed_content"] == (6, 0, 0)
    assert found["plugin_setting.secrets"] == (1, 0, 0)
