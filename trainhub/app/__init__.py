"""Composition root: configuration, extensions, rooms, listeners. Nothing here writes or migrates."""

from trainhub.app.factory import create_app

__all__ = ["create_app"]
