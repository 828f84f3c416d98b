"""Hours: logged by one, confirmed by another, corrected by a red line; nobody in two places, nothing past the total."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.education_plans.hour_scenery import (
    CANARY,
    NOW,
    RING,
    HourScene,
    balance_of,
    build_hours,
    lesson,
    plan_of,
    said,
    verdict,
)
from trainhub.cases.models import CaseGuardian, CaseNotice, GuardianNotice
from trainhub.committees.models import Recusal
from trainhub.education_plans.models import GuardianPart, HourEntry, PlanBalance, PlanLesson, PlanPause
from trainhub.education_plans.rules.hours import AnotherPersonWanted, HourRefused
from trainhub.education_plans.service.absences import (
    MarkAbsent,
    PlanMakeUp,
    TellGuardian,
    guardian_told,
    mark_absent,
    plan_make_up,
)
from trainhub.education_plans.service.balance import rebuild_all, rebuild_balance
from trainhub.education_plans.service.corrections import AskCorrection, ask_correction, reverse_hours
from trainhub.education_plans.service.hours import confirm_hours, log_lesson, refuse_hours
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.orm import Base
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry, LedgerPayload

DAY = date(2026, 11, 18)


@pytest.fixture
def scene(session: Session, district: Sample) -> HourScene:
    return build_hours(session, district)


def log(session: Session, scene: HourScene, *args: Any, **changes: Any) -> int:
    return log_lesson(session, scene.instructor, RING, said(scene, *args, **changes), NOW).number


def counted_hour(session: Session, scene: HourScene, *args: Any, **changes: Any) -> int:
    """Log and confirm; return the number of the confirmation."""
    return confirm_hours(session, scene.secretary, RING, verdict(scene, log(session, scene, *args, **changes)), NOW).number


def standing(session: Session, scene: HourScene) -> dict[str, Any]:
    row = balance_of(session, scene)
    return {c.name: getattr(row, c.name) for c in PlanBalance.__table__.c if c.name != "updated_at"}


def test_a_logged_hour_counts_once_somebody_else_confirmed_it(session: Session, scene: HourScene) -> None:
    number = log(session, scene, DAY)
    assert (balance_of(session, scene).done_minutes, balance_of(session, scene).waiting_minutes) == (0, 45)
    done = confirm_hours(session, scene.secretary, RING, verdict(scene, number), NOW)
    assert (done.counted, done.overrun, done.state) == (45, 0, "active")
    assert (balance_of(session, scene).done_minutes, balance_of(session, scene).waiting_count) == (45, 0)
    assert [e.number for e in session.scalars(sa.select(HourEntry).order_by(HourEntry.number))] == [1, 2]
    kinds = session.scalars(sa.select(LedgerEntry.kind).where(LedgerEntry.object_ref == scene.plan_id).order_by(LedgerEntry.seq)).all()
    assert kinds == ["hours.log", "hours.confirm"]


def test_the_same_operation_posts_once(session: Session, scene: HourScene) -> None:
    command = said(scene, DAY)
    first, again = (log_lesson(session, scene.instructor, RING, command, NOW) for _ in range(2))
    assert (first.number, again.number, again.repeated) == (1, 1, True)
    word = verdict(scene, 1)
    assert [confirm_hours(session, scene.secretary, RING, word, NOW).number for _ in range(2)] == [2, 2]
    assert balance_of(session, scene).done_minutes == 45
    with pytest.raises(HourRefused) as refused:
        log_lesson(session, scene.instructor, RING, said(scene, DAY, "08:00", op_id=word.op_id), NOW)
    assert refused.value.code == "hour_number_used"


def test_nobody_confirms_what_they_gave_or_logged(session: Session, scene: HourScene, district: Sample) -> None:
    from dataclasses import replace

    number = log(session, scene, DAY)
    twin = replace(scene.secretary, person_id=scene.instructor.person_id)  # another account of the same person
    same_account = replace(scene.secretary, account_id=scene.instructor.account_id, person_id=None)
    for actor in (twin, same_account):
        with pytest.raises(AnotherPersonWanted) as refused:
            confirm_hours(session, actor, RING, verdict(scene, number), NOW)
        assert refused.value.code == "hour_own_entry"
    assert balance_of(session, scene).done_minutes == 0


def test_a_guardian_of_the_pupil_does_not_confirm(session: Session, scene: HourScene) -> None:
    number = log(session, scene, DAY)
    session.add(CaseGuardian(
        district_id=scene.sample.district_id, id=new_id(), party_id=scene.party_id, sealed_identity="", added_at=NOW,
        person_mark=RING.mark("person", scene.secretary.person_id or ""),
    ))
    with pytest.raises(AnotherPersonWanted) as refused:
        confirm_hours(session, scene.secretary, RING, verdict(scene, number), NOW)
    assert refused.value.code == "hour_guardian"
    confirm_hours(session, scene.officer, RING, verdict(scene, number), NOW)


def test_for_who_stepped_aside_the_plan_is_not_there(session: Session, scene: HourScene) -> None:
    number = log(session, scene, DAY)
    session.add(Recusal(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, matter_id=scene.case_id,
        person_id=scene.secretary.person_id, ground="relative", found_by="declared", entered_by=scene.officer.account_id, entered_at=NOW,
    ))
    session.flush()
    with pytest.raises(NotFound):
        confirm_hours(session, scene.secretary, RING, verdict(scene, number), NOW)


@pytest.mark.parametrize(("change", "code"), [
    ({"minutes": 46, "ends_at": None}, "hour_minutes"), ({"minutes": 0}, "hour_minutes"), ({"done_text": "  "}, "hour_words"),
    ({"reached": "well"}, "hour_reached"), ({"done_text": "长" * 1001}, "hour_words_long"), ({"lesson_id": "f" * 32}, "hour_no_such_lesson"),
])
def test_a_log_that_cannot_be_is_refused(session: Session, scene: HourScene, change: dict[str, Any], code: str) -> None:
    command = said(scene, DAY)
    change = {k: v for k, v in change.items() if v is not None}
    from dataclasses import replace

    with pytest.raises(HourRefused) as refused:
        log_lesson(session, scene.instructor, RING, replace(command, **change), NOW)
    assert refused.value.code == code
    assert plan_of(session, scene).last_entry == 0


def test_times_to_come_and_before_the_plan_are_refused(session: Session, scene: HourScene) -> None:
    for day, code in ((date(2026, 11, 21), "hour_future"), (date(2026, 9, 22), "hour_before_plan")):
        with pytest.raises(HourRefused) as refused:
            log(session, scene, day)
        assert refused.value.code == code


def test_a_late_entry_is_kept_and_marked(session: Session, scene: HourScene) -> None:
    assert log_lesson(session, scene.instructor, RING, said(scene, date(2026, 11, 16)), NOW).late
    assert not log_lesson(session, scene.instructor, RING, said(scene, date(2026, 11, 17)), NOW).late


def test_a_pupil_is_not_in_two_places_across_plans_and_cases(session: Session, scene: HourScene, district: Sample) -> None:
    second = build_hours(session, district, number=4)
    plan_of(session, second).student_mark = scene.mark
    session.flush()
    log(session, scene, DAY, "16:20")
    with pytest.raises(HourRefused) as refused:
        log(session, second, DAY, "17:00")
    assert refused.value.code == "hour_pupil_elsewhere"
    log(session, second, DAY, "17:05")
    with pytest.raises(HourRefused) as refused:  # 90 minutes of the day are used up
        log(session, second, DAY, "12:00")
    assert refused.value.code == "hour_too_many_a_day"


def test_an_instructor_is_not_in_two_places(session: Session, scene: HourScene, district: Sample) -> None:
    other = build_hours(session, district, number=4)
    log(session, scene, DAY, "16:20")
    with pytest.raises(HourRefused) as refused:
        log(session, other, DAY, "16:30")
    assert refused.value.code == "hour_instructor_elsewhere"
    refuse_hours(session, scene.secretary, RING, verdict(scene, 1, "not_held"), NOW)
    log(session, other, DAY, "16:30")  # what was refused takes nobody's time


def test_only_who_teaches_it_logs_and_others_find_nothing(session: Session, scene: HourScene) -> None:
    with pytest.raises(NotFound):
        log_lesson(session, scene.sample.actors["psychologist"], RING, said(scene, DAY), NOW)
    theirs = lesson(session, scene, DAY, instructor_id=scene.sample.people[1])
    with pytest.raises(HourRefused) as refused:
        log(session, scene, DAY, lesson_id=theirs)
    assert refused.value.code == "hour_not_instructor"
    log_lesson(session, scene.sample.actors["psychologist"], RING, said(scene, DAY, lesson_id=theirs), NOW)


# --- hard cases --------------------------------------------------------------------------------------


def test_case_72_hours_beyond_the_total_are_kept_and_count_nothing(session: Session, scene: HourScene) -> None:
    for n in range(3):
        counted_hour(session, scene, date(2026, 11, 10 + n), minutes=45)
    first, second = (log(session, scene, DAY, clock, lasts) for clock, lasts in (("10:00", 60), ("16:20", 30)))
    last = confirm_hours(session, scene.secretary, RING, verdict(scene, first), NOW)
    assert (last.counted, last.overrun, last.state) == (45, 15, "hours_reached")
    over = confirm_hours(session, scene.secretary, RING, verdict(scene, second), NOW)
    assert (over.counted, over.overrun, over.state) == (0, 30, "hours_reached")
    assert balance_of(session, scene).done_minutes == 180
    third = log(session, scene, date(2026, 11, 19))  # also after the hours are there: kept
    assert confirm_hours(session, scene.secretary, RING, verdict(scene, third), NOW).overrun == 45
    assert session.scalar(sa.select(sa.func.sum(HourEntry.counted_minutes))) == 180


def test_case_73_full_hours_lead_to_the_review_and_never_further(session: Session, scene: HourScene) -> None:
    for n in range(4):
        counted_hour(session, scene, date(2026, 11, 10 + n))
    plan = plan_of(session, scene)
    assert plan.state == "hours_reached"
    assert plan.ended_at is None
    assert plan.review_due_on == date(2026, 11, 27)  # five school days after Friday the 20th


def test_case_76_lessons_of_40_and_45_minutes_stay_minutes(session: Session, scene: HourScene) -> None:
    for n, minutes in enumerate((40, 45, 40, 45)):
        counted_hour(session, scene, date(2026, 11, 10 + n), minutes=minutes)
    assert balance_of(session, scene).done_minutes == 170
    assert plan_of(session, scene).state == "active"


def test_case_77_nothing_is_logged_while_a_plan_rests_or_for_days_it_rested(session: Session, scene: HourScene) -> None:
    plan = plan_of(session, scene)
    for state in ("paused", "stayed"):
        plan.state = state
        session.flush()
        with pytest.raises(HourRefused) as refused:
            log(session, scene, DAY)
        assert refused.value.code == "hour_plan_rests"
    plan.state = "active"
    session.add(PlanPause(
        district_id=plan.district_id, id=new_id(), plan_id=plan.id, kind="vacation", from_on=DAY - timedelta(days=1), to_on=DAY + timedelta(days=1),
        entered_by=scene.secretary.account_id, entered_at=NOW,
    ))
    session.flush()
    with pytest.raises(HourRefused) as refused:
        log(session, scene, DAY)
    assert refused.value.code == "hour_rested_then"
    log(session, scene, DAY + timedelta(days=1))  # the day it went on


def test_case_79_the_guardian_part_stays_open_while_the_pupils_minutes_count(session: Session, scene: HourScene) -> None:
    absent, present = lesson(session, scene, date(2026, 11, 17)), lesson(session, scene, DAY)
    parts = [
        GuardianPart(district_id=scene.sample.district_id, id=new_id(), plan_id=scene.plan_id, kind="lesson_with", lesson_id=key)
        for key in (absent, present)
    ]
    session.add_all(parts)
    session.flush()
    counted_hour(session, scene, date(2026, 11, 17), lesson_id=absent)
    counted_hour(session, scene, DAY, lesson_id=present, guardian_present=True)
    for part in parts:
        session.refresh(part)
    assert [part.done_at is not None for part in parts] == [False, True]
    assert balance_of(session, scene).done_minutes == 90


def test_case_83_a_wrong_entry_is_reversed_never_edited(session: Session, scene: HourScene) -> None:
    number = counted_hour(session, scene, DAY, minutes=60)
    start = said(scene, DAY).starts_at
    ask = AskCorrection(scene.plan_id, number, new_id(), "paper_differs", "服务单签 45 分钟", start, start + timedelta(minutes=45), 45)
    asked = ask_correction(session, scene.instructor, RING, ask, NOW)
    assert ask_correction(session, scene.instructor, RING, ask, NOW).repeated
    assert balance_of(session, scene).done_minutes == 60  # asked for is not done
    again = AskCorrection(scene.plan_id, number, new_id(), "times", "再说一次")
    with pytest.raises(HourRefused) as refused:
        ask_correction(session, scene.secretary, RING, again, NOW, permission=Permission.HOURS_CONFIRM)
    assert refused.value.code == "hour_asked_already"
    word = verdict(scene, asked.number)
    settled = reverse_hours(session, scene.secretary, RING, word, NOW)
    assert reverse_hours(session, scene.secretary, RING, word, NOW).repeated
    assert settled.counted == 45
    rows = session.execute(sa.select(HourEntry.kind, HourEntry.refers_to, HourEntry.counted_minutes).order_by(HourEntry.number)).all()
    assert [tuple(r) for r in rows] == [("log", None, 0), ("confirm", 1, 60), ("correction", 2, 0), ("reversal", 2, -60), ("confirm", 3, 45)]
    assert balance_of(session, scene).done_minutes == 45
    with pytest.raises(HourRefused) as refused:
        ask_correction(session, scene.instructor, RING, AskCorrection(scene.plan_id, number, new_id(), "twice", "又错了"), NOW)
    assert refused.value.code == "hour_reversed_already"
    with pytest.raises(sa.exc.DatabaseError), session.begin_nested():
        session.execute(sa.update(HourEntry).values(counted_minutes=60))


def test_a_correction_is_settled_by_somebody_else(session: Session, scene: HourScene) -> None:
    number = counted_hour(session, scene, DAY)
    ask = AskCorrection(scene.plan_id, number, new_id(), "not_held", "没有上课")
    asked = ask_correction(session, scene.secretary, RING, ask, NOW, permission=Permission.HOURS_CONFIRM)
    with pytest.raises(AnotherPersonWanted):
        reverse_hours(session, scene.secretary, RING, verdict(scene, asked.number), NOW)
    reverse_hours(session, scene.officer, RING, verdict(scene, asked.number), NOW)
    assert balance_of(session, scene).done_minutes == 0
    log(session, scene, DAY)  # the time is free again


def test_a_reversal_below_the_total_lets_the_plan_run_again(session: Session, scene: HourScene) -> None:
    numbers = [counted_hour(session, scene, date(2026, 11, 10 + n)) for n in range(4)]
    assert plan_of(session, scene).state == "hours_reached"
    ask = AskCorrection(scene.plan_id, numbers[0], new_id(), "other_pupil", "是另一名学生的")
    asked = ask_correction(session, scene.instructor, RING, ask, NOW)
    assert reverse_hours(session, scene.secretary, RING, verdict(scene, asked.number), NOW).state == "active"
    plan = plan_of(session, scene)
    assert (plan.hours_reached_at, plan.review_due_on) == (None, None)
    assert standing(session, scene)["done_minutes"] == 135


def test_a_missed_lesson_opens_a_make_up_and_a_word_for_the_secretary(session: Session, scene: HourScene) -> None:
    missed = lesson(session, scene, DAY, minutes=90)
    assert standing(session, scene)["booked_minutes"] == 90
    command = MarkAbsent(scene.plan_id, missed, "illness", new_id())
    mark_absent(session, scene.instructor, RING, command, NOW)
    assert mark_absent(session, scene.instructor, RING, command, NOW).repeated
    row = session.get_one(PlanLesson, (scene.sample.district_id, missed))
    assert (row.state, row.make_up_due_on) == ("absent_excused", date(2026, 11, 25))
    assert [standing(session, scene)[k] for k in ("booked_minutes", "make_up_minutes", "make_up_booked_minutes")] == [0, 90, 0]
    notice = session.scalars(sa.select(CaseNotice)).one()
    assert (notice.role, notice.link) == ("committee_secretary", f"/plans/{scene.plan_id}")
    start = NOW + timedelta(days=4)
    with pytest.raises(HourRefused):
        log(session, scene, DAY, lesson_id=missed)
    again = plan_make_up(session, scene.secretary, PlanMakeUp(scene.plan_id, missed, start, start + timedelta(minutes=90), 90), NOW)
    assert [standing(session, scene)[k] for k in ("booked_minutes", "make_up_minutes", "make_up_booked_minutes")] == [0, 90, 90]
    with pytest.raises(HourRefused):
        plan_make_up(session, scene.secretary, PlanMakeUp(scene.plan_id, missed, start, start + timedelta(minutes=90), 90), NOW)
    guardian_told(session, scene.secretary, RING, TellGuardian(scene.plan_id, missed, NOW, "phone"), NOW)
    told = session.scalars(sa.select(GuardianNotice)).one()
    assert (told.about, told.object_id, row.guardian_told_at) == ("missed_lesson", missed, NOW)
    session.refresh(notice)
    assert notice.done_at is not None, "the guardian was told: the secretary's notice has done its work"
    later = NOW + timedelta(days=5)
    held = said(scene, local_day(start), lesson_id=again, starts_at=start, ends_at=start + timedelta(minutes=90), minutes=90)
    number = log_lesson(session, scene.instructor, RING, held, later).number
    confirm_hours(session, scene.secretary, RING, verdict(scene, number), later)
    assert [standing(session, scene)[k] for k in ("done_minutes", "make_up_minutes")] == [90, 0]


def test_the_notice_stays_while_another_missed_lesson_is_untold(session: Session, scene: HourScene) -> None:
    missed = [lesson(session, scene, day) for day in (date(2026, 11, 17), DAY)]
    for key in missed:
        mark_absent(session, scene.instructor, RING, MarkAbsent(scene.plan_id, key, "illness", new_id()), NOW)

    def waiting() -> int:
        return session.scalar(sa.select(sa.func.count()).select_from(CaseNotice).where(
            CaseNotice.code == "guardian_to_be_told", CaseNotice.done_at.is_(None)
        )) or 0

    assert waiting() == 2
    for key, left in zip(missed, (2, 0), strict=True):
        guardian_told(session, scene.secretary, RING, TellGuardian(scene.plan_id, key, NOW, "phone"), NOW)
        assert waiting() == left



def test_an_absence_noted_by_mistake_is_taken_back_by_another(session: Session, scene: HourScene) -> None:
    missed = lesson(session, scene, DAY)
    number = mark_absent(session, scene.instructor, RING, MarkAbsent(scene.plan_id, missed, "unknown", new_id()), NOW).number
    refuse_hours(session, scene.secretary, RING, verdict(scene, number, "other"), NOW)
    log(session, scene, DAY, lesson_id=missed)
    assert standing(session, scene)["make_up_minutes"] == 0


# --- balance and statements --------------------------------------------------------------------------


def test_the_balance_is_the_sum_rebuilt_whatever_stood_there(session: Session, scene: HourScene) -> None:
    counted_hour(session, scene, DAY)
    log(session, scene, date(2026, 11, 19))
    before = standing(session, scene)
    session.execute(sa.update(PlanBalance).values(done_minutes=999, waiting_minutes=-1, entries=0, booked_minutes=7))
    rebuild_balance(session, scene.sample.district_id, scene.plan_id, NOW)
    assert standing(session, scene) == before
    session.execute(sa.delete(PlanBalance))
    assert rebuild_all(session, scene.sample.district_id, NOW) == 1
    assert standing(session, scene) == before


def test_logging_and_confirming_take_few_statements(session: Session, scene: HourScene, count_statements: Callable[[], Any]) -> None:
    key = lesson(session, scene, DAY)
    log(session, scene, date(2026, 11, 17))
    session.commit()
    with count_statements() as logging:
        number = log(session, scene, DAY, lesson_id=key)
        session.flush()
    session.commit()
    with count_statements() as confirming:
        confirm_hours(session, scene.secretary, RING, verdict(scene, number), NOW)
        session.flush()
    assert logging.count <= 13, logging.texts
    assert confirming.count <= 10, confirming.texts


def test_words_of_an_hour_stand_sealed_in_one_place(session: Session, scene: HourScene) -> None:
    key = lesson(session, scene, DAY)
    counted_hour(session, scene, DAY, lesson_id=key)
    session.flush()
    for table in Base.metadata.sorted_tables:
        assert CANARY not in str(session.execute(sa.select(table)).all()), table.name
    payloads = session.scalars(sa.select(LedgerPayload.payload).where(LedgerPayload.district_id == scene.sample.district_id)).all()
    assert not any("学习规则" in str(p) for p in payloads)
