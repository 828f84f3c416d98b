"""The code on a badge. Pure: the same person and key give the same code.

``TB`` and 39 signs of base32: the sixteen bytes of a person's code and eight of HMAC-SHA256 under the school's
own key. Capital letters and digits only: a reader that plays keyboard is understood under any keyboard layout,
and a QR code of them is a fifth smaller. The code names nobody to whoever finds a badge.
"""

import base64
import hashlib
import hmac
import unicodedata

from trainhub.plugin_api import Declined, SourceSpec

PREFIX = "TB"
PERSON, MAC = 16, 8
SIGNS = 39


class Badges:
    """Badges of one school. Eight bytes of signature: a forger has one guess in 2**64, each one seen by the officer."""

    spec = SourceSpec(key="badge", label="工牌签到", kind="interactive", trust="device")

    def badge(self, person_code: str, key: bytes) -> str:
        """Return the text to print. ``person_code`` is 32 hexadecimal digits; anything else raises ValueError."""
        person = bytes.fromhex(person_code)
        if len(person) != PERSON:
            raise ValueError("a person's code has 32 hexadecimal digits")
        return PREFIX + base64.b32encode(person + _mac(person, key)).decode().rstrip("=")

    def person_code(self, said: str, key: bytes) -> str | Declined:
        """Return whose badge was read. Small letters, spaces and full-width signs of a reader are forgiven."""
        text = "".join(unicodedata.normalize("NFKC", said[:200]).split()).upper()
        if not text.startswith(PREFIX) or len(text) != len(PREFIX) + SIGNS:
            return Declined("unknown_badge")
        try:
            body = base64.b32decode(text[len(PREFIX) :] + "=" * (-SIGNS % 8))
        except ValueError:
            return Declined("unknown_badge")
        person, mac = body[:PERSON], body[PERSON:]
        return person.hex() if hmac.compare_digest(mac, _mac(person, key)) else Declined("unknown_badge")


def _mac(person: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"trainhub/badge/1" + person, hashlib.sha256).digest()[:MAC]
