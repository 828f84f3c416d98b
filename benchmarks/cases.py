"""Times education plans inside one process; prints JSON. Run by ``benchmarks.run``, or alone: ``python -m benchmarks.cases``.

A school with 200 running plans of twelve lessons each: its board and the board of 20; one hour logged and confirmed through the pages
beside a roll of one saved through its page; a plan with 500 entries, whose balance must equal the sum rebuilt from them. Every
measurement is CPU time of this process (``time.process_time``), medians, without network.
"""

import json
import re
import secrets
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402
import time_machine  # noqa: E402
from flask import Flask  # noqa: E402

from benchmarks import inside  # noqa: E402
from benchmarks.inside import add_token, counted, signed_in  # noqa: E402
from trainhub.app import create_app  # noqa: E402
from trainhub.app.schema import upgrade  # noqa: E402
from trainhub.attendance import service as rolls  # noqa: E402
from trainhub.cases.models import CaseFile, CaseParty, Determination  # noqa: E402
from trainhub.education_plans.models import EducationPlan, HourEntry, PlanBalance, PlanLesson, PlanModule  # noqa: E402
from trainhub.education_plans.service.balance import rebuild_all, rebuild_balance  # noqa: E402
from trainhub.kernel.clock import SCHOOL_ZONE, at, now  # noqa: E402
from trainhub.kernel.ids import new_id  # noqa: E402
from trainhub.testing import district as build  # noqa: E402
from trainhub.web.database import db, transaction  # noqa: E402
from trainhub.web.keys import key_ring  # noqa: E402

PLANS, FEW, LESSONS, ENTRIES = 200, 20, 12, 500
TODAY = datetime(2026, 11, 20, 18, 0, tzinfo=SCHOOL_ZONE)
STARTS, DUE = date(2026, 9, 14), date(2027, 1, 8)
median_ms = partial(inside.median_ms, clock=time.process_time)


def make(folder: Path, plans: int) -> tuple[Flask, dict[str, Any]]:
    """Build a school with that many running plans; returns the application and what the measurements need of it."""
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / f'cases{plans}.sqlite3'}",
        "TRAINHUB_DATA": str(folder), "TRAINHUB_LOG": "off", "WTF_CSRF_ENABLED": False,
    })
    upgrade(app)
    with app.test_request_context("/", method="POST"), transaction() as session:
        sample = build.build_district(session, staff=16)
        build.add_term(session, sample)
        ids = [_plan(session, sample, number) for number in range(plans)]
        session.flush()
        rebuild_all(session, sample.district_id, now())
        tokens = {key: add_token(session, sample, key) for key in ("committee_secretary", "plan_instructor", "training_officer")}
        sheet, person = _roll(session, sample)
    return app, {"sample": sample, "tokens": tokens, "plans": ids, "sheet": sheet, "person": person}


def _plan(session: Any, sample: Any, number: int) -> str:
    """A running plan of twelve lessons, seven held and counted. Every plan has its own case: numbers are dense, pupils invented."""
    base, by = {"district_id": sample.district_id}, sample.accounts["committee_secretary"]
    case, party, finding, plan, module = (new_id() for _ in range(5))
    session.add(CaseFile(
        **base, id=case, school_id=sample.school_id, year=2026, number=number + 1, state="in_execution", scale="plan_2024", means=[],
        discovered_at=now(), accepted_at=now(), opened_by=by, updated_at=now(),
    ))
    session.flush()
    mark = key_ring().mark("pupil", f"{number}")
    session.add(CaseParty(
        **base, id=party, case_id=case, school_id=sample.school_id, code="A1", roles=["actor"], sealed_identity="", student_mark=mark, grade=8,
        added_by=by, added_at=now(),
    ))
    session.flush()
    session.add(Determination(
        **base, id=finding, school_id=sample.school_id, case_id=case, party_id=party, version=1, outcome="bullying", tier="serious",
        measures=["plan"], plan_minutes=540, basis={}, defects=[], state="effective", entered_by=by, entered_at=now(),
    ))
    session.flush()
    session.add(EducationPlan(
        **base, id=plan, school_id=sample.school_id, case_id=case, party_id=party, determination_id=finding, student_mark=mark, year=2026,
        number=number + 1, grade=8, state="active", total_minutes=540, starts_on=STARTS, due_on=DUE, lead_person_id=sample.people[3],
        made_by=by, created_at=now(), updated_at=now(), active_since=now(), last_entry=14,
    ))
    session.flush()
    session.add(PlanModule(**base, id=module, plan_id=plan, sort_no=1, kind="law", minutes=540, instructor_id=sample.people[4]))
    session.flush()
    _lessons(session, sample, plan, module, mark)
    return plan


def _lessons(session: Any, sample: Any, plan: str, module: str, mark: str) -> None:
    base, by = {"district_id": sample.district_id, "plan_id": plan}, sample.accounts["committee_secretary"]
    teacher = sample.people[6 + secrets.randbelow(10)]
    entries = []
    for week in range(LESSONS):
        start = at(STARTS + timedelta(weeks=week, days=2), datetime(2026, 1, 1, 16, 20).time())  # noqa: DTZ001  a clock's time
        held, key = week < 7, new_id()
        session.add(PlanLesson(
            **base, id=key, module_id=module, state="attended" if held else "planned", starts_at=start, ends_at=start + timedelta(minutes=45),
            minutes=45, instructor_id=teacher, planned_by=by, planned_at=now(),
        ))
        if held:
            entries += _counted(base, 2 * week + 1, key, module, mark, start, by)
    session.flush()
    for entry in entries:
        session.add(entry)
        session.flush()


def _counted(base: dict[str, str], number: int, lesson: str | None, module: str, mark: str, start: datetime, by: str) -> list[HourEntry]:
    values: dict[str, Any] = {
        **base, "lesson_id": lesson, "module_id": module, "student_mark": mark, "starts_at": start, "ends_at": start + timedelta(minutes=45),
        "minutes": 45, "evidence": [], "recorded_at": start, "actor_id": by, "acting_role": "committee_secretary",
    }
    return [
        HourEntry(**values, number=number, op_id=new_id(), kind="log"),
        HourEntry(**values, number=number + 1, op_id=new_id(), kind="confirm", refers_to=number, counted_minutes=45),
    ]


def _roll(session: Any, sample: Any) -> tuple[str, str]:
    """A roll of one."""
    starts, person = TODAY - timedelta(hours=2), sample.people[0]
    sheet = rolls.open_sheet(session, sample.actors["training_officer"], rolls.OpenSheet(
        sample.school_id, "training_part", new_id(), "年度培训", starts, starts + timedelta(hours=1), "absent",
        [rolls.SheetPerson(person, 1, "", "")],
    ), now())
    return sheet, person


def board(app: Flask, facts: dict[str, Any], plans: int) -> dict[str, float]:
    """The board: milliseconds and statements."""
    client = signed_in(app, facts["tokens"]["committee_secretary"])
    page = client.get("/plans").get_data(as_text=True)
    if page.count('class="pb"') != plans:
        raise RuntimeError(f"{page.count('class=pb')} of {plans} plans on the board: {page[:400]}")
    with counted(app) as seen:
        client.get("/plans")
    return {"ms": median_ms(lambda _n: client.get("/plans").get_data()), "statements": float(len(seen))}


def hours(app: Flask, facts: dict[str, Any]) -> dict[str, float]:
    """An hour logged, and confirmed by somebody else, each through its page; beside them a roll of one."""
    teacher, desk, officer = (signed_in(app, facts["tokens"][k]) for k in ("plan_instructor", "committee_secretary", "training_officer"))
    free = iter(facts["plans"])

    def clock_at(number: int, more: int = 0) -> str:
        """Lessons of one instructor follow each other from half past seven on."""
        minute = 450 + 12 * (number + 2) + more
        return f"{minute // 60:02}:{minute % 60:02}"

    def log(number: int) -> None:
        plan = next(free)
        form = {
            "op_id": new_id(), "lesson": "", "module": _module(app, facts, plan), "day": "2026-11-19", "starts": clock_at(number), "ends": clock_at(number, 10), "minutes": "10", "done_text": "学习规则与责任", "reached": "full",
        }
        answer = teacher.post(f"/my-lessons/{plan}/log", data=form)
        if answer.status_code != 303:
            raise RuntimeError(re.sub(r"<[^>]+>|\s+", " ", answer.get_data(as_text=True))[:1200])

    done = iter(facts["plans"])

    def confirm(_number: int) -> None:
        plan = next(done)
        answer = desk.post(f"/plans/{plan}/lines/15/confirm", data={"op_id": new_id()})
        if answer.status_code != 303:
            raise RuntimeError(f"confirm answered {answer.status_code}: " + answer.get_data(as_text=True)[:500])

    seen: list[int] = []

    def roll(number: int) -> None:
        mark = {"person": facts["person"], "value": ("present", "absent")[number % 2], "seen_version": len(seen)}
        answer = officer.post(f"/rolls/{facts['sheet']}/marks", json={"op_id": new_id(), "marks": [mark]})
        if answer.status_code != 200:
            raise RuntimeError(answer.get_data(as_text=True)[:800])
        seen.append(number)

    logged, confirmed, saved = inside.medians_ms(log, confirm, roll, repeats=60, clock=time.process_time)
    return {"log_ms": logged, "confirm_ms": confirmed, "roll_of_one_ms": saved}


def _module(app: Flask, facts: dict[str, Any], plan: str) -> str:
    """Looked up before the clock matters: every plan has one module."""
    held: dict[str, str] = facts.setdefault("modules", {})
    if not held:
        with app.app_context():
            held |= {row[0]: row[1] for row in db.session.execute(sa.select(PlanModule.plan_id, PlanModule.id))}
    return held[plan]


def balance(app: Flask, facts: dict[str, Any]) -> dict[str, float]:
    """A plan with 500 entries: what its balance says, what its entries say, how long each takes."""
    plan, district = facts["plans"][-1], facts["sample"].district_id
    with app.test_request_context("/", method="POST"), transaction() as session:
        row = session.get_one(EducationPlan, (district, plan))
        module = _module(app, facts, plan)
        start = at(STARTS, datetime(2026, 1, 1, 8, 0).time())  # noqa: DTZ001  a clock's time
        for number in range(15, ENTRIES, 2):
            for entry in _counted({"district_id": district, "plan_id": plan}, number, None, module, row.student_mark, start, row.made_by):
                session.add(entry)
                session.flush()
        rebuild_balance(session, district, plan, now())
    with app.app_context():
        total = sa.select(sa.func.count(), sa.func.sum(HourEntry.counted_minutes)).where(HourEntry.district_id == district, HourEntry.plan_id == plan)
        entries, rebuilt = db.session.execute(total).one()
        held = sa.select(PlanBalance.done_minutes).where(PlanBalance.district_id == district, PlanBalance.plan_id == plan)
        read = median_ms(lambda _n: db.session.scalar(held))
        summed = median_ms(lambda _n: db.session.execute(total).one())
        return {"entries": float(entries), "projection": float(db.session.scalar(held) or 0), "rebuilt": float(rebuilt), "read_ms": read, "sum_ms": summed}


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="trainhub-cases-") as name, time_machine.travel(TODAY, tick=True):
        folder = Path(name)
        small, few = make(folder, FEW)
        found: dict[str, Any] = {"board of 20": board(small, few, FEW)}
        with small.app_context():
            db.engine.dispose()
        app, facts = make(folder, PLANS)
        found |= {"board": board(app, facts, PLANS), "hours": hours(app, facts), "balance": balance(app, facts)}
        with app.app_context():
            db.engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
