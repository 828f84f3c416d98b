"""How an entry of the access log is hashed, and how its chains are checked. Same construction as the ledger, other domain.

``entry_hash = H("trainhub/access/1" || canonical JSON of all other columns)``; see ``trainhub.ledger.rules``. There is no
payload: an entry says who opened what, never what was in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import cast

from sqlalchemy import Table, inspect, select
from sqlalchemy.orm import Session

from trainhub.ledger.models import AccessHead, AccessLogEntry
from trainhub.ledger.rules import GENESIS, Fault, Head, canonical, check_chain, digest

DOMAIN = b"trainhub/access/1"
ACCESS = "access"
"""Name of these chains in anchors and faults."""


@dataclass(frozen=True, slots=True)
class AccessLink:
    """All hashed columns of one entry, in the form in which they are hashed."""

    district_id: str
    school_id: str
    seq: int
    account_id: str
    person_id: str | None
    acting_role: str
    grant_id: str
    permission: str
    object_kind: str
    object_ref: str
    about_ref: str
    purpose: str
    words: str
    via: str
    month: str
    recorded_at: datetime
    schema_version: int
    alg: str
    prev_hash: str

    def hash(self) -> str:
        """The hash that the next entry chains to."""
        return digest(self.alg, DOMAIN + canonical(asdict(self)).encode())


_COLUMNS = tuple(field.name for field in fields(AccessLink))


def is_there(session: Session) -> bool:
    """Whether the database has an access log: a copy made before there was one is sound without it."""
    return inspect(session.connection()).has_table(AccessHead.__tablename__)


def access_heads(session: Session, district_id: str | None = None, school_id: str | None = None) -> list[Head]:
    """Return the head of every access chain (of a district, of a school), ordered."""
    query = select(AccessHead).order_by(AccessHead.district_id, AccessHead.school_id)
    if district_id:
        query = query.where(AccessHead.district_id == district_id)
    if school_id:
        query = query.where(AccessHead.school_id == school_id)
    return [Head(h.district_id, h.school_id, h.seq, h.entry_hash) for h in session.scalars(query)]


def _links(session: Session, head: Head) -> Iterator[tuple[AccessLink, str]]:
    table = cast("Table", AccessLogEntry.__table__)
    query = (
        select(*(table.c[name] for name in _COLUMNS), table.c.entry_hash)
        .where(table.c.district_id == head.district_id, table.c.school_id == head.school_id)
        .order_by(table.c.seq)
        .execution_options(yield_per=2000)
    )
    for row in session.execute(query):
        yield AccessLink(*row[:-1]), row[-1]


def check_head(session: Session, head: Head, anchors: Mapping[int, str] | None) -> tuple[int, Fault | None]:
    """Walk one access chain; return how many entries are good and the first fault."""
    seq, last, fault = check_chain(head.school_id, _links(session, head), anchors)
    if fault is None and (seq, last) != (head.seq, head.entry_hash if head.seq else GENESIS):
        fault = Fault(head.school_id, head.seq, "head")
    return seq, Fault(fault.school_id, fault.seq, fault.kind, ACCESS) if fault else None
