"""How an entry is hashed and how a chain is checked. Pure; another language can verify from this file.

``entry_hash = H("trainhub/ledger/1" || canonical JSON of all other columns)`` and
``payload_commitment = H(salt || canonical JSON of the payload)``. Canonical JSON: sorted keys, no
spaces, NFC text, no floats, UTC times as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

DOMAIN = b"trainhub/ledger/1"
GENESIS = "0" * 64
ALGORITHMS = ("sha256", "sm3")


def canonical(value: Any) -> str:
    """Return the one JSON text of ``value``. Raises TypeError on floats and other foreign types."""
    if _is_plain(value):
        text = _dumps(value)
        if text.isascii():  # nothing to normalise
            return text
    return _dumps(_plain(value))


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_LEAVES = frozenset({str, int, bool, type(None)})


def _is_plain(value: Any) -> bool:
    """Whether JSON has these very types; a roll's hundred records are looked through without being rebuilt."""
    kind = type(value)
    if kind is dict:
        return set(map(type, value)) <= {str} and all(
            _is_plain(v) for v in value.values() if type(v) not in _LEAVES
        )
    if kind is list or kind is tuple:
        return all(_is_plain(v) for v in value if type(v) not in _LEAVES)
    return kind in _LEAVES


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, int):  # a boolean is an int
        return value
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, Mapping):
        return {_plain(str(k)): _plain(v) for k, v in value.items()}
    raise TypeError(f"not allowed in the ledger: {type(value).__name__}")


def utc_text(moment: datetime) -> str:
    """Return the fixed UTC format; refuses naive datetimes."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(alg: str, data: bytes) -> str:
    """Hash with one of :data:`ALGORITHMS`; SM3 where the national algorithms are asked for."""
    if alg not in ALGORITHMS:
        raise ValueError(alg)
    return hashlib.new(alg, data).hexdigest()


def commitment(alg: str, salt: str, payload: Mapping[str, Any]) -> str:
    """Commit to a payload without revealing it once the salt is destroyed."""
    return digest(alg, salt.encode() + canonical(payload).encode())


@dataclass(frozen=True, slots=True)
class Link:
    """All hashed columns of one entry, in the form in which they are hashed."""

    district_id: str
    school_id: str
    seq: int
    kind: str
    subject_ref: str
    object_ref: str
    payload_commitment: str
    occurred_at: datetime
    recorded_at: datetime
    actor_ref: str
    acting_role: str
    source: str
    evidence_sha256: str
    corrects_seq: int | None
    reason: str
    schema_version: int
    alg: str
    prev_hash: str

    def hash(self) -> str:
        """The hash that the next entry chains to."""
        return digest(self.alg, DOMAIN + canonical(asdict(self)).encode())


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of one chain."""

    district_id: str
    school_id: str
    seq: int
    entry_hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong in a chain: which school, which entry, what kind of fault, in the ledger or the access log."""

    school_id: str
    seq: int
    kind: str  # gap | hash | chain | payload | head | anchor | clock_backward
    chain: str = "ledger"


class Chained(Protocol):
    """An entry as it is hashed: its number, the hash before it, its own."""

    @property
    def seq(self) -> int:
        """Its number in the chain, from 1."""

    @property
    def prev_hash(self) -> str:
        """The hash of the entry before it."""

    def hash(self) -> str:
        """The hash that the next entry chains to."""


def check_chain(
    school_id: str, links: Iterable[tuple[Chained, str]], anchors: Mapping[int, str] | None = None
) -> tuple[int, str, Fault | None]:
    """Walk a chain in order. ``links`` yields (columns, stored hash); ``anchors`` maps seq to hash.

    Returns (last good seq, its hash, first fault or None). A cut tail shows only against an anchor.
    """
    previous, seq = GENESIS, 0
    pending = dict(anchors or {})
    for link, stored in links:
        if link.seq != seq + 1:
            return seq, previous, Fault(school_id, seq + 1, "gap")
        if link.prev_hash != previous:
            return seq, previous, Fault(school_id, link.seq, "chain")
        if link.hash() != stored:
            return seq, previous, Fault(school_id, link.seq, "hash")
        expected = pending.pop(link.seq, stored)
        if expected != stored:
            return seq, previous, Fault(school_id, link.seq, "anchor")
        seq, previous = link.seq, stored
    if pending:
        return seq, previous, Fault(school_id, min(pending), "anchor")
    return seq, previous, None
