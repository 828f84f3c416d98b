"""300 people behind one address check in with their phones at once; prints JSON.

``python -m benchmarks.check_in [folder]`` makes a school of 300 with an open session, serves it as an installation
does (one process, SQLite, waitress) and lets 12 clients scan for everybody, ten a second: twice as fast as 300 in a
minute. Counted is what the database holds afterwards.
"""

import json
import os
import queue
import re
import secrets
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.client import Browser, Wrong  # noqa: E402

PEOPLE, CLIENTS, RATE = 300, 12, 10


def prepare(app: Any) -> tuple[str, list[str]]:
    """Make the school; returns the sheet and a signed cookie for each person."""
    from flask.sessions import SecureCookieSessionInterface

    from trainhub.accounts import rules
    from trainhub.accounts.models import UserSession
    from trainhub.attendance import service
    from trainhub.kernel.clock import now
    from trainhub.kernel.ids import new_id
    from trainhub.kernel.minutes import whole_minute
    from trainhub.kernel.permissions import Role
    from trainhub.testing.district import add_account, build_district
    from trainhub.web.database import transaction

    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    tokens = [secrets.token_urlsafe(16) for _ in range(PEOPLE)]
    with app.test_request_context("/", method="POST"), transaction() as session:
        sample = build_district(session, staff=PEOPLE)
        moment = now()
        for number, person in enumerate(sample.people):
            account = add_account(session, sample, f"phone{number}", Role.TEACHER, sample.school_id, person)
            session.add(UserSession(
                token_hash=rules.token_digest(tokens[number]), district_id=sample.district_id, id=new_id(), account_id=account,
                created_at=moment, used_at=moment, expires_at=moment + rules.SESSION_LIFETIME,
            ))
        start = whole_minute(moment - timedelta(minutes=1))
        officer = sample.actors["training_officer"]
        sheet = service.open_sheet(session, officer, service.OpenSheet(
            sample.school_id, "training_part", new_id(), "专题培训", start, start + timedelta(hours=2),
            people=[service.SheetPerson(p, i + 1, f"部门{i // 20}", f"T{i:04d}") for i, p in enumerate(sample.people)],
        ), moment)
        service.begin_check_in(session, officer, sheet, "qr", moment)
    return sheet, [signer.dumps({"_user_id": token, "_fresh": True}) for token in tokens]


def address(app: Any, sheet: str) -> str:
    """What the projector shows now."""
    from trainhub.attendance.models import CheckInDesk
    from trainhub.attendance.queries.check_in import desk_of_code
    from trainhub.attendance.views import codes
    from trainhub.kernel.clock import now
    from trainhub.web.database import db

    with app.test_request_context():
        name = db.session.query(CheckInDesk.code).filter(CheckInDesk.sheet_id == sheet).scalar()
        desk = desk_of_code(db.session(), name)
        assert desk is not None
        shown = codes.shown(desk, now())
        db.session.remove()
    return f"/check-in/{name}.{shown.token}"


def one_person(port: int, name: str, cookie: str, path: str) -> tuple[float, float]:
    """Scan and press the button; seconds of each."""
    phone = Browser(port)
    phone._cookies[name] = cookie  # noqa: SLF001  a phone that signed in before
    began = time.perf_counter()
    page = phone.get(path).decode()
    shown = time.perf_counter()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    phone.post("/check-in", {"csrf_token": token[1] if token else ""})
    return shown - began, time.perf_counter() - shown


@dataclass
class Crowd:
    """People on their way to the screen, twice as fast as they have to be, and how it went."""

    port: int
    cookie_name: str
    shown: str
    left: "queue.SimpleQueue[tuple[float, str]]" = field(default_factory=queue.SimpleQueue)
    gets: list[float] = field(default_factory=list)
    posts: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> None:
        """Be one of the clients until nobody is left."""
        while not self.left.empty():
            try:
                at, cookie = self.left.get_nowait()
                time.sleep(max(0.0, at - time.perf_counter()))
                took = one_person(self.port, self.cookie_name, cookie, self.shown)
            except queue.Empty:
                return
            except (Wrong, OSError) as error:
                self.wrong.append(str(error)[:300])
            else:
                with self.lock:
                    self.gets.append(took[0])
                    self.posts.append(took[1])


def scan_all(app: Any, sheet: str, cookies: list[str], port: int) -> tuple[Crowd, float]:
    """Let the clients scan for everybody; returns how it went and the seconds of all of it."""
    crowd, done = Crowd(port, app.config["SESSION_COOKIE_NAME"], address(app, sheet)), threading.Event()
    began = time.perf_counter()
    for number, cookie in enumerate(cookies):
        crowd.left.put((began + number / RATE, cookie))

    def renew() -> None:
        while not done.wait(5):
            crowd.shown = address(app, sheet)

    threading.Thread(target=renew, daemon=True).start()
    workers = [threading.Thread(target=crowd.work) for _ in range(CLIENTS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done.set()
    return crowd, time.perf_counter() - began


def measure(folder: Path) -> dict[str, Any]:
    """Run it and count."""
    from benchmarks.run import cpu_of, free_port, server
    from trainhub.app import create_app
    from trainhub.app.schema import upgrade
    from trainhub.attendance.models import AttendanceClaim, AttendanceRecord, CheckIn
    from trainhub.ledger.models import LedgerEntry
    from trainhub.web.database import db

    key, url = secrets.token_urlsafe(48), f"sqlite:///{folder / 'check_in.sqlite3'}"
    app = create_app({"SECRET_KEY": key, "SQLALCHEMY_DATABASE_URI": url, "TRAINHUB_DATA": str(folder), "TRAINHUB_LOG": "off"})
    upgrade(app)
    sheet, cookies = prepare(app)
    port = free_port()
    env = os.environ | {"TRAINHUB_DATA": str(folder), "TRAINHUB_SECRET_KEY": key, "TRAINHUB_DATABASE_URL": url, "TRAINHUB_LOG": "off",
                        "PYTHONPATH": str(ROOT)}
    code = f"import sys; from trainhub.cli.main import main; sys.argv = ['trainhub', 'serve', '--port', '{port}']; main()"
    with server([sys.executable, "-c", code], env, port, "/sign-in") as (pid, _):
        used, before = cpu_of(pid), cpu_of(pid)()
        crowd, seconds = scan_all(app, sheet, cookies, port)
        processor = used() - before
    with app.app_context():
        count = {
            name: db.session.query(model).filter(*where).count() for name, model, where in (
                ("check_ins", CheckIn, ()), ("claims", AttendanceClaim, (AttendanceClaim.source == "qr",)),
                ("present", AttendanceRecord, (AttendanceRecord.status.is_not(None),)),
                ("ledger", LedgerEntry, (LedgerEntry.kind == "roll.marked",)),
            )
        }
        db.session.remove()
        db.engine.dispose()
    gets, posts, wrong = crowd.gets, crowd.posts, crowd.wrong
    both = sorted(a + b for a, b in zip(gets, posts, strict=True))
    gets.sort()
    posts.sort()
    return {
        "people": PEOPLE, "clients": CLIENTS, "lost": PEOPLE - min(count.values()), **count, "refused": len(wrong), "first_refusals": wrong[:3],
        "seconds": round(seconds, 2), "processor_ms_each": round(processor / PEOPLE * 1e3, 1),
        "page_p50_ms": round(gets[len(gets) // 2] * 1e3, 1), "page_p95_ms": round(gets[int(len(gets) * 0.95)] * 1e3, 1),
        "button_p50_ms": round(posts[len(posts) // 2] * 1e3, 1), "button_p95_ms": round(posts[int(len(posts) * 0.95)] * 1e3, 1),
        "both_p95_ms": round(both[int(len(both) * 0.95)] * 1e3, 1),
    }


def main() -> None:
    """Entry point."""
    with tempfile.TemporaryDirectory(prefix="trainhub-check-in-") as name:
        print(json.dumps(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(name)), ensure_ascii=False))


if __name__ == "__main__":
    main()
