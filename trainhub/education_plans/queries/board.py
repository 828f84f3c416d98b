"""The board of the committee (screen 13): every plan that is not over, by what wants doing. Codes only; a constant number of statements."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import StandingFinding, guardians_told, standing_findings
from trainhub.committees.queries import MeetingPage, meeting, next_meeting
from trainhub.committees.queries.resolutions import Resolution, resolutions_about
from trainhub.education_plans.models import (
    EducationPlan,
    Escalation,
    GuardianPart,
    PlanBalance,
    PlanLesson,
    PlanModule,
    PlanPause,
    PlanSummary,
)
from trainhub.education_plans.queries.access import visible
from trainhub.education_plans.queries.ledger import names_of
from trainhub.education_plans.registry import under_stay
from trainhub.education_plans.rules.board import GROUPS, Group, Stands, Where, where
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.lifecycle import BEFORE, RESTING, PlanState
from trainhub.education_plans.rules.pace import Pace, Planned, Standing, expected_by, pace, still_reachable
from trainhub.education_plans.rules.review import Material, materials
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import day_bounds, local, local_day
from trainhub.kernel.permissions import Permission
from trainhub.kernel.policy import Policy
from trainhub.roster.queries import calendar, policy_for

_OVER = [s.value for s in (PlanState.COMPLETED, PlanState.ACCEPTED, PlanState.REVOKED)]
MOST_OVER = 300
_ITEM = {PlanState.DRAFTED: "plan", PlanState.REVIEW: "completion", PlanState.NOT_COMPLETED: "escalation"}


@dataclass(frozen=True, slots=True)
class BoardPlan:
    """One plan under its code. Minutes. ``item_id``: the adopted resolution that its next step may use."""

    id: str
    case_id: str
    code: str
    grade: int | None
    state: PlanState
    total: int
    done: int
    booked: int
    make_up: int
    make_up_open: int
    unplanned: int
    waiting: int
    unlogged: int
    pace: Pace
    starts_on: date
    due_on: date
    review_due_on: date | None
    next_at: datetime | None
    next_person: str
    lead: str
    rests_since: date | None
    materials: tuple[Material, ...]
    item_id: str
    item_at: datetime | None
    where: Where

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of what the review still lacks."""
        return tuple(m.key for m in self.materials if not m.there)


@dataclass(frozen=True, slots=True)
class Coming:
    """A lesson of next week under its plan's code."""

    plan_id: str
    code: str
    starts_at: datetime
    kind: str
    makes_up: bool
    rests: bool  # its plan does not run now: it is held only if the rest ends before


@dataclass(frozen=True, slots=True)
class Board:
    """What the page shows. ``period``: minutes of a period by policy, for the eye only."""

    groups: Mapping[Group, tuple[BoardPlan, ...]]
    owed: tuple[StandingFinding, ...]
    coming: tuple[Coming, ...]
    sitting: MeetingPage | None
    completed: int
    policy: Policy
    today: date

    @property
    def plans(self) -> tuple[BoardPlan, ...]:
        """Every plan of the board."""
        return tuple(p for group in GROUPS for p in self.groups[group])


@dataclass(frozen=True, slots=True)
class _Sources:
    """Rows by plan."""

    lessons: Mapping[str, Sequence[Any]]
    rests: Mapping[str, Sequence[Any]]
    items: Mapping[str, Sequence[Resolution]]
    voices: Mapping[str, set[str]]
    parts_open: Mapping[str, int]
    told: frozenset[str]
    referred: frozenset[str]
    stayed: frozenset[str]
    names: Mapping[str, str]
    days: Sequence[date]


def board(session: Session, actor: Actor, now: datetime) -> Board:
    """Every plan that is there for the actor and not over. A constant number of statements, however many there are."""
    today = local_day(now)
    query = (
        select(EducationPlan, PlanBalance)
        .outerjoin(PlanBalance, and_(PlanBalance.district_id == EducationPlan.district_id, PlanBalance.plan_id == EducationPlan.id))
        .where(
            visible(actor, Permission.PLAN_READ, now), EducationPlan.state.not_in(_OVER),
            or_(EducationPlan.ended_at.is_(None), EducationPlan.state == PlanState.NOT_COMPLETED.value),
        ).order_by(EducationPlan.year, EducationPlan.number)
    )
    rows = session.execute(query).all()
    found = _sources(session, actor, rows, today)
    plans = [_plan(plan, balance, found, now) for plan, balance in rows]
    groups = {g: tuple(sorted((p for p in plans if p.where.group == g), key=lambda p: (p.where.urgency, p.code))) for g in GROUPS}
    return Board(
        groups, _owed(session, actor, now), _coming(rows, found, today), _sitting(session, actor, now), _completed(session, actor, now),
        policy_for(session, actor.district_id, actor.org_id, today), today,
    )


def _sources(session: Session, actor: Actor, rows: Sequence[Any], today: date) -> _Sources:
    ids = [plan.id for plan, _balance in rows]
    at_review = [plan.id for plan, _balance in rows if plan.state in {PlanState.HOURS_REACHED, PlanState.REVIEW}]
    of = {"district_id": actor.district_id}
    lessons = _by_plan(session.connection().execute(  # thousands of plain rows: nothing of the unit of work is wanted
        select(
            PlanLesson.plan_id, PlanLesson.starts_at, PlanLesson.ends_at, PlanLesson.minutes, PlanLesson.state, PlanLesson.makes_up_id,
            PlanModule.kind, func.coalesce(PlanLesson.instructor_id, PlanModule.instructor_id).label("instructor_id"),
        ).join(PlanModule, and_(PlanModule.district_id == PlanLesson.district_id, PlanModule.id == PlanLesson.module_id))
        .where(PlanLesson.district_id == actor.district_id, PlanLesson.plan_id.in_(ids), PlanLesson.state != "cancelled")
        .order_by(PlanLesson.starts_at)
    ))
    rests = _by_plan(session.execute(
        select(PlanPause.plan_id, PlanPause.from_on, PlanPause.to_on).filter_by(**of).where(PlanPause.plan_id.in_(ids)).order_by(PlanPause.from_on)
    ))
    voices = _by_plan(session.execute(select(PlanSummary.plan_id, PlanSummary.kind).filter_by(**of).where(PlanSummary.plan_id.in_(at_review))))
    parts = session.execute(select(GuardianPart.plan_id, func.count()).filter_by(**of).where(
        GuardianPart.plan_id.in_(at_review), GuardianPart.done_at.is_(None), GuardianPart.waived_reason == ""
    ).group_by(GuardianPart.plan_id))
    referred = session.scalars(select(Escalation.plan_id).filter_by(**of).where(
        Escalation.plan_id.in_(ids), Escalation.kind == "special_school_referral", Escalation.state == "referred"
    ))
    people = {plan.lead_person_id for plan, _balance in rows} | {x.instructor_id for xs in lessons.values() for x in xs if x.state == "planned"}
    return _Sources(
        lessons, rests, resolutions_about(session, actor.district_id, ids), {k: {v.kind for v in vs} for k, vs in voices.items()},
        {row[0]: row[1] for row in parts}, guardians_told(session, actor.district_id, "plan", ids), frozenset(referred),
        under_stay(session, actor.district_id, {plan.determination_id for plan, _balance in rows if PlanState(plan.state) in BEFORE}),
        names_of(session, actor.district_id, {p for p in people if p}), _school_days(session, actor, rows, today),
    )


def _by_plan(rows: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.plan_id].append(row)
    return found


def _school_days(session: Session, actor: Actor, rows: Sequence[Any], today: date) -> list[date]:
    """School days from the first plan's beginning to the last one's end."""
    first = min((plan.starts_on for plan, _balance in rows), default=today)
    last = max((plan.due_on for plan, _balance in rows), default=today)
    school = next((plan.school_id for plan, _balance in rows), actor.org_id)
    book = calendar(session, actor.district_id, school, first, last)
    return [d for n in range((last - first).days + 1) if book.kind(d := first + timedelta(days=n)).teaching]


def _plan(plan: EducationPlan, balance: PlanBalance | None, found: _Sources, now: datetime) -> BoardPlan:
    b, state, today = balance or _nothing(), PlanState(plan.state), local_day(now)
    make_up_open = b.make_up_minutes - b.make_up_booked_minutes
    unplanned = max(0, plan.total_minutes - b.done_minutes - b.waiting_minutes - b.make_up_minutes - b.booked_minutes)
    there = _materials(plan, b, found) if state in {PlanState.HOURS_REACHED, PlanState.REVIEW} else ()
    stands = _pace(plan, b, make_up_open, unplanned, found, today)
    item, word = _item(found.items.get(plan.id, ()), _ITEM.get(state, ""))
    place = where(Stands(
        state, today, plan.due_on, stands, make_up_open, unplanned, b.waiting_count, word, plan.id in found.told,
        tuple(m.key for m in there if not m.there), state is PlanState.REVIEW and b.done_minutes < plan.total_minutes, plan.review_due_on,
        plan.id in found.referred, state in BEFORE and plan.determination_id in found.stayed,
    ))
    rests = found.rests.get(plan.id, ())
    planned = [x for x in found.lessons.get(plan.id, ()) if x.state == "planned"]
    coming = next((x for x in planned if x.ends_at > now), None)
    return BoardPlan(
        plan.id, plan.case_id, code_of(plan.year, plan.number), plan.grade, state, plan.total_minutes, b.done_minutes, b.booked_minutes,
        b.make_up_minutes, make_up_open, unplanned, b.waiting_count, sum(x.ends_at <= now for x in planned), stands, plan.starts_on, plan.due_on,
        plan.review_due_on, coming.starts_at if coming else None, found.names.get(coming.instructor_id if coming else "", ""),
        found.names.get(plan.lead_person_id or "", ""),
        rests[-1].from_on if rests and rests[-1].to_on is None else None, there,
        item.item_id if item and word == "adopted" else "", item.held_at if item else None, place,
    )


def _nothing() -> PlanBalance:
    return PlanBalance(done_minutes=0, waiting_minutes=0, waiting_count=0, booked_minutes=0, make_up_minutes=0, make_up_booked_minutes=0)


def _item(items: Sequence[Resolution], kind: str) -> tuple[Resolution | None, str]:
    """The newest word of the committee for the step: adopted and not used yet, or still open."""
    for one in reversed(items):
        if one.kind == kind and one.usable:
            return one, "adopted"
        if one.kind == kind and one.outcome is None:
            return one, "open"
    return None, ""


def _materials(plan: EducationPlan, balance: PlanBalance, found: _Sources) -> tuple[Material, ...]:
    return materials(
        determination=True, guardian_told=plan.id in found.told, voices=found.voices.get(plan.id, ()),
        hours=balance.done_minutes >= plan.total_minutes, guardian_parts_open=found.parts_open.get(plan.id, 0),
    )


def _pace(plan: EducationPlan, b: PlanBalance, make_up_open: int, unplanned: int, found: _Sources, today: date) -> Pace:
    """The same arithmetic as on the plan's own page."""
    rests = found.rests.get(plan.id, ())
    days = found.days[bisect_left(found.days, plan.starts_on):bisect_right(found.days, plan.due_on)]
    if rests:
        days = [d for d in days if not any(r.from_on <= d and (r.to_on is None or d < r.to_on) for r in rests)]
    lessons = [(local_day(x.starts_at), x) for x in found.lessons.get(plan.id, ())]
    expected = expected_by(today, plan.total_minutes, [Planned(day, x.minutes) for day, x in lessons if x.makes_up_id is None], days)
    ahead = [day for day, x in lessons if x.state == "planned" and day >= today]
    fit = still_reachable(unplanned + make_up_open, days[bisect_left(days, today):], plan.per_week, plan.lesson_minutes, ahead)
    standing = Standing(plan.total_minutes, b.done_minutes + b.waiting_minutes, make_up_open, unplanned + make_up_open, plan.lesson_minutes)
    return pace(today, plan.due_on, expected, standing, fit)


def _coming(rows: Sequence[Any], found: _Sources, today: date) -> tuple[Coming, ...]:
    """Lessons of the next seven days, from tomorrow."""
    first = today + timedelta(days=1)
    begins, ends = day_bounds(first)[0], day_bounds(first + timedelta(days=6))[1]
    return tuple(sorted(
        (
            Coming(plan.id, code_of(plan.year, plan.number), x.starts_at, x.kind, x.makes_up_id is not None, PlanState(plan.state) in RESTING)
            for plan, _balance in rows for x in found.lessons.get(plan.id, ()) if x.state == "planned" and begins <= x.starts_at < ends
        ),
        key=lambda c: (c.starts_at, c.code),
    ))


def _sitting(session: Session, actor: Actor, now: datetime) -> MeetingPage | None:
    if not actor.can(Permission.COMMITTEE_READ) or not actor.scope(Permission.COMMITTEE_READ).covers_school(actor.org_id):
        return None
    scope = actor.scope(Permission.COMMITTEE_READ)
    coming = next_meeting(session, scope, actor.org_id, now)
    return meeting(session, scope, actor, coming.id) if coming is not None else None


def _owed(session: Session, actor: Actor, now: datetime) -> tuple[StandingFinding, ...]:
    """Standing findings that have no plan yet (SA42), of the actor's own pupils. One statement."""
    if not actor.can(Permission.PLAN_WRITE) or not actor.can(Permission.CASE_READ):
        return ()
    having = select(EducationPlan.party_id).where(EducationPlan.district_id == actor.district_id, EducationPlan.state != PlanState.REVOKED.value)
    scope = actor.scope(Permission.PLAN_WRITE)
    return tuple(f for f in standing_findings(session, actor, now, without=having) if scope.covers_school(f.party_school_id))


@dataclass(frozen=True, slots=True)
class OverPlan:
    """A plan that is over, under its code. Minutes."""

    id: str
    code: str
    grade: int | None
    state: str
    total: int
    done: int
    ended_at: datetime | None


def plans_over(session: Session, actor: Actor, now: datetime) -> tuple[OverPlan, ...]:
    """Plans that ended and are not sealed, newest first: completed, escalated, taken over by another school. One statement.

    What was revoked is not among them: a finding that fell leaves no list behind (domain.md case 69).
    """
    query = (
        select(EducationPlan, PlanBalance.done_minutes)
        .outerjoin(PlanBalance, and_(PlanBalance.district_id == EducationPlan.district_id, PlanBalance.plan_id == EducationPlan.id))
        .where(visible(actor, Permission.PLAN_READ, now), EducationPlan.ended_at.is_not(None), EducationPlan.state != PlanState.REVOKED.value)
        .order_by(EducationPlan.ended_at.desc(), EducationPlan.id).limit(MOST_OVER)
    )
    return tuple(
        OverPlan(p.id, code_of(p.year, p.number), p.grade, p.state, p.total_minutes, done or 0, p.ended_at) for p, done in session.execute(query)
    )


def _completed(session: Session, actor: Actor, now: datetime) -> int:
    """How many plans were completed since 1 September."""
    day = local(now).date()
    first = date(day.year if day.month >= 9 else day.year - 1, 9, 1)
    query = select(func.count()).select_from(EducationPlan).where(
        visible(actor, Permission.PLAN_READ, now), EducationPlan.state == PlanState.COMPLETED.value, EducationPlan.ended_at >= day_bounds(first)[0]
    )
    return int(session.scalar(query) or 0)
