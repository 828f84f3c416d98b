"""Ending, verifying, returning, reopening, revoking: two people behind every counted minute."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.attendance.sheets import Built, build_sheet
from tests.builders import Sample
from trainhub.attendance import queries, service
from trainhub.attendance.models import AttendanceSheet, AttendanceStep
from trainhub.attendance.roll_rules import RecordsChanged, RollVerified
from trainhub.attendance.service import RevokeRecord, SubmitRoll
from trainhub.attendance.service.commands import BadHeadCount, ReasonNeeded, TooEarly, UnsetPeople
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.events import announcer
from trainhub.kernel.permissions import Permission


@pytest.fixture
def sheet(session: Session, district: Sample) -> Built:
    return build_sheet(session, district)


@pytest.fixture
def heard() -> Iterator[list[object]]:
    """What attendance announced during the test; other listeners are left out."""
    events: list[object] = []
    kept = {kind: list(announcer._listeners[kind]) for kind in (RollVerified, RecordsChanged)}
    for kind in kept:
        announcer._listeners[kind] = [lambda _, event: events.append(event)]
    yield events
    for kind, listeners in kept.items():
        announcer._listeners[kind] = listeners


def stored(sheet: Built) -> AttendanceSheet:
    sheet.session.expire_all()
    return sheet.session.get_one(AttendanceSheet, (sheet.sample.district_id, sheet.sheet_id))


def ended(sheet: Built, key: str = "training_officer") -> Built:
    sheet.mark(*[(i, "present", 0) for i in range(len(sheet.people))], key=key)
    service.submit_roll(sheet.session, sheet.actor(key), SubmitRoll(sheet.sheet_id, len(sheet.people)), sheet.ends_at)
    sheet.session.flush()
    return sheet


def test_ending_asks_what_becomes_of_unmarked_people(sheet: Built, session: Session) -> None:
    sheet.mark((0, "present", 0))
    with pytest.raises(UnsetPeople) as refusal:
        service.submit_roll(session, sheet.actor(), SubmitRoll(sheet.sheet_id, 1), sheet.ends_at)
    assert refusal.value.params == {"count": 5}
    assert stored(sheet).state == "open"


@pytest.mark.parametrize(("unset", "status"), [("absent", "absent"), ("keep", None)])
def test_unmarked_people_become_absent_or_stay_undecided(sheet: Built, session: Session, unset: str, status: str | None) -> None:
    service.submit_roll(session, sheet.actor(), SubmitRoll(sheet.sheet_id, 0, unset), sheet.ends_at)
    session.flush()
    assert stored(sheet).state == "submitted"
    assert sheet.head(0).status == status


def test_a_head_count_is_a_plausible_number(sheet: Built, session: Session) -> None:
    for count in (-1, 1000):
        with pytest.raises(BadHeadCount):
            service.submit_roll(session, sheet.actor(), SubmitRoll(sheet.sheet_id, count, "keep"), sheet.ends_at)


def test_a_roll_cannot_be_ended_before_it_begins(session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district, began=timedelta(days=-1))
    with pytest.raises(TooEarly):
        service.submit_roll(session, sheet.actor(), SubmitRoll(sheet.sheet_id, 0, "keep"), sheet.starts_at - timedelta(hours=1))


def test_whoever_ended_the_roll_may_not_verify_it(sheet: Built, session: Session) -> None:
    ended(sheet)
    with pytest.raises(SeparationOfDuties):
        service.verify_roll(session, sheet.actor(), sheet.sheet_id, sheet.ends_at)
    assert stored(sheet).state == "submitted"


def test_whoever_marked_on_the_roll_may_not_verify_it(sheet: Built, session: Session) -> None:
    sheet.mark((0, "present", 0), key="training_officer_2")
    service.submit_roll(session, sheet.actor(), SubmitRoll(sheet.sheet_id, 1, "keep"), sheet.ends_at)
    with pytest.raises(SeparationOfDuties):
        service.verify_roll(session, sheet.actor("training_officer_2"), sheet.sheet_id, sheet.ends_at)


def test_somebody_else_verifies_and_everybody_hears_of_it(sheet: Built, session: Session, heard: list[object]) -> None:
    ended(sheet)
    service.verify_roll(session, sheet.actor("principal"), sheet.sheet_id, sheet.ends_at)
    assert stored(sheet).state == "verified"
    event, = heard
    assert isinstance(event, RollVerified)
    assert event.person_ids == tuple(sheet.people)


def test_an_open_roll_cannot_be_verified(sheet: Built, session: Session) -> None:
    with pytest.raises(InvalidState):
        service.verify_roll(session, sheet.actor("principal"), sheet.sheet_id, sheet.ends_at)


def test_rights_and_schools_are_checked(sheet: Built, session: Session) -> None:
    ended(sheet)
    with pytest.raises(Forbidden):
        service.verify_roll(session, sheet.actor("bureau_officer"), sheet.sheet_id, sheet.ends_at)
    with pytest.raises(NotFound):
        service.verify_roll(session, sheet.actor("principal@other"), sheet.sheet_id, sheet.ends_at)


def test_a_returned_roll_is_open_again_with_its_reason(sheet: Built, session: Session) -> None:
    ended(sheet)
    with pytest.raises(ReasonNeeded):
        service.return_roll(session, sheet.actor("principal"), sheet.sheet_id, "  ", sheet.ends_at)
    service.return_roll(session, sheet.actor("principal"), sheet.sheet_id, "实到人数对不上", sheet.ends_at)
    session.flush()
    assert (stored(sheet).state, stored(sheet).submitted_by) == ("open", None)
    assert session.scalars(select(AttendanceStep.reason).where(AttendanceStep.step == "return")).one() == "实到人数对不上"


def test_the_officer_may_take_an_unverified_roll_back(sheet: Built, session: Session) -> None:
    ended(sheet)
    service.take_back_roll(session, sheet.actor(), sheet.sheet_id, "漏记一人", sheet.ends_at)
    assert stored(sheet).state == "open"
    with pytest.raises(InvalidState):
        service.take_back_roll(session, sheet.actor(), sheet.sheet_id, "再来", sheet.ends_at)


def test_a_verified_roll_is_reopened_by_a_second_person_only(sheet: Built, session: Session, heard: list[object]) -> None:
    ended(sheet)
    service.verify_roll(session, sheet.actor("principal"), sheet.sheet_id, sheet.ends_at)
    with pytest.raises(SeparationOfDuties):
        service.reopen_roll(session, sheet.actor(), sheet.sheet_id, "补登", sheet.ends_at)
    service.reopen_roll(session, sheet.actor("principal"), sheet.sheet_id, "有人迟到未记", sheet.ends_at)
    session.flush()
    assert (stored(sheet).state, stored(sheet).revision, stored(sheet).verified_at) == ("open", 2, None)
    assert [type(e) for e in heard] == [RollVerified, RecordsChanged]


def test_case_13_a_proxy_signature_revokes_the_presence_and_the_sheet_is_verified_anew(
    sheet: Built, session: Session, heard: list[object]
) -> None:
    ended(sheet)
    service.verify_roll(session, sheet.actor("principal"), sheet.sheet_id, sheet.ends_at)
    service.revoke_record(session, sheet.actor("principal"), RevokeRecord(sheet.sheet_id, sheet.people[3], "代签"), sheet.ends_at)
    session.flush()
    head = sheet.head(3)
    assert (head.status, head.minutes, head.revoked_reason) == ("present", 0, "代签")
    assert (stored(sheet).state, stored(sheet).verified_by, stored(sheet).revision) == ("submitted", None, 2)
    assert isinstance(heard[-1], RecordsChanged)
    assert set(heard[-1].person_ids) == set(sheet.people)
    service.verify_roll(session, sheet.actor("principal"), sheet.sheet_id, sheet.ends_at)
    roll = queries.roll(session, sheet.actor().scope(Permission.ROLL_READ), sheet.sheet_id)
    assert (roll.tally.present, roll.tally.absent, roll.tally.minutes) == (5, 1, 600)


def test_case_13_whoever_ended_the_roll_may_not_revoke(sheet: Built, session: Session) -> None:
    ended(sheet)
    with pytest.raises(SeparationOfDuties):
        service.revoke_record(session, sheet.actor(), RevokeRecord(sheet.sheet_id, sheet.people[0], "代签"), sheet.ends_at)


def test_case_08_two_overlapping_sessions_are_shown_to_the_verifier(sheet: Built, session: Session, district: Sample) -> None:
    other = build_sheet(session, district)
    other.mark((0, "present", 0))
    ended(sheet)
    page = queries.review(session, sheet.actor("principal"), sheet.sheet_id)
    overlap = next(a for a in page.anomalies if a.code == "overlap")
    assert overlap.person_ids == (sheet.people[0],)
    assert page.verdict == ""
    assert queries.review(session, sheet.actor(), sheet.sheet_id).verdict == "submitter"


def test_a_head_count_that_differs_stands_out(sheet: Built, session: Session) -> None:
    sheet.mark(*[(i, "present", 0) for i in range(6)])
    service.submit_roll(session, sheet.actor(), SubmitRoll(sheet.sheet_id, 5), sheet.ends_at)
    session.flush()
    found = queries.review(session, sheet.actor("principal"), sheet.sheet_id).anomalies[0]
    assert (found.code, dict(found.params)) == ("head_count_differs", {"head_count": 5, "there": 6})


def test_late_entry_is_visible(sheet: Built, session: Session) -> None:
    late = sheet.ends_at + timedelta(days=9)
    service.record_marks(session, sheet.actor(), service.MarkRoll(
        sheet.sheet_id, [service.Mark(sheet.people[0], "present", 0)], "late-op"), late)
    session.flush()
    codes = [a.code for a in queries.review(session, sheet.actor("principal"), sheet.sheet_id).anomalies]
    assert "late_entry" in codes


def test_voiding_a_verified_sheet_tells_the_listeners(sheet: Built, session: Session, heard: list[object]) -> None:
    ended(sheet)
    service.verify_roll(session, sheet.actor("principal"), sheet.sheet_id, sheet.ends_at)
    service.void_sheets(session, sheet.actor(), [sheet.sheet_id], "培训取消", sheet.ends_at)
    assert stored(sheet).state == "void"
    assert isinstance(heard[-1], RecordsChanged)


def test_moving_a_sheet_counts_its_minutes_anew(sheet: Built, session: Session) -> None:
    sheet.mark((0, "present", 0))
    service.move_sheet(session, sheet.actor(), sheet.sheet_id, sheet.starts_at, sheet.starts_at + timedelta(minutes=90), sheet.now)
    session.flush()
    assert sheet.head(0).minutes == 90


def test_syncing_keeps_marked_people_and_adds_new_ones(sheet: Built, session: Session) -> None:
    sheet.mark((0, "present", 0))
    people = [service.SheetPerson(p, i + 1, "语文组") for i, p in enumerate(sheet.people[2:])]
    service.sync_people(session, sheet.actor(), sheet.sheet_id, people, sheet.now)
    session.flush()
    roll = queries.roll(session, sheet.actor().scope(Permission.ROLL_READ), sheet.sheet_id)
    assert {p.id for p in roll.people} == {sheet.people[0], *sheet.people[2:]}
    assert sheet.head(0).expected is False


def test_approved_leave_is_on_the_roll_from_the_start(session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district)
    service.sync_people(session, sheet.actor(), sheet.sheet_id, [
        service.SheetPerson(p, i + 1, "语文组") for i, p in enumerate(sheet.people[:-1])], sheet.now)
    service.sync_people(session, sheet.actor(), sheet.sheet_id, [
        service.SheetPerson(p, i + 1, "语文组", leave_type="maternity" if p == sheet.people[-1] else "")
        for i, p in enumerate(sheet.people)], sheet.now)
    session.flush()
    head = sheet.head(5)
    assert (head.status, head.leave_type, head.source) == ("excused", "maternity", "leave")
