"""``/healthz``: the process lives. ``/readyz``: database reachable, schema current, disk not full."""

import shutil
from typing import Any

from flask import Flask
from sqlalchemy import select

from trainhub.app.schema import current_heads, expected_heads
from trainhub.kernel.permissions import Permission
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.pages import as_json

MIN_FREE_BYTES = 50 * 1024 * 1024


def install(app: Flask) -> None:
    """Add both probes; they tell no secrets and need no sign-in."""

    @app.get("/healthz")
    @needs(Permission.PUBLIC_READ)
    def healthz() -> Any:
        return as_json({"status": "ok"})

    @app.get("/readyz")
    @needs(Permission.PUBLIC_READ)
    def readyz() -> Any:
        checks = {"database": _database(), "schema": _schema(), "disk": _disk(str(app.config["TRAINHUB_DATA"]))}
        good = all(checks.values())
        return as_json({"status": "ok" if good else "unavailable", "checks": checks}, 200 if good else 503)


def _database() -> bool:
    try:
        return bool(read_session().execute(select(1)).scalar_one() == 1)
    except Exception:  # noqa: BLE001  a probe answers whatever is wrong
        return False


def _schema() -> bool:
    try:
        return current_heads(read_session().connection()) == expected_heads()
    except Exception:  # noqa: BLE001  a probe answers whatever is wrong
        return False


def _disk(folder: str) -> bool:
    try:
        return shutil.disk_usage(folder).free > MIN_FREE_BYTES
    except OSError:
        return True
