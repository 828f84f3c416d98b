"""When several sources speak about one person on one sheet: precedence decides, or somebody must. Pure.

Precedence is that of :func:`trainhub.attendance.roll_rules.rank`: manual > approved leave > check-in >
device > typed list > assertion. It settles *how* somebody attended (late or not, how many minutes). It
does not settle *whether*: a scan and a signed sheet that contradict each other about a presence have
two stories, and one of them may be a proxy; that waits for a person with the evidence side by side.
Whatever loses stays as evidence.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from trainhub.attendance.roll_rules import THERE, Head, rank
from trainhub.plugin_api import Trust

BY_HAND = "manual"
WEAK = 10
"""Sources up to this rank (assertion, default, closing) give way to any statement about the person."""
_TRUST: dict[str, int] = {"device": 25, "witnessed": 20, "self_report": 15, "online": 5}
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def strength_of(source: str, trust: Trust) -> int:
    """Return how strong a source is; lists, and devices without a signature, are as strong as the trust they have."""
    kind = source.partition(":")[0]
    unsigned = kind == "device" and trust == "self_report"
    return _TRUST[trust] if kind == "import" or unsigned else rank(source)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source states about one person on one sheet. A source restates by a newer claim.

    ``source`` is ``manual``, ``leave``, ``qr``, ``badge``, ``device:<key>``, ``import:<key>`` ...; ``external_id``
    names the line it rests on and ``raw_sha256`` what that line says. ``minutes`` None: the evidence does
    not say. ``said_at`` is when the statement reached the roll; ``trust`` is that of the source.
    ``face_to_face`` False is online evidence, which never makes a presence (FORMATS.md R10). ``stated`` False:
    nobody said it, it was concluded from times that do not fit the session.
    """

    source: str
    external_id: str
    raw_sha256: str
    status: str
    said_at: datetime = _EARLIEST
    trust: Trust = "witnessed"
    leave_type: str = ""
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    late_minutes: int = 0
    minutes: int | None = None
    face_to_face: bool = True
    stated: bool = True
    file_name: str = ""
    row: int = 0
    cells: tuple[str, ...] = ()
    batch_id: str = ""

    @property
    def key(self) -> str:
        """Names the claim among those of its person: its source and the hash of what it says."""
        return f"{self.source}|{self.raw_sha256[:16]}"

    @property
    def strength(self) -> int:
        """How strong the source is: :func:`strength_of`."""
        return strength_of(self.source, self.trust)

    @property
    def verdict(self) -> str:
        """``there``, ``excused`` or ``absent``."""
        return "there" if self.status in THERE else self.status

    @property
    def measured(self) -> bool:
        """Whether a machine took the time, not a person."""
        return self.trust == "device" or self.source.partition(":")[0] in {"badge", "qr", "device"}

    @property
    def proves(self) -> bool:
        """Whether it can contradict another claim.

        A machine that saw nobody proves nothing, nor does an absence that was only concluded, nor online
        evidence, nor an assertion about the rest.
        """
        if self.strength <= WEAK:
            return False
        if self.status == "absent":
            return self.source == BY_HAND or (self.trust == "witnessed" and self.stated)
        return self.face_to_face or self.status not in THERE


@dataclass(frozen=True, slots=True)
class Decision:
    """The claim that holds (None: nobody said anything), why, and those that stay as evidence.

    ``why``: ``none``, ``only``, ``agree``, ``precedence``, ``by_hand``, ``leave_explains``, ``human``.
    """

    winner: Claim | None
    why: str
    losers: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two stories: ``presence``, ``leave_but_there`` or ``came_after_mark``. Strongest side first."""

    code: str
    sides: tuple[Claim, ...]

    @property
    def digest(self) -> str:
        """Names this conflict: the same evidence gives the same digest, new evidence another one."""
        said = sorted(f"{c.source}|{c.raw_sha256}|{c.status}" for c in self.sides)
        return hashlib.sha256(json.dumps([self.code, *said]).encode()).hexdigest()

    def side(self, key: str) -> Claim | None:
        """The side of that key."""
        return next((c for c in self.sides if c.key == key), None)


def reconcile(claims: Iterable[Claim]) -> Decision | Conflict:
    """Return what holds of all claims about one person on one sheet, or the conflict that must be decided.

    The order of the claims means nothing; a claim stated twice counts once; of one source the newest
    statement counts.
    """
    current = current_claims(claims)
    proving = [c for c in current if c.proves]
    if not proving:
        return _strongest(current, current)
    hand = next((c for c in proving if c.source == BY_HAND), None)
    if hand is not None:
        later = [c for c in proving if _came_after(hand, c)]
        if later:
            return Conflict("came_after_mark", (hand, *later))
        return Decision(hand, "only" if len(current) == 1 else "by_hand", _without(current, hand))
    verdicts = {c.verdict for c in proving}
    if "there" in verdicts and len(verdicts) > 1:
        return Conflict("presence" if "absent" in verdicts else "leave_but_there", tuple(proving))
    if len(verdicts) > 1:
        winner = next(c for c in proving if c.verdict == "excused")
        return Decision(winner, "leave_explains", _without(current, winner))
    return _strongest(proving, current)


def current_claims(claims: Iterable[Claim]) -> list[Claim]:
    """Return the newest statement of each source, strongest source first."""
    newest: dict[str, Claim] = {}
    for claim in claims:
        held = newest.get(claim.source)
        if held is None or _age(claim) > _age(held):
            newest[claim.source] = claim
    return sorted(newest.values(), key=lambda c: (-c.strength, c.source))


def _age(claim: Claim) -> tuple[datetime, str]:
    """Newer is larger; statements of the same moment are told apart by what they say, never by their order."""
    return claim.said_at, repr(claim)


def _came_after(hand: Claim, other: Claim) -> bool:
    """Somebody marked as not there was seen by a machine after the mark: they came later."""
    return (
        hand.status not in THERE and other.status in THERE and other.measured
        and other.arrived_at is not None and other.arrived_at > hand.said_at
    )


def _strongest(among: Sequence[Claim], current: Sequence[Claim]) -> Decision:
    if not among:
        return Decision(None, "none")
    winner = among[0]
    if len(current) == 1:
        return Decision(winner, "only")
    same = {(c.status, c.minutes) for c in current}
    return Decision(winner, "agree" if len(same) == 1 else "precedence", _without(current, winner))


def _without(claims: Iterable[Claim], winner: Claim) -> tuple[Claim, ...]:
    return tuple(c for c in claims if c != winner)


def settled(found: Decision | Conflict, decisions: Iterable[tuple[str, str]]) -> Decision | Conflict:
    """Return a conflict that somebody decided as their decision.

    ``decisions`` are (digest of the conflict, key of the side taken), oldest first. New evidence makes
    another conflict, so an old decision never hides it.
    """
    if isinstance(found, Decision):
        return found
    taken = [key for digest, key in decisions if digest == found.digest]
    side = found.side(taken[-1]) if taken else None
    return found if side is None else Decision(side, "human", _without(found.sides, side))


def claim_of_head(head: Head, stored: Iterable[Claim]) -> Claim | None:
    """Return what a record itself states: a mark by hand, an approved leave, an assertion.

    A record that a stored claim led to states nothing of its own.
    """
    if head.status is None or head.revoked_at is not None:
        return None
    if head.source and any(c.source == head.source for c in stored):
        return None
    said = [head.status, head.leave_type, str(head.arrived_at), str(head.left_at)]
    return Claim(
        source=head.source, external_id="", raw_sha256=hashlib.sha256(json.dumps(said).encode()).hexdigest(),
        status=head.status, said_at=head.marked_at or _EARLIEST, leave_type=head.leave_type, arrived_at=head.arrived_at,
        left_at=head.left_at, late_minutes=head.late_minutes, minutes=head.minutes,
    )


def about(head: Head | None, stored: Sequence[Claim]) -> list[Claim]:
    """Return all claims about a person: those stored and that of the record itself."""
    own = claim_of_head(head, stored) if head else None
    return [*stored, own] if own else list(stored)
