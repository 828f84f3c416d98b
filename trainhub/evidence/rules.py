"""How big an upload may be, which upload it is, and when it is no table. Pure."""

import hashlib

from trainhub.plugin_api.limits import LIMITS, Limits

OUTPUT_BYTES = 64 * 1024 * 1024
"""How much a reading child may hand back; a table worth importing is far smaller."""

NO_TABLE = frozenset({"nul_bytes", "not_a_table", "undecodable", "too_many_rows"})
"""Refusals that say only that a file is no table, or a longer one than tables may be."""
SURE = 95
"""A source this sure has recognised a layout of its own."""


def content_hash(content: bytes) -> str:
    """Return the SHA-256 of a file in hex: the same file twice has the same key (domain.md case 102)."""
    return hashlib.sha256(content).hexdigest()


__all__ = ["LIMITS", "NO_TABLE", "OUTPUT_BYTES", "SURE", "Limits", "content_hash"]
