"""Everything one year's obligations depend on, read in a constant number of statements, as of any day.

Figures of a past day are recomputed from what was known then: rolls as they stood verified, settings and
approvals made by then, the roster as it was valid on that day. Asked again a year later, the answer is the
same.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceRecord, AttendanceSheet, AttendanceStep
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.policy import Policy
from trainhub.kernel.years import RequirementYear
from trainhub.roster.models import Employment as EmploymentTable
from trainhub.roster.models import OrgUnit
from trainhub.roster.queries import EmploymentSpan, aliases, people_in_year, policies_for, policy_for
from trainhub.training.models import (
    EventPart,
    TrainingEvent,
    TrainingExemption,
    TrainingRequirement,
    YearSnapshot,
)
from trainhub.training.queries.hosted import hosted_trainings
from trainhub.training.registry import credit_of
from trainhub.training.rules.counting import NOTHING_ATTENDED, CountingRule, PersonYear, Presence, count
from trainhub.training.rules.obligations import (
    Audience,
    DutyRule,
    Employment,
    Exemption,
    Obligation,
    Person,
    PostHeld,
    home_unit,
    obligation,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """The day that is judged, and what was known. ``live`` says that both are the present."""

    day: date
    known_at: datetime
    live: bool

    @classmethod
    def of(cls, as_of: date | None, now: datetime) -> "Moment":
        """The end of a past local day, or the present for today, later days and None."""
        today = local_day(now)
        if as_of is None or as_of >= today:
            return cls(today, now, live=True)
        return cls(as_of, day_bounds(as_of)[1] - timedelta(microseconds=1), live=False)


@dataclass(frozen=True, slots=True)
class Requirement:
    """The yearly duty: what it is called, its topic, whom it addresses."""

    id: str
    title: str
    topic: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class YearFacts:
    """What the obligations of some people in one year follow from."""

    requirement: Requirement
    year: RequirementYear
    moment: Moment
    people: Mapping[str, Person]
    names: Mapping[str, EmploymentSpan]
    presences: Mapping[str, tuple[Presence, ...]]
    policies: Mapping[str, Policy]
    closed: frozenset[str]

    def duty(self, unit: str) -> DutyRule:
        """The rule of a unit for the year."""
        return DutyRule.of(self.policies[unit], self.year, self.requirement.audience)

    def counting(self, unit: str) -> CountingRule:
        """How minutes count for the people of a unit."""
        return counting_rule(self.policies[unit], self.year, self.requirement.topic)


@dataclass(frozen=True, slots=True)
class Judged:
    """One person's obligation with everything behind it. ``card`` is the employment that is shown."""

    obligation: Obligation
    did: PersonYear
    card: EmploymentSpan


def counting_rule(policy: Policy, year: RequirementYear, topic: str) -> CountingRule:
    """Read the counting rule of a year from the policy in force on its first day."""
    return CountingRule(
        year, topic, policy.periods, policy["presence_threshold"], policy["satellite_room_counts"] == "yes",
        policy["make_up_days"], policy.version,
    )


_requirement, _snapshot = TrainingRequirement.__table__.c, YearSnapshot.__table__.c
_FIRST_REQUIREMENT = (
    select(_requirement.id, _requirement.title, _requirement.topic, _requirement.audience)
    .where(_requirement.district_id == bindparam("district_id"))
    .order_by(_requirement.created_at, _requirement.id)
    .limit(1)
)
_CLOSED = select(_snapshot.school_id).where(
    _snapshot.district_id == bindparam("district_id"), _snapshot.requirement_id == bindparam("requirement_id"),
    _snapshot.year_key == bindparam("year_key"), _snapshot.state == "closed",
    _snapshot.closed_at <= bindparam("known_at"),
)


def requirement_of(session: Session, district_id: str) -> Requirement | None:
    """The district's yearly requirement (the one issued first). One statement."""
    row = session.connection().execute(_FIRST_REQUIREMENT, {"district_id": district_id}).one_or_none()
    if row is None:
        return None
    lists = {key: frozenset(row.audience.get(key) or ()) for key in ("categories", "posts", "contracts")}
    return Requirement(row.id, row.title, row.topic, Audience(**lists))


def year_of(session: Session, district_id: str, day: date, key: str | None = None) -> RequirementYear:
    """The year named by ``key``, else the one of the bureau's kind in which ``day`` lies.

    At most one statement. Raises :class:`NotFound` for a key of the wrong shape.
    """
    if key:
        return year_named(key)
    return RequirementYear.of(day, policy_for(session, district_id, district_id, day).requirement_year)


def year_named(key: str) -> RequirementYear:
    """The year of a key. Raises :class:`NotFound` for a key of the wrong shape."""
    try:
        return RequirementYear.parse(key)
    except ValueError as error:
        raise NotFound from error


def load(
    session: Session, district_id: str, requirement: Requirement, year: RequirementYear, moment: Moment, *,
    person_ids: Collection[str] | None = None, school_ids: Collection[str] | None = None,
    newcomers: Collection[str] = (),
) -> YearFacts:
    """Read the facts of these people, of everybody ever on these units' staff in the year, or of all.

    Of ``newcomers``, who did not exist before, only employments are read: there is nothing else.
    At most twelve statements, however many people there are.
    """
    if person_ids is None and school_ids is not None:
        person_ids = _ever_on_staff(session, district_id, school_ids, year)
    whole = Scope(district_id, None)
    spans = people_in_year(session, whole, None, year.first_day, year.last_day, person_ids=person_ids)
    by_person: dict[str, list[EmploymentSpan]] = defaultdict(list)
    for span in spans:
        by_person[span.person_id].append(span)
    units = {span.school_id for span in spans} | {district_id}
    known = without(person_ids, newcomers)
    exemptions = _exemptions(session, district_id, requirement, year, moment, known)
    return YearFacts(
        requirement, year, moment,
        people={p: _person(p, held, exemptions.get(p, ())) for p, held in by_person.items()},
        names={p: held[-1] for p, held in by_person.items()},
        presences=_presences(session, district_id, year, moment, known),
        policies=policies_for(session, district_id, units, year.first_day, known_by=None if moment.live else moment.known_at),
        closed=closed_units(session, district_id, requirement.id, year, moment),
    )


def without(person_ids: Collection[str] | None, newcomers: Collection[str]) -> Collection[str] | None:
    """The people whom somebody can have spoken of before; None (everybody) stays None."""
    return person_ids if person_ids is None or not newcomers else set(person_ids).difference(newcomers)


def judge(facts: YearFacts) -> dict[str, Judged]:
    """Judge everybody in the facts; people never in scope in the year are left out."""
    judged = {}
    duties = {unit: facts.duty(unit) for unit in facts.policies}
    rules = {unit: facts.counting(unit) for unit in facts.policies}
    for person_id, person in facts.people.items():
        did = NOTHING_ATTENDED
        if presences := facts.presences.get(person_id):
            unit = home_unit(person, facts.moment.day, duties.__getitem__)
            if unit is None:
                continue
            did = count(presences, rules[unit], credit_of)
        found = obligation(person, facts.moment.day, duties.__getitem__, did, facts.closed)
        if found is not None:
            judged[person_id] = Judged(found, did, facts.names[person_id])
    return judged


# --- people ----------------------------------------------------------------------------------------


def _ever_on_staff(
    session: Session, district_id: str, school_ids: Collection[str], year: RequirementYear
) -> list[str]:
    query = (
        select(EmploymentTable.person_id)
        .where(
            EmploymentTable.district_id == district_id, EmploymentTable.school_id.in_(school_ids),
            EmploymentTable.from_on <= year.last_day,
            or_(EmploymentTable.to_on.is_(None), EmploymentTable.to_on >= year.first_day),
        )
        .distinct()
    )
    return list(session.scalars(query))


def _person(person_id: str, spans: list[EmploymentSpan], exemptions: Collection[Exemption]) -> Person:
    return Person(
        person_id,
        tuple(
            Employment(
                s.school_id, s.from_on, s.to_on, s.is_home, s.category, s.contract, s.hired_on, s.left_reason,
                s.ce_opt_out, s.staff_no, s.department,
            )
            for s in spans
        ),
        tuple({PostHeld(p.post, p.school_id, p.from_on, p.to_on) for s in spans for p in s.posts}),
        tuple(exemptions),
    )


def _exemptions(
    session: Session, district_id: str, requirement: Requirement, year: RequirementYear, moment: Moment,
    person_ids: Collection[str] | None,
) -> dict[str, list[Exemption]]:
    query = select(TrainingExemption).where(
        TrainingExemption.district_id == district_id, TrainingExemption.requirement_id == requirement.id,
        TrainingExemption.year_key == year.key, TrainingExemption.decided_at <= moment.known_at,
        or_(
            TrainingExemption.state == "approved",
            and_(TrainingExemption.state == "withdrawn", TrainingExemption.withdrawn_at > moment.known_at),
        ),
    )
    found: dict[str, list[Exemption]] = defaultdict(list)
    if person_ids is not None:
        if not person_ids:
            return found
        query = query.where(TrainingExemption.person_id.in_(person_ids))
    for row in session.scalars(query):
        found[row.person_id].append(Exemption(row.kind, row.from_on, row.to_on))
    return found


def closed_units(
    session: Session, district_id: str, requirement_id: str, year: RequirementYear, moment: Moment
) -> frozenset[str]:
    """Units whose year was closed by then. One statement."""
    asked = {"district_id": district_id, "requirement_id": requirement_id, "year_key": year.key, "known_at": moment.known_at}
    return frozenset(session.connection().execute(_CLOSED, asked).scalars())


def unit_names(session: Session, district_id: str, units: Collection[str]) -> dict[str, str]:
    """Names of units, whoever asks: a person's own record names former schools too. One statement."""
    query = select(OrgUnit.id, OrgUnit.name).where(OrgUnit.district_id == district_id, OrgUnit.id.in_(units))
    return dict(session.execute(query).all())


# --- presences -------------------------------------------------------------------------------------

_COLUMNS = (
    AttendanceRecord.person_id, AttendanceRecord.sheet_id, AttendanceRecord.status, AttendanceRecord.arrived_at,
    AttendanceRecord.left_at, AttendanceRecord.late_minutes, AttendanceRecord.minutes, AttendanceRecord.source,
    AttendanceRecord.leave_type, AttendanceRecord.revoked_at, AttendanceRecord.revoked_reason, AttendanceSheet.starts_at, AttendanceSheet.ends_at,
    AttendanceSheet.state.label("sheet_state"), AttendanceSheet.verified_at, AttendanceSheet.verified_by,
    AttendanceSheet.revision, AttendanceSheet.created_at, AttendanceSheet.school_id, EventPart.position,
    EventPart.delivery_mode, TrainingEvent.id.label("event_id"), TrainingEvent.title, TrainingEvent.pack_id,
    TrainingEvent.type_key, TrainingEvent.topic, TrainingEvent.venue_kind, TrainingEvent.make_up_year_key,
    TrainingEvent.details,
)  # fmt: skip


def _presence_query(district_id: str, year: RequirementYear) -> Select[Any]:
    """Every record of a training roll that may touch the year, make-up afterwards included."""
    first = day_bounds(year.first_day)[0] - timedelta(days=1)
    last = day_bounds(year.last_day)[1]
    return (
        select(*_COLUMNS)
        .join(
            AttendanceSheet,
            and_(
                AttendanceSheet.district_id == AttendanceRecord.district_id,
                AttendanceSheet.id == AttendanceRecord.sheet_id,
            ),
        )
        .join(
            EventPart,
            and_(EventPart.district_id == AttendanceSheet.district_id, EventPart.sheet_id == AttendanceSheet.id),
        )
        .join(
            TrainingEvent,
            and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id),
        )
        .where(
            AttendanceRecord.district_id == district_id,
            AttendanceSheet.starts_at >= first,
            or_(AttendanceSheet.starts_at < last, TrainingEvent.make_up_year_key == year.key),
        )
        .order_by(AttendanceSheet.starts_at, AttendanceSheet.id)
    )


def _presences(
    session: Session, district_id: str, year: RequirementYear, moment: Moment, person_ids: Collection[str] | None
) -> dict[str, tuple[Presence, ...]]:
    query = _presence_query(district_id, year)
    stands_for: dict[str, str] = {}
    if person_ids is not None and not person_ids:
        return {}
    if person_ids is not None:
        stands_for = aliases(session, district_id, person_ids)
        query = query.where(AttendanceRecord.person_id.in_({*person_ids, *stands_for}))
    else:
        stands_for = _all_aliases(session, district_id)
    rows = session.execute(query).all()
    earlier = {} if moment.live else _as_they_stood(session, district_id, rows, moment)
    found: dict[str, list[Presence]] = defaultdict(list)
    for row in rows:
        presence = _presence(row, district_id)
        if not moment.live:
            kept = _at_that_time(presence, row, earlier, moment)
            if kept is None:
                continue
            presence = kept
        found[stands_for.get(row.person_id, row.person_id)].append(presence)
    first, last = day_bounds(year.first_day)[0], day_bounds(year.last_day)[1]
    asked = None if person_ids is None else {*person_ids, *stands_for}
    for person, trainings in hosted_trainings(session, district_id, first, last, asked).items():
        for training in trainings:
            found[stands_for.get(person, person)] += training.presences(moment.known_at)
    return {person: tuple(items) for person, items in found.items()}


def _all_aliases(session: Session, district_id: str) -> dict[str, str]:
    from trainhub.roster.models import Person as PersonTable

    query = select(PersonTable.id, PersonTable.merged_into_id).where(
        PersonTable.district_id == district_id, PersonTable.merged_into_id.is_not(None)
    )
    return {row.id: row.merged_into_id for row in session.execute(query) if row.merged_into_id}


def _presence(row: Row[Any], district_id: str) -> Presence:
    host = str(row.details.get("host", "")) if row.details else ""
    content = row.details.get("content") if row.details else None
    return Presence(
        sheet_id=row.sheet_id, event_id=row.event_id, starts_at=row.starts_at, ends_at=row.ends_at,
        minutes=row.minutes, status=row.status, arrived_at=row.arrived_at, left_at=row.left_at,
        late_minutes=row.late_minutes, verified=row.sheet_state == "verified", void=row.sheet_state == "void",
        revoked=row.revoked_at is not None, revoked_reason=row.revoked_reason, topic=row.topic,
        mode=row.delivery_mode, venue_kind=row.venue_kind, type_key=row.type_key, pack_id=row.pack_id or "",
        content_key=f"{row.pack_id}/{content or row.position}" if row.pack_id else "",
        make_up_year=row.make_up_year_key, host=host, host_accepted=not host or row.school_id == district_id,
        title=row.title, source=row.source, verified_by=row.verified_by or "", verified_at=row.verified_at,
        unit=row.school_id, leave_type=row.leave_type,
    )


def _as_they_stood(
    session: Session, district_id: str, rows: Collection[Row[Any]], moment: Moment
) -> dict[str, AttendanceStep]:
    """The last step by then of every roll that changed afterwards. One statement, none where none did."""
    changed = {row.sheet_id for row in rows if not _settled(row, moment)}
    if not changed:
        return {}
    query = (
        select(AttendanceStep)
        .where(
            AttendanceStep.district_id == district_id, AttendanceStep.sheet_id.in_(changed),
            AttendanceStep.recorded_at <= moment.known_at,
        )
        .order_by(AttendanceStep.recorded_at, AttendanceStep.id)
    )
    return {step.sheet_id: step for step in session.scalars(query)}


def _settled(row: Row[Any], moment: Moment) -> bool:
    """Verified by then and untouched since: what stands there now stood there then."""
    return row.sheet_state == "verified" and row.verified_at is not None and row.verified_at <= moment.known_at


def _at_that_time(
    now: Presence, row: Row[Any], earlier: Mapping[str, AttendanceStep], moment: Moment
) -> Presence | None:
    """The presence as it stood, from the heads kept with the verification; None where there was no roll."""
    if _settled(row, moment):
        return now
    step = earlier.get(row.sheet_id)
    if step is None and row.created_at > moment.known_at:
        return None
    if step is None or step.step != "verify":
        unverified = step is None or step.to_state != "void"
        return replace(now, verified=False, void=not unverified, revoked=False, verified_at=None, verified_by="")
    for head in step.details.get("people", ()):
        if head["person"] == row.person_id:
            return replace(
                now, verified=True, void=False, revoked=bool(head["revoked"]), minutes=head["minutes"],
                status=head["status"], late_minutes=head["late"], arrived_at=_moment(head["arrived_at"]),
                left_at=_moment(head["left_at"]), verified_at=step.recorded_at, verified_by=step.actor_id,
            )
    return None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
