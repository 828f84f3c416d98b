"""Times the sealing of 10,000 closed cases by the background work, killed in the middle; prints JSON.

Run by ``benchmarks.run``, or alone: ``python -m benchmarks.sealing [cases]``. A child does the work and gets kill -9 once some batches
are through: what is left must be whole batches, each case with its one step, and a second child must finish. CPU time of the work is
taken on a second database that nobody disturbs.
"""

import json
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402
from flask import Flask  # noqa: E402

from trainhub.app import create_app  # noqa: E402
from trainhub.app.schema import upgrade  # noqa: E402
from trainhub.app.work import run_once  # noqa: E402
from trainhub.cases.models import CaseFile  # noqa: E402
from trainhub.cases.service.sealing import BATCH  # noqa: E402
from trainhub.kernel.clock import local_day, now  # noqa: E402
from trainhub.kernel.ids import new_id  # noqa: E402
from trainhub.testing import district as build  # noqa: E402
from trainhub.web.database import db, transaction  # noqa: E402

CASES = 10_000
KILL_AFTER = 3 * BATCH


def application(folder: Path) -> Flask:
    """The application on a database of its own."""
    key = folder / "secret"
    if not key.exists():
        key.write_text(secrets.token_urlsafe(48))
    return create_app({
        "SECRET_KEY": key.read_text(), "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'sealing.sqlite3'}", "TRAINHUB_DATA": str(folder),
        "TRAINHUB_LOG": "off",
    })


def make(folder: Path, cases: int) -> Flask:
    """Build a district with so many closed cases in two schools."""
    folder.mkdir(exist_ok=True)
    app = application(folder)
    upgrade(app)
    with app.test_request_context("/", method="POST"), transaction() as session:
        sample = build.build_district(session)
        moment = now()
        common = {
            "district_id": sample.district_id, "year": local_day(moment).year, "state": "closed", "scale": "plan_2024", "means": [],
            "discovered_at": moment - timedelta(days=300), "accepted_at": moment - timedelta(days=300), "closed_at": moment, "version": 1,
            "seal_due_on": local_day(moment), "opened_by": sample.accounts["case_officer"], "updated_at": moment,
        }
        schools = (sample.school_id, sample.other_school_id)
        session.execute(sa.insert(CaseFile), [common | {"id": new_id(), "school_id": schools[n % 2], "number": n + 1} for n in range(cases)])
    return app


def sealed(folder: Path) -> tuple[int, int]:
    """How many cases are sealed, and how many steps say so, as somebody else reads it."""
    with closing(sqlite3.connect(f"file:{folder / 'sealing.sqlite3'}?mode=ro", uri=True, timeout=30)) as reader:
        cases, steps = reader.execute(
            "SELECT (SELECT count(*) FROM case_file WHERE state = 'sealed'), (SELECT count(*) FROM case_step WHERE to_state = 'sealed')"
        ).fetchone()
        return cases, steps


def worker(folder: Path) -> "subprocess.Popen[bytes]":
    """A child that does what is due and ends."""
    return subprocess.Popen([sys.executable, "-m", "benchmarks.sealing", "--work", str(folder)], cwd=ROOT, stdout=subprocess.DEVNULL)


def killed(folder: Path, cases: int) -> dict[str, float]:
    """Kill a worker in the middle and let another one finish."""
    app = make(folder, cases)
    first = worker(folder)
    while sealed(folder)[0] < min(KILL_AFTER, cases // 3) and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    left, steps = sealed(folder)
    if left % BATCH or left != steps or left in {0, cases}:
        raise RuntimeError(f"{left} cases sealed, {steps} steps: not whole batches, or not killed in the middle")
    for _ in range(5):  # a machine that is busy may make a batch wait for its next attempt
        with app.test_request_context("/", method="POST"), transaction() as session:  # the lease of whoever was killed runs out
            session.execute(sa.text("UPDATE outbox_job SET lease_until = created_at, run_at = created_at WHERE state IN ('running', 'waiting')"))
        if worker(folder).wait() or sealed(folder)[0] == cases:
            break
    if sealed(folder) != (cases, cases):
        raise RuntimeError(f"the second run left {sealed(folder)} of {cases}")
    with app.app_context():
        db.engine.dispose()
    return {"left": float(left)}


def measure(folder: Path, cases: int) -> dict[str, float]:
    """Seal everything in this process; seconds of the wall and of the CPU."""
    app = make(folder, cases)
    wall, cpu = time.perf_counter(), time.process_time()
    run_once(app)
    found = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
    if sealed(folder) != (cases, cases):
        raise RuntimeError(f"sealed {sealed(folder)} of {cases}")
    with app.app_context():
        db.engine.dispose()
    return found


def main() -> None:
    """Print the figures, or be the child that works."""
    if sys.argv[1:2] == ["--work"]:
        run_once(application(Path(sys.argv[2])))
        return
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    with tempfile.TemporaryDirectory(prefix="trainhub-sealing-") as name:
        found = {"cases": cases} | measure(Path(name) / "calm", cases) | killed(Path(name) / "killed", cases)
        print(json.dumps({"sealing": found}))


if __name__ == "__main__":
    main()
