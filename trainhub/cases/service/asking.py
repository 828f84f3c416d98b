"""Asking what became of a concern, by anybody with its number: wrong numbers are counted, so that nobody goes through them all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.accounts.service.attempts import attempts_of
from trainhub.cases.queries.desk import PublicWord, by_receipt
from trainhub.kernel.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class Asked:
    """The word on a concern, None for a number nobody was given. ``wait``: minutes until this address is answered again."""

    found: PublicWord | None
    wait: int = 0


def ask_by_receipt(session: Session, ring: KeyRing, typed: str, address: str, now: datetime) -> Asked:
    """Answer for a receipt number. An address that guessed wrong too often waits, with a right number too.

    Only wrong numbers leave a trace, a keyed mark of the address for some days: who asks with a number of their own leaves none. A refusal
    is returned, not raised, because the count must be committed with it.
    """
    attempts = attempts_of(session, ring.mark("receipt_address", address), now)
    if attempts.wait:
        return Asked(None, attempts.wait)
    found = by_receipt(session, ring, typed)
    if found is None:
        attempts.failed()
    return Asked(found)
