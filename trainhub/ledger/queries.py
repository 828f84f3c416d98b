"""Reading and checking chains."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.ledger import access_chain
from trainhub.ledger.models import LedgerEntry, LedgerHead, LedgerPayload
from trainhub.ledger.rules import GENESIS, Fault, Head, Link, check_chain, commitment

_COLUMNS = tuple(f.name for f in fields(Link))
__all__ = ["Anchors", "Head", "Verification", "heads", "last_of", "verify"]
Anchors = Mapping[tuple[str, str], Mapping[int, str]]


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check found: chains and entries walked, first fault or None; of the access log beside the ledger."""

    chains: int
    entries: int
    fault: Fault | None
    access_chains: int = 0
    access_entries: int = 0


def heads(session: Session, district_id: str | None = None, school_id: str | None = None) -> list[Head]:
    """Return the head of every chain (of a district, of a school), ordered."""
    query = select(LedgerHead).order_by(LedgerHead.district_id, LedgerHead.school_id)
    if district_id:
        query = query.where(LedgerHead.district_id == district_id)
    if school_id:
        query = query.where(LedgerHead.school_id == school_id)
    return [Head(h.district_id, h.school_id, h.seq, h.entry_hash) for h in session.scalars(query)]


def last_of(session: Session, district_id: str, school_id: str, kinds: Collection[str]) -> str | None:
    """Return which of these kinds of entries was written last in a chain, None where there is none."""
    return session.scalar(
        select(LedgerEntry.kind)
        .where(LedgerEntry.district_id == district_id, LedgerEntry.school_id == school_id, LedgerEntry.kind.in_(kinds))
        .order_by(LedgerEntry.seq.desc()).limit(1)
    )


def _links(session: Session, head: Head) -> Iterator[tuple[Link, str]]:
    table = LedgerEntry.__table__
    query = (
        select(*(table.c[name] for name in _COLUMNS), table.c.entry_hash)
        .where(table.c.district_id == head.district_id, table.c.school_id == head.school_id)
        .order_by(table.c.seq)
        .execution_options(yield_per=2000)
    )
    for row in session.execute(query):
        yield Link(*row[:-1]), row[-1]


def _broken_payload(session: Session, head: Head) -> Fault | None:
    query = (
        select(LedgerEntry.seq, LedgerEntry.alg, LedgerEntry.payload_commitment, LedgerPayload.salt, LedgerPayload.payload)
        .join(
            LedgerPayload,
            (LedgerPayload.district_id == LedgerEntry.district_id)
            & (LedgerPayload.school_id == LedgerEntry.school_id)
            & (LedgerPayload.seq == LedgerEntry.seq),
        )
        .where(LedgerEntry.district_id == head.district_id, LedgerEntry.school_id == head.school_id)
        .order_by(LedgerEntry.seq)
        .execution_options(yield_per=2000)
    )
    for seq, alg, committed, salt, payload in session.execute(query):
        if commitment(alg, salt, payload) != committed:
            return Fault(head.school_id, seq, "payload")
    return None


def verify(
    session: Session, *, school_id: str | None = None, anchors: Anchors | None = None, access_anchors: Anchors | None = None
) -> Verification:
    """Re-hash every chain and payload, then every chain of the access log; compare heads and anchors. Stops at the first fault.

    Erased payloads are skipped: their commitment alone stays.
    """
    found, anchors = heads(session, school_id=school_id), anchors or {}
    if fault := _without_chain(found, anchors, school_id, "ledger"):
        return Verification(0, 0, fault)
    entries = 0
    for head in found:
        seq, last, fault = check_chain(
            head.school_id, _links(session, head), anchors.get((head.district_id, head.school_id))
        )
        entries += seq
        if fault is None and (seq, last) != (head.seq, head.entry_hash if head.seq else GENESIS):
            fault = Fault(head.school_id, head.seq, "head")
        fault = fault or _broken_payload(session, head)
        if fault:
            return Verification(len(found), entries, fault)
    return _with_access(session, Verification(len(found), entries, None), school_id, access_anchors or {})


def _without_chain(found: list[Head], anchors: Anchors, school_id: str | None, chain: str) -> Fault | None:
    """An anchor whose chain is gone altogether."""
    known = {(h.district_id, h.school_id) for h in found}
    for district, school in anchors:
        if (district, school) not in known and school_id in (None, school):
            return Fault(school, min(anchors[district, school]), "anchor", chain)
    return None


def _with_access(session: Session, ledger: Verification, school_id: str | None, anchors: Anchors) -> Verification:
    found = access_chain.access_heads(session, school_id=school_id) if access_chain.is_there(session) else []
    if fault := _without_chain(found, anchors, school_id, access_chain.ACCESS):
        return replace(ledger, fault=fault)
    entries = 0
    for head in found:
        seq, fault = access_chain.check_head(session, head, anchors.get((head.district_id, head.school_id)))
        entries += seq
        if fault:
            return replace(ledger, fault=fault, access_chains=len(found), access_entries=entries)
    return replace(ledger, access_chains=len(found), access_entries=entries)
