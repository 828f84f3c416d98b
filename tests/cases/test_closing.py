"""A case is closed from its own page once nothing holds it; what holds it is said in words."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.conftest import Enter
from tests.cases.hall import Hall
from trainhub.education_plans.models import FollowUp
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.ids import new_id


def test_a_case_without_a_plan_is_closed_from_its_page(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, actor, target, _found = hall.determined(outcome="not_bullying", tier="", measures=(), plan_minutes=0)
    hall.serve_all(actor, target)
    enter(client, hall.officer)
    page = f"/cases/{case.id}"
    assert f"{page}/close" in client.get(page).text
    assert f"/follow-ups/close/{case.id}" in client.get("/follow-ups").text
    held = FollowUp(district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, party_id=target, side="target", due_on=local_day(now()), state="scheduled")
    session.add(held)
    session.commit()
    shown = client.get(page).text
    assert f"{page}/close" not in shown
    assert "结束案件前还要完成：回访" in shown
    assert f"/follow-ups/close/{case.id}" not in client.get("/follow-ups").text
    client.post(f"{page}/close")
    assert case.state == "follow_up", "a form from an older page closes nothing"
    held.state = "done"
    session.commit()
    assert client.post(f"{page}/close").status_code == 303
    assert case.state == "closed"
    assert f"{page}/close" not in client.get(page).text


def test_who_only_reads_closes_nothing(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, actor, target, _found = hall.determined(outcome="not_bullying", tier="", measures=(), plan_minutes=0)
    hall.serve_all(actor, target)
    enter(client, hall.world.actor("principal"))
    shown = client.get(f"/cases/{case.id}").text
    assert "没有什么妨碍结束这个案件了" in shown
    assert f"/cases/{case.id}/close" not in shown
    assert client.post(f"/cases/{case.id}/close").status_code == 403
    assert case.state == "follow_up"
