"""How big an upload may be, and which upload it is. Pure."""

import hashlib

from trainhub.plugin_api.limits import LIMITS, Limits

OUTPUT_BYTES = 64 * 1024 * 1024
"""How much a reading child may hand back; a table worth importing is far smaller."""


def content_hash(content: bytes) -> str:
    """Return the SHA-256 of a file in hex: the same file twice has the same key (domain.md case 102)."""
    return hashlib.sha256(content).hexdigest()


__all__ = ["LIMITS", "OUTPUT_BYTES", "Limits", "content_hash"]
