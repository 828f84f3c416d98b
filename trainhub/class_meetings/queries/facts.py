"""What the rules of counting need, read in a constant number of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting
from trainhub.class_meetings.rules.counting import ClassFact, ClassStanding, MeetingFact, MeetingRule, TermFrame, stand
from trainhub.class_meetings.rules.lifecycle import MeetingState
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.policy import Policy
from trainhub.kernel.years import week_of_term
from trainhub.roster.queries import policy_for
from trainhub.roster.queries.timetable import ClassInTerm, classes_of_term, inherited, term_bounds, usual_bounds

SUMMER = (7, 8)
"""Months of the summer rectification (domain.md SA07, case 37)."""


@dataclass(frozen=True, slots=True)
class TermFacts:
    """A school's term with its classes, their meetings, the rule in force and where every class stands, in order of classes."""

    term: TermFrame
    rule: MeetingRule
    classes: tuple[ClassInTerm, ...]
    standings: tuple[ClassStanding, ...]


def rule_of(policy: Policy) -> MeetingRule:
    """The policy as counting reads it."""
    return MeetingRule(
        policy["sessions_per_class_term"], policy["late_class_week"], "apart" if policy["late_class_rule"] == "apart" else "pro_rata",
        "owed" if policy["internship_rule"] == "owed" else "apart", policy.version,
    )


def paused(policy: Policy, day: date) -> bool:
    """Whether a day lies in the summer rectification, in which no meeting may be demanded (case 37)."""
    return policy["meeting_pause"] == "summer" and day.month in SUMMER


def term_frame(session: Session, district_id: str, school_id: str, school_year: str, season: str) -> TermFrame:
    """The term of a school: its own, the bureau's, or the usual months. One statement."""
    first, last = term_bounds(session, district_id, school_id, school_year, season)
    return TermFrame(school_year, season, first, last, week_of_term(first, last))


def frame_of(school_year: str, season: str, entered: Iterable[tuple[str, date, date]], school_id: str) -> TermFrame:
    """The term out of rows (school, first day, last day) that are read already: the school's own before the bureau's."""
    rows = sorted(set(entered), key=lambda row: row[0] != school_id)
    first, last = rows[0][1:] if rows else usual_bounds(school_year, season)
    return TermFrame(school_year, season, first, last, week_of_term(first, last))


def meeting_facts(
    session: Session, district_id: str, school_id: str, school_year: str, season: str, class_ids: Collection[str] | None = None
) -> dict[str, list[MeetingFact]]:
    """Meetings of a school's term by class; those of ``class_ids`` where given. One statement."""
    query = select(
        ClassMeeting.id, ClassMeeting.class_id, ClassMeeting.state, ClassMeeting.starts_at, ClassMeeting.late_recorded
    ).where(
        ClassMeeting.district_id == district_id, ClassMeeting.school_id == school_id, ClassMeeting.school_year == school_year,
        ClassMeeting.season == season,
    )
    if class_ids is not None:
        query = query.where(ClassMeeting.class_id.in_(class_ids))
    found: dict[str, list[MeetingFact]] = defaultdict(list)
    for row in session.execute(query):
        day = local_day(row.starts_at) if row.starts_at else None
        found[row.class_id].append(MeetingFact(row.id, row.class_id, MeetingState(row.state), day, row.late_recorded))
    return found


def term_facts(session: Session, scope: Scope, school_id: str, school_year: str, season: str, today: date) -> TermFacts:
    """Where every class of a school stands in a term. Nine statements. Raises NotFound outside the scope.

    Pupils are counted on ``today``, at the latest on the last day of the term, so that a past term does not change with the
    school of today.
    """
    term = term_frame(session, scope.district_id, school_id, school_year, season)
    day = max(term.first, min(today, term.last))
    classes = classes_of_term(session, scope, school_id, school_year, season, day)
    rule = rule_of(policy_for(session, scope.district_id, school_id, term.first))
    meetings = meeting_facts(session, scope.district_id, school_id, school_year, season)
    links = [link for klass in classes for link in klass.predecessors]
    standings = tuple(
        stand(_fact(klass, inherited(klass.class_id, links), term), meetings.get(klass.class_id, ()), meetings, term, rule) for klass in classes
    )
    return TermFacts(term, rule, classes, standings)


def _fact(klass: ClassInTerm, came_from: dict[str, date], term: TermFrame) -> ClassFact:
    return ClassFact(
        klass.class_id, klass.pupil_count, klass.opened_on, klass.closed_on, week_of_term(term.first, max(klass.opened_on, term.first)),
        _away_all_term(klass, term), tuple((one.to_class_id, one.on_day) for one in klass.successors), tuple(came_from.items()),
    )


def _away_all_term(klass: ClassInTerm, term: TermFrame) -> bool:
    """Whether internships cover every day of the term."""
    until = term.first
    for span in sorted((e for e in klass.exceptions if e.kind == "internship"), key=lambda e: e.from_on):
        if span.from_on > until:
            return False
        until = max(until, span.to_on + timedelta(days=1))
    return until > term.last
