"""When somebody who is signed in must prove who they are once more, and how often they may be wrong. Pure.

A password opens ordinary pages. Pages with data of pupils in a case want a second factor once per session and a
proof anew after a rest; revealing, exporting, breaking the glass and giving rights want one that is minutes old
(OWASP ASVS 5, 7.5.3 and 6.3.3).
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trainhub.accounts.rules import CODE_ALPHABET, new_activation_code

PROOF_LIFETIME = timedelta(minutes=10)
"""How long a proof is fresh enough to reveal, export, break the glass or give rights."""
REST_LIMIT = timedelta(minutes=15)
"""How long a session may rest before a protected page asks anew, unless the installation says otherwise."""
PENDING_LIFETIME = timedelta(minutes=15)
"""How long a new secret waits for its first code."""
RECOVERY_CODES = 10
RECOVERY_SIGNS = 12
FAILURE_LIMITS: tuple[tuple[int, timedelta], ...] = (
    (5, timedelta(minutes=5)), (20, timedelta(hours=1)), (50, timedelta(days=1)),
)
"""Wrong proofs of one account before it must wait: with three codes valid at a time, fifty a day find one in eighteen years."""
FAILURES_KEPT = FAILURE_LIMITS[-1][1]


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a session has shown: last use, last full proof, when the second factor was passed, when it woke from a rest."""

    used_at: datetime
    proved_at: datetime | None = None
    second_factor_at: datetime | None = None
    rested_at: datetime | None = None


class Asked(StrEnum):
    """What a session must show before it goes on."""

    SECOND_FACTOR = "second_factor"
    FRESH_PROOF = "fresh_proof"


def has_rested(proofs: Proofs, now: datetime, limit: timedelta) -> bool:
    """Whether the session rested longer than ``limit`` since its last full proof, now or at any time before.

    Any page ends a rest; so that opening a harmless one first opens no door, the end of a rest is remembered.
    """
    if proofs.proved_at is not None and now - proofs.proved_at < limit:
        return False
    if now - proofs.used_at >= limit:
        return True
    return proofs.rested_at is not None and (proofs.proved_at is None or proofs.rested_at > proofs.proved_at)


def asked_of(proofs: Proofs, now: datetime, limit: timedelta, *, demanded: bool) -> Asked | None:
    """Return what a protected page asks for first. ``demanded``: whether the acting role must have a second factor."""
    if has_rested(proofs, now, limit):
        return Asked.FRESH_PROOF
    return Asked.SECOND_FACTOR if demanded and proofs.second_factor_at is None else None


def is_fresh(proofs: Proofs, now: datetime, *, demanded: bool) -> bool:
    """Whether the last full proof is at most ten minutes old."""
    if demanded and proofs.second_factor_at is None:
        return False
    return proofs.proved_at is not None and now - proofs.proved_at <= PROOF_LIFETIME


def wait_until(failures: Sequence[datetime], now: datetime) -> datetime | None:
    """Return until when no further proof is looked at, None where one may be tried now."""
    waits = []
    for count, span in FAILURE_LIMITS:
        recent = sorted(moment for moment in failures if moment > now - span)
        if len(recent) >= count:
            waits.append(recent[-count] + span)
    return max(waits, default=None)


def new_recovery_codes() -> list[str]:
    """Return ten codes, each for one time without the phone: 12 of 30 signs, as activation codes are."""
    return [new_activation_code() for _ in range(RECOVERY_CODES)]


def recovery_digest(account_id: str, text: str) -> str | None:
    """Hash a recovery code as it was typed, bound to its account; None where it is no such code."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign in CODE_ALPHABET)
    if len(plain) != RECOVERY_SIGNS:
        return None
    return hashlib.sha256(f"trainhub/recovery/1\0{account_id}\0{plain}".encode()).hexdigest()
