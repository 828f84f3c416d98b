"""Deny by default: every endpoint and method declares a permission, or the application does not start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, g, request
from werkzeug.routing import Rule

from trainhub.kernel import permissions
from trainhub.kernel.permissions import PUBLIC, Permission
from trainhub.web.context import load_actor, proof_first

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., Any])
_DECLARED = "__trainhub_needs__"


@dataclass(frozen=True, slots=True)
class Needs:
    """The permissions of one view: for its safe methods and for its unsafe ones."""

    get: Permission | None = None
    post: Permission | None = None

    def for_method(self, method: str) -> Permission | None:
        """The permission that a request with this method must hold."""
        return self.get if method in SAFE else self.post


class UndeclaredPermission(RuntimeError):
    """A route without a permission, or with the wrong kind: the application refuses to start."""


def needs(
    permission: Permission | None = None, *, get: Permission | None = None, post: Permission | None = None
) -> Callable[[View], View]:
    """Declare what a view demands. One positional permission serves the kind of method it fits."""
    if permission is not None:
        declared = Needs(get=permission) if permission.is_read else Needs(post=permission)
    else:
        declared = Needs(get, post)

    def mark(view: View) -> View:
        setattr(view, _DECLARED, declared)
        return view

    return mark


def declared(app: Flask, endpoint: str) -> Needs | None:
    """Return what an endpoint declares; static files are public."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return Needs(get=Permission.PUBLIC_READ)
    found = getattr(app.view_functions.get(endpoint), _DECLARED, None)
    return found if isinstance(found, Needs) else None


def check_rule(app: Flask, rule: Rule) -> list[str]:
    """Return what is wrong with the declarations of one rule, empty when nothing is."""
    declaration = declared(app, rule.endpoint)
    if declaration is None:
        return [f"{rule.rule} ({rule.endpoint}) declares no permission"]
    faults = []
    for method in sorted(rule.methods or ()):
        permission = declaration.for_method(method)
        if permission is None:
            if method not in {"OPTIONS", "HEAD"}:
                faults.append(f"{method} {rule.rule} ({rule.endpoint}) declares no permission")
        elif permission.is_read != (method in SAFE):
            faults.append(f"{method} {rule.rule} ({rule.endpoint}) declares {permission}, the wrong kind")
    return faults


def check_all(app: Flask) -> None:
    """Walk the URL map; raise :class:`UndeclaredPermission` naming every fault."""
    faults = [fault for rule in app.url_map.iter_rules() for fault in check_rule(app, rule)]
    if faults:
        raise UndeclaredPermission("; ".join(faults))


def install(app: Flask) -> None:
    """Put the gate before every request; it refuses undeclared views even if added later."""

    @app.before_request
    def gate() -> Any:
        if request.endpoint is None:
            return None
        declaration = declared(app, request.endpoint)
        permission = declaration.for_method(request.method) if declaration else None
        if permission is None:
            abort(405 if declaration and request.method != "OPTIONS" else 403)
        g.permission = permission
        if permission in PUBLIC:
            return None
        actor = load_actor()
        if actor is None:
            from trainhub.web.pages import ask_to_sign_in

            return ask_to_sign_in()
        if not actor.can(permission):
            abort(403)
        return proof_first(actor) if permission in permissions.PROTECTED else None
