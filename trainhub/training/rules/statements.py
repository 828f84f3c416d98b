"""The code on an hours statement: typed from paper, so without letters that look like digits."""

import hashlib
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 16


def new_code() -> str:
    """Return a random code of 16 characters in groups of four (79 bits)."""
    raw = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(raw[i : i + 4] for i in range(0, LENGTH, 4))


def plain(code: str) -> str:
    """A code as typed without case, spaces and dashes."""
    return "".join(c for c in code.upper() if c in ALPHABET)


def is_code(code: str) -> bool:
    """Whether the text can be a code at all."""
    return len(code) <= 4 * LENGTH and len(plain(code)) == LENGTH


def code_digest(code: str) -> str:
    """Hash under which a code is kept; the code itself is kept nowhere."""
    return hashlib.sha256(b"trainhub/statement/1:" + plain(code).encode()).hexdigest()
