"""Cases of the story, each from top to bottom: what was found, what followed, where it stands today."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trainhub.appeals.rules.lifecycle import Outcome
from trainhub.appeals.service import examining, executing, filing, group, letters
from trainhub.appeals.service.steps import schools_appeal
from trainhub.cases.queries.refs import CaseRef, case_ref
from trainhub.cases.service import duties, intake, interviews, opening, progress, reports, sealing, serving
from trainhub.committees.rules.deciding import ItemKind
from trainhub.demo import case_words as words
from trainhub.demo import plan_tales as plans
from trainhub.demo.case_desk import CaseDesk, Finding
from trainhub.demo.committee import AGO, FIRST, NEXT, SECOND
from trainhub.demo.plan_tales import Lesson, PlanDiary, PlanStory
from trainhub.demo.tale import Tale
from trainhub.education_plans.rules.review import AIMS, ReviewOutcome, Voice
from trainhub.education_plans.service import review, support
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id

_MINUTE = timedelta(minutes=1)
_KNOWN = frozenset({2, 3})
"""Numbers on the agenda of the cases that psychologist and member were given by name."""


@dataclass(slots=True)
class Matter:
    """A case while it is told. ``number`` puts it in its place on the agenda of its sitting."""

    desk: CaseDesk
    key: str
    grade: int
    sitting: str
    number: int
    finding: Finding
    case: CaseRef
    actor: str = ""
    target: str = ""
    determination: str = ""

    @property
    def label(self) -> str:
        """What the agenda says."""
        return f"案 {self.case.label}"

    def at_sitting(self, minutes: int) -> datetime:
        """Its moment in its sitting."""
        return self.desk.moment(AGO[self.sitting], 15, 34) + _MINUTE * (8 * self.number + minutes)


def to_committee(desk: CaseDesk, key: str, grade: int, sitting: str, number: int, finding: Finding, *, of_member: bool = False) -> Tale[Matter]:
    """From the day it was heard of to the committee's finding. ``of_member``: who did it is in the class of a member."""
    now = yield desk.moment(AGO[sitting], 9, 10 + 4 * number, before=7)
    case = desk.open(key, now, severity=finding.tier if finding.outcome == "bullying" else "")
    matter = Matter(desk, key, grade, sitting, number, finding, case)
    now = yield now + 20 * _MINUTE
    own_class = desk.led_by_member if of_member else ""
    matter.actor = desk.party(case, grade, "actor", now, class_id=own_class, guardian=number in _KNOWN)
    matter.target = desk.party(case, grade, "target", now, guardian=number in _KNOWN)
    if number in _KNOWN:
        _need_to_know(desk, case, now)
    now = yield now + timedelta(hours=5)
    for party in (matter.actor, matter.target):
        desk.told(party, "investigation", now)
    opening.start_procedure(desk.session, desk.officer, case.case_id, now)
    now = yield desk.moment(AGO[sitting], 16, 10 + 2 * number, before=3)
    for party in (matter.actor, matter.target):
        desk.told(party, "hearing", now, "heard")
    opening.submit_to_committee(desk.session, desk.officer, case.case_id, now)
    now = yield desk.moment(AGO[sitting], 15, 2 * number, before=2)
    matter.determination = desk.propose(matter.actor, key, finding, now)
    item = desk.agenda(case, [matter.actor], sitting, now)
    now = yield matter.at_sitting(0)
    desk.vote(item, case.case_id, words.GROUNDS if finding.outcome == "bullying" else words.NOT_PROVEN, words.CLAUSES, now, against=number % 2)
    now = yield matter.at_sitting(2)
    desk.adopt(matter.determination, now)
    return matter


def _need_to_know(desk: CaseDesk, case: CaseRef, now: datetime) -> None:
    """The psychologist and one member by name."""
    for key, duty in (("psych", "psychologist"), ("member", "member")):
        account = desk.world.actor(desk.place, key).account_id
        duties.give_duty(desk.session, desk.officer, duties.GiveDuty(case.case_id, account, duty), now)


def _served(matter: Matter) -> Tale[None]:
    """Both sides have it two school days after the sitting."""
    desk = matter.desk
    now = yield desk.moment(AGO[matter.sitting], 10, 5 * matter.number, before=-1)
    for party in (matter.actor, matter.target):
        desk.serve(party, now)


def _planned(matter: Matter, story: PlanStory) -> Tale[PlanDiary]:
    """A plan drafted and approved in the same sitting, served with the finding, and begun."""
    diary = PlanDiary(matter.desk, story)
    now = yield matter.at_sitting(4)
    plans.draft(diary, matter.determination, now)
    now = yield matter.at_sitting(5)
    plans.approve(diary, matter.case.case_id, f"{matter.label} 方案", matter.sitting, now)
    yield from _served(matter)
    yield from plans.begin(diary, matter.actor)
    return diary


def _with_plan(
    desk: CaseDesk, key: str, grade: int, sitting: str, number: int, story: PlanStory, *, of_member: bool = False
) -> Tale[tuple[Matter, PlanDiary]]:
    tier = "minor" if story.minutes < 360 else "heavier"
    finding = Finding(tier, story.minutes, ("apology",))
    matter = yield from to_committee(desk, key, grade, sitting, number, finding, of_member=of_member)
    diary = yield from _planned(matter, story)
    return matter, diary


# --- one tale for each case ----------------------------------------------------------------------------


def completed(desk: CaseDesk) -> Tale[None]:
    """A short plan that is over: weighed in the second sitting; contacts with both children are to come."""
    story = PlanStory({"law": 1, "psychology": 1, "conduct": 1, "family": 1}, 43, 15, (
        Lesson(40, "law", 1), Lesson(35, "psychology", 1), Lesson(30, "conduct", 1), Lesson(25, "family", 1),
    ), 1)
    matter, diary = yield from _with_plan(desk, "first", 7, FIRST, 0, story)
    yield from plans.live(diary)
    now = yield desk.moment(21, 9)
    _voices(diary, now, (Voice.MID_TERM, Voice.PUPIL, Voice.GUARDIAN, Voice.OTHER_SIDE))
    review.open_review(desk.session, desk.secretary, diary.plan_id, now)
    now = yield matter_moment(desk, SECOND, 6)
    item = desk.item(ItemKind.COMPLETION, matter.case.case_id, diary.plan_id, f"{matter.label} 方案完成评议", SECOND, now)
    desk.vote(item, matter.case.case_id, words.DONE_GROUNDS, words.PLAN_CLAUSES, now)
    decision = review.Decide(diary.plan_id, item, ReviewOutcome.COMPLETED, dict.fromkeys(AIMS, "full"), "safe", words.DONE_GROUNDS)
    review.decide_review(desk.session, desk.secretary, desk.ring, decision, now)


def matter_moment(desk: CaseDesk, sitting: str, number: int) -> datetime:
    """A moment late in a sitting, after the matters that are determined there."""
    return desk.moment(AGO[sitting], 15, 34) + _MINUTE * 8 * number


def _voices(diary: PlanDiary, now: datetime, voices: tuple[Voice, ...]) -> None:
    desk = diary.desk
    said = {Voice.MID_TERM: words.MID_TERM, Voice.PUPIL: words.PUPIL_WORDS, Voice.GUARDIAN: words.GUARDIAN_WORDS, Voice.OTHER_SIDE: "近一个月没有再发生，愿意在同一楼层上课。"}
    for voice in voices:
        review.add_voice(desk.session, desk.secretary, desk.ring, review.Say(diary.plan_id, voice, said[voice], now.date()), now)
    conclusion = review.Say(diary.plan_id, Voice.PSYCHOLOGIST, "", now.date(), "enough")
    review.add_voice(desk.session, desk.secretary, desk.ring, conclusion, now)


def waiting_for_review(desk: CaseDesk) -> Tale[None]:
    """All hours are there; the guardian's word is not. On the agenda of the next sitting."""
    story = PlanStory({"law": 4, "psychology": 4, "conduct": 4, "service": 2, "family": 2}, 43, -2, (
        Lesson(42, "law", 2), Lesson(38, "psychology", 2), Lesson(33, "conduct", 2), Lesson(28, "family", 2), Lesson(23, "service", 2),
        Lesson(18, "law", 2), Lesson(13, "psychology", 2), Lesson(7, "conduct", 2),
    ))
    matter, diary = yield from _with_plan(desk, "second", 9, FIRST, 1, story)
    yield from plans.live(diary)
    now = yield desk.moment(4, 15, 20)
    _voices(diary, now, (Voice.MID_TERM, Voice.PUPIL))
    review.open_review(desk.session, desk.secretary, diary.plan_id, now)
    now = yield desk.moment(2, 10, 5)
    desk.item(ItemKind.COMPLETION, matter.case.case_id, diary.plan_id, f"{matter.label} 方案完成评议", NEXT, now)


def with_a_red_line(desk: CaseDesk) -> Tale[None]:
    """One line corrected, one lesson missed and its make-up planned, some minutes without a lesson yet; the other child is looked after."""
    story = PlanStory({"law": 6, "psychology": 5, "conduct": 2, "service": 3, "family": 2}, 43, -20, (
        Lesson(42, "law", 2), Lesson(37, "psychology", 1), Lesson(31, "psychology", 2), Lesson(27, "family", 2), Lesson(23, "service", 2),
        Lesson(17, "conduct", 1), Lesson(8, "law", 2, "not_come"), Lesson(3, "psychology", 2), Lesson(-8, "conduct", 1),
    ))
    matter, diary = yield from _with_plan(desk, "third", 8, FIRST, 2, story)
    now = yield desk.moment(43, 11)
    psychologist = desk.world.actor(desk.place, "psych")
    opened = support.OpenSupport(matter.target, psychologist.account_id, words.SUPPORT_NEEDS)
    support_id = support.open_support(desk.session, desk.officer, desk.ring, opened, now)
    for (kind, note), done in zip(words.SUPPORT_STEPS.items(), (True, True, False), strict=True):
        step = support.AddStep(support_id, kind, note, None if done else desk.days.ahead(4), done)
        support.add_step(desk.session, psychologist, desk.ring, step, now)
    yield from plans.live(diary, range(5))
    yield from plans.correct(diary, 4, 21)
    now = yield desk.moment(16, 16)
    review.add_voice(desk.session, desk.secretary, desk.ring, review.Say(diary.plan_id, Voice.MID_TERM, words.MID_TERM, now.date()), now)
    yield from plans.live(diary, (5, 6))
    yield from plans.make_up(diary, 6, 6, 3)
    yield from plans.live(diary, (7,))


def overdue(desk: CaseDesk) -> Tale[None]:
    """Its day is past and half of it is not done. A member stepped aside from this one: the class is their own."""
    story = PlanStory({"law": 4, "psychology": 4, "conduct": 3, "family": 1}, 43, 5, (
        Lesson(39, "law", 2), Lesson(32, "psychology", 2), Lesson(24, "conduct", 2), Lesson(14, "law", 2, "not_come"),
    ), 1)
    _matter, diary = yield from _with_plan(desk, "fourth", 9, FIRST, 3, story, of_member=True)
    yield from plans.live(diary)


def not_proven(desk: CaseDesk) -> Tale[None]:
    """Not proven: served, closed, sealed in the night."""
    matter = yield from to_committee(desk, "fifth", 7, FIRST, 4, Finding(outcome="not_proven"))
    yield from _served(matter)
    now = yield desk.moment(38, 9, 30)
    progress.close_case(desk.session, desk.officer, matter.case.case_id, now)
    now = yield desk.moment(37, 2, 10)
    sealing.seal_due(desk.session, desk.world.district_id, now, lambda _session, _district, _cases: ())


def overturned(desk: CaseDesk) -> Tale[None]:
    """The county found that it was another child: the entry is recalled, one recipient still holds the finding."""
    matter = yield from to_committee(desk, "sixth", 8, FIRST, 5, Finding("heavier", 360, ("apology", "quality_evaluation")))
    yield from _served(matter)
    now = yield desk.moment(44, 15, 40)
    serving.enter_evaluation(desk.session, desk.ring, desk.officer, matter.determination, now)
    serving.note_told(desk.session, desk.ring, desk.officer, serving.Tell(matter.determination, "homeroom", "年级组长"), now)
    yield from appealed_and_overturned(desk, matter)


def appealed_and_overturned(desk: CaseDesk, matter: Matter) -> Tale[None]:
    """Filed, screened, re-examined by a group of the county, overturned."""
    bureau, lead = desk.world.actor("bureau", "cases"), desk.world.actor("bureau", "review")
    now = yield desk.moment(33, 10, 20)
    command = filing.FileAppeal(matter.determination, matter.actor, "determination", "paper", words.OVERTURN_GROUNDS, now)
    appeal = filing.file_appeal(desk.session, desk.officer, desk.ring, command, now)
    now = yield desk.moment(32, 9, 15)
    filing.admit_appeal(desk.session, bureau, appeal, now)
    now = yield desk.moment(29, 15)
    filing.answer_for_school(desk.session, desk.officer, desk.ring, appeal, words.SCHOOL_ANSWER, now)
    filing.screen_appeal(desk.session, bureau, appeal, procedure_proper=True, facts_clear=False, now=now)
    people = (
        group.NameReviewer("officer", lead.display_name, lead.account_id, is_lead=True),
        group.NameReviewer("officer", desk.world.actor("bureau", "review2").display_name, desk.world.actor("bureau", "review2").account_id),
        group.NameReviewer("school_rep", "外校代表"), group.NameReviewer("parent_rep", "家长代表"), group.NameReviewer("expert", "校外专家"),
    )
    group.form_group(desk.session, bureau, appeal, people, now)
    now = yield desk.moment(13, 9)
    group.begin(desk.session, bureau, appeal, now)
    now = yield desk.moment(4, 16)
    decision = examining.Decision(matter.determination, Outcome.OVERTURN, words.OVERTURN_REASONS, words.CLAUSES, 5, 0)
    examining.decide(desk.session, lead, desk.ring, appeal, [decision], now)
    now = yield desk.moment(3, 10)
    settle_entry(desk, appeal, now)


def settle_entry(desk: CaseDesk, appeal_id: str, now: datetime) -> None:
    """Both sides have their letter, the entry in the quality evaluation is taken back; one of those who were told still holds the finding."""
    bureau = desk.world.actor("bureau", "cases")
    effects = executing.open_effects(desk.session, schools_appeal(desk.session, desk.officer, appeal_id, now))
    told = [effect for effect in effects if effect.kind == "recipient"]
    for effect in effects:
        if effect.kind == "evaluation_entry" or effect in told[:-1]:
            executing.settle_effect(desk.session, desk.officer, effect.id, "综素更正单 03", now)
        elif effect.kind == "service":
            number = letters.issue_letter(desk.session, bureau, effect.id, now)
            executing.note_served(desk.session, bureau, executing.ServeDecision(effect.id, "face", "acknowledged", now), number, now)


def stayed(desk: CaseDesk) -> Tale[None]:
    """Under appeal; the county lets the plan rest meanwhile."""
    story = PlanStory({"law": 4, "psychology": 4, "family": 2}, 13, -20, (
        Lesson(12, "law", 1), Lesson(9, "psychology", 2), Lesson(-1, "law", 2), Lesson(-6, "psychology", 2),
    ))
    matter, diary = yield from _with_plan(desk, "seventh", 7, SECOND, 0, story)
    yield from plans.live(diary, (0, 1))
    now = yield desk.moment(6, 14, 10)
    bureau = desk.world.actor("bureau", "cases")
    command = filing.FileAppeal(matter.determination, matter.actor, "determination", "face", words.APPEAL_GROUNDS, now)
    appeal = filing.file_appeal(desk.session, desk.officer, desk.ring, command, now)
    now = yield desk.moment(5, 9, 30)
    filing.admit_appeal(desk.session, bureau, appeal, now)
    filing.order_stay(desk.session, bureau, desk.ring, appeal, words.STAY, now)


def on_course(desk: CaseDesk) -> Tale[None]:
    """Goes as planned."""
    story = PlanStory({"law": 4, "psychology": 3, "conduct": 2, "service": 2, "family": 1}, 13, -22, (
        Lesson(12, "law", 2), Lesson(9, "psychology", 1), Lesson(5, "conduct", 2), Lesson(-2, "psychology", 2), Lesson(-7, "service", 2),
        Lesson(-12, "law", 2), Lesson(-17, "family", 1),
    ))
    _matter, diary = yield from _with_plan(desk, "eighth", 8, SECOND, 1, story)
    yield from plans.live(diary)


def just_begun(desk: CaseDesk) -> Tale[None]:
    """Its first lesson was this week."""
    story = PlanStory({"law": 3, "psychology": 3, "family": 2}, 6, -25, (
        Lesson(5, "law", 1), Lesson(-4, "psychology", 2), Lesson(-9, "law", 2), Lesson(-14, "family", 2), Lesson(-19, "psychology", 1),
    ), 1)
    _matter, diary = yield from _with_plan(desk, "ninth", 7, SECOND, 2, story)
    yield from plans.live(diary)


def served(desk: CaseDesk) -> Tale[None]:
    """Served, one guardian refusing to sign before two witnesses; its plan is still to be written."""
    matter = yield from to_committee(desk, "tenth", 8, SECOND, 3, Finding("heavier", 360, ("apology", "admonition")))
    now = yield desk.moment(AGO[SECOND], 17, before=-2)
    witnesses = tuple(desk.world.actor(desk.place, key).person_id or "" for key in ("dean", "officer"))
    desk.serve(matter.actor, now, "refused_to_sign", witnesses)
    desk.serve(matter.target, now)


def under_investigation(desk: CaseDesk) -> Tale[None]:
    """Reported by a colleague; grave; the police heard at once, the bureau late, and one side's guardian too."""
    now = yield desk.moment(5, 9, 50)
    text, place, means = words.MATTERS["open"]
    told = intake.ReportConcern(text, new_id(), local_day(now - timedelta(hours=15)), place, means, urgent=True)
    concern = intake.report_concern(desk.session, desk.ring, desk.world.actor(desk.place, "teacher"), told, now).concern_id
    now = yield desk.moment(5, 10, 2)
    accepted = intake.AcceptConcern(concern, severity="serious")
    case = case_ref(desk.session, desk.world.district_id, intake.accept_concern(desk.session, desk.ring, desk.officer, accepted, now))
    opening.write_narrative(desk.session, desk.ring, desk.officer, case.case_id, text, now)
    actor, target = desk.party(case, 9, "actor", now), desk.party(case, 9, "target", now)
    _need_to_know(desk, case, now)
    now = yield now + 13 * _MINUTE
    desk.told(target, "investigation", now, channel="phone")
    _report(desk, case, "police", now)
    now = yield desk.moment(4, 9, 20)
    _report(desk, case, "bureau", now)
    opening.start_procedure(desk.session, desk.officer, case.case_id, now)
    now = yield desk.moment(3, 16, 30)
    desk.told(actor, "investigation", now)
    _talk(desk, case, target, now)


def _report(desk: CaseDesk, case: CaseRef, office: str, now: datetime) -> None:
    facts = {"time": "当日下午放学后", "place": "校门外东侧路口", "course": words.MATTERS["open"][0]}
    reports.record_report(desk.session, desk.ring, desk.officer, reports.RecordReport(case.case_id, "first", "oral", office, now, facts, "值班室"), now)


def _talk(desk: CaseDesk, case: CaseRef, party: str, now: datetime) -> None:
    asked = tuple(desk.world.actor(desk.place, key).person_id or "" for key in ("case", "dean"))
    command = interviews.RecordInterview(
        case.case_id, now - timedelta(minutes=50), now - timedelta(minutes=15), asked, "guardian", "B1 说了当天放学后的经过，记录读给 B1 和监护人听，没有改动。", party,
        place_kind="other", read_back=True,
    )
    interviews.record_interview(desk.session, desk.ring, desk.officer, command, now)


TALES = (
    completed, waiting_for_review, with_a_red_line, overdue, not_proven, overturned, stayed, on_course, just_begun, served, under_investigation,
)
