"""300 people behind one address check in with their phones at once; prints JSON.

``python -m benchmarks.check_in [folder]`` makes a school of 300 with an open session, serves it as an installation
does (one process, SQLite, waitress) and lets 12 clients scan for everybody as fast as they can, which is harder than
the minute that people take. Counted is what the database holds afterwards.
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
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.client import Browser, Wrong  # noqa: E402

PEOPLE, CLIENTS = 300, 12


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


def scan_all(app: Any, sheet: str, cookies: list[str], port: int) -> tuple[list[float], list[float], list[str], float]:
    """Let the clients scan for everybody; seconds of the page, of the button, what went wrong, and all of it."""
    left: queue.SimpleQueue[str] = queue.SimpleQueue()
    for cookie in cookies:
        left.put(cookie)
    now_shown, gets, posts, wrong, lock = [address(app, sheet)], [], [], [], threading.Lock()  # gets and posts in one order
    done = threading.Event()

    def renew() -> None:
        while not done.wait(5):
            now_shown[0] = address(app, sheet)

    def work() -> None:
        while True:
            try:
                took = one_person(port, app.config["SESSION_COOKIE_NAME"], left.get_nowait(), now_shown[0])
            except queue.Empty:
                return
            except (Wrong, OSError) as error:
                wrong.append(str(error)[:300])
            else:
                with lock:
                    gets.append(took[0])
                    posts.append(took[1])

    threading.Thread(target=renew, daemon=True).start()
    workers = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done.set()
    return gets, posts, wrong, time.perf_counter() - began


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
        gets, posts, wrong, seconds = scan_all(app, sheet, cookies, port)
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
