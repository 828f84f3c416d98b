"""Pages of hours: the plan's page by role, the instructor's form, the second person's queue, the word on the first page."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from tests.education_plans.hour_scenery import (
    CANARY,
    HourScene,
    balance_of,
    build_hours,
    lesson,
    plan_of,
    said,
    verdict,
)
from trainhub.cases.models import CaseDuty
from trainhub.education_plans.models import HourEntry, PlanPause
from trainhub.education_plans.service.hours import confirm_hours, log_lesson
from trainhub.kernel.clock import local, local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.models import AccessLogEntry
from trainhub.web.keys import key_ring

REASON = "情况特殊不对外说明"


@pytest.fixture
def ring(app: Flask, session: Session) -> KeyRing:
    return key_ring()


@pytest.fixture
def scene(session: Session, district: Sample, ring: KeyRing) -> HourScene:
    """A plan that began ten weeks ago and runs ten more; a lesson two hours ago, to be logged; one next week."""
    scene = build_hours(session, district, ring=ring)
    plan, today = plan_of(session, scene), local_day(now())
    plan.starts_on, plan.due_on = today - timedelta(days=70), today + timedelta(days=70)
    session.flush()
    return scene


def past(hours: float) -> tuple[date, str]:
    start = local(now() - timedelta(hours=hours))
    start = min(start, start.replace(hour=22, minute=0))  # a lesson ends on its day, whatever the hour of the run
    return start.date(), f"{start:%H:%M}"


def due_lesson(session: Session, scene: HourScene, hours: float = 30) -> str:
    return lesson(session, scene, *past(hours))


def form_of(command: object) -> dict[str, str]:
    from trainhub.education_plans.service.hours import LogLesson

    assert isinstance(command, LogLesson)
    starts, ends = local(command.starts_at), local(command.ends_at)
    return {
        "lesson": command.lesson_id or "", "module": command.module_id, "day": starts.date().isoformat(), "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}", "minutes": str(command.minutes), "done_text": command.done_text, "reached": command.reached, "op_id": command.op_id,
    }


def test_from_the_first_page_to_a_counted_hour(client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene) -> None:
    key = due_lesson(session, scene)
    session.commit()
    sign_in(client, "plan_instructor")
    home = client.get("/").get_data(as_text=True)
    assert "1 节活动待登记" in home
    assert "欺凌" not in home.split("<main", 1)[1]
    path = f"/my-lessons/{scene.plan_id}/log?lesson={key}"
    assert path.replace("&", "&amp;") in home
    form = client.get(path).get_data(as_text=True)
    assert 'name="minutes" value="45"' in form or 'value="45"' in form
    day, clock = past(30)
    answer = client.post(f"/my-lessons/{scene.plan_id}/log", data=form_of(said(scene, day, clock, lesson_id=key)))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert client.get("/plans/confirm").status_code == 403
    assert client.get(f"/plans/{scene.plan_id}").status_code == 403
    sign_in(client, "committee_secretary")
    queue = client.get("/plans/confirm").get_data(as_text=True)
    assert "学习规则与责任" in queue
    assert client.post(f"/plans/{scene.plan_id}/lines/1/confirm", data={"op_id": new_id()}).status_code == 303
    assert balance_of(session, scene).done_minutes == 45
    assert "没有待确认的学时" in client.get("/plans/confirm").get_data(as_text=True)


def test_a_refused_form_keeps_what_was_typed(client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene) -> None:
    key = due_lesson(session, scene)
    session.commit()
    sign_in(client, "plan_instructor")
    day, clock = past(30)
    data = form_of(said(scene, day, clock, lesson_id=key)) | {"minutes": "46"}
    answer = client.post(f"/my-lessons/{scene.plan_id}/log", data=data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "最多为起止之间的 45 分钟" in text
    assert "学习规则与责任" in text
    assert client.post(f"/my-lessons/{scene.plan_id}/log", data=data | {"minutes": "", "day": "soon"}).status_code == 422
    assert session.scalar(sa.select(sa.func.count()).select_from(HourEntry)) == 0


def test_the_plan_page_shows_figures_and_writes_its_opening_down(
    client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene, ring: KeyRing
) -> None:
    day, clock = past(50)
    log_lesson(session, scene.instructor, ring, said(scene, day, clock), now())
    confirm_hours(session, scene.secretary, ring, verdict(scene, 1), now())
    due_lesson(session, scene)
    session.commit()
    sign_in(client, "committee_secretary")
    text = client.get(f"/plans/{scene.plan_id}").get_data(as_text=True)
    assert "方案 26-03" in text
    assert "姓名已隐藏" in text
    assert "学习规则与责任" in text
    assert "卡娜莉" not in text.replace(CANARY, "", 1)  # in the words of the hour, which this test wrote, and nowhere else
    assert "style=" not in text.split("<main", 1)[1]
    assert "卡娜莉" not in text.split("</title>")[0]
    rows = session.execute(sa.select(AccessLogEntry.object_kind, AccessLogEntry.object_ref, AccessLogEntry.account_id)).all()
    assert [tuple(r) for r in rows] == [("plan", scene.plan_id, scene.sample.accounts["committee_secretary"])]


def test_fields_by_role(client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene, ring: KeyRing) -> None:
    day, clock = past(50)
    log_lesson(session, scene.instructor, ring, said(scene, day, clock), now())
    session.commit()
    sign_in(client, "principal")
    totals = client.get(f"/plans/{scene.plan_id}").get_data(as_text=True)
    assert "已完成" in totals
    assert "学习规则与责任" not in totals
    assert "学时台账</h2>" not in totals
    for role in ("homeroom_teacher", "teacher", "bureau_officer", "auditor", "plan_instructor"):
        sign_in(client, role)
        assert client.get(f"/plans/{scene.plan_id}").status_code == 403, role
    for role in ("committee_member", "psychologist", "committee_secretary@other", "case_officer@other", "bureau_case_officer", "principal@other"):
        sign_in(client, role)
        assert client.get(f"/plans/{scene.plan_id}").status_code == client.get(f"/plans/{new_id()}").status_code == 404, role
    session.add(CaseDuty(
        district_id=scene.sample.district_id, id=new_id(), case_id=scene.case_id, account_id=scene.sample.accounts["psychologist"],
        duty="psychologist", from_at=now() - timedelta(days=1), given_by=scene.sample.accounts["case_officer"],
    ))
    session.commit()
    sign_in(client, "psychologist")
    assert "学习规则与责任" not in client.get(f"/plans/{scene.plan_id}").get_data(as_text=True)  # the own part only
    sign_in(client, "plan_instructor")
    assert "学习规则与责任" in client.get(f"/my-lessons/{scene.plan_id}").get_data(as_text=True)


def test_the_name_shows_with_a_reason_and_goes_away_by_itself(
    client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene
) -> None:
    session.commit()
    sign_in(client, "committee_secretary")
    assert client.post(f"/plans/{scene.plan_id}/reveal", data={"purpose": "curiosity"}).status_code == 422
    shown = client.post(f"/plans/{scene.plan_id}/reveal", data={"purpose": "committee"})
    assert CANARY in shown.get_data(as_text=True)
    assert shown.headers["Refresh"] == f"60; url=/plans/{scene.plan_id}"
    assert "no-store" in shown.headers["Cache-Control"]
    assert CANARY not in shown.get_data(as_text=True).split("</title>")[0]
    sign_in(client, "plan_instructor")
    assert client.post(f"/plans/{scene.plan_id}/reveal", data={"purpose": "committee"}).status_code == 403
    assert CANARY in client.post(f"/my-lessons/{scene.plan_id}/name").get_data(as_text=True)
    purposes = session.scalars(sa.select(AccessLogEntry.purpose).where(AccessLogEntry.object_kind == "party").order_by(AccessLogEntry.seq)).all()
    assert purposes == ["committee", "lesson"]


def test_case_84_whoever_teaches_sees_a_pause_and_never_why(
    client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene, ring: KeyRing
) -> None:
    due_lesson(session, scene)
    plan, key = plan_of(session, scene), new_id()
    plan.state, plan.resume_state = "paused", "active"
    session.add(PlanPause(
        district_id=plan.district_id, id=key, plan_id=plan.id, kind="safety", from_on=local_day(now()), entered_by=scene.secretary.account_id,
        entered_at=now(), sealed_reason=ring.seal(REASON, place("plan_pause", "sealed_reason", key)),
    ))
    session.commit()
    sign_in(client, "plan_instructor")
    for path in ("/my-lessons", f"/my-lessons/{plan.id}", "/"):
        text = client.get(path).get_data(as_text=True)
        assert REASON not in text
        assert "safety" not in text
    assert "已暂停" in client.get("/my-lessons").get_data(as_text=True)
    assert "待登记" not in client.get("/").get_data(as_text=True)
    sign_in(client, "committee_secretary")
    assert REASON not in client.get(f"/plans/{plan.id}").get_data(as_text=True)


def test_every_form_of_a_correction_and_a_missed_lesson(
    client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene, ring: KeyRing
) -> None:
    day, clock = past(50)
    log_lesson(session, scene.instructor, ring, said(scene, day, clock), now())
    confirm_hours(session, scene.secretary, ring, verdict(scene, 1), now())
    key = due_lesson(session, scene)
    session.commit()
    sign_in(client, "plan_instructor")
    path = f"/my-lessons/{scene.plan_id}/lines/2/correction"
    assert client.get(path).status_code == 200
    assert client.post(path, data={"op_id": new_id(), "reason": "not_held", "done_text": "没有上"}).status_code == 303
    assert client.post(f"/my-lessons/{scene.plan_id}/lessons/{key}/absent", data={"op_id": new_id(), "reason": "illness"}).status_code == 303
    sign_in(client, "committee_secretary")
    assert client.post(f"/plans/{scene.plan_id}/lines/3/settle", data={"op_id": new_id()}).status_code == 303
    assert (balance_of(session, scene).done_minutes, balance_of(session, scene).make_up_minutes) == (0, 45)
    told = now() - timedelta(minutes=5)
    from trainhub.kernel.clock import local

    assert client.post(
        f"/plans/{scene.plan_id}/lessons/{key}/told", data={"day": local(told).date().isoformat(), "clock": f"{local(told):%H:%M}", "channel": "phone"}
    ).status_code == 303
    page = client.get(f"/plans/{scene.plan_id}").get_data(as_text=True)
    assert "已告知监护人" in page
    assert "更正第 1 行" in page
    path = f"/plans/{scene.plan_id}/lessons/{key}/make-up"
    assert client.get(path).status_code == 200
    assert client.post(path, data={"day": "2020-01-01", "starts": "16:00", "ends": "17:00", "minutes": "45"}).status_code == 422
    ahead = local_day(now()) + timedelta(days=5)
    assert client.post(path, data={"day": ahead.isoformat(), "starts": "16:00", "ends": "16:45", "minutes": "45", "room": "法治教室"}).status_code == 303
    assert "补第 2 行" in client.get(f"/plans/{scene.plan_id}").get_data(as_text=True)


def test_the_page_takes_as_many_statements_for_many_lines_as_for_few(
    client: FlaskClient, sign_in: SignIn, session: Session, scene: HourScene, ring: KeyRing, count_statements: object
) -> None:
    def one(hours: float) -> None:
        number = log_lesson(session, scene.instructor, ring, said(scene, *past(hours), minutes=10), now()).number
        confirm_hours(session, scene.secretary, ring, verdict(scene, number), now())
        due_lesson(session, scene, hours + 1)

    one(60)
    session.commit()
    sign_in(client, "committee_secretary")
    client.get(f"/plans/{scene.plan_id}")
    counts = []
    for hours in ((), range(100, 700, 48)):
        for h in hours:
            one(h)
        session.commit()
        with count_statements() as seen:  # type: ignore[operator]
            client.get(f"/plans/{scene.plan_id}")
        counts.append(seen.count)
    assert counts[0] == counts[1]


def test_times_of_the_form_are_read_as_typed() -> None:
    from werkzeug.datastructures import MultiDict

    from trainhub.education_plans.hour_forms import times_of
    from trainhub.education_plans.rules.hours import HourRefused

    starts, ends = times_of(MultiDict({"day": "2026-11-18", "starts": "16:20", "ends": "17:05"}))
    assert (ends - starts).seconds == 45 * 60
    assert starts == datetime.fromisoformat("2026-11-18T16:20:00+08:00")
    for bad in ({"day": "", "starts": "16:20", "ends": "17:05"}, {"day": "2026-11-18", "starts": "4 pm", "ends": "17:05"}):
        with pytest.raises(HourRefused):
            times_of(MultiDict(bad))
