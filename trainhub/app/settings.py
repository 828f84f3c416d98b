"""Settings, from ``TRAINHUB_*`` environment variables only. A weak key stops the start."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from trainhub.accounts.proof_rules import REST_LIMIT
from trainhub.accounts.rules import IDLE_LIMIT
from trainhub.app.sealing_keys import WeakKey, check_key, sealing_settings

__all__ = [
    "WeakKey", "check_key", "data_folder", "database_url", "from_environment", "idle_limit", "key_file", "protected_idle_limit", "second_factor",
]


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of database, key and backups: ``TRAINHUB_DATA`` or ``./data``."""
    return Path(environ.get("TRAINHUB_DATA", "data")).absolute()


def key_file(folder: Path) -> Path:
    """Return where ``trainhub init`` keeps the secret key (mode 0600)."""
    return folder / "secret.key"


def database_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the database URL: ``TRAINHUB_DATABASE_URL`` or SQLite in the data folder."""
    url = environ.get("TRAINHUB_DATABASE_URL") or f"sqlite:///{data_folder(environ) / 'trainhub.sqlite3'}"
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def idle_limit(environ: Mapping[str, str] = os.environ) -> timedelta:
    """Return how long a signed-in browser may rest: ``TRAINHUB_IDLE_MINUTES``, 5 to 720."""
    text = environ.get("TRAINHUB_IDLE_MINUTES", "")
    if not text:
        return IDLE_LIMIT
    if not text.isascii() or not text.isdigit() or not 5 <= int(text) <= 720:
        raise ValueError(f"TRAINHUB_IDLE_MINUTES is {text!r}; write a whole number from 5 to 720, or leave it out")
    return timedelta(minutes=int(text))


def protected_idle_limit(environ: Mapping[str, str] = os.environ) -> timedelta:
    """Return how long a session may rest before pages with data of cases ask anew: ``TRAINHUB_PROTECTED_IDLE_MINUTES``, 5 to 60."""
    text = environ.get("TRAINHUB_PROTECTED_IDLE_MINUTES", "")
    if not text:
        return REST_LIMIT
    if not text.isascii() or not text.isdigit() or not 5 <= int(text) <= 60:
        raise ValueError(f"TRAINHUB_PROTECTED_IDLE_MINUTES is {text!r}; write a whole number from 5 to 60, or leave it out")
    return timedelta(minutes=int(text))


def second_factor(environ: Mapping[str, str] = os.environ) -> str:
    """Return ``TRAINHUB_SECOND_FACTOR``: ``required`` unless it is switched off in so many letters."""
    text = environ.get("TRAINHUB_SECOND_FACTOR", "") or "required"
    if text not in {"required", "off"}:
        raise ValueError(f"TRAINHUB_SECOND_FACTOR is {text!r}; write required or off, or leave it out")
    return text


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the Flask configuration."""
    folder = data_folder(environ)
    key = environ.get("TRAINHUB_SECRET_KEY", "")
    if not key and key_file(folder).is_file():
        key = key_file(folder).read_text(encoding="ascii").strip()
    https = environ.get("TRAINHUB_HTTPS", "0") == "1"
    hosts = [h.strip() for h in environ.get("TRAINHUB_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h.strip()]
    return {
        "SECRET_KEY": key,
        "SQLALCHEMY_DATABASE_URI": database_url(environ),
        "TRAINHUB_DATA": str(folder),
        "TRAINHUB_HTTPS": https,
        "TRUSTED_HOSTS": hosts,
        "TRAINHUB_PUPIL_KEY": environ.get("TRAINHUB_PUPIL_KEY", ""),
        **sealing_settings(environ),
        "TRAINHUB_REDIS_URL": environ.get("TRAINHUB_REDIS_URL", ""),
        "TRAINHUB_PROXIES": int(environ.get("TRAINHUB_PROXIES", "0")),
        "TRAINHUB_IDLE_LIMIT": idle_limit(environ),
        "TRAINHUB_PROTECTED_IDLE": protected_idle_limit(environ),
        "TRAINHUB_SECOND_FACTOR": second_factor(environ),
        "TRAINHUB_LOG": environ.get("TRAINHUB_LOG", "json"),
        "TRAINHUB_PLUGINS": environ.get("TRAINHUB_PLUGINS", ""),
        "TRAINHUB_PLUGIN_PATH": environ.get("TRAINHUB_PLUGIN_PATH", ""),
        "TRAINHUB_SAFE_MODE": environ.get("TRAINHUB_SAFE_MODE", "0") == "1",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_NAME": "trainhub_session",
        "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 6000,
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "WTF_CSRF_SSL_STRICT": False,
        "COMPRESS_ALGORITHM": ["gzip"],
        "COMPRESS_LEVEL": 3,  # of a roll: 4 % more bytes than level 4, for little more than half its time
        "COMPRESS_MIN_SIZE": 1000,
        "COMPRESS_STREAMS": False,
        "SQLALCHEMY_ENGINE_OPTIONS": {},
    }
