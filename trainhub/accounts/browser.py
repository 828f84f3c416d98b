"""The browser's side of a session: Flask-Login, the signed cookie, the known-device cookie."""

import hashlib
import secrets

from flask import Flask, Response, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from itsdangerous import BadSignature, URLSafeSerializer

from trainhub.accounts.queries import Preferences, actor_of_token
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.web.context import set_loader
from trainhub.web.database import read_session

DEVICE_COOKIE = "trainhub_device"
_DEVICE_NAMES = 8


class SessionUser(UserMixin):  # type: ignore[misc]
    """What Flask-Login holds: the session token and the frozen actor behind it."""

    def __init__(self, token: str, actor: Actor, preferences: Preferences) -> None:
        self.token = token
        self.actor = actor
        self.preferences = preferences

    def get_id(self) -> str:
        """The session token, so that revoking it on the server ends the session."""
        return self.token


login_manager = LoginManager()


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_user(token: str) -> SessionUser | None:
    """Read the actor of the cookie's token, once per request."""
    found = actor_of_token(read_session(), token, now())
    return SessionUser(token, found.actor, found.preferences) if found else None


def current_token() -> str:
    """Return the token of this request's session, "" where nobody is signed in."""
    return str(current_user.get_id() or "") if current_user.is_authenticated else ""


def preferences() -> Preferences:
    """Return the preferences of whoever is signed in; empty ones otherwise."""
    return current_user.preferences if current_user.is_authenticated else Preferences(None, None)


def begin(token: str) -> None:
    """Start a browser session with a new token; nothing of an earlier one is kept."""
    session.clear()
    user = load_user(token)
    if user is not None:
        login_user(user)
        g.actor = user.actor
    session.permanent = False


def end() -> None:
    """Forget the session in the browser."""
    logout_user()
    session.clear()
    g.actor = None


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
    login_manager.init_app(app)
    set_loader(app, lambda: current_user.actor if current_user.is_authenticated else None)
