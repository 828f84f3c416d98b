"""The pages of plans: board, draft, steps, schedule, review, contacts; what they say, what they never show, who finds nothing."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample, add_post
from tests.education_plans.plan_scenery import ACTOR, NOW, TARGET, Scene, add_finding, build_scene
from trainhub.attendance.models import AttendanceSheet
from trainhub.cases.service import second
from trainhub.committees.models import CommitteeMeeting, Recusal
from trainhub.education_plans.models import EducationPlan, FollowUp, PlanBalance, PlanLesson, PlanModule
from trainhub.education_plans.rules.board import Stands, where
from trainhub.education_plans.rules.lifecycle import PlanState
from trainhub.education_plans.rules.pace import Fit, Pace
from trainhub.education_plans.rules.review import AIMS, ReviewOutcome
from trainhub.education_plans.service import running, staying
from trainhub.kernel.ids import new_id
from trainhub.web.keys import key_ring

CANARIES = ("卡娜莉", "卡娜罗", "金丝雀", "雪雀")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        yield


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> Scene:
    found = build_scene(session, district, ring=key_ring())
    session.commit()
    return found


@pytest.fixture
def secretary(client: FlaskClient, sign_in: Callable[..., None]) -> FlaskClient:
    sign_in(client, "committee_secretary")
    return client


def text_of(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.headers.get("Location"))
    found = answer.get_data(as_text=True)
    assert not [c for c in CANARIES if c in found], path
    return found


def draft_form(scene: Scene, **changes: str) -> dict[str, str]:
    teacher = scene.sample.people[4]
    return {
        "determination": scene.determination_id, "total_minutes": "360", "lesson_minutes": "45", "per_week": "2", "starts_on": "2026-11-23",
        "due_on": "2027-01-15", "goals": "认清界线", "protection": "分开路线", "assessment": "committee", "kind-1": "law", "minutes-1": "180",
        "person-1": teacher, "kind-2": "family", "minutes-2": "180", "person-2": teacher, "with-2": "yes", "part-1": "talk",
        "part-due-1": "2027-01-15", "avoid-1": "slot", "avoid-weekday-1": "1", "avoid-from-1": "16:00", "avoid-to-1": "17:30",
        "lead": scene.sample.people[3], "psychologist": scene.sample.people[1], **changes,
    }


# --- the board ------------------------------------------------------------------------------------------


def stands(state: str, level: str = "ok", **more: Any) -> Stands:
    pace = Pace(level, 0, 0, Fit(0, 9))  # type: ignore[arg-type]
    return Stands(PlanState(state), NOW.date(), NOW.date() + timedelta(days=9), pace, **more)


@pytest.mark.parametrize(("plan", "group", "step"), [
    (stands("drafted"), "now", "agenda_plan"), (stands("drafted", item="open"), "others", "view"), (stands("drafted", item="adopted"), "now", "approve"),
    (stands("approved"), "now", "tell"), (stands("approved", told=True), "now", "note_told"), (stands("notified"), "now", "start"),
    (stands("active"), "on_course", "view"), (stands("active", "watch", unplanned=45), "now", "book_rest"),
    (stands("active", "late", make_up_open=45, unplanned=45), "now", "book_make_up"), (stands("stayed"), "others", "view_appeal"),
    (stands("paused"), "others", "steps"), (stands("hours_reached"), "now", "open_review"),
    (stands("completion_review", missing=("guardian",)), "others", "review"), (stands("completion_review"), "now", "agenda_completion"),
    (stands("completion_review", item="adopted"), "now", "decide"),
    (stands("completion_review", missing=("guardian",), review_due_on=NOW.date() - timedelta(days=1)), "now", "review"),
    (stands("completion_review", missing=("guardian",), short=True), "now", "agenda_completion"), (stands("drafted", under_stay=True), "others", "view_appeal"),
    (stands("notified", under_stay=True), "others", "view_appeal"), (stands("not_completed"), "now", "agenda_escalation"), (stands("escalated", referred=True), "others", "review"),
])
def test_each_state_has_its_group_and_its_next_step(plan: Stands, group: str, step: str) -> None:
    found = where(plan)
    assert (found.group, found.step) == (group, step)


def test_the_board_shows_codes_states_and_numbers_and_no_child(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    assert "A1" in text_of(secretary, "/plans")  # a finding that has no plan yet
    plan_id = scene.run()
    session.commit()
    page = text_of(secretary, "/plans")
    code = f"26-{scene.plan(plan_id).number:02d}"
    assert code in page
    assert "data-theme" in page
    staying.stay_plan(session, scene.secretary, scene.ring, scene.determination_id, appeal_id=new_id(), words="", now=NOW)
    session.commit()
    assert "申诉" in text_of(secretary, "/plans?show=others")
    assert code not in text_of(secretary, "/plans?show=on_course")


def test_who_has_no_business_with_a_plan_finds_nothing(session: Session, scene: Scene, client: FlaskClient, sign_in: Callable[..., None]) -> None:
    plan_id = scene.run()
    session.commit()
    paths = [f"/plans/{plan_id}/{what}" for what in ("steps", "draft", "schedule", "review")]
    sign_in(client, "committee_secretary@other")
    for path in paths:
        text_of(client, path, 404)
    assert "26-01" not in text_of(client, "/plans")
    session.add(Recusal(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, matter_id=scene.case_id,
        person_id=scene.secretary.person_id, ground="relative", found_by="declared", entered_by=scene.secretary.account_id, entered_at=NOW,
    ))
    session.commit()
    sign_in(client, "committee_secretary")
    for path in paths:
        text_of(client, path, 404)
    assert "26-01" not in text_of(client, "/plans")
    assert scene.determination_id not in text_of(client, "/plans/new")
    assert client.post(f"/plans/{plan_id}/rest", data={"kind": "illness", "words": "x"}).status_code == 404


def test_the_board_takes_the_same_number_of_statements_for_any_number_of_plans(
    session: Session, scene: Scene, secretary: FlaskClient, count_statements: Callable[[], Any]
) -> None:
    first = scene.run()
    meeting(session, scene)
    session.commit()
    text_of(secretary, "/plans")
    with count_statements() as few:
        text_of(secretary, "/plans")
    copies(session, scene, first, 199)
    session.commit()
    with count_statements() as many:
        page = text_of(secretary, "/plans")
    assert page.count('class="pb"') == 200
    assert (few.count, many.count) == (few.count, few.count)


def meeting(session: Session, scene: Scene) -> str:
    """A sitting to come."""
    held = scene.resolve("plan", new_id(), outcome=None)
    del held
    row = session.scalars(sa.select(CommitteeMeeting)).first()
    assert row is not None
    row.state, row.starts_at = "planned", NOW + timedelta(days=3)
    session.flush()
    return row.id


def copies(session: Session, scene: Scene, plan_id: str, count: int) -> None:
    """Further plans like one, each with its balance, a module and lessons."""
    model = {c.name: getattr(scene.plan(plan_id), c.name) for c in EducationPlan.__table__.c}
    for n in range(count):
        key, module = new_id(), new_id()
        finding = add_finding(session, scene.sample, scene.case_id, scene.actor_party, version=n + 2)
        session.add(EducationPlan(**model | {"id": key, "number": 100 + n, "determination_id": finding, "student_mark": f"{n:064x}"}))
        session.flush()
        session.add_all((
            PlanBalance(district_id=model["district_id"], plan_id=key, updated_at=NOW, booked_minutes=90, next_at=NOW + timedelta(days=4), next_instructor_id=scene.sample.people[4]),
            PlanModule(district_id=model["district_id"], id=module, plan_id=key, sort_no=1, kind="law", minutes=360, instructor_id=scene.sample.people[4]),
        ))
        session.flush()
        session.add_all(
            PlanLesson(
                district_id=model["district_id"], id=new_id(), plan_id=key, module_id=module, state="planned", minutes=45,
                starts_at=NOW + timedelta(days=d), ends_at=NOW + timedelta(days=d, minutes=45), planned_by=scene.secretary.account_id, planned_at=NOW,
            )
            for d in (4, 11)
        )
    session.flush()


def test_the_ledger_goes_out_without_a_name_and_is_on_record(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    from trainhub.ledger.models import AccessLogEntry

    plan_id = scene.run()
    session.commit()
    answer = secretary.get("/plans/ledger.xlsx")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as book:
        inside = "".join(book.read(name).decode() for name in book.namelist())
    assert f"26-{scene.plan(plan_id).number:02d}" in inside
    assert not [c for c in CANARIES if c in inside + str(answer.headers)]
    assert session.scalars(sa.select(AccessLogEntry.via).where(AccessLogEntry.object_ref == plan_id)).all()[-1] == "export"


def test_case_105_a_roll_of_pupils_goes_out_under_a_neutral_title_with_codes_and_names_take_a_second_person(
    session: Session, scene: Scene, secretary: FlaskClient
) -> None:
    """Neither as a sheet of a training nor as a workbook, nor in a file name; nobody alone takes names along."""
    plan_id = scene.run()
    plan = scene.plan(plan_id)
    session.commit()
    assert not session.scalar(sa.select(sa.func.count()).select_from(AttendanceSheet).where(AttendanceSheet.subject_id.in_([plan_id, plan.party_id])))
    for url in ("/plans/ledger.xlsx", f"/plans/{plan_id}/papers/hours.docx"):
        answer = secretary.get(url) if url.endswith("xlsx") else secretary.post(url)
        assert answer.status_code == 200, url
        with zipfile.ZipFile(io.BytesIO(answer.get_data())) as book:
            inside = "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
        assert not [c for c in CANARIES if c in inside + str(answer.headers)], url
        said = str(answer.headers) + "".join(re.findall(r"<(?:dc:title|cp:keywords|dc:subject|dc:description)>[^<]*", inside))
        assert not re.search("欺凌|专门教育|教育方案|bully", said), (url, said)
    with zipfile.ZipFile(io.BytesIO(secretary.get("/plans/ledger.xlsx").get_data())) as book:
        assert not re.search("欺凌|专门教育|教育方案|施暴", "".join(book.read(name).decode() for name in book.namelist()))
    names = second.ask(session, key_ring(), scene.secretary, second.Ask("identified_export", plan.case_id, "official_request", "来函"), NOW)
    session.commit()
    alone = secretary.post(f"/second/{names}/file", data={"as": "xlsx"})
    assert alone.status_code != 200, "nobody else has agreed yet"
    assert not [c for c in CANARIES if c.encode() in alone.get_data()]


def test_the_first_page_says_a_number_and_nothing_else(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    page = text_of(secretary, "/")
    assert "/plans?show=now" in page
    for word in ("A1", "2026-21", "欺凌"):
        assert word not in page.split("<main", 1)[1].split("</main>")[0]


# --- draft and steps ------------------------------------------------------------------------------------


def test_a_plan_is_drafted_put_on_the_agenda_approved_told_and_started(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    assert 'value="360"' in text_of(secretary, f"/plans/new?determination={scene.determination_id}")
    answer = secretary.post("/plans/new", data=draft_form(scene))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    plan = session.scalars(sa.select(EducationPlan)).one()
    assert answer.headers["Location"].endswith(f"/plans/{plan.id}/steps")
    assert "认清界线" in text_of(secretary, f"/plans/{plan.id}/steps")
    assert "认清界线" in text_of(secretary, f"/plans/{plan.id}/draft")
    meeting(session, scene)
    session.commit()
    assert secretary.post(f"/plans/{plan.id}/agenda").status_code == 303
    item = scene.resolve("plan", plan.id, at=NOW + timedelta(minutes=1))
    session.commit()
    for path, data in (
        ("approve", {"item": item}), ("tell", {"outcome": "acknowledged", "channel": "face", "day": "2026-11-20", "clock": "08:30"}), ("start", {}),
    ):
        assert secretary.post(f"/plans/{plan.id}/{path}", data=data).status_code == 303
    assert scene.plan(plan.id).state == "active"
    assert "/schedule" in text_of(secretary, f"/plans/{plan.id}/steps")


@pytest.mark.parametrize(("changes", "words"), [
    ({"minutes-2": "100"}, "280"), ({"total_minutes": "100"}, "360"), ({"due_on": "2026-11-01"}, "最后"), ({"due_on": "x"}, "2026-11-20"),
    ({"avoid-from-1": ""}, "避开"),
])
def test_a_draft_with_a_fault_comes_back_with_a_sentence_and_what_was_typed(scene: Scene, secretary: FlaskClient, changes: dict[str, str], words: str) -> None:
    answer = secretary.post("/plans/new", data=draft_form(scene, **changes))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert "分开路线" in page


def test_case_60_the_form_for_a_young_pupil_proposes_a_short_plan_with_the_family(
    session: Session, app: Flask, district: Sample, secretary: FlaskClient
) -> None:
    scene = build_scene(session, district, ring=key_ring(), grade=2, tier="minor", minutes=180)
    session.commit()
    page = text_of(secretary, f"/plans/new?determination={scene.determination_id}")
    assert 'value="135"' in page
    assert "270" in page


def test_case_80_the_form_refuses_an_instructor_who_stepped_aside(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    session.add(Recusal(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, matter_id=scene.case_id,
        person_id=scene.sample.people[4], ground="relative", found_by="declared", entered_by=scene.secretary.account_id, entered_at=NOW,
    ))
    session.commit()
    answer = secretary.post("/plans/new", data=draft_form(scene))
    assert answer.status_code == 422
    assert "换一个人" in answer.get_data(as_text=True) or "请另选" in answer.get_data(as_text=True)


def test_case_84_a_rest_shows_as_a_rest_and_its_reason_nowhere(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    plan_id = scene.run()
    session.commit()
    assert secretary.post(f"/plans/{plan_id}/rest", data={"kind": "safety", "words": "自伤风险金丝雀", "from_on": "2026-11-20", "word_of": scene.sample.people[1]}).status_code == 303
    assert scene.plan(plan_id).state == "paused"
    for path in ("/plans", f"/plans/{plan_id}/steps", f"/plans/{plan_id}/schedule", f"/plans/{plan_id}"):
        page = text_of(secretary, path).split("<main", 1)[1].split("</main>")[0]
        assert "自伤" not in page
    assert secretary.post(f"/plans/{plan_id}/resume").status_code == 303
    assert scene.plan(plan_id).state == "active"


def test_a_stay_is_not_ended_by_the_school(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    plan_id = scene.run()
    staying.stay_plan(session, scene.secretary, scene.ring, scene.determination_id, appeal_id=new_id(), words="", now=NOW)
    session.commit()
    secretary.post(f"/plans/{plan_id}/resume")
    assert scene.plan(plan_id).state == "stayed"


# --- schedule --------------------------------------------------------------------------------------------


def test_a_proposal_is_shown_and_booked(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    import html
    import re

    plan_id = scene.run()
    session.commit()
    page = text_of(secretary, f"/plans/{plan_id}/schedule")
    values = [html.unescape(v) for v in re.findall(r'name="lesson"[^>]*value="([^"]+)"', page)]
    assert len(values) == 8
    assert secretary.post(f"/plans/{plan_id}/schedule", data={"lesson": values[:3], "room": "法治教室"}).status_code == 303
    rows = session.scalars(sa.select(PlanLesson).order_by(PlanLesson.starts_at)).all()
    assert [(r.minutes, r.room) for r in rows] == [(45, "法治教室")] * 3
    assert secretary.post(f"/plans/{plan_id}/lessons/{rows[0].id}/cancel").status_code == 303
    assert len(re.findall(r'name="lesson"', text_of(secretary, f"/plans/{plan_id}/schedule"))) == 6


def test_case_81_a_lesson_that_may_not_lie_there_is_refused_with_every_reason(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    from trainhub.education_plans.rules.scheduling import Avoid, Span
    from trainhub.kernel.clock import at

    day = (NOW + timedelta(days=4)).date()  # a Tuesday
    from datetime import time

    exam = Avoid("exam", span=Span(at(day, time(12, 0)), at(day, time(13, 0))))
    club = Avoid("slot", weekday=2, from_minute=12 * 60, to_minute=13 * 60)
    plan_id = scene.run(avoid=(exam, club))
    module = session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id)).first()
    assert module is not None
    session.commit()
    form = {"module": module.id, "day": day.isoformat(), "clock": "12:20", "minutes": "45", "room": "法治教室"}
    answer = secretary.post(f"/plans/{plan_id}/lessons", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "考试" in page
    assert "对方" in page
    assert session.scalars(sa.select(PlanLesson)).all() == []
    assert secretary.post(f"/plans/{plan_id}/lessons", data=form | {"day": (day + timedelta(days=1)).isoformat()}).status_code == 303


def test_case_81_a_make_up_keeps_clear_of_the_other_child_too(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    from trainhub.education_plans.rules.scheduling import Avoid

    plan_id = scene.run(avoid=(Avoid("slot", weekday=2, from_minute=12 * 60, to_minute=13 * 60),))
    module = session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id)).first()
    assert module is not None
    missed = new_id()
    session.add(PlanLesson(
        district_id=module.district_id, id=missed, plan_id=plan_id, module_id=module.id, state="absent_excused", starts_at=NOW - timedelta(days=1),
        ends_at=NOW - timedelta(days=1, minutes=-45), minutes=45, planned_by=scene.secretary.account_id, planned_at=NOW,
    ))
    session.commit()
    form = {"day": "2026-11-24", "starts": "12:20", "ends": "13:05", "minutes": "45"}
    refused = secretary.post(f"/plans/{plan_id}/lessons/{missed}/make-up", data=form)
    assert refused.status_code == 422
    assert "对方" in refused.get_data(as_text=True)
    assert secretary.post(f"/plans/{plan_id}/lessons/{missed}/make-up", data=form | {"day": "2026-11-25"}).status_code == 303


def test_case_74_a_homeroom_teacher_sees_leave_of_the_own_class_only_and_nothing_after_the_change(
    session: Session, scene: Scene, client: FlaskClient, sign_in: Callable[..., None]
) -> None:
    post = add_post(
        session, scene.sample.district_id, scene.sample.school_id, scene.sample.people[1], "homeroom_teacher", NOW.date() - timedelta(days=50),
        class_id=scene.actor_class,
    )
    plan_id = scene.run()
    module = session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id)).first()
    assert module is not None
    session.add(PlanLesson(
        district_id=module.district_id, id=new_id(), plan_id=plan_id, module_id=module.id, state="planned", starts_at=NOW + timedelta(days=3),
        ends_at=NOW + timedelta(days=3, minutes=45), minutes=45, planned_by=scene.secretary.account_id, planned_at=NOW,
    ))
    session.commit()
    sign_in(client, "homeroom_teacher")
    page = text_of(client, "/plans/slots").split("<main", 1)[1].split("</main>")[0]
    assert page.count("校务安排") >= 1
    for word in ("方案", "26-0", "A1", "法治", plan_id, "欺凌"):
        assert word not in page
    text_of(client, f"/plans/{plan_id}/schedule", 403)
    from trainhub.roster.models import PostAssignment

    session.get_one(PostAssignment, (scene.sample.district_id, post)).to_on = NOW.date() - timedelta(days=1)
    session.commit()
    assert "09:00" not in text_of(client, "/plans/slots").split("<main", 1)[1]


# --- review and contacts ----------------------------------------------------------------------------------


def test_case_73_the_review_page_says_the_doubts_and_records_the_decision(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    plan_id = scene.to_review()
    item = scene.resolve("completion", plan_id)
    session.commit()
    text_of(secretary, f"/plans/{plan_id}/review")
    form = {f"aim-{key}": "full" for key in AIMS} | {"item": item, "outcome": "completed", "other_side": "unsafe", "reasons": "理由"}
    refused = secretary.post(f"/plans/{plan_id}/review/decision", data=form)
    assert refused.status_code == 422
    assert "对方还不安全" in refused.get_data(as_text=True)
    longer = form | {"outcome": "extended", "other_side": "safe", "extra_minutes": "90", "new_due_on": "2027-02-26"}
    assert secretary.post(f"/plans/{plan_id}/review/decision", data=longer).status_code == 303
    assert (scene.plan(plan_id).state, scene.plan(plan_id).total_minutes) == ("extended", 450)


def test_the_psychologist_concludes_on_the_own_plan_only(session: Session, scene: Scene, client: FlaskClient, sign_in: Callable[..., None]) -> None:
    from trainhub.cases.models import CaseDuty

    plan_id = scene.run()
    other = scene.plan(plan_id)
    session.add(CaseDuty(
        district_id=scene.sample.district_id, id=new_id(), case_id=scene.case_id, account_id=scene.sample.accounts["psychologist"], duty="psychologist",
        from_at=NOW - timedelta(days=1), given_by=scene.secretary.account_id,
    ))
    session.commit()
    sign_in(client, "psychologist")
    page = text_of(client, f"/plans/{plan_id}/review")
    assert "认清界线" not in page
    assert client.post(f"/plans/{plan_id}/conclusion", data={"conclusion": "enough", "text": "长" * 201}).status_code == 422
    assert client.post(f"/plans/{plan_id}/conclusion", data={"conclusion": "part", "text": "可以结束陪伴"}).status_code == 303
    other.psychologist_id = scene.sample.people[0]
    session.commit()
    assert client.post(f"/plans/{plan_id}/conclusion", data={"conclusion": "part"}).status_code == 404


def test_case_85_a_relapse_is_recorded_and_a_linked_case_is_open(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    session.commit()
    page = text_of(secretary, "/follow-ups")
    assert page.count("2026-21 B1") == 3
    row = session.scalars(sa.select(FollowUp).order_by(FollowUp.due_on)).first()
    assert row is not None
    answer = secretary.post(f"/follow-ups/{row.id}", data={"state": "relapse", "finding": "unsafe", "note": "金丝雀又来了"})
    assert answer.status_code == 303
    assert session.get_one(FollowUp, (scene.sample.district_id, row.id), populate_existing=True).new_case_id
    text_of(secretary, "/follow-ups")
    assert secretary.post(f"/follow-ups/close/{scene.case_id}").status_code == 303
    assert scene.plan(plan_id).state == "completed"


def test_case_86_a_referral_waits_for_the_bureaus_paper(session: Session, scene: Scene, secretary: FlaskClient) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.NOT_COMPLETED)
    item = scene.resolve("escalation", plan_id)
    session.commit()
    form = {"item": item, "kind": "special_school_referral", "reasons": "多次未改变"}
    assert secretary.post(f"/plans/{plan_id}/escalation", data=form).status_code == 303
    assert scene.plan(plan_id).state == "escalated"
    import re

    page = text_of(secretary, f"/plans/{plan_id}/review")
    path = re.search(r"/plans/[0-9a-f]{32}/escalation/[0-9a-f]{32}/answer", page)
    assert path is not None
    assert secretary.post(path[0], data={"answer": "placed", "document": ""}).status_code == 422
    assert secretary.post(path[0], data={"answer": "placed", "document": "云教函7号"}).status_code == 303
    assert scene.plan(plan_id).state == "handed_over"


@pytest.mark.parametrize("kind", ["plan", "hours", "review"])
def test_papers_carry_codes_and_a_number_and_no_name(session: Session, scene: Scene, secretary: FlaskClient, kind: str) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    session.commit()
    answer = secretary.post(f"/plans/{plan_id}/papers/{kind}.docx")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as paper:
        inside = "".join(paper.read(name).decode(errors="ignore") for name in paper.namelist())
    assert "A1" in inside
    assert f"26-{scene.plan(plan_id).number:02d}" in inside
    assert not [c for c in CANARIES if c in inside + str(answer.headers)]
    assert running.done_minutes(session, scene.plan(plan_id)) == 360
    assert ACTOR not in inside
    assert TARGET not in inside
