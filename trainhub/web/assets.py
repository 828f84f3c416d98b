"""Static files named by content, so that browsers may keep them for a year."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, request, url_for


@lru_cache(maxsize=512)
def _digest(path: str, mtime: int, size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def static_url(name: str) -> str:
    """Return the URL of a static file with its content digest; looked up once, but each time while developing."""
    held: dict[tuple[str, str], str] = current_app.extensions["trainhub.static_urls"]
    key = (request.script_root, name)
    if key not in held or current_app.debug:
        held[key] = _static_url(name)
    return held[key]


def _static_url(name: str) -> str:
    path = Path(current_app.static_folder or "") / name
    try:
        stat = path.stat()
    except OSError:
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=_digest(str(path), stat.st_mtime_ns, stat.st_size))


def install(app: Flask) -> None:
    """Give templates ``static_url``."""
    app.extensions["trainhub.static_urls"] = {}
    app.jinja_env.globals["static_url"] = static_url
