"""The plugin pages: what is here and how it is, settings, the three steps away, and plugins' own addresses."""

from flask import Blueprint, current_app

from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.rules import Forced

blueprint = Blueprint("plugin_host", __name__, template_folder="../templates")


def plugin_host() -> PluginHost:
    """Return the host of this application."""
    found: PluginHost = current_app.extensions["trainhub.plugins"]
    return found


def forced() -> Forced:
    """Return what configuration decides."""
    found: Forced = current_app.extensions["trainhub.plugins_forced"]
    return found


def catch_up() -> None:
    """Follow in this process what was just switched; other processes follow within seconds."""
    current_app.extensions["trainhub.plugins_catch_up"]()


from trainhub.plugin_host.views import addresses, leaving, settings, shelf  # noqa: E402

__all__ = ["addresses", "blueprint", "catch_up", "forced", "leaving", "plugin_host", "settings", "shelf"]
