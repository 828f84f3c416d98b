"""Time-based one-time codes: RFC 6238 over RFC 4226 with HMAC-SHA-1, six digits, thirty seconds. Pure.

Every authenticator program reads exactly these parameters; others are ignored by some of them.
"""

import base64
import hmac
import secrets
import unicodedata
from datetime import datetime
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1
"""Steps before and after the present one whose code still counts: phones' clocks are a little off (RFC 6238, 5.2)."""
SECRET_BYTES = 20
ISSUER = "TrainHub"
_BETWEEN = frozenset("-‐‑‒–—−·.")


def new_secret() -> str:
    """Return a fresh secret of 160 bits (RFC 4226, 4 R6) as 32 base-32 signs."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(moment: datetime) -> int:
    """Return the number of the thirty-second step in which an aware moment lies."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """Return the six digits of a step (RFC 4226, 5.3)."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def typed_code(text: str) -> str | None:
    """Return the six digits of a code as it was typed, None where it is no such code.

    Spaces, hyphens, invisible signs and full-width digits do not matter, so that one code cannot be told in two ways.
    """
    plain = "".join(
        sign for sign in unicodedata.normalize("NFKC", text)
        if not sign.isspace() and sign not in _BETWEEN and unicodedata.category(sign) != "Cf"
    )
    return plain if len(plain) == DIGITS and plain.isascii() and plain.isdigit() else None


def accepted_step(secret: str, text: str, moment: datetime, last_step: int) -> int | None:
    """Return the step whose code was typed, None where it is wrong or not newer than ``last_step``.

    Every step within :data:`DRIFT` is compared, so that the time taken says nothing.
    """
    typed = typed_code(text)
    present, found = step_of(moment), None
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step), typed or "") and step > last_step:
            found = step
    return found


def address(secret: str, username: str) -> str:
    """Return the ``otpauth:`` address that a QR code carries to an authenticator."""
    label = quote(f"{ISSUER}:{username}", safe="")
    return f"otpauth://totp/{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"


def in_groups(secret: str) -> str:
    """Return a secret in groups of four, for whoever types it."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
