"""Notices stand on the first page of whoever they are for, in words that tell a passer-by nothing."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from trainhub.cases.queries.notices import notices_for
from trainhub.cases.service.steps import notify
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role


def leave(session: Session, district: Sample) -> None:
    matter = new_id()
    for _ in range(2):
        notify(session, district.district_id, district.school_id, "second_asked", now(), role=Role.PRINCIPAL, matter_id=matter, link="/second")
    notify(session, district.district_id, district.school_id, "duty_given", now(), account_id=district.accounts["psychologist"], link="/cases")
    session.commit()


def test_a_notice_is_for_its_role_at_its_place_or_for_one_account(session: Session, district: Sample) -> None:
    leave(session, district)
    seen = {key: [n.code for n in notices_for(session, district.actors[key])] for key in district.actors}
    assert seen["principal"] == ["second_asked"], "the same words about one matter stand once"
    assert seen["psychologist"] == ["duty_given"]
    assert not any(codes for key, codes in seen.items() if key not in {"principal", "psychologist"})


def test_read_it_leaves_the_page_and_nobody_elses(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    leave(session, district)
    notice = notices_for(session, district.actors["principal"])[0]
    sign_in(client, "principal@other")
    assert client.post(f"/cases/notices/{notice.notice_id}/read").status_code == 404
    sign_in(client, "principal")
    assert f"/cases/notices/{notice.notice_id}/read" in client.get("/").text
    assert client.post(f"/cases/notices/{notice.notice_id}/read").status_code == 303
    assert f"/cases/notices/{notice.notice_id}/read" not in client.get("/").text
    assert client.post(f"/cases/notices/{notice.notice_id}/read").status_code == 404
