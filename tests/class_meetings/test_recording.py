"""Recording a meeting: hard cases by number, one transaction, nothing doubled, nothing lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.class_meetings.record_scenery import MONDAY, NOW, SEASON, STEPS, YEAR, Scene, build_scene, planned
from trainhub.class_meetings.models import (
    ClassMeeting,
    ClassTermStanding,
    MeetingAbsence,
    MeetingRecord,
    MeetingStep,
)
from trainhub.class_meetings.queries.record import meeting_document, record_form
from trainhub.class_meetings.rules.lifecycle import MeetingReasonMissing
from trainhub.class_meetings.rules.naming import TextMayName, TextNamesPupil
from trainhub.class_meetings.rules.recording import Absence
from trainhub.class_meetings.service.checking import CheckRecord, ReturnRecord, check_record, return_record
from trainhub.class_meetings.service.recording import (
    RecordedElsewhere,
    RecordMeeting,
    RecordRefused,
    RedactRecord,
    mark_caught_up,
    record_meeting,
    redact_record,
)
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at, local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.roster.models import ClassMembership, SchoolDay, Student

TODAY = local_day(NOW)


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


def command(scene: Scene, meeting_id: str, **changes: Any) -> RecordMeeting:
    made = RecordMeeting(
        meeting_id, new_id(), 0, scene.teacher.person_id, at(MONDAY, time(16, 10)), at(MONDAY, time(16, 50)),
        steps=tuple((True, minutes) for _title, minutes in STEPS), engagement="high", worked="讨论热烈", again="时间再紧一点",
    )
    return replace(made, **changes)


def write(session: Session, scene: Scene, meeting_id: str, actor: Actor | None = None, now: datetime = NOW, **changes: Any) -> Any:
    return record_meeting(session, actor or scene.teacher, command(scene, meeting_id, **changes), now)


def held(session: Session, scene: Scene, meeting_id: str) -> ClassMeeting:
    session.flush()
    return session.get_one(ClassMeeting, (scene.district_id, meeting_id), populate_existing=True)


def revisions(session: Session, meeting_id: str) -> list[MeetingRecord]:
    return list(session.scalars(select(MeetingRecord).where(MeetingRecord.meeting_id == meeting_id).order_by(MeetingRecord.revision)))


# --- what is written ---------------------------------------------------------------------------------


def test_present_is_the_default_and_only_exceptions_are_kept(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    absences = (Absence(scene.pupils[2], "excused", "sick"), Absence(scene.pupils[4], "late"))
    done = write(session, scene, meeting_id, absences=absences, steps=((True, 5), (True, 20), (False, 15), (True, 5)))
    assert (done.revision, done.repeated, done.late) == (1, False, False)
    [record] = revisions(session, meeting_id)
    assert (record.expected_count, record.there_count, record.minutes_held) == (12, 11, 30)
    assert record.steps[2] == {"title": "小组演练", "planned": 15, "done": False, "minutes": 0}
    assert {(a.student_id, a.status, a.leave_type) for a in session.scalars(select(MeetingAbsence))} == {
        (scene.pupils[2], "excused", "sick"), (scene.pupils[4], "late", ""),
    }
    meeting = held(session, scene, meeting_id)
    assert (meeting.state, meeting.revision) == ("recorded", 1)
    standing = session.get_one(ClassTermStanding, (scene.district_id, scene.class_id, SEASON))
    assert (standing.school_year, standing.recorded, standing.counted) == (YEAR, 1, 0)


def test_the_ledger_and_the_history_hold_counts_and_never_a_text_or_a_pupil(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    write(session, scene, meeting_id, absences=(Absence(scene.pupils[0], "absent"),))
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.object_ref == meeting_id)).one()
    told = session.scalars(select(LedgerPayload).where(LedgerPayload.seq == entry.seq, LedgerPayload.school_id == entry.school_id)).one().payload
    assert (entry.kind, told["expected"], told["there"], told["done"]) == ("meeting.recorded", 12, 11, 4)
    kept = str(told) + str([s.changes for s in session.scalars(select(MeetingStep))])
    assert "讨论热烈" not in kept
    assert scene.pupils[0] not in kept


def test_fifty_pupils_take_one_commit_and_no_more_statements_than_five(
    session: Session, district: Sample, count_statements: Callable[[], Any]
) -> None:
    scene = build_scene(session, district, pupils=50)
    write(session, scene, planned(session, scene, day=MONDAY - timedelta(days=7)),
          starts_at=at(MONDAY - timedelta(days=7), time(16, 10)), ends_at=at(MONDAY - timedelta(days=7), time(16, 50)))
    counted = []
    for absent, day in ((5, MONDAY), (50, MONDAY + timedelta(days=1))):
        meeting_id = planned(session, scene, day=day)
        made = command(scene, meeting_id, absences=tuple(Absence(p, "absent") for p in scene.pupils[:absent]),
                       starts_at=at(day, time(16, 10)), ends_at=at(day, time(16, 50)))
        session.expunge_all()
        with count_statements() as seen:
            record_meeting(session, scene.teacher, made, NOW)
            session.commit()
        counted.append(seen.count)
        assert seen.commits == 1
    assert counted[0] == counted[1]
    assert counted[1] <= 20


@pytest.mark.parametrize("times", [2, 5])
def test_case_102_the_same_operation_again_is_the_same_record(session: Session, scene: Scene, times: int) -> None:
    meeting_id = planned(session, scene)
    made = command(scene, meeting_id, absences=(Absence(scene.pupils[0], "absent"),))
    answers = [record_meeting(session, scene.teacher, made, NOW + timedelta(minutes=n)) for n in range(times)]
    assert [a.repeated for a in answers] == [False] + [True] * (times - 1)
    assert {a.revision for a in answers} == {1}
    assert len(revisions(session, meeting_id)) == 1
    assert len(session.scalars(select(MeetingStep).where(MeetingStep.meeting_id == meeting_id)).all()) == 1


def test_two_teachers_record_the_same_meeting_and_neither_is_lost_in_silence(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    write(session, scene, meeting_id, scene.dean, worked="德育处记的")
    mine = command(scene, meeting_id, worked="班主任记的")
    with pytest.raises(RecordedElsewhere) as refused:
        record_meeting(session, scene.teacher, mine, NOW)
    assert (refused.value.status, refused.value.params) == (409, {"seen": 0, "revision": 1})
    chosen = record_meeting(session, scene.teacher, replace(mine, seen_revision=1), NOW)
    assert chosen.revision == 2
    assert [r.worked for r in revisions(session, meeting_id)] == ["德育处记的", "班主任记的"]


# --- the hard cases ----------------------------------------------------------------------------------


def test_case_34_a_substitute_leads_and_records_and_it_is_the_class_that_counts(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene, held_by_id=scene.substitute.person_id)
    write(session, scene, meeting_id, scene.substitute, held_by_id=scene.substitute.person_id)
    meeting = held(session, scene, meeting_id)
    assert meeting.held_by_id == scene.substitute.person_id
    assert meeting.responsible_id == scene.teacher.person_id
    assert meeting_document(session, scene.teacher, meeting_id, TODAY).meeting.substituted
    with pytest.raises(RecordRefused) as refused:
        write(session, scene, planned(session, scene), held_by_id=scene.sample.other_people[0])
    assert refused.value.code == "record_holder_unknown"


def test_case_38_a_late_record_is_accepted_and_marked_with_both_dates(session: Session, scene: Scene) -> None:
    september = date(2026, 9, 14)
    meeting_id = planned(session, scene, day=september)
    done = write(session, scene, meeting_id, starts_at=at(september, time(16, 10)), ends_at=at(september, time(16, 50)))
    meeting = held(session, scene, meeting_id)
    assert done.late
    assert meeting.late_recorded
    assert (local_day(meeting.starts_at), meeting.recorded_at) == (september, NOW)  # type: ignore[arg-type]
    on_time = planned(session, scene)
    write(session, scene, on_time)
    write(session, scene, on_time, now=NOW + timedelta(days=60), seen_revision=1)
    assert not held(session, scene, on_time).late_recorded  # a correction does not make it late


def test_case_39_a_returned_record_uncovers_the_class_until_it_is_mended_and_checked(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    key = (scene.district_id, scene.class_id, SEASON)
    write(session, scene, meeting_id)
    check_record(session, scene.dean, CheckRecord(meeting_id, 1, "黑板照已存档"), NOW)
    assert session.get_one(ClassTermStanding, key, populate_existing=True).counted == 1
    return_record(session, scene.dean, ReturnRecord(meeting_id, 1, "topic", ""), NOW)
    session.flush()
    standing = session.get_one(ClassTermStanding, key, populate_existing=True)
    assert (standing.counted, standing.returned) == (0, 1)
    write(session, scene, meeting_id, seen_revision=1, worked="补上了主题环节")
    session.flush()
    standing = session.get_one(ClassTermStanding, key, populate_existing=True)
    assert (standing.counted, standing.returned, standing.recorded) == (0, 0, 1)


@pytest.mark.parametrize("field", ["worked", "again", "agreed"])
def test_case_40_a_text_that_names_a_pupil_is_stopped_before_anything_is_saved(session: Session, scene: Scene, field: str) -> None:
    meeting_id = planned(session, scene)
    name = session.get_one(Student, (scene.district_id, scene.pupils[3])).name
    with pytest.raises(TextNamesPupil) as refused:
        write(session, scene, meeting_id, **{field: f"都很好。{name[0]} {name[1:]}带了头"})
    assert (refused.value.field, refused.value.params) == (field, {"sentence": 2})
    assert name not in str(refused.value)
    assert revisions(session, meeting_id) == []
    with pytest.raises(TextMayName):
        write(session, scene, meeting_id, **{field: f"大家{name[1:]}地说"})
    write(session, scene, meeting_id, confirmed_words=True, **{field: f"大家{name[1:]}地说"})


def test_case_40_a_name_found_later_is_taken_out_for_good_and_the_reason_stays(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    write(session, scene, meeting_id, worked="一位转学来的同学")
    with pytest.raises(MeetingReasonMissing):
        redact_record(session, scene.dean, RedactRecord(meeting_id, 1, " "), NOW)
    with pytest.raises(NotFound):
        redact_record(session, scene.other_teacher, RedactRecord(meeting_id, 1, "有绰号"), NOW)
    redact_record(session, scene.dean, RedactRecord(meeting_id, 1, "文字能认出一名学生"), NOW)
    session.flush()
    [record] = revisions(session, meeting_id)
    assert (record.worked, record.again, record.agreed, record.redacted_at) == ("", "", "", NOW)
    last = session.scalars(select(MeetingStep).where(MeetingStep.meeting_id == meeting_id).order_by(MeetingStep.id.desc())).first()
    assert last is not None
    assert (last.step, last.reason, last.to_state) == ("redacted", "文字能认出一名学生", "recorded")


def test_case_41_absent_pupils_are_followed_up_inside_the_class_alone(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    write(session, scene, meeting_id, absences=(Absence(scene.pupils[1], "excused", "sick"),))
    mark_caught_up(session, scene.teacher, meeting_id, scene.pupils[1], NOW)
    [line] = meeting_document(session, scene.teacher, meeting_id, TODAY).missing
    assert (line.student_id, line.caught_up_on) == (scene.pupils[1], TODAY)
    seen_by_dean = meeting_document(session, scene.dean, meeting_id, TODAY)
    assert seen_by_dean.missing == ()
    assert seen_by_dean.record is not None
    assert (seen_by_dean.record.there, dict(seen_by_dean.record.absences)) == (11, {"excused.sick": 1})
    assert scene.pupils[1] not in repr(seen_by_dean)
    with pytest.raises(NotFound):
        mark_caught_up(session, scene.dean, meeting_id, scene.pupils[1], NOW)
    write(session, scene, meeting_id, seen_revision=1, absences=(Absence(scene.pupils[1], "excused", "sick"),))
    [kept] = meeting_document(session, scene.teacher, meeting_id, TODAY).missing
    assert kept.caught_up_on == TODAY  # a new revision does not forget who was told


@pytest.mark.parametrize(("hours", "unsure"), [(0, False), (-0.1, False), (25, True), (-25, True)])
def test_case_102_a_phone_clock_a_day_wrong_is_kept_beside_and_flagged(session: Session, scene: Scene, hours: float, unsure: bool) -> None:
    meeting_id = planned(session, scene)
    made_at = NOW - timedelta(hours=40) + timedelta(hours=hours)  # waited for the network; that alone says nothing
    done = write(session, scene, meeting_id, device_at=made_at, sent_at=NOW + timedelta(hours=hours))
    assert done.times_unsure is unsure
    [record] = revisions(session, meeting_id)
    assert (record.recorded_at, record.device_at) == (NOW, made_at)
    assert held(session, scene, meeting_id).recorded_at == NOW  # the server's clock decides what is late


def test_a_pupil_who_left_or_is_of_another_class_is_refused_and_nobody_is_named(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    row = session.scalars(select(ClassMembership).where(ClassMembership.student_id == scene.pupils[0])).one()
    row.to_on = MONDAY - timedelta(days=1)
    session.flush()
    for student_id in (scene.pupils[0], scene.other_pupils[0], new_id()):
        with pytest.raises(RecordRefused) as refused:
            write(session, scene, meeting_id, absences=(Absence(student_id, "absent"),))
        assert (refused.value.code, refused.value.params) == ("record_unknown_pupil", {})
    write(session, scene, meeting_id)
    assert revisions(session, meeting_id)[0].expected_count == 11


# --- corrections -------------------------------------------------------------------------------------


def test_a_checked_record_is_corrected_with_a_reason_and_the_old_one_stays_readable(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    write(session, scene, meeting_id)
    check_record(session, scene.dean, CheckRecord(meeting_id, 1, "黑板照已存档"), NOW)
    with pytest.raises(MeetingReasonMissing):
        write(session, scene, meeting_id, seen_revision=1, worked="改")
    write(session, scene, meeting_id, seen_revision=1, worked="改", reason="到场人数记错")
    found = meeting_document(session, scene.teacher, meeting_id, TODAY)
    assert [r.worked for r in found.revisions] == ["改", "讨论热烈"]
    assert (found.history[-1].step, found.history[-1].reason) == ("amended", "到场人数记错")
    assert found.meeting.state == "recorded"  # checked anew


@pytest.mark.parametrize(("changes", "problem"), [
    ({"starts_at": at(MONDAY - timedelta(days=1), time(16, 10)), "ends_at": at(MONDAY - timedelta(days=1), time(16, 50))}, "no_school_day"),
    ({"starts_at": at(date(2026, 8, 3), time(16, 10)), "ends_at": at(date(2026, 8, 3), time(16, 50))}, "class_not_there"),
    ({"starts_at": at(MONDAY, time(16, 50)), "ends_at": at(MONDAY, time(16, 10))}, "times"),
    ({"starts_at": NOW + timedelta(hours=1), "ends_at": NOW + timedelta(hours=2)}, "not_held_yet"),
    ({"steps": ((False, 0),) * 4}, "nothing_done"), ({"steps": ((True, 0),) * 4}, "step_minutes"), ({"steps": ()}, "steps_differ"),
    ({"engagement": "superb"}, "unknown_engagement"), ({"worked": "好" * 2001}, "text_too_long"), ({"photos": ("a" * 64,)}, "photo_not_there"),
])
def test_what_cannot_be_right_is_refused_and_nothing_is_kept(session: Session, scene: Scene, changes: dict[str, Any], problem: str) -> None:
    meeting_id = planned(session, scene)
    with pytest.raises(RecordRefused) as refused:
        write(session, scene, meeting_id, **changes)
    assert refused.value.code == f"record_{problem}"
    assert revisions(session, meeting_id) == []


def test_another_day_is_accepted_when_the_class_had_school(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    saturday = MONDAY - timedelta(days=2)
    session.add(SchoolDay(district_id=scene.district_id, school_id=scene.school_id, day=saturday, kind="school", reason="补课", follows_weekday=1))
    session.flush()
    write(session, scene, meeting_id, starts_at=at(saturday, time(16, 10)), ends_at=at(saturday, time(16, 50)))
    assert local_day(held(session, scene, meeting_id).starts_at) == saturday  # type: ignore[arg-type]
    [step] = session.scalars(select(MeetingStep).where(MeetingStep.meeting_id == meeting_id))
    assert step.changes["planned_from"] == at(MONDAY, time(16, 10)).isoformat()


@pytest.mark.parametrize(("state", "problem"), [("cancelled", "cancelled"), ("planned", "not_scheduled")])
def test_a_meeting_without_a_time_or_cancelled_has_no_record(session: Session, scene: Scene, state: str, problem: str) -> None:
    times = {"starts_at": None, "ends_at": None} if state == "planned" else {}
    with pytest.raises(RecordRefused) as refused:
        write(session, scene, planned(session, scene, state=state, **times))
    assert refused.value.code == f"record_{problem}"


def test_a_missed_meeting_that_was_held_after_all_is_recorded(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene, state="missed")
    write(session, scene, meeting_id)
    assert held(session, scene, meeting_id).state == "recorded"


def test_meetings_of_others_do_not_exist(session: Session, scene: Scene) -> None:
    meeting_id = planned(session, scene)
    for actor in (scene.other_teacher, scene.substitute, scene.sample.actors["principal"], scene.sample.actors["bureau_officer"]):
        with pytest.raises(NotFound):
            write(session, scene, meeting_id, actor)
    assert [p.name for p in record_form(session, scene.dean, meeting_id, TODAY).pupils] == [""] * 12
    assert all(p.name for p in record_form(session, scene.teacher, meeting_id, TODAY).pupils)
