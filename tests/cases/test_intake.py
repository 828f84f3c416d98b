"""Concerns: a minute on a phone, anonymous stays anonymous, who reported stands apart (domain.md cases 52, 63)."""

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cases.scenery import World
from trainhub.cases.models import CaseFile, Concern, ConcernReporter
from trainhub.cases.rules.intake import ConcernRefused, read_receipt, shown_receipt
from trainhub.cases.service import intake
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound
from trainhub.ledger.models import LedgerEntry, LedgerPayload


def test_anybody_on_the_staff_reports_and_gets_a_number(world: World, session: Session) -> None:
    receipt = world.report(who="张三")
    row = session.get_one(Concern, (world.sample.district_id, receipt.concern_id))
    assert (row.state, row.number, row.channel, row.anonymous) == ("clue", 1, "staff", False)
    assert read_receipt(shown_receipt(receipt.receipt).lower()) == receipt.receipt
    assert row.receipt_mark == world.ring.mark("receipt_number", receipt.receipt)
    assert "走廊" not in row.sealed_text


def test_a_second_sending_is_the_first_one(world: World, session: Session) -> None:
    first, again, other = world.report(), world.report(), world.report(op_id="op-2")
    assert again == first
    assert other.receipt != first.receipt
    assert session.scalar(sa.select(sa.func.count()).select_from(Concern)) == 2
    assert {row.number for row in session.scalars(sa.select(Concern))} == {1, 2}


def test_who_reported_stands_in_no_open_column(world: World, session: Session) -> None:
    receipt = world.report()
    account = world.actor("teacher").account_id
    concern = session.get_one(Concern, (world.sample.district_id, receipt.concern_id))
    apart = session.get_one(ConcernReporter, (world.sample.district_id, receipt.concern_id))
    for row in (concern, apart):
        assert account not in json.dumps([str(getattr(row, column.name)) for column in row.__table__.columns])
    entries = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.subject_ref == receipt.concern_id)).all()
    assert entries
    assert all(account != entry.actor_ref and entry.acting_role == "reporter" for entry in entries)
    assert account not in json.dumps([row.payload for row in session.scalars(sa.select(LedgerPayload))])


def test_case_52_an_anonymous_concern_is_taken_without_a_name(world: World, session: Session) -> None:
    command = intake.EnterConcern("box", "有人每天被拦着要钱", "op-9")
    receipt = intake.enter_concern(session, world.ring, world.officer, command, world.now)
    row = session.get_one(Concern, (world.sample.district_id, receipt.concern_id))
    assert row.anonymous
    assert session.get(ConcernReporter, (world.sample.district_id, receipt.concern_id)) is None
    case_id = intake.accept_concern(session, world.ring, world.officer, intake.AcceptConcern(receipt.concern_id), world.now)
    assert session.get_one(CaseFile, (world.sample.district_id, case_id)).discovered_at == row.received_at
    assert row.told_at == world.now


def test_case_63_staff_against_a_pupil_goes_another_way(world: World, session: Session) -> None:
    receipt = world.report(about_staff=True)
    assert receipt.routed
    row = session.get_one(Concern, (world.sample.district_id, receipt.concern_id))
    assert (row.state, row.decision_reason, row.case_id) == ("not_accepted", "staff_conduct", None)
    with pytest.raises(InvalidState):
        intake.accept_concern(session, world.ring, world.officer, intake.AcceptConcern(receipt.concern_id), world.now)
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseFile)) == 0


def test_a_declined_concern_says_why(world: World, session: Session) -> None:
    receipt = world.report()
    with pytest.raises(ConcernRefused):
        intake.decline_concern(session, world.ring, world.officer, intake.DeclineConcern(receipt.concern_id, "other"), world.now)
    intake.decline_concern(session, world.ring, world.officer, intake.DeclineConcern(receipt.concern_id, "no_facts", "问过了"), world.now)
    row = session.get_one(Concern, (world.sample.district_id, receipt.concern_id))
    assert (row.state, row.decision_reason, row.told_at) == ("not_accepted", "no_facts", world.now)
    assert "问过了" not in row.sealed_decision
    with pytest.raises(InvalidState):
        intake.decline_concern(session, world.ring, world.officer, intake.DeclineConcern(receipt.concern_id, "no_facts"), world.now)


def test_only_the_desk_of_the_same_school_decides(world: World, session: Session) -> None:
    receipt = world.report()
    for key, error in (("teacher", Forbidden), ("principal", Forbidden), ("case_officer@other", NotFound), ("bureau_case_officer", Forbidden)):
        with pytest.raises(error):
            intake.accept_concern(session, world.ring, world.actor(key), intake.AcceptConcern(receipt.concern_id), world.now)


def test_a_second_concern_joins_the_case(world: World, session: Session) -> None:
    first, second = world.report(), world.report("homeroom_teacher", "op-3")
    case_id = intake.accept_concern(session, world.ring, world.officer, intake.AcceptConcern(first.concern_id), world.now)
    assert intake.accept_concern(session, world.ring, world.officer, intake.AcceptConcern(second.concern_id, case_id), world.now) == case_id
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseFile)) == 1
    assert session.get_one(Concern, (world.sample.district_id, second.concern_id)).state == "joined"


@pytest.mark.parametrize(("more", "field"), [
    ({"means": ("thunder",)}, "means"), ({"place_kind": "moon"}, "place_kind"),
])
def test_words_outside_the_lists_are_refused(world: World, more: dict[str, object], field: str) -> None:
    with pytest.raises(ConcernRefused) as refused:
        world.report(**more)
    assert refused.value.field == field
