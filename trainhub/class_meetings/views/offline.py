"""What makes recording work without a network: the worker, a page without data, the key of the device's store."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, current_app, make_response, url_for
from flask_wtf.csrf import generate_csrf

from trainhub.class_meetings.views import blueprint
from trainhub.kernel.permissions import Permission
from trainhub.web.assets import static_url
from trainhub.web.context import current_actor, load_actor
from trainhub.web.gate import needs
from trainhub.web.keys import offline_key
from trainhub.web.pages import as_json, page

FILES = ("css/tokens.css", "css/app.css", "css/screens.css", "css/meetings.css", "js/app.js", "js/record.js")
"""What the page without data loads, and nothing else."""


@blueprint.get("/sw.js")
@needs(Permission.PUBLIC_READ)
def worker() -> Response:
    """The service worker: the same for everybody, it keeps files named by content and a page without data."""
    files = [static_url(name) for name in FILES]
    shell = url_for("class_meetings.offline")
    known = json.dumps({"files": files, "shell": shell, "cache": "trainhub-" + _mark(shell, *files, _code()), "scope": url_for("class_meetings.offline").rpartition("/")[0]})
    answer = make_response(f"self.TRAINHUB = {known};\n{_code()}")
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return answer


def _mark(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def _code() -> str:
    return (Path(current_app.static_folder or "") / "js" / "meetings_worker.js").read_text("utf-8")


@blueprint.get("/meetings/offline")
@needs(Permission.PUBLIC_READ)
def offline() -> Response:
    """The page that stands in where the network is gone. It holds no data: what it shows comes from the device."""
    return page("class_meetings/offline.html", actor=None, nav_items=[], week_label="")


@blueprint.get("/meetings/offline/key")
@needs(Permission.MEETING_OWN_READ)
def offline_marks() -> Response:
    """Who is signed in, for a page that was opened without a network: account, key part, token of forms."""
    return as_json(marks_of_account() | {"csrf": generate_csrf()})


def marks_of_account() -> dict[str, Any]:
    """An opaque mark of the account and its part of the key of the device's store; empty where nobody is signed in."""
    if load_actor() is None:
        return {"account": "", "lock": ""}
    actor = current_actor()
    lock = offline_key(actor.account_id)
    return {"account": _mark("account", lock), "lock": lock}


blueprint.add_app_template_global(marks_of_account, "offline_marks")
