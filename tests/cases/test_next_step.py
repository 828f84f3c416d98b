"""The next step is told: on the page of the case, on the board and on the first page of whoever must do it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.conftest import Enter
from tests.cases.hall import NOW, Hall
from tests.committees.scenery import sitting
from trainhub.cases.queries.board import board
from trainhub.cases.queries.notices import notices_for
from trainhub.cases.queries.numbers import matter_labels
from trainhub.cases.queries.page import case_page
from trainhub.cases.rules.next_steps import OWNERS, committee_step
from trainhub.cases.service import intake
from trainhub.cases.service.determining import put_on_agenda
from trainhub.cases.wording import NEXT_STEPS
from trainhub.cases.wording import OWNERS as WORDS
from trainhub.committees.models import CommitteeMeeting


@pytest.fixture
def hall(sealed_hall: Hall) -> Hall:
    return sealed_hall


def step_of(hall: Hall, case_id: str) -> str:
    return next(row.step for row in board(hall.session, hall.officer, NOW).rows if row.case_id == case_id)


def test_every_step_has_words_and_somebody_whose_it_is() -> None:
    assert set(OWNERS) == set(NEXT_STEPS)
    assert set(OWNERS.values()) <= set(WORDS)
    assert committee_step([], has_sitting=True) == "determine"
    assert committee_step(["adopt", "propose"], has_sitting=True) == "propose"
    assert committee_step(["agenda"], has_sitting=False) == "plan_sitting"


def move_sitting(hall: Hall) -> None:
    """The day of the sitting has come."""
    for row in hall.session.scalars(sa.select(CommitteeMeeting)):
        row.starts_at = NOW - timedelta(hours=1)
    hall.session.flush()


def test_from_the_proposal_to_the_adoption_the_step_is_told(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted()
    assert step_of(hall, case.id) == "propose"
    found = hall.propose(actor)
    assert step_of(hall, case.id) == "plan_sitting"
    meeting = sitting(session, hall.scene, at=NOW + timedelta(days=2))
    assert step_of(hall, case.id) == "agenda"
    item = put_on_agenda(session, hall.officer, case.id, (actor,), NOW, meeting_id=meeting)[0]
    assert step_of(hall, case.id) == "vote"
    shown = case_page(session, hall.officer, case.id, NOW).sitting
    assert shown is not None
    assert (shown.meeting_id, shown.meets_at is not None) == (meeting, True)
    move_sitting(hall)
    hall.hold(case, item)
    assert step_of(hall, case.id) == "adopt"
    hall.adopt(found)
    assert step_of(hall, case.id) == "serve"


def test_the_secretarys_first_page_says_what_waits_with_number_and_link(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    case, actor, _target = hall.submitted()
    hall.propose(actor)
    session.commit()
    label = f"{case.year}-{case.number:02d}"
    enter(client, hall.secretary)
    home = client.get("/").text
    assert f"案件 {label}" in home or f"案 {label}" in home
    assert "安排委员会会议" in home
    assert f"/cases/{case.id}" in home
    page = client.get(f"/cases/{case.id}").text
    assert "下一步：安排委员会会议" in page
    assert "委员会秘书" in page
    hall.vote(case, actor)
    session.commit()
    home = client.get("/").text
    assert "采用委员会的决议" in home
    assert f"/cases/{case.id}/determinations" in home
    enter(client, hall.officer)
    assert "采用委员会的决议" not in client.get("/").text, "not the officer's to do"
    assert "下一步：采用委员会的决议" in client.get(f"/cases/{case.id}").text


def test_on_the_agenda_names_the_sitting_and_leads_there(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    case, actor, _target = hall.submitted()
    hall.propose(actor)
    meeting = sitting(session, hall.scene)
    put_on_agenda(session, hall.officer, case.id, (actor,), NOW, meeting_id=meeting)
    session.commit()
    enter(client, hall.officer)
    for path in (f"/cases/{case.id}", f"/cases/{case.id}/determinations"):
        assert f'href="/committee/sittings/{meeting}"' in client.get(path).text, path


def test_a_notice_names_the_matter_and_goes_when_the_thing_is_done(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    case, actor, target, _found = hall.determined()
    session.commit()
    label = f"案 {case.year}-{case.number:02d}"
    enter(client, hall.officer)
    home = client.get("/").text
    assert "有决定待送达双方" in home
    assert label in home
    assert 'class="btn sm">知道了' in home
    hall.serve_all(actor, target)
    session.commit()
    assert "有决定待送达双方" not in client.get("/").text


def test_a_concern_is_no_news_any_more_once_it_has_an_answer(hall: Hall, session: Session) -> None:
    receipt = hall.world.report()
    assert {n.code for n in notices_for(session, hall.officer)} == {"concern_received"}
    label = matter_labels(session, case_id_of(hall), {receipt.concern_id})[receipt.concern_id]
    assert label.startswith("线 ")
    intake.decline_concern(session, hall.world.ring, hall.officer, intake.DeclineConcern(receipt.concern_id, "no_facts", ""), NOW)
    assert notices_for(session, hall.officer) == ()


def case_id_of(hall: Hall) -> str:
    return hall.world.sample.district_id


def test_things_to_read_are_not_counted_among_things_to_do(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall.world.report()
    session.commit()
    enter(client, hall.officer)
    home = client.get("/").text
    jobs = home.split('<ol class="agenda">', 1)[1].split("</ol>", 1)[0] if '<ol class="agenda">' in home else ""
    assert "知道了" not in jobs
    assert "知道了" in home
    assert f"要做的 {jobs.count('agenda-time')} 件事" in home


@pytest.mark.parametrize("who", ["teacher", "case_officer", "principal", "instructor"])
def test_everybody_finds_where_to_report_on_the_first_page(hall: Hall, session: Session, client: FlaskClient, enter: Enter, who: str) -> None:
    session.commit()
    actor = hall.world.sample.actors.get(who) or hall.officer
    enter(client, actor)
    page = client.get("/").text
    assert page.split("<main", 1)[1].split("</main>", 1)[0].count('href="/concerns/new"') == 1
