"""Seals texts and files (secrets of plugins, the texts of cases) so that a copied database does not show them.

AES-256-GCM. What is sealed becomes ``s1.<key id>.<nonce and ciphertext>``; where it belongs (table, column, row) is bound
in as associated data, so that a sealed text moved to another row does not open. A :class:`KeyRing` seals under its current key
and opens what was sealed under that one or a former one; ``trainhub keys rotate`` seals everything anew under the current one.
"""

import base64
import hashlib
import hmac
import os
import unicodedata
from typing import NoReturn

_VERSION = "s1"


class CannotUnseal(ValueError):
    """The key is another one, the text was changed, or it belongs elsewhere."""


def key_of(seed: str) -> bytes:
    """Return a 32-byte key from a long random text (a configured key, never a password)."""
    return hashlib.sha256(b"trainhub/sealing/1" + seed.encode()).digest()


def place(table: str, column: str, *key: object) -> str:
    """Return where a sealed value belongs: ``<table>.<column>:<row>``.

    ``key`` is the row's ``id``; of a table without one, its primary key without ``district_id``, in the order of the
    columns. :func:`trainhub.kernel.orm.place_of` finds the same from a table and a row; both must agree, for a value whose
    place cannot be told again cannot be sealed anew.
    """
    if not key:
        raise ValueError("which row?")
    return f"{table}.{column}:{'.'.join(map(str, key))}"


def key_id_of(sealed: str) -> str:
    """Return the id (8 hex digits) of the key under which a value was sealed. Raises :class:`CannotUnseal`."""
    version, _, rest = sealed.partition(".")
    key_id, separator, _ = rest.partition(".")
    if version != _VERSION or not separator:
        raise CannotUnseal("not a sealed value")
    return key_id


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"trainhub/sealing/id" + key).hexdigest()[:8]


class KeyRing:
    """The current sealing key, the former ones that still open what they sealed, and the key of marks.

    ``former`` runs from the newest to the oldest. Marks must stay equal over every rotation, or nothing would be found any
    more. They are therefore made under a key derived apart from the sealing keys: from ``mark_seed`` where it is given
    (``TRAINHUB_MARK_KEY``), else from the OLDEST key of the ring. So a former key may leave the ring after rotation only if
    it is not the oldest one, or if its text stands in ``TRAINHUB_MARK_KEY`` from then on.

    Nothing of a key shows in ``repr``, and a ring cannot be pickled.
    """

    __slots__ = ("_current", "_keys", "_mark_key", "_stable")

    def __init__(self, current: bytes, former: tuple[bytes, ...] = (), *, mark_seed: bytes | None = None) -> None:
        for key in (current, *former):
            if len(key) != 32:
                raise ValueError("a key has 32 bytes")
        self._current = _key_id(current)
        self._keys = {_key_id(key): key for key in (current, *former)}
        self._stable = mark_seed or (former[-1] if former else current)
        self._mark_key = hmac.digest(self._stable, b"trainhub/marks/1", "sha256")

    def __repr__(self) -> str:
        return f"KeyRing(current={self._current}, former={len(self._keys) - 1})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key ring stays in its process")

    @property
    def current_id(self) -> str:
        """The id of the current key: 8 hex digits, no part of the key."""
        return self._current

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, the current one first."""
        return tuple(self._keys)

    @property
    def stable_key(self) -> bytes:
        """The key that stays over rotations, to derive from what is printed or kept elsewhere (badges); never to seal with."""
        return self._stable

    def seal(self, text: str, place: str) -> str:
        """Return ``text`` sealed for ``place`` under the current key."""
        return self.seal_bytes(text.encode(), place)

    def unseal(self, sealed: str, place: str) -> str:
        """Return the text. Raises :class:`CannotUnseal`."""
        try:
            return self.unseal_bytes(sealed, place).decode()
        except UnicodeDecodeError:
            raise CannotUnseal("not a text") from None

    def seal_bytes(self, data: bytes, place: str) -> str:
        """Return bytes (a file) sealed for ``place`` under the current key; text, as every sealed value is."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # slow to import; few pages need it

        nonce = os.urandom(12)
        raw = nonce + AESGCM(self._keys[self._current]).encrypt(nonce, data, place.encode())
        return f"{_VERSION}.{self._current}.{base64.urlsafe_b64encode(raw).decode()}"

    def unseal_bytes(self, sealed: str, place: str) -> bytes:
        """Return the bytes. Raises :class:`CannotUnseal`."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._keys.get(key_id_of(sealed))
        if key is None:
            raise CannotUnseal("sealed under another key")
        try:
            raw = base64.b64decode(sealed.split(".", 2)[2].encode(), altchars=b"-_", validate=True)
            return AESGCM(key).decrypt(raw[:12], raw[12:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise CannotUnseal("changed or moved") from error

    def is_current(self, sealed: str) -> bool:
        """Whether a value is sealed under the current key."""
        return sealed.startswith(f"{_VERSION}.{self._current}.")

    def resealed(self, sealed: str, place: str) -> str:
        """Return the same value under the current key; as it is, where it already is. Raises :class:`CannotUnseal`."""
        return sealed if self.is_current(sealed) else self.seal_bytes(self.unseal_bytes(sealed, place), place)

    def mark(self, kind: str, text: str) -> str:
        """Return the keyed mark (blind index, 64 hex digits) of a text: equal texts of a kind have equal marks.

        Who has no key can neither read a mark nor try guesses against it; who has the database sees which rows are equal.
        Marks of different kinds never meet. They are not touched by rotation (see the class).
        """
        name = kind.encode()
        content = unicodedata.normalize("NFC", text).encode()
        return hmac.new(self._mark_key, len(name).to_bytes(2, "big") + name + content, hashlib.sha256).hexdigest()


Key = bytes | KeyRing
"""What the two functions below take: one key, or a ring (which also opens what a former key sealed)."""


def ring_of(key: Key) -> KeyRing:
    """Return a ring; one of this key alone where it is a key."""
    return key if isinstance(key, KeyRing) else KeyRing(key)


def seal(key: Key, text: str, place: str) -> str:
    """Return ``text`` sealed for ``place``."""
    return ring_of(key).seal(text, place)


def unseal(key: Key, sealed: str, place: str) -> str:
    """Return the text, or raise :class:`CannotUnseal`."""
    return ring_of(key).unseal(sealed, place)
