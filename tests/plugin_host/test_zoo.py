"""A zoo of bad plugins, each alone and all at once: core pages answer, other plugins work, the fault bears a name."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.migrated import migrate
from tests.plugin_host.cages import put, source
from trainhub.app import create_app
from trainhub.app.plugins import note_failures
from trainhub.evidence import intake
from trainhub.kernel.clock import now
from trainhub.plugin_api import Upload
from trainhub.plugin_host.models import PluginFailure
from trainhub.testing.district import Sample, build_district
from trainhub.web.database import db, transaction

pytestmark = pytest.mark.files_only

COURSE = """
from trainhub.plugin_api import CourseCredit, CourseTypeSpec, hookimpl
{above}
class Type:
    spec = CourseTypeSpec(key="{key}", label="{key}", audience="staff", modes=("face_to_face",), default_roll="unmarked")
    def problems(self, details):
        {body}
    def credit(self, *, attended_minutes, scheduled_minutes, mode):
        {credit}

@hookimpl
def trainhub_course_types():
    return [Type()]
"""


def course(key: str, body: str = "return []", credit: str = "return CourseCredit(attended_minutes)", above: str = "") -> str:
    return COURSE.format(key=key, body=body, credit=credit, above=above)


SOURCES = {
    "raises": source("raises", recognise="raise ValueError"),
    "exits": source("exits", recognise="raise SystemExit(7)"),
    "kills": source("kills", recognise="import os; os._exit(9)"),
    "recurses": source("recurses", recognise="return self.recognise(upload)"),
    "hangs": source("hangs", recognise="import time; time.sleep(60)"),
    "eats": source("eats", recognise="return len([0] * 10**10)"),
    "prints": source("prints", recognise="print('x' * 100_000); return 0"),
    "lies": source("lies", recognise="return 'very sure'"),
    "writes": source("writes", recognise="f = open(upload.content.decode().split()[-1], 'a'); f.write('x' * 10); f.flush(); return 0"),
}
TYPES = {
    "type_raises": course("type_raises", "raise KeyError('王小明')", "raise KeyError('王小明')"),
    "type_exits": course("type_exits", "raise SystemExit", "raise SystemExit"),
    "type_hangs": course("type_hangs", "import time; time.sleep(60)", "import time; time.sleep(60)"),
    "type_floods": course("type_floods", "return [0] * 10**6"),
    "type_credits": course("type_credits", credit="return CourseCredit(10**6)"),
    "type_commits": course("type_commits", "from trainhub.web.database import db; db.session.commit(); return []"),
    "type_reads": course("type_reads", "from trainhub.web.database import db; return list(db.session.connection())"),
    "type_leaks": course("type_leaks", "kept.extend(socket.socket() for _ in range(500)); return []", above="import socket\nkept = []"),
}
BROKEN = {
    "no_module": "import no_such_module_anywhere",
    "syntax": "def broken(:",
    "leaves": "raise SystemExit(1)",
    "hook_raises": "from trainhub.plugin_api import hookimpl\n@hookimpl\ndef trainhub_attendance_sources():\n    raise RuntimeError",
    "no_spec": "from trainhub.plugin_api import hookimpl\n@hookimpl\ndef trainhub_attendance_sources():\n    return [object()]",
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Sample]]:
    """An application in which every bad plugin is switched on."""
    cages = tmp_path_factory.mktemp("zoo")
    for key, code in SOURCES.items():
        put(cages, key, code)
    for key, code in TYPES.items():
        put(cages, key, code, [f"course_type:{key}"])
    for key, code in BROKEN.items():
        put(cages, key, code)
    data = tmp_path_factory.mktemp("data")
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "SQLALCHEMY_DATABASE_URI": f"sqlite:///{data / 'zoo.sqlite3'}", "TESTING": True,
        "TRAINHUB_DATA": str(data), "TRAINHUB_LOG": "off", "WTF_CSRF_ENABLED": False, "TRAINHUB_PLUGIN_PATH": str(cages),
        "TRAINHUB_PLUGINS": ",".join([*SOURCES, *TYPES, *BROKEN]),
    })  # fmt: skip
    migrate(app)
    with app.app_context(), transaction() as session:
        district = build_district(session)
    yield app, district
    with app.app_context():
        db.engine.dispose()


def test_the_broken_are_set_aside_by_name_and_the_rest_is_there(zoo: tuple[Flask, Sample]) -> None:
    host = zoo[0].extensions["trainhub.plugins"]
    assert {key for key, card in host.cards.items() if card.fault} == set(BROKEN)
    assert set(SOURCES) <= set(host.sources)
    assert "tabular" in host.sources
    assert set(TYPES) | {"staff_training"} <= set(host.course_types)


def test_a_file_is_still_recognised_among_bad_sources(zoo: tuple[Flask, Sample], tmp_path: Path) -> None:
    app, _ = zoo
    sources = [s for s in app.extensions["trainhub.plugins"].sources.values() if s.spec.kind == "file"]
    target = tmp_path / "kept"
    upload = Upload("签到.csv", f"姓名,工号,签到时间\n陈若兰,T001,13:55\n备注 {target}".encode())
    with app.app_context():
        scores = intake.recognise(upload, sources)
        assert max(scores, key=lambda key: scores[key]) == "tabular"
        assert {scores[key] for key in SOURCES} == {0}
    began = time.perf_counter()
    alone = intake.recognise(upload, [s for s in sources if s.spec.key in {"tabular", "hangs"}])
    assert "hangs" not in alone  # broken off: it costs nothing any more
    assert time.perf_counter() - began < 10
    guards = app.extensions["trainhub.plugins"].cards
    assert guards["hangs"].guard.records["hangs.recognise"].broken
    assert not target.exists() or not target.stat().st_size  # the reading child may not write


@pytest.mark.parametrize("key", sorted(TYPES))
def test_a_bad_course_type_costs_its_own_card_only(zoo: tuple[Flask, Sample], key: str) -> None:
    app, _ = zoo
    kind = app.extensions["trainhub.plugins"].course_types[key]
    with app.app_context():
        for _ in range(4):
            assert isinstance(kind.problems({}), list)
            worth = [kind.credit(attended_minutes=m, scheduled_minutes=45, mode="face_to_face").minutes for m in (0, 20, 50)]
            assert worth == [0, 20, 45]  # what was attended, never more than was scheduled, whatever the type does


def test_core_transactions_survive_a_plugin_that_commits(zoo: tuple[Flask, Sample]) -> None:
    host = zoo[0].extensions["trainhub.plugins"]
    host.cards["type_commits"].guard.reset()
    ghost = PluginFailure(
        plugin_key="ghost", call="x", failures=1, reason="failed", error="", first_at=now(), last_at=now(), broken_at=None
    )

    def step() -> None:
        with transaction() as session:
            session.add(ghost)
            session.flush()
            host.course_types["type_commits"].problems({})
            raise ZeroDivisionError

    with zoo[0].app_context():
        with pytest.raises(ZeroDivisionError):
            step()
        assert db.session.get(PluginFailure, ("ghost", "x")) is None


def test_failures_are_noted_by_name_without_anybodys_data(zoo: tuple[Flask, Sample]) -> None:
    app, _ = zoo
    host = app.extensions["trainhub.plugins"]
    for key in ("type_raises", "type_hangs"):
        host.cards[key].guard.reset()
        host.course_types[key].problems({})
    for key in ("hangs", "raises"):
        host.sources[key].note_failure("recognise", "failed", "told by the child")
    with app.app_context():
        note_failures(host)
        noted = {row.plugin_key: row for row in db.session.query(PluginFailure)}
        assert set(BROKEN) | {"type_raises", "type_hangs", "hangs", "raises"} <= set(noted)
        assert noted["type_hangs"].broken_at is not None
        assert all("王小明" not in row.error for row in noted.values())
