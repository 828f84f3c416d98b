"""Robots of group chats: a channel for notices, and a page that shows what became of them."""

from collections.abc import Sequence

from trainhub.plugin_api import Happening, Notifier, PluginBlueprint, Route, hookimpl
from trainhub_robot.channel import Robot
from trainhub_robot.record import remember, show


@hookimpl
def trainhub_notifiers() -> Sequence[Notifier]:
    """Add the one channel; the address says whose group it is."""
    return [Robot()]


@hookimpl
def trainhub_event(event: Happening) -> None:
    """Keep what happened, and what became of this channel's notices."""
    remember(event)


@hookimpl
def trainhub_blueprints() -> Sequence[PluginBlueprint]:
    """Add the page with the last deliveries."""
    return [PluginBlueprint((Route("/", "plugin.read", show, label="最近的通知"),))]


__all__ = ["Robot", "trainhub_blueprints", "trainhub_event", "trainhub_notifiers"]
