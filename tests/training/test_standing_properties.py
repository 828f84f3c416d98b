"""After any sequence of changes, what was kept step by step equals what a rebuild finds."""

from datetime import date, time, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.training.scenery import YEAR, add_training, live_rows
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.kernel.clock import at
from trainhub.kernel.ids import new_id
from trainhub.roster.models import Employment
from trainhub.training.models import TrainingExemption
from trainhub.training.service.standing import rebuild, recompute

NOW = at(date(2026, 11, 20), time(18))
steps = st.lists(
    st.tuples(st.sampled_from(["train", "reopen", "revoke", "leave", "move", "exempt"]), st.integers(0, 9), st.integers(0, 9)),
    min_size=1, max_size=8,
)


def take(session: Session, sample: Sample, name: str, a: int, b: int) -> list[str]:
    """Change the facts; return whom it concerns."""
    everybody = [*sample.people, *sample.other_people]
    person = everybody[a % len(everybody)]
    if name == "train":
        chosen = everybody[a : a + 1 + b]
        add_training(session, sample, date(2026, 1, 10) + timedelta(days=a * 31 + b), chosen, minutes=45 + 15 * b)
        return chosen
    if name in ("reopen", "revoke"):
        sheets = session.scalars(select(AttendanceSheet.id).where(AttendanceSheet.district_id == sample.district_id)).all()
        if not sheets:
            return []
        sheet = sheets[b % len(sheets)]
        if name == "reopen":
            session.execute(update(AttendanceSheet).where(AttendanceSheet.id == sheet).values(state="open"))
        else:
            session.execute(update(AttendanceRecord).where(AttendanceRecord.sheet_id == sheet).values(revoked_at=NOW))
        return list(session.scalars(select(AttendanceRecord.person_id).where(AttendanceRecord.sheet_id == sheet)))
    day = date(2026, 2 + b, 1)
    if name == "exempt":
        session.add(TrainingExemption(
            district_id=sample.district_id, id=new_id(), requirement_id=sample.requirement_id, year_key="2026",
            person_id=person, school_id=sample.school_id, kind="maternity", document="d", from_on=date(2026, 1, 1),
            to_on=date(2026, 12, 31), state="approved", requested_by="x", requested_at=NOW, decided_at=NOW,
        ))
        session.flush()
        return [person]
    session.execute(
        update(Employment).where(Employment.person_id == person, Employment.to_on.is_(None), Employment.from_on < day)
        .values(to_on=day - timedelta(days=1), left_reason="moved")
    )
    if name == "move":
        session.add(Employment(
            district_id=sample.district_id, id=new_id(), person_id=person, school_id=sample.other_school_id, staff_no="M",
            category="full_time_teacher", from_on=day, hired_on=day, created_at=NOW,
        ))
        session.flush()
    return [person]


@given(steps)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rebuild_equals_incremental(session: Session, district: Sample, sequence: list[Any]) -> None:
    schools = [district.bureau_id, district.school_id, district.other_school_id]
    recompute(session, district.district_id, YEAR, NOW, school_ids=schools)
    for name, a, b in sequence:
        recompute(session, district.district_id, YEAR, NOW, person_ids=take(session, district, name, a, b))
    live = live_rows(session, district)
    assert recompute(session, district.district_id, YEAR, NOW, school_ids=schools) == 0, "a second time changes nothing"
    rebuild(session, district.district_id, YEAR, NOW)
    assert live_rows(session, district) == live
