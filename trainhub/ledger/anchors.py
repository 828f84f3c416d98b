"""Anchors: every head written into the district's own chain, so that a cut tail or a rewrite shows.

Without anchors kept outside, a chain proves little against somebody who can rewrite the database.
"""

from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from trainhub.ledger.access_chain import ACCESS, access_heads
from trainhub.ledger.queries import heads
from trainhub.ledger.rules import Head
from trainhub.ledger.service import NewEntry, append


def anchor_all(session: Session, now: datetime, only: str | None = None) -> list[dict[str, Any]]:
    """Append one entry per district (or for one) holding its schools' heads, of ledger and access log; return all heads afterwards.

    Each row: chain (ledger, access), district_id, school_id, seq, entry_hash, at (ISO UTC).
    """
    seen = {district_id: list(group) for district_id, group in groupby(access_heads(session, only), key=_district)}
    for district_id, group in groupby(heads(session, only), key=_district):
        schools, opened = [h for h in group if h.school_id != district_id], seen.get(district_id, [])
        if schools or opened:
            append(session, NewEntry(
                district_id, district_id, "ledger.anchor", district_id, district_id, _payload(schools, opened),
                occurred_at=now, recorded_at=now, actor_ref="system", acting_role="system", source="job",
            ))
    session.flush()
    chains = [("ledger", h) for h in heads(session, only)] + [(ACCESS, h) for h in access_heads(session, only)]
    return [
        {"chain": chain, "district_id": h.district_id, "school_id": h.school_id, "seq": h.seq, "entry_hash": h.entry_hash,
         "at": now.isoformat()}
        for chain, h in chains
    ]


def _district(head: Head) -> str:
    return head.district_id


def _payload(found: list[Head], opened: list[Head]) -> dict[str, Any]:
    rows = {"heads": [[h.school_id, h.seq, h.entry_hash] for h in found]}
    return rows | ({"access_heads": [[h.school_id, h.seq, h.entry_hash] for h in opened]} if opened else {})
