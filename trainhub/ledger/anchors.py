"""Anchors: every head written into the district's own chain, so that a cut tail or a rewrite shows.

Without anchors kept outside, a chain proves little against somebody who can rewrite the database.
"""

from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from trainhub.ledger.queries import Head, heads
from trainhub.ledger.service import NewEntry, append


def anchor_all(session: Session, now: datetime, only: str | None = None) -> list[dict[str, Any]]:
    """Append one entry per district (or for one) holding its schools' heads; return all heads afterwards.

    Each row: district_id, school_id, seq, entry_hash, at (ISO UTC).
    """
    for district_id, group in groupby(heads(session, only), key=lambda head: head.district_id):
        schools = [h for h in group if h.school_id != district_id]
        if schools:
            append(session, NewEntry(
                district_id, district_id, "ledger.anchor", district_id, district_id, _payload(schools),
                occurred_at=now, recorded_at=now, actor_ref="system", acting_role="system", source="job",
            ))
    session.flush()
    return [
        {"district_id": h.district_id, "school_id": h.school_id, "seq": h.seq, "entry_hash": h.entry_hash,
         "at": now.isoformat()}
        for h in heads(session, only)
    ]


def _payload(found: list[Head]) -> dict[str, Any]:
    return {"heads": [[h.school_id, h.seq, h.entry_hash] for h in found]}
