"""Making a meeting for every class of chosen grades at once, and taking it back as a whole."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingWave
from trainhub.class_meetings.rules.lifecycle import OPEN, MeetingState
from trainhub.class_meetings.service.planning import PlannedMeeting, plan_meetings
from trainhub.class_meetings.service.steps import note_steps
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission

AS_PLANNED = 1
"""The version of a meeting that nobody has touched since it was planned."""


class NobodyChosen(DomainError):
    """A form for all classes with no class ticked."""

    code = "meeting_wave_empty"


class SlotGone(DomainError):
    """The lesson chosen for a class is not free any more since the form was opened; another one is not taken unasked."""

    code = "meeting_wave_slot_gone"


class WaveTouched(InvalidState):
    """A meeting of the wave was recorded or changed already: each has to be cancelled by itself."""

    code = "meeting_wave_touched"


def was_made(session: Session, actor: Actor, wave_id: str) -> bool:
    """Whether the form with this number was sent before by the same account."""
    wave = session.get(MeetingWave, (actor.district_id, wave_id))
    return wave is not None and wave.made_by == actor.account_id


def make_wave(
    session: Session, actor: Actor, title: str, theme: str, meetings: Sequence[PlannedMeeting], now: datetime, wave_id: str = ""
) -> str:
    """Plan a meeting for each of these classes of one school. Returns the id of the wave, ``wave_id`` where the form gave it one.

    A constant number of statements, however many classes. Raises NobodyChosen, and what planning refuses.
    """
    actor.require(Permission.MEETING_WRITE, actor.org_id)
    if not meetings:
        raise NobodyChosen(field="grades")
    wave = MeetingWave(
        district_id=actor.district_id, id=wave_id or new_id(), school_id=actor.org_id, title=" ".join(title.split())[:80], theme=theme,
        made_by=actor.account_id, made_at=now,
    )
    session.add(wave)
    session.flush()
    plan_meetings(session, actor, meetings, now, wave_id=wave.id)
    return wave.id


def undo_wave(session: Session, actor: Actor, wave_id: str, now: datetime) -> int:
    """Cancel every meeting of a wave as long as nobody has recorded or changed one. Returns how many. Raises WaveTouched, NotFound."""
    wave = session.get(MeetingWave, (actor.district_id, wave_id), with_for_update=True)
    if wave is None or not actor.scope(Permission.MEETING_WRITE).covers_school(wave.school_id):
        raise NotFound
    rows = session.scalars(
        select(ClassMeeting).where(ClassMeeting.district_id == wave.district_id, ClassMeeting.wave_id == wave.id).with_for_update()
    ).all()
    live = [m for m in rows if m.state != MeetingState.CANCELLED]
    if wave.undone_at is not None or any(MeetingState(m.state) not in OPEN or m.version > AS_PLANNED for m in live):
        raise WaveTouched(state="recorded")
    wave.undone_at = now
    steps = []
    for meeting in live:
        before, meeting.state = meeting.state, MeetingState.CANCELLED.value
        meeting.state_reason, meeting.updated_at = "wave", now
        meeting.version += 1
        steps.append((meeting, "cancelled", before, "wave", {"wave": wave.id}))
    note_steps(session, actor, steps, now)
    return len(live)
