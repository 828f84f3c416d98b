"""Conflicts are looked for whenever somebody new comes into a case. Who must step aside loses it at that moment."""

from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile
from trainhub.cases.queries.closeness import matter_facts
from trainhub.cases.queries.matters import schools_of
from trainhub.committees.service.recusal import find_and_record
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.sealing import KeyRing


def look_for_conflicts(session: Session, ring: KeyRing, actor: Actor, case: CaseFile, now: datetime) -> int:
    """Find and record everybody who must step aside, at every school of the case. Returns how many were found anew."""
    session.flush()
    facts = matter_facts(session, ring, case, local_day(now))
    return sum(
        len(find_and_record(session, actor, case.id, school_id, facts, now, ring=ring).recusal_ids) for school_id in schools_of(session, case)
    )
