"""Hours statements: frozen, confirmed by a code of which only the hash is kept, revocable."""

from datetime import date, time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.training.scenery import SPRING, add_training
from trainhub.kernel.clock import at
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.training.models import HoursStatement
from trainhub.training.queries.statements import statement_by_code, statements_of
from trainhub.training.rules.statements import code_digest, new_code
from trainhub.training.service.statements import IssueStatement, issue_statement, revoke_statement

NOW = at(date(2026, 11, 20), time(18))


def issue(session: Session, sample: Sample, person: str, key: str = "training_officer") -> str:
    return issue_statement(session, sample.actors[key], IssueStatement(person, "2026"), NOW)


def test_a_statement_prints_what_counted_and_what_did_not(session: Session, district: Sample) -> None:
    person = district.people[0]
    add_training(session, district, SPRING, [person], title="春季面授")
    add_training(session, district, date(2026, 5, 6), [person], title="消防演练", topic="fire_drill", minutes=60)
    code = issue(session, district, person)
    found = statement_by_code(session, code)
    assert found is not None
    printed = found.printed
    assert (printed["minutes"], printed["periods"], printed["formula"]) == (90, 2, "90 ÷ 45 = 2")
    assert printed["rows"] == [["2026-03-20", "春季面授", 90, 2]]
    assert printed["others"] == [["2026-05-06", "消防演练", 60, "wrong_topic"]]


def test_only_the_hash_of_the_code_is_kept(session: Session, district: Sample) -> None:
    code = issue(session, district, district.people[0])
    row = session.scalars(select(HoursStatement)).one()
    assert row.code_hash == code_digest(code)
    assert code not in str(row.printed)
    assert code.replace("-", "") not in row.code_hash


def test_a_code_is_found_however_it_is_typed(session: Session, district: Sample) -> None:
    code = issue(session, district, district.people[0])
    assert statement_by_code(session, " " + code.lower().replace("-", " ")) is not None
    assert statement_by_code(session, new_code()) is None
    assert statement_by_code(session, "") is None


def test_what_is_printed_stays_when_minutes_change(session: Session, district: Sample) -> None:
    person = district.people[0]
    code = issue(session, district, person)
    add_training(session, district, SPRING, [person])
    found = statement_by_code(session, code)
    assert found is not None
    assert found.printed["minutes"] == 0


def test_a_revoked_statement_says_so(session: Session, district: Sample) -> None:
    officer = district.actors["training_officer"]
    code = issue(session, district, district.people[0])
    row = session.scalars(select(HoursStatement)).one()
    revoke_statement(session, officer, row.id, NOW)
    found = statement_by_code(session, code)
    assert found is not None
    assert found.revoked_at == NOW
    with pytest.raises(InvalidState):
        revoke_statement(session, officer, row.id, NOW)


def test_everybody_may_issue_their_own_and_officers_their_schools(session: Session, district: Sample) -> None:
    assert issue(session, district, district.people[0], "teacher")
    with pytest.raises(NotFound):
        issue(session, district, district.people[1], "teacher")
    with pytest.raises(NotFound):
        issue(session, district, district.people[0], "training_officer@other")
    with pytest.raises(NotFound):
        revoke_statement(session, district.actors["training_officer@other"], session.scalars(select(HoursStatement.id)).one(), NOW)
    assert [s.revoked_at for s in statements_of(session, district.district_id, district.people[0], "2026")] == [None]
