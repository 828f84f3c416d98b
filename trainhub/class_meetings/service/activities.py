"""Parent meetings, heart talks, assemblies and law lessons: planned or entered afterwards, recorded, corrected, cancelled.

They have numbers of their own and are announced to nobody: no class's count follows from them (domain.md case 33).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import SchoolActivity
from trainhub.class_meetings.queries.access import class_access
from trainhub.class_meetings.queries.activities import concerned, seen_activity
from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.registry import course_type
from trainhub.class_meetings.rules.activities import (
    FIELD_OF,
    TYPE_OF,
    UNDO_WITHIN,
    Activity,
    ActivityRefused,
    Concerned,
    details_of,
    is_held,
    may_change,
    refuse_day,
    refuse_shape,
    tidied,
    with_numbers,
)
from trainhub.class_meetings.rules.lifecycle import MeetingReasonMissing, is_late
from trainhub.class_meetings.rules.naming import refuse_names
from trainhub.class_meetings.rules.unplannable import UndoTooLate
from trainhub.courses.queries import lesson_packs
from trainhub.courses.rules import PARENT_MEETING
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound, StaleVersion
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append
from trainhub.plugin_api.contracts import Problem, UnknownCourseType
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.queries import calendar, policy_for
from trainhub.roster.timetable_rules import season_of

KNOWN_PROBLEMS = frozenset({"not_a_choice", "out_of_range", "more_than_invited", "unit_missing", "content_not_stored"})


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of an entry. ``warning``: ``no_school_day`` for a parent meeting on a day off. ``repeated``: it had come before."""

    id: str
    state: str
    late: bool
    warning: str = ""
    repeated: bool = False


def enter_activity(session: Session, actor: Actor, activity_id: str, entry: Activity, now: datetime) -> Entered:
    """Enter an activity under an id made by the form: planned where it is still to come, recorded where it has begun.

    The same form sent again is the same activity. Eight statements at most, however many pupils. Raises NotFound outside the
    actor's reach, ActivityRefused, TextNamesPupil, TextMayName.
    """
    held = session.get(SchoolActivity, (actor.district_id, activity_id))
    if held is not None:
        if held.entered_by != actor.account_id:
            raise NotFound
        return Entered(held.id, held.state, held.late_recorded, repeated=True)
    school_id = _school_for(session, actor, entry.class_id, now)
    entry, warning, key = _checked(session, actor, school_id, entry, now)
    _refuse_twice(session, actor, school_id, entry)
    row = SchoolActivity(
        district_id=actor.district_id, id=activity_id, school_id=school_id, class_id=entry.class_id, kind=entry.kind,
        state="planned", school_year=key.school_year, season=key.season, grades=list(entry.grades), late_recorded=False,
        state_reason="", version=1, entered_by=actor.account_id, created_at=now,
    )  # fmt: skip
    _fill(session, row, entry, pack_version=None)
    if is_held(entry, now):
        _record(session, row, entry, now)
    session.add(row)
    session.flush()
    _note(session, actor, row, row.state, now, _facts(row))
    return Entered(row.id, row.state, row.late_recorded, warning)


def record_activity(
    session: Session,
    actor: Actor,
    activity_id: str,
    entry: Activity,
    now: datetime,
    *,
    seen_version: int,
    reason: str = "",
) -> Entered:
    """Record a planned activity, or correct one that is recorded; a correction needs a reason. Whom it concerns stays.

    Recorded too late once stays so (case 38). Raises as :func:`enter_activity`, StaleVersion, MeetingReasonMissing, InvalidState.
    """
    row = _locked(session, actor, activity_id, now, seen_version)
    before, why = row.state, " ".join(reason.split())[:200]
    entry = replace(entry, kind=row.kind, class_id=row.class_id, grades=tuple(row.grades))  # type: ignore[arg-type]
    if before == "recorded" and not why:
        raise MeetingReasonMissing(field="reason")
    if before == "recorded" and not is_held(tidied(entry), now):
        raise ActivityRefused("not_begun", "day")
    entry, warning, key = _checked(session, actor, row.school_id, entry, now, (("reason", why),))
    _refuse_twice(session, actor, row.school_id, entry, but=row.id)
    row.school_year, row.season = key.school_year, key.season
    _fill(session, row, entry, pack_version=row.pack_version if entry.pack_id == row.pack_id else None)
    if is_held(entry, now):
        _record(session, row, entry, now)
    row.version += 1
    session.flush()
    kind = "amended" if before == "recorded" else "recorded" if row.state == "recorded" else "moved"
    _note(session, actor, row, kind, now, _facts(row), reason=why)
    return Entered(row.id, row.state, row.late_recorded, warning)


def cancel_activity(
    session: Session,
    actor: Actor,
    activity_id: str,
    reason: str,
    now: datetime,
    *,
    seen_version: int,
    names_confirmed: bool = False,
) -> None:
    """Cancel an activity with a reason; it stays readable and counts for nothing.

    Raises NotFound, StaleVersion, InvalidState, MeetingReasonMissing, TextNamesPupil, TextMayName.
    """
    row = _locked(session, actor, activity_id, now, seen_version)
    why = " ".join(reason.split())[:200]
    if not why:
        raise MeetingReasonMissing(field="reason")
    people = _concerned(session, actor, row.school_id, _whom(row), now)
    refuse_names([("reason", why)], people.names, confirmed=names_confirmed)
    _end(session, actor, row, why, now)


def undo_activity(session: Session, actor: Actor, activity_id: str, now: datetime) -> None:
    """Take back what was just entered, by whoever entered it; lists do not show it any more.

    Raises NotFound, UndoTooLate after two minutes or once something else happened to it.
    """
    row = _locked(session, actor, activity_id, now, None)
    if row.entered_by != actor.account_id or row.version != 1 or now - row.created_at > UNDO_WITHIN:
        raise UndoTooLate
    _end(session, actor, row, "", now)


# --- checking ------------------------------------------------------------------------------------


def _school_for(session: Session, actor: Actor, class_id: str | None, now: datetime) -> str:
    """The school for which the actor may enter it: by the class, or by the right at the own school."""
    if class_id:
        return class_access(session, actor, class_id, local_day(now), write=True).school_id
    if not actor.can(Permission.MEETING_WRITE):
        raise NotFound
    return actor.org_id


def _checked(
    session: Session,
    actor: Actor,
    school_id: str,
    entry: Activity,
    now: datetime,
    more: tuple[tuple[str, str], ...] = (),
) -> tuple[Activity, str, TermKey]:
    """Everything that may refuse an entry, before anything of it is written; the entry tidied, a warning, its term."""
    entry = tidied(entry)
    refuse_shape(entry, now)
    last = local_day(entry.ends_at - timedelta(microseconds=1))
    days = calendar(session, actor.district_id, school_id, entry.day, last)
    kinds = [days.kind(entry.day + timedelta(days=n)) for n in range((last - entry.day).days + 1)]
    warning = refuse_day(entry, teaching=any(kind.teaching for kind in kinds), what=kinds[0].label)
    people = _concerned(session, actor, school_id, entry, now)
    entry = with_numbers(entry, people, now)
    _refuse_details(entry, people)
    refuse_names([*entry.texts, *(pair for pair in more if pair[1])], people.names, confirmed=entry.names_confirmed)
    term = days.term(entry.day) or days.term(last)
    key = TermKey(term.school_year, term.season) if term else TermKey(school_year_of(entry.day), season_of(entry.day))
    return entry, warning, key


def _concerned(session: Session, actor: Actor, school_id: str, entry: Activity, now: datetime) -> Concerned:
    """Pupils of the first day of an activity, of a week's today where it lies in it."""
    today = local_day(now)
    day = min(max(entry.day, today), local_day(entry.ends_at - timedelta(microseconds=1)))
    return concerned(session, actor.district_id, school_id, entry.class_id, entry.grades, day, today)


def _refuse_details(entry: Activity, people: Concerned) -> None:
    """Let the course type judge what it declares: choices and numbers of parent meetings and law lessons."""
    key = TYPE_OF.get(entry.kind)
    if key is None:
        return
    kind = course_type(key)
    if isinstance(kind, UnknownCourseType):
        raise ActivityRefused("type_gone")
    details = details_of(entry, people)
    wanted = {f.name for f in kind.spec.detail_fields if f.required and f.kind == "choice"}
    found = [Problem("not_a_choice", name) for name in sorted(wanted - set(details))] or kind.problems(details)
    if found:
        first = found[0]
        code = first.code if first.code in KNOWN_PROBLEMS else "other"
        params: Mapping[str, Any] = {"text": "", **first.params}
        raise ActivityRefused(code, FIELD_OF.get(first.field, first.field), **params)


def _refuse_twice(session: Session, actor: Actor, school_id: str, entry: Activity, but: str = "") -> None:
    """Talks of one class, or of the same grades, are one number a week: a second one would count them twice."""
    if entry.kind != "heart_talk":
        return
    query = select(SchoolActivity.id, SchoolActivity.grades).where(
        SchoolActivity.district_id == actor.district_id, SchoolActivity.school_id == school_id, SchoolActivity.kind == "heart_talk",
        SchoolActivity.starts_at == entry.starts_at, SchoolActivity.state != "cancelled", SchoolActivity.id != but,
        SchoolActivity.class_id == entry.class_id if entry.class_id else SchoolActivity.class_id.is_(None),
    )  # fmt: skip
    if any(entry.class_id or tuple(row.grades) == entry.grades for row in session.execute(query)):
        raise ActivityRefused("talks_twice", "day")


# --- writing -------------------------------------------------------------------------------------


def _locked(
    session: Session, actor: Actor, activity_id: str, now: datetime, seen_version: int | None
) -> SchoolActivity:
    row = seen_activity(session, actor, activity_id, local_day(now), write=True, lock=True)
    if not may_change(row.state):
        raise InvalidState(state=row.state)
    if seen_version is not None and row.version != seen_version:
        raise StaleVersion(seen=seen_version, current=row.version)
    return row


def _whom(row: SchoolActivity) -> Activity:
    """Whom a stored activity concerns."""
    return Activity(row.kind, row.starts_at, row.ends_at, row.class_id, tuple(row.grades))  # type: ignore[arg-type]


def _fill(session: Session, row: SchoolActivity, entry: Activity, pack_version: str | None) -> None:
    """Put an entry into its row. The version of the pack stays where the pack does."""
    version = pack_version
    if entry.pack_id and version is None:
        packs = (
            lesson_packs(session, Scope(row.district_id, None), PARENT_MEETING)
            if entry.kind == "parent_meeting"
            else ()
        )
        version = next((pack.version for pack in packs if pack.id == entry.pack_id), None)
        if version is None:
            raise ActivityRefused("pack", "pack")
    row.pack_id, row.pack_version = entry.pack_id or None, version if entry.pack_id else None
    row.title, row.place, row.led_by, row.feedback = entry.title, entry.place, entry.led_by, entry.feedback
    row.topic, row.speaker = entry.topic, entry.speaker
    row.starts_at, row.ends_at = entry.starts_at, entry.ends_at
    row.invited_count, row.came_count, row.took_part_count = entry.invited, entry.came, entry.took_part
    row.material_given = entry.material


def _record(session: Session, row: SchoolActivity, entry: Activity, now: datetime) -> None:
    """Note that it was held. Late is what was entered late the first time, and stays so (case 38)."""
    row.state = "recorded"
    if row.recorded_at is None:
        days = policy_for(session, row.district_id, row.school_id, entry.day)["late_record_days"]
        row.recorded_at, row.late_recorded = now, is_late(entry.ends_at, now, int(days))


def _end(session: Session, actor: Actor, row: SchoolActivity, reason: str, now: datetime) -> None:
    before = row.state
    row.state, row.state_reason = "cancelled", reason
    row.version += 1
    session.flush()
    _note(session, actor, row, "cancelled", now, {"before": before}, reason=reason)


def _facts(row: SchoolActivity) -> dict[str, Any]:
    """What the ledger keeps of an activity: choices, counts and times, no text that somebody typed."""
    return {
        "kind": row.kind, "class": row.class_id, "grades": list(row.grades), "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(), "invited": row.invited_count, "came": row.came_count, "took_part": row.took_part_count,
        "topic": row.topic, "speaker": row.speaker, "material": row.material_given, "pack": row.pack_id, "pack_version": row.pack_version,
        "late": row.late_recorded,
    }  # fmt: skip


def _note(
    session: Session,
    actor: Actor,
    row: SchoolActivity,
    kind: str,
    now: datetime,
    facts: dict[str, Any],
    *,
    reason: str = "",
) -> None:
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=f"activity.{kind}", subject_ref=row.class_id or row.school_id,
        object_ref=row.id, payload={"state": row.state, "version": row.version, **facts}, occurred_at=now, recorded_at=now,
        actor_ref=actor.account_id, acting_role=actor.role.value, reason=reason,
    ))  # fmt: skip
