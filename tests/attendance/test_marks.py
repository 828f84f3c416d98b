"""Marks: one per person and version, nothing lost in silence, nothing counted by guess."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.attendance.sheets import Built, build_sheet
from tests.builders import Sample
from trainhub.attendance import service
from trainhub.attendance.models import AttendanceMark, AttendanceRecord, AttendanceStep
from trainhub.attendance.roll_rules import Frame, Head, Statement, apply, moment_of, problems
from trainhub.attendance.service import AddWalkIn, AssertRest, Mark, MarkRoll
from trainhub.attendance.service.commands import BadMark, NothingToUndo, NotOnSheet, NotStaff, SheetClosed, TooEarly
from trainhub.kernel.errors import Forbidden, NotFound
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import LedgerEntry, LedgerPayload


@pytest.fixture
def sheet(session: Session, district: Sample) -> Built:
    return build_sheet(session, district)


def entries(session: Session, sheet: Built) -> list[LedgerEntry]:
    return list(session.scalars(select(LedgerEntry).where(LedgerEntry.object_ref == sheet.sheet_id).order_by(LedgerEntry.seq)))


def test_a_new_sheet_marks_nobody(sheet: Built) -> None:
    assert {sheet.head(i).status for i in range(len(sheet.people))} == {None}


def test_one_save_is_one_ledger_entry_with_what_it_changed(sheet: Built, session: Session) -> None:
    before = len(entries(session, sheet))
    result = sheet.mark((0, "present", 0), (1, "absent", 0), (2, "excused", 0))
    after = entries(session, sheet)
    assert len(after) == before + 1
    assert after[-1].kind == "roll.marked"
    payload = session.get_one(LedgerPayload, (after[-1].district_id, after[-1].school_id, after[-1].seq)).payload
    assert [(p["status"], p["minutes"]) for p in payload["people"]] == [("present", 120), ("absent", 0), ("excused", 0)]
    assert (result.tally.present, result.tally.absent, result.tally.excused, result.tally.unmarked) == (1, 1, 1, 3)


def test_a_bare_late_mark_takes_the_minute_it_was_made(sheet: Built) -> None:
    sheet.mark((0, "late", 0))
    assert (sheet.head(0).late_minutes, sheet.head(0).minutes) == (40, 80)


def test_a_late_mark_after_the_session_counts_nothing_until_the_time_is_stated(sheet: Built, session: Session) -> None:
    command = MarkRoll(sheet.sheet_id, [Mark(sheet.people[0], "late", 0)], new_id())
    service.record_marks(session, sheet.actor(), command, sheet.ends_at + timedelta(minutes=30))
    assert (sheet.head(0).minutes, sheet.head(0).review) == (0, ["late_time_missing"])
    sheet.mark((0, "late", 1), late_minutes=20)
    assert (sheet.head(0).minutes, sheet.head(0).late_minutes, sheet.head(0).review) == (100, 20, [])


def test_leaving_early_counts_up_to_the_minute(sheet: Built) -> None:
    sheet.mark((0, "left_early", 0), left_at=sheet.starts_at + timedelta(minutes=80))
    assert sheet.head(0).minutes == 80


def test_case_15_two_lessons_of_forty_minutes_are_eighty_minutes(session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district, minutes=80)
    sheet.mark((0, "present", 0))
    assert sheet.head(0).minutes == 80


def test_a_stale_mark_is_refused_for_that_person_only_and_both_values_come_back(sheet: Built) -> None:
    sheet.mark((0, "absent", 0), key="training_officer_2")
    result = sheet.mark((0, "present", 0), (1, "present", 0))
    assert [h.person_id for h in result.applied] == [sheet.people[1]]
    conflict, = result.conflicts
    assert (conflict.yours, conflict.theirs.status, conflict.by) == ("present", "absent", "training_officer_2账号")
    assert conflict.at == sheet.now
    assert sheet.head(0).status == "absent"
    assert sheet.head(1).status == "present"


def test_the_same_value_from_two_people_is_no_conflict(sheet: Built) -> None:
    sheet.mark((0, "present", 0), key="training_officer_2")
    assert not sheet.mark((0, "present", 0)).conflicts


def test_case_102_the_same_operation_twice_writes_once(sheet: Built, session: Session) -> None:
    first = sheet.mark((0, "present", 0), op_id="op-1")
    count = len(entries(session, sheet))
    again = sheet.mark((0, "present", 0), op_id="op-1")
    assert (first.replayed, again.replayed) == (False, True)
    assert not again.conflicts
    assert again.applied == first.applied
    assert len(entries(session, sheet)) == count
    assert session.scalar(select(func.count()).select_from(AttendanceMark)) == 1


def test_a_resent_operation_does_not_overwrite_what_somebody_marked_since(sheet: Built) -> None:
    sheet.mark((0, "present", 0), op_id="op-1")
    sheet.mark((0, "absent", 1), key="training_officer_2")
    assert not sheet.mark((0, "present", 0), op_id="op-1").conflicts
    assert sheet.head(0).status == "absent"


def test_case_102_a_device_clock_wrong_by_days_keeps_both_times_and_a_flag(sheet: Built, session: Session) -> None:
    wrong = sheet.now - timedelta(days=3)
    command = MarkRoll(sheet.sheet_id, [Mark(sheet.people[0], "late", 0)], new_id(), device_at=wrong)
    service.record_marks(session, sheet.actor(), command, sheet.now)
    head = sheet.head(0)
    assert (head.late_minutes, head.review) == (40, ["device_clock"])
    mark = session.scalars(select(AttendanceMark)).one()
    assert (mark.device_at, mark.recorded_at) == (wrong, sheet.now)


def test_an_offline_mark_counts_from_the_moment_it_was_made(sheet: Built, session: Session) -> None:
    made = sheet.starts_at + timedelta(minutes=12)
    command = MarkRoll(sheet.sheet_id, [Mark(sheet.people[0], "late", 0)], new_id(), device_at=made)
    service.record_marks(session, sheet.actor(), command, sheet.ends_at + timedelta(hours=1))
    assert sheet.head(0).late_minutes == 12


def test_ids_outside_the_sheet_refuse_the_whole_request(sheet: Built, session: Session) -> None:
    marks = [Mark(sheet.people[0], "present", 0), Mark(sheet.sample.other_people[0], "present", 0)]
    with pytest.raises(NotOnSheet):
        service.record_marks(session, sheet.actor(), MarkRoll(sheet.sheet_id, marks, new_id()), sheet.now)
    assert sheet.head(0).status is None


def test_another_school_gets_not_found_and_a_teacher_is_forbidden(sheet: Built) -> None:
    with pytest.raises(NotFound):
        sheet.mark((0, "present", 0), key="training_officer@other")
    with pytest.raises(Forbidden):
        sheet.mark((0, "present", 0), key="teacher")


@pytest.mark.parametrize(("value", "more"), [
    ("here", {}), ("late", {"late_minutes": -1}), ("late", {"late_minutes": 121}), ("excused", {"leave_type": "fishing"}),
])
def test_impossible_marks_are_refused(sheet: Built, value: str, more: dict[str, object]) -> None:
    with pytest.raises(BadMark):
        sheet.mark((0, value, 0), **more)


def test_nobody_can_be_present_before_the_doors_open_but_leave_can_be_entered(session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district, began=timedelta(days=-2))
    early = sheet.starts_at - timedelta(days=1)
    with pytest.raises(TooEarly):
        service.record_marks(session, sheet.actor(), MarkRoll(sheet.sheet_id, [Mark(sheet.people[0], "present", 0)], "a"), early)
    service.record_marks(session, sheet.actor(), MarkRoll(sheet.sheet_id, [Mark(sheet.people[0], "excused", 0, "sick")], "b"), early)
    assert sheet.head(0).leave_type == "sick"


def test_undo_takes_one_operation_back_and_only_once(sheet: Built, session: Session) -> None:
    sheet.mark((0, "late", 0), (1, "present", 0), op_id="op-1")
    result = service.undo(session, sheet.actor(), sheet.sheet_id, "op-1", sheet.now)
    assert (sheet.head(0).status, sheet.head(0).minutes, sheet.head(0).version) == (None, 0, 2)
    assert len(result.applied) == 2
    again = service.undo(session, sheet.actor(), sheet.sheet_id, "op-1", sheet.now)
    assert again.replayed
    assert sheet.head(0).version == 2


def test_undo_restores_the_value_before_with_its_minutes(sheet: Built, session: Session) -> None:
    sheet.mark((0, "late", 0), late_minutes=25)
    sheet.mark((0, "absent", 1), op_id="op-2")
    service.undo(session, sheet.actor(), sheet.sheet_id, "op-2", sheet.now)
    assert (sheet.head(0).status, sheet.head(0).late_minutes, sheet.head(0).minutes) == ("late", 25, 95)


def test_undo_leaves_alone_what_somebody_else_marked_since(sheet: Built, session: Session) -> None:
    sheet.mark((0, "present", 0), op_id="op-1")
    sheet.mark((0, "late", 1), key="training_officer_2")
    result = service.undo(session, sheet.actor(), sheet.sheet_id, "op-1", sheet.now)
    assert result.conflicts[0].theirs.status == "late"
    assert sheet.head(0).status == "late"


def test_undo_of_nothing_is_refused(sheet: Built, session: Session) -> None:
    with pytest.raises(NothingToUndo):
        service.undo(session, sheet.actor(), sheet.sheet_id, "never", sheet.now)


def test_the_rest_of_a_department_is_an_assertion_with_a_head_count_and_one_undo(session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district, extra=3)
    sheet.mark((0, "absent", 0))
    result = service.assert_rest(session, sheet.actor(), AssertRest(sheet.sheet_id, "语文组", 4, "rest-1"), sheet.now)
    assert len(result.applied) == 5
    assert (sheet.head(1).source, sheet.head(1).minutes) == ("assertion", 120)
    assert sheet.head(0).status == "absent"
    assert sheet.head(6).status is None
    step = session.scalars(select(AttendanceStep).where(AttendanceStep.step == "assertion")).one()
    assert (step.details["head_count"], step.details["there"], step.details["marked"]) == (4, 5, 5)
    service.undo(session, sheet.actor(), sheet.sheet_id, "rest-1", sheet.now)
    assert [sheet.head(i).status for i in (0, 1, 5)] == ["absent", None, None]


def test_a_walk_in_must_be_on_this_schools_staff(sheet: Built, session: Session, district: Sample) -> None:
    with pytest.raises(NotStaff):
        service.add_walk_in(session, sheet.actor(), AddWalkIn(sheet.sheet_id, district.other_people[0], "w"), sheet.now)


def test_a_walk_in_is_not_expected_and_leaves_again_by_undo(session: Session, district: Sample) -> None:
    from tests.builders import add_staff

    sheet = build_sheet(session, district)
    guest, = add_staff(session, district.district_id, district.school_id, 1, department="后勤", first_no=301)
    result = service.add_walk_in(session, sheet.actor(), AddWalkIn(sheet.sheet_id, guest, "walk-1"), sheet.now)
    head, = result.applied
    assert (head.expected, head.serial_no, head.minutes) == (False, 7, 120)
    assert (result.tally.expected, result.tally.walk_ins) == (6, 1)
    service.undo(session, sheet.actor(), sheet.sheet_id, "walk-1", sheet.now)
    assert session.get(AttendanceRecord, (district.district_id, sheet.sheet_id, guest)) is None


def test_a_closed_roll_takes_no_marks(sheet: Built, session: Session) -> None:
    service.submit_roll(session, sheet.actor(), service.SubmitRoll(sheet.sheet_id, 0, "keep"), sheet.ends_at)
    with pytest.raises(SheetClosed):
        sheet.mark((0, "present", 0))


def test_case_16_minutes_never_exceed_the_session_whatever_the_times(sheet: Built) -> None:
    frame = Frame(sheet.starts_at, sheet.ends_at)
    statement = Statement("present", arrived_at=sheet.starts_at - timedelta(hours=1), left_at=sheet.ends_at + timedelta(hours=1))
    assert apply(Head("p", 1), statement, frame, sheet.now).minutes == 120
    assert problems(Statement("late", arrived_at=sheet.ends_at, left_at=sheet.starts_at), frame) == ["left_before_arrived"]


def test_moment_of_a_device_ahead_of_the_server_is_flagged(sheet: Built) -> None:
    assert moment_of(sheet.now + timedelta(minutes=6), sheet.now)[1] == ("device_clock",)
    assert moment_of(sheet.now + timedelta(minutes=2), sheet.now) == (sheet.now, ())
