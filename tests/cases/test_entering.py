"""What is entered on the pages of a case: talks and their corrections, when something came in, since when the police lead, duties for one pupil."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.conftest import Enter
from tests.cases.hall import Hall
from trainhub.cases.models import CaseDuty, CaseFile, CaseStep, Concern, Interview
from trainhub.kernel.clock import local, now


def at(moment: object) -> tuple[str, str]:
    there = local(moment)  # type: ignore[arg-type]
    return there.date().isoformat(), there.strftime("%H:%M")


def test_a_talk_before_the_report_was_typed_is_kept_and_a_refusal_loses_nothing(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case = hall.world.case()
    party, _target = hall.world.both_sides(case)
    enter(client, hall.officer)
    day, begun = at(case.discovered_at - timedelta(hours=1))
    asked = [hall.world.sample.people[1], hall.world.sample.people[2]]
    form = {"party": party, "starts_on": day, "starts_at": begun, "ends_at": at(case.discovered_at - timedelta(minutes=30))[1], "asked_by": asked,
            "adult_present": "guardian", "text": "A1 说推了一下"}
    path = f"/cases/{case.id}/interviews/new"
    refused = client.post(path, data=form | {"text": ""})
    assert refused.status_code == 422
    assert all(f'value="{person}" selected' in refused.text for person in asked)
    early = client.post(path, data=form | {"starts_on": (case.happened_on - timedelta(days=1)).isoformat()})  # type: ignore[operator]
    assert early.status_code == 422
    assert "早于事情发生的那天" in early.text
    assert client.post(path, data=form).status_code == 303
    first = session.scalars(sa.select(Interview)).one()
    shown = client.get(f"/cases/{case.id}").text
    assert f"corrects={first.id}" in shown
    again = client.get(f"{path}?corrects={first.id}").text
    assert f'name="corrects" value="{first.id}"' in again
    assert f'value="{begun}"' in again
    assert client.post(path, data=form | {"text": "更正：A1 说没有推", "corrects": first.id}).status_code == 303
    assert session.scalars(sa.select(Interview.corrects_id).where(Interview.id != first.id)).one() == first.id


def test_a_letter_is_entered_with_the_moment_the_box_was_emptied(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    enter(client, sealed_hall.officer)
    shown = client.get("/concerns/enter").text
    assert 'name="received_on"' in shown
    assert 'name="received_on"' not in client.get("/concerns/new").text
    emptied = now() - timedelta(days=2)
    day, time = at(emptied)
    form = {"channel": "box", "text": "有人在厕所被欺负", "op_id": "a" * 32, "received_on": day, "received_at": time}
    assert client.post("/concerns/enter", data=form).status_code in {200, 303}
    row = session.scalars(sa.select(Concern)).one()
    assert emptied - timedelta(minutes=1) < row.received_at <= emptied
    bad = client.post("/concerns/enter", data=form | {"op_id": "b" * 32, "received_at": ""})
    assert bad.status_code == 422
    assert "有人在厕所被欺负" in bad.text


def test_case_55_the_investigation_rests_from_when_the_police_led_and_may_come_back_open(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, *_parties = hall.investigated()
    enter(client, hall.officer)
    since = case.discovered_at + timedelta(minutes=10)
    day, time = at(since)
    page, path = f"/cases/{case.id}", f"/cases/{case.id}/police"
    assert 'name="since_on"' in client.get(page).text
    client.post(path, data={"what": "take_over", "document": "受案回执 1 号", "since_on": day, "since_at": time})
    session.expire_all()
    assert case.police_since is not None
    assert abs(case.police_since - since) < timedelta(minutes=1)
    assert 'value="left_open"' in client.get(page).text
    client.post(path, data={"what": "hand_back", "document": "移送函", "finding": "left_open"})
    step = session.scalars(sa.select(CaseStep).where(CaseStep.case_id == case.id, CaseStep.step == "police_handed_back")).one()
    assert step.changes["finding"] == "left_open"


def test_a_duty_is_given_for_one_pupil_and_none_is_offered_that_nobody_can_hold(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, party, _target = hall.investigated()
    enter(client, hall.officer)
    shown = client.get(f"/cases/{case.id}").text
    assert 'value="reviewer"' not in shown
    assert f'<option value="{party}">' in shown
    client.post(f"/cases/{case.id}/duties", data={"account": hall.world.actor("psychologist").account_id, "duty": "psychologist", "party": party})
    assert session.scalars(sa.select(CaseDuty.party_id).where(CaseDuty.duty == "psychologist")).one() == party


@pytest.mark.parametrize(("key", "there"), [("committee_secretary", True), ("case_officer", False)])
def test_who_saw_it_is_linked_for_who_may_read_the_log(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter, key: str, there: bool) -> None:
    hall = sealed_hall
    case, *_parties = hall.investigated()
    enter(client, hall.world.actor(key))
    assert (f"/access-log?ref={case.id}" in client.get(f"/cases/{case.id}").text) == there


def test_case_51_the_other_school_reads_what_was_found_of_its_own_pupil_and_of_nobody_else(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case = hall.world.case()
    mine, theirs = hall.world.party(case, hall.world.pupils[0], "actor", "target"), hall.world.party(case, hall.world.others[0], "actor")
    for party in (mine, theirs):
        hall.world.tell(party)
        hall.world.tell(party, "hearing", "heard")
    case.state = "submitted_to_committee"
    session.flush()
    own, foreign = hall.propose(mine), hall.propose(theirs, facts="A2 起哄")
    session.commit()
    enter(client, hall.world.actor("case_officer@other"))
    listed = client.get(f"/cases/{case.id}/determinations")
    assert listed.status_code == 200
    assert foreign in listed.text
    assert own not in listed.text
    assert "/withdraw" not in listed.text
    assert f"/cases/{case.id}/determinations" in client.get(f"/cases/{case.id}").text
    opened = client.get(f"/cases/{case.id}/determinations/{foreign}")
    assert "A2 起哄" in opened.text
    assert client.get(f"/cases/{case.id}/determinations/{own}").status_code == 404
    assert client.post(f"/cases/{case.id}/determinations/{foreign}/withdraw").status_code == 404
    assert isinstance(case, CaseFile)
