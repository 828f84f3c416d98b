"""Whose name is shown to whom: homeroom teacher, member, principal (domain.md section 6; security.md section 3; case 74)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.conftest import Enter
from tests.cases.hall import NOW, Hall
from trainhub.cases.models import CaseDuty, CaseFile
from trainhub.cases.queries.own_class import own_pupil, own_pupils_in_cases
from trainhub.cases.service import duties
from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.ledger.models import AccessLogEntry
from trainhub.roster.models import Student

NAME = "贾金丝雀甲"


@pytest.fixture
def hall(sealed_hall: Hall, session: Session) -> Hall:
    pupil = session.get_one(Student, (sealed_hall.world.sample.district_id, sealed_hall.world.pupils[0]))
    pupil.name = pupil.name_key = NAME
    session.commit()
    return sealed_hall


def in_a_case(hall: Hall) -> tuple[CaseFile, str]:
    case = hall.world.case("minor")
    party = hall.world.party(case, hall.world.pupils[0], "actor")
    for duty in hall.session.scalars(sa.select(CaseDuty)):
        duty.from_at = min(duty.from_at, NOW)
    hall.session.commit()
    return case, party


def test_case_74_a_homeroom_teacher_sees_own_pupils_by_number_and_a_name_with_a_reason(
    hall: Hall, session: Session, client: FlaskClient, enter: Enter
) -> None:
    case, party = in_a_case(hall)
    teacher = hall.world.actor("homeroom_teacher")
    duty = session.scalars(sa.select(CaseDuty).where(CaseDuty.duty == "homeroom", CaseDuty.account_id == teacher.account_id)).one()
    enter(client, teacher)
    text = client.get("/cases/own-class").text
    assert f"{case.year}-{case.number:02d} A1" in text
    assert NAME not in text
    assert 'href="/cases/own-class"' in client.get("/").text
    assert client.get(f"/cases/{case.id}").status_code == 403  # neither header nor file
    path = f"/cases/own-class/{duty.id}/reveal"
    assert client.post(path, data={"reason": "curiosity"}).status_code == 404
    shown = client.post(path, data={"reason": "identify"})
    assert NAME in shown.text
    assert shown.headers["Refresh"].startswith("60;")
    entry = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.purpose == "reveal_identify")).one()
    assert (entry.account_id, entry.object_ref, entry.about_ref, entry.permission) == (teacher.account_id, party, case.id, "case.class.reveal")
    duty.to_at = now() - timedelta(seconds=1)
    session.commit()
    assert client.post(path, data={"reason": "identify"}).status_code == 404
    assert "A1" not in client.get("/cases/own-class").text.partition("<main")[2].partition("</main")[0]


def test_nobody_elses_duty_opens_it(hall: Hall, session: Session) -> None:
    case, _party = in_a_case(hall)
    teacher = hall.world.actor("homeroom_teacher")
    mine = own_pupils_in_cases(session, teacher, NOW)
    assert [one.code for one in mine] == ["A1"]
    assert not own_pupils_in_cases(session, hall.world.actor("teacher"), NOW)
    with pytest.raises(NotFound):
        own_pupil(session, hall.world.actor("principal@other"), mine[0].duty_id, NOW)
    case.sealed_at = NOW
    session.flush()
    assert not own_pupils_in_cases(session, teacher, NOW)
    with pytest.raises(NotFound):
        own_pupil(session, teacher, mine[0].duty_id, NOW)


@pytest.mark.parametrize("key", ["principal", "committee_member"])
def test_a_name_is_shown_where_a_duty_names_the_reader_and_nowhere_else(
    hall: Hall, session: Session, client: FlaskClient, enter: Enter, key: str
) -> None:
    case, party = in_a_case(hall)
    page, path = f"/cases/{case.id}/parties/{party}", f"/cases/{case.id}/parties/{party}/reveal"
    enter(client, hall.world.actor(key))
    assert client.post(path, data={"reason": "identify"}).status_code == 404
    assert path not in client.get(page).text
    duties.give_duty(session, hall.officer, duties.GiveDuty(case.id, hall.world.actor(key).account_id, "member"), NOW)
    session.commit()
    assert path in client.get(page).text
    shown = client.post(path, data={"reason": "identify"})
    assert NAME in shown.text
    assert shown.headers["Refresh"].startswith("60;")
    entry = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.permission == "case.reveal", AccessLogEntry.object_kind == "party")).one()
    assert (entry.account_id, entry.purpose) == (hall.world.actor(key).account_id, "reveal_identify")


