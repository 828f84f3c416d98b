"""What this room holds on a pupil: appeals of its own side, what the school answered, what was decided on them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, AppealDecision
from trainhub.kernel.clock import local_day
from trainhub.kernel.held import HeldRow, HeldSubject
from trainhub.kernel.sealing import KeyRing, place


def held_in_appeals(session: Session, ring: KeyRing, subject: HeldSubject) -> list[HeldRow]:
    """Own appeals and their decisions. Two statements."""
    appeals = session.scalars(select(Appeal).where(
        Appeal.district_id == subject.district_id, Appeal.party_id.in_(subject.party_ids)
    ).order_by(Appeal.filed_at)).all()
    found = []
    for row in appeals:
        for what, column in (("appeal", "sealed_grounds"), ("appeal_reply", "sealed_reply")):
            sealed = getattr(row, column)
            if sealed or what == "appeal":
                text = ring.unseal(sealed, place("appeal", column, row.id)) if sealed else ""
                found.append(HeldRow(what, local_day(row.filed_at), text, (f"appeal_{row.state}",)))
    decisions = session.scalars(select(AppealDecision).where(
        AppealDecision.district_id == subject.district_id, AppealDecision.appeal_id.in_([row.id for row in appeals])
    ).order_by(AppealDecision.decided_at))
    for decision in decisions:
        reasons = ring.unseal(decision.sealed_reasons, place("appeal_decision", "sealed_reasons", decision.id)) if decision.sealed_reasons else ""
        found.append(HeldRow("appeal_decision", local_day(decision.decided_at), reasons, (f"decision_{decision.outcome}",)))
    return found
