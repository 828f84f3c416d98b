"""Planning class meetings: for one class in a tap, for a whole school in one form, moved, cancelled, missed, taken back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingReminder, MeetingStep
from trainhub.class_meetings.queries.planning import around
from trainhub.class_meetings.rules.happenings import MeetingsChanged
from trainhub.class_meetings.rules.lifecycle import MeetingState, step
from trainhub.class_meetings.rules.naming import refuse_names
from trainhub.class_meetings.rules.planning import UNDO_WITHIN, Around, PlannedMeeting, Verdict, judge_all
from trainhub.class_meetings.rules.unplannable import NotHeldYet, UndoTooLate
from trainhub.class_meetings.service.steps import locked_meeting, note_steps, take_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import PostAssignment, SchoolClass
from trainhub.roster.queries.staff import during

__all__ = ["PlannedMeeting", "cancel_meeting", "miss_meeting", "move_meeting", "plan_meetings", "review_meetings", "undo_plan"]


@dataclass(frozen=True, slots=True)
class MoveMeeting:
    """A meeting at another time, with another leader, room, pack or guest: ``plan`` is how it shall be.

    ``reason`` is asked for where it had a time already. The pack's version stays where the pack does.
    """

    meeting_id: str
    plan: PlannedMeeting
    reason: str
    seen_version: int | None = None


@dataclass(frozen=True, slots=True)
class EndMeeting:
    """A meeting that is cancelled, or was not held although its time is over; both with a reason."""

    meeting_id: str
    reason: str
    seen_version: int | None = None
    names_confirmed: bool = False


# --- planning ----------------------------------------------------------------------------------------


def plan_meetings(
    session: Session, actor: Actor, commands: Sequence[PlannedMeeting], now: datetime, wave_id: str | None = None
) -> list[str]:
    """Plan meetings of classes of one school and return their ids, in order. A constant number of statements.

    A meeting with a time is scheduled, one without is planned. Raises the first refusal of :mod:`rules.unplannable`,
    TextNamesPupil or TextMayName for a text that names a pupil, NotFound for a class outside the actor's reach.
    """
    if not commands:
        return []
    school_id, facts = _around(session, actor, commands, now, lock=True)
    verdicts = judge_all(facts, commands, now)
    for verdict in verdicts:
        if verdict.refusal is not None:
            raise verdict.refusal
    _refuse_names(facts, verdicts)
    rows = [_row(actor, school_id, verdict, now, wave_id) for verdict in verdicts]
    session.add_all(rows)
    note_steps(session, actor, [(row, _kind(row), "", "", _facts_of(row)) for row in rows], now)
    _reminded(session, actor.district_id, {row.class_id for row in rows}, now)
    return [row.id for row in rows]


def review_meetings(session: Session, actor: Actor, commands: Sequence[PlannedMeeting], now: datetime) -> tuple[Verdict, ...]:
    """Judge the same commands without writing: a verdict for each, in order. Raises NotFound outside the actor's reach."""
    if not commands:
        return ()
    return judge_all(_around(session, actor, commands, now, lock=False)[1], commands, now)


def _around(
    session: Session, actor: Actor, commands: Sequence[PlannedMeeting], now: datetime, *, lock: bool
) -> tuple[str, Around]:
    ids = {command.class_id for command in commands}
    school_id = _school_of(session, actor, ids, local_day(now))
    days = [local_day(command.starts_at or now) for command in commands]
    packs = {command.pack_id for command in commands if command.pack_id}
    return school_id, around(
        session, actor.district_id, school_id, ids, min(days), max(days), pack_ids=packs, lock=lock, names=lock
    )


def _school_of(session: Session, actor: Actor, class_ids: Collection[str], day: date) -> str:
    """The one school of classes that the actor may plan for: by a right at the school, or as homeroom teacher of each."""
    query = select(SchoolClass.id, SchoolClass.school_id).where(SchoolClass.district_id == actor.district_id, SchoolClass.id.in_(class_ids))
    found = {row.id: row.school_id for row in session.execute(query)}
    if set(found) != set(class_ids) or len(set(found.values())) != 1:
        raise NotFound
    school_id: str = next(iter(found.values()))
    wide, own = Permission.MEETING_WRITE, Permission.MEETING_OWN_WRITE
    if actor.can(wide) and actor.scope(wide).covers_school(school_id):
        return school_id
    leads = select(PostAssignment.class_id).where(
        PostAssignment.district_id == actor.district_id, PostAssignment.person_id == (actor.person_id or ""),
        PostAssignment.post == "homeroom_teacher", during(PostAssignment.from_on, PostAssignment.to_on, day, day),
    )
    if not actor.can(own) or not set(class_ids) <= set(session.scalars(leads)):
        raise NotFound
    return school_id


def _refuse_names(facts: Around, verdicts: Collection[Verdict]) -> None:
    """Texts that somebody typed name no pupil of the class; the title of a pack was typed by nobody here."""
    for verdict in verdicts:
        plan = verdict.plan
        held = facts.packs.get((plan.pack_id or "", plan.pack_version or ""), ("", ""))[0]
        texts = [(field, text) for field, text in (
            ("title", plan.title if plan.title != held else ""), ("guest", plan.guest), ("room", plan.room),
            ("override_reason", plan.override_reason),
        ) if text]
        if texts:
            refuse_names(texts, [p.name for p in facts.classes[plan.class_id].pupils], confirmed=plan.names_confirmed)


def _row(actor: Actor, school_id: str, verdict: Verdict, now: datetime, wave_id: str | None) -> ClassMeeting:
    plan = verdict.plan
    state = MeetingState.PLANNED if plan.starts_at is None else MeetingState.SCHEDULED
    return ClassMeeting(
        district_id=actor.district_id, id=new_id(), school_id=school_id, class_id=plan.class_id, school_year=verdict.school_year,
        season=verdict.season, state=state.value, title=plan.title, theme=plan.theme, pack_id=plan.pack_id,
        pack_version=plan.pack_version if plan.pack_id else None, starts_at=plan.starts_at, ends_at=plan.ends_at, lesson_no=plan.lesson_no, room=plan.room, guest=plan.guest,
        responsible_id=plan.responsible_id, held_by_id=plan.held_by_id, wave_id=wave_id, revision=0, late_recorded=False,
        times_unsure=False, state_reason="", override_reason=_override(verdict), version=1, planned_by=actor.account_id, created_at=now, updated_at=now,
    )


def _override(verdict: Verdict) -> str:
    return verdict.plan.override_reason if verdict.clashes else ""


def _kind(row: ClassMeeting) -> str:
    return "planned" if row.starts_at is None else "scheduled"


def _facts_of(row: ClassMeeting) -> dict[str, Any]:
    """What the ledger keeps of a plan: ids, numbers and times."""
    return {
        "pack": row.pack_id, "pack_version": row.pack_version, "starts_at": _iso(row.starts_at), "ends_at": _iso(row.ends_at),
        "lesson": row.lesson_no, "held_by": row.held_by_id, "responsible": row.responsible_id, "wave": row.wave_id,
        "overrides": bool(row.override_reason),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="minutes") if moment else None


def _reminded(session: Session, district_id: str, class_ids: Collection[str], now: datetime) -> None:
    """A reminder to plan has done its work."""
    session.execute(
        update(MeetingReminder).where(
            MeetingReminder.district_id == district_id, MeetingReminder.class_id.in_(class_ids), MeetingReminder.about == "plan",
            MeetingReminder.done_at.is_(None),
        ).values(done_at=now),
        execution_options={"synchronize_session": False},
    )


# --- what follows ------------------------------------------------------------------------------------


def move_meeting(session: Session, actor: Actor, command: MoveMeeting, now: datetime) -> None:
    """Give a meeting another time, leader, room, pack or guest; a planned one gets its first time.

    Raises the refusals of planning, StaleVersion, InvalidState, MeetingReasonMissing, NotFound.
    """
    meeting = locked_meeting(session, actor, command.meeting_id, now, command.seen_version)
    plan = replace(command.plan, class_id=meeting.class_id, responsible_id=meeting.responsible_id)
    if plan.pack_id == meeting.pack_id:
        plan = replace(plan, pack_version=meeting.pack_version)
    before, after = MeetingState(meeting.state), MeetingState.SCHEDULED
    if plan.starts_at is None:
        raise InvalidState(state=before.value, wanted=after.value)
    step(before, after, command.reason)
    days = [local_day(plan.starts_at)]
    facts = around(
        session, actor.district_id, meeting.school_id, [meeting.class_id], min(days), max(days),
        pack_ids=[plan.pack_id] if plan.pack_id else (), lock=True, names=True,
    )
    verdict = judge_all(facts, [plan], now, but=meeting.id)[0]
    if verdict.refusal is not None:
        raise verdict.refusal
    _refuse_names(facts, [verdict])
    _refuse_reason(facts, meeting.class_id, command.reason, confirmed=plan.names_confirmed)
    was, term = _facts_of(meeting), (meeting.school_year, meeting.season)
    _apply(meeting, verdict)
    changed = {key: value for key, value in _facts_of(meeting).items() if was[key] != value}
    take_step(session, actor, meeting, after, "moved", now, reason=command.reason, changes=changed)
    if term != (meeting.school_year, meeting.season):  # the term it left has one less
        announcer.announce(session, MeetingsChanged(meeting.district_id, meeting.school_id, *term, (meeting.class_id,)))


def _apply(meeting: ClassMeeting, verdict: Verdict) -> None:
    plan = verdict.plan
    for name in ("title", "theme", "pack_id", "starts_at", "ends_at", "lesson_no", "room", "guest", "held_by_id"):
        setattr(meeting, name, getattr(plan, name))
    meeting.pack_version = plan.pack_version if plan.pack_id else None
    meeting.override_reason = _override(verdict)
    meeting.school_year, meeting.season = verdict.school_year, verdict.season


def cancel_meeting(session: Session, actor: Actor, command: EndMeeting, now: datetime) -> None:
    """Cancel a meeting. It stays on record with its reason. Raises InvalidState, MeetingReasonMissing, StaleVersion, NotFound."""
    meeting = locked_meeting(session, actor, command.meeting_id, now, command.seen_version)
    _end(session, actor, meeting, command, MeetingState.CANCELLED, now)


def miss_meeting(session: Session, actor: Actor, command: EndMeeting, now: datetime) -> None:
    """Say that a meeting whose time has come was not held. Raises NotHeldYet before that, and what cancelling raises."""
    meeting = locked_meeting(session, actor, command.meeting_id, now, command.seen_version)
    if meeting.starts_at is not None and meeting.starts_at > now:
        raise NotHeldYet(day=local_day(meeting.starts_at), class_name="")
    _end(session, actor, meeting, command, MeetingState.MISSED, now)


def _end(
    session: Session, actor: Actor, meeting: ClassMeeting, command: EndMeeting, after: MeetingState, now: datetime
) -> None:
    step(MeetingState(meeting.state), after, command.reason)
    day = local_day(meeting.starts_at or now)
    facts = around(session, actor.district_id, meeting.school_id, [meeting.class_id], day, day, names=True)
    _refuse_reason(facts, meeting.class_id, command.reason, confirmed=command.names_confirmed)
    take_step(session, actor, meeting, after, after.value, now, reason=command.reason)


def _refuse_reason(facts: Around, class_id: str, reason: str, *, confirmed: bool) -> None:
    if reason.strip():
        refuse_names([("reason", reason)], [p.name for p in facts.classes[class_id].pupils], confirmed=confirmed)


def undo_plan(session: Session, actor: Actor, meeting_id: str, now: datetime) -> None:
    """Take back a meeting just planned. Nothing is erased: it is cancelled by a step ``undone``, without a reason.

    Only by whoever planned it, while nothing happened to it since, within :data:`UNDO_WITHIN`. Raises UndoTooLate, NotFound.
    """
    meeting = locked_meeting(session, actor, meeting_id, now)
    steps = session.scalars(
        select(MeetingStep.step).where(MeetingStep.district_id == actor.district_id, MeetingStep.meeting_id == meeting_id)
    ).all()
    fresh = now - meeting.created_at <= UNDO_WITHIN and meeting.planned_by == actor.account_id
    if not fresh or len(steps) != 1 or meeting.state not in {MeetingState.PLANNED, MeetingState.SCHEDULED}:
        raise UndoTooLate
    before, meeting.state, meeting.updated_at = meeting.state, MeetingState.CANCELLED.value, now
    meeting.version += 1
    note_steps(session, actor, [(meeting, "undone", before, "", {})], now)
