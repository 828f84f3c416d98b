"""A class's convention against bullying (SB28): drafted, voted on, replaced by a later one, taken back while it is a draft.

A row is added for every draft that is saved and its text never changes; what is in force stays in force until a new text is agreed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassConvention, ClassMeeting
from trainhub.class_meetings.queries.access import ClassAccess, class_access
from trainhub.class_meetings.rules.conventions import (
    ConventionRefused,
    Vote,
    agreed,
    refuse_clauses,
    refuse_vote,
    tidied,
)
from trainhub.class_meetings.rules.lifecycle import MeetingState
from trainhub.class_meetings.rules.naming import refuse_names
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, StaleVersion
from trainhub.ledger.service import NewEntry, append
from trainhub.roster.models import SchoolClass
from trainhub.roster.queries.timetable import pupils_of_class

HELD = frozenset({MeetingState.SCHEDULED, MeetingState.RECORDED, MeetingState.RETURNED, MeetingState.CHECKED})
"""States of a meeting at which a class may have voted, if it is over."""


@dataclass(frozen=True, slots=True)
class RecordVote:
    """How a class voted on its draft. With ``meeting_id`` the day is that meeting's, whatever ``day`` says."""

    class_id: str
    seen_revision: int
    vote: Vote
    day: date
    meeting_id: str | None = None


def save_draft(
    session: Session,
    actor: Actor,
    class_id: str,
    clauses: Sequence[str],
    now: datetime,
    *,
    seen_revision: int,
    names_confirmed: bool = False,
) -> int:
    """Keep a draft as the next revision and return its number; a draft before it is replaced, what is in force stays.

    The same text once more adds nothing. Raises NotFound, StaleVersion where somebody saved since ``seen_revision`` was shown,
    ConventionRefused, TextNamesPupil, TextMayName.
    """
    klass, rows = _locked(session, actor, class_id, now, seen_revision)
    text = tidied(clauses)
    refuse_clauses(text)
    names = [pupil.name for pupil in pupils_of_class(session, _scope(klass, actor), class_id, local_day(now))]
    refuse_names(
        [(f"clause-{number}", clause) for number, clause in enumerate(text, 1)], names, confirmed=names_confirmed
    )
    draft = _draft(rows)
    if draft is not None and tuple(draft.clauses) == text:
        return draft.revision
    row = ClassConvention(
        district_id=actor.district_id, class_id=class_id, revision=max((r.revision for r in rows), default=0) + 1,
        school_id=klass.school_id, state="draft", clauses=list(text), entered_by=actor.account_id, entered_at=now,
    )  # fmt: skip
    if draft is not None:
        draft.state = "replaced"
    session.add(row)
    session.flush()
    _note(session, actor, row, "drafted", now, {"replaces": draft.revision if draft else None})
    return row.revision


def record_vote(session: Session, actor: Actor, command: RecordVote, now: datetime) -> bool:
    """Record the vote on a draft and return whether the class agreed: more than half of those who voted were for it.

    What was in force is then replaced; a text that was voted down stays readable, and what was in force stays. Raises NotFound,
    StaleVersion, InvalidState without a draft, ConventionRefused.
    """
    klass, rows = _locked(session, actor, command.class_id, now, command.seen_revision)
    draft = _draft(rows)
    if draft is None:
        raise InvalidState(state="", wanted="agreed")
    day = _day_of(session, actor, klass, command, now)
    pupils = len(pupils_of_class(session, _scope(klass, actor), klass.class_id, day))
    refuse_vote(command.vote, pupils)
    done = agreed(command.vote)
    before = [row for row in rows if row.state == "agreed"] if done else []
    for row in before:
        row.state = "replaced"
    draft.state = "agreed" if done else "rejected"
    draft.for_count, draft.against_count, draft.abstained_count = (
        command.vote.in_favour,
        command.vote.against,
        command.vote.abstained,
    )
    draft.pupil_count, draft.agreed_on, draft.meeting_id = pupils, day, command.meeting_id
    session.flush()
    _note(
        session,
        actor,
        draft,
        "agreed" if done else "rejected",
        now,
        {"replaces": before[0].revision if before else None},
    )
    return done


def withdraw_draft(session: Session, actor: Actor, class_id: str, now: datetime, *, seen_revision: int) -> None:
    """Take the newest draft back; the draft it replaced is talked about again. Raises NotFound, StaleVersion, InvalidState."""
    _klass, rows = _locked(session, actor, class_id, now, seen_revision)
    draft = _draft(rows)
    if draft is None:
        raise InvalidState(state="", wanted="withdrawn")
    draft.state = "withdrawn"
    before = _before(rows, draft.revision)
    if before is not None:
        before.state = "draft"
    session.flush()
    _note(session, actor, draft, "withdrawn", now, {"again": before.revision if before else None})


# --- shared --------------------------------------------------------------------------------------


def _locked(
    session: Session, actor: Actor, class_id: str, now: datetime, seen_revision: int
) -> tuple[ClassAccess, list[ClassConvention]]:
    """The class and its revisions; the class is held until the end of the transaction, so that two drafts follow each other."""
    klass = class_access(session, actor, class_id, local_day(now), write=True)
    held = select(SchoolClass.id).where(SchoolClass.district_id == actor.district_id, SchoolClass.id == class_id)
    session.execute(held.with_for_update(key_share=True))
    query = select(ClassConvention).where(
        ClassConvention.district_id == actor.district_id, ClassConvention.class_id == class_id
    )
    rows = list(
        session.scalars(query.order_by(ClassConvention.revision), execution_options={"populate_existing": True})
    )
    current = rows[-1].revision if rows else 0
    if current != seen_revision:
        raise StaleVersion(seen=seen_revision, current=current)
    return klass, rows


def _draft(rows: Sequence[ClassConvention]) -> ClassConvention | None:
    return next((row for row in reversed(rows) if row.state == "draft"), None)


def _before(rows: Sequence[ClassConvention], revision: int) -> ClassConvention | None:
    """The draft that a draft replaced: the newest earlier one that never came to a vote, if nothing was voted on in between."""
    for row in reversed([row for row in rows if row.revision < revision]):
        if row.state == "withdrawn":
            continue
        return row if row.state == "replaced" and row.for_count is None else None
    return None


def _scope(klass: ClassAccess, actor: Actor) -> Scope:
    return Scope(actor.district_id, frozenset({klass.school_id}))


def _day_of(session: Session, actor: Actor, klass: ClassAccess, command: RecordVote, now: datetime) -> date:
    """The day of the vote: not to come, and one on which the class was there."""
    day = command.day
    if command.meeting_id:
        meeting = session.get(ClassMeeting, (actor.district_id, command.meeting_id))
        known = meeting is not None and meeting.class_id == klass.class_id and MeetingState(meeting.state) in HELD
        if meeting is None or not known or meeting.starts_at is None or meeting.starts_at > now:
            raise ConventionRefused("meeting", "meeting")
        day = local_day(meeting.starts_at)
    if day > local_day(now):
        raise ConventionRefused("day_ahead", "day")
    if day < klass.opened_on or (klass.closed_on is not None and day > klass.closed_on):
        raise ConventionRefused("class_not_there", "day")
    return day


def _note(session: Session, actor: Actor, row: ClassConvention, kind: str, now: datetime, more: dict[str, Any]) -> None:
    """One entry of the ledger: numbers and ids, no clause."""
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=f"convention.{kind}", subject_ref=row.class_id, object_ref=f"{row.class_id}.{row.revision}",
        payload={
            "revision": row.revision, "state": row.state, "clauses": len(row.clauses), "for": row.for_count, "against": row.against_count,
            "abstained": row.abstained_count, "pupils": row.pupil_count, "day": row.agreed_on.isoformat() if row.agreed_on else None,
            "meeting": row.meeting_id, **more,
        },
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
    ))  # fmt: skip
