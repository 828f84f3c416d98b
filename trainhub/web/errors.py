"""From refusals and faults to sentences and pages that say what happened and what to do."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g
from flask.globals import request_ctx
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from trainhub.kernel.errors import DomainError
from trainhub.web.log import structlog
from trainhub.web.pages import as_json, wants_json
from trainhub.web.rendering import render

log = structlog.get_logger("trainhub.web")
_l = lazy_gettext

MESSAGES: dict[str, Any] = {
    "refused": _l("This is not possible."),
    "not_found": _l("There is no such record here. It may belong to another school, or the address is incomplete."),
    "forbidden": _l("Your present role does not allow this. Switch the role in the menu at the top right, or ask the school administrator."),
    "stale_version": _l("Somebody else changed this in the meantime. Look at both values, then decide."),
    "invalid_state": _l("In its present state this step is not possible."),
    "several_parts": _l("This training has %(count)s parts, each with its own roll. Name the roll, not the training."),
    "separation_of_duties": _l("Somebody else must do this step: whoever logged it may not confirm it."),
}

PAGES: dict[int, tuple[Any, Any, Any, Any]] = {
    400: (_l("The page could not read this request"), _l("Something in the request is damaged."),
          _l("Nothing was changed."), _l("Go back one page and try again.")),
    401: (_l("Please sign in"), _l("You are not signed in, or the session has ended."),
          _l("What was saved is kept."), _l("Sign in and repeat the last step.")),
    403: (_l("This page is not for your present role"), _l("Your present role does not allow this."),
          _l("Nothing was changed."), _l("Switch the role in the menu at the top right, or ask the school administrator.")),
    404: (_l("There is nothing here"), _l("The address is incomplete, or the record belongs to somebody else."),
          _l("Nothing was changed."), _l("Go back to the home page and look for it from there.")),
    405: (_l("This address does not take such a request"), _l("The form was sent to the wrong place."),
          _l("Nothing was changed."), _l("Go back one page and try again.")),
    409: (_l("Two people changed the same thing"), _l("Somebody else changed this in the meantime."),
          _l("Their value is kept; yours was not written."), _l("Reload the page, look at both values, then decide.")),
    413: (_l("The file is too large"), _l("The file or form is larger than this page takes."),
          _l("Nothing was saved."), _l("Keep only the sheet that is needed and upload it again; the limit is 10 MB.")),
    422: (_l("This is not possible"), _l("The rules do not allow this step."),
          _l("Nothing was changed."), _l("Go back one page and correct it.")),
    429: (_l("Too many attempts"), _l("There were too many attempts in a short time."),
          _l("Nothing was changed."), _l("Wait a few minutes, then try again.")),
    500: (_l("This page cannot be opened right now"), _l("Something in the program went wrong."),
          _l("What was confirmed as saved is not lost."), _l("Try again in a minute. If it fails twice, tell the administrator the number below.")),
    503: (_l("Busy right now"), _l("The database is busy or the disk is full."),
          _l("What was confirmed as saved is not lost; the last step was not written."), _l("Wait a few seconds and try again.")),
}


def collect(app: Flask, messages: Mapping[str, Any]) -> None:
    """Add a room's sentences. A code may be defined once only."""
    known: dict[str, Any] = app.extensions.setdefault("trainhub.messages", dict(MESSAGES))
    for code, text in messages.items():
        if code in known and str(known[code]) != str(text):
            raise RuntimeError(f"two sentences for the refusal {code!r}")
        known[code] = text


def sentence(error: DomainError) -> str:
    """Return the sentence of a refusal in the reader's language."""
    from flask import current_app

    known: Mapping[str, Any] = current_app.extensions.get("trainhub.messages", MESSAGES)
    text = str(known.get(error.code) or gettext("This is not possible."))
    try:
        return text % error.params if error.params else text
    except (KeyError, TypeError, ValueError):
        return text


def error_page(status: int, what_happened: str | None = None) -> tuple[str, int]:
    """Render the error page of a status."""
    title, happened, safe, todo = PAGES.get(status, PAGES[500] if status >= 500 else PAGES[400])
    text = render(
        "web/error.html", code=status, title=title, what_happened=what_happened or happened,
        what_is_safe=safe, what_to_do=todo, request_id=g.get("request_id", ""),
    )
    return text, status


def _answer(status: int, text: str | None = None, **extra: Any) -> BaseResponse | tuple[str, int]:
    if wants_json():
        message = text or str(PAGES.get(status, PAGES[500])[1])
        return as_json({"error": extra.pop("code", status), "message": message, **extra}, status)
    return error_page(status, text)


def install(app: Flask) -> None:  # noqa: C901  one handler after the other
    """Register the handlers."""

    @app.errorhandler(DomainError)
    def on_refusal(error: DomainError) -> Any:
        return _answer(error.status, sentence(error), code=error.code)

    @app.errorhandler(CSRFError)
    def on_csrf(error: CSRFError) -> Any:
        return _answer(400, gettext("The form was open too long or was opened in another window. Reload the page and send it again."), code="csrf")

    @app.errorhandler(HTTPException)
    def on_http(error: HTTPException) -> Any:
        status = error.code or 500
        if status in (301, 302, 303, 307, 308):
            return error
        if request_ctx.url_adapter is None:  # a foreign Host: no page of ours has an address there
            return Response("400\n", 400, content_type="text/plain; charset=utf-8")
        answer: Any = app.make_response(_answer(status))
        for key, value in error.get_headers():
            if key.lower() in {"allow", "retry-after"}:
                answer.headers[key] = value
        return answer

    @app.errorhandler(IntegrityError)
    def on_race(error: IntegrityError) -> Any:
        """Two requests read the same state and both wrote: the keys let one through, the other starts anew."""
        log.warning("race", constraint=getattr(getattr(error.orig, "diag", None), "constraint_name", None))
        return _answer(409, code="stale_version")

    @app.errorhandler(OperationalError)
    def on_database(error: OperationalError) -> Any:
        log.error("database", kind=type(error.orig).__name__)
        answer: Any = app.make_response(_answer(503))
        answer.headers["Retry-After"] = "3"
        return answer

    @app.errorhandler(Exception)
    def on_fault(error: Exception) -> Any:
        if app.config.get("PROPAGATE_FAULTS"):
            raise error
        log.error("fault", error=type(error).__name__, frames=_frames_only(error))
        return _answer(500)


def _frames_only(error: Exception) -> str:
    """Where it happened, without the message: messages may hold names."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(frames[-8:]))
