"""By what platforms and devices name people: learnt once, known next time, given to somebody else openly."""

import pytest
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.roster.queries.identifiers import identifiers_of, identifiers_of_school
from trainhub.roster.service import Merge, merge
from trainhub.roster.service.identifiers import (
    Learnt,
    SetIdentifier,
    forget_identifier,
    learn,
    normal,
    set_identifier,
)


def held(session: Session, district: Sample) -> dict[str, list[tuple[str, str]]]:
    found = identifiers_of_school(session, Scope(district.district_id, None), district.school_id)
    return {person: [(i.kind, i.value) for i in rows] for person, rows in found.items()}


def test_what_is_learnt_is_known_and_never_taken_from_somebody_silently(session: Session, district: Sample) -> None:
    actor, (first, second) = district.actors["training_officer"], district.people[:2]
    assert learn(session, actor, district.school_id, [Learnt("platform", "u1", first), Learnt("device_pin", "00012", first)], now()) == 2
    assert learn(session, actor, district.school_id, [Learnt("platform", "u1", second), Learnt("card", "", second)], now()) == 0
    assert set(held(session, district)[first]) == {("platform", "u1"), ("device_pin", "12")}
    assert second not in held(session, district)


def test_a_card_that_changes_hands_is_written_down(session: Session, district: Sample) -> None:
    actor, (first, second) = district.actors["school_administrator"], district.people[:2]
    for person in (first, second):
        set_identifier(session, actor, SetIdentifier(district.school_id, person, "card", "8800 1234"), now())
    assert held(session, district) == {second: [("card", "88001234")]}
    entries = session.query(LedgerEntry).filter_by(kind="identifier.set").count()
    assert entries == 2
    forget_identifier(session, actor, SetIdentifier(district.school_id, second, "card", "88001234"), now())
    assert held(session, district) == {}


def test_nobody_of_another_school_gets_one(session: Session, district: Sample) -> None:
    actor = district.actors["school_administrator"]
    for school, person in ((district.other_school_id, district.other_people[0]), (district.school_id, district.other_people[0])):
        with pytest.raises(DomainError):
            set_identifier(session, actor, SetIdentifier(school, person, "card", "1"), now())
    with pytest.raises(DomainError):
        set_identifier(session, actor, SetIdentifier(district.school_id, district.people[0], "face", "1"), now())


@pytest.mark.parametrize(("kind", "typed", "kept"), [
    ("email", " A@B.cn ", "a@b.cn"), ("device_pin", "0007", "7"), ("device_pin", "000", "000"), ("card", "12 34", "1234"), ("platform", "Ab", "Ab"),
])  # fmt: skip
def test_values_are_compared_in_one_form(kind: str, typed: str, kept: str) -> None:
    assert normal(kind, typed) == kept


@pytest.mark.parametrize(("kind", "value", "tail"), [("card", "88001234", "1234"), ("email", "li.si@example.cn", "e.cn"), ("device_pin", "123456", "")])
def test_the_ledger_keeps_the_end_of_a_value_at_most(session: Session, district: Sample, kind: str, value: str, tail: str) -> None:
    actor, command = district.actors["school_administrator"], SetIdentifier(district.school_id, district.people[0], kind, value)
    set_identifier(session, actor, command, now())
    forget_identifier(session, actor, command, now())
    kept = [p.payload for p in session.query(LedgerPayload) if p.payload.get("kind") == kind]
    assert [p["tail"] for p in kept] == [tail, tail]
    assert value not in str(kept)


def test_case_100_the_value_of_a_merged_record_is_listed_and_forgotten_at_the_kept_one(session: Session, district: Sample) -> None:
    actor, (kept, twin) = district.actors["school_administrator"], district.people[:2]
    set_identifier(session, actor, SetIdentifier(district.school_id, twin, "card", "88001234"), now())
    merge(session, actor, Merge(district.school_id, kept, twin, "同一人"), now())
    assert held(session, district) == {kept: [("card", "88001234")]}
    scope = Scope(district.district_id, None)
    assert [i.value for i in identifiers_of(session, scope, district.school_id, kept)] == ["88001234"]
    forget_identifier(session, actor, SetIdentifier(district.school_id, kept, "card", "88001234"), now())
    assert held(session, district) == {}
