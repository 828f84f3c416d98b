"""Keeping obligations and school totals true. Both are projections: rows follow from facts, never by hand.

Each call takes a constant number of statements, however many people it is about, and running it twice
changes nothing the second time.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceSheet
from trainhub.attendance.roll_rules import RecordsChanged, RollVerified
from trainhub.jobs.service import enqueue
from trainhub.kernel.bulk import insert_many, upsert
from trainhub.kernel.clock import local_day
from trainhub.kernel.clock import now as clock_now
from trainhub.kernel.ids import new_id
from trainhub.kernel.years import RequirementYear
from trainhub.roster.events import PolicyChanged, StaffChanged
from trainhub.roster.models import Employment, PostAssignment
from trainhub.roster.queries import policies_for
from trainhub.training.models import (
    EventPart,
    SchoolYearTotal,
    TrainingEvent,
    TrainingObligation,
    TrainingRequirement,
)
from trainhub.training.queries.facts import Moment, YearFacts, judge, load, requirement_of, without, year_of
from trainhub.training.queries.standing import as_obligation
from trainhub.training.rules.coverage import COUNTERS, Totals, tally_by
from trainhub.training.rules.obligations import Obligation

DEFAULT_TOPIC = "student_bullying_prevention"
DEFAULT_TITLE = "学生欺凌预防与处置年度专题面授培训"


def ensure_requirement(session: Session, district_id: str, now: datetime) -> str:
    """Return the id of the district's yearly requirement, issuing the default one where there is none.

    Issued by the bureau to everybody on the staff, bureau administrators included (SA50).
    """
    held = requirement_of(session, district_id)
    if held is not None:
        return held.id
    row = TrainingRequirement(
        district_id=district_id, id=new_id(), org_id=district_id, title=DEFAULT_TITLE, topic=DEFAULT_TOPIC,
        audience={}, from_on=date(2021, 1, 1), created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id

REBUILD = "training.rebuild"
"""Job: judge the present year of a district anew."""

AT_ONCE = 2000
"""People judged inside the transaction that changed them; a larger import is judged right after it."""


def recompute(
    session: Session, district_id: str, year: RequirementYear, now: datetime, *,
    person_ids: Collection[str] | None = None, school_ids: Collection[str] | None = None,
    newcomers: Collection[str] = (),
) -> int:
    """Bring the obligations of these people (or of these units' people) in line with the facts.

    ``newcomers`` are those of the people who did not exist before: nothing but their employment is read.
    Totals of every unit concerned change by the difference, so that two rolls verified at once do not
    overwrite each other. Returns how many obligations changed. At most 16 statements.
    """
    requirement = requirement_of(session, district_id)
    if requirement is None or not (person_ids or school_ids):
        return 0
    session.flush()
    held = _held(session, district_id, requirement.id, year, without(person_ids, newcomers), school_ids)
    facts = load(
        session, district_id, requirement, year, Moment.of(None, now), person_ids=person_ids, school_ids=school_ids,
        newcomers=newcomers,
    )
    judged = judge(facts)
    before = {row.person_id: as_obligation(row) for row in held}
    after = {person: j.obligation for person, j in judged.items()}
    changed = [p for p, o in after.items() if p not in before or _stored(o) != _stored(before[p])]
    gone = [p for p in before if p not in after]
    if gone:
        _delete(session, district_id, requirement.id, year, gone)
    _write(session, district_id, requirement.id, year, [after[p] for p in changed], now)
    _add_to_totals(session, district_id, requirement.id, facts, _difference(before, after), now)
    return len(changed) + len(gone)


def rebuild(session: Session, district_id: str, year: RequirementYear, now: datetime) -> int:
    """Make all obligations and totals of a year anew from the facts. Returns how many people owe.

    Must give what the live rows hold already; anything else is a fault of a projection.
    """
    requirement = requirement_of(session, district_id)
    if requirement is None:
        return 0
    session.flush()
    facts = load(session, district_id, requirement, year, Moment.of(None, now))
    judged = judge(facts)
    for table in (TrainingObligation, SchoolYearTotal):
        session.execute(
            delete(table).where(
                table.district_id == district_id, table.requirement_id == requirement.id, table.year_key == year.key
            )
        )
    rows = [j.obligation for j in judged.values()]
    _write(session, district_id, requirement.id, year, rows, now)
    totals = tally_by(rows, lambda o: [o.school_id])
    _add_to_totals(session, district_id, requirement.id, facts, totals, now)
    return len(rows)


def refresh(session: Session, district_id: str, since: date, now: datetime) -> int:
    """Recompute the people whose dated records began or ended after ``since`` and up to today.

    A move entered in June for September takes effect by the calendar alone; run daily.
    """
    today = local_day(now)
    people: set[str] = set()
    for table in (Employment, PostAssignment):
        people |= set(
            session.scalars(
                select(table.person_id).where(
                    table.district_id == district_id,
                    or_(table.from_on.between(since, today), table.to_on.between(since, today)),
                )
            )
        )
    return recompute(session, district_id, year_of(session, district_id, today), now, person_ids=people)


# --- listeners -------------------------------------------------------------------------------------


def on_roll_verified(session: Session, told: RollVerified) -> None:
    """A roll was verified: its people's minutes count from now on."""
    _follow_roll(session, told)


def on_records_changed(session: Session, told: RecordsChanged) -> None:
    """A verified roll was reopened, corrected or voided: its people's minutes change."""
    _follow_roll(session, told)


def _follow_roll(session: Session, told: RollVerified | RecordsChanged) -> None:
    if told.subject_kind != "training_part" or not told.person_ids:
        return
    query = (
        select(AttendanceSheet.starts_at, AttendanceSheet.ends_at, TrainingEvent.make_up_year_key)
        .join(
            EventPart,
            (EventPart.district_id == AttendanceSheet.district_id) & (EventPart.sheet_id == AttendanceSheet.id),
        )
        .join(
            TrainingEvent,
            (TrainingEvent.district_id == EventPart.district_id) & (TrainingEvent.id == EventPart.event_id),
        )
        .where(AttendanceSheet.district_id == told.district_id, AttendanceSheet.id == told.sheet_id)
    )
    row = session.execute(query).first()
    if row is None:
        return
    moment = clock_now()
    kind = policies_for(session, told.district_id, [told.district_id], local_day(row.starts_at))[told.district_id]
    years = {RequirementYear.of(local_day(t), kind.requirement_year) for t in (row.starts_at, row.ends_at)}
    if row.make_up_year_key:
        years.add(RequirementYear.parse(row.make_up_year_key))
    for year in sorted(years):
        recompute(session, told.district_id, year, moment, person_ids=told.person_ids)


def on_policy_changed(session: Session, told: PolicyChanged) -> None:
    """A parameter was set: the year is judged anew in the background, for it concerns everybody at once."""
    moment = clock_now()
    enqueue(session, told.district_id, REBUILD, {}, moment, f"{REBUILD}/{moment.isoformat()}", moment)


def on_staff_changed(session: Session, told: StaffChanged) -> None:
    """People came, left, moved or took a post: this year and every year that knows them is judged anew."""
    if not told.person_ids:
        return
    moment = clock_now()
    if len(told.person_ids) > AT_ONCE:
        enqueue(session, told.district_id, REBUILD, {}, moment, f"{REBUILD}/{moment.isoformat()}", moment)
        return
    known = _years_known(session, told.district_id, set(told.person_ids) - told.newcomers)
    for year in sorted(known | {year_of(session, told.district_id, local_day(moment))}):
        recompute(session, told.district_id, year, moment, person_ids=told.person_ids, newcomers=told.newcomers)


def _years_known(session: Session, district_id: str, people: Collection[str]) -> set[RequirementYear]:
    """The years that hold an obligation of one of these people."""
    if not people:
        return set()
    keys = select(TrainingObligation.year_key).where(
        TrainingObligation.district_id == district_id, TrainingObligation.person_id.in_(people)
    )
    return {RequirementYear.parse(key) for key in session.scalars(keys.distinct())}


# --- rows ------------------------------------------------------------------------------------------


def _held(
    session: Session, district_id: str, requirement_id: str, year: RequirementYear,
    person_ids: Collection[str] | None, school_ids: Collection[str] | None,
) -> list[Row[Any]]:
    """The rows as they are, locked, so that a second recomputation of the same people waits."""
    if not person_ids and not school_ids:
        return []
    query = select(*TrainingObligation.__table__.columns).where(
        TrainingObligation.district_id == district_id, TrainingObligation.requirement_id == requirement_id,
        TrainingObligation.year_key == year.key,
    )
    if person_ids is not None:
        query = query.where(TrainingObligation.person_id.in_(person_ids))
    else:
        people = select(Employment.person_id).where(
            Employment.district_id == district_id, Employment.school_id.in_(school_ids or ()),
        )
        query = query.where(
            or_(TrainingObligation.school_id.in_(school_ids or ()), TrainingObligation.person_id.in_(people))
        )
    ordered = query.order_by(TrainingObligation.person_id).with_for_update()
    return list(session.execute(ordered))


def _stored(o: Obligation) -> dict[str, Any]:
    """The columns of a row, keys and time left out."""
    return {
        "school_id": o.school_id, "state": o.state.value, "required_minutes": o.required,
        "counted_minutes": o.counted, "other_minutes": o.other, "made_up_minutes": o.made_up, "due_on": o.due_on,
        "reason": o.reason, "department": o.department, "posts": list(o.posts), "is_new": o.is_new,
    }


def _write(
    session: Session, district_id: str, requirement_id: str, year: RequirementYear,
    obligations: Iterable[Obligation], now: datetime,
) -> None:
    key = {"district_id": district_id, "requirement_id": requirement_id, "year_key": year.key}
    rows = [key | {"person_id": o.person_id, "updated_at": now} | _stored(o) for o in obligations]
    if not rows:
        return
    statement = upsert(session, TrainingObligation.__table__)
    changing = [name for name in rows[0] if name not in (*key, "person_id")]
    insert_many(session, statement.on_conflict_do_update(
        index_elements=[*key, "person_id"], set_={name: statement.excluded[name] for name in changing}
    ), rows)


def _delete(session: Session, district_id: str, requirement_id: str, year: RequirementYear, people: list[str]) -> None:
    session.execute(
        delete(TrainingObligation).where(
            TrainingObligation.district_id == district_id, TrainingObligation.requirement_id == requirement_id,
            TrainingObligation.year_key == year.key, TrainingObligation.person_id.in_(people),
        )
    )


# --- totals ----------------------------------------------------------------------------------------


def _difference(before: Mapping[str, Obligation], after: Mapping[str, Obligation]) -> dict[str, Totals]:
    """What each unit's totals gain or lose; units whose figures stay the same are left out."""
    old = tally_by(before.values(), lambda o: [o.school_id])
    new = tally_by(after.values(), lambda o: [o.school_id])
    found = {unit: new.get(unit, Totals()).minus(old.get(unit, Totals())) for unit in {*old, *new}}
    return {unit: change for unit, change in found.items() if change != Totals()}


def _add_to_totals(
    session: Session, district_id: str, requirement_id: str, facts: YearFacts, changes: Mapping[str, Totals],
    now: datetime,
) -> None:
    if not changes:
        return
    key = {"district_id": district_id, "requirement_id": requirement_id, "year_key": facts.year.key}
    rows = [
        key
        | {name: getattr(change, name) for name in COUNTERS}
        | {
            "school_id": unit, "in_scope": change.in_scope, "updated_at": now,
            "policy_version": facts.policies[unit].version if unit in facts.policies else 0,
        }
        for unit, change in sorted(changes.items())
    ]
    statement = upsert(session, SchoolYearTotal)
    table = SchoolYearTotal.__table__
    added = {name: table.c[name] + statement.excluded[name] for name in (*COUNTERS, "in_scope")}
    latest = {name: statement.excluded[name] for name in ("policy_version", "updated_at")}
    session.execute(
        statement.on_conflict_do_update(index_elements=[*key, "school_id"], set_=added | latest), rows
    )
