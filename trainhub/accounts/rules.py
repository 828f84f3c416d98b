"""Passwords, codes and throttling: pure rules.

Length counts, not complexity and not rotation (OWASP ASVS 5, 6.2.1, 6.2.5, 6.2.10). A password is
refused if it is common, even with digits hung on, or made of the person's or school's own words.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MIN_LENGTH = 10
MAX_LENGTH = 128
ACTIVATION_LIFETIME = timedelta(hours=72)
SESSION_LIFETIME = timedelta(hours=12)
IDLE_LIMIT = timedelta(minutes=60)
"""How long a signed-in browser may rest, unless the installation says otherwise."""
USE_NOTED_AFTER = timedelta(minutes=5)
"""How old the note of a session's last use may grow before it is written anew."""
FREE_FAILURES = 10
THROTTLE_WINDOW = timedelta(minutes=15)

_COMMON_STEMS = frozenset(
    """
    password passwort passw0rd admin administrator root guest user test tester testing welcome letmein login
    master monkey dragon shadow sunshine princess football baseball superman batman trustno iloveyou loveyou
    qwerty qwertyuiop qwert qazwsx qazwsxedc asdfgh asdfghjkl asdf zxcvbn zxcvbnm zxcv abcdef abcdefg abcdefgh
    abcd abc abcabc aaaa aaaaaa hello hellohello freedom whatever michael jordan computer internet samsung apple
    google windows secret default changeme temp temporary summer winter spring autumn monday friday
    woaini woaiwojia woaixuexi aini mima denglu laoshi xuesheng xuexiao xiaozhang banzhuren jiaoshi jiaoyu jiaoyuju
    zhongguo beijing shanghai nihao wodemima woshishui taobao weixin dingding alibaba wangwei zhangwei lilei
    hanmeimei trainhub peixun qiandao school teacher student principal classroom bureau
    """.split()  # noqa: SIM905 - a table of words reads better as words
)
_SEQUENCES = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LEET = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def password_problem(password: str, own_words: Iterable[str] = ()) -> str | None:
    """Return why a password is refused (a code), or None where it is fine.

    Codes: ``password_short``, ``password_long``, ``password_common``, ``password_own_word``.
    """
    text = unicodedata.normalize("NFKC", password)
    if len(text) < MIN_LENGTH:
        return "password_short"
    if len(text) > MAX_LENGTH:
        return "password_long"
    if is_common(text):
        return "password_common"
    folded = text.casefold()
    for word in map(str.casefold, own_words):
        rest = folded.replace(word, "")
        if len(word) >= 2 and word in folded and (len(rest) < 8 or rest.isdigit()):
            return "password_own_word"
    return None


def is_common(password: str) -> bool:
    """Whether a password is a common word, run of keys or repeated pattern, with or without digits."""
    folded = password.casefold()
    if len(set(folded)) < 5:
        return True
    stem = re.sub(r"[\W\d_]+$", "", re.sub(r"^[\W\d_]+", "", folded))
    leet = re.sub(r"[\d_]+$", "", folded).rstrip("!?.*#").translate(_LEET)
    if {stem, leet, folded, stem + stem} & _COMMON_STEMS or not stem:
        return True
    if any(folded[i : i + 8] in s for s in _SEQUENCES for i in range(max(1, len(folded) - 7))):
        return True
    half = len(stem) // 2
    return bool(half and stem[:half] == stem[half:] and stem[:half] in _COMMON_STEMS)


def new_activation_code() -> str:
    """Return a one-time code such as ``7KQM-3XWD-RT52``: 12 of 30 signs, no look-alikes."""
    signs = "".join(secrets.choice(CODE_ALPHABET) for _ in range(12))
    return "-".join(signs[i : i + 4] for i in (0, 4, 8))


def code_digest(code: str) -> str:
    """Hash a code as it was typed: case, spaces, full-width signs and hyphens do not matter."""
    text = unicodedata.normalize("NFKC", code).upper()
    plain = "".join(c for c in text if c in CODE_ALPHABET)
    return hashlib.sha256(b"trainhub/activation/1" + plain.encode()).hexdigest()


def token_digest(token: str) -> str:
    """Hash a session token; only the hash is stored."""
    return hashlib.sha256(b"trainhub/session/1" + token.encode()).hexdigest()


class SessionEnd(StrEnum):
    """Why a session is over."""

    REVOKED = "revoked"
    LIFETIME = "lifetime"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """When a session was last used, when it ends in any case, and when somebody ended it."""

    used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


def session_end(times: SessionTimes, now: datetime, idle_limit: timedelta) -> SessionEnd | None:
    """Return why a session is over, None while it lasts (two limits: OWASP ASVS 5, 7.3.1 and 7.3.2)."""
    if times.revoked_at is not None:
        return SessionEnd.REVOKED
    if times.expires_at <= now:
        return SessionEnd.LIFETIME
    return SessionEnd.IDLE if times.used_at + idle_limit <= now else None


PROTECTED_USE_NOTED_AFTER = timedelta(minutes=1)
"""The same where a protected page was used: its rest limit is short."""


def use_is_stale(used_at: datetime, now: datetime, idle_limit: timedelta) -> bool:
    """Whether the last use should be noted anew: not on every request, yet well within the limit."""
    return now - used_at >= min(USE_NOTED_AFTER, idle_limit / 4)


@dataclass(frozen=True, slots=True)
class Throttle:
    """Failures of one pair of user name and device (or address)."""

    failures: int
    window_started_at: datetime
    blocked_until: datetime | None

    def blocked(self, now: datetime) -> bool:
        """Whether a further attempt from this pair must wait."""
        return self.blocked_until is not None and now < self.blocked_until

    def failed(self, now: datetime) -> "Throttle":
        """Return the state after one more failure: ten are free, then the wait doubles to an hour."""
        if now - self.window_started_at > THROTTLE_WINDOW and not self.blocked(now):
            return Throttle(1, now, None)
        count = self.failures + 1
        if count < FREE_FAILURES:
            return Throttle(count, self.window_started_at, None)
        wait = min(60, 2 ** (count - FREE_FAILURES))
        return Throttle(count, self.window_started_at, now + timedelta(minutes=wait))


def throttle_key(username: str, origin: str) -> str:
    """Key of a pair. ``origin`` is a known device's id, or the address where the device is unknown.

    A known device has its own count: somebody behind the same school address who guesses a
    colleague's password cannot lock the colleague out.
    """
    return hashlib.sha256(f"{username.casefold()}\0{origin}".encode()).hexdigest()
