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

from trainhub.appeals.models import Appeal, ReExamination
from trainhub.appeals.rules import terms
from trainhub.appeals.rules.lifecycle import ENDED, AppealFacts, AppealState
from trainhub.appeals.service.county import end_county, lend_to_county
from trainhub.appeals.service.steps import locked_appeal, move_appeal, note_step, schools_appeal
from trainhub.cases.queries.refs import CaseRef, DeterminationRef, case_ref, determination_ref, party_ref
from trainhub.cases.rules.clocks import end_of_day_after
from trainhub.cases.rules.determining import last_day_of_appeal
from trainhub.cases.rules.scales import scale
from trainhub.cases.service.steps import next_number
from trainhub.committees.queries.recusal import is_recused
from trainhub.education_plans.service.staying import stay_plan, unstay_plan
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import calendar, policy_for

TRACKS = ("determination", "discipline")
CHANNELS = ("paper", "face", "phone", "message", "forwarded", "authority")
"""``authority``: the county looks of its own accord, where police or court found otherwise (domain.md case 56)."""
REJECT_REASONS = ("out_of_time", "not_a_party", "no_determination", "other_body", "repeated", "litigation")
MOOT = "moot"
"""Why an appeal ends whose determination fell in another one."""
LATE_REASONS = ("not_told", "illness", "force", "new_evidence", "other")
LONGEST = 8000
_OPEN = tuple(state.value for state in AppealState if state not in ENDED)


class AppealRefused(DomainError):
    """The appeal cannot be taken so; ``why`` is a code of ``messages.WHY``."""

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
    found, case = _against(session, actor, command)
    party = party_ref(session, actor.district_id, command.party_id)
    if party.case_id != found.case_id:
        raise NotFound
    side = _side(found, party.party_id, party.roles)
    _refuse_unfit(session, actor, command, found, case, now)
    appeal_id, year = new_id(), local_day(now).year
    appeal = Appeal(
        district_id=found.district_id, id=appeal_id, school_id=found.school_id, case_id=found.case_id, determination_id=found.determination_id,
        party_id=party.party_id, track=command.track, side=side, year=year,
        number=next_number(session, found.district_id, found.district_id, f"appeal_{command.track}"[:24], year), state=AppealState.FILED.value,
        channel=command.channel, sealed_grounds=ring.seal(command.grounds.strip(), place("appeal", "sealed_grounds", appeal_id)),
        filed_at=command.filed_at, in_time=_in_time(session, command, found), entered_by=actor.account_id, updated_at=now,
    )
    if command.track == "discipline":
        term = terms.DISCIPLINE_ANSWER
        appeal.school_due_on = _working_day(session, found, local_day(command.filed_at), term.days, term.day_kind)
    session.add(appeal)
    session.flush()
    note_step(session, actor, appeal, "filed", now, after=appeal.state, occurred_at=command.filed_at, changes={
        "track": command.track, "side": side, "in_time": appeal.in_time, "determination": found.determination_id,
        "filed_at": command.filed_at.isoformat(), "channel": command.channel,
    })
    if command.track == "determination":
        lend_to_county(session, actor, appeal, now)
    return appeal_id


def _against(session: Session, actor: Actor, command: FileAppeal) -> tuple[DeterminationRef, CaseRef]:
    """What the appeal is against, where the actor may take one for it. Raises NotFound."""
    found = determination_ref(session, actor.district_id, command.determination_id)
    case = case_ref(session, found.district_id, found.case_id)
    if not actor.scope(Permission.APPEAL_FILE).covers_school(found.school_id) or case.sealed or is_recused(
        session, found.district_id, found.case_id, person_id=actor.person_id, account_id=actor.account_id
    ):
        raise NotFound
    return found, case


def _refuse_unfit(session: Session, actor: Actor, command: FileAppeal, found: DeterminationRef, case: CaseRef, now: datetime) -> None:
    if command.track not in TRACKS or command.channel not in CHANNELS:
        raise AppealRefused(field="track", why="track")
    if not command.grounds.strip() or len(command.grounds) > LONGEST:
        raise AppealRefused(field="grounds", why="grounds")
    if command.filed_at > now or (found.adopted_at is not None and command.filed_at < found.adopted_at):
        raise AppealRefused(field="filed_at", why="moment")
    if command.channel == "authority" and (actor.role is not Role.BUREAU_CASE_OFFICER or not case.county_review):
        raise AppealRefused(field="channel", why="no_review")
    if command.track == "discipline" and not disciplines(found, case):
        raise AppealRefused(field="track", why="no_measures")
    made_by = session.get(Appeal, (found.district_id, found.appeal_id)) if found.appeal_id else None
    if command.track == "determination" and made_by is not None and made_by.track == "determination":
        raise AppealRefused(field="determination_id", why="decided_here")
    _refuse_second(session, found, command)


def disciplines(found: DeterminationRef, case: CaseRef) -> tuple[str, ...]:
    """The measures of a determination that are discipline: what that track may be about."""
    words = scale(case.scale)
    known = {m.key: m.kind for m in words.measures}
    return tuple(key for key in found.measures if known.get(key) in {"discipline", "sanction", "record"})


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


def _in_time(session: Session, command: FileAppeal, found: DeterminationRef) -> bool:
    """Whether it came within its window: the policy's for a determination, the rule's own for discipline; open before service."""
    until = found.appeal_until
    if command.track == "discipline":
        term = terms.DISCIPLINE_FILING
        until = _working_day(session, found, local_day(found.effective_at), term.days, term.day_kind) if found.effective_at else None
    return until is None or local_day(command.filed_at) <= until


def _working_day(session: Session, found: DeterminationRef, since: date, days: int, day_kind: str) -> date:
    """The last day of a time in working days as the authority counts them. Few statements."""
    book = calendar(session, found.district_id, found.school_id, since, since + timedelta(days=days * 7 + 60))

    def working(day: date) -> bool:
        code = book.kind(day).code
        stated = book.national.get(day, ("", ""))[0]
        return code in {"school", "make_up", "own_school_day"} or (code == "vacation" and (stated == "workday" or (not stated and day.weekday() < 5)))

    return last_day_of_appeal(since, days, day_kind, working)


def admit_appeal(session: Session, actor: Actor, appeal_id: str, now: datetime, *, late_reason: str = "", seen_version: int | None = None) -> None:
    """Take an appeal into hand; from now on the screening clock runs. A late one only with a reason of :data:`LATE_REASONS`.

    An appeal against discipline comes here after the school's own committee had its word. Raises AppealStepRefused, AppealRefused.
    """
    appeal = locked_appeal(session, actor, appeal_id, now, seen_version=seen_version)
    if late_reason and late_reason not in LATE_REASONS:
        raise AppealRefused(field="late_reason", why="reason")
    stands = determination_ref(session, appeal.district_id, appeal.determination_id).stands
    policy = policy_for(session, appeal.district_id, appeal.district_id, local_day(now))
    heard = appeal.track != "discipline" or appeal.school_heard_at is not None or (
        appeal.school_due_on is not None and local_day(now) > appeal.school_due_on
    )
    facts = AppealFacts(in_time=appeal.in_time, late_accepted_reason=bool(late_reason), determination_stands=stands, school_heard=heard)
    due = end_of_day_after(now, int(policy["appeal_screening_days"]))
    reason = "" if appeal.in_time else late_reason
    move_appeal(session, actor, appeal, AppealState.ADMITTED, facts, now, changes={"late_reason": reason, "screen_due_at": due.isoformat()})
    appeal.screen_due_at, appeal.late_reason = due, reason
    lend_to_county(session, actor, appeal, now)


def reject_appeal(session: Session, actor: Actor, appeal_id: str, reason: str, now: datetime, *, seen_version: int | None = None) -> None:
    """Refuse to take an appeal, with a reason of :data:`REJECT_REASONS`. Raises AppealRefused, InvalidState."""
    appeal = locked_appeal(session, actor, appeal_id, now, seen_version=seen_version)
    if reason not in REJECT_REASONS or (reason == "out_of_time" and appeal.in_time):
        raise AppealRefused(field="reason", why="reason")
    if appeal.state != AppealState.FILED.value:
        raise InvalidState(state=appeal.state, wanted=AppealState.REJECTED.value)
    drop(session, actor, appeal, AppealState.REJECTED, reason, now)


def drop(session: Session, actor: Actor, appeal: Appeal, after: AppealState, reason: str, now: datetime) -> None:
    """End a locked appeal without a decision: a stay ends with it, an empty re-examination too, and the county's look at the case."""
    end_stay(session, actor, appeal, now)
    appeal.reject_reason = reason if after is AppealState.REJECTED else ""
    move_appeal(session, actor, appeal, after, AppealFacts(reason_given=bool(reason)), now, changes={"reason": reason} if reason else None)
    session.flush()
    review = session.get(ReExamination, (appeal.district_id, appeal.re_examination_id)) if appeal.re_examination_id else None
    others = select(Appeal.id).where(
        Appeal.district_id == appeal.district_id, Appeal.re_examination_id == appeal.re_examination_id, Appeal.state.in_(_OPEN)
    )
    if review is not None and review.state in {"forming", "running"} and session.scalar(others.limit(1)) is None:
        review.state = "dropped"
    end_county(session, actor, appeal, now, with_group=review is not None and review.state == "dropped")


def answer_for_school(session: Session, actor: Actor, ring: KeyRing, appeal_id: str, words: str, now: datetime) -> None:
    """The school's word on an appeal, while it is not decided; with it the county may read the case. Raises AppealRefused, NotFound."""
    appeal = schools_appeal(session, actor, appeal_id, now)
    if not words.strip() or len(words) > LONGEST:
        raise AppealRefused(field="words", why="grounds")
    if AppealState(appeal.state) not in {AppealState.FILED, AppealState.ADMITTED, AppealState.SCREENED, AppealState.RE_EXAMINATION}:
        raise InvalidState(state=appeal.state, wanted="answered")
    appeal.sealed_reply = ring.seal(words.strip(), place("appeal", "sealed_reply", appeal.id))
    note_step(session, actor, appeal, "answered", now)
    lend_to_county(session, actor, appeal, now)


def screen_appeal(
    session: Session, actor: Actor, appeal_id: str, *, procedure_proper: bool | None, facts_clear: bool | None, now: datetime,
    seen_version: int | None = None,
) -> None:
    """Note what the screening found: was the school's procedure proper, are the facts clear. Raises AppealStepRefused."""
    appeal = locked_appeal(session, actor, appeal_id, now, seen_version=seen_version)
    facts = AppealFacts(procedure_proper=procedure_proper, facts_clear=facts_clear)
    move_appeal(session, actor, appeal, AppealState.SCREENED, facts, now, changes={"procedure_proper": procedure_proper, "facts_clear": facts_clear})
    appeal.procedure_proper, appeal.facts_clear = procedure_proper, facts_clear


def withdraw_appeal(session: Session, actor: Actor, appeal_id: str, now: datetime) -> None:
    """The guardian takes the appeal back; a stay ends. Raises InvalidState."""
    appeal = locked_appeal(session, actor, appeal_id, now, permission=Permission.APPEAL_FILE)
    drop(session, actor, appeal, AppealState.WITHDRAWN, "", now)


def order_stay(session: Session, actor: Actor, ring: KeyRing, appeal_id: str, reason: str, now: datetime) -> date:
    """Let the plan rest while the appeal runs: ordered by the county only, with a reason. Raises AppealRefused, InvalidState."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    state = AppealState(appeal.state)
    if state not in {AppealState.FILED, AppealState.ADMITTED, AppealState.SCREENED, AppealState.RE_EXAMINATION} or appeal.track != "determination":
        raise InvalidState(state=appeal.state, wanted="stayed")
    if not reason.strip() or (appeal.stayed_at is not None and appeal.stay_ended_at is None):
        raise AppealRefused(field="reason", why="reason")
    if not stay_plan(session, actor, ring, appeal.determination_id, appeal_id=appeal.id, words=reason.strip()[:LONGEST], now=now):
        raise AppealRefused(field="reason", why="nothing_to_stay")
    appeal.stayed_at, appeal.stay_ended_at = now, None
    note_step(session, actor, appeal, "stay_ordered", now)
    return local_day(now)


def lift_stay(session: Session, actor: Actor, appeal_id: str, now: datetime) -> None:
    """The county ends its stay before it decides. Raises InvalidState where none runs."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    if appeal.stayed_at is None or appeal.stay_ended_at is not None:
        raise InvalidState(state=appeal.state, wanted="stay_ended")
    end_stay(session, actor, appeal, now)


def end_stay(session: Session, actor: Actor, appeal: Appeal, now: datetime) -> None:
    """End the stay of a locked appeal, where there is one: the plan runs on where it rested, and the time was no delay."""
    if appeal.stayed_at is not None and appeal.stay_ended_at is None:
        days = unstay_plan(session, actor, appeal.determination_id, now=now)
        appeal.stay_ended_at = now
        note_step(session, actor, appeal, "stay_ended", now, changes={"days": days})
