"""The addresses of a plugin under ``/plugins/<key>/at/``: judged when it is switched on, matched per request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from trainhub.kernel.permissions import PUBLIC, Permission
from trainhub.plugin_api.routes import PluginBlueprint, Route
from trainhub.plugin_host.manifest import PluginFault


@dataclass(frozen=True, slots=True)
class Matched:
    """A route that fits an address, with the texts found in it."""

    route: Route
    permission: Permission
    arguments: dict[str, str]


class Addresses:
    """All routes of one plugin."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._map = Map([Rule(r.rule, methods=[r.method], endpoint=str(n)) for n, r in enumerate(routes)], strict_slashes=False)

    def match(self, path: str, method: str) -> Matched | None:
        """Return the route of a path and method, or None."""
        adapter = self._map.bind("plugin.invalid")
        try:
            endpoint, arguments = adapter.match("/" + path.lstrip("/"), method="GET" if method == "HEAD" else method)
        except HTTPException:
            return None
        route = self.routes[int(endpoint)]
        return Matched(route, Permission(route.permission), {key: str(value) for key, value in arguments.items()})


def judge_routes(plugin: str, blueprints: Sequence[Any]) -> Addresses:
    """Return the addresses, or raise :class:`PluginFault` for a route that is open, misdeclared or malformed."""
    routes = []
    for blueprint in blueprints:
        if not isinstance(blueprint, PluginBlueprint):
            raise PluginFault(f"plugin {plugin}: trainhub_blueprints must return PluginBlueprint values")
        routes += [_judged(plugin, route) for route in blueprint.routes]
    try:
        return Addresses(routes)
    except (ValueError, LookupError) as error:
        raise PluginFault(f"plugin {plugin}: a route cannot be read: {error}") from error


def _judged(plugin: str, route: Route) -> Route:
    try:
        permission = Permission(route.permission)
    except ValueError:
        raise PluginFault(f"plugin {plugin}: route {route.rule} declares {route.permission!r}, which is no permission") from None
    if permission in PUBLIC:
        raise PluginFault(f"plugin {plugin}: route {route.rule} would be open to everybody; it must demand a permission")
    if permission.is_read != (route.method == "GET"):
        raise PluginFault(f"plugin {plugin}: route {route.method} {route.rule} declares {permission}, the wrong kind")
    if not route.rule.startswith("/"):
        raise PluginFault(f"plugin {plugin}: route {route.rule} must begin with /")
    return route
