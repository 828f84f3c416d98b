"""Seals short texts (secrets of plugins, later the texts of cases) so that a copied database does not show them.

AES-256-GCM. A sealed text is ``s1.<key id>.<nonce and ciphertext>``; where it belongs (table, row, name) is bound
in as associated data, so that a sealed text moved to another row does not open.
"""

import base64
import hashlib
import os


class CannotUnseal(ValueError):
    """The key is another one, the text was changed, or it belongs elsewhere."""


def key_of(seed: str) -> bytes:
    """Return a 32-byte key from a long random text (a configured key, never a password)."""
    return hashlib.sha256(b"trainhub/sealing/1" + seed.encode()).digest()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"trainhub/sealing/id" + key).hexdigest()[:8]


def seal(key: bytes, text: str, place: str) -> str:
    """Return ``text`` sealed for ``place``."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # slow to import; few pages need it

    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return f"s1.{_key_id(key)}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(key: bytes, sealed: str, place: str) -> str:
    """Return the text, or raise :class:`CannotUnseal`."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    version, _, rest = sealed.partition(".")
    key_id, _, body = rest.partition(".")
    if version != "s1" or key_id != _key_id(key):
        raise CannotUnseal("sealed under another key")
    try:
        raw = base64.urlsafe_b64decode(body)
        return AESGCM(key).decrypt(raw[:12], raw[12:], place.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise CannotUnseal("changed or moved") from error
