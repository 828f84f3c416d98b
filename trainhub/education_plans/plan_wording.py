"""Words of the board, the draft, the schedule and the review. Neutral where others may look on; numbers beside every state."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from trainhub.education_plans.hour_wording import MATERIALS
from trainhub.education_plans.plan_messages import FAULTS
from trainhub.education_plans.queries.board import BoardPlan
from trainhub.education_plans.rules.fields import tenths
from trainhub.education_plans.rules.lifecycle import PlanStepRefused
from trainhub.education_plans.service.drafting import DraftRefused
from trainhub.education_plans.service.scheduling import LessonRefused
from trainhub.kernel.errors import DomainError
from trainhub.web.errors import sentence
from trainhub.web.i18n import day_text

GROUPS: dict[str, tuple[Any, Any]] = {
    "now": (_l("To do now"), _l("by urgency")), "others": (_l("Waiting for others"), _l("time does not run during an appeal; nothing here is late")),
    "on_course": (_l("On course"), ""),
}
STEPS: dict[str, Any] = {
    "agenda_plan": _l("Put on the next sitting"), "agenda_completion": _l("Put on the next sitting"), "agenda_escalation": _l("Put on the next sitting"),
    "approve": _l("Record the approval"), "tell": _l("Tell the guardian"), "note_told": _l("Note that the guardian knows"), "start": _l("Start the plan"),
    "book_make_up": _l("Book the make-up"), "book_rest": _l("Book the rest"), "confirm": _l("Confirm hours"), "view_appeal": _l("See the file"),
    "open_review": _l("Open the review"), "review": _l("Gather what is missing"), "decide": _l("Record the decision"), "escalate": _l("Record what follows"),
    "steps": _l("See the steps"), "view": _l("See it"),
}
STEP_PAGES: dict[str, str] = {
    "book_make_up": "education_plans.schedule", "book_rest": "education_plans.schedule", "confirm": "education_plans.confirm_queue",
    "open_review": "education_plans.review_page", "review": "education_plans.review_page", "decide": "education_plans.review_page",
    "agenda_completion": "education_plans.review_page", "agenda_escalation": "education_plans.review_page", "escalate": "education_plans.review_page",
    "view": "education_plans.plan", "view_appeal": "education_plans.plan",
}
"""Which page a step is done on; every other step is on the page of the steps."""
OBJECTIONS: dict[str, Any] = {
    "outside_plan": _l("outside the days of the plan"), "no_school_day": _l("no school that day"), "resting": _l("the plan rests then"),
    "exam": _l("an exam"), "other_child": _l("the other side is nearby at that time"), "same_room": _l("the same room as the other side, or on the way to it"),
    "same_way": _l("the same way as the other side"), "instructor_conflict": _l("this instructor may not teach in this plan"),
    "instructor_busy": _l("the instructor has something else"), "pupil_busy": _l("the pupil has another lesson of a plan"),
    "daily_minutes": _l("more than is allowed on one day"), "class_time": _l("a lesson of the class"),
    "same_subject": _l("the same subject was missed within four weeks"), "past": _l("that time is over"), "no_instructor": _l("nobody is named to teach it"), "made_up": _l("a make-up is booked already"),
}
GUARDIAN_PARTS: dict[str, Any] = {
    "lesson_with": _l("takes part in a lesson"), "talk": _l("talks with the school"), "home_task": _l("a task at home"), "reading": _l("a guide to read"),
}
WAIVED_WORDS: dict[str, Any] = {
    "refused": _l("the guardian refuses"), "not_reached": _l("the guardian cannot be reached"), "not_able": _l("the guardian is not able to"),
    "not_safe": _l("it would not be good for the child"), "other_form": _l("done in another way"),
}
AVOIDED: dict[str, Any] = {
    "slot": _l("a time of the other side (club, lesson)"), "exam": _l("an exam"), "room": _l("a room"), "route": _l("a way at a time"),
    "person": _l("a person who may not teach"),
}
WEEKDAYS: tuple[Any, ...] = (_l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun"))
ASSESSMENTS: dict[str, Any] = {
    "committee": _l("the committee judges as a whole"), "products": _l("by what the pupil made and kept to"), "observation": _l("by what is seen in daily school life"),
}
RESTS: dict[str, Any] = {"vacation": _l("vacation"), "illness": _l("illness"), "safety": _l("safety, on the psychologist's word")}
AIM_WORDS: dict[str, Any] = {
    "understands_conduct": _l("sees what was done and why it is wrong"), "understands_harm": _l("understands what it did to the other"),
    "controls_conduct": _l("can hold back"), "made_good": _l("has made good"), "keeps_rules": _l("keeps the rules now"),
}
LEVEL_WORDS: dict[str, Any] = {"full": _l("reached"), "part": _l("partly"), "not": _l("not there yet")}
OTHER_SIDE_WORDS: dict[str, Any] = {
    "safe": _l("safe"), "uneasy": _l("uneasy"), "unsafe": _l("not safe"), "not_asked": _l("not asked"),
}
OUTCOMES: dict[str, Any] = {"completed": _l("completed"), "extended": _l("extended once"), "not_completed": _l("not completed")}
CONCLUSION_WORDS: dict[str, Any] = {"enough": _l("enough has changed"), "part": _l("partly"), "not_yet": _l("not there yet")}
VOICES: dict[str, Any] = {
    "mid_term": _l("Mid-term word"), "pupil": _l("The pupil's own words"), "guardian": _l("The guardian's opinion"), "instructor": _l("An instructor's word"),
    "psychologist": _l("Psychologist's conclusion"), "other_side": _l("How the other side is"),
}
DOUBTS: dict[str, Any] = {
    "aim_not_reached": _l("An aim is not reached yet."), "aim_unrated": _l("Not every aim is judged. Judge each of them."),
    "other_side_unsafe": _l("The other side is not safe. A plan is not closed while that is so."),
    "other_side_not_asked": _l("Nobody asked how the other side is."), "psychologist_not_yet": _l("The psychologist says: not yet."),
    "all_reached": _l("Every aim is reached and the other side is safe."),
}
ESCALATIONS: dict[str, Any] = {
    "stronger_measure": _l("a stronger measure"), "guardian_duty": _l("the guardian is reminded of their duty"), "police": _l("referred to the police"),
    "special_school_referral": _l("referred to the guidance committee for special schools"),
}
ANSWERS: dict[str, Any] = {"placed": _l("placed there"), "not_placed": _l("not placed"), "returned_home": _l("back at this school")}
CONTACT_STATES: dict[str, tuple[str, Any]] = {
    "scheduled": ("todo", _l("to come")), "done": ("ok", _l("made")), "relapse": ("gap", _l("happened again")), "not_reachable": ("hold", _l("not reached")),
    "dropped": ("hold", _l("dropped with the finding")),
}
FINDINGS: dict[str, Any] = {"well": _l("well"), "uneasy": _l("uneasy"), "unsafe": _l("not safe")}
SIDES: dict[str, Any] = {"actor": _l("after a plan"), "target": _l("the other side")}
MISSING: dict[str, Any] = {
    "follow_ups": _l("contacts are still to be made"), "plans_open": _l("a plan is not over"), "plans_owed": _l("a plan is still to be made"),
    "appeals": _l("an appeal runs"), "corrections": _l("somebody still holds a finding that fell"),
    "modules": _l("modules for all minutes"), "instructors": _l("an instructor for every module"), "protection": _l("how the other side is protected"),
    "resolution": _l("the committee's word on exactly this draft"), "determination": _l("a finding that stands"), "guardian_told": _l("the guardian's knowledge"),
    "hours": _l("the hours"), "hours_or_time": _l("the hours, or the end of the plan's time"), "pupil_heard": _l("the pupil's own words"), "guardian_heard": _l("the guardian's opinion"),
    "psychologist": _l("the psychologist's conclusion"), "guardian_parts": _l("the guardian's parts"), "reason": _l("the reason"),
    "extended_once": _l("it was extended once already"), "hours_owed": _l("hours that are owed"), "resume_state": _l("the end of its rest"),
    "receiver": _l("the receiving school"),
}
GOALS: dict[str, Any] = {
    "minor": _l("Knows where the line is and says what was done. Makes good what can be made good. Keeps three things that can be seen."),
    "heavier": _l("Knows where the line is and names what was done without excuses. Understands what it did to the other. Makes good in a way the other side accepts. Holds back when provoked."),
    "serious": _l("Knows where the line is, what the law says and what comes next. Understands what it did to the other. Holds back when provoked and knows whom to go to. Makes good step by step; keeps clear of the other side."),
}


_STANDS: dict[str, Any] = {
    "draft": _l("draft"), "resolved": _l("decided"), "on_agenda": _l("on the agenda"), "approved": _l("approved by the committee"), "notified": _l("guardian told"),
    "stayed": _l("appeal, time stopped"), "paused": _l("at rest"), "hours_reached": _l("hours reached"), "review_missing": _l("waits for the review"),
    "review_ready": _l("ready for the review"), "not_completed": _l("not completed"), "referred": _l("referred"), "handed_over": _l("being handed over"),
    "escalated": _l("stronger step decided"), "behind": _l("behind"), "watch": _l("needs attention"), "on_course": _l("on course"),
}


def missing_words(codes: Iterable[str]) -> str:
    """What a step lacks, in words."""
    return str(_(", ")).join(str(MISSING.get(code, code)) for code in codes)


def objection_words(codes: Iterable[str]) -> str:
    """What stands against a lesson, in words."""
    return str(_(", ")).join(str(OBJECTIONS.get(code, code)) for code in codes)


def refusal(problem: DomainError | None) -> str:
    """Why something was refused; for a lesson each reason by name."""
    if isinstance(problem, LessonRefused) and (codes := problem.params.get("objections")):
        return str(_("The lesson cannot lie there: %(why)s. Choose another time or room.", why=objection_words(codes)))
    return sentence(problem) if problem else ""


def draft_fault(problem: DomainError | None) -> tuple[str, str]:
    """The field of a draft or a change that is wrong, and the sentence beside it."""
    if problem is None:
        return "", ""
    if isinstance(problem, DraftRefused) and (fault := problem.params.get("fault")) in FAULTS:
        return problem.field or "", str(FAULTS[str(fault)]) % problem.params
    if isinstance(problem, PlanStepRefused) and (missing := problem.params.get("missing")):
        return "", str(_("Not possible: %(what)s.", what=missing_words(missing)))
    return problem.field or "modules", sentence(problem)


def state_word(plan: BoardPlan, today: date) -> str:
    """The state of a plan on the board, short."""
    overdue = (today - plan.due_on).days
    if plan.where.word == "overdue":
        return str(ngettext("%(num)s day late", "%(num)s days late", overdue))
    if plan.where.word == "review_late" and plan.review_due_on:
        return str(ngettext("review %(num)s day late", "review %(num)s days late", (today - plan.review_due_on).days))
    return str(_STANDS.get(plan.where.word, plan.where.word))


def state_line(plan: BoardPlan, period: int, today: date) -> str:
    """The line under the state: numbers, days, what is missing."""
    word = plan.where.word
    said = _of_hours(plan, period) if word in {"overdue", "behind", "watch"} else _of_papers(plan) if word in _AT_REVIEW else _of_steps(plan, period)
    if plan.make_up and word in {"overdue", "behind", "watch", "on_course"}:
        said.append(_("%(n)s periods missed", n=tenths(plan.make_up, period)) + (_(", not booked yet") if plan.make_up_open else _(", booked")))
    if plan.waiting:
        said.append(_("%(n)s entries to be confirmed", n=plan.waiting))
    if plan.unlogged:
        said.append(_("%(n)s lessons not logged", n=plan.unlogged))
    return str(_("; ")).join(str(x) for x in said)


_AT_REVIEW = {"review_missing", "review_ready", "review_late", "hours_reached"}


def _of_hours(plan: BoardPlan, period: int) -> list[Any]:
    if plan.where.word == "overdue":
        return [_("planned to be done by %(day)s, %(n)s periods left", day=day_text(plan.due_on, weekday=False), n=tenths(plan.total - plan.done, period))]
    said = [_("%(n)s periods fewer than planned", n=tenths(plan.pace.behind, period))] if plan.pace.behind else []
    fit = plan.pace.fit
    return said + ([_("%(n)s lessons still to book, %(free)s places left", n=fit.lessons, free=fit.free)] if fit.lessons else [])


def _of_papers(plan: BoardPlan) -> list[Any]:
    there = len(plan.materials) - len(plan.missing)
    papers = {"there": there, "all": len(plan.materials)}
    if plan.done < plan.total:
        return [_("time over with %(done)s of %(total)s minutes, papers %(there)s/%(all)s", done=plan.done, total=plan.total, **papers)]
    said = [_("hours complete, papers %(there)s/%(all)s", **papers)]
    return said + ([_("missing: %(what)s", what=str(_(", ")).join(str(MATERIALS[k]) for k in plan.missing))] if plan.missing else [])


def _of_steps(plan: BoardPlan, period: int) -> list[Any]:
    match plan.where.word:
        case "stayed" | "paused" if plan.rests_since:
            return [_("since %(day)s; the last day moves by as long", day=day_text(plan.rests_since, weekday=False))]
        case "resolved" | "on_agenda" if plan.item_at:
            return [_("sitting of %(day)s", day=day_text(plan.item_at))]
        case "draft":
            first, last = day_text(plan.starts_on, weekday=False), day_text(plan.due_on, weekday=False)
            return [_("%(n)s periods, %(first)s to %(last)s", n=tenths(plan.total, period), first=first, last=last)]
        case "approved":
            return [_("waits for the guardian's knowledge; a refusal to sign before two witnesses is enough")]
    return []
