"""From a request to its :class:`Actor`: read once per request, never cached across requests."""

from collections.abc import Callable
from typing import Any

from flask import abort, current_app, g

from trainhub.kernel.actor import Actor

ActorLoader = Callable[[], Actor | None]
ProofAsker = Callable[[Actor], Any]


def set_loader(app: "object", loader: ActorLoader) -> None:
    """Let ``accounts`` provide the actor; ``web`` lies below it and may not import it."""
    app.extensions["trainhub.actor_loader"] = loader  # type: ignore[attr-defined]


def set_proof(app: "object", asker: ProofAsker) -> None:
    """Let ``accounts`` say what a session must show before a protected page: an answer, or None where nothing is."""
    app.extensions["trainhub.proof_asker"] = asker  # type: ignore[attr-defined]


def proof_first(actor: Actor) -> Any:
    """Return the answer that asks for a proof before a protected page, None where the session has shown enough."""
    asker: ProofAsker | None = current_app.extensions.get("trainhub.proof_asker")
    return asker(actor) if asker else None


def load_actor() -> Actor | None:
    """Return the actor of this request, or None where nobody is signed in."""
    if "actor" not in g:
        loader: ActorLoader | None = current_app.extensions.get("trainhub.actor_loader")
        g.actor = loader() if loader else None
    actor: Actor | None = g.actor
    return actor


def current_actor() -> Actor:
    """Return the actor; 401 where nobody is signed in."""
    actor = load_actor()
    if actor is None:
        abort(401)
    return actor
