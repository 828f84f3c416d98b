"""An appeal comes in, is admitted or rejected, screened; the school answers; a stay may be ordered.

The window and the kinds of days are the policy's (domain.md 3.6 ``appeal_days``). A late appeal is kept with its lateness; whether it is
heard is a decision with a reason. An appeal stops nothing by itself: only a stay does, and never the protection of the other child
(domain.md 3.4, case 68).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal
from trainhub.appeals.rules.lifecycle import ENDED, AppealFacts, AppealState
from trainhub.appeals.service.steps import locked_appeal, move_appeal, note_step
from trainhub.cases.queries.refs import DeterminationRef, case_ref, determination_ref, party_ref
from trainhub.cases.service.steps import next_number
from trainhub.committees.queries.recusal import is_recused
from trainhub.education_plans.service.staying import stay_plan, unstay_plan
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import policy_for

TRACKS = ("determination", "discipline")
CHANNELS = ("paper", "face", "phone", "message", "forwarded")
REJECT_REASONS = ("out_of_time", "not_a_party", "no_determination", "other_body", "repeated", "litigation")
_OPEN = tuple(state.value for state in AppealState if state not in ENDED)


class AppealRefused(DomainError):
    """The appeal cannot be taken so; ``why`` is a code: open_already, not_a_guardian_side, grounds, track, reason, decided_here."""

    code = "appeal_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class FileAppeal:
    """What a guardian handed in. ``party_id``: whose guardian; ``filed_at``: when it was received, aware. Grounds are sealed."""

    determination_id: str
    party_id: str
    track: str
    channel: str
    grounds: str
    filed_at: datetime


def file_appeal(session: Session, actor: Actor, ring: KeyRing, command: FileAppeal, now: datetime) -> str:
    """Take an appeal of either side and return its id. Raises NotFound, AppealRefused."""
    found = determination_ref(session, actor.district_id, command.determination_id)
    party = party_ref(session, actor.district_id, command.party_id)
    if party.case_id != found.case_id or not actor.scope(Permission.APPEAL_FILE).covers_school(found.school_id):
        raise NotFound
    if case_ref(session, found.district_id, found.case_id).sealed or is_recused(
        session, found.district_id, found.case_id, person_id=actor.person_id, account_id=actor.account_id
    ):
        raise NotFound
    side = _side(found, party.party_id, party.roles)
    if command.track not in TRACKS or command.channel not in CHANNELS or not command.grounds.strip():
        raise AppealRefused(field="grounds", why="grounds")
    _refuse_second(session, found, command)
    appeal_id, year = new_id(), local_day(now).year
    appeal = Appeal(
        district_id=found.district_id, id=appeal_id, school_id=found.school_id, case_id=found.case_id, determination_id=found.determination_id,
        party_id=party.party_id, track=command.track, side=side, year=year,
        number=next_number(session, found.district_id, found.district_id, f"appeal_{command.track}"[:24], year), state=AppealState.FILED.value,
        channel=command.channel, sealed_grounds=ring.seal(command.grounds.strip(), place("appeal", "sealed_grounds", appeal_id)),
        filed_at=command.filed_at, in_time=found.appeal_until is None or local_day(command.filed_at) <= found.appeal_until,
        entered_by=actor.account_id, updated_at=now,
    )
    session.add(appeal)
    session.flush()
    note_step(session, actor, appeal, "filed", now, after=appeal.state, changes={
        "track": command.track, "side": side, "in_time": appeal.in_time, "determination": found.determination_id,
        "filed_at": command.filed_at.isoformat(),
    })
    return appeal_id


def _side(found: DeterminationRef, party_id: str, roles: Sequence[str]) -> str:
    """Either side may appeal: the pupil the finding is about, or the other child."""
    if party_id == found.party_id:
        return "actor" if "actor" in roles else "target"
    if "target" in roles:
        return "target"
    raise AppealRefused(field="party_id", why="not_a_guardian_side")


def _refuse_second(session: Session, found: DeterminationRef, command: FileAppeal) -> None:
    query = select(Appeal.id).where(
        Appeal.district_id == found.district_id, Appeal.determination_id == found.determination_id, Appeal.party_id == command.party_id,
        Appeal.track == command.track, Appeal.state.in_(_OPEN),
    )
    if session.execute(query.limit(1)).first() is not None:
        raise AppealRefused(field="party_id", why="open_already")


def admit_appeal(session: Session, actor: Actor, appeal_id: str, now: datetime, *, late_accepted: bool = False) -> None:
    """Take an appeal into hand; from now on the screening clock runs. A late one only where that was decided. Raises AppealStepRefused."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    stands = determination_ref(session, appeal.district_id, appeal.determination_id).stands
    policy = policy_for(session, appeal.district_id, appeal.district_id, local_day(now))
    appeal.screen_due_at = now + timedelta(days=int(policy["appeal_screening_days"]))
    facts = AppealFacts(in_time=appeal.in_time, late_accepted_reason=late_accepted, determination_stands=stands)
    move_appeal(session, actor, appeal, AppealState.ADMITTED, facts, now, changes={"late_accepted": late_accepted, "screen_due_at": appeal.screen_due_at.isoformat()})


def reject_appeal(session: Session, actor: Actor, appeal_id: str, reason: str, now: datetime) -> None:
    """Refuse to take an appeal, with a reason of :data:`REJECT_REASONS`. Raises AppealRefused, InvalidState."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    if reason not in REJECT_REASONS:
        raise AppealRefused(field="reason", why="reason")
    appeal.reject_reason = reason
    move_appeal(session, actor, appeal, AppealState.REJECTED, AppealFacts(reason_given=True), now, changes={"reason": reason})


def answer_for_school(session: Session, actor: Actor, ring: KeyRing, appeal_id: str, words: str, now: datetime) -> None:
    """The school's word on an appeal, while it is not decided. Raises AppealRefused, NotFound."""
    appeal = locked_appeal(session, actor, appeal_id, now, permission=Permission.APPEAL_FILE)
    if appeal.school_id != actor.org_id or AppealState(appeal.state) in ENDED or not words.strip():
        raise AppealRefused(field="words", why="grounds")
    appeal.sealed_reply = ring.seal(words.strip(), place("appeal", "sealed_reply", appeal.id))
    note_step(session, actor, appeal, "answered", now)


def screen_appeal(session: Session, actor: Actor, appeal_id: str, *, procedure_proper: bool, facts_clear: bool, now: datetime) -> None:
    """Note what the screening found: was the school's procedure proper, are the facts clear. Raises AppealStepRefused."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    facts = AppealFacts(procedure_proper=procedure_proper, facts_clear=facts_clear)
    move_appeal(session, actor, appeal, AppealState.SCREENED, facts, now, changes={"procedure_proper": procedure_proper, "facts_clear": facts_clear})


def withdraw_appeal(session: Session, actor: Actor, appeal_id: str, now: datetime) -> None:
    """The guardian takes the appeal back; a stay ends. Raises InvalidState."""
    appeal = locked_appeal(session, actor, appeal_id, now, permission=Permission.APPEAL_FILE)
    end_stay(session, actor, appeal, now)
    move_appeal(session, actor, appeal, AppealState.WITHDRAWN, AppealFacts(), now)


def order_stay(session: Session, actor: Actor, ring: KeyRing, appeal_id: str, reason: str, now: datetime) -> date:
    """Let the plan rest while the appeal runs: ordered by the county only, with a reason. Raises AppealRefused, InvalidState."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    if AppealState(appeal.state) in ENDED or not reason.strip() or appeal.stayed_at is not None:
        raise AppealRefused(field="reason", why="reason")
    if case_ref(session, appeal.district_id, appeal.case_id).sealed:
        raise NotFound
    stay_plan(session, actor, ring, appeal.determination_id, appeal_id=appeal.id, words=reason, now=now)
    appeal.stayed_at = now
    note_step(session, actor, appeal, "stay_ordered", now)
    return local_day(now)


def end_stay(session: Session, actor: Actor, appeal: Appeal, now: datetime) -> None:
    """End the stay of a locked appeal, where there is one: the plan runs on where it rested, and the time was no delay."""
    if appeal.stayed_at is not None and appeal.stay_ended_at is None:
        days = unstay_plan(session, actor, appeal.determination_id, now=now)
        appeal.stay_ended_at = now
        note_step(session, actor, appeal, "stay_ended", now, changes={"days": days})
