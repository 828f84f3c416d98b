"""What follows for a plan when the committee finds anew: it goes under the new version, or ends with the finding (domain.md case 67)."""

from typing import Any

from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import determination_ref
from trainhub.cases.rules.happenings import DeterminationMoved
from trainhub.cases.rules.lifecycle import DeterminationState
from trainhub.education_plans.service.staying import follow_finding
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Role


def register(announcer: Any) -> None:
    """Follow the findings of cases."""
    announcer.listen(DeterminationMoved, _on_finding)


def _on_finding(session: Session, event: DeterminationMoved) -> None:
    if event.after == DeterminationState.ADOPTED.value:
        by = Actor(SYSTEM, event.district_id, "", None, Role.COMMITTEE_SECRETARY, event.school_id, "")
        follow_finding(session, by, determination_ref(session, event.district_id, event.determination_id), now())
