"""From a report on a phone to a completed plan, with one recusal, one missed lesson and one red line: as the people of a school do it."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.e2e.cases import ACTOR, TARGET, Job, add_case_school, add_served_case
from tests.e2e.conftest import Server, Visit, violations
from tests.e2e.school import Hand, found_district
from trainhub.cases.models import CaseFile, CaseParty, Determination
from trainhub.committees.models import CommitteeMeeting, MeetingItem
from trainhub.education_plans.models import EducationPlan, HourEntry
from trainhub.kernel.clock import local, now

pytestmark = pytest.mark.e2e
REPORT = "课间在二楼连廊看到几个人围着一个学生推搡。"
FACTS = "A1 在三周内多次推搡 B1，并在同学面前叫绰号。"
LAW = "《未成年人保护法》第三十九条"


@pytest.fixture
def job(server: Server, visit: Visit) -> Job:
    return Job(server, found_district(server, staff=6, more=add_case_school), visit)


def reported(job: Job) -> None:
    """A minute on a phone."""
    page = job.open("school_administrator", "/concerns/new", width=390)
    hand = Hand(page)
    hand.click("[name=text]")
    page.keyboard.type(REPORT)
    hand.click("input[name=means][value=body]")
    with page.expect_navigation():
        hand.click("form[method=post] .form-acts button")
    expect(page.locator("#receipt")).to_contain_text("-")
    assert hand.clicks <= 10
    assert violations(page) == []


def accepted(job: Job) -> str:
    """The desk takes it; returns the case."""
    page = job.open("case_officer", "/concerns")
    with page.expect_navigation():
        page.locator("table a").first.click()
    expect(page.locator("main")).to_contain_text(REPORT)
    job.send(page, "/accept", severity="minor")
    return job.one(lambda session: session.scalars(select(CaseFile.id).where(CaseFile.district_id == job.sample.district_id)).one())


def parties(job: Job, case_id: str) -> tuple[str, str]:
    """Both children, a guardian each, both told and heard."""
    job.later(case_id)
    for name, side in ((ACTOR, "actor"), (TARGET, "target")):
        page = job.open("case_officer", f"/cases/{case_id}/parties")
        job.send(page, "/parties/find", words=name)
        form = page.locator(f"form[action$='/cases/{case_id}/parties']").first
        form.locator("[name=student]").first.check()
        job.fill(form, roles=side)
        job.press(page, form.locator("button").first)
    found = job.one(lambda session: ",".join(session.scalars(
        select(CaseParty.id).where(CaseParty.case_id == case_id).order_by(CaseParty.code)
    ))).split(",")
    for party, guardian in zip(found, ("杜远山", "温如海"), strict=True):
        page = job.open("case_officer", f"/cases/{case_id}/parties/{party}")
        job.send(page, "/guardians", guardian_name=guardian, relation="父亲", phone="13900001234")
        job.send(page, "/notices", about="investigation", outcome="acknowledged", channel="face")
        job.send(page, "/notices", about="hearing", outcome="heard", channel="face")
    return found[0], found[1]


def determined(job: Job, case_id: str, party: str) -> tuple[str, str]:
    """Handed in, proposed, voted without the member who stepped aside, adopted; returns the sitting and the determination."""
    page = job.open("case_officer", f"/cases/{case_id}")
    member = job.sample.accounts["committee_member"]
    job.send(page, "/duties", account=member, duty="member")
    job.send(page, "/procedure")
    job.send(page, "/submit")
    sitting = planned_sitting(job)
    page = job.open("case_officer", f"/cases/{case_id}/parties/{party}/determination?tier=minor")
    form = page.locator("form.form")
    job.fill(form, outcome="bullying", measures="apology", plan_minutes=180, facts=FACTS, grounds="两份谈话记录一致。", clauses=LAW)
    job.press(page, form.locator("button").first)
    job.send(page, "/determinations/agenda")
    stepped_aside(job, case_id, sitting)
    voted(job, sitting)
    found = job.one(lambda session: session.scalars(select(Determination.id).where(Determination.case_id == case_id)).one())
    page = job.open("committee_secretary", f"/cases/{case_id}/determinations")
    job.send(page, "/adopt")
    expect(page.locator("main")).to_contain_text("欺凌")
    return sitting, found


def planned_sitting(job: Job) -> str:
    """A sitting that began a little while ago; everybody but the substitutes came."""
    begins = local(now()) - timedelta(minutes=40)
    page = job.open("committee_secretary", "/committee/sittings")
    form = page.locator("form.form").first
    job.fill(form, day=begins.date().isoformat(), starts=f"{begins:%H:%M}", place="第二会议室")
    job.press(page, form.locator("button").first)
    sitting = job.one(lambda session: session.scalars(select(CommitteeMeeting.id).where(CommitteeMeeting.district_id == job.sample.district_id)).one())
    page = job.open("committee_secretary", f"/committee/sittings/{sitting}")
    form = page.locator("form[action$='/presence']")
    for row in form.locator("tr").all()[9:11]:
        row.locator("input[value=absent]").check(force=True)
    job.press(page, form.locator("button[name=rest]"))
    return sitting


def stepped_aside(job: Job, case_id: str, sitting: str) -> None:
    """A member who was given the case steps aside: from that moment there is no such case for them."""
    page = job.open("committee_member", f"/cases/{case_id}")
    expect(page.locator("h1")).to_contain_text("案")
    page = job.open("committee_member", f"/committee/sittings/{sitting}")
    job.send(page, "/aside", ground="relative")
    page.goto(f"/cases/{case_id}")
    expect(page.locator("h1")).not_to_contain_text("案 20")
    page.goto(f"/committee/sittings/{sitting}")
    assert page.locator("article[id^=item-]").count() == 0


def voted(job: Job, sitting: str) -> None:
    """The open item is voted on by everybody who is in the room."""
    page = job.open("committee_secretary", f"/committee/sittings/{sitting}")
    form = page.locator("form[action$='/vote']").first
    there = form.locator("[name=present]:not([disabled])").count()
    job.fill(form, in_favour=there, clauses=LAW, grounds="事实清楚，双方监护人已陈述。")
    job.press(page, form.locator("button").first)
    assert page.locator("form[action$='/vote']").count() == 0


def served(job: Job, case_id: str, found: tuple[str, str]) -> None:
    """Both sides have it."""
    job.later(case_id)
    for party in found:
        page = job.open("case_officer", f"/cases/{case_id}/parties/{party}/service")
        form = page.locator("form.form").first
        job.fill(form, outcome="acknowledged", channel="face")
        job.press(page, form.locator("button").first)


def running_plan(job: Job, determination: str, sitting: str) -> str:
    """Drafted from packs, approved, known to the guardian, begun; returns the plan."""
    page = job.open("committee_secretary", f"/plans/new?determination={determination}")
    form = page.locator("form.form").first
    people = {f"person__{n}": job.sample.people[4] for n in range(1, 9) if form.locator(f"[name=minutes-{n}]").input_value()}
    job.fill(form, protection="时间、教室和路线错开，不安排当面道歉。", lead=job.sample.people[2], psychologist=job.sample.people[1], **people)
    for n in range(1, 5):  # a guardian's part of its own is not what this is about
        form.locator(f"[name=part-{n}]").select_option("")
    if not form.locator("[name^=with-]:checked").count():
        form.locator("[name=with-1]").check()
    job.press(page, form.locator(".btn.pri.lg"))
    plan = job.one(lambda session: session.scalars(select(EducationPlan.id).where(EducationPlan.determination_id == determination)).one())
    page = job.open("committee_secretary", f"/plans/{plan}/steps")
    job.send(page, "/agenda")
    voted(job, sitting)
    page = job.open("committee_secretary", f"/plans/{plan}/steps")
    for step, values in (("/approve", {}), ("/tell", {"outcome": "acknowledged", "channel": "face"}), ("/told-plan", {}), ("/start", {})):
        if page.locator(f"form[action$='{step}']").count():
            job.send(page, step, **values)
    page = job.open("committee_secretary", f"/plans/{plan}/schedule")
    form = page.locator("form:has([name=lesson])")
    job.fill(form, room="法治教室")
    job.press(page, form.locator("button").first)
    return plan


def lived(job: Job, plan: str) -> None:
    """Lessons logged by one and confirmed by another; one missed and made up; one corrected in red."""
    lessons = job.weeks_pass(plan)
    missed, *held = lessons
    page = job.open("plan_instructor", "/my-lessons", width=390)
    job.send(page, f"/lessons/{missed}/absent", reason="not_come")
    for lesson in held:
        logged(job, plan, lesson)
    page = job.open("committee_secretary", f"/plans/{plan}")
    told = local(now())
    job.send(page, f"/lessons/{missed}/told", day=told.date().isoformat(), clock=f"{told:%H:%M}", channel="phone")
    page = job.open("committee_secretary", f"/plans/{plan}/lessons/{missed}/make-up")
    day = (told + timedelta(days=2)).date().isoformat()
    form = page.locator("form.form").first
    job.fill(form, day=day, starts="17:50", ends="18:35", minutes=45, room="法治教室")
    job.press(page, form.locator("button").first)
    logged(job, plan, job.weeks_pass(plan)[0])
    confirmed(job)
    corrected(job, plan)


def logged(job: Job, plan: str, lesson: str) -> None:
    """The instructor logs a lesson from a phone."""
    page = job.open("plan_instructor", f"/my-lessons/{plan}/log?lesson={lesson}", width=390)
    form = page.locator("form.form").first
    job.fill(form, done_text="完成活动单一张，能说出一处停得下来的地方。")
    form.locator("[name=reached][value=full]").check(force=True)
    if form.locator("[name=guardian_present]").count():
        form.locator("[name=guardian_present]").check()
    job.press(page, form.locator("button").last)


def confirmed(job: Job) -> None:
    """Somebody else looks at every line by itself."""
    page = job.open("committee_secretary", "/plans/confirm")
    while page.locator("form[action$='/confirm']").count():
        job.send(page, "/confirm")


def corrected(job: Job, plan: str) -> None:
    """The times of the first confirmed line were wrong: asked for by who gave it, settled by another, red in the ledger."""
    number, began = job.one(lambda session: session.execute(
        select(HourEntry.number, HourEntry.starts_at).where(HourEntry.plan_id == plan, HourEntry.kind == "confirm").order_by(HourEntry.number)
    ).first())
    starts = local(began) + timedelta(minutes=5)
    page = job.open("plan_instructor", f"/my-lessons/{plan}/lines/{number}/correction", width=390)
    form = page.locator("form.form").first
    job.fill(
        form, reason="times", done_text="晚了五分钟开始，按签到单更正。", held=True, day=starts.date().isoformat(), starts=f"{starts:%H:%M}",
        ends=f"{starts + timedelta(minutes=45):%H:%M}", minutes=45,
    )
    job.press(page, form.locator("button").last)
    page = job.open("committee_secretary", "/plans/confirm")
    job.send(page, "/settle")
    page = job.open("committee_secretary", f"/plans/{plan}")
    expect(page.locator("main")).to_contain_text("更正第")


def completed(job: Job, plan: str, sitting: str) -> None:
    """Hours are there; the committee weighs and closes."""
    page = job.open("committee_secretary", f"/plans/{plan}/review")
    job.send(page, "/review/open")
    for voice in ("mid_term", "pupil", "guardian"):
        job.send(page, "/review/voice", voice=voice, text="说得具体，也守住了约定。")
    page = job.open("committee_secretary", f"/plans/{plan}/review")
    job.send(page, "/review/voice", voice="psychologist", conclusion="enough")
    job.send(page, "/agenda")
    voted(job, sitting)
    page = job.open("committee_secretary", f"/plans/{plan}/review")
    form = page.locator("form[action$='/review/decision']")
    job.fill(form)
    for aim in form.locator("input[type=radio][value=full]").all():
        aim.check(force=True)
    job.fill(form, other_side="safe", outcome="completed", reasons="五项目标达到。")
    job.press(page, form.locator("button").last)


def test_from_a_phone_to_a_completed_plan(job: Job) -> None:
    reported(job)
    case_id = accepted(job)
    found = parties(job, case_id)
    sitting, determination = determined(job, case_id, found[0])
    served(job, case_id, found)
    plan = running_plan(job, determination, sitting)
    lived(job, plan)
    completed(job, plan, sitting)
    row = job.one(lambda session: session.scalars(select(EducationPlan.state).where(EducationPlan.id == plan)).one())
    assert row == "completed"
    assert job.one(lambda session: session.scalars(select(CaseFile.state).where(CaseFile.id == case_id)).one()) == "follow_up"
    assert job.one(lambda session: str(session.scalars(
        select(MeetingItem.recused_count).where(MeetingItem.matter_id == case_id)
    ).all())) == "[1, 1, 1]"
    page = job.open("committee_secretary", "/plans")
    for url, title in job.seen:
        assert not any(name in text for name in (ACTOR, TARGET) for text in (url, title))
    assert ACTOR not in page.locator("body").inner_text()


def test_an_appeal_overturns_a_finding(server: Server, visit: Visit) -> None:
    made: list[tuple[str, str]] = []
    job = Job(server, found_district(server, staff=6, more=lambda session, sample: made.append(add_served_case(session, sample))), visit)
    case_id, finding = made[0]
    year, number = job.one(lambda session: session.execute(select(CaseFile.year, CaseFile.number).where(CaseFile.id == case_id)).one())
    page = job.open("case_officer", "/appeals/new")
    job.send(page, "/appeals/new", case_no=f"{year}-{number:02d}")
    form = page.locator("form[action$='/appeals']")
    job.fill(form, grounds="当天在校医室，有登记。")
    form.locator(f"[name=against][value^='{finding}']").first.check()
    job.press(page, form.locator("button").last)
    path = page.url
    county = job.open("bureau_case_officer", path)
    job.send(county, "/admit")
    form = county.locator("form[action$='/screen']")
    form.locator("[name=procedure_proper][value=yes]").check(force=True)
    form.locator("[name=facts_clear][value=no]").check(force=True)
    job.press(county, form.locator("button").last)
    named_group(job, path)
    job.send(county, "/begin")
    decided(job, path, finding)
    state = job.one(lambda session: session.scalars(select(Determination.state).where(Determination.id == finding)).one())
    assert state == "overturned"
    page = job.open("case_officer", path)
    expect(page.locator("main")).to_contain_text("撤销")
    for url, title in job.seen:
        assert not any(name in text for name in (ACTOR, TARGET) for text in (url, title))


def named_group(job: Job, path: str) -> None:
    """A lead of the county, and the representatives and the expert that the plan of 2017 asks for."""
    page = job.open("bureau_case_officer", f"{path}/group")
    form = page.locator("form.form").first
    for n, (kind, shown) in enumerate((("officer", "复查人员"), ("school_rep", "外校代表"), ("parent_rep", "家长代表"), ("expert", "校外专家"))):
        job.fill(form, **{f"shown_{n}": shown, f"kind_{n}": kind})
    job.fill(form, account_0=job.sample.accounts["appeal_reviewer"], lead="0")
    job.press(page, form.locator("button").last)
    page.goto(path)


def decided(job: Job, path: str, finding: str) -> None:
    """Only the lead decides, and says why."""
    page = job.open("appeal_reviewer", f"{path}/decision")
    form = page.locator("form.form").first
    job.fill(form, **{
        f"outcome_{finding}": "overturn", f"for_{finding}": 4, f"clauses_{finding}": LAW, f"reasons_{finding}": "登记与说明一致，事发时不在现场。",
    })
    job.press(page, form.locator("button").last)
