"""Planning, publishing, moving, cancelling, correcting: against the database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_post, add_staff
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.attendance.service import (
    Mark,
    MarkRoll,
    SubmitRoll,
    record_marks,
    return_roll,
    submit_roll,
    verify_roll,
)
from trainhub.courses.models import CoursePack
from trainhub.kernel.clock import at, local
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, StaleVersion
from trainhub.ledger.models import LedgerEntry
from trainhub.roster.models import CalendarDay, Employment
from trainhub.training.models import EventPart, EventParticipant, TrainingEvent, TrainingObligation
from trainhub.training.queries.events import event_page, events_of
from trainhub.training.queries.home import trainings_at_home
from trainhub.training.queries.planning import first_slot, review
from trainhub.training.rules.audience import Choice
from trainhub.training.rules.lifecycle import AlreadyCounted, EventState, ReasonMissing
from trainhub.training.rules.planning import PartTime, PlanBlocked, PlanNeedsAnswer, Trainer
from trainhub.training.service.events import (
    AmendEvent,
    CancelEvent,
    ChangeParticipants,
    MoveEvent,
    NothingChanged,
    RollAlreadyEnded,
    amend_event,
    cancel_event,
    change_participants,
    lock_events,
    move_event,
)
from trainhub.training.service.planning import (
    PlanArguments,
    PlanEvent,
    PublishEvent,
    plan_event,
    plan_from_arguments,
    publish,
    sketch_of,
)

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
DAY = date(2026, 11, 27)
TOPIC = "student_bullying_prevention"


@pytest.fixture(autouse=True)
def pack(session: Session) -> CoursePack:
    row = CoursePack(
        pack_id="law", version="1.0", digest="0" * 64, type_key="staff_training", topic=TOPIC, title="法律与职责",
        delivery_mode="face_to_face", minutes=90, class_hours=2, content={}, installed_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def part(day: date = DAY, start: str = "14:30", end: str = "16:00", room: str = "阶梯教室") -> PartTime:
    return PartTime(at(day, time.fromisoformat(start)), at(day, time.fromisoformat(end)), room)


def plan(district: Sample, **changes: Any) -> PlanEvent:
    base = PlanEvent(district.school_id, "《法律与职责》专题培训", (part(),), "law", trainers=(Trainer("陈立新", "区人民法院"),))
    return replace(base, **changes)


def officer(district: Sample) -> Any:
    return district.actors["training_officer"]


def published(session: Session, district: Sample, **changes: Any) -> str:
    return plan_event(session, officer(district), plan(district, **changes), NOW).event_id


def desk(session: Session, scope: Any, school_id: str, moment: datetime, account_id: str) -> Any:
    """The desk part of the home page."""
    return trainings_at_home(session, scope.district_id, None, moment, account_id, scope, school_id)[0]


class TestPlanning:
    def test_publishing_freezes_the_list_with_reasons_and_opens_one_roll_a_part(self, session: Session, district: Sample) -> None:
        parts = (part(start="09:00", end="09:45"), part(start="14:00", end="14:45"))
        done = plan_event(session, officer(district), plan(district, parts=parts), NOW)
        assert (done.state, done.invited) == (EventState.PUBLISHED, 6)
        rows = session.scalars(select(EventParticipant).order_by(EventParticipant.serial_no)).all()
        assert [(r.person_id, r.serial_no, r.reason) for r in rows] == [(p, n, "yearly:180") for n, p in enumerate(district.people, 1)]
        sheets = session.scalars(select(AttendanceSheet).order_by(AttendanceSheet.starts_at)).all()
        assert [s.title for s in sheets] == ["《法律与职责》专题培训（1/2）", "《法律与职责》专题培训（2/2）"]
        assert {s.default_roll for s in sheets} == {"unmarked"}
        records = session.scalars(select(AttendanceRecord).where(AttendanceRecord.sheet_id == sheets[0].id)).all()
        assert {(r.serial_no, r.status) for r in records} == {(n, None) for n in range(1, 7)}
        assert [p.sheet_id for p in session.scalars(select(EventPart).order_by(EventPart.position))] == [s.id for s in sheets]

    def test_pack_version_topic_year_and_history_are_stored(self, session: Session, district: Sample) -> None:
        event = session.get_one(TrainingEvent, (district.district_id, published(session, district)))
        assert (event.pack_version, event.topic, event.year_key, event.requirement_id) == ("1.0", TOPIC, "2026", district.requirement_id)
        page = event_page(session, officer(district).scope("training.read"), event.id)
        assert [h.changes["kind"] for h in page.history] == ["planned", "published"]
        ours = select(LedgerEntry.kind).where(LedgerEntry.object_ref == event.id).order_by(LedgerEntry.seq)
        assert session.scalars(ours).all() == ["training.planned", "training.published"]

    def test_sending_the_form_twice_plans_once(self, session: Session, district: Sample) -> None:
        command = plan(district, event_id="a" * 32)
        assert not plan_event(session, officer(district), command, NOW).replayed
        again = plan_event(session, officer(district), command, NOW)
        assert again.replayed
        assert len(session.scalars(select(TrainingEvent)).all()) == 1

    def test_another_school_is_not_found_and_a_teacher_is_refused(self, session: Session, district: Sample) -> None:
        with pytest.raises(NotFound):
            plan_event(session, officer(district), plan(district, school_id=district.other_school_id), NOW)
        with pytest.raises(Forbidden):
            plan_event(session, district.actors["teacher"], plan(district), NOW)

    def test_nobody_invited_blocks_publishing_but_not_a_draft(self, session: Session, district: Sample) -> None:
        nobody = plan(district, choice=Choice("homeroom"))
        with pytest.raises(PlanBlocked) as refused:
            plan_event(session, officer(district), nobody, NOW)
        assert "nobody_invited" in [p.code for p in refused.value.params["problems"]]
        assert plan_event(session, officer(district), replace(nobody, publish=False), NOW).state is EventState.DRAFT

    def test_make_up_workday_passes_and_holiday_asks(self, session: Session, district: Sample) -> None:
        session.add_all([
            CalendarDay(day=date(2026, 10, 1), kind="holiday", name="国庆节"),
            CalendarDay(day=date(2026, 10, 10), kind="workday", name="国庆节"),
        ])
        session.flush()
        september = datetime(2026, 9, 1, tzinfo=UTC)
        with pytest.raises(PlanNeedsAnswer) as asked:
            plan_event(session, officer(district), plan(district, parts=(part(date(2026, 10, 1)),)), september)
        assert [p.key for p in asked.value.params["problems"]] == ["day_is_holiday-1"]
        saturday = plan(district, parts=(part(date(2026, 10, 10)),))
        assert plan_event(session, officer(district), saturday, september).state is EventState.PUBLISHED
        judged = review(session, officer(district).scope("training.write"), sketch_of(saturday), september)
        assert ("make_up_workday", "note") in [(p.code, p.severity) for p in judged.problems]

    def test_case_30_make_up_in_january_belongs_to_last_year(self, session: Session, district: Sample) -> None:
        january = datetime(2027, 1, 4, tzinfo=UTC)
        _owe(session, district, district.people[0], "unmet", 0, year="2026")
        _owe(session, district, district.people[1], "met", 180, year="2026")
        command = plan(district, parts=(part(date(2027, 1, 13)),), make_up_year="2026")
        done = plan_event(session, officer(district), command, january)
        event = session.get_one(TrainingEvent, (district.district_id, done.event_id))
        assert (event.year_key, event.is_make_up, event.make_up_year_key) == ("2026", True, "2026")
        invited = set(session.scalars(select(EventParticipant.person_id)))
        assert district.people[0] in invited
        assert district.people[1] not in invited

    def test_clash_with_another_training_asks_for_room_trainer_and_people(self, session: Session, district: Sample) -> None:
        published(session, district)
        with pytest.raises(PlanNeedsAnswer) as asked:
            published(session, district, pack_id=None, topic=TOPIC, title="例会", parts=(part(start="15:00", end="17:00"),))
        assert {p.code for p in asked.value.params["problems"] if p.severity == "ask"} == {"room_busy", "trainer_busy", "people_busy"}

    def test_a_person_who_serves_two_schools_is_seen_busy_without_the_other_schools_title(
        self, session: Session, district: Sample
    ) -> None:
        shared = district.people[0]
        session.add(Employment(
            district_id=district.district_id, id="e" * 32, person_id=shared, school_id=district.other_school_id,
            category="full_time_teacher", is_home=False, from_on=date(2026, 9, 1), created_at=NOW,
        ))
        session.flush()
        published(session, district)
        away = plan(district, school_id=district.other_school_id, choice=Choice(added=frozenset({shared})))
        with pytest.raises(PlanNeedsAnswer) as asked:
            plan_event(session, district.actors["training_officer@other"], away, NOW)
        busy = next(p for p in asked.value.params["problems"] if p.code == "people_busy")
        assert busy.params["title"] == ""
        assert busy.params["count"] == 1

    def test_default_slot_is_the_next_free_working_afternoon(self, session: Session, district: Sample) -> None:
        session.add(CalendarDay(day=date(2026, 11, 23), kind="holiday", name="校庆"))
        session.flush()
        scope = officer(district).scope("training.write")
        slot = first_slot(session, scope, district.school_id, 90, "", NOW)
        assert [(local(p.starts_at).strftime("%m-%d %H:%M"), p.minutes) for p in slot] == [("11-24 14:30", 90)]

    def test_statements_do_not_grow_with_people(self, session: Session, district: Sample, count_statements: Any) -> None:
        with count_statements() as few:
            published(session, district)
        add_staff(session, district.district_id, district.school_id, 90, department="数学组", first_no=500)
        with count_statements() as many:
            done = plan_event(session, officer(district), plan(district, parts=(part(date(2026, 12, 2)),)), NOW)
        assert done.invited == 96
        assert many.count <= few.count


class TestDrafts:
    def test_a_draft_is_edited_and_published_by_the_facts_of_the_day(self, session: Session, district: Sample) -> None:
        draft = plan_event(session, officer(district), plan(district, publish=False), NOW)
        edit = plan(district, publish=False, event_id=draft.event_id, version=draft.version, parts=(part(date(2026, 12, 1)),))
        edited = plan_event(session, officer(district), edit, NOW)
        add_staff(session, district.district_id, district.school_id, 1, department="后勤", first_no=900)
        done = publish(session, officer(district), PublishEvent(draft.event_id, edited.version), NOW)
        assert (done.state, done.invited) == (EventState.PUBLISHED, 7)

    def test_two_stale_forms_one_wins(self, session: Session, district: Sample) -> None:
        draft = plan_event(session, officer(district), plan(district, publish=False), NOW)
        edit = plan(district, publish=False, event_id=draft.event_id, version=draft.version)
        plan_event(session, officer(district), replace(edit, title="甲"), NOW)
        with pytest.raises(StaleVersion) as stale:
            plan_event(session, district.actors["training_officer_2"], replace(edit, title="乙"), NOW)
        assert stale.value.params["current"] == draft.version + 1
        assert session.get_one(TrainingEvent, (district.district_id, draft.event_id)).title == "甲"

    def test_a_published_training_cannot_be_edited_like_a_draft(self, session: Session, district: Sample) -> None:
        done = plan_event(session, officer(district), plan(district), NOW)
        with pytest.raises(InvalidState):
            plan_event(session, officer(district), plan(district, event_id=done.event_id, version=done.version), NOW)


class TestMoving:
    def test_moved_with_reason_history_and_roll(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        later = part(date(2026, 12, 4), room="报告厅")
        move_event(session, officer(district), MoveEvent(event_id, 2, "阶梯教室维修", (later,)), NOW)
        event = session.get_one(TrainingEvent, (district.district_id, event_id))
        assert (event.state, event.starts_at, event.version) == ("published", later.starts_at, 3)
        assert session.scalars(select(AttendanceSheet.starts_at)).one() == later.starts_at
        page = event_page(session, officer(district).scope("training.read"), event_id)
        assert page.history[-1].changes["kind"] == "moved"
        assert page.history[-1].reason == "阶梯教室维修"
        assert page.history[-1].changes["parts"][0]["from"][2] == "阶梯教室"

    def test_postponed_without_a_date_and_taken_up_again(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        assert move_event(session, officer(district), MoveEvent(event_id, 2, "暴雨停课"), NOW) is EventState.POSTPONED
        moved = MoveEvent(event_id, 3, "补办", (part(date(2026, 12, 4)),))
        assert move_event(session, officer(district), moved, NOW) is EventState.PUBLISHED

    def test_moving_needs_a_reason_and_answers_for_a_weekend(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        with pytest.raises(ReasonMissing):
            move_event(session, officer(district), MoveEvent(event_id, 2, " ", (part(date(2026, 12, 4)),)), NOW)
        weekend = MoveEvent(event_id, 2, "场地", (part(date(2026, 11, 28)),))
        with pytest.raises(PlanNeedsAnswer) as asked:
            move_event(session, officer(district), weekend, NOW)
        assert [p.key for p in asked.value.params["problems"]] == ["day_is_weekend-1"]
        move_event(session, officer(district), replace(weekend, accepted=frozenset({"day_is_weekend-1"})), NOW)

    def test_stale_move_and_other_school(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        with pytest.raises(StaleVersion):
            move_event(session, officer(district), MoveEvent(event_id, 1, "x", (part(date(2026, 12, 4)),)), NOW)
        with pytest.raises(NotFound):
            move_event(session, district.actors["training_officer@other"], MoveEvent(event_id, 2, "x"), NOW)


class TestCancelling:
    def test_cancelled_keeps_everything_and_voids_the_roll(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        with pytest.raises(ReasonMissing):
            cancel_event(session, officer(district), CancelEvent(event_id, 2, ""), NOW)
        cancel_event(session, officer(district), CancelEvent(event_id, 2, "与期中考试冲突"), NOW)
        assert session.scalars(select(AttendanceSheet.state)).one() == "void"
        row = events_of(session, officer(district).scope("training.read"), district.school_id)[0]
        assert (row.state, row.state_reason, row.invited) == (EventState.CANCELLED, "与期中考试冲突", 6)
        with pytest.raises(InvalidState):
            move_event(session, officer(district), MoveEvent(event_id, 3, "x", (part(),)), NOW)


class TestParticipants:
    def test_added_and_taken_off_with_reason_numbers_stay(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        newcomer = add_staff(session, district.district_id, district.school_id, 1, department="后勤", first_no=900)[0]
        first = district.people[0]
        count = change_participants(
            session, officer(district), ChangeParticipants(event_id, 2, (newcomer,), (first,), "外出教研"), NOW
        )
        assert count == 6
        page = event_page(session, officer(district).scope("training.read"), event_id)
        assert [(p.person_id, p.excluded_reason) for p in page.taken_off] == [(first, "外出教研")]
        assert (page.participants[-1].person_id, page.participants[-1].serial_no) == (newcomer, 7)
        on_roll = set(session.scalars(select(AttendanceRecord.person_id)))
        assert newcomer in on_roll
        assert first not in on_roll

    def test_needs_a_reason_and_a_change(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        with pytest.raises(ReasonMissing):
            change_participants(session, officer(district), ChangeParticipants(event_id, 2, (), (district.people[0],)), NOW)
        with pytest.raises(NothingChanged):
            change_participants(session, officer(district), ChangeParticipants(event_id, 2, (), (), "x"), NOW)

    def test_refused_once_a_roll_was_ended(self, session: Session, district: Sample) -> None:
        event_id = published(session, district, parts=(part(start="09:00", end="09:45"), part(start="14:00", end="14:45")))
        first = session.scalars(select(AttendanceSheet.id).order_by(AttendanceSheet.starts_at)).first() or ""
        submit_roll(session, officer(district), SubmitRoll(first, 0, "absent"), at(DAY, time(12)))
        command = ChangeParticipants(event_id, _version(session, event_id), (), (district.people[0],), "病假")
        with pytest.raises(RollAlreadyEnded):
            change_participants(session, officer(district), command, NOW)


class TestFollowingTheRolls:
    def test_held_submitted_verified_and_back(self, session: Session, district: Sample) -> None:
        parts = (part(start="09:00", end="09:45"), part(start="14:00", end="14:45"))
        event_id = published(session, district, parts=parts)
        sheets = list(session.scalars(select(AttendanceSheet.id).order_by(AttendanceSheet.starts_at)))
        after = at(DAY, time(16))
        for sheet_id, expected in zip(sheets, ("held", "submitted"), strict=True):
            submit_roll(session, officer(district), SubmitRoll(sheet_id, 0, "absent"), after)
            assert _state(session, event_id) == expected
        return_roll(session, district.actors["principal"], sheets[0], "人数不符", after)
        assert _state(session, event_id) == "held"
        submit_roll(session, officer(district), SubmitRoll(sheets[0], 0, "absent"), after)
        for sheet_id in sheets:
            verify_roll(session, district.actors["principal"], sheet_id, after)
        assert _state(session, event_id) == "verified"
        kinds = [h.changes["kind"] for h in event_page(session, officer(district).scope("training.read"), event_id).history]
        assert kinds == ["planned", "published", "held", "submitted", "held", "submitted", "verified"]
        with pytest.raises(AlreadyCounted):
            cancel_event(session, officer(district), CancelEvent(event_id, _version(session, event_id), "x"), after)
        assert lock_events(session, officer(district), district.school_id, "2026", after) == 1
        assert _state(session, event_id) == "locked"

    def test_amending_is_visible_and_needs_a_difference(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        _hold(session, district, verify=True)
        version = _version(session, event_id)
        with pytest.raises(NothingChanged):
            amend_event(session, officer(district), AmendEvent(event_id, version, "x"), NOW)
        amend_event(session, officer(district), AmendEvent(event_id, version, "登记时选错", delivery_mode="online"), NOW)
        last = event_page(session, officer(district).scope("training.read"), event_id).history[-1]
        assert (last.changes["kind"], last.changes["delivery_mode"]) == ("amended", ["face_to_face", "online"])
        assert _state(session, event_id) == "verified"


class TestReading:
    def test_desk_shows_running_ended_and_coming(self, session: Session, district: Sample) -> None:
        published(session, district)
        scope = officer(district).scope("training.read")
        before = desk(session, scope, district.school_id, NOW, officer(district).account_id)
        assert [e.title for e in before.upcoming] == ["《法律与职责》专题培训"]
        during = desk(session, scope, district.school_id, at(DAY, time(14, 20)), officer(district).account_id)
        assert [r.part.tally.unmarked for r in during.running] == [6]
        overdue = desk(session, scope, district.school_id, at(DAY, time(20)), officer(district).account_id)
        assert len(overdue.to_end) == 1
        _hold(session, district)
        ended = desk(session, scope, district.school_id, at(DAY, time(20)), officer(district).account_id)
        assert [r.mine for r in ended.to_verify] == [True]

    def test_my_next_training_with_the_reason(self, session: Session, district: Sample) -> None:
        published(session, district)
        mine = trainings_at_home(session, district.district_id, district.people[0], NOW, "")[1]
        assert [(m.event.title, m.reason) for m in mine] == [("《法律与职责》专题培训", "yearly:180")]
        assert trainings_at_home(session, district.district_id, district.other_people[0], NOW, "")[1] == []
        assert trainings_at_home(session, district.district_id, None, NOW, "")[1] == []

    def test_another_schools_training_is_not_found(self, session: Session, district: Sample) -> None:
        event_id = published(session, district)
        with pytest.raises(NotFound):
            event_page(session, district.actors["training_officer@other"].scope("training.read"), event_id)
        assert event_page(session, district.actors["bureau_officer"].scope("training.read"), event_id).row.id == event_id

    def test_statements_do_not_grow_with_people_or_trainings(self, session: Session, district: Sample, count_statements: Any) -> None:
        event_id = published(session, district)
        scope = officer(district).scope("training.read")
        session.expire_all()
        with count_statements() as few:
            event_page(session, scope, event_id)
            desk(session, scope, district.school_id, NOW, "x")
        add_staff(session, district.district_id, district.school_id, 60, department="数学组", first_no=500)
        for offset in range(1, 4):
            published(session, district, parts=(part(DAY + timedelta(days=7 * offset)),))
        big = published(session, district, parts=(part(date(2026, 12, 21)),))
        session.expire_all()
        with count_statements() as many:
            event_page(session, scope, big)
            desk(session, scope, district.school_id, NOW, "x")
        assert many.count == few.count
        assert few.count <= 10


class TestCommandLine:
    def test_plan_from_arguments(self, session: Session, district: Sample) -> None:
        arguments = PlanArguments(district.school_id, "law", DAY, time(14, 30), room="阶梯教室", trainers=("陈立新/区人民法院",))
        done = plan_from_arguments(session, officer(district), arguments, NOW)
        row = event_page(session, officer(district).scope("training.read"), done.event_id).row
        assert (row.title, row.minutes, row.trainers) == ("《法律与职责》专题培训", 90, (Trainer("陈立新", "区人民法院"),))
        with pytest.raises(PlanNeedsAnswer):
            plan_from_arguments(session, officer(district), replace(arguments, on=date(2026, 11, 28)), NOW)
        asked = replace(arguments, on=date(2026, 11, 28), accept_all=True)
        assert plan_from_arguments(session, officer(district), asked, NOW).state is EventState.PUBLISHED


def test_case_21_new_homeroom_teacher_is_invited_for_the_extra_duty(session: Session, district: Sample) -> None:
    from trainhub.roster.models import PolicySetting

    session.add(PolicySetting(
        district_id=district.district_id, number=1, org_id=district.district_id, key="homeroom_extra_minutes",
        value={"value": 45}, effective_on=date(2026, 1, 1), set_by="x" * 32, set_at=NOW,
    ))
    session.flush()
    new, former = district.people[0], district.people[1]
    add_post(session, district.district_id, district.school_id, new, "homeroom_teacher", date(2026, 4, 13))
    add_post(session, district.district_id, district.school_id, former, "homeroom_teacher", date(2025, 9, 1), date(2026, 4, 12))
    _owe(session, district, new, "in_progress", 180, required=225)
    _owe(session, district, former, "met", 180)
    published(session, district)
    reasons = {r.person_id: r.reason for r in session.scalars(select(EventParticipant))}
    assert reasons[new] == "homeroom_since:2026-04-13"
    assert former not in reasons


def test_those_who_missed_a_part_are_invited_to_the_make_up(session: Session, district: Sample) -> None:
    event_id = published(session, district)
    sheet_id = session.scalars(select(AttendanceSheet.id)).one()
    during = at(DAY, time(14, 35))
    marks = [Mark(p, "present", 0) for p in district.people[:4]]
    record_marks(session, officer(district), MarkRoll(sheet_id, marks, "op-1"), during)
    submit_roll(session, officer(district), SubmitRoll(sheet_id, 4, "absent"), at(DAY, time(17)))
    again = published(
        session, district, parts=(part(date(2026, 12, 4)),), choice=Choice("missed", event_id)
    )
    rows = session.scalars(select(EventParticipant).where(EventParticipant.event_id == again)).all()
    assert {(r.person_id, r.reason) for r in rows} == {(p, f"missed:{event_id}") for p in district.people[4:]}


def _owe(
    session: Session, district: Sample, person_id: str, state: str, counted: int, *, required: int = 180, year: str = "2026"
) -> None:
    session.add(TrainingObligation(
        district_id=district.district_id, requirement_id=district.requirement_id, year_key=year, person_id=person_id,
        school_id=district.school_id, state=state, required_minutes=required, counted_minutes=counted,
        due_on=date(2026, 12, 31), posts=[], updated_at=NOW,
    ))
    session.flush()


def _hold(session: Session, district: Sample, *, verify: bool = False) -> None:
    after = at(DAY, time(18))
    for sheet_id in session.scalars(select(AttendanceSheet.id)):
        submit_roll(session, officer(district), SubmitRoll(sheet_id, 0, "absent"), after)
        if verify:
            verify_roll(session, district.actors["principal"], sheet_id, after)


def _state(session: Session, event_id: str) -> str:
    return session.scalars(select(TrainingEvent.state).where(TrainingEvent.id == event_id)).one()


def _version(session: Session, event_id: str) -> int:
    return session.scalars(select(TrainingEvent.version).where(TrainingEvent.id == event_id)).one()
