"""The ticket without which no protected content is read. Only ``trainhub.ledger.access`` issues it, once the entry is written."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

STAMP: Final = object()
"""Held by ``trainhub.ledger.access`` alone (a test reads every source)."""


class UnloggedRead(RuntimeError):
    """Protected content was asked for without a ticket for it: a mistake of the program, never of a person."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Proof that the opening of one object by one account stands in the access log, as entry ``seq`` of the school's chain."""

    district_id: str
    school_id: str
    object_kind: str
    object_ref: str
    account_id: str
    at: datetime
    seq: int
    about_ref: str
    stamp: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.stamp is not STAMP:
            raise UnloggedRead("an opening is issued by the access log only")

    def require(self, district_id: str, object_kind: str, object_ref: str) -> None:
        """Refuse with :class:`UnloggedRead` unless the ticket is for exactly this object."""
        if (district_id, object_kind, object_ref) != (self.district_id, self.object_kind, self.object_ref):
            raise UnloggedRead(f"the opening is for another object than this {object_kind}")
