"""The code itself. Pure: the same key, session and moment give the same code; nothing is kept.

A token is 28 bytes in base64url: four that name the session, the number of its period, a nonce and sixteen
bytes of HMAC-SHA256 over session, period and nonce (half of the hash, which RFC 2104 section 5 asks for). The
nonce is drawn from the key, so that two projectors of one room show one picture. The six digits come from
the same key by the truncation of RFC 4226 section 5.3; they are short, so whoever takes them counts attempts.
"""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trainhub.plugin_api import Accepted, CheckInFrame, Declined, ShownCode, SourceSpec

SECONDS = 30
SHORTEST, LONGEST = 10, 60
GRACE = 15
"""Seconds that a code is taken after the next one is shown: whoever aims at it when it changes is not lost."""

TAG, COUNTER, NONCE, MAC = 4, 4, 4, 16
DIGITS = 6


class QrCheckIn:
    """A rotating code. The key never leaves the server; a code tells nothing about the next one."""

    spec = SourceSpec(key="qr", label="扫码签到", kind="interactive", trust="device")

    def show(self, key: bytes, frame: CheckInFrame, now: datetime, settings: Mapping[str, Any]) -> ShownCode:
        """Return the code of this moment."""
        seconds = period(settings)
        counter = int(now.timestamp()) // seconds
        next_at = (counter + 1) * seconds
        return ShownCode(
            token(key, frame.session, counter), digits(key, frame.session, counter), _moment(counter * seconds), _moment(next_at)
        )  # fmt: skip

    def accept(
        self, said: str, key: bytes, frame: CheckInFrame, now: datetime, settings: Mapping[str, Any]
    ) -> Accepted | Declined:
        """Judge a scanned token or six typed digits. Genuine is asked first, then the time, then the session."""
        seconds = period(settings)
        text = unicodedata.normalize("NFKC", said[:200]).strip()
        typed = "".join(text.split())
        if typed.isascii() and typed.isdigit() and len(typed) == DIGITS:
            found: Accepted | Declined = _typed(typed, key, frame.session, now, seconds)
        else:
            found = _scanned(text, key, frame.session, now, seconds)
        if isinstance(found, Declined):
            return found
        if now < frame.opens_at:
            return Declined("not_open")
        return Declined("closed") if now >= frame.closes_at else found


def period(settings: Mapping[str, Any]) -> int:
    """Return how many seconds a code is shown; what is not between the limits is brought to them."""
    wanted = settings.get("seconds", SECONDS)
    return min(LONGEST, max(SHORTEST, wanted)) if isinstance(wanted, int) and not isinstance(wanted, bool) else SECONDS


def _mac(key: bytes, purpose: str, session: str, counter: int, nonce: bytes = b"") -> bytes:
    """HMAC over parts that cannot run into each other: each is preceded by its length."""
    parts = (b"trainhub/qr/1", purpose.encode(), session.encode(), counter.to_bytes(8, "big"), nonce)
    return hmac.new(key, b"".join(len(p).to_bytes(4, "big") + p for p in parts), hashlib.sha256).digest()


def _tag(session: str) -> bytes:
    return hashlib.sha256(b"trainhub/qr/session" + session.encode()).digest()[:TAG]


def token(key: bytes, session: str, counter: int) -> str:
    """Return the token of a period: 38 signs of base64url."""
    nonce = _mac(key, "nonce", session, counter)[:NONCE]
    body = _tag(session) + counter.to_bytes(COUNTER, "big") + nonce + _mac(key, "token", session, counter, nonce)[:MAC]
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def digits(key: bytes, session: str, counter: int) -> str:
    """Return the six digits of a period."""
    mac = _mac(key, "digits", session, counter)
    offset = mac[-1] & 15
    return f"{(int.from_bytes(mac[offset : offset + 4], 'big') & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


def _scanned(text: str, key: bytes, session: str, now: datetime, seconds: int) -> Accepted | Declined:
    try:
        body = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return Declined("forged")
    if len(body) != TAG + COUNTER + NONCE + MAC or base64.urlsafe_b64encode(body).rstrip(b"=").decode() != text:
        return Declined("forged")
    tag, counter_bytes = body[:TAG], body[TAG : TAG + COUNTER]
    nonce, mac = body[TAG + COUNTER : -MAC], body[-MAC:]
    if not hmac.compare_digest(tag, _tag(session)):
        return Declined("other_session")
    counter = int.from_bytes(counter_bytes, "big")
    if not hmac.compare_digest(mac, _mac(key, "token", session, counter, nonce)[:MAC]):
        return Declined("forged")
    if counter not in _valid(now, seconds):
        return Declined("expired")
    return Accepted(_moment(counter * seconds), "token")


def _typed(said: str, key: bytes, session: str, now: datetime, seconds: int) -> Accepted | Declined:
    """Six digits of another moment cannot be told from invented ones: both are forged. Both periods are compared."""
    found: Accepted | Declined = Declined("forged")
    for counter in _valid(now, seconds):
        if hmac.compare_digest(said, digits(key, session, counter)):
            found = Accepted(_moment(counter * seconds), "digits")
    return found


def _valid(now: datetime, seconds: int) -> range:
    """Return the periods whose codes are taken: this one, and those replaced less than the grace ago."""
    moment = int(now.timestamp())
    return range((moment - GRACE) // seconds, moment // seconds + 1)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
