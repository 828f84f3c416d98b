"""Answers: pages, forms with errors, redirects after a change, short JSON."""

from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, flash, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from trainhub.web.rendering import render


def page(template: str, status: int = 200, **model: Any) -> Response:
    """Render a stored template. Personal pages are never stored by a browser or proxy."""
    return make_response(render(template, **model), status)


def form_page(template: str, status: int = 422, **model: Any) -> Response:
    """Render a form again with its errors beside the fields."""
    return page(template, status, **model)


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """Answer with a file to be saved under ``name``, which may hold any characters. Text is UTF-8."""
    answer = make_response(content)
    answer.headers["Content-Type"] = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


def redirect_to(endpoint: str, **values: Any) -> BaseResponse:
    """Answer a change with 303, so that reloading the next page repeats nothing."""
    return redirect(url_for(endpoint, **values), code=303)


def redirect_path(path: str) -> BaseResponse:
    """Answer with 303 to a path of this site; anything else leads home."""
    return redirect(safe_path(path), code=303)


def safe_path(path: str | None) -> str:
    """Return ``path`` if it is a plain path of this site, else ``/`` (no open redirect)."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path:
        return "/"
    if any(ord(c) < 32 for c in path):
        return "/"
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc else "/"


def toast(message: str, category: str = "ok", *, undo_url: str = "", undo_label: str = "") -> None:
    """Show one sentence on the next page. Categories: ok (also done), info, warn, error.

    ``undo_url`` adds a button that posts there. Without words nothing is shown.
    """
    if not message:
        return
    kind = "ok" if category == "done" else category
    shown: Any = {"text": message, "undo_url": undo_url, "undo_label": undo_label} if undo_url else message
    flash(shown, kind)


def wants_json() -> bool:
    """Whether the caller is a script of ours that asked for JSON."""
    return request.accept_mimetypes.best == "application/json" or request.is_json


def wants_fragment() -> bool:
    """Whether a script asked for a part of the page only."""
    return request.headers.get("X-Fragment") == "1"


def as_json(value: Any, status: int = 200) -> Response:
    """Answer a script."""
    response = jsonify(value)
    response.status_code = status
    return response


def ask_to_sign_in() -> BaseResponse:
    """Send a page visitor to the sign-in form and back; tell a script 401."""
    if wants_json() or wants_fragment() or request.method not in {"GET", "HEAD"}:
        if wants_json():
            return as_json({"error": "signed_out"}, 401)
        if request.method not in {"GET", "HEAD"}:
            return redirect(url_for("accounts.sign_in"), code=303)
    target = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else "/"
    return redirect(url_for("accounts.sign_in", next=target if target != "/" else None), code=302)
