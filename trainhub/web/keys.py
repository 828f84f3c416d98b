"""Keys derived from configuration. They stay in memory and are never logged."""

import hashlib
import hmac

from flask import current_app

from trainhub.kernel.sealing import key_of


def pupil_key() -> bytes:
    """Return the key under which pupils' national numbers are hashed.

    ``TRAINHUB_PUPIL_KEY`` where it is set, so that the sign-in key may be changed without making
    earlier numbers unfindable; else derived from the secret key.
    """
    own = str(current_app.config.get("TRAINHUB_PUPIL_KEY") or "")
    seed = own or str(current_app.config["SECRET_KEY"])
    return hashlib.sha256(b"trainhub/pupil-key/1" + seed.encode()).digest()


def sealing_key() -> bytes:
    """Return the key under which secrets in the database are sealed.

    ``TRAINHUB_SEALING_KEY`` where it is set, so that the sign-in key may be changed alone; else derived from it.
    """
    return key_of(str(current_app.config.get("TRAINHUB_SEALING_KEY") or current_app.config["SECRET_KEY"]))


def offline_key(account_id: str) -> str:
    """Return what an account's browser mixes into the key of its offline store (64 hex digits).

    Only pages of that account carry it: what one account left on a device, another cannot read.
    """
    seed = hashlib.sha256(b"trainhub/offline/1" + str(current_app.config["SECRET_KEY"]).encode()).digest()
    return hmac.new(seed, account_id.encode(), hashlib.sha256).hexdigest()
