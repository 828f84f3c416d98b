"""Parent meetings, heart talks, assemblies, law lessons: own numbers, nobody's name, never a class's count."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_pupils
from tests.class_meetings.record_scenery import NOW, SEASON, YEAR, Scene, add_pack, build_scene
from tests.class_meetings.test_checking import recorded
from trainhub.class_meetings.models import ClassTermStanding, SchoolActivity, SchoolTermTotal
from trainhub.class_meetings.queries.activities import activity_list
from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.queries.coverage import activity_counts
from trainhub.class_meetings.queries.facts import term_facts
from trainhub.class_meetings.rules.activities import Activity, ActivityFact, ActivityRefused, add_up, week_of
from trainhub.class_meetings.rules.lifecycle import MeetingReasonMissing
from trainhub.class_meetings.rules.naming import TextMayName, TextNamesPupil
from trainhub.class_meetings.rules.unplannable import UndoTooLate
from trainhub.class_meetings.service.activities import (
    cancel_activity,
    enter_activity,
    record_activity,
    undo_activity,
)
from trainhub.class_meetings.service.standing import rebuild
from trainhub.courses.models import CoursePack
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import at, local_day
from trainhub.kernel.errors import InvalidState, NotFound, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.roster.models import SchoolDay, Student

TODAY = local_day(NOW)
KEY = TermKey(YEAR, SEASON)
THURSDAY = date(2026, 11, 19)


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


def entry(kind: Any, day: date = THURSDAY, **changes: Any) -> Activity:
    given: dict[str, Any] = {
        "parent_meeting": {"invited": 40, "came": 36, "topic": "recognise"},
        "heart_talk": {"took_part": 5},
        "assembly": {},
        "law_lesson": {"topic": "minors_protection", "speaker": "law_vice_principal", "led_by": "区公安分局"},
    }[kind]
    start = changes.pop("clock", time(14, 0))
    return Activity(kind, at(day, start), at(day, start) + timedelta(minutes=40), **(given | changes))


def enter(session: Session, actor: Actor, what: Activity, now: datetime = NOW) -> str:
    return enter_activity(session, actor, new_id(), what, now).id


def row(session: Session, scene: Scene, activity_id: str) -> SchoolActivity:
    return session.get_one(SchoolActivity, (scene.district_id, activity_id))


# --- case 33 -------------------------------------------------------------------------------------


def test_case_33_an_assembly_claimed_as_24_class_meetings_is_one_event_and_counts_for_no_class(
    session: Session, scene: Scene
) -> None:
    for number in range(5, 27):
        add_pupils(session, scene.sample, add_class(session, scene.district_id, scene.school_id, 8, number), 2)
    enter(session, scene.dean, entry("assembly", title="全校法治大会，计作 24 个班的班会"))
    enter(session, scene.dean, entry("parent_meeting", grades=(8,)))
    enter(session, scene.teacher, entry("law_lesson", class_id=scene.class_id))
    enter(session, scene.teacher, entry("heart_talk", class_id=scene.class_id))
    facts = rebuild(session, scene.district_id, scene.school_id, YEAR, SEASON, NOW)
    rows = session.scalars(select(ClassTermStanding).where(ClassTermStanding.school_id == scene.school_id)).all()
    assert len(rows) == len(facts.classes) == 24
    assert {(r.standing, r.counted, r.recorded, r.scheduled) for r in rows} == {("none", 0, 0, 0)}
    total = session.scalars(select(SchoolTermTotal).where(SchoolTermTotal.school_id == scene.school_id)).one()
    assert (total.classes, total.met, total.none, total.counted) == (24, 0, 24, 0)
    scope = Scope(scene.district_id, frozenset({scene.school_id}))
    assert activity_counts(session, scope, scene.school_id, KEY) == {
        "assembly": 1,
        "heart_talk": 1,
        "law_lesson": 1,
        "parent_meeting": 1,
    }


def test_an_activity_leaves_what_a_class_has_already(session: Session, scene: Scene) -> None:
    recorded(session, scene)
    rebuild(session, scene.district_id, scene.school_id, YEAR, SEASON, NOW)
    scope = Scope(scene.district_id, frozenset({scene.school_id}))
    before = term_facts(session, scope, scene.school_id, YEAR, SEASON, TODAY).standings
    enter(session, scene.dean, entry("assembly"))
    assert term_facts(session, scope, scene.school_id, YEAR, SEASON, TODAY).standings == before


def test_one_class_alone_has_a_class_meeting_and_no_assembly(session: Session, scene: Scene) -> None:
    with pytest.raises(ActivityRefused) as refused:
        enter(session, scene.dean, entry("assembly", class_id=scene.class_id))
    assert refused.value.code == "activity_one_class"


# --- entering, recording, late -------------------------------------------------------------------


def test_what_is_to_come_is_planned_and_its_numbers_follow(session: Session, scene: Scene) -> None:
    soon = entry("parent_meeting", date(2026, 11, 24), class_id=scene.class_id, invited=12, came=None)
    one = enter(session, scene.teacher, soon)
    assert (row(session, scene, one).state, row(session, scene, one).came_count) == ("planned", None)
    with pytest.raises(ActivityRefused, match="activity_came_missing"):
        record_activity(session, scene.teacher, one, soon, NOW + timedelta(days=5), seen_version=1)
    done = record_activity(session, scene.teacher, one, replace(soon, came=11), NOW + timedelta(days=5), seen_version=1)
    held = row(session, scene, one)
    assert (done.state, held.came_count, held.late_recorded, held.version) == ("recorded", 11, False, 2)
    with pytest.raises(MeetingReasonMissing):
        record_activity(session, scene.teacher, one, replace(soon, came=10), NOW + timedelta(days=6), seen_version=2)
    record_activity(
        session,
        scene.teacher,
        one,
        replace(soon, came=10),
        NOW + timedelta(days=6),
        seen_version=2,
        reason="签到表漏数一户",
    )
    assert row(session, scene, one).came_count == 10
    kinds = session.scalars(
        select(LedgerEntry.kind).where(LedgerEntry.object_ref == one).order_by(LedgerEntry.seq)
    ).all()
    assert kinds == ["activity.planned", "activity.recorded", "activity.amended"]


def test_case_38_entered_after_the_days_the_policy_gives_is_late_for_ever(session: Session, scene: Scene) -> None:
    late = enter(session, scene.dean, entry("assembly", date(2026, 9, 15)))
    assert row(session, scene, late).late_recorded
    record_activity(session, scene.dean, late, entry("assembly", THURSDAY), NOW, seen_version=1, reason="日期写错")
    assert row(session, scene, late).late_recorded
    assert not row(session, scene, enter(session, scene.dean, entry("assembly"))).late_recorded


def test_everybody_took_part_unless_somebody_says_otherwise(session: Session, scene: Scene) -> None:
    assert row(session, scene, enter(session, scene.dean, entry("assembly", grades=(8,)))).took_part_count == 15
    assert (
        row(session, scene, enter(session, scene.dean, entry("assembly", grades=(8,), took_part=9))).took_part_count
        == 9
    )
    assert (
        row(session, scene, enter(session, scene.teacher, entry("law_lesson", class_id=scene.class_id))).took_part_count
        == 12
    )
    with pytest.raises(ActivityRefused) as refused:
        enter(session, scene.dean, entry("assembly", grades=(8,), took_part=16))
    assert (refused.value.code, refused.value.params["most"]) == ("activity_pupils", 15)
    with pytest.raises(ActivityRefused, match="activity_nobody"):
        enter(session, scene.dean, entry("assembly", grades=(3,)))


def test_the_same_form_sent_again_is_the_same_activity(session: Session, scene: Scene) -> None:
    key = new_id()
    first = enter_activity(session, scene.dean, key, entry("assembly"), NOW)
    again = enter_activity(session, scene.dean, key, entry("assembly"), NOW)
    assert (first.repeated, again.repeated) == (False, True)
    assert len(session.scalars(select(SchoolActivity)).all()) == 1
    with pytest.raises(NotFound):
        enter_activity(session, scene.teacher, key, entry("heart_talk", class_id=scene.class_id), NOW)


def test_households_that_came_were_invited(session: Session, scene: Scene) -> None:
    for changes, code in (({"came": 41}, "more_than_invited"), ({"came": None}, "came_missing"), ({"invited": None}, "invited_missing"),
                          ({"invited": 0, "came": 0}, "invited"), ({"topic": ""}, "not_a_choice"), ({"topic": "gossip"}, "not_a_choice")):  # fmt: skip
        with pytest.raises(ActivityRefused) as refused:
            enter(session, scene.dean, entry("parent_meeting", **changes))
        assert refused.value.code == f"activity_{code}", changes
    assert row(session, scene, enter(session, scene.dean, entry("parent_meeting", came=0))).came_count == 0


def test_a_guest_of_a_law_lesson_comes_from_somewhere(session: Session, scene: Scene) -> None:
    with pytest.raises(ActivityRefused) as refused:
        enter(session, scene.dean, entry("law_lesson", speaker="court", led_by=""))
    assert (refused.value.code, refused.value.field) == ("activity_unit_missing", "led_by")
    with pytest.raises(ActivityRefused) as refused:
        enter(session, scene.dean, entry("law_lesson", topic="law_of_the_sea"))
    assert (refused.value.code, refused.value.field) == ("activity_not_a_choice", "topic")


def test_a_kind_whose_plugin_is_gone_can_be_read_but_not_entered(
    session: Session, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainhub.class_meetings import registry

    monkeypatch.setattr(registry, "_resolve", None)
    with pytest.raises(ActivityRefused, match="activity_type_gone"):
        enter(session, scene.dean, entry("law_lesson"))
    enter(session, scene.dean, entry("assembly"))


# --- days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["assembly", "law_lesson"])
def test_pupils_are_taught_on_school_days_only(session: Session, scene: Scene, kind: str) -> None:
    with pytest.raises(ActivityRefused) as refused:
        enter(session, scene.dean, entry(kind, date(2026, 11, 15)))
    assert refused.value.code == "activity_no_school_day"


def test_parents_may_come_on_a_weekend_and_it_is_said(session: Session, scene: Scene) -> None:
    done = enter_activity(session, scene.dean, new_id(), entry("parent_meeting", date(2026, 11, 15)), NOW)
    assert (done.state, done.warning) == ("recorded", "no_school_day")
    assert enter_activity(session, scene.dean, new_id(), entry("parent_meeting"), NOW).warning == ""


def test_a_week_of_talks_has_a_school_day(session: Session, scene: Scene) -> None:
    for day in range(5):
        session.add(SchoolDay(
            district_id=scene.district_id, school_id=scene.school_id, day=date(2026, 11, 9) + timedelta(days=day), kind="off", reason="停课",
        ))  # fmt: skip
    session.flush()
    with pytest.raises(ActivityRefused, match="activity_week_off"):
        enter(session, scene.teacher, entry("heart_talk", date(2026, 11, 11), class_id=scene.class_id))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"day": date(2020, 11, 19)}, "far"),
        ({"ends": timedelta(0)}, "times"),
        ({"ends": timedelta(hours=9)}, "times"),
        ({"ends": timedelta(days=1)}, "times"),
        ({"title": "长" * 81}, "text_long"),
    ],
)
def test_bad_entries_are_refused(session: Session, scene: Scene, changes: dict[str, Any], code: str) -> None:
    what = entry("assembly", changes.get("day", THURSDAY), title=changes.get("title", ""))
    what = replace(what, ends_at=what.starts_at + changes.get("ends", timedelta(minutes=40)))
    with pytest.raises(ActivityRefused) as refused:
        enter(session, scene.dean, what)
    assert refused.value.code == f"activity_{code}"


# --- heart talks ---------------------------------------------------------------------------------


def test_heart_talks_are_a_number_of_a_week_and_never_whom_nor_what_about(session: Session, scene: Scene) -> None:
    held = row(session, scene, enter(session, scene.teacher, entry("heart_talk", class_id=scene.class_id)))
    assert (held.starts_at, held.ends_at) == week_of(THURSDAY)
    assert (held.took_part_count, held.title, held.feedback, held.led_by, held.place) == (5, "", "", "", "")
    for changes in ({"title": "和某同学"}, {"feedback": "家里的事"}, {"led_by": "班主任"}, {"place": "心理室"}):
        with pytest.raises(ActivityRefused, match="activity_talk_text"):
            enter(session, scene.teacher, entry("heart_talk", date(2026, 11, 12), class_id=scene.class_id, **changes))


def test_a_weeks_talks_of_a_class_are_entered_once(session: Session, scene: Scene) -> None:
    one = enter(session, scene.teacher, entry("heart_talk", class_id=scene.class_id))
    with pytest.raises(ActivityRefused, match="activity_talks_twice"):
        enter(session, scene.teacher, entry("heart_talk", date(2026, 11, 17), class_id=scene.class_id))
    enter(session, scene.dean, entry("heart_talk", grades=(8,)))
    enter(session, scene.other_teacher, entry("heart_talk", class_id=scene.other_class_id))
    record_activity(
        session, scene.teacher, one, entry("heart_talk", took_part=7), NOW, seen_version=1, reason="周四又谈了两次"
    )
    cancel_activity(session, scene.teacher, one, "数错了", NOW, seen_version=2)
    enter(session, scene.teacher, entry("heart_talk", class_id=scene.class_id))


@pytest.mark.parametrize("count", [None, 0, -1, 1000])
def test_a_number_of_talks_is_a_number(session: Session, scene: Scene, count: int | None) -> None:
    with pytest.raises(ActivityRefused, match="activity_talks"):
        enter(session, scene.teacher, entry("heart_talk", class_id=scene.class_id, took_part=count))


def test_talks_to_come_are_not_counted(session: Session, scene: Scene) -> None:
    with pytest.raises(ActivityRefused, match="activity_talk_ahead"):
        enter(session, scene.teacher, entry("heart_talk", date(2026, 11, 25), class_id=scene.class_id))


# --- names ---------------------------------------------------------------------------------------


def test_case_40_a_text_that_names_a_pupil_of_those_concerned_is_stopped(session: Session, scene: Scene) -> None:
    name = session.get_one(Student, (scene.district_id, scene.pupils[0])).name
    for what in (
        entry("parent_meeting", class_id=scene.class_id, feedback=f"请{name}的家长留下。"),
        entry("assembly", grades=(8,), title=f"{name}的事"),
        entry("law_lesson", place=name),
    ):
        with pytest.raises(TextNamesPupil):
            enter(session, scene.dean, what)
    doubtful = entry("assembly", title=f"{name[1:]}讲堂")
    with pytest.raises(TextMayName):
        enter(session, scene.dean, doubtful)
    enter(session, scene.dean, replace(doubtful, names_confirmed=True))
    one = enter(session, scene.dean, entry("assembly"))
    with pytest.raises(TextNamesPupil):
        cancel_activity(session, scene.dean, one, f"{name}生病", NOW, seen_version=1)


def test_the_ledger_holds_counts_and_no_text(session: Session, scene: Scene) -> None:
    one = enter(
        session,
        scene.dean,
        entry("parent_meeting", title="和爸爸妈妈谈一谈", feedback="家长希望多讲网络。", place="礼堂"),
    )
    seq = session.scalars(select(LedgerEntry.seq).where(LedgerEntry.object_ref == one)).one()
    payload = session.scalars(
        select(LedgerPayload).where(LedgerPayload.seq == seq, LedgerPayload.school_id == scene.school_id)
    ).one()
    text = str({c.name: getattr(payload, c.name) for c in LedgerPayload.__table__.columns})
    assert "'came': 36" in text
    assert not any(word in text for word in ("谈一谈", "网络", "礼堂"))


# --- who -----------------------------------------------------------------------------------------


def test_a_homeroom_teacher_enters_for_the_own_class_alone(session: Session, scene: Scene) -> None:
    enter(session, scene.teacher, entry("parent_meeting", class_id=scene.class_id))
    for what in (
        entry("parent_meeting", class_id=scene.other_class_id),
        entry("assembly"),
        entry("parent_meeting", grades=(8,)),
    ):
        with pytest.raises(NotFound):
            enter(session, scene.teacher, what)
    of_other = enter(session, scene.dean, entry("heart_talk", class_id=scene.other_class_id))
    with pytest.raises(NotFound):
        cancel_activity(session, scene.teacher, of_other, "不是我的", NOW, seen_version=1)
    with pytest.raises(NotFound):
        enter(session, scene.sample.actors["principal@other"], entry("heart_talk", class_id=scene.class_id))


def test_a_homeroom_teacher_sees_the_own_classes_activities(session: Session, scene: Scene) -> None:
    own = enter(session, scene.teacher, entry("heart_talk", class_id=scene.class_id))
    enter(session, scene.dean, entry("assembly"))
    enter(session, scene.dean, entry("heart_talk", class_id=scene.other_class_id))
    assert [line.id for line in activity_list(session, scene.teacher, KEY, "", 1, TODAY).lines] == [own]
    assert len(activity_list(session, scene.dean, KEY, "", 1, TODAY).lines) == 3
    assert activity_list(session, scene.sample.actors["bureau_officer"], KEY, "", 1, TODAY).lines == ()


# --- ending --------------------------------------------------------------------------------------


def test_cancelling_needs_a_reason_and_ends_it(session: Session, scene: Scene) -> None:
    one = enter(session, scene.dean, entry("assembly"))
    with pytest.raises(MeetingReasonMissing):
        cancel_activity(session, scene.dean, one, "  ", NOW, seen_version=1)
    with pytest.raises(StaleVersion):
        cancel_activity(session, scene.dean, one, "改期", NOW, seen_version=7)
    cancel_activity(session, scene.dean, one, "改期", NOW, seen_version=1)
    with pytest.raises(InvalidState):
        record_activity(session, scene.dean, one, entry("assembly"), NOW, seen_version=2, reason="又开了")
    assert activity_list(session, scene.dean, KEY, "", 1, TODAY).numbers.assemblies == 0
    assert [line.reason for line in activity_list(session, scene.dean, KEY, "", 1, TODAY).lines] == ["改期"]


def test_what_was_just_entered_can_be_taken_back_without_a_trace_in_lists(session: Session, scene: Scene) -> None:
    one = enter(session, scene.dean, entry("assembly"))
    with pytest.raises(UndoTooLate):
        undo_activity(session, scene.dean, one, NOW + timedelta(minutes=3))
    undo_activity(session, scene.dean, one, NOW + timedelta(minutes=1))
    assert activity_list(session, scene.dean, KEY, "", 1, TODAY).lines == ()


# --- numbers -------------------------------------------------------------------------------------


def test_law_vice_principals_owe_four_lessons_a_school_year(session: Session, scene: Scene) -> None:
    for day in (16, 17, 18):
        enter(session, scene.dean, entry("law_lesson", date(2026, 11, day)))
    enter(session, scene.dean, entry("law_lesson", speaker="court", led_by="区人民法院"))
    enter(session, scene.dean, entry("law_lesson", date(2026, 11, 24)))
    numbers = activity_list(session, scene.dean, KEY, "", 1, TODAY).numbers
    assert (numbers.year_lessons, numbers.year_owed, numbers.year_others, numbers.law_lessons) == (3, 4, 1, 4)
    spring = activity_list(session, scene.dean, TermKey(YEAR, "spring"), "", 1, TODAY).numbers
    assert (spring.year_lessons, spring.law_lessons) == (3, 0)


def test_numbers_of_a_term_add_up_by_kind() -> None:
    facts = [
        ActivityFact("parent_meeting", "autumn", "", 40, 36, 0, 2), ActivityFact("heart_talk", "autumn", "", 0, 0, 17, 4),
        ActivityFact("assembly", "autumn", "", 0, 0, 1200), ActivityFact("assembly", "spring", "", 0, 0, 900),
    ]  # fmt: skip
    numbers = add_up(facts, "autumn")
    assert (numbers.parent_meetings, numbers.came, numbers.invited, numbers.talks) == (2, 36, 40, 17)
    assert (numbers.assemblies, numbers.assembly_pupils) == (1, 1200)


def test_a_pack_for_parents_keeps_its_version(session: Session, scene: Scene) -> None:
    add_pack(session, "for-parents")
    pack = session.get_one(CoursePack, ("for-parents", "1.0"))
    pack.type_key = "parent_meeting"
    session.flush()
    one = enter(session, scene.dean, entry("parent_meeting", pack_id="for-parents"))
    assert row(session, scene, one).pack_version == "1.0"
    with pytest.raises(ActivityRefused, match="activity_pack"):
        enter(session, scene.dean, entry("parent_meeting", pack_id=scene.pack_id))


def test_entering_costs_the_same_for_a_class_and_for_a_school(
    session: Session, scene: Scene, count_statements: Any
) -> None:
    with count_statements() as few:
        enter(session, scene.dean, entry("assembly", grades=(8,)))
    for number in range(5, 25):
        add_pupils(session, scene.sample, add_class(session, scene.district_id, scene.school_id, 7, number), 5)
    session.commit()
    with count_statements() as many:
        enter(session, scene.dean, entry("assembly"))
    assert many.count <= few.count + 1 <= 16
