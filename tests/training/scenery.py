"""Trainings with rolls, written straight into the tables, and the steps that tests take on them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.builders import TOPIC, Sample
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet, AttendanceStep
from trainhub.kernel.clock import at, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.policy import Policy
from trainhub.kernel.years import RequirementYear
from trainhub.roster.models import PolicySetting
from trainhub.training.models import EventPart, SchoolYearTotal, TrainingEvent, TrainingObligation

YEAR = RequirementYear(2026)
SPRING = date(2026, 3, 20)
AUTUMN = date(2026, 9, 18)


def add_training(
    session: Session, sample: Sample, day: date, people: Collection[str], *, minutes: int = 90, title: str = "专题面授",
    school_id: str | None = None, start: time = time(14, 30), verified: bool = True, attended: Mapping[str, int] | None = None,
    year_key: str = "2026", **event: object,
) -> str:
    """Add a one-part training whose roll is verified (or still open). Returns the sheet's id.

    Everybody was there for the whole time, or for ``attended`` minutes; 0 means absent.
    """
    school = school_id or sample.school_id
    begins = at(day, start)
    ends = begins + timedelta(minutes=minutes)
    event_id, sheet_id, part_id = new_id(), new_id(), new_id()
    common = {"district_id": sample.district_id}
    facts = {
        "requirement_id": sample.requirement_id, "year_key": year_key, "title": title, "type_key": "staff_training",
        "topic": TOPIC, "delivery_mode": "face_to_face", "state": "verified" if verified else "published",
        "details": {}, "starts_at": begins, "ends_at": ends, "created_by": "x", "created_at": begins, "updated_at": begins,
    } | event
    session.add(TrainingEvent(**common, id=event_id, school_id=school, **facts))
    checked = ends + timedelta(hours=2)
    session.add(AttendanceSheet(
        **common, id=sheet_id, school_id=school, subject_kind="training_part", subject_id=part_id, title=title,
        starts_at=begins, ends_at=ends, state="verified" if verified else "submitted", created_at=begins - timedelta(days=3),
        submitted_by=sample.accounts["training_officer"], submitted_at=ends, head_count=len(people),
        verified_by=sample.accounts["principal"] if verified else None, verified_at=checked if verified else None,
    ))
    session.flush()
    session.add(EventPart(
        **common, id=part_id, event_id=event_id, position=1, starts_at=begins, ends_at=ends, sheet_id=sheet_id,
        delivery_mode=str(facts["delivery_mode"]),
    ))
    rows = [
        AttendanceRecord(
            **common, sheet_id=sheet_id, person_id=person, school_id=school, serial_no=n,
            status="present" if (attended or {}).get(person, minutes) else "absent",
            minutes=(attended or {}).get(person, minutes), review=[], version=1,
        )
        for n, person in enumerate(people, start=1)
    ]
    session.add_all(rows)
    if verified:
        session.add(_verify_step(sample, sheet_id, rows, checked))
    session.flush()
    return sheet_id


def _verify_step(sample: Sample, sheet_id: str, rows: list[AttendanceRecord], moment: datetime) -> AttendanceStep:
    people = [
        {"person": r.person_id, "status": r.status, "minutes": r.minutes, "late": 0, "arrived_at": None, "left_at": None,
         "revoked": False}
        for r in rows
    ]
    return AttendanceStep(
        district_id=sample.district_id, sheet_id=sheet_id, id=new_id(), step="verify", to_state="verified", revision=1,
        details={"people": people}, actor_id=sample.accounts["principal"], acting_role="principal", recorded_at=moment,
    )


def verify(session: Session, sheet_id: str, moment: datetime) -> None:
    """Let an ended roll be verified at a moment."""
    session.execute(
        update(AttendanceSheet).where(AttendanceSheet.id == sheet_id).values(state="verified", verified_at=moment)
    )
    session.expire_all()


def set_policy(
    session: Session, sample: Sample, key: str, value: object, effective_on: date, *, number: int = 1,
    set_at: datetime | None = None, org_id: str | None = None,
) -> None:
    """Set a policy parameter."""
    session.add(PolicySetting(
        district_id=sample.district_id, number=number, org_id=org_id or sample.bureau_id, key=key, value={"value": value},
        effective_on=effective_on, set_by="x", set_at=set_at or now(),
    ))
    session.flush()


Rows = dict[tuple[str, str], tuple[object, ...]]


def live_rows(session: Session, sample: Sample) -> tuple[Rows, Rows]:
    """Everything the two projections hold, times of writing left out, for comparison."""
    session.flush()
    found = []
    for table, key in ((TrainingObligation, "person_id"), (SchoolYearTotal, "school_id")):
        columns = [c for c in table.__table__.columns if c.name != "updated_at"]
        query = select(*columns).where(table.district_id == sample.district_id)
        found.append({
            (row.year_key, getattr(row, key)): tuple(tuple(v) if isinstance(v, list) else v for v in row)
            for row in session.execute(query)
        })
    found[1] = {key: row for key, row in found[1].items() if any(isinstance(v, int) and v for v in row[4:-1])}
    return found[0], found[1]


def with_policy(policy: Policy, **values: object) -> Policy:
    """The same policy with other values."""
    return replace(policy, values=dict(policy.values) | values)
