"""Planning meetings: what is refused and why, what clashes, what is offered instead; the hard cases by number."""

import time as stopwatch
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_post, add_pupils, add_timetable
from tests.class_meetings.planning_scenery import MONDAY, NOW, Classes, add_meeting, add_pack, build_classes
from trainhub.class_meetings.models import ClassMeeting, ClassTermStanding, MeetingReminder, MeetingStep
from trainhub.class_meetings.rules import unplannable as why
from trainhub.class_meetings.rules.lifecycle import MeetingReasonMissing
from trainhub.class_meetings.rules.naming import TextNamesPupil
from trainhub.class_meetings.rules.planning import PlannedMeeting
from trainhub.class_meetings.service.planning import (
    EndMeeting,
    MoveMeeting,
    cancel_meeting,
    miss_meeting,
    move_meeting,
    plan_meetings,
    review_meetings,
    undo_plan,
)
from trainhub.kernel.clock import at, local_day
from trainhub.kernel.errors import InvalidState, NotFound, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import LedgerEntry
from trainhub.roster.models import CalendarDay, PolicySetting, SchoolClass, SchoolDay, SchoolTerm, Student


@pytest.fixture
def classes(session: Session, district: Sample) -> Classes:
    return build_classes(session, district)


def wish(classes: Classes, number: int = 0, day: date | None = MONDAY, *, start: time = time(16, 30), **changes: Any) -> PlannedMeeting:
    starts_at = at(day, start) if day else None
    plan = PlannedMeeting(
        classes.ids[number], "", "", "lesson-1", "1.0", starts_at, starts_at + timedelta(minutes=40) if starts_at else None, 8 if day else None,
        "", None, None, "", "",
    )
    return replace(plan, **changes)


def plan_one(session: Session, classes: Classes, now: datetime = NOW, **changes: Any) -> ClassMeeting:
    actor = changes.pop("actor", classes.homeroom)
    [key] = plan_meetings(session, actor, [wish(classes, **changes)], now)
    return session.get_one(ClassMeeting, (classes.district_id, key))


# --- one tap -----------------------------------------------------------------------------------------


def test_a_homeroom_teacher_plans_with_everything_filled_in(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes)
    assert (meeting.state, meeting.title, meeting.theme) == ("scheduled", "课《lesson-1》", "recognise")
    assert (meeting.pack_id, meeting.pack_version, meeting.lesson_no, meeting.room) == ("lesson-1", "1.0", 8, "本班教室")
    assert meeting.held_by_id == meeting.responsible_id == classes.teachers[0]
    assert (meeting.school_year, meeting.season) == ("2026-2027", "autumn")
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.object_ref == meeting.id)).one()
    assert (entry.kind, entry.subject_ref) == ("meeting.scheduled", classes.ids[0])
    standing = session.get_one(ClassTermStanding, (classes.district_id, classes.ids[0], "autumn"))
    assert (standing.scheduled, standing.counted, standing.required) == (1, 0, 2)


def test_without_a_time_it_is_planned_only(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes, day=None)
    assert (meeting.state, meeting.starts_at, meeting.lesson_no, meeting.season) == ("planned", None, None, "autumn")


def test_case_34_a_substitute_leads_and_the_homeroom_teacher_stays_responsible(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes, held_by_id=classes.sample.people[0])
    assert (meeting.held_by_id, meeting.responsible_id) == (classes.sample.people[0], classes.teachers[0])


def test_the_version_of_the_pack_stays_when_a_new_one_is_installed(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes)
    old = session.get_one(type(meeting), (classes.district_id, meeting.id))
    from trainhub.courses.models import CoursePack

    session.get_one(CoursePack, ("lesson-1", "1.0")).is_current = False
    session.flush()
    add_pack(session, "lesson-1", "2.0")
    move_meeting(session, classes.homeroom, MoveMeeting(old.id, wish(classes, day=MONDAY + timedelta(days=7), pack_version="2.0"), "消防演练"), NOW)
    assert meeting.pack_version == "1.0"
    move_meeting(session, classes.homeroom, MoveMeeting(old.id, wish(classes, day=MONDAY + timedelta(days=7), pack_id="lesson-2"), "换一个主题"), NOW)
    assert (meeting.pack_id, meeting.pack_version, meeting.title) == ("lesson-2", "1.0", "课《lesson-2》")


def test_reminders_to_plan_end_with_the_plan(session: Session, classes: Classes) -> None:
    row = MeetingReminder(
        district_id=classes.district_id, id=new_id(), school_id=classes.school_id, class_id=classes.ids[0], meeting_id=None,
        person_id=classes.teachers[0], about="plan", sent_by=classes.dean.account_id, sent_at=NOW, done_at=None,
    )
    session.add(row)
    session.flush()
    plan_one(session, classes)
    session.refresh(row)
    assert row.done_at == NOW


# --- refusals ----------------------------------------------------------------------------------------


def refused(session: Session, classes: Classes, refusal: type[Exception], now: datetime = NOW, **changes: Any) -> Any:
    with pytest.raises(refusal) as caught:
        plan_one(session, classes, now, **changes)
    assert caught.type is refusal
    assert session.scalar(select(func.count()).select_from(ClassMeeting)) == 0
    return caught.value


def test_no_meeting_on_a_holiday(session: Session, classes: Classes) -> None:
    if session.get(CalendarDay, date(2026, 12, 28)) is None:
        session.add(CalendarDay(day=date(2026, 12, 28), kind="holiday", name="测试节", source=""))
        session.flush()
    error = refused(session, classes, why.OnHoliday, day=date(2026, 12, 28))
    assert error.params["label"] == "测试节"


def test_no_meeting_on_a_weekend(session: Session, classes: Classes) -> None:
    refused(session, classes, why.OnWeekend, day=date(2026, 11, 28))


def test_no_meeting_in_the_vacation(session: Session, classes: Classes) -> None:
    refused(session, classes, why.InVacation, day=date(2027, 2, 8))


def test_no_meeting_on_a_day_the_school_is_off(session: Session, classes: Classes) -> None:
    session.add(SchoolDay(district_id=classes.district_id, school_id=classes.school_id, day=MONDAY, kind="off", reason="运动会"))
    error = refused(session, classes, why.OnDayOff)
    assert error.params["label"] == "运动会"


def test_a_make_up_workday_is_a_school_day(session: Session, classes: Classes) -> None:
    saturday = date(2026, 11, 28)
    session.add(SchoolDay(district_id=classes.district_id, school_id=classes.school_id, day=saturday, kind="school", reason="", follows_weekday=1))
    assert plan_one(session, classes, day=saturday).state == "scheduled"


def test_no_meeting_without_a_stored_term(session: Session, classes: Classes) -> None:
    for term in session.scalars(select(SchoolTerm).where(SchoolTerm.district_id == classes.district_id)).all():
        session.delete(term)
    session.flush()
    refused(session, classes, why.WithoutTerm)
    refused(session, classes, why.WithoutTerm, day=None)


def test_the_past_is_entered_afterwards_only(session: Session, classes: Classes) -> None:
    last_monday = MONDAY - timedelta(days=7)
    refused(session, classes, why.InThePast, day=last_monday)
    refused(session, classes, why.NotHeldYet, already_held=True)
    refused(session, classes, why.TermOver, now=at(date(2027, 3, 5), time(8)), day=last_monday, already_held=True)
    meeting = plan_one(session, classes, day=last_monday, already_held=True)
    assert meeting.state == "scheduled"
    assert meeting.ends_at is not None
    assert meeting.ends_at < NOW


def test_case_37_none_may_be_demanded_in_the_summer_rectification(session: Session, classes: Classes) -> None:
    july = date(2027, 7, 5)
    refused(session, classes, why.InRectification, day=july)
    session.add(PolicySetting(
        district_id=classes.district_id, org_id=classes.district_id, number=1, key="meeting_pause", value={"value": "none"},
        effective_on=date(2026, 1, 1), set_by=classes.dean.account_id, set_at=NOW, reason="测试",
    ))
    session.flush()
    assert plan_one(session, classes, day=july).season == "spring"


def test_a_class_that_is_closed_or_not_opened_yet_has_none(session: Session, classes: Classes) -> None:
    row = session.get_one(SchoolClass, (classes.district_id, classes.ids[0]))
    row.opened_on = date(2026, 11, 30)
    session.flush()
    refused(session, classes, why.ClassNotThere)
    row.opened_on, row.closed_on = date(2026, 9, 1), date(2026, 11, 20)
    session.flush()
    refused(session, classes, why.ClassClosed)


def test_last_years_class_has_none_this_year(session: Session, classes: Classes) -> None:
    old = add_class(session, classes.district_id, classes.school_id, 7, 1, "2025-2026")
    with pytest.raises(why.ClassNotThere):
        plan_meetings(session, classes.dean, [wish(classes, class_id=old)], NOW)


def test_case_43_a_class_without_pupils_has_none(session: Session, classes: Classes) -> None:
    empty = add_class(session, classes.district_id, classes.school_id, 8, 9)
    add_post(session, classes.district_id, classes.school_id, classes.sample.people[3], "homeroom_teacher", date(2026, 9, 1), class_id=empty)
    with pytest.raises(why.ClassWithoutPupils):
        plan_meetings(session, classes.dean, [wish(classes, class_id=empty)], NOW)
    with pytest.raises(why.ClassWithoutPupils):
        plan_meetings(session, classes.dean, [wish(classes, class_id=empty, day=None)], NOW)
    add_pupils(session, classes.sample, empty, 1, date(2026, 11, 24))
    with pytest.raises(why.ClassWithoutPupils):
        plan_meetings(session, classes.dean, [wish(classes, class_id=empty)], NOW)
    assert plan_meetings(session, classes.dean, [wish(classes, class_id=empty, day=MONDAY + timedelta(days=7))], NOW)


def test_whoever_leads_is_on_the_staff_that_day(session: Session, classes: Classes) -> None:
    refused(session, classes, why.TeacherUnknown, held_by_id=classes.sample.other_people[0])
    refused(session, classes, why.TeacherUnknown, held_by_id=new_id())


def test_somebody_must_lead(session: Session, classes: Classes) -> None:
    alone = add_class(session, classes.district_id, classes.school_id, 8, 9)
    add_pupils(session, classes.sample, alone, 1)
    with pytest.raises(why.TeacherMissing):
        plan_meetings(session, classes.dean, [wish(classes, class_id=alone)], NOW)


def test_the_pack_is_one_for_class_meetings(session: Session, classes: Classes) -> None:
    add_pack(session, "for-staff", type_key="staff_training")
    refused(session, classes, why.PackUnknown, pack_id="for-staff")
    refused(session, classes, why.PackUnknown, pack_version="9.9")
    refused(session, classes, why.PackUnknown, pack_id="nowhere", title="自己的题目")
    refused(session, classes, why.TitleMissing, pack_id=None, pack_version=None)
    assert plan_one(session, classes, pack_id=None, pack_version=None, title="自己的题目", theme="internet").theme == "internet"


def test_a_lesson_has_a_beginning_and_an_end(session: Session, classes: Classes) -> None:
    starts = at(MONDAY, time(16, 30))
    for ends in (starts, starts + timedelta(hours=5), starts + timedelta(hours=10), starts - timedelta(minutes=40)):
        refused(session, classes, why.BadTimes, starts_at=starts, ends_at=ends)


def test_a_text_that_names_a_pupil_is_stopped(session: Session, classes: Classes) -> None:
    name = session.get_one(Student, (classes.district_id, classes.pupils[0][0])).name
    refused(session, classes, TextNamesPupil, title=f"帮帮{name}", pack_id=None, pack_version=None)
    other = session.get_one(Student, (classes.district_id, classes.pupils[0][1])).name
    refused(session, classes, TextNamesPupil, guest=f"{other}的爸爸")


def test_classes_of_others_do_not_exist(session: Session, classes: Classes) -> None:
    refused(session, classes, NotFound, number=1)
    refused(session, classes, NotFound, actor=classes.sample.actors["teacher"])
    refused(session, classes, NotFound, actor=classes.sample.actors["principal"])
    refused(session, classes, NotFound, class_id=new_id())


# --- clashes -----------------------------------------------------------------------------------------


def test_a_class_has_one_meeting_at_a_time_whatever_the_reason(session: Session, classes: Classes) -> None:
    add_meeting(session, classes)
    with pytest.raises(why.ClassBusy) as caught:
        plan_one(session, classes, override_reason="就要这个时间")
    assert caught.value.params["title"] == "旁观者可以做什么"


@pytest.mark.parametrize(("columns", "changes", "kind"), [
    ({"held": 0}, {"number": 1, "held": 0}, "teacher_meeting"),
    ({"room": "报告厅"}, {"number": 1, "room": " 报告厅"}, "room_meeting"),
])
def test_a_clash_of_teacher_or_room_goes_with_a_reason(
    session: Session, classes: Classes, columns: dict[str, Any], changes: dict[str, Any], kind: str
) -> None:
    held = {"held_by_id": classes.teachers[0]} if "held" in columns else columns
    add_meeting(session, classes, **held)
    changes = {key: value for key, value in changes.items() if key != "held"} | ({"held_by_id": classes.teachers[0]} if "held" in changes else {})
    with pytest.raises(why.Clashes):
        plan_one(session, classes, actor=classes.dean, **changes)
    verdict = review_meetings(session, classes.dean, [wish(classes, **changes)], NOW)[0]
    assert [clash.kind for clash in verdict.clashes] == [kind]
    meeting = plan_one(session, classes, actor=classes.dean, override_reason="合班上课，年级组同意", **changes)
    assert meeting.override_reason == "合班上课，年级组同意"


def test_lessons_of_the_timetable_clash_but_not_the_class_meeting_itself(session: Session, classes: Classes) -> None:
    add_timetable(session, classes.sample, classes.ids[0], [(2, 3, "数学")])
    add_timetable(session, classes.sample, classes.ids[1], [(2, 3, "物理")], teacher_id=classes.teachers[0], room="实验室")
    tuesday = MONDAY + timedelta(days=1)
    verdict = review_meetings(session, classes.homeroom, [wish(classes, day=tuesday, start=time(9, 40), lesson_no=3, room="实验室")], NOW)[0]
    assert {(c.kind, c.what, c.of) for c in verdict.clashes} == {
        ("class_lesson", "数学", ""), ("teacher_lesson", "物理", "8（2）班"), ("room_lesson", "物理", "8（2）班"),
    }
    by_time = review_meetings(session, classes.homeroom, [wish(classes, day=tuesday, start=time(10, 0), lesson_no=None)], NOW)[0]
    assert {c.kind for c in by_time.clashes} == {"class_lesson", "teacher_lesson"}
    assert not review_meetings(session, classes.homeroom, [wish(classes)], NOW)[0].clashes


def test_a_reason_without_a_clash_is_not_kept(session: Session, classes: Classes) -> None:
    assert plan_one(session, classes, override_reason="以防万一").override_reason == ""


def test_plans_of_one_form_clash_with_each_other(session: Session, classes: Classes) -> None:
    with pytest.raises(why.ClassBusy):
        plan_meetings(session, classes.dean, [wish(classes), wish(classes)], NOW)
    with pytest.raises(why.Clashes):
        plan_meetings(session, classes.dean, [wish(classes, room="报告厅"), wish(classes, 1, room="报告厅")], NOW)
    assert len(plan_meetings(session, classes.dean, [wish(classes), wish(classes, 1)], NOW)) == 2


# --- moved, cancelled, missed, taken back ------------------------------------------------------------


def test_moving_needs_a_reason_and_keeps_the_history(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes)
    later = wish(classes, day=MONDAY + timedelta(days=7))
    with pytest.raises(MeetingReasonMissing):
        move_meeting(session, classes.homeroom, MoveMeeting(meeting.id, later, " "), NOW)
    with pytest.raises(StaleVersion):
        move_meeting(session, classes.homeroom, MoveMeeting(meeting.id, later, "消防演练", 7), NOW)
    move_meeting(session, classes.homeroom, MoveMeeting(meeting.id, later, "消防演练", 1), NOW)
    assert meeting.starts_at is not None
    assert (local_day(meeting.starts_at), meeting.version, meeting.state_reason) == (MONDAY + timedelta(days=7), 2, "消防演练")
    steps = session.scalars(select(MeetingStep).where(MeetingStep.meeting_id == meeting.id).order_by(MeetingStep.id)).all()
    assert [step.step for step in steps] == ["scheduled", "moved"]
    assert set(steps[1].changes) == {"starts_at", "ends_at"}


def test_a_meeting_moves_into_its_own_place(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes)
    move_meeting(session, classes.homeroom, MoveMeeting(meeting.id, wish(classes, held_by_id=classes.sample.people[0]), "班主任病假"), NOW)
    assert meeting.held_by_id == classes.sample.people[0]


def test_a_planned_meeting_gets_its_first_time_without_a_reason(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes, day=None)
    move_meeting(session, classes.homeroom, MoveMeeting(meeting.id, wish(classes), ""), NOW)
    assert meeting.state == "scheduled"


def test_missed_only_when_its_time_has_come_and_then_scheduled_anew(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes)
    with pytest.raises(why.NotHeldYet):
        miss_meeting(session, classes.homeroom, EndMeeting(meeting.id, "停电"), NOW)
    later = NOW + timedelta(days=4)
    with pytest.raises(MeetingReasonMissing):
        miss_meeting(session, classes.homeroom, EndMeeting(meeting.id, ""), later)
    miss_meeting(session, classes.homeroom, EndMeeting(meeting.id, "停电"), later)
    assert (meeting.state, meeting.state_reason) == ("missed", "停电")
    move_meeting(session, classes.homeroom, MoveMeeting(meeting.id, wish(classes, day=MONDAY + timedelta(days=7)), "补上"), later)
    assert meeting.state == "scheduled"


def test_cancelling_needs_a_reason_that_names_nobody(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes)
    name = session.get_one(Student, (classes.district_id, classes.pupils[0][0])).name
    with pytest.raises(TextNamesPupil):
        cancel_meeting(session, classes.homeroom, EndMeeting(meeting.id, f"{name}家里有事"), NOW)
    cancel_meeting(session, classes.homeroom, EndMeeting(meeting.id, "与校运会冲突"), NOW)
    assert (meeting.state, meeting.state_reason) == ("cancelled", "与校运会冲突")
    with pytest.raises(InvalidState):
        cancel_meeting(session, classes.homeroom, EndMeeting(meeting.id, "再来一次"), NOW)


def test_undo_leaves_a_trace_and_frees_the_lesson(session: Session, classes: Classes) -> None:
    meeting = plan_one(session, classes)
    with pytest.raises(why.UndoTooLate):
        undo_plan(session, classes.dean, meeting.id, NOW)  # somebody else's doing
    undo_plan(session, classes.homeroom, meeting.id, NOW + timedelta(seconds=10))
    assert (meeting.state, meeting.state_reason) == ("cancelled", "")
    steps = session.scalars(select(MeetingStep.step).where(MeetingStep.meeting_id == meeting.id).order_by(MeetingStep.id)).all()
    assert list(steps) == ["scheduled", "undone"]
    with pytest.raises(why.UndoTooLate):
        undo_plan(session, classes.homeroom, meeting.id, NOW + timedelta(seconds=11))
    again = plan_one(session, classes)
    with pytest.raises(why.UndoTooLate):
        undo_plan(session, classes.homeroom, again.id, NOW + timedelta(minutes=3))


# --- a whole school in one form ----------------------------------------------------------------------


def test_sixty_classes_are_planned_in_under_a_second_and_no_more_statements_than_two(
    session: Session, district: Sample, count_statements: Callable[[], Any]
) -> None:
    classes = build_classes(session, district, 60, pupils=45)
    session.commit()
    session.expire_all()
    with count_statements() as few:
        plan_meetings(session, classes.dean, [wish(classes, n) for n in range(2)], NOW)
    session.flush()
    session.expunge_all()
    began = stopwatch.process_time()
    with count_statements() as many:
        made = plan_meetings(session, classes.dean, [wish(classes, n, day=MONDAY + timedelta(days=7)) for n in range(60)], NOW)
    spent = stopwatch.process_time() - began
    assert len(made) == 60
    assert many.count <= few.count
    assert many.count <= 40
    assert spent < 1
