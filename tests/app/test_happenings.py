"""From a planned training to a message in a group: through the outbox, signed, without a name, tried again."""

import json
import secrets
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trainhub_robot
from flask import Flask
from sqlalchemy import select, update
from trainhub_robot.channel import Robot, signature

from tests.builders import Sample, build_district
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.app.happenings import NOTIFY
from trainhub.app.work import run_once
from trainhub.courses.models import CoursePack
from trainhub.jobs.models import OutboxJob
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import hookimpl
from trainhub.plugin_host import queries, service
from trainhub.plugin_host.store import PluginStore
from trainhub.roster.models import Person
from trainhub.training.rules.planning import PartTime, Trainer
from trainhub.training.service.events import CancelEvent, MoveEvent, cancel_event, move_event
from trainhub.training.service.planning import PlanEvent, plan_event, review, sketch_of
from trainhub.web.database import db, set_read_only, transaction
from trainhub.web.keys import key_ring

pytestmark = pytest.mark.files_only
TOPIC = "student_bullying_prevention"
SECRET = "SEC0123456789"


@dataclass
class Group:
    """The robot's end of the line on 127.0.0.1. ``status`` is what it answers next."""

    said: list[tuple[dict[str, list[str]], dict[str, Any]]] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    port: int = 0

    def post(self, address: str, body: bytes, seconds: float) -> bytes:
        """Send what the robot would send to its own host here."""
        parts = urlsplit(address)
        assert (parts.scheme, parts.hostname) == ("https", "oapi.dingtalk.com")
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{parts.path}?{parts.query}", body)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=seconds) as answer:
            return bytes(answer.read())


@pytest.fixture
def group() -> Iterator[Group]:
    heard = Group()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.said.append((parse_qs(urlsplit(self.path).query), json.loads(body)))
            self.send_response(heard.status.pop(0) if heard.status else 200)
            self.end_headers()
            self.wfile.write(b'{"errcode":0,"errmsg":"ok"}')

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    heard.port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()


@dataclass
class Place:
    app: Flask
    sample: Sample

    @property
    def robot(self) -> Any:
        return self.app.extensions["trainhub.plugins"].notifiers["robot"].__wrapped__

    @property
    def officer(self) -> Any:
        return self.sample.actors["training_officer"]

    def work(self) -> None:
        """Everything that waits, however late."""
        with transaction() as session:
            session.execute(update(OutboxJob).where(OutboxJob.state == "waiting").values(run_at=now() - timedelta(seconds=1)))
        run_once(self.app)

    def jobs(self) -> list[tuple[str, int, str]]:
        found = db.session().execute(select(OutboxJob.state, OutboxJob.attempt, OutboxJob.error).where(OutboxJob.kind == NOTIFY))
        rows = [tuple(row) for row in found]
        db.session.remove()
        return rows

    def kept(self) -> list[dict[str, Any]]:
        return PluginStore(db.engine, "robot", self.sample.district_id).rows("delivery")

    def plan(self, days: int = 7, pack_id: str | None = None) -> str:
        start = (now() + timedelta(days=days)).replace(hour=6, minute=30, second=0, microsecond=0)
        part = PartTime(start, start + timedelta(minutes=90), "阶梯教室")
        command = PlanEvent(self.sample.school_id, "防治欺凌专题培训", (part,), topic=TOPIC, trainers=(Trainer("陈立新", "区人民法院"),), pack_id=pack_id)
        with transaction() as session:
            judged = review(session, self.officer.scope(Permission.TRAINING_WRITE), sketch_of(command), now())
            accepted = frozenset(p.key for p in judged.problems if p.severity == "ask")
            return plan_event(session, self.officer, replace(command, accepted=accepted), now()).event_id


@pytest.fixture
def place(tmp_path: Path, group: Group) -> Iterator[Place]:
    """A district that switched the robot on and entered its address."""
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'own.sqlite3'}", "TESTING": True,
        "TRAINHUB_DATA": str(tmp_path), "TRAINHUB_LOG": "off", "WTF_CSRF_ENABLED": False,
    })
    migrate(app)
    with app.app_context():
        set_read_only(False)
        with transaction() as session:
            sample = build_district(session)
        host = app.extensions["trainhub.plugins"]
        admin = sample.actors["system_administrator"]
        with transaction() as session:
            service.switch(session, admin, host, app.extensions["trainhub.plugins_forced"], "robot", True, now())
        host.apply(host.defaults | {"robot"})
        typed = {"webhook": "https://oapi.dingtalk.com/robot/send?access_token=t0ken", "secret": SECRET}
        with transaction() as session:
            service.save_settings(
                session, admin, host, service.SaveSettings("robot", "bureau", sample.district_id, typed, 0), key_ring(), now()
            )
        found = Place(app, sample)
        found.robot.post = group.post
        yield found
        db.session.remove()
        db.engine.dispose()


def test_a_planned_training_arrives_signed_and_names_nobody(place: Place, group: Group) -> None:
    place.plan()
    assert group.said == []  # nothing leaves inside the transaction
    place.work()
    [(query, body)] = group.said
    stamp = int(query["timestamp"][0])
    assert query == {"access_token": ["t0ken"], "timestamp": [str(stamp)], "sign": [signature(stamp, SECRET)]}
    assert abs(now().timestamp() - stamp / 1000) < 60
    text = body["text"]["content"]
    assert text.startswith("培训通知：防治欺凌专题培训\n时间：")
    assert "14:30" in text
    assert "地点：阶梯教室" in text
    names = db.session().scalars(select(Person.name)).all()
    db.session.remove()
    assert len(names) > 5
    assert not [name for name in (*names, "陈立新") if name in json.dumps(body, ensure_ascii=False)]
    assert place.jobs() == [("done", 1, "")]
    assert [(row["kind"], row["attempt"], row["error"]) for row in place.kept()] == [("training.planned", 1, "")]


def test_moved_and_cancelled_are_told_without_the_reason(place: Place, group: Group) -> None:
    event_id = place.plan()
    with transaction() as session:
        move_event(session, place.officer, MoveEvent(event_id, 1 + 1, "王小明老师生病"), now())
    with transaction() as session:
        cancel_event(session, place.officer, CancelEvent(event_id, 3, "王小明老师还没好"), now())
    place.work()
    texts = sorted(body["text"]["content"] for _, body in group.said)
    assert [text.splitlines()[0].partition("：")[0] for text in texts] == ["培训取消", "培训改期", "培训通知"]
    assert "时间：另行通知" in texts[1]
    assert not [text for text in texts if "王小明" in text]


def test_what_does_not_arrive_is_tried_again(place: Place, group: Group) -> None:
    group.status += [503]
    place.plan()
    place.work()
    [(state, attempt, error)] = place.jobs()
    assert (state, attempt) == ("waiting", 1)
    assert error == "NotDelivered: robot: http_503"
    assert [row["error"] for row in place.kept()] == ["http_503"]
    place.work()
    assert place.jobs() == [("done", 2, "")]
    assert [(row["attempt"], row["error"]) for row in place.kept()] == [(2, "")]
    assert len(group.said) == 2


def test_a_channel_that_fails_is_broken_off_and_says_so_on_its_page(place: Place) -> None:
    def explode(*_: Any) -> bytes:
        raise KeyError("https://oapi.dingtalk.com/robot/send?access_token=t0ken")

    place.robot.post = explode
    place.plan()
    for _ in range(4):
        place.work()
    [(state, attempt, error)] = place.jobs()
    assert (state, attempt, error) == ("waiting", 4, "NotDelivered: robot: broken_off")
    note = next(f for f in queries.failures(db.session())["robot"] if f.call.startswith("robot.deliver@"))
    db.session.remove()
    assert note.failures == 3
    assert note.broken_at is not None
    assert note.error.startswith("KeyError in explode")
    assert "t0ken" not in note.error


def test_another_school_may_have_a_group_of_its_own(place: Place, group: Group) -> None:
    host = place.app.extensions["trainhub.plugins"]
    typed = {"webhook": "https://oapi.dingtalk.com/robot/send?access_token=school"}
    with transaction() as session:
        service.save_settings(
            session, place.sample.actors["system_administrator"], host,
            service.SaveSettings("robot", "school", place.sample.school_id, typed, 0), key_ring(), now(),
        )
    place.plan()
    place.work()
    assert [query["access_token"] for query, _ in group.said] == [["school"]]
    assert isinstance(place.robot, Robot)


def test_a_course_may_have_a_group_of_its_own(place: Place, group: Group) -> None:
    """What is set for a course pack goes before the school's, for trainings planned with that pack and no other."""
    host, admin = place.app.extensions["trainhub.plugins"], place.sample.actors["system_administrator"]
    with transaction() as session:
        session.add(CoursePack(
            pack_id="staff-law", version="1", digest="0" * 64, type_key="staff_training", topic=TOPIC, title="法律与职责",
            delivery_mode="face_to_face", minutes=90, class_hours=2, content={}, installed_at=now(),
        ))
    for scope, where in (("school", place.sample.school_id), ("course", "staff-law")):
        typed = {"webhook": f"https://oapi.dingtalk.com/robot/send?access_token={scope}"}
        with transaction() as session:
            service.save_settings(session, admin, host, service.SaveSettings("robot", scope, where, typed, 0), key_ring(), now())
    place.plan(pack_id="staff-law")
    place.plan(days=14)
    place.work()
    assert sorted(query["access_token"] for query, _ in group.said) == [["course"], ["school"]]


def test_switching_another_plugin_is_told_once_each_way(place: Place) -> None:
    host, forced = place.app.extensions["trainhub.plugins"], place.app.extensions["trainhub.plugins_forced"]
    for on in (True, True, False):  # the second changes nothing and is told to nobody
        with transaction() as session:
            service.switch(session, place.sample.actors["system_administrator"], host, forced, "ical", on, now())
    place.work()
    told = PluginStore(db.engine, "robot", place.sample.district_id).rows("happening")
    assert sorted(row["kind"] for row in told) == ["plugin.disabled", "plugin.enabled"]
    [row] = [r for r in told if r["kind"] == "plugin.enabled"]
    with transaction() as session:
        job = session.scalars(select(OutboxJob).where(OutboxJob.dedup == row["key"])).one()
        assert job.payload["facts"] == {"plugin": "ical"}


def test_a_worker_that_began_before_the_switch_hears_of_it(place: Place, group: Group) -> None:
    place.plan()
    host = place.app.extensions["trainhub.plugins"]
    post = place.robot.post
    host.apply(host.defaults)  # as a worker process that was started earlier
    assert "robot" not in host.notifiers
    original = trainhub_robot.trainhub_notifiers

    def with_our_end() -> Any:
        found = original()
        for notifier in found:
            notifier.post = post
        return found

    host.cards["robot"].module = type(trainhub_robot)("trainhub_robot_here")
    vars(host.cards["robot"].module).update({**vars(trainhub_robot), "trainhub_notifiers": hookimpl(with_our_end)})
    place.work()
    assert len(group.said) == 1
