"""Proxies that do not do what the hub thinks they do."""

from typing import Any

from jupyterhub.proxy import ConfigurableHTTPProxy


class ForgetfulProxy(ConfigurableHTTPProxy):  # type: ignore[misc]  # jupyterhub has no type hints
    """Never has a route to a server: it sends requests for a server to the hub, which sends them back to the server."""

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        if "user" not in data:
            await super().add_route(routespec, target, data)
