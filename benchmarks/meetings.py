"""Times class meetings inside one process; prints JSON. Run by ``benchmarks.run``, or alone: ``python -m benchmarks.meetings``.

A school of 60 classes with 50 pupils each: one form that plans a meeting for every class, the board of 60 classes with six
meetings each, the record page of a phone as it goes over the wire, and the saving of a record beside the floor's save of a
roll of the same size. Times are on the wall, medians, without network.
"""

import gzip
import json
import re
import secrets
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import time_machine  # noqa: E402
from flask import Flask  # noqa: E402
from flask.testing import FlaskClient  # noqa: E402

from benchmarks import floor  # noqa: E402
from benchmarks.inside import add_token, counted, median_ms, signed_in  # noqa: E402
from trainhub.app import create_app  # noqa: E402
from trainhub.app.schema import upgrade  # noqa: E402
from trainhub.class_meetings.models import ClassMeeting  # noqa: E402
from trainhub.class_meetings.service.standing import rebuild  # noqa: E402
from trainhub.courses.packs import SHIPPED, pack_folders, read_folder  # noqa: E402
from trainhub.courses.service import install_pack  # noqa: E402
from trainhub.kernel.clock import SCHOOL_ZONE, at, now  # noqa: E402
from trainhub.kernel.ids import new_id  # noqa: E402
from trainhub.testing import district as build  # noqa: E402
from trainhub.web.database import db, transaction  # noqa: E402

CLASSES, PUPILS, PER_CLASS = 60, 50, 6
TODAY = datetime(2026, 11, 20, 9, 0, tzinfo=SCHOOL_ZONE)
FIRST_MONDAY = date(2026, 9, 14)
REPEATS = 15


def make(folder: Path) -> tuple[Flask, dict[str, Any]]:
    """Build the school; returns the application and what the measurements need of it."""
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'meetings.sqlite3'}",
        "TRAINHUB_DATA": str(folder), "TRAINHUB_LOG": "off", "WTF_CSRF_ENABLED": False,
    })
    upgrade(app)
    with app.test_request_context("/", method="POST"), transaction() as session:
        sample = build.build_district(session, staff=CLASSES + 6)
        build.add_term(session, sample)
        build.add_lesson_times(session, sample)
        for folder_of in pack_folders(SHIPPED):
            pack, _problems = read_folder(folder_of)
            if pack is not None and pack.type_key == "class_meeting":
                install_pack(session, None, pack, now())
        classes = [_class(session, sample, number) for number in range(CLASSES)]
        meetings = [_meetings(session, sample, class_id, number) for number, class_id in enumerate(classes)]
        rebuild(session, sample.district_id, sample.school_id, "2026-2027", "autumn", now())
        tokens = {key: add_token(session, sample, key) for key in ("moral_education_head", "homeroom_teacher")}
    return app, {"tokens": tokens, "classes": classes, "record": meetings[0][0]}


def _class(session: Any, sample: Any, number: int) -> str:
    class_id = build.add_class(session, sample.district_id, sample.school_id, 7 + number // 20, number % 20 + 1)
    teacher = sample.people[1] if number == 0 else sample.people[5 + number]
    build.add_post(session, sample.district_id, sample.school_id, teacher, "homeroom_teacher", date(2026, 9, 1), class_id=class_id)
    build.add_timetable(session, sample, class_id, teacher_id=teacher)
    build.add_pupils(session, sample, class_id, PUPILS)
    return class_id


def _meetings(session: Any, sample: Any, class_id: str, number: int) -> list[str]:
    teacher = sample.people[1] if number == 0 else sample.people[5 + number]
    ids = []
    for week in range(PER_CLASS):
        start = at(FIRST_MONDAY + timedelta(weeks=week), datetime(2026, 1, 1, 16, 10).time())  # noqa: DTZ001  a clock's time
        ids.append(new_id())
        session.add(ClassMeeting(
            district_id=sample.district_id, id=ids[-1], school_id=sample.school_id, class_id=class_id, school_year="2026-2027", season="autumn",
            state="scheduled", title="旁观者可以做什么", pack_id="class-junior-bystander", pack_version="1.0", starts_at=start,
            ends_at=start + timedelta(minutes=45), lesson_no=8, responsible_id=teacher, held_by_id=teacher, planned_by=new_id(),
            created_at=now(), updated_at=now(),
        ))
    session.flush()
    return ids


def plan_all(app: Flask, dean: FlaskClient, classes: list[str]) -> dict[str, float]:
    """One form for all classes: seconds and statements, for a third of them and for all."""
    found: dict[str, float] = {}
    for name, ids, week in (("few", classes[:20], "2026-11-23"), ("all", classes, "2026-11-30")):
        data = {"grade": ["7", "8", "9"], "week": week, "theme": "", "title": ""} | {f"on-{i}": "1" for i in ids}
        with counted(app) as seen:
            began = time.perf_counter()
            answer = dean.post("/meetings/waves/new", data=data)
            found[f"{name}_seconds"] = round(time.perf_counter() - began, 3)
        if answer.status_code != 303:
            raise RuntimeError(answer.get_data(as_text=True)[:2000])
        found[f"{name}_statements"] = len(seen)
    return found


def save_record(app: Flask, teacher: FlaskClient, meeting: str) -> dict[str, float]:
    """Save the record of 50 pupils with three absent, each time as a new revision; beside it the floor's roll of 50."""
    path = f"/meetings/{meeting}/record"
    page = teacher.get(path).get_data(as_text=True)
    pupils = re.findall(r'name="absence-([0-9a-f]{32})"', page)
    steps = int(re.search(r'name="steps" value="(\d+)"', page)[1])  # type: ignore[index]
    revision = 0

    def save(number: int) -> None:
        nonlocal revision
        fields = {
            "op_id": new_id(), "seen_revision": str(revision), "day": "2026-09-14", "starts": "16:10", "ends": "16:55", "steps": str(steps),
            "worked": f"小组讨论充分，第 {number + 3} 次保存。", "again": "", "engagement": "high",
            **{f"step-{n}": "yes" for n in range(steps)}, **{f"minutes-{n}": "6" for n in range(steps)},
            **{f"absence-{pupils[(number + k) % len(set(pupils))]}": "excused.sick" for k in range(3)},
        }
        answer = teacher.post(path, data=fields)
        if answer.status_code != 303:
            raise RuntimeError(answer.get_data(as_text=True)[:2000])
        revision += 1

    with counted(app) as seen:
        save(-3)
    statements = [s for s in seen if not s.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]
    return {"ms": median_ms(save), "statements": float(len(statements))}


def floor_save(folder: Path) -> float:
    """Median milliseconds of the floor's save of a roll of the same size."""
    small = floor.make(folder / "floor.sqlite3")
    small.config["WTF_CSRF_ENABLED"] = False
    roll = floor.fill(small, (PUPILS,), 1)[0][0]
    client = small.test_client()
    client.get("/in")
    values = ("present", "absent")
    return median_ms(lambda n: client.post(f"/roll/{roll}", data={f"mark-{roll * 1000 + k}": values[(n + k) % 9 == 0] for k in range(1, PUPILS + 1)}))


def weight(teacher: FlaskClient, meeting: str) -> dict[str, float]:
    """Bytes over the wire of the record page with everything it loads, cache empty."""
    page = teacher.get(f"/meetings/{meeting}/record").get_data()
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode()))
    sizes = [len(gzip.compress(page, 6)), *(len(gzip.compress(teacher.get(name).get_data(), 6)) for name in files)]
    return {"kb": round(sum(sizes) / 1024, 1), "requests": float(len(sizes)), "page_kb": round(sizes[0] / 1024, 1)}


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="trainhub-meetings-") as name, time_machine.travel(TODAY, tick=True):
        folder = Path(name)
        app, facts = make(folder)
        dean, teacher = (signed_in(app, facts["tokens"][key]) for key in ("moral_education_head", "homeroom_teacher"))
        board = median_ms(lambda _: dean.get("/meetings/board").get_data())
        found = {
            "board": {"ms": board},
            "record page": weight(teacher, facts["record"]),
            "record": save_record(app, teacher, facts["record"]) | {"floor_ms": floor_save(folder)},
            "planning": plan_all(app, dean, facts["classes"]),
        }
        with app.app_context():
            db.engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
