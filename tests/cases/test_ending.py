"""A case ends before anything was found, by two people and with a reason (domain.md cases 57, 63); a sealed one is asked for by its number."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.conftest import Enter
from tests.cases.hall import NOW, Hall, open_hall
from trainhub.cases.models import CaseClock, CaseFile, CaseNotice, CaseStep, SecondPerson
from trainhub.cases.queries.counts import COLUMNS, ROWS, Period, _tables
from trainhub.cases.queries.desk import by_receipt, own_receipts
from trainhub.cases.rules.lifecycle import StepRefused
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service import determining, ending, intake, progress, second
from trainhub.cases.service.severity import SecondPersonNeeded
from trainhub.kernel import clock
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, SeparationOfDuties


@pytest.fixture
def hall(session: Session) -> Hall:
    return open_hall(session)


def from_concern(hall: Hall) -> tuple[CaseFile, intake.Receipt]:
    receipt = hall.world.report("teacher")
    case_id = intake.accept_concern(hall.session, hall.world.ring, hall.officer, intake.AcceptConcern(receipt.concern_id), NOW)
    return hall.session.get_one(CaseFile, (hall.officer.district_id, case_id)), receipt


def ask_end(hall: Hall, case: CaseFile, reason: str, **more: object) -> str:
    command = second.Ask("end_case", case.id, reason, "问遍了仍查不到人", dict(more))
    return second.ask(hall.session, hall.world.ring, hall.officer, command, NOW)


def end(hall: Hall, case: CaseFile, reason: str, **more: object) -> None:
    key = ask_end(hall, case, reason, **more)
    second.grant(hall.session, hall.world.actor("principal"), key, NOW)
    second.carry_out(hall.session, hall.officer, key, NOW)


@pytest.mark.parametrize("reason", ["nobody_identified", "other_body", "staff_conduct"])
def test_a_case_with_nothing_found_ends_by_two_people_and_whoever_reported_reads_why(hall: Hall, session: Session, reason: str) -> None:
    case, receipt = from_concern(hall)
    key = ask_end(hall, case, reason)
    with pytest.raises(Forbidden):
        second.grant(session, hall.officer, key, NOW)
    with pytest.raises(InvalidState):
        second.carry_out(session, hall.officer, key, NOW)
    assert case.state == "accepted"
    second.grant(session, hall.world.actor("principal"), key, NOW)
    second.carry_out(session, hall.officer, key, NOW)
    assert (case.state, case.ended_reason, case.seal_due_on) == ("closed", reason, local_day(NOW))
    assert not [row.id for row in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id)) if row.met_at is None and row.dropped_at is None]
    step = session.scalars(sa.select(CaseStep).where(CaseStep.case_id == case.id, CaseStep.to_state == "closed")).one()
    assert (step.changes["why"], step.changes["second"]) == (reason, key)
    found = by_receipt(session, hall.world.ring, receipt.receipt)
    assert found is not None
    assert (found.word, found.reason) == ("ended", reason)
    own = own_receipts(session, hall.world.actor("teacher"), intake.account_mark(hall.world.ring, hall.world.actor("teacher").account_id))
    assert (own[0].word, own[0].reason) == ("ended", reason)
    told = session.scalars(sa.select(CaseNotice.code).where(CaseNotice.matter_id == case.id, CaseNotice.role == "principal")).all()
    assert ("concern_routed" in told) == (reason == "staff_conduct")


def test_a_double_ends_into_a_case_of_the_school_that_goes_on(hall: Hall, session: Session) -> None:
    case, other = hall.world.case(), hall.world.case()
    for wrong in (None, case.id, "0" * 32):
        with pytest.raises(CaseRefused) as refused:
            ask_end(hall, case, "double_of", double_of=wrong)
        assert refused.value.code == "case_end_double"
    end(hall, case, "double_of", double_of=other.id)
    assert (case.state, case.double_of) == ("closed", other.id)
    with pytest.raises(CaseRefused):
        ask_end(hall, other, "double_of", double_of=case.id)


def test_nobody_ends_alone_or_past_a_finding_or_with_a_report_owed(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.investigated()
    with pytest.raises(SecondPersonNeeded):
        ending.end_case(session, hall.officer, case.id, "nobody_identified", None, "0" * 32, NOW)
    with pytest.raises(StepRefused):
        progress.close_case(session, hall.officer, case.id, NOW)
    own = second.ask(session, hall.world.ring, hall.secretary, second.Ask("end_case", case.id, "other_body", "属公安机关"), NOW)
    with pytest.raises(SeparationOfDuties):
        second.grant(session, hall.secretary, own, NOW)
    with pytest.raises(Forbidden):
        second.ask(session, hall.world.ring, hall.world.actor("teacher"), second.Ask("end_case", case.id, "other_body", "x"), NOW)
    hall.propose(actor)
    with pytest.raises(CaseRefused) as proposed:
        ask_end(hall, case, "nobody_identified")
    assert proposed.value.code == "case_end_proposed"
    found, *_rest = hall.determined()
    determining.investigate_again(session, hall.officer, found.id, "new_evidence", NOW)
    with pytest.raises(CaseRefused) as passed:
        ask_end(hall, found, "nobody_identified")
    assert passed.value.code == "case_end_found"
    grave = hall.world.case("serious")
    with pytest.raises(CaseRefused) as owed:
        ask_end(hall, grave, "nobody_identified")
    assert owed.value.code == "case_end_reports"
    with pytest.raises(InvalidState):
        ask_end(hall, hall.submitted()[0], "nobody_identified")


def test_new_evidence_takes_an_ended_case_up_again(hall: Hall, session: Session) -> None:
    case, receipt = from_concern(hall)
    end(hall, case, "nobody_identified")
    determining.investigate_again(session, hall.officer, case.id, "new_evidence", NOW)
    assert (case.state, case.ended_reason, case.closed_at, case.procedure_at) == ("investigating", "", None, NOW)
    found = by_receipt(session, hall.world.ring, receipt.receipt)
    assert found is not None
    assert found.word == "accepted"


def test_cases_that_ended_so_are_counted_apart(hall: Hall, session: Session) -> None:
    case = hall.world.case()
    end(hall, case, "nobody_identified")
    day = local_day(NOW)
    table = _tables(session, case.district_id, Period("k", "y", "s", day - timedelta(days=1), day + timedelta(days=1)))[case.school_id]
    assert sum(table[ROWS.index("ended")]) == 1
    assert table[ROWS.index("ended")][COLUMNS.index("in_time")] == 1
    assert sum(map(sum, table)) == 1


def test_the_page_offers_the_end_and_says_afterwards_why(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, other = hall.world.case(), hall.world.case()
    enter(client, hall.officer)
    path = f"/second/ask/end_case/{case.id}"
    assert path in client.get(f"/cases/{case.id}").text
    shown = client.get(path).text
    assert "不经认定结束" in shown
    assert f'value="{other.id}"' in shown
    assert client.post(path, data={"reason": "double_of", "words": "同一件事", "double_of": other.id}).status_code == 303
    row = session.scalars(sa.select(SecondPerson).where(SecondPerson.kind == "end_case")).one()
    second.grant(session, hall.world.actor("principal"), row.id, clock.now())
    session.commit()
    assert "执行" in client.get("/second").text
    assert client.post(f"/second/{row.id}/carry-out").status_code == 303
    after = client.get(f"/cases/{case.id}").text
    assert "未经认定结束" in after
    assert f"/cases/{other.id}" in after


def test_a_sealed_case_is_asked_for_by_its_number_and_none_answers_like_one_not_sealed(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, plain = hall.world.case(), hall.world.case()
    case.state, case.sealed_at = "sealed", clock.now()
    session.commit()
    enter(client, hall.officer)
    form = {"reason": "guardian_request", "words": "监护人来查阅"}
    answers = [client.post("/second/unseal", data=form | {"number": number}) for number in (f"{plain.year}-{plain.number:02d}", "2019-77", "x", "²-³")]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.text.count("没有这个编号的封存案件") for answer in answers}) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(SecondPerson)) == 0
    assert client.post("/second/unseal", data=form | {"number": f"{case.year}-{case.number:02d}"}).status_code == 303
    row = session.scalars(sa.select(SecondPerson)).one()
    assert (row.kind, row.case_id, row.reason) == ("unseal", case.id, "guardian_request")
    with pytest.raises(CaseRefused):  # another school's
        second.ask_unsealing(session, hall.world.ring, hall.world.actor("case_officer@other"), case.school_id, f"{case.year}-{case.number}", "appeal", "x", NOW)
    with pytest.raises(NotFound):
        second.ask(session, hall.world.ring, hall.officer, second.Ask("unseal", plain.id, "appeal", "x"), NOW)
