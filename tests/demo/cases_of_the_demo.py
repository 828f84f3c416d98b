"""What must be true of the committee's story, looked at from outside."""

import re
from collections import Counter
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, AppealEffect
from trainhub.cases.models import CaseFile, CaseStep, Concern, Determination
from trainhub.committees.models import CommitteeMeeting, Recusal
from trainhub.committees.queries import on_day
from trainhub.demo.manifest import SeededDistrict
from trainhub.education_plans.models import (
    EducationPlan,
    FollowUp,
    HourEntry,
    PlanBalance,
    PlanLesson,
    PlanStep,
    SupportPlan,
)
from trainhub.education_plans.service.balance import rebuild_balance
from trainhub.kernel.clock import local_day
from trainhub.ledger.models import LedgerPayload
from trainhub.roster.models import Student


def the_cases_of_the_demo(session: Session, district: SeededDistrict, moment: datetime) -> None:
    """A committee, cases in every state, six plans on the board, an appeal that overturned, one that stays a plan."""
    school = district.schools["chenxi"]
    committee = on_day(session, district.district_id, school, local_day(moment))
    assert committee.constitution.valid
    assert all(seat.filled for seat in committee.seats)
    states = Counter(session.scalars(select(CommitteeMeeting.state).where(CommitteeMeeting.school_id == school)))
    assert states == {"held": 2, "planned": 1}
    assert session.scalars(select(Recusal.ground)).all() == ["homeroom_teacher"]
    cases = Counter(session.scalars(select(CaseFile.state).where(CaseFile.school_id == school)))
    assert set(cases) >= {"investigating", "served", "in_execution", "follow_up", "sealed"}
    assert sorted(session.execute(select(Concern.state, Concern.anonymous)).all()) == [("accepted", False), ("clue", False), ("clue", True)]
    assert set(session.scalars(select(Determination.outcome))) == {"bullying", "not_proven"}
    _plans(session, school, moment)
    assert sorted(session.scalars(select(Appeal.state))) == ["admitted", "served"]
    owed = session.scalars(select(AppealEffect.kind).where(AppealEffect.done_at.is_(None), AppealEffect.kind != "seal")).all()
    assert set(owed) == {"recipient"}
    _no_word_names_a_pupil(session, district.district_id)


def _plans(session: Session, school: str, moment: datetime) -> None:
    plans = list(session.scalars(select(EducationPlan).where(EducationPlan.school_id == school).order_by(EducationPlan.number)))
    assert [(plan.number, plan.state) for plan in plans] == [
        (1, "completed"), (2, "completion_review"), (3, "active"), (4, "active"), (5, "stayed"), (6, "active"), (7, "active"),
    ]
    assert plans[3].due_on < local_day(moment)
    kinds = Counter(session.scalars(select(HourEntry.kind).where(HourEntry.plan_id == plans[2].id)))
    assert kinds["reversal"] == kinds["correction"] == kinds["absence"] == 1
    assert session.scalar(select(func.count()).select_from(PlanLesson).where(PlanLesson.makes_up_id.is_not(None))) == 1
    assert session.scalar(select(func.count()).select_from(SupportPlan)) == 1
    assert set(session.scalars(select(FollowUp.side))) == {"actor", "target"}
    for plan in plans:
        row = session.get_one(PlanBalance, (plan.district_id, plan.id))
        before = (row.done_minutes, row.booked_minutes, row.make_up_minutes, row.entries)
        rebuild_balance(session, plan.district_id, plan.id, moment)
        session.refresh(row)
        assert (row.done_minutes, row.booked_minutes, row.make_up_minutes, row.entries) == before


def _no_word_names_a_pupil(session: Session, district_id: str) -> None:
    """Histories and the ledger hold ids and numbers, never a child's name."""
    names = set(session.scalars(select(Student.name).where(Student.district_id == district_id)))
    told = [str(row) for table in (CaseStep, PlanStep) for row in session.scalars(select(table.changes))]
    told += [str(row) for row in session.scalars(select(LedgerPayload.payload))]
    words = " ".join(set(re.findall(r"[^\x00-\x7f]+", " ".join(told))))  # a sentence that stands there a thousand times is read once
    assert words
    assert all(re.fullmatch(r"[^\x00-\x7f]+", name) for name in names)
    assert not [name for name in names if len(name) > 2 and name in words]
