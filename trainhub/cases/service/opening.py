"""A case is opened, its procedure started, its story written down."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseNarrative
from trainhub.cases.queries.facts import case_facts
from trainhub.cases.rules import clocks, intake
from trainhub.cases.rules.lifecycle import CaseFacts, CaseState
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.rules.scales import TIERS
from trainhub.cases.service import timing
from trainhub.cases.service.steps import locked_case, move_case, next_number, note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.kernel.years import RequirementYear
from trainhub.roster.queries import policy_for

NARRATIVE_LENGTH = 20_000
BEFORE_FINDING = frozenset({CaseState.ACCEPTED, CaseState.INVESTIGATING, CaseState.SUBMITTED})
"""While a case is there, what happens again belongs to it; afterwards it is a case of its own."""


@dataclass(frozen=True, slots=True)
class CaseStart:
    """What a case begins with. ``discovered_at``: when the school first heard; a deadline may run from there (case 54)."""

    happened_on: date | None
    place_kind: str
    means: tuple[str, ...]
    discovered_at: datetime
    severity: str = ""
    relapse_of: str | None = None


def open_case(session: Session, ring: KeyRing, actor: Actor, start: CaseStart, now: datetime) -> CaseFile:
    """Open a case at the actor's school: number without gaps, scale and policy version as of today. Raises Forbidden, CaseRefused.

    ``relapse_of`` names a case of the school whose follow-up found it (case 85). Raises NotFound where there is none.
    """
    actor.require(Permission.CASE_WRITE, actor.org_id)
    if start.discovered_at > now:
        raise CaseRefused("future_moment", "discovered_at")
    if start.severity and start.severity not in TIERS:
        raise CaseRefused("severity", "severity")
    intake.check_words(start.means, start.place_kind)
    earlier = _earlier_case(session, actor, start.relapse_of) if start.relapse_of is not None else None
    today = local_day(now)
    policy = policy_for(session, actor.district_id, actor.org_id, today)
    year = RequirementYear.of(today, "school").start_year
    case = CaseFile(
        district_id=actor.district_id, id=new_id(), school_id=actor.org_id, year=year,
        number=next_number(session, actor.district_id, actor.org_id, "case", year), state=CaseState.ACCEPTED.value,
        scale=str(policy["severity_scale"]), severity=start.severity, happened_on=start.happened_on, place_kind=start.place_kind,
        means=list(start.means), discovered_at=start.discovered_at, accepted_at=now, policy_version=policy.version, relapse_of=start.relapse_of,
        version=0, opened_by=actor.account_id, updated_at=now,
    )
    session.add(case)
    session.flush()
    note_step(session, actor, case, "opened", now, after=case.state, changes={
        "number": case.number, "year": year, "scale": case.scale, "severity": case.severity, "relapse_of": start.relapse_of,
    })
    timing.start(session, case, clocks.investigation(policy, policy.version, discovered=start.discovered_at, accepted=now, procedure=None))
    timing.owe_reports(session, case, policy, since=start.discovered_at)
    if earlier is not None and earlier.sealed_at is None:
        note_step(session, actor, earlier, "relapse_opened", now, object_id=case.id, changes={"number": case.number, "year": case.year})
    return case


def open_relapse(session: Session, ring: KeyRing, actor: Actor, case_id: str, now: datetime) -> str:
    """Open the case of something that happened again after an earlier one, linked to it and heard of now; return its id (domain.md case 85).

    Raises Forbidden, NotFound.
    """
    return open_case(session, ring, actor, CaseStart(None, "", (), now, relapse_of=case_id), now).id


def open_linked(session: Session, ring: KeyRing, actor: Actor, start: CaseStart, now: datetime) -> str:
    """Open the linked case of something that happened again, from the page of the earlier one; return its id (domain.md case 85).

    The earlier case exists for the actor and was determined; nothing in it changes but its history. Raises NotFound, InvalidState,
    CaseRefused.
    """
    earlier = own_case(session, actor, start.relapse_of or "", now, ended=True)
    if CaseState(earlier.state) in BEFORE_FINDING:
        raise InvalidState(state=earlier.state, wanted=CaseState.DETERMINED.value)
    if start.happened_on is not None and (start.happened_on > local_day(now) or start.happened_on < (earlier.happened_on or start.happened_on)):
        raise CaseRefused("relapse_day", "happened_on")
    return open_case(session, ring, actor, start, now).id


def _earlier_case(session: Session, actor: Actor, case_id: str) -> CaseFile:
    """A case of the same school, be it sealed: a link shows nothing of it."""
    known = select(CaseFile).where(CaseFile.district_id == actor.district_id, CaseFile.school_id == actor.org_id, CaseFile.id == case_id)
    earlier = session.scalars(known.with_for_update(), execution_options={"populate_existing": True}).one_or_none()
    if earlier is None:
        raise NotFound
    return earlier


def own_case(session: Session, actor: Actor, case_id: str, now: datetime, *, seen_version: int | None = None, ended: bool = False) -> CaseFile:
    """A case that the actor's own school leads, locked. Another school of a joint case writes about its own pupil only (case 51).

    ``ended``: also one that is closed. Raises NotFound, StaleVersion, InvalidState.
    """
    case = locked_case(session, actor, case_id, now, seen_version=seen_version)
    if case.school_id != actor.org_id:
        raise NotFound
    if not ended and CaseState(case.state) in {CaseState.CLOSED, CaseState.SEALED}:
        raise InvalidState(state=case.state, wanted="open")
    return case


def start_procedure(session: Session, actor: Actor, case_id: str, now: datetime, *, seen_version: int | None = None) -> None:
    """Start the investigation. Where the rules count from here, its clock starts now. Raises NotFound, InvalidState, StaleVersion."""
    case = own_case(session, actor, case_id, now, seen_version=seen_version)
    case.procedure_at = now
    move_case(session, actor, case, CaseState.INVESTIGATING, CaseFacts(), now)
    policy = policy_for(session, case.district_id, case.school_id, local_day(now))
    if timing.find(session, case, clocks.ClockKind.INVESTIGATION) is None:
        fresh = clocks.investigation(policy, policy.version, discovered=case.discovered_at, accepted=case.accepted_at, procedure=now)
        timing.start(session, case, fresh, paused_at=case.police_since)


def write_narrative(session: Session, ring: KeyRing, actor: Actor, case_id: str, text: str, now: datetime, *, seen_version: int | None = None) -> None:
    """Write what is known so far; earlier wordings stay, sealed. Raises NotFound, StaleVersion, CaseRefused."""
    case = own_case(session, actor, case_id, now, seen_version=seen_version)
    words = text.strip()
    if not words or len(words) > NARRATIVE_LENGTH:
        raise CaseRefused("narrative", "text", limit=NARRATIVE_LENGTH)
    wording_id = new_id()
    session.add(CaseNarrative(
        district_id=case.district_id, id=wording_id, case_id=case.id, sealed_text=ring.seal(words, place("case_narrative", "sealed_text", wording_id)),
        written_by=actor.account_id, written_at=now,
    ))
    case.sealed_narrative = ring.seal(words, place("case_file", "sealed_narrative", case.id))
    note_step(session, actor, case, "narrative", now, changes={"length": len(words)})


def submit_to_committee(session: Session, actor: Actor, case_id: str, now: datetime, *, seen_version: int | None = None) -> None:
    """Hand a case to the committee; the investigation is over with it. Raises StepRefused with what is missing, InvalidState."""
    case = own_case(session, actor, case_id, now, seen_version=seen_version)
    move_case(session, actor, case, CaseState.SUBMITTED, case_facts(session, case), now)
    timing.meet(session, case, clocks.ClockKind.INVESTIGATION, now)
