"""The school's check: who may count a record, what stops it, what sending back does to the class."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.class_meetings.record_scenery import NOW, SEASON, YEAR, Scene, build_scene, planned
from trainhub.class_meetings.models import (
    ClassMeeting,
    ClassTermStanding,
    MeetingPhoto,
    MeetingRecord,
    MeetingReminder,
    MeetingStep,
    SchoolTermTotal,
)
from trainhub.class_meetings.queries.board import waiting
from trainhub.class_meetings.rules.lifecycle import MeetingReasonMissing
from trainhub.class_meetings.service.checking import (
    CheckRecord,
    OwnRecord,
    PhotoMissing,
    PhotoTwice,
    ReturnRecord,
    check_many,
    check_record,
    explain_photo,
    remind,
    return_record,
)
from trainhub.class_meetings.service.photos import remove_photo
from trainhub.class_meetings.service.standing import rebuild
from trainhub.evidence.models import StoredProof
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, NotFound, StaleVersion
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry
from trainhub.roster.service.class_changes import (
    ChangeClass,
    EnterException,
    change_class,
    enter_exception,
    revoke_exception,
    undo_change,
)


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


def recorded(session: Session, scene: Scene, *, by: Actor | None = None, photo: str = "a" * 64, **changes: Any) -> str:
    """A recorded meeting with, by default, one photo."""
    meeting_id = planned(session, scene, **changes)
    meeting = session.get_one(ClassMeeting, (scene.district_id, meeting_id))
    assert meeting.starts_at is not None
    assert meeting.ends_at is not None
    meeting.state, meeting.revision, meeting.recorded_at = "recorded", 1, NOW
    session.add(MeetingRecord(
        district_id=scene.district_id, meeting_id=meeting_id, revision=1, op_id="op", held_by_id=meeting.held_by_id, starts_at=meeting.starts_at,
        ends_at=meeting.ends_at, expected_count=12, there_count=11, minutes_held=40, steps=[{"title": "热身", "planned": 5, "done": True, "minutes": 5}],
        recorded_by=(by or scene.teacher).account_id, acting_role="homeroom_teacher", recorded_at=NOW,
    ))
    session.flush()
    if photo:
        add_photo(session, scene, meeting_id, photo)
    session.commit()
    return meeting_id


def add_photo(session: Session, scene: Scene, meeting_id: str, sha256: str, original: str = "") -> None:
    if session.get(StoredProof, (scene.district_id, sha256)) is None:
        session.add(StoredProof(
            district_id=scene.district_id, sha256=sha256, media_type="image/jpeg", size=1, content="eA==", stored_by=scene.teacher.account_id, stored_at=NOW
        ))
        session.flush()
    session.add(MeetingPhoto(
        district_id=scene.district_id, meeting_id=meeting_id, sha256=sha256, school_id=scene.school_id, original_sha256=original,
        added_by=scene.teacher.account_id, added_at=NOW,
    ))
    session.flush()


def standing(session: Session, scene: Scene, class_id: str) -> ClassTermStanding:
    session.expire_all()
    return session.get_one(ClassTermStanding, (scene.district_id, class_id, SEASON))


def total(session: Session, scene: Scene) -> SchoolTermTotal:
    session.expire_all()
    return session.get_one(SchoolTermTotal, (scene.district_id, scene.school_id, YEAR, SEASON))


def test_a_checked_record_counts_for_its_class_and_its_school(session: Session, scene: Scene) -> None:
    meeting = recorded(session, scene)
    check_record(session, scene.dean, CheckRecord(meeting, 1), NOW)
    found = standing(session, scene, scene.class_id)
    assert (found.standing, found.counted, found.required, found.recorded) == ("short", 1, 2, 0)
    assert (total(session, scene).counted, total(session, scene).none, total(session, scene).classes) == (1, 1, 2)
    assert session.scalars(select(LedgerEntry.kind).where(LedgerEntry.object_ref == meeting)).all() == ["meeting.checked"]


def test_the_projection_is_what_a_rebuild_gives_at_every_step(session: Session, scene: Scene) -> None:
    first, second = recorded(session, scene), recorded(session, scene, photo="b" * 64, day=NOW.date() - timedelta(days=11))
    rebuild(session, scene.district_id, scene.school_id, YEAR, SEASON, NOW)
    for step in (
        lambda: check_record(session, scene.dean, CheckRecord(first, 1), NOW),
        lambda: check_record(session, scene.dean, CheckRecord(second, 1), NOW),
        lambda: return_record(session, scene.dean, ReturnRecord(first, 1, "topic"), NOW),
    ):
        step()
        followed = _numbers(session, scene)
        rebuild(session, scene.district_id, scene.school_id, YEAR, SEASON, NOW)
        assert _numbers(session, scene) == followed


def _numbers(session: Session, scene: Scene) -> Any:
    session.expire_all()
    rows = session.scalars(select(ClassTermStanding).order_by(ClassTermStanding.class_id)).all()
    t = total(session, scene)
    return (
        [(r.class_id, r.standing, r.required, r.counted, r.recorded, r.returned, r.scheduled, r.missed, r.late) for r in rows],
        (t.classes, t.met, t.none, t.required, t.counted, t.waiting, t.late, t.apart),
    )


def test_nobody_checks_their_own_record_or_the_meeting_they_led(session: Session, scene: Scene) -> None:
    by_dean = recorded(session, scene, by=scene.dean)
    led_by_dean = recorded(session, scene, photo="b" * 64, held_by_id=scene.dean.person_id)
    session.get_one(MeetingRecord, (scene.district_id, led_by_dean, 1)).held_by_id = scene.dean.person_id
    for meeting in (by_dean, led_by_dean):
        with pytest.raises(OwnRecord):
            check_record(session, scene.dean, CheckRecord(meeting, 1), NOW)


def test_a_record_without_a_photo_needs_a_reason(session: Session, scene: Scene) -> None:
    meeting = recorded(session, scene, photo="")
    with pytest.raises(PhotoMissing):
        check_record(session, scene.dean, CheckRecord(meeting, 1), NOW)
    check_record(session, scene.dean, CheckRecord(meeting, 1, "课堂上不便拍照，查过板书"), NOW)
    assert standing(session, scene, scene.class_id).counted == 1


@pytest.mark.parametrize("by_original", [False, True])
def test_case_35_the_same_photo_on_two_classes_is_flagged_and_stops_both_until_explained(session: Session, scene: Scene, *, by_original: bool) -> None:
    one = recorded(session, scene, photo="")
    two = recorded(session, scene, photo="", class_id=scene.other_class_id)
    add_photo(session, scene, one, "c" * 64, "f" * 64)
    add_photo(session, scene, two, "d" * 64 if by_original else "c" * 64, "f" * 64 if by_original else "")
    scope = scene.dean.scope(Permission.MEETING_READ)
    queue = {w.meeting_id: w for w in waiting(session, scope, scene.school_id, scene.dean.account_id, scene.dean.person_id)}
    assert {w.other_class for w in queue[one].same_photos} == {"8（4）班"}
    assert not queue[one].plain
    for meeting in (one, two):
        with pytest.raises(PhotoTwice):
            check_record(session, scene.dean, CheckRecord(meeting, 1), NOW)
    explain_photo(session, scene.dean, one, "c" * 64, "两个班一起上的课", NOW)
    check_record(session, scene.dean, CheckRecord(one, 1), NOW)
    assert standing(session, scene, scene.class_id).counted == 1
    assert standing(session, scene, scene.other_class_id).counted == 0


def test_case_39_another_content_is_sent_back_and_the_class_is_uncovered_again(session: Session, scene: Scene) -> None:
    meeting = recorded(session, scene)
    check_record(session, scene.dean, CheckRecord(meeting, 1), NOW)
    return_record(session, scene.dean, ReturnRecord(meeting, 1, "topic", "整节课在复习期中考试"), NOW)
    found = standing(session, scene, scene.class_id)
    assert (found.standing, found.counted, found.returned) == ("none", 0, 1)
    reminder = session.scalars(select(MeetingReminder)).one()
    assert (reminder.person_id, reminder.about) == (scene.teacher.person_id, "returned")
    step = session.scalars(select(MeetingStep).where(MeetingStep.step == "returned")).one()
    assert (step.reason, step.changes["why"]) == ("topic: 整节课在复习期中考试", "topic")


def test_sending_back_for_another_reason_wants_a_sentence(session: Session, scene: Scene) -> None:
    meeting = recorded(session, scene)
    with pytest.raises(MeetingReasonMissing):
        return_record(session, scene.dean, ReturnRecord(meeting, 1, "other"), NOW)
    with pytest.raises(InvalidState):
        return_record(session, scene.dean, ReturnRecord(meeting, 1, "because", "x"), NOW)


def test_what_was_not_looked_at_is_not_checked(session: Session, scene: Scene) -> None:
    meeting = recorded(session, scene)
    with pytest.raises(StaleVersion):
        check_record(session, scene.dean, CheckRecord(meeting, 2), NOW)
    with pytest.raises(NotFound):
        check_record(session, scene.dean, CheckRecord("0" * 32, 1), NOW)
    scheduled = planned(session, scene)
    with pytest.raises(InvalidState):
        check_record(session, scene.dean, CheckRecord(scheduled, 0), NOW)


def test_a_photo_taken_off_between_the_look_and_the_click_is_looked_at_again(session: Session, scene: Scene) -> None:
    meeting = recorded(session, scene)
    seen = session.get_one(ClassMeeting, (scene.district_id, meeting)).version
    remove_photo(session, scene.teacher, meeting, "a" * 64, NOW)
    with pytest.raises(StaleVersion):
        check_record(session, scene.dean, CheckRecord(meeting, 1, "可以", seen_version=seen), NOW)
    check_record(session, scene.dean, CheckRecord(meeting, 1, "可以", seen_version=seen + 1), NOW)
    assert standing(session, scene, scene.class_id).counted == 1


def test_many_at_once_count_what_can_and_say_why_not(session: Session, scene: Scene) -> None:
    fine, own = recorded(session, scene), recorded(session, scene, by=scene.dean, photo="b" * 64)
    outcome = check_many(session, scene.dean, [CheckRecord(fine, 1), CheckRecord(own, 1)], NOW)
    assert (outcome.checked, outcome.refused) == (1, {own: "meeting_own_record"})


def test_a_teacher_is_reminded_once_a_day(session: Session, scene: Scene) -> None:
    target = (scene.class_id, scene.teacher.person_id or "", None)
    assert remind(session, scene.dean, [target, target], "plan", NOW) == 1
    assert remind(session, scene.dean, [target], "plan", NOW + timedelta(hours=2)) == 0
    assert remind(session, scene.dean, [target], "record", NOW) == 1
    assert remind(session, scene.dean, [target], "plan", NOW + timedelta(days=1)) == 1


def test_where_classes_stand_follows_the_roster_at_once(session: Session, scene: Scene) -> None:
    """A class sent on internship, split or opened is worked out in the same transaction; a projection keeps nobody from undoing it."""
    clerk = scene.sample.actors["school_administrator"]
    rebuild(session, scene.district_id, scene.school_id, YEAR, SEASON, NOW)
    assert standing(session, scene, scene.class_id).standing == "none"
    with time_machine.travel(NOW, tick=False):
        command = EnterException(scene.class_id, YEAR, SEASON, "internship", date(2026, 9, 1), date(2027, 1, 22), document="实习安排第 3 号")
        exception = enter_exception(session, clerk, command, NOW)
        assert standing(session, scene, scene.class_id).standing == "internship"
        assert total(session, scene).apart == {"internship": 1}
        revoke_exception(session, clerk, exception, "实习取消", NOW)
        assert standing(session, scene, scene.class_id).standing == "none"
        change = change_class(session, clerk, ChangeClass(scene.class_id, date(2026, 11, 20), "拆班", new_class_no=12, student_ids=tuple(scene.pupils[:4])), NOW)
        assert total(session, scene).classes == 3
        undo_change(session, clerk, change, "不拆了", NOW)
        assert total(session, scene).classes == 2
