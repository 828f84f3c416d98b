"""What every step of a meeting shares: the locked row, the version that was seen, history, ledger, announcement."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingStep
from trainhub.class_meetings.queries.access import seen_meeting
from trainhub.class_meetings.rules.happenings import MeetingsChanged
from trainhub.class_meetings.rules.lifecycle import MeetingState, step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.ledger.service import NewEntry, append_many


def locked_meeting(session: Session, actor: Actor, meeting_id: str, now: datetime, seen_version: int | None = None) -> ClassMeeting:
    """Return a meeting that the actor may change, locked until the end of the transaction.

    Raises NotFound outside the actor's reach, StaleVersion where somebody changed it since ``seen_version`` was shown.
    """
    meeting = seen_meeting(session, actor, meeting_id, local_day(now), write=True, lock=True)
    if seen_version is not None and meeting.version != seen_version:
        raise StaleVersion(seen=seen_version, current=meeting.version)
    return meeting


def take_step(
    session: Session, actor: Actor, meeting: ClassMeeting, after: MeetingState, kind: str, now: datetime, *, reason: str = "",
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Move a meeting to a state and write it down. ``kind`` names the step: scheduled, moved, missed, cancelled, recorded, ...

    ``changes`` holds ids, numbers and ISO times, never a name and never free text. Raises InvalidState, MeetingReasonMissing.
    """
    done = step(MeetingState(meeting.state), after, reason)
    meeting.state, meeting.state_reason, meeting.updated_at = after.value, done.reason, now
    meeting.version += 1
    note_steps(session, actor, [(meeting, kind, done.before.value, done.reason, dict(changes or {}))], now)


def note_steps(
    session: Session, actor: Actor, steps: Collection[tuple[ClassMeeting, str, str, str, dict[str, Any]]], now: datetime
) -> None:
    """Write steps of meetings of one school down: (meeting, kind, state before, reason, changes) each.

    History, ledger and announcement take a constant number of statements, however many meetings there are.
    """
    if not steps:
        return
    session.flush()
    entries = []
    for meeting, kind, before, reason, changes in steps:
        session.add(MeetingStep(
            district_id=meeting.district_id, meeting_id=meeting.id, id=new_id(), step=kind, from_state=before, to_state=meeting.state,
            reason=reason, changes=changes, actor_id=actor.account_id, acting_role=actor.role.value, recorded_at=now,
        ))
        entries.append(NewEntry(
            district_id=meeting.district_id, school_id=meeting.school_id, kind=f"meeting.{kind}", subject_ref=meeting.class_id,
            object_ref=meeting.id, payload={"from": before, "to": meeting.state, "version": meeting.version, **changes},
            occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value, reason=reason,
        ))
    append_many(session, entries)
    announce(session, [meeting for meeting, *_ in steps])


def announce(session: Session, meetings: Collection[ClassMeeting]) -> None:
    """Announce that meetings changed, once per school and term."""
    terms: dict[tuple[str, str, str, str], set[str]] = {}
    for m in meetings:
        terms.setdefault((m.district_id, m.school_id, m.school_year, m.season), set()).add(m.class_id)
    for (district_id, school_id, year, season), classes in terms.items():
        announcer.announce(session, MeetingsChanged(district_id, school_id, year, season, tuple(sorted(classes))))
