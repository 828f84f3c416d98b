"""A look-up that shows nothing answers as for what does not exist, is logged and reviewed (domain.md case 64; security.md #9, #11)."""

import re
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import add_account
from tests.cases.conftest import Enter
from tests.cases.hall import Hall
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger import queries
from trainhub.ledger.access import DENIED, note_denied, reads_to_review
from trainhub.ledger.models import AccessLogEntry


def plain(text: str) -> str:
    return re.sub(r"[0-9a-f]{32}|[\w-]{30,}\.[\w.-]+|\b[0-9a-f]{8,16}\b", "*", text)


def denied(session: Session) -> list[AccessLogEntry]:
    return list(session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.purpose == DENIED).order_by(AccessLogEntry.seq)))


def test_case_64_denied_as_not_found_logged_and_reviewed(
    sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter, count_statements: Any
) -> None:
    hall = sealed_hall
    case, _actor, _target = hall.investigated()
    session.commit()
    stranger = hall.world.actor("committee_member")
    enter(client, stranger)
    client.get("/cases")  # an address that shows something is no look-up that was denied
    assert not denied(session)
    answers, counts = [], []
    for key in (case.id, new_id(), case.id):
        with count_statements() as seen:
            answers.append(client.get(f"/cases/{key}"))
        counts.append(seen.count)
    real, made_up, again = answers
    assert (real.status_code, made_up.status_code, again.status_code) == (404, 404, 404)
    assert plain(real.text) == plain(made_up.text) == plain(again.text)
    assert counts[1] == counts[2]  # once an hour, for both alike
    rows = denied(session)
    assert [(row.account_id, row.object_kind, row.object_ref, row.permission, row.school_id) for row in rows] == [
        (stranger.account_id, DENIED, "cases.case", "case.read", stranger.org_id)
    ]
    assert case.id not in {rows[0].about_ref, rows[0].object_ref}
    client.get(f"/cases/{case.id}/determinations")  # another kind of address
    assert [row.object_ref for row in denied(session)] == ["cases.case", "cases.determinations"]
    assert queries.verify(session).fault is None
    enter(client, hall.world.actor("principal"))
    text = client.get("/access-log").text
    assert "未显示内容" in text
    assert "请求案件内容" in text
    assert "记为已复核" in text


def test_what_is_done_for_it_does_not_tell_one_from_the_other(
    sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter, count_statements: Any
) -> None:
    case, _actor, _target = sealed_hall.investigated()
    for n in range(3):
        add_account(session, sealed_hall.world.sample, f"stranger_{n}", Role.COMMITTEE_MEMBER, sealed_hall.scene.school_id)
    session.commit()
    enter(client, sealed_hall.world.actor("committee_member"))
    client.get(f"/cases/{new_id()}")  # the first of a school begins its chain
    texts = []
    for n, key in enumerate((case.id, new_id(), case.id)):
        enter(client, sealed_hall.world.actor(f"stranger_{n}"))
        client.get("/cases")
        with count_statements() as seen:
            client.get(f"/cases/{key}")
        texts.append(seen.texts)
    assert texts[0] == texts[1] == texts[2]
    assert sum("INSERT INTO access_log_entry" in text for text in texts[0]) == 1
    assert len(denied(session)) == 4


def test_a_role_without_the_right_is_written_down_too(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    case, _actor, _target = sealed_hall.investigated()
    session.commit()
    teacher = sealed_hall.world.actor("teacher")
    enter(client, teacher)
    assert client.get(f"/cases/{case.id}").status_code == 403
    assert client.get("/accounts").status_code == 403  # nothing protected
    assert [(row.account_id, row.object_ref) for row in denied(session)] == [(teacher.account_id, "cases.case")]


def test_the_month_counts_readings_and_what_showed_nothing_apart(sealed_hall: Hall, session: Session) -> None:
    who, moment = sealed_hall.world.actor("teacher"), now()
    assert note_denied(session, who, "cases.case", Permission.CASE_READ, moment)
    assert not note_denied(session, who, "cases.case", Permission.CASE_READ, moment)
    assert note_denied(session, who, "cases.party", Permission.CASE_READ, moment)
    (row,) = reads_to_review(session, Scope(who.district_id, frozenset({who.org_id})), f"{local_day(moment):%Y-%m}")
    assert (row.account_id, row.reads, row.objects, row.denied, row.reviewed) == (who.account_id, 0, 0, 2, False)
