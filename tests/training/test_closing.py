"""Exemptions, closing a year, amending it: two people behind each step, nothing overwritten."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.training.scenery import AUTUMN, SPRING, YEAR, add_training, verify
from trainhub.attendance.models import AttendanceSheet
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry
from trainhub.ledger.queries import verify as verify_ledger
from trainhub.training.models import TrainingExemption, TrainingObligation, YearSnapshot
from trainhub.training.queries.closing import closing
from trainhub.training.service.closing import (
    AmendmentPending,
    AmendmentReason,
    CloseYear,
    DecideAmendment,
    RequestAmendment,
    UnverifiedRolls,
    YearAlreadyClosed,
    YearNotClosed,
    YearNotOver,
    close_year,
    decide_amendment,
    digest,
    request_amendment,
)
from trainhub.training.service.exemptions import (
    BadExemption,
    DecideExemption,
    ExemptionPending,
    RequestExemption,
    decide_exemption,
    request_exemption,
    withdraw_exemption,
)
from trainhub.training.service.standing import recompute

NOVEMBER = at(date(2026, 11, 20), time(18))
JANUARY = at(date(2027, 1, 5), time(9))


def state(session: Session, sample: Sample, person: str) -> str:
    session.expire_all()
    return session.get_one(TrainingObligation, (sample.district_id, sample.requirement_id, "2026", person)).state


def refresh(session: Session, sample: Sample, now: Any = NOVEMBER) -> None:
    recompute(session, sample.district_id, YEAR, now, school_ids=[sample.school_id])


def leave_of(sample: Sample, *people: str, **more: Any) -> RequestExemption:
    asked = RequestExemption(people, "2026", "maternity", "产假审批表 2026-07", YEAR.first_day, YEAR.last_day)
    return replace(asked, **more)


# --- exemptions ------------------------------------------------------------------------------------


def test_case_05_an_exemption_needs_a_document_and_a_second_person(session: Session, district: Sample) -> None:
    refresh(session, district)
    person = district.people[0]
    officer, principal = district.actors["training_officer"], district.actors["principal"]
    [asked] = request_exemption(session, officer, leave_of(district, person), NOVEMBER)
    assert state(session, district, person) == "open", "asking changes nothing"
    decide_exemption(session, principal, DecideExemption(asked, approve=True), NOVEMBER)
    assert state(session, district, person) == "exempt"
    withdraw_exemption(session, principal, asked, "提前返岗", NOVEMBER)
    assert state(session, district, person) == "open"
    mine = LedgerEntry.kind.startswith("exemption.")
    kinds = session.scalars(select(LedgerEntry.kind).where(mine).order_by(LedgerEntry.seq)).all()
    assert kinds == ["exemption.requested", "exemption.approved", "exemption.withdrawn"]


def test_case_05_nobody_decides_what_they_asked_for_or_their_own(session: Session, district: Sample) -> None:
    refresh(session, district)
    officer, principal = district.actors["training_officer"], district.actors["principal"]
    ids = request_exemption(session, officer, leave_of(district, district.people[0], district.people[5]), NOVEMBER)
    with pytest.raises(SeparationOfDuties):
        decide_exemption(session, principal, DecideExemption(ids[1], approve=True), NOVEMBER)
    asker = replace(principal, account_id=officer.account_id)
    with pytest.raises(SeparationOfDuties):
        decide_exemption(session, asker, DecideExemption(ids[0], approve=True), NOVEMBER)


def test_a_refusal_needs_its_reason_and_a_decision_is_final(session: Session, district: Sample) -> None:
    refresh(session, district)
    [asked] = request_exemption(session, district.actors["training_officer"], leave_of(district, district.people[0]), NOVEMBER)
    principal = district.actors["principal"]
    with pytest.raises(BadExemption):
        decide_exemption(session, principal, DecideExemption(asked, approve=False), NOVEMBER)
    decide_exemption(session, principal, DecideExemption(asked, approve=False, reason="材料不全"), NOVEMBER)
    with pytest.raises(InvalidState):
        decide_exemption(session, principal, DecideExemption(asked, approve=True), NOVEMBER)
    assert session.get_one(TrainingExemption, (district.district_id, asked)).reason == "材料不全"


@pytest.mark.parametrize(
    "wrong", [{"document": " "}, {"kind": "holiday"}, {"from_on": date(2025, 12, 31)}, {"to_on": date(2027, 1, 1)},
              {"from_on": date(2026, 6, 2), "to_on": date(2026, 6, 1)}, {"person_ids": ()}],
)
def test_a_request_is_checked(session: Session, district: Sample, wrong: dict[str, Any]) -> None:
    refresh(session, district)
    with pytest.raises(BadExemption):
        request_exemption(session, district.actors["training_officer"], leave_of(district, district.people[0], **wrong), NOVEMBER)


def test_one_request_at_a_time_and_only_for_ones_own_school(session: Session, district: Sample) -> None:
    refresh(session, district)
    officer = district.actors["training_officer"]
    request_exemption(session, officer, leave_of(district, district.people[0]), NOVEMBER)
    with pytest.raises(ExemptionPending):
        request_exemption(session, officer, leave_of(district, district.people[0]), NOVEMBER)
    recompute(session, district.district_id, YEAR, NOVEMBER, school_ids=[district.other_school_id])
    with pytest.raises(NotFound):
        request_exemption(session, officer, leave_of(district, district.other_people[0]), NOVEMBER)


# --- closing ---------------------------------------------------------------------------------------


def close(session: Session, sample: Sample, actor: Actor | None = None, **more: Any) -> str:
    return close_year(session, actor or sample.actors["principal"], CloseYear(sample.school_id, "2026", **more), JANUARY)


def test_closing_freezes_figures_with_rule_version_and_digest(session: Session, district: Sample) -> None:
    add_training(session, district, SPRING, district.people[:4], minutes=180)
    frozen = session.get_one(YearSnapshot, (district.district_id, close(session, district)))
    assert (frozen.totals["met"], frozen.totals["unmet"], frozen.totals["in_scope"]) == (4, 2, 6)
    assert (frozen.roster_on, frozen.policy_version) == (YEAR.last_day, 0)
    assert frozen.digest == digest(frozen.totals, frozen.people)
    assert state(session, district, district.people[5]) == "unmet"
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "year.closed")).one()
    assert entry.object_ref == frozen.id
    assert verify_ledger(session).fault is None


def test_a_year_closes_once_and_not_before_its_end(session: Session, district: Sample) -> None:
    principal = district.actors["principal"]
    with pytest.raises(YearNotOver):
        close_year(session, principal, CloseYear(district.school_id, "2026"), NOVEMBER)
    close(session, district)
    with pytest.raises(YearAlreadyClosed):
        close(session, district)
    with pytest.raises(Forbidden):
        close(session, district, district.actors["training_officer"])
    with pytest.raises(Forbidden):
        close_year(session, principal, CloseYear(district.other_school_id, "2026"), JANUARY)


def test_the_preview_says_who_becomes_unmet_and_what_is_unverified(session: Session, district: Sample) -> None:
    add_training(session, district, SPRING, district.people[:4], minutes=180)
    add_training(session, district, AUTUMN, district.people[4:], minutes=180, verified=False)
    page = closing(session, district.actors["principal"].scope(Permission.SNAPSHOT_READ), district.school_id, YEAR, JANUARY)
    assert {j.obligation.person_id for j in page.preview.unmet} == set(district.people[4:])
    assert [r.state for r in page.preview.unverified] == ["submitted"]
    with pytest.raises(UnverifiedRolls):
        close(session, district)
    close(session, district, without_unverified=True)


def test_case_24_a_missed_sheet_reopens_the_year_by_two_people(session: Session, district: Sample) -> None:
    add_training(session, district, SPRING, district.people[:4], minutes=180)
    first = close(session, district)
    late = add_training(session, district, AUTUMN, district.people[4:], minutes=180, verified=False)
    verify(session, late, JANUARY)
    refresh(session, district, JANUARY)
    officer, principal = district.actors["training_officer"], district.actors["principal"]
    scope = principal.scope(Permission.SNAPSHOT_READ)
    assert closing(session, scope, district.school_id, YEAR, JANUARY).drift, "live figures left the published ones"
    asked = request_amendment(session, officer, RequestAmendment(district.school_id, "2026", "补交9月18日签到表"), JANUARY)
    with pytest.raises(SeparationOfDuties):
        decide_amendment(session, replace(principal, account_id=officer.account_id), DecideAmendment(asked, True), JANUARY)
    decide_amendment(session, principal, DecideAmendment(asked, approve=True), JANUARY)
    page = closing(session, scope, district.school_id, YEAR, JANUARY)
    assert [(v.number, v.totals.met) for v in page.versions] == [(2, 6), (1, 4)]
    current = page.current
    assert current is not None
    assert (current.amends, current.reason) == (1, "补交9月18日签到表")
    assert ("met", 4, 6) in current.changes
    assert len(current.changed_people) == 2
    assert page.drift == ()
    old = session.get_one(YearSnapshot, (district.district_id, first))
    assert old.digest == digest(old.totals, old.people), "the first version is as it was"
    assert session.scalars(select(LedgerEntry.corrects_seq).where(LedgerEntry.kind == "year.amended")).one() is not None


def test_case_13_a_false_presence_in_a_closed_year_leads_to_an_erratum(session: Session, district: Sample) -> None:
    sheet = add_training(session, district, SPRING, district.people, minutes=180)
    close(session, district)
    session.execute(update(AttendanceSheet).where(AttendanceSheet.id == sheet).values(state="open"))
    refresh(session, district, JANUARY)
    scope = district.actors["principal"].scope(Permission.SNAPSHOT_READ)
    page = closing(session, scope, district.school_id, YEAR, JANUARY)
    assert (page.current and page.current.totals.met, page.preview.totals.met) == (6, 0)


def test_an_amendment_needs_a_closed_year_a_reason_and_patience(session: Session, district: Sample) -> None:
    officer, principal = district.actors["training_officer"], district.actors["principal"]
    ask = RequestAmendment(district.school_id, "2026", "补交")
    with pytest.raises(YearNotClosed):
        request_amendment(session, officer, ask, JANUARY)
    close(session, district)
    with pytest.raises(AmendmentReason):
        request_amendment(session, officer, replace(ask, reason=" "), JANUARY)
    asked = request_amendment(session, officer, ask, JANUARY)
    with pytest.raises(AmendmentPending):
        request_amendment(session, officer, ask, JANUARY)
    decide_amendment(session, principal, DecideAmendment(asked, approve=False), JANUARY)
    with pytest.raises(InvalidState):
        decide_amendment(session, principal, DecideAmendment(asked, approve=True), JANUARY)
    request_amendment(session, officer, ask, JANUARY)
    assert session.scalar(select(func.max(YearSnapshot.number))) == 4, "request, refusal and new request are rows"


def test_case_30_after_closing_the_make_up_shows_as_late(session: Session, district: Sample) -> None:
    close(session, district)
    add_training(session, district, date(2027, 1, 15), district.people[:1], minutes=180, is_make_up=True, make_up_year_key="2026")
    refresh(session, district, at(date(2027, 1, 20), time(9)))
    assert state(session, district, district.people[0]) == "made_up"
    scope = district.actors["principal"].scope(Permission.SNAPSHOT_READ)
    page = closing(session, scope, district.school_id, YEAR, at(date(2027, 1, 20), time(9)))
    assert (page.preview.totals.made_up, page.preview.totals.met) == (1, 0)
