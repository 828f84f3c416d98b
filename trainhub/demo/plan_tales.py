"""Plans of the story: drafted and approved in the sitting that determined, then lesson by lesson, each logged by one and confirmed by another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from trainhub.committees.rules.deciding import ItemKind
from trainhub.demo import case_words as words
from trainhub.demo.case_desk import CaseDesk
from trainhub.demo.tale import Tale
from trainhub.education_plans.queries.own import own_modules
from trainhub.education_plans.rules.drafting import ModuleDraft
from trainhub.education_plans.service import absences, corrections, drafting, hours, running, scheduling
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id

LESSON = 45
STARTS = ((12, 20), (17, 50))
"""When lessons of a plan begin: at noon or after the last class."""
ROOMS = {"law": "法治教室", "psychology": "心理室", "conduct": "会谈室", "service": "图书馆", "family": "会谈室"}
PACKS = {"law": "plan-law-secondary", "psychology": "plan-understanding-secondary", "conduct": "plan-rules-secondary", "service": "plan-amends-secondary",
         "family": "plan-family-secondary"}  # fmt: skip
_HOLDERS = {"psychology": "psych", "family": "case"}


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of the story: school days ago (negative: ahead), module, periods of 45 minutes. ``missed`` with a code of the reason."""

    ago: int
    kind: str
    periods: int
    missed: str = ""


@dataclass(frozen=True, slots=True)
class PlanStory:
    """A plan. ``modules``: periods by kind; ``starts`` and ``due`` in school days ago (negative: ahead)."""

    modules: dict[str, int]
    starts: int
    due: int
    lessons: tuple[Lesson, ...]
    per_week: int = 2

    @property
    def minutes(self) -> int:
        """All of it."""
        return sum(self.modules.values()) * LESSON


@dataclass(slots=True)
class PlanDiary:
    """A plan as it came about: ids of plan and lessons, numbers of what was confirmed."""

    desk: CaseDesk
    story: PlanStory
    plan_id: str = ""
    modules: dict[str, str] = field(default_factory=dict)
    lesson_ids: list[str] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)
    confirmed: dict[int, int] = field(default_factory=dict)

    def teacher(self, kind: str) -> Actor:
        """Who gives a module."""
        return self.desk.world.actor(self.desk.place, _HOLDERS.get(kind, "instructor"))

    def day(self, ago: int) -> date:
        """A school day of the story."""
        return self.desk.days.back(ago) if ago > 0 else self.desk.days.ahead(-ago)


def draft(diary: PlanDiary, determination_id: str, now: datetime) -> str:
    """Write the draft and return its id."""
    desk, story = diary.desk, diary.story
    modules = tuple(
        ModuleDraft(kind, periods * LESSON, _pack(desk, kind), diary.teacher(kind).person_id, guardian_with=kind == "family")
        for kind, periods in story.modules.items()
    )
    command = drafting.DraftPlan(
        determination_id, story.minutes, diary.day(story.starts), diary.day(story.due), words.GOALS, words.PROTECTION, modules,
        per_week=story.per_week, lead_person_id=desk.officer.person_id, psychologist_id=desk.world.actor(desk.place, "psych").person_id,
    )
    diary.plan_id = drafting.draft_plan(desk.session, desk.secretary, desk.ring, command, now)
    return diary.plan_id


def _pack(desk: CaseDesk, kind: str) -> str | None:
    return PACKS[kind] if PACKS[kind] in desk.packs else None


def approve(diary: PlanDiary, case_id: str, label: str, sitting: str, now: datetime) -> None:
    """Put the draft on the agenda of the sitting, vote, and carry the resolution out."""
    desk = diary.desk
    item = desk.item(ItemKind.PLAN, case_id, diary.plan_id, label, sitting, now)
    desk.vote(item, case_id, words.PLAN_GROUNDS, words.PLAN_CLAUSES, now)
    running.approve_plan(desk.session, desk.secretary, diary.plan_id, item, now)


def begin(diary: PlanDiary, party_id: str) -> Tale[None]:
    """The guardian is told, lessons are booked, the plan runs from its first day."""
    desk, story = diary.desk, diary.story
    now = yield desk.moment(story.starts + 1, 16, 40)
    desk.told(party_id, "plan", now, object_id=diary.plan_id)
    running.note_guardian_knows(desk.session, desk.secretary, diary.plan_id, now)
    now = yield desk.moment(story.starts, 8, 20)
    running.start_plan(desk.session, desk.secretary, diary.plan_id, now)
    teachers = {diary.teacher(kind).account_id: diary.teacher(kind) for kind in story.modules}
    diary.modules = {
        one.module: one.module_id for teacher in teachers.values() for one in own_modules(desk.session, teacher, now) if one.plan_id == diary.plan_id
    }
    bookings = [_booking(diary, lesson, now) for lesson in story.lessons]
    diary.lesson_ids = list(scheduling.book_lessons(desk.session, desk.secretary, desk.ring, diary.plan_id, bookings, now))


def _booking(diary: PlanDiary, lesson: Lesson, now: datetime) -> scheduling.Booking:
    """The lesson at the next moment at which neither its teacher nor its pupil has another one."""
    person = diary.teacher(lesson.kind).person_id or ""
    day = max(diary.day(lesson.ago), local_day(now))
    while True:
        for hour, minute in STARTS:
            start = diary.desk.days.moment(day, hour, minute)
            if start > now and (person, start) not in diary.desk.busy and not any(local_day(one) == day for one in diary.starts):
                diary.desk.busy.add((person, start))
                diary.starts.append(start)
                return scheduling.Booking(diary.modules[lesson.kind], start, lesson.periods * LESSON, ROOMS[lesson.kind], person)
        day = diary.desk.days.after(day)


def live(diary: PlanDiary, lessons: Sequence[int] | None = None) -> Tale[None]:
    """Give the lessons: each logged on its day and confirmed the next morning; a missed one is told to the guardian at once."""
    order = range(len(diary.story.lessons)) if lessons is None else lessons
    for number in sorted(order, key=lambda n: diary.starts[n]):
        lesson, start = diary.story.lessons[number], diary.starts[number]
        ends = start + timedelta(minutes=lesson.periods * LESSON)
        now = yield ends + timedelta(minutes=12)
        if lesson.missed:
            _miss(diary, number, now)
            continue
        logged = hours.log_lesson(diary.desk.session, diary.teacher(lesson.kind), diary.desk.ring, _said(diary, number, ends), now).number
        now = yield diary.desk.days.moment(diary.desk.days.after(local_day(ends)), 8, 5)
        diary.confirmed[number] = _confirm(diary, logged, now)


def _said(diary: PlanDiary, number: int, ends: datetime) -> hours.LogLesson:
    lesson, start = diary.story.lessons[number], diary.starts[number]
    return hours.LogLesson(
        diary.plan_id, diary.lesson_ids[number], diary.modules[lesson.kind], start, ends, lesson.periods * LESSON, words.LESSON_WORDS[lesson.kind],
        lesson.kind == "family", "full", lesson.kind in {"law", "conduct"}, new_id(),
    )


def _confirm(diary: PlanDiary, number: int, now: datetime) -> int:
    command = hours.Verdict(diary.plan_id, number, new_id())
    return hours.confirm_hours(diary.desk.session, diary.desk.secretary, diary.desk.ring, command, now).number


def _miss(diary: PlanDiary, number: int, now: datetime) -> None:
    desk, lesson = diary.desk, diary.story.lessons[number]
    absent = absences.MarkAbsent(diary.plan_id, diary.lesson_ids[number], lesson.missed, new_id())
    absences.mark_absent(desk.session, diary.teacher(lesson.kind), desk.ring, absent, now)
    told = absences.TellGuardian(diary.plan_id, diary.lesson_ids[number], now, "phone")
    absences.guardian_told(desk.session, desk.secretary, desk.ring, told, now)


def make_up(diary: PlanDiary, number: int, ago: int, days_ahead: int) -> Tale[None]:
    """Plan the lesson that makes up for a missed one."""
    desk, lesson = diary.desk, diary.story.lessons[number]
    now = yield desk.moment(ago, 10, 15)
    one = _booking(diary, Lesson(-days_ahead, lesson.kind, lesson.periods), now)
    command = absences.PlanMakeUp(
        diary.plan_id, diary.lesson_ids[number], one.starts_at, one.starts_at + timedelta(minutes=one.minutes), one.minutes, one.room
    )
    absences.plan_make_up(desk.session, desk.secretary, command, now)


def correct(diary: PlanDiary, number: int, ago: int) -> Tale[None]:
    """One period too many was logged: asked for by who gave it, settled by another with a red line."""
    desk, start, lesson = diary.desk, diary.starts[number], diary.story.lessons[number]
    now = yield max(desk.moment(ago, 9, 30), start + timedelta(days=1))
    command = corrections.AskCorrection(
        diary.plan_id, diary.confirmed[number], new_id(), "times", words.CORRECTION, start, start + timedelta(minutes=LESSON), LESSON
    )
    asked = corrections.ask_correction(desk.session, diary.teacher(lesson.kind), desk.ring, command, now).number
    now = yield now + timedelta(hours=6)
    corrections.reverse_hours(desk.session, desk.secretary, desk.ring, hours.Verdict(diary.plan_id, asked, new_id()), now)

