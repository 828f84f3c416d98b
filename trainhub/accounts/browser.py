"""The browser's side of a session: Flask-Login, the signed cookie, the known-device cookie."""

import hashlib
import secrets
from datetime import datetime, timedelta

from flask import Flask, Response, abort, current_app, g, request, session
from flask_login import LoginManager, UserMixin, login_user, logout_user
from itsdangerous import BadSignature, URLSafeSerializer

from trainhub.accounts.queries import Preferences, SessionRow, SignedInActor, actor_of_token, sessions_of
from trainhub.accounts.rules import PROTECTED_USE_NOTED_AFTER, SessionEnd, use_is_stale
from trainhub.accounts.service import note_use
from trainhub.kernel import permissions
from trainhub.kernel.clock import now
from trainhub.web.context import current_actor, set_loader
from trainhub.web.database import read_session, write_in_passing

DEVICE_COOKIE = "trainhub_device"
_DEVICE_NAMES = 8


class SessionUser(UserMixin):  # type: ignore[misc]
    """What Flask-Login holds: the session token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_id(self) -> str:
        """The session token, so that revoking it on the server ends the session."""
        return self.token


login_manager = LoginManager()


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_user(token: str) -> SessionUser | None:
    """Return the user of the cookie's token."""
    return SessionUser(token) if isinstance(_holder(), SignedInActor) else None


def _token() -> str:
    held = session.get("_user_id")
    return held if isinstance(held, str) else ""


def _idle_limit() -> timedelta:
    limit: timedelta = current_app.config["TRAINHUB_IDLE_LIMIT"]
    return limit


def _holder() -> SignedInActor | SessionEnd | None:
    """Return what the cookie's token stands for: read from the database once per request, whoever asks."""
    if "holder" not in g:
        g.holder = None  # where the read fails, the page that says so asks again and must get an answer
        token = _token()
        g.holder = actor_of_token(read_session(), token, now(), _idle_limit()) if token else None
    held: SignedInActor | SessionEnd | None = g.holder
    return held


def _signed_in() -> SignedInActor | None:
    held = _holder()
    return held if isinstance(held, SignedInActor) else None


def current_token() -> str:
    """Return the token of this request's session, "" where nobody is signed in."""
    return _token() if _signed_in() else ""


def shown() -> SignedInActor:
    """Return the session of this request with what it has shown; 401 where nobody is signed in."""
    held = _signed_in()
    if held is None:
        abort(401)
    return held


def preferences() -> Preferences:
    """Return the preferences of whoever is signed in; empty ones otherwise."""
    held = _signed_in()
    return held.preferences if held else Preferences(None, None)


def why_ended() -> SessionEnd | None:
    """Return why the session that this browser still names is over; None where it names none."""
    held = _holder()
    return held if isinstance(held, SessionEnd) else None


def open_sessions() -> list[SessionRow]:
    """Return the open sessions of whoever is signed in, newest first."""
    return sessions_of(read_session(), current_actor(), current_token(), now(), _idle_limit())


def begin(token: str) -> None:
    """Start a browser session with a new token; nothing of an earlier one is kept."""
    session.clear()
    login_user(SessionUser(token))
    g.pop("holder", None)
    g.pop("actor", None)
    session.permanent = False


def renew(token: str) -> None:
    """Go on in the same browser session under a new token; forms that are open elsewhere stay good."""
    session["_user_id"] = token
    g.pop("holder", None)
    g.pop("actor", None)


def end() -> None:
    """Forget the session in the browser."""
    logout_user()
    session.clear()
    g.actor = g.holder = None


def _note_use(_error: BaseException | None = None) -> None:
    """Note that the session was used, every few minutes, after the answer is made; oftener on protected pages.

    A note that cannot be written at once is left to the next request: no page waits or fails for it.
    """
    held = g.pop("holder", None)
    moment = now()
    if isinstance(held, SignedInActor) and _is_stale(held, moment):
        rest: timedelta = current_app.config["TRAINHUB_PROTECTED_IDLE"]
        write_in_passing(lambda database: note_use(database, held.session_id, held.actor, moment, rest))


def _is_stale(held: SignedInActor, moment: datetime) -> bool:
    if g.get("permission") in permissions.PROTECTED and moment - held.used_at >= PROTECTED_USE_NOTED_AFTER:
        return True
    return use_is_stale(held.used_at, moment, _idle_limit())


def _serializer(app: Flask) -> URLSafeSerializer:
    return URLSafeSerializer(str(app.secret_key), salt="trainhub/device/1")


def _name_mark(username: str) -> str:
    return hashlib.sha256(username.strip().casefold().encode()).hexdigest()[:16]


def origin(app: Flask, username: str) -> str:
    """Return the known device's id if this user signed in here before, else the address."""
    try:
        held = _serializer(app).loads(request.cookies.get(DEVICE_COOKIE, ""))
        if _name_mark(username) in held["names"]:
            return f"device:{held['id']}"
    except (BadSignature, KeyError, TypeError):
        pass
    return f"address:{request.remote_addr}"


def known_device(app: Flask) -> str:
    """Return the id of the browser that somebody signed in with here before, "" where nobody did."""
    try:
        return str(_serializer(app).loads(request.cookies.get(DEVICE_COOKIE, ""))["id"])
    except (BadSignature, KeyError, TypeError):
        return ""


def remember_device(app: Flask, response: Response, username: str) -> None:
    """Let this browser count its own failures for this user from now on."""
    try:
        held = _serializer(app).loads(request.cookies.get(DEVICE_COOKIE, ""))
        names, device = list(held["names"]), str(held["id"])
    except (BadSignature, KeyError, TypeError):
        names, device = [], secrets.token_hex(12)
    others = [n for n in names if n != _name_mark(username)]
    names = [*others[-_DEVICE_NAMES + 1 :], _name_mark(username)]
    response.set_cookie(
        DEVICE_COOKIE, str(_serializer(app).dumps({"id": device, "names": names})), max_age=180 * 86400,
        httponly=True, samesite="Lax", secure=bool(app.config["SESSION_COOKIE_SECURE"]),
    )


def install(app: Flask) -> None:
    """Register Flask-Login and tell ``web`` how to find the actor."""
    login_manager.session_protection = None
    login_manager.init_app(app, add_context_processor=False)
    set_loader(app, lambda: held.actor if (held := _signed_in()) else None)
    app.teardown_request(_note_use)
