"""What follows for a plan when the committee finds anew: it goes under the new version, or ends with the finding (domain.md case 67)."""

from typing import Any

from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import determination_ref
from trainhub.cases.rules.happenings import DeterminationMoved, GuardianTold
from trainhub.cases.rules.lifecycle import DeterminationState
from trainhub.cases.rules.parties import About
from trainhub.cases.service.noticing import settle
from trainhub.education_plans.rules.happenings import PlanMoved
from trainhub.education_plans.rules.lifecycle import BEFORE, ENDED, RUNNING, PlanState
from trainhub.education_plans.service.absences import TO_BE_TOLD, nobody_left_to_tell
from trainhub.education_plans.service.readers import name_readers
from trainhub.education_plans.service.staying import follow_finding
from trainhub.education_plans.service.watching import BEHIND, STILL
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Role


def register(announcer: Any) -> None:
    """Follow the findings of cases, what guardians were told, and who is to read a plan."""
    announcer.listen(PlanMoved, _on_moved)
    announcer.listen(DeterminationMoved, _on_finding)
    announcer.listen(GuardianTold, _on_told)


def _on_finding(session: Session, event: DeterminationMoved) -> None:
    if event.after == DeterminationState.ADOPTED.value:
        by = Actor(SYSTEM, event.district_id, "", None, Role.COMMITTEE_SECRETARY, event.school_id, "")
        follow_finding(session, by, determination_ref(session, event.district_id, event.determination_id), now())


def _on_moved(session: Session, event: PlanMoved) -> None:
    """Approved, sent back, or over: whom a plan names begins or ends to read it."""
    if event.before in RUNNING and event.after not in RUNNING:
        settle(session, event.district_id, [BEHIND, STILL], event.case_id, now(), link=f"/plans/{event.plan_id}")
        settle(session, event.district_id, [BEHIND, STILL], event.case_id, now(), link=f"/my-lessons/{event.plan_id}")
    if {event.before, event.after} & {s.value for s in BEFORE | ENDED | {PlanState.HANDED_OVER}}:
        name_readers(session, event.district_id, event.case_id, now())


def _on_told(session: Session, event: GuardianTold) -> None:
    """With the last missed lesson that a guardian had to hear of, the secretary's notice has done its work."""
    if event.about != About.MISSED_LESSON:
        return
    plan_id = nobody_left_to_tell(session, event.district_id, event.object_id)
    if plan_id is not None:
        settle(session, event.district_id, [TO_BE_TOLD], event.case_id, now(), link=f"/plans/{plan_id}")
