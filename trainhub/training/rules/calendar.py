"""The secret address of a personal calendar. Pure; only the hash of the token is kept."""

import hashlib
import re
import secrets

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Return a token of 256 bits."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether a text has the shape of a token."""
    return _TOKEN.fullmatch(text) is not None


def token_digest(token: str) -> str:
    """Return what is kept of a token; it has more entropy than anybody can try, so a plain hash will do."""
    return hashlib.sha256(b"trainhub-calendar:" + token.encode()).hexdigest()
