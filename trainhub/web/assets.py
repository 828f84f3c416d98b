"""Static files named by content, so that browsers may keep them for a year."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for


@lru_cache(maxsize=512)
def _digest(path: str, mtime: int, size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def static_url(name: str) -> str:
    """Return the URL of a static file with its content digest."""
    from flask import current_app

    path = Path(current_app.static_folder or "") / name
    try:
        stat = path.stat()
    except OSError:
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=_digest(str(path), stat.st_mtime_ns, stat.st_size))


def install(app: Flask) -> None:
    """Give templates ``static_url``."""
    app.jinja_env.globals["static_url"] = static_url
