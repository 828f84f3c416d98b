"""A plan as its page shows it (screen 12): figures, pace, ledger, process. By role only what :mod:`rules.fields` gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import (
    EducationPlan,
    GuardianPart,
    PlanBalance,
    PlanLesson,
    PlanPause,
    PlanStep,
    PlanSummary,
)
from trainhub.education_plans.queries.ledger import PLAN, Ledger, hours_ledger, names_of, own_lines
from trainhub.education_plans.rules.fields import Fields, code_of, fields_for
from trainhub.education_plans.rules.hours import Tally
from trainhub.education_plans.rules.pace import Pace, Planned, Standing, expected_by, pace, still_reachable
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.opening import Opening
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import calendar, policy_for


@dataclass(frozen=True, slots=True)
class Figures:
    """Key figures in minutes. ``unplanned``: owed and in no lesson, missed ones apart. ``percent`` is capped at 100 (case 72)."""

    total: int
    done: int
    waiting: int
    waiting_count: int
    make_up: int
    make_up_booked: int
    booked: int
    overrun: int

    @property
    def unplanned(self) -> int:
        """Owed, and neither done, waiting, booked nor to be made up."""
        return max(0, self.total - self.done - self.waiting - self.make_up - self.booked)

    @property
    def overbooked(self) -> int:
        """Booked beyond what is owed: nothing is wrong with it, and nobody should wonder."""
        return max(0, self.booked - max(0, self.total - self.done - self.waiting)) if self.booked else 0

    @property
    def percent(self) -> int:
        """Done of the total, never more than 100."""
        return min(100, self.done * 100 // self.total)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the process: what, from where to where, when."""

    step: str
    before: str
    after: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """A mid-term word, unsealed under the ticket of the page."""

    words: str
    said_on: date


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the two lines of the chart: minutes reached on a day."""

    day: date
    minutes: int


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Everything the page shows. ``period``: minutes of a period by policy, for the eye only."""

    id: str
    case_id: str
    party_id: str
    school_id: str
    code: str
    grade: int | None
    state: str
    starts_on: date
    due_on: date
    review_due_on: date | None
    extended: bool
    period: int
    fields: Fields
    figures: Figures
    pace: Pace
    ledger: Ledger
    planned_line: tuple[Point, ...]
    done_line: tuple[Point, ...]
    steps: tuple[Step, ...]
    summaries: tuple[Summary, ...]
    people: tuple[tuple[str, str], ...]
    guardian_parts: tuple[tuple[str, bool], ...]
    opened_at: datetime
    erratum: bool = False  # an hour was taken back after the end, and the committee has not decided yet


def plan_page(session: Session, ring: KeyRing, opening: Opening, actor: Actor, plan: EducationPlan, now: datetime) -> PlanPage:
    """The page of a plan that is there for the actor, under the ticket for it. A constant number of statements. Raises UnloggedRead."""
    opening.require(plan.district_id, PLAN, plan.id)
    fields, today = fields_for(actor.role), local_day(now)
    ledger = hours_ledger(session, ring, opening, plan, now, words=fields.words)
    balance = session.get(PlanBalance, (plan.district_id, plan.id))
    figures = _figures(plan, balance, ledger.tally)
    lessons = _lessons(session, plan)
    days = running_days(session, plan, today)
    stands, expected = _pace(plan, figures, lessons, days, today)
    policy = policy_for(session, plan.district_id, plan.school_id, today)
    shown = ledger if fields.ledger == "all" else own_lines(ledger, actor.person_id if fields.ledger == "own" else None)
    return PlanPage(
        plan.id, plan.case_id, plan.party_id, plan.school_id, code_of(plan.year, plan.number), plan.grade, plan.state, plan.starts_on, plan.due_on,
        plan.review_due_on, plan.extended_count > 0, policy["period_minutes"], fields, figures, stands, shown, expected,
        _done_line(plan, ledger, today), _steps(session, plan), _summaries(session, ring, plan) if fields.file else (),
        _people(session, plan, ledger) if fields.file else (), _parts(session, plan) if fields.file else (), opening.at,
        plan.erratum_at is not None,
    )


def _figures(plan: EducationPlan, balance: PlanBalance | None, sums: Tally) -> Figures:
    if balance is None:
        return Figures(plan.total_minutes, sums.done, sums.waiting, sums.waiting_count, 0, 0, 0, sums.overrun)
    return Figures(
        plan.total_minutes, balance.done_minutes, balance.waiting_minutes, balance.waiting_count, balance.make_up_minutes,
        balance.make_up_booked_minutes, balance.booked_minutes, sums.overrun,
    )


def _lessons(session: Session, plan: EducationPlan) -> Sequence[PlanLesson]:
    query = select(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.state != "cancelled"
    ).order_by(PlanLesson.starts_at)
    return session.scalars(query).all()


def running_days(session: Session, plan: EducationPlan, today: date) -> list[date]:
    """School days of a plan on which it runs, ascending: vacations and rests are no days of it (case 77). Four statements."""
    last = plan.due_on
    book = calendar(session, plan.district_id, plan.school_id, plan.starts_on, last)
    rests = session.execute(select(PlanPause.from_on, PlanPause.to_on).where(
        PlanPause.district_id == plan.district_id, PlanPause.plan_id == plan.id
    )).all()
    days = (plan.starts_on + timedelta(days=n) for n in range((last - plan.starts_on).days + 1))
    return [d for d in days if book.kind(d).teaching and not any(r.from_on <= d and (r.to_on is None or d < r.to_on) for r in rests)]


def time_over(session: Session, plan: EducationPlan, today: date) -> bool:
    """Whether a plan is out of time: its last day is past, or it fell behind and what is owed does not fit before it any more.

    At most seven statements.
    """
    if today > plan.due_on:
        return True
    figures = _figures(plan, session.get(PlanBalance, (plan.district_id, plan.id)), Tally())
    stands = pace_today(session, plan, today)
    return not stands.fit.fits and (stands.behind > 0 or figures.make_up > 0)


def pace_today(session: Session, plan: EducationPlan, today: date) -> Pace:
    """How a plan stands today by its balance, as its page says it. At most seven statements."""
    figures = _figures(plan, session.get(PlanBalance, (plan.district_id, plan.id)), Tally())
    return _pace(plan, figures, _lessons(session, plan), running_days(session, plan, today), today)[0]


def _pace(plan: EducationPlan, figures: Figures, lessons: Sequence[PlanLesson], days: Sequence[date], today: date) -> tuple[Pace, tuple[Point, ...]]:
    planned = [Planned(local_day(x.starts_at), x.minutes) for x in lessons if x.makes_up_id is None]
    open_ones = figures.make_up - figures.make_up_booked
    unbooked = figures.unplanned + open_ones
    booked = [local_day(x.starts_at) for x in lessons if x.state == "planned" and local_day(x.starts_at) >= today]
    fit = still_reachable(unbooked, [d for d in days if d >= today], plan.per_week, plan.lesson_minutes, booked)
    standing = Standing(figures.total, figures.done + figures.waiting, open_ones, unbooked, plan.lesson_minutes)
    expected = expected_by(today, plan.total_minutes, planned, days)
    marks = sorted({plan.starts_on, plan.due_on, today, *(x.day for x in planned), *days[::5]})
    line = tuple(Point(d, expected_by(d, plan.total_minutes, planned, days)) for d in marks if plan.starts_on <= d <= plan.due_on)
    return pace(today, plan.due_on, expected, standing, fit), line


def _done_line(plan: EducationPlan, ledger: Ledger, today: date) -> tuple[Point, ...]:
    """What counted, by the day of the lesson (of the correction, for a red line and what stands in its place), up to today."""
    settled = {"confirmed", "reversed"}
    counted = sorted(
        (local_day(r.second_at if r.about and r.state in settled and r.second_at else r.starts_at), r.counted)
        for r in ledger.rows if r.counted and r.starts_at is not None
    )
    line, total = [Point(plan.starts_on, 0)], 0
    for day, minutes in counted:
        total += minutes
        line.append(Point(min(max(day, plan.starts_on), plan.due_on), total))
    line.append(Point(min(max(today, plan.starts_on), plan.due_on), total))
    return tuple(line)


def _steps(session: Session, plan: EducationPlan) -> tuple[Step, ...]:
    query = select(PlanStep.step, PlanStep.from_state, PlanStep.to_state, PlanStep.recorded_at).where(
        PlanStep.district_id == plan.district_id, PlanStep.plan_id == plan.id
    ).order_by(PlanStep.recorded_at, PlanStep.id)
    return tuple(Step(*row) for row in session.execute(query))


def _summaries(session: Session, ring: KeyRing, plan: EducationPlan) -> tuple[Summary, ...]:
    rows = session.scalars(select(PlanSummary).where(
        PlanSummary.district_id == plan.district_id, PlanSummary.plan_id == plan.id, PlanSummary.kind == "mid_term"
    ).order_by(PlanSummary.said_on, PlanSummary.entered_at))
    return tuple(
        Summary(ring.unseal(row.sealed_text, place("plan_summary", "sealed_text", row.id)), row.said_on) for row in rows if row.sealed_text
    )


def _people(session: Session, plan: EducationPlan, ledger: Ledger) -> tuple[tuple[str, str], ...]:
    """Who has to do with a plan: (part, name); the pupil's side is not among them."""
    names = names_of(session, plan.district_id, {p for p in (plan.lead_person_id, plan.psychologist_id) if p})
    found = [(part, names.get(key or "", "")) for part, key in (("lead", plan.lead_person_id), ("psychologist", plan.psychologist_id))]
    teachers = dict.fromkeys(r.instructor for r in ledger.rows if r.instructor and r.state != "reversal")
    known = {name for _part, name in found}
    return tuple([pair for pair in found if pair[1]] + [("instructor", name) for name in teachers if name not in known])


def _parts(session: Session, plan: EducationPlan) -> tuple[tuple[str, bool], ...]:
    rows = session.execute(select(GuardianPart.kind, GuardianPart.done_at).where(
        GuardianPart.district_id == plan.district_id, GuardianPart.plan_id == plan.id, GuardianPart.waived_reason == ""
    ).order_by(GuardianPart.due_on, GuardianPart.id))
    return tuple((row.kind, row.done_at is not None) for row in rows)
