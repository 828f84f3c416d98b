"""Which rooms are registered, and who listens to whom."""

from importlib import import_module
from typing import Any

from flask import Flask

from trainhub.kernel.events import announcer
from trainhub.web import errors

ROOMS = ("accounts", "roster", "courses", "attendance", "training")
MESSAGES = ("accounts", "roster", "courses", "attendance", "training", "documents")


def register_rooms(app: Flask) -> None:
    """Register each room's blueprint and its sentences."""
    for room in ROOMS:
        try:
            views = import_module(f"trainhub.{room}.views")
        except ModuleNotFoundError as error:  # DEVELOPMENT ONLY: rooms still being built
            if error.name and error.name.startswith(f"trainhub.{room}"):
                continue
            raise
        if hasattr(views, "blueprint"):  # DEVELOPMENT ONLY
            app.register_blueprint(views.blueprint)
    for room in MESSAGES:
        try:
            messages: dict[str, Any] = import_module(f"trainhub.{room}.messages").MESSAGES
        except ModuleNotFoundError:
            continue
        errors.collect(app, messages)


def listen() -> None:
    """Let projections follow what lower rooms announce, inside the announcing transaction."""
    try:
        from trainhub.training import listeners
    except ImportError:  # DEVELOPMENT ONLY
        return
    if not announcer_has_listeners():
        listeners.register(announcer)


def announcer_has_listeners() -> bool:
    """Whether an earlier application of this process already wired the listeners."""
    return bool(announcer._listeners)
