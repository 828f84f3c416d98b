"""Keys derived from configuration. They stay in memory and are never logged."""

import hashlib
import hmac

from flask import current_app

from trainhub.kernel.sealing import KeyRing, key_of


def pupil_key() -> bytes:
    """Return the key under which pupils' national numbers are hashed.

    ``TRAINHUB_PUPIL_KEY`` where it is set, so that the sign-in key may be changed without making
    earlier numbers unfindable; else derived from the secret key.
    """
    own = str(current_app.config.get("TRAINHUB_PUPIL_KEY") or "")
    seed = own or str(current_app.config["SECRET_KEY"])
    return hashlib.sha256(b"trainhub/pupil-key/1" + seed.encode()).digest()


def key_ring() -> KeyRing:
    """Return the keys under which texts, files and secrets in the database are sealed and marked.

    Current: ``TRAINHUB_SEALING_KEY``, so that the sign-in key may be changed alone; else derived from the secret key. Former,
    newest first: ``TRAINHUB_SEALING_KEYS_FORMER``. Marks: ``TRAINHUB_MARK_KEY``, else the oldest of them.
    """
    config = current_app.config
    current = str(config.get("TRAINHUB_SEALING_KEY") or config["SECRET_KEY"])
    former = str(config.get("TRAINHUB_SEALING_KEYS_FORMER") or "")
    mark = str(config.get("TRAINHUB_MARK_KEY") or "")
    return KeyRing(
        key_of(current), tuple(key_of(seed.strip()) for seed in former.split(",") if seed.strip()),
        mark_seed=key_of(mark) if mark else None,
    )


def stable_key() -> bytes:
    """Return the key that stays over rotations of the sealing key; badges and codes are derived from it."""
    return key_ring().stable_key


def offline_key(account_id: str) -> str:
    """Return what an account's browser mixes into the key of its offline store (64 hex digits).

    Only pages of that account carry it: what one account left on a device, another cannot read.
    """
    seed = hashlib.sha256(b"trainhub/offline/1" + str(current_app.config["SECRET_KEY"]).encode()).digest()
    return hmac.new(seed, account_id.encode(), hashlib.sha256).hexdigest()
