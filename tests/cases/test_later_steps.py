"""Forms of the page of a case for what comes later: more days, of age, again, stepping aside, service, corrections; parts of another case."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.conftest import Enter
from tests.cases.hall import NOW, Hall
from trainhub.cases.models import (
    CaseClock,
    CaseDuty,
    CaseEvidence,
    CaseFile,
    CaseGuardian,
    CaseRecipient,
    CaseStep,
    Determination,
    EvaluationEntry,
    GuardianNotice,
    SecondPerson,
)
from trainhub.cases.service import determining, duties, evidence, opening, parties, serving
from trainhub.committees.models import Recusal
from trainhub.kernel import clock
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day


def test_case_53_more_days_are_asked_for_beside_the_deadline(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, _actor, _target = hall.investigated()
    enter(client, hall.officer)
    page = f"/cases/{case.id}"
    assert "现行规则不允许延长" in client.get(page).text  # the national plan knows none
    row = session.scalars(sa.select(CaseClock).where(CaseClock.kind == "investigation")).one()
    row.rule, due = row.rule | {"extension_days": 10}, row.due_at
    session.commit()
    asking = f"/second/ask/extension/{case.id}"
    assert f"{asking}?days=10" in client.get(page).text
    assert 'value="10"' in client.get(f"{asking}?days=10").text
    form = {"days": "11", "reason": "many_persons", "words": "人多"}
    refused = client.post(asking, data=form)
    assert refused.status_code == 422
    assert "10 天" in refused.text
    assert client.post(asking, data=form | {"days": "10"}).status_code == 303
    key = session.scalars(sa.select(SecondPerson.id)).one()
    enter(client, hall.world.actor("principal"))
    assert client.post(f"/second/{key}/grant").status_code == 303
    enter(client, hall.officer)
    assert f"/second/{key}/carry-out" in client.get("/second").text
    assert client.post(f"/second/{key}/carry-out").status_code == 303
    session.refresh(row)
    assert row.due_at == due + timedelta(days=10)
    assert asking not in client.get(page).text


def test_case_65_coming_of_age_is_noted_on_the_page_of_the_pupil(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, actor, _target = hall.investigated()
    enter(client, hall.officer)
    page = f"/cases/{case.id}/parties/{actor}"
    offered = client.get(f"{page}/determination?tier=serious").text.count('name="measures"')
    assert f"{page}/of-age" in client.get(page).text
    today = local_day(clock.now())
    client.post(f"{page}/of-age", data={"of_age_on": (today + timedelta(days=1)).isoformat()})
    assert "起成年，照旧保护" not in client.get(page).text
    assert client.post(f"{page}/of-age", data={"of_age_on": today.isoformat()}).status_code == 303
    shown = client.get(page).text
    assert "起成年，照旧保护" in shown
    assert f"{page}/of-age" not in shown
    assert "起成年，照旧保护" in client.get(f"/cases/{case.id}").text
    assert client.get(f"{page}/determination?tier=serious").text.count('name="measures"') == offered > 0  # they go by the grade of that day
    other = hall.world.case()
    session.commit()
    assert client.post(f"/cases/{other.id}/parties/{actor}/of-age", data={"of_age_on": today.isoformat()}).status_code == 404


def test_case_85_what_happens_again_is_a_case_of_its_own(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    early, _actor, _target = hall.investigated()
    case, _a, _t, _found = hall.determined()
    enter(client, hall.officer)
    today = local_day(clock.now())
    form = {"heard_on": today.isoformat(), "heard_at": "00:00", "happened_on": today.isoformat(), "place_kind": "corridor", "means": ["words"], "severity": "serious"}
    assert f"/cases/{early.id}/relapse" not in client.get(f"/cases/{early.id}").text
    assert client.post(f"/cases/{early.id}/relapse", data=form).status_code == 409  # before the finding it belongs to the case
    path = f"/cases/{case.id}/relapse"
    assert path in client.get(f"/cases/{case.id}").text
    assert client.get(path).status_code == 200
    refused = client.post(path, data=form | {"happened_on": "2020-01-01"})
    assert refused.status_code == 422
    assert 'value="2020-01-01"' in refused.text  # what was typed stays
    before = (case.state, [c.due_at for c in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id))])
    answer = client.post(path, data=form)
    fresh = session.scalars(sa.select(CaseFile).where(CaseFile.relapse_of == case.id)).one()
    assert answer.headers["Location"].endswith(f"/cases/{fresh.id}")
    assert (fresh.state, fresh.severity, fresh.means) == ("accepted", "serious", ["words"])
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseClock).where(CaseClock.case_id == fresh.id, CaseClock.kind.startswith("report")))
    session.refresh(case)
    assert (case.state, [c.due_at for c in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id))]) == before
    assert f'href="/cases/{case.id}"' in client.get(f"/cases/{fresh.id}").text
    assert f'href="/cases/{fresh.id}"' in client.get(f"/cases/{case.id}").text
    assert "relapse_opened" in hall.steps(case)
    enter(client, hall.world.actor("case_officer@other"))
    assert client.get(path).status_code == client.post(path, data=form).status_code == 404


@pytest.mark.parametrize("key", ["case_officer", "committee_secretary", "principal"])
def test_case_47_stepping_aside_needs_no_agenda(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter, key: str) -> None:
    hall = sealed_hall
    case = hall.world.case()
    who = hall.world.actor(key)
    enter(client, who)
    page = f"/cases/{case.id}"
    assert f"{page}/aside" in client.get(page).text
    client.post(f"{page}/aside", data={"ground": "made_up"})
    assert client.get(page).status_code == 200
    assert client.post(f"{page}/aside", data={"ground": "relative"}).headers["Location"].endswith("/cases")
    assert client.get(page).status_code == 404
    row = session.scalars(sa.select(Recusal)).one()
    assert (row.matter_id, row.found_by, row.is_principal) == (case.id, "declared", key == "principal")
    assert client.post(f"{page}/aside", data={"ground": "relative"}).status_code == 404


def test_case_47_a_guardian_objects_to_a_member_before_any_sitting(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case = hall.world.case()
    enter(client, hall.officer)
    page, member = f"/cases/{case.id}", hall.scene.members[3]
    assert member in client.get(page).text
    assert client.post(f"{page}/recusals", data={"member": member, "ground": "objection"}).status_code == 303
    row = session.scalars(sa.select(Recusal)).one()
    assert (row.member_id, row.found_by) == (member, "objection")
    shown = client.get(page).text
    assert "监护人申请回避" in shown
    assert member not in shown  # nobody steps aside twice
    enter(client, hall.world.actor("committee_secretary@other"))
    assert client.post(f"{page}/recusals", data={"member": member, "ground": "objection"}).status_code == 404


def test_case_58_a_determination_is_served_and_not_merely_told(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, actor, _target, _found = hall.determined()
    enter(client, hall.officer)
    page = f"/cases/{case.id}/parties/{actor}"
    shown = client.get(page).text
    assert '<option value="hearing"' in shown
    assert '<option value="determination"' not in shown
    assert f'href="{page}/service"' in shown
    told = session.scalar(sa.select(sa.func.count()).select_from(GuardianNotice))
    today = local_day(clock.now()).isoformat()
    for about in ("determination", "appeal"):
        refused = client.post(f"{page}/notices", data={"about": about, "channel": "face", "outcome": "acknowledged", "told_on": today, "told_at": "00:00"})
        assert refused.status_code == 422
        assert "这要送达，不能只作告知" in refused.text
    assert session.scalar(sa.select(sa.func.count()).select_from(GuardianNotice)) == told
    session.refresh(case)
    assert case.state == "determined"


def parts_of(hall: Hall, session: Session) -> tuple[CaseFile, dict[str, str]]:
    """A case with a part of every kind that an address names, and the addresses behind ``/cases/<case>/``."""
    case, actor, _target, found = hall.determined("serious", tier="serious", measures=("quality_evaluation",), plan_minutes=600)
    world, officer = hall.world, hall.officer
    guardian = parties.add_guardian(session, world.ring, officer, parties.AddGuardian(actor, "某家长", "母", "13900001111"), NOW)
    duty = duties.give_duty(session, officer, duties.GiveDuty(case.id, world.actor("psychologist").account_id, "psychologist"), NOW)
    thing = evidence.add_evidence(session, world.ring, officer, evidence.AddEvidence(case.id, "police_receipt", "回执", "police"), NOW)
    told = serving.note_told(session, world.ring, officer, serving.Tell(found, "homeroom"), NOW)
    session.get_one(CaseRecipient, (case.district_id, told)).correction_due_at = NOW
    entry = EvaluationEntry(
        district_id=case.district_id, id="e" * 32, case_id=case.id, party_id=actor, determination_id=found, entered_at=NOW, entered_by=officer.account_id,
        recall_due_at=NOW,
    )
    session.add(entry)
    session.commit()
    return case, {
        f"duties/{duty}/end": "reason=done", f"evidence/{thing}/withdraw": "", f"parties/{actor}/guardians/{guardian}/restrict": "restricted=yes&reason=violence",
        f"determinations/{found}/told": "kind=police", f"determinations/{found}/evaluation": "", f"corrections/{told}": "kind=homeroom",
        f"corrections/{entry.id}": "kind=entry&proof=1", f"parties/{actor}/of-age": "", f"parties/{actor}/left": "",
    }


def written(session: Session, case: CaseFile) -> tuple[int, list[object]]:
    """Steps of a case, and what its parts look like."""
    session.expire_all()
    looks: list[object] = [session.scalar(sa.select(sa.func.count()).select_from(CaseRecipient))]
    looks += list(session.scalars(sa.select(CaseDuty.to_at))) + list(session.scalars(sa.select(CaseGuardian.restricted)))
    looks += list(session.scalars(sa.select(CaseEvidence.withdrawn_at))) + list(session.scalars(sa.select(Determination.state)))
    return session.scalar(sa.select(sa.func.count()).select_from(CaseStep).where(CaseStep.case_id == case.id)) or 0, looks


def test_a_part_of_another_case_is_not_there_under_this_one(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, addresses = parts_of(hall, session)
    beside = hall.world.case()
    enter(client, hall.officer)
    before = written(session, case)
    for path, form in addresses.items():
        answer = client.post(f"/cases/{beside.id}/{path}", data=form, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 404, path
    assert written(session, case) == before
    for path, form in addresses.items():  # each of them is there under its own case
        assert client.post(f"/cases/{case.id}/{path}", data=form, content_type="application/x-www-form-urlencoded").status_code == 303, path


def test_a_proposal_of_another_case_is_neither_adopted_nor_taken_back(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, actor, _target = hall.submitted()
    found = hall.propose(actor)
    hall.vote(case, actor)
    beside = hall.world.case()
    session.commit()
    steps: tuple[tuple[Actor, str], ...] = ((hall.officer, "withdraw"), (hall.secretary, "adopt"))
    for who, step in steps:
        enter(client, who)
        assert client.post(f"/cases/{beside.id}/determinations/{found}/{step}").status_code == 404
        session.expire_all()
        assert hall.row(found).state == "proposed"
    assert client.post(f"/cases/{case.id}/determinations/{found}/adopt").status_code == 303
    session.expire_all()
    assert hall.row(found).state == "adopted"


def test_corrections_that_are_owed_are_one_press_from_the_case(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, actor, _target, found = hall.determined()
    told = serving.note_told(session, hall.world.ring, hall.officer, serving.Tell(found, "homeroom"), NOW)
    enter(client, hall.officer)
    link = f"/cases/{case.id}/determinations#corrections"
    assert link not in client.get(f"/cases/{case.id}").text
    determining.investigate_again(session, hall.officer, case.id, "new_evidence", NOW)
    fresh = hall.propose(actor, tier="heavier", measures=(), plan_minutes=600)
    opening.submit_to_committee(session, hall.officer, case.id, NOW)
    hall.vote(case, actor)
    hall.adopt(fresh)
    session.commit()
    shown = client.get(f"/cases/{case.id}").text
    assert link in shown
    page = client.get(f"/cases/{case.id}/determinations").text
    assert 'id="corrections"' in page
    assert f"/cases/{case.id}/corrections/{told}" in page
    assert client.post(f"/cases/{case.id}/corrections/{told}", data={"kind": "homeroom"}).status_code == 303
    assert link not in client.get(f"/cases/{case.id}").text
