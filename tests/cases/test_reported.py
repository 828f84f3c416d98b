"""What was reported to the bureau reaches it: a notice, headers, and the file by a consent of two (domain.md case 57; security.md #6)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import add_account
from tests.cases.conftest import Enter
from tests.cases.hall import NOW, Hall
from trainhub.cases.models import CaseDuty, CaseFile, CaseNotice, CaseStep, SecondPerson
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.notices import notices_for
from trainhub.cases.queries.reported import reported
from trainhub.cases.rules.second import FILE_OPEN_FOR
from trainhub.cases.service import reports, second
from trainhub.committees.models import Recusal
from trainhub.kernel import clock
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.models import AccessLogEntry, LedgerEntry

FACTS = {"time": "中午", "place": "金丝雀地点", "cause": "口角", "course": "金丝雀经过", "persons": "A1 B1", "measures": "隔开"}


@pytest.fixture
def hall(sealed_hall: Hall, session: Session) -> Hall:
    """A case room with a second officer at the bureau."""
    add_account(session, sealed_hall.world.sample, "bureau_case_officer_2", Role.BUREAU_CASE_OFFICER, sealed_hall.world.sample.district_id)
    session.commit()
    return sealed_hall


def told(hall: Hall, severity: str = "serious", **more: Any) -> CaseFile:
    """A case of which the bureau has heard."""
    case, _actor, _target = hall.investigated(severity)
    report(hall, case, **more)
    return case


def report(hall: Hall, case: CaseFile, kind: str = "first", form: str = "written", to: str = "bureau") -> None:
    command = reports.RecordReport(case.id, kind, form, to, NOW, FACTS)
    reports.record_report(hall.session, hall.world.ring, hall.officer, command, NOW)
    hall.session.flush()


def bureau(hall: Hall, number: int = 1) -> Actor:
    return hall.world.actor("bureau_case_officer" if number == 1 else f"bureau_case_officer_{number}")


def ask(hall: Hall, case: CaseFile, by: Actor | None = None) -> str:
    return second.ask(hall.session, hall.world.ring, by or bureau(hall), second.Ask("file", case.id, "reported", "核对报送内容"), NOW)


def opened(hall: Hall, case: CaseFile) -> str:
    key = ask(hall, case)
    second.grant(hall.session, bureau(hall, 2), key, NOW)
    return second.take_up(hall.session, bureau(hall), key, NOW)


def codes(hall: Hall, role: str) -> list[str]:
    return list(hall.session.scalars(sa.select(CaseNotice.code).where(CaseNotice.role == role)))


def test_a_report_to_the_bureau_waits_on_its_first_page(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    case = told(hall)
    found = [row for row in notices_for(session, bureau(hall)) if row.code == "case_reported"]
    assert [row.link for row in found] == ["/cases/reported"]
    report(hall, case, "follow_up")
    assert codes(hall, "bureau_case_officer").count("case_reported") == 1  # once while it waits
    report(hall, case, to="police")
    assert codes(hall, "bureau_case_officer").count("case_reported") == 1
    session.commit()
    enter(client, bureau(hall))
    home = client.get("/").text
    assert "有学校向教育局报告了一件事项" in home
    assert 'href="/cases/reported"' in home


def test_abuse_6_headers_of_reported_cases_hold_no_name_no_code_no_place(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    case = told(hall)
    quiet = hall.world.case("minor")
    session.commit()
    rows = reported(session, bureau(hall), NOW).rows
    assert [(row.label, row.tier, row.late, row.lowered, row.reports) for row in rows] == [(f"{case.year}-{case.number:02d}", "serious", True, False, 1)]  # two hours, not thirty minutes
    enter(client, bureau(hall))
    text = client.get("/cases/reported").text
    assert rows[0].label in text
    assert rows[0].school in text
    assert quiet.id not in text  # not reported: not there
    for hidden in ("金丝雀", "走廊", "A1", "B1"):
        assert hidden not in re.sub(r"<[^>]+>", " ", text)
    assert f"/second/ask/file/{case.id}" in text
    assert f'href="/cases/{case.id}"' not in text
    assert client.get(f"/cases/{case.id}").status_code == 404


def test_case_57_a_lowered_tier_shows_on_reported_cases(hall: Hall, session: Session) -> None:
    case = told(hall)
    key = second.ask(session, hall.world.ring, hall.officer, second.Ask("downgrade", case.id, "new_facts", "新事实", {"severity": "minor"}), NOW)
    second.grant(session, hall.secretary, key, NOW)
    second.carry_out(session, hall.officer, key, NOW)
    row = reported(session, bureau(hall), NOW).rows[0]
    assert (row.lowered, row.tier) == (True, "minor")
    notice = next(n for n in notices_for(session, bureau(hall)) if n.code == "case_lowered")
    assert notice.link == "/cases/reported"


def test_the_list_is_the_bureaus_alone(hall: Hall, session: Session) -> None:
    told(hall)
    for key in ("case_officer", "principal", "committee_secretary", "bureau_officer", "appeal_reviewer", "auditor", "teacher"):
        with pytest.raises(Forbidden):
            reported(session, hall.world.actor(key), NOW)


def test_who_stepped_aside_and_what_is_sealed_are_not_on_it(hall: Hall, session: Session) -> None:
    case = told(hall)
    session.add(Recusal(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, matter_id=case.id, account_id=bureau(hall).account_id, ground="relative",
        found_by="declared", entered_by=bureau(hall, 2).account_id, entered_at=NOW,
    ))
    session.flush()
    assert not reported(session, bureau(hall), NOW).rows
    assert len(reported(session, bureau(hall, 2), NOW).rows) == 1
    with pytest.raises(NotFound):
        ask(hall, case)
    case.sealed_at = NOW
    session.flush()
    assert not reported(session, bureau(hall, 2), NOW).rows
    with pytest.raises(NotFound):
        ask(hall, case, bureau(hall, 2))


def test_statements_of_the_list_do_not_grow(hall: Hall, session: Session, count_statements: Callable[[], Any]) -> None:
    counts = []
    for _n in range(2):
        case = told(hall) if not counts else hall.world.case("serious")
        for _more in range(4 if counts else 0):
            report(hall, hall.world.case("serious"))
        if counts:
            report(hall, case)
        session.commit()
        session.expire_all()
        with count_statements() as seen:
            found = reported(session, bureau(hall), NOW)
        counts.append(seen.count)
    assert len(found.rows) == 6
    assert counts[0] == counts[1] <= 7


def test_the_file_opens_by_two_for_four_hours_and_the_principal_is_told_in_the_same_step(hall: Hall, session: Session) -> None:
    case = told(hall)
    with pytest.raises(NotFound):
        seen_case(session, bureau(hall), Permission.CASE_FILE_READ, case.id, NOW)
    key = ask(hall, case)
    assert "second_asked" in codes(hall, "principal")
    with pytest.raises(InvalidState):
        second.take_up(session, bureau(hall), key, NOW)
    second.grant(session, bureau(hall, 2), key, NOW)
    assert "second_used" not in codes(hall, "principal")
    with pytest.raises(NotFound):  # granted to one, taken up by another
        second.take_up(session, bureau(hall, 2), key, NOW)
    point = session.begin_nested()
    second.take_up(session, bureau(hall), key, NOW)
    assert "second_used" in codes(hall, "principal")
    point.rollback()  # one transaction: without the word to the principal nothing was opened
    session.expire_all()
    assert "second_used" not in codes(hall, "principal")
    with pytest.raises(NotFound):
        seen_case(session, bureau(hall), Permission.CASE_FILE_READ, case.id, NOW)
    assert second.take_up(session, bureau(hall), key, NOW) == case.id
    assert seen_case(session, bureau(hall), Permission.CASE_FILE_READ, case.id, NOW).id == case.id
    duty = session.scalars(sa.select(CaseDuty).where(CaseDuty.duty == "bureau")).one()
    assert (duty.given_by, duty.to_at, duty.reason) == (bureau(hall, 2).account_id, NOW + FILE_OPEN_FOR, "report")
    assert timedelta(hours=4) == FILE_OPEN_FOR
    with pytest.raises(NotFound):  # over: as a case that does not exist
        seen_case(session, bureau(hall), Permission.CASE_READ, case.id, NOW + FILE_OPEN_FOR)
    with pytest.raises(InvalidState):  # once
        second.take_up(session, bureau(hall), key, NOW)
    given = session.scalars(sa.select(CaseStep).where(CaseStep.step == "duty_given", CaseStep.object_id == duty.id)).one()
    assert given.changes["given_by"] == bureau(hall, 2).account_id
    assert session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry).where(LedgerEntry.kind == "case.second_used")) == 1


def test_where_the_principal_grants_it_the_bureau_hears_of_it(hall: Hall, session: Session) -> None:
    case = told(hall)
    key = ask(hall, case)
    second.grant(session, hall.world.actor("principal"), key, NOW)
    second.take_up(session, bureau(hall), key, NOW)
    assert "second_used" in codes(hall, "bureau_case_officer")


def test_nobody_asks_for_what_was_not_reported(hall: Hall, session: Session) -> None:
    case, _actor, _target = hall.investigated("serious")
    with pytest.raises(NotFound):
        ask(hall, case)
    report(hall, case, to="police")
    with pytest.raises(NotFound):
        ask(hall, case)
    report(hall, case)
    for key in ("case_officer", "principal", "appeal_reviewer"):
        with pytest.raises(Forbidden):
            ask(hall, case, hall.world.actor(key))
    ask(hall, case)
    with pytest.raises(second.SecondRefused):
        ask(hall, case)


def test_by_pages_alone_from_the_list_to_the_file_and_out_again(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    case = told(hall)
    session.commit()
    enter(client, bureau(hall))
    asking = f"/second/ask/file/{case.id}"
    assert "申请查看报告过的案卷" in client.get(asking).text
    assert client.post(asking, data={"reason": "reported", "words": "核对报送内容"}).status_code == 303
    assert "已申请，等另一人决定" in client.get("/cases/reported").text
    key = session.scalars(sa.select(SecondPerson.id)).one()
    enter(client, bureau(hall, 2))
    assert "核对报送内容" in client.get("/second").text
    assert client.post(f"/second/{key}/grant").status_code == 303
    enter(client, bureau(hall))
    assert f"/second/{key}/look" in client.get("/second").text
    answer = client.post(f"/second/{key}/look")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{case.id}")
    assert client.get(f"/cases/{case.id}").status_code == 200
    entry = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.account_id == bureau(hall).account_id)).one()
    assert (entry.object_kind, entry.object_ref, entry.purpose) == ("case", case.id, "oversight")
    assert f'href="/cases/{case.id}"' in client.get("/cases/reported").text
    duty = session.scalars(sa.select(CaseDuty).where(CaseDuty.duty == "bureau")).one()
    duty.from_at, duty.to_at = clock.now() - timedelta(hours=5), clock.now() - timedelta(seconds=1)
    session.commit()
    gone, nothing = client.get(f"/cases/{case.id}"), client.get(f"/cases/{new_id()}")
    assert (gone.status_code, nothing.status_code) == (404, 404)
    assert plain(gone.text) == plain(nothing.text)
    enter(client, hall.officer)
    assert client.get(asking).status_code == 404  # the school's own desk asks for no file


def plain(text: str) -> str:
    return re.sub(r"[0-9a-f]{32}|[\w-]{30,}\.[\w.-]+|\b[0-9a-f]{8,16}\b", "*", text)
