"""Training at another unit (支教, 交流, 跟岗): what its evidence must say, and when its minutes count (case 23).

Entered by the home school on the paper of the host, accepted by the home bureau, traceable for ever: a correction
is a new entry that takes the place of the old one, and nothing is deleted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar

from trainhub.kernel.errors import DomainError, InvalidState
from trainhub.kernel.minutes import Interval
from trainhub.training.rules.counting import Presence

PROOFS = ("certificate", "sign_in_sheet", "letter", "other")
"""What the host may give: a certificate of hours, a copy of its sign-in sheet, a letter, something else."""

MAX_DAYS = 6
MAX_MINUTES_A_DAY = 12 * 60


class EvidenceState(StrEnum):
    """Where an entry stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class BadEvidence(DomainError):
    """A field is missing or wrong; ``field`` says which."""

    code = "bad_evidence"


class EvidenceTwice(InvalidState):
    """The same hours of the same person are entered already, and were not returned or withdrawn."""

    code = "evidence_twice"
    status: ClassVar[int] = 409


@dataclass(frozen=True, slots=True)
class HostDay:
    """One stretch at the host unit. ``minutes`` as the paper says, at most the stretch. Times aware."""

    starts_at: datetime
    ends_at: datetime
    minutes: int

    @property
    def stretch(self) -> Interval:
        """From its beginning to its end."""
        return Interval(self.starts_at, self.ends_at)


def checked_days(days: Iterable[HostDay], now: datetime) -> tuple[HostDay, ...]:
    """The days in order. Raises :class:`BadEvidence` where they cannot be what a paper says.

    Refused: no day or too many, an end before its beginning, more minutes than the stretch has, overlapping days,
    and anything that is not over yet.
    """
    ordered = tuple(sorted(days, key=lambda d: d.starts_at))
    if not 0 < len(ordered) <= MAX_DAYS:
        raise BadEvidence(field="days")
    for day in ordered:
        if not 0 < day.stretch.minutes <= MAX_MINUTES_A_DAY:
            raise BadEvidence(field="ends")
        if not 0 < day.minutes <= day.stretch.minutes:
            raise BadEvidence(field="minutes")
        if day.ends_at > now:
            raise BadEvidence(field="future")
    if any(a.stretch.overlap(b.stretch) for a, b in pairwise(ordered)):
        raise BadEvidence(field="overlap")
    return ordered


@dataclass(frozen=True, slots=True)
class HostedTraining:
    """An entry as it counts. ``accepted_at`` None: the home bureau has not accepted it (yet)."""

    id: str
    person_id: str
    school_id: str
    host_unit: str
    title: str
    topic: str
    days: Sequence[HostDay]
    state: EvidenceState
    entered_at: datetime
    accepted_by: str
    accepted_at: datetime | None
    ended_at: datetime | None
    reason: str = ""

    def presences(self, known_at: datetime) -> tuple[Presence, ...]:
        """One presence a day, as known at a moment; none before the entry and after it was taken back.

        A revoked entry stays visible as revoked, like a presence on a roll.
        """
        ended = self.ended_at is not None and self.ended_at <= known_at
        revoked = ended and self.state is EvidenceState.REVOKED
        if self.entered_at > known_at or (ended and not revoked):
            return ()
        accepted = self.accepted_at is not None and self.accepted_at <= known_at
        return tuple(
            Presence(
                sheet_id=f"{self.id}.{number}", event_id=self.id, starts_at=day.starts_at, ends_at=day.ends_at,
                minutes=day.minutes, verified=accepted, revoked=revoked, revoked_reason=self.reason if revoked else "",
                topic=self.topic, host=self.host_unit, host_accepted=accepted, title=self.title, source="host",
                verified_by=self.accepted_by if accepted else "", verified_at=self.accepted_at if accepted else None,
                unit=self.school_id,
            )
            for number, day in enumerate(self.days, start=1)
        )
