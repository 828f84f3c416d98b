"""A year of trainings in a district: what each school did, and what went as schools go."""

from datetime import date, datetime, timedelta
from functools import partial

from trainhub.attendance import service as rolls
from trainhub.demo.cases import tell_cases
from trainhub.demo.meetings import settle_meetings, tell_meetings
from trainhub.demo.places import PRINCIPAL_DEMO, Place
from trainhub.demo.timeline import Storyteller, Training, Turnout
from trainhub.demo.world import World
from trainhub.kernel.years import RequirementYear
from trainhub.ledger.anchors import anchor_all
from trainhub.training.rules.audience import Choice
from trainhub.training.rules.planning import Trainer
from trainhub.training.service.closing import (
    CloseYear,
    DecideAmendment,
    RequestAmendment,
    close_year,
    decide_amendment,
    request_amendment,
)
from trainhub.training.service.exemptions import DecideExemption, RequestExemption, decide_exemption, request_exemption
from trainhub.training.service.standing import rebuild

LAW, STEP_IN = "staff-law-and-duties", "staff-recognise-and-step-in"
PROCEDURE, AFTERCARE = "staff-report-to-determination", "staff-aftercare-and-parents"
MINUTES = {LAW: 90, STEP_IN: 135, PROCEDURE: 135, AFTERCARE: 100}
TITLES = {
    LAW: "防治学生欺凌：法律与职责", STEP_IN: "学生欺凌的识别与当场介入", PROCEDURE: "从报告到认定：处置程序",
    AFTERCARE: "事后修复与家长沟通",
}
GUESTS = (
    Trainer("周启明", "云岭区人民法院"), Trainer("宋雅楠", "云岭区人民检察院"), Trainer("罗建安", "云岭区公安分局"),
    Trainer("白若溪", "云岭区未成年人保护中心"), Trainer("秦望舒", "云岭师范学院"),
)
ROOMS = ("阶梯教室", "多功能厅", "报告厅", "会议室")
TURNOUT: dict[str, Turnout] = {
    "met": Turnout(970, 15, 0, 10), "good": Turnout(920, 30, 8, 25), "half": Turnout(860, 45, 10, 45),
    "behind": Turnout(610, 60, 20, 70), "none": Turnout(500, 50, 20, 60),
}


def tell_history(world: World) -> Storyteller:
    """Put the whole history on a timeline, carry it out, and return who told it."""
    teller = Storyteller(world)
    teller.tell_roster()
    staffed = [place for place in world.places if world.staff[place.key]]
    for number, place in enumerate(staffed):
        _last_year(teller, place, number)
        if place.key == PRINCIPAL_DEMO:
            _principal_school(teller)
        else:
            _this_year(teller, place, number)
    frame_years(teller, staffed)
    _make_up_and_amend(teller)
    _false_presence(teller)
    term = tell_meetings(teller)
    tell_cases(teller)
    teller.timeline.run()
    settle_meetings(term)
    settle(teller)
    return teller


def frame_years(teller: Storyteller, staffed: list[Place]) -> None:
    """Both years begin with everybody owing; exemptions are granted; the old year is closed in January."""
    world, story = teller.world, teller.world.story
    for year in (story.last_year, story.year):
        start = max(world.began_at, story.moment(story.working_day(year.first_day + timedelta(days=1)), 8, 40))
        teller.timeline.at(start, partial(rebuild, world.session, world.district_id, year))
        for number, place in enumerate(staffed):
            _exempt(teller, place, year, number)
    close_on = story.working_day(date(story.year.start_year, 1, 11))
    for number, place in enumerate(staffed):
        command = CloseYear(world.orgs[place.key], story.last_year.key, without_unverified=True)
        step = partial(close_year, world.session, world.actor(place.key, "principal"), command)
        teller.timeline.at(story.moment(close_on, 10, number), step)


def _exempt(teller: Storyteller, place: Place, year: RequirementYear, number: int) -> None:
    """Somebody on leave with a document: requested by the officer, approved by the principal."""
    world, story = teller.world, teller.world.story
    plain = [p for p in world.staff[place.key] if not p.jobs[0].posts and len(p.jobs) == 1 and p.jobs[0].to_on is None]
    if len(plain) < 20 or (place.progress == "met" and year == story.year):
        return  # one or two schools stand at a full hundred
    kind, document = (("maternity", "产假审批表"), ("long_sick", "长期病假证明"), ("secondment", "借调函"))[number % 3]
    person = plain[7 + number % 5 + year.start_year % 2]
    if person.jobs[0].from_on > year.first_day:
        return
    asked_on = story.working_day(year.first_day + timedelta(days=20))
    command = RequestExemption(
        (person.id,), year.key, kind, f"{document}〔{year.start_year}〕{number + 3}号", year.first_day, year.last_day
    )

    def ask(moment: datetime) -> None:
        made = request_exemption(world.session, world.actor(place.key, "officer"), command, moment)
        decision = DecideExemption(made[0], approve=True)
        approver = world.actor(place.key, "principal")
        teller.timeline.at(
            moment + timedelta(days=1), lambda at: decide_exemption(world.session, approver, decision, at)
        )

    teller.timeline.at(story.moment(asked_on, 15, 0), ask)


def _make_up_and_amend(teller: Storyteller) -> None:
    """Minutes made up in January for the closed year: reported as late, the snapshot amended (cases 24, 30)."""
    world, story, key = teller.world, teller.world.story, PRINCIPAL_DEMO
    if key not in world.orgs:
        return
    day = story.working_day(date(story.year.start_year, 1, 14))
    teller.tell(plan_training(
        teller, key, "made-up", PROCEDURE, day, 1, title="从报告到认定（上年度补训）", turnout=Turnout(900, 20, 0, 30),
        make_up_year=story.last_year.key, notice_days=2,
    ))
    command = RequestAmendment(world.orgs[key], story.last_year.key, "1月补训已核验，补记为逾期完成")

    def ask(moment: datetime) -> None:
        made = request_amendment(world.session, world.actor(key, "officer"), command, moment)
        decision = DecideAmendment(made, approve=True)
        principal = world.actor(key, "principal")
        teller.timeline.at(
            moment + timedelta(days=2), lambda at: decide_amendment(world.session, principal, decision, at)
        )

    teller.timeline.at(story.moment(story.working_day(day + timedelta(days=6)), 9, 30), ask)


def _false_presence(teller: Storyteller) -> None:
    """A signature by proxy found weeks later: revoked, the whole roll verified again (case 13)."""
    world, story, key = teller.world, teller.world.story, "qixia.spring"
    if "qixia" not in world.orgs:
        return

    def revoke(moment: datetime) -> None:
        training = teller.told[key]
        principal = world.actor(training.place, "principal")
        sheet_id = teller.sheet_of(training, 0)
        person = teller.present_on(sheet_id)[12]
        command = rolls.RevokeRecord(sheet_id, person, "核对签名笔迹后确认为他人代签")
        rolls.revoke_record(world.session, principal, command, moment)
        teller.timeline.at(
            moment + timedelta(hours=2), lambda at: rolls.verify_roll(world.session, principal, sheet_id, at)
        )

    teller.timeline.at(story.moment(story.working_day(date(story.year.start_year, 4, 20)), 14, 0), revoke)


def settle(teller: Storyteller) -> None:
    """Judge both years as of now and anchor every chain in the district's."""
    world, story = teller.world, teller.world.story
    for year in (story.last_year, story.year):
        rebuild(world.session, world.district_id, year, story.now)
    anchor_all(world.session, story.now, world.district_id)


def plan_training(teller: Storyteller, place: str, key: str, course: str, day: date, number: int, **more: object) -> Training:
    """A training in the afternoon, as schools hold them."""
    story = teller.world.story
    held_on = story.working_day(day)
    training = Training(
        key=f"{place}.{key}", place=place, title=TITLES[course], pack=course, room=ROOMS[number % len(ROOMS)],
        trainers=(GUESTS[number % len(GUESTS)],), parts=[(held_on, 14, 30, MINUTES[course])],
    )
    for name, value in more.items():
        setattr(training, name, value)
    return training


def _last_year(teller: Storyteller, place: Place, number: int) -> None:
    """Two trainings in the closed year; the slow schools held one of them with half the staff."""
    year, turnout = teller.world.story.last_year.start_year, TURNOUT[place.progress]
    teller.tell(plan_training(teller, place.key, "last-spring", LAW, date(year, 4, 7) + timedelta(days=number), number,
                          turnout=turnout))
    if place.progress != "none":
        teller.tell(plan_training(teller, place.key, "last-autumn", PROCEDURE, date(year, 10, 20) + timedelta(days=number),
                              number + 1, turnout=turnout))


def _this_year(teller: Storyteller, place: Place, number: int) -> None:
    year, turnout, today = teller.world.story.year.start_year, TURNOUT[place.progress], teller.world.story.today
    spring = date(year, 3, 10) + timedelta(days=number)
    autumn = date(year, 9, 15) + timedelta(days=number)
    if place.progress == "none":
        teller.tell(plan_training(teller, place.key, "draft", LAW, today + timedelta(days=20), number, ends="draft"))
        return
    teller.tell(plan_training(teller, place.key, "spring", LAW, spring, number, turnout=turnout))
    if place.progress in {"met", "good", "half"}:
        came = Turnout(560, 40, 10, 60) if place.progress == "half" else turnout
        teller.tell(plan_training(teller, place.key, "autumn", STEP_IN, autumn, number + 2, turnout=came))
    if place.progress == "met":
        full = Turnout(1000, 0, 0, 0)
        teller.tell(plan_training(teller, place.key, "make-up-law", LAW, autumn + timedelta(days=28), number, turnout=full,
                                  missed_key=f"{place.key}.spring", title=TITLES[LAW] + "（补训）"))
        teller.tell(plan_training(teller, place.key, "last-call", PROCEDURE, autumn + timedelta(days=36), number,
                                  turnout=full, title=TITLES[PROCEDURE] + "（补训）", parts=_whole_day(teller, autumn, 36)))
    elif place.progress == "behind":
        teller.tell(plan_training(teller, place.key, "cancelled", STEP_IN, autumn, number, ends="cancelled",
                              reason="主讲人临时参加区里的案件协调会，另行通知时间"))
    if place.progress in {"half", "behind"}:
        teller.tell(plan_training(teller, place.key, "next", STEP_IN, today + timedelta(days=6 + number), number + 1,
                              ends="planned"))


def _whole_day(teller: Storyteller, day: date, offset: int) -> list[tuple[date, int, int, int]]:
    """Morning and afternoon of one day, long enough for somebody who missed everything."""
    held_on = teller.world.story.working_day(day + timedelta(days=offset))
    return [(held_on, 9, 0, 90), (held_on, 14, 0, 90)]


def _principal_school(teller: Storyteller) -> None:
    """The school where the demo plays: moved, made up, awaiting verification, running now, planned."""
    story, key, year = teller.world.story, PRINCIPAL_DEMO, teller.world.story.year.start_year
    today = story.today
    first_day = story.working_day(date(year, 3, 12))
    moved_to = story.working_day(first_day + timedelta(days=7))
    teller.tell(plan_training(teller, key, "spring", LAW, first_day, 0, turnout=TURNOUT["good"],
                          moved_parts=[(moved_to, 14, 30, MINUTES[LAW])], moved_reason="当天下午区教研活动占用阶梯教室"))
    teller.tell(plan_training(teller, key, "fire-drill", AFTERCARE, date(year, 5, 8), 1, title="消防疏散演练", pack=None,
                          topic="fire_safety", choice=Choice("everyone"), parts=[(story.working_day(date(year, 5, 8)), 15, 0, 60)]))
    teller.tell(plan_training(teller, key, "online", AFTERCARE, date(year, 6, 4), 2, title="网络研修：家校沟通", pack=None,
                          mode="online", choice=Choice("homeroom"), parts=[(story.working_day(date(year, 6, 4)), 19, 0, 60)]))
    teller.tell(plan_training(teller, key, "cancelled", AFTERCARE, date(year, 9, 11), 3, ends="cancelled",
                          reason="与开学防台风应急工作冲突，并入下一期"))
    teller.tell(plan_training(teller, key, "autumn", STEP_IN, date(year, 9, 22), 1, turnout=TURNOUT["good"]))
    awaiting = story.working_day(today - timedelta(days=1), -1)
    teller.tell(plan_training(teller, key, "awaiting", PROCEDURE, awaiting, 1, turnout=TURNOUT["good"], ends="submitted",
                              title=TITLES[PROCEDURE] + "（补训）"))
    teller.tell(plan_training(
        teller, key, "now", AFTERCARE, today, 0, ends="marked", notice_days=6, marked_share=85,
        parts=[story.running(MINUTES[AFTERCARE], 40)], turnout=Turnout(940, 30, 0, 30), choice=Choice("everyone"),
    ))
    next_day = story.working_day(today + timedelta(days=5))
    teller.tell(plan_training(teller, key, "two-parts", PROCEDURE, next_day, 2, ends="planned",
                          parts=[(next_day, 9, 0, 90), (next_day, 14, 30, 45)], title=TITLES[PROCEDURE] + "（上下午两段）"))
