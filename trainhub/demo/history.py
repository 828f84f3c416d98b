"""A year of trainings in a district: what each school did, and what went as schools go."""

from datetime import date, datetime, timedelta

from trainhub.demo.build import World
from trainhub.demo.places import PRINCIPAL_DEMO, Place
from trainhub.demo.timeline import Storyteller, Training, Turnout
from trainhub.kernel import clock
from trainhub.training.rules.audience import Choice
from trainhub.training.rules.planning import Trainer

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
    for number, place in enumerate(p for p in world.places if world.staff[p.key]):
        _last_year(teller, place, number)
        if place.key == PRINCIPAL_DEMO:
            _principal_school(teller)
        else:
            _this_year(teller, place, number)
    teller.timeline.run()
    return teller


def _training(teller: Storyteller, place: str, key: str, course: str, day: date, number: int, **more: object) -> Training:
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
    teller.tell(_training(teller, place.key, "last-spring", LAW, date(year, 4, 7) + timedelta(days=number), number,
                          turnout=turnout))
    if place.progress != "none":
        teller.tell(_training(teller, place.key, "last-autumn", PROCEDURE, date(year, 10, 20) + timedelta(days=number),
                              number + 1, turnout=turnout))


def _this_year(teller: Storyteller, place: Place, number: int) -> None:
    year, turnout, today = teller.world.story.year.start_year, TURNOUT[place.progress], teller.world.story.today
    spring = date(year, 3, 10) + timedelta(days=number)
    autumn = date(year, 9, 15) + timedelta(days=number)
    if place.progress == "none":
        teller.tell(_training(teller, place.key, "draft", LAW, today + timedelta(days=20), number, ends="draft"))
        return
    teller.tell(_training(teller, place.key, "spring", LAW, spring, number, turnout=turnout))
    if place.progress in {"met", "good"}:
        teller.tell(_training(teller, place.key, "autumn", STEP_IN, autumn, number + 2, turnout=turnout))
    if place.progress == "met":
        full = Turnout(1000, 0, 0, 0)
        for key, missed, pack, offset in (("make-up-law", "spring", LAW, 30), ("make-up-step-in", "autumn", STEP_IN, 36)):
            teller.tell(_training(teller, place.key, key, pack, autumn + timedelta(days=offset), number, turnout=full,
                                  missed_key=f"{place.key}.{missed}", title=TITLES[pack] + "（补训）"))
    elif place.progress == "behind":
        teller.tell(_training(teller, place.key, "cancelled", STEP_IN, autumn, number, ends="cancelled",
                              reason="主讲人临时参加区里的案件协调会，另行通知时间"))
    if place.progress in {"half", "behind"}:
        teller.tell(_training(teller, place.key, "next", STEP_IN, today + timedelta(days=6 + number), number + 1,
                              ends="planned"))


def _principal_school(teller: Storyteller) -> None:
    """The school where the demo plays: moved, made up, awaiting verification, running now, planned."""
    story, key, year = teller.world.story, PRINCIPAL_DEMO, teller.world.story.year.start_year
    today, now = story.today, story.now
    first_day = story.working_day(date(year, 3, 12))
    moved_to = story.working_day(first_day + timedelta(days=7))
    teller.tell(_training(teller, key, "spring", LAW, first_day, 0, turnout=TURNOUT["good"],
                          moved_parts=[(moved_to, 14, 30, MINUTES[LAW])], moved_reason="当天下午区教研活动占用阶梯教室"))
    teller.tell(_training(teller, key, "fire-drill", AFTERCARE, date(year, 5, 8), 1, title="消防疏散演练", pack=None,
                          topic="fire_safety", choice=Choice("everyone"), parts=[(story.working_day(date(year, 5, 8)), 15, 0, 60)]))
    teller.tell(_training(teller, key, "online", AFTERCARE, date(year, 6, 4), 2, title="网络研修：家校沟通", pack=None,
                          mode="online", choice=Choice("homeroom"), parts=[(story.working_day(date(year, 6, 4)), 19, 0, 60)]))
    teller.tell(_training(teller, key, "cancelled", AFTERCARE, date(year, 9, 11), 3, ends="cancelled",
                          reason="与开学防台风应急工作冲突，并入下一期"))
    awaiting = story.working_day(today - timedelta(days=1), -1)
    teller.tell(_training(teller, key, "awaiting", STEP_IN, awaiting, 1, turnout=TURNOUT["good"], ends="submitted"))
    _running_now(teller, today, now)
    next_day = story.working_day(today + timedelta(days=5))
    teller.tell(_training(teller, key, "two-parts", PROCEDURE, next_day, 2, ends="planned",
                          parts=[(next_day, 9, 0, 90), (next_day, 14, 30, 45)], title=TITLES[PROCEDURE] + "（上下午两段）"))


def _running_now(teller: Storyteller, today: date, now: datetime) -> None:
    """A make-up training that began 40 minutes ago, whatever the hour, never across midnight."""
    local = clock.local(now)
    minute = max(0, min(local.hour * 60 + local.minute - 40, 24 * 60 - 101))
    minute -= minute % 5
    training = _training(teller, PRINCIPAL_DEMO, "now", AFTERCARE, today, 0, ends="marked", notice_days=6,
                         parts=[(today, minute // 60, minute % 60, MINUTES[AFTERCARE])], marked_share=85,
                         turnout=Turnout(940, 30, 0, 30), choice=Choice("homeroom"))
    teller.tell(training)
