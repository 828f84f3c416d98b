"""Proof of identity, asked for again: before protected pages, and before what reveals, exports or gives rights.

``@reauthenticated`` stands below ``@needs``. What was typed into a form is not lost over it: the fields wait, signed,
in the page that asks, and go on from there when their owner presses once more; nothing is kept on the server.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, overload

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from trainhub.accounts import proof_rules, queries
from trainhub.accounts.browser import shown
from trainhub.accounts.forms import ProofForm
from trainhub.accounts.proof_rules import PROOF_LIFETIME, Asked
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import SECOND_FACTOR_ROLES
from trainhub.web.context import current_actor, set_proof
from trainhub.web.database import read_session
from trainhub.web.gate import SAFE
from trainhub.web.pages import as_json, page, redirect_path, redirect_to, toast, wants_fragment, wants_json

View = TypeVar("View", bound=Callable[..., Any])
MOST_CARRIED = 200_000
"""Signs of a form that wait in the page; a longer one is sent again from its own page."""
SECRET_FIELDS = frozenset({"password", "password_again", "present", "secret"})
"""Fields that never wait anywhere."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What goes on after a proof: a path of this site; a form that waits in the page, or a button to press ``again``."""

    target: str = "/"
    again: bool = False
    carried: str = ""


def required() -> bool:
    """Whether this installation asks for second factors at all."""
    return bool(current_app.config["TRAINHUB_SECOND_FACTOR"] != "off")


def demanded(actor: Actor) -> bool:
    """Whether the acting role must have a second factor."""
    return required() and actor.role in SECOND_FACTOR_ROLES


def asks_code() -> bool:
    """Whether a proof of whoever is signed in takes a code besides the password."""
    actor = current_actor()
    return required() and queries.factor_state(
        read_session(), actor.district_id, actor.account_id, now()
    ).confirmed_at is not None


def is_fresh(*, enrolling: bool = False) -> bool:
    """Whether whoever is signed in proved it within ten minutes.

    ``enrolling``: the password is enough, for a second factor is about to be set up.
    """
    return proof_rules.is_fresh(shown().proofs, now(), demanded=demanded(current_actor()) and not enrolling)


@overload
def reauthenticated(view: View) -> View: ...
@overload
def reauthenticated(*, changes_only: bool = False, enrolling: bool = False) -> Callable[[View], View]: ...
def reauthenticated(view: Any = None, *, changes_only: bool = False, enrolling: bool = False) -> Any:
    """Let a view run only on a proof at most ten minutes old; otherwise ask for one and come back.

    Stands below ``@needs``. ``changes_only``: reading the page (GET) asks for nothing.
    """

    def mark(inner: View) -> Any:
        @wraps(inner)
        def proved(*args: Any, **values: Any) -> Any:
            if (changes_only and request.method in SAFE) or is_fresh(enrolling=enrolling):
                return inner(*args, **values)
            return _ask(Asked.FRESH_PROOF, current_actor(), enrolling=enrolling)

        return proved

    return mark(view) if view is not None else mark


def before_protected(actor: Actor) -> Any:
    """Return the answer that asks for a proof before a protected page, None where the session has shown enough."""
    asked = proof_rules.asked_of(
        shown().proofs, now(), current_app.config["TRAINHUB_PROTECTED_IDLE"], demanded=demanded(actor)
    )
    return _ask(asked, actor) if asked else None


def _ask(asked: Asked, actor: Actor, *, enrolling: bool = False) -> Any:
    code = asks_code()
    missing = demanded(actor) and not code and not enrolling
    safe = request.method in SAFE
    target = request.full_path.rstrip("?") if safe else page_of(request.path)
    endpoint = "accounts.second_factor" if missing else (
        "accounts.show_code" if asked is Asked.SECOND_FACTOR else "accounts.proof"
    )
    if wants_json() or wants_fragment():
        message = _("Prove first who you are: open the page again and give your password and code.")
        return as_json({"error": "proof_needed", "message": message, "url": url_for(endpoint, next=target)}, 403)
    if missing:
        toast(_("Your role needs a second factor here. Set it up once, it takes two minutes."), "info")
        return redirect_to(endpoint, next=target)
    if asked is Asked.SECOND_FACTOR or safe:
        return redirect_to(endpoint, next=target)
    waiting = Waiting(target, again=True, carried=_carried())
    return page("accounts/proof.html", 403, **model(ProofForm(formdata=None), waiting, code=code))


def model(form: ProofForm, waiting: Waiting, *, code: bool, error: str | None = None) -> dict[str, Any]:
    """What the page shows that asks for a proof. ``code``: whether it takes one besides the password."""
    return {"form": form, "waiting": waiting, "asks_code": code, "form_error": error,
            "minutes": int(PROOF_LIFETIME.total_seconds() // 60)}


def page_of(path: str) -> str:
    """Return the page on which an action of this address stands: the nearest address above it that can be read."""
    adapter = current_app.create_url_adapter(request)
    while adapter is not None and path.strip("/"):
        try:
            adapter.match(path, method="GET")
            return path
        except (HTTPException, RequestRedirect):
            path = path.rstrip("/").rpartition("/")[0]
    return "/"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="trainhub/carried/1")


def _carried() -> str:
    """Return the form of this request, signed for this session; "" where it cannot wait in a page."""
    fields = [[name, value] for name, value in request.form.items(multi=True) if name != "csrf_token"]
    held = {name for name, _value in fields}
    if held & SECRET_FIELDS or any(upload.filename for upload in request.files.values()):
        return ""
    if sum(len(name) + len(value) for name, value in fields) > MOST_CARRIED or request.is_json:
        return ""
    return str(_serializer().dumps([shown().session_id, request.full_path.rstrip("?"), fields]))


def carried_form(text: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Return address and fields of a form that waited, None where it is another session's, too old or no such form."""
    try:
        session_id, path, fields = _serializer().loads(text, max_age=int(PROOF_LIFETIME.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return None
    return (path, [(name, value) for name, value in fields]) if session_id == shown().session_id else None


def go_on(waiting: Waiting) -> Any:
    """Answer a good proof: the form that waited with one button, else the way back."""
    form = carried_form(waiting.carried) if waiting.carried else None
    if form is not None:
        return page("accounts/go_on.html", action=form[0], fields=form[1], target=waiting.target)
    toast(_("It is you. Press the button once more.") if waiting.again else _("It is you."))
    return redirect_path(waiting.target)


def install(app: Flask) -> None:
    """Tell ``web`` what protected pages ask for, and the page shell after how many minutes it covers them."""
    app.jinja_env.globals["protected_minutes"] = int(app.config["TRAINHUB_PROTECTED_IDLE"].total_seconds() // 60)
    set_proof(app, before_protected)
