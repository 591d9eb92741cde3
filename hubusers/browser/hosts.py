"""The hosts of one hub: its own, and those of its users' servers where the hub gives each user one (`subdomain_host`).

Addresses are paths or URLs. A path below `/user/` is on the host where the person's server is, any other on the hub's.
"""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urljoin, urlsplit

from hubusers.http.connections import Connections
from hubusers.http.gevent_transport import GeventTransport
from hubusers.http.host_names import PORTS, is_address, is_same_site, origin_of
from hubusers.http.messages import UNREADABLE
from hubusers.hub.endpoint import endpoint_from_url, hub_url

_BREAKS, _BEFORE_QUERY = re.compile(r"[\t\r\n]"), re.compile(r"^[^?#]*")

ANOTHER_HOST = "redirect to another host"
"""How `Page.error` begins where a redirect leads to another host, mostly that of an identity provider."""

SERVER_ELSEWHERE = "the server is on a host of another site"
"""How `Page.error` begins where a redirect leads to a person's server on a host that cannot be one of the hub's."""


class Hosts:
    """The hosts that one person's browser may talk to: nobody else is sent a request, and so no cookie and no token.

    They are the hub's host and those below it, such as `ann.hub.example.org`. A hub may also give its users hosts
    beside its own, such as `ann-hub.example.org`, if they are of one site with it; these count for addresses of servers
    only. Where people log in with an identity provider, the hosts that the operator has named for it come in addition,
    with their very scheme and port: anybody whom a hub leads to elsewhere could ask for passwords.

    A host beside the hub's may be somebody else's, such as `blog.example.org`. It is shown a token only if it has the
    hub's name at its end, as `ann-hub.example.org`, or if the hub's API has named it. What is typed into forms goes to
    the hub's own host and to identity providers alone.

    Args:
        connections: To the hub; their URL is that of the hub or of its API.
        providers: The scheme and host of each identity provider, as `origin_of` has it.

    Attributes:
        base: The hub's base path without its final slash, mostly the empty string.
        hub: The hub's host with its scheme, such as `https://hub.example.org`.
        server: Likewise, where the person's server was found last.
        providers: As given.
    """

    def __init__(self, connections: Connections, providers: Iterable[str] = ()) -> None:
        url = urlsplit(hub_url(endpoint_from_url(connections.url)))
        self.base = url.path
        self.hub = self.server = origin_of(url)
        self.providers = frozenset(providers)
        self._named_by_hub: set[str] = set()
        self._connections = connections
        self._transports = {self.hub: GeventTransport(connections, self.hub)}

    def url(self, address: str) -> str:
        """Return the URL of an address."""
        if not address.startswith("/"):
            return address
        return (self.server if self._is_of_server(address) else self.hub) + address

    def address(self, url: str) -> str:
        """Return the shortest address of a URL: its path and query, where these lead to it."""
        path = path_of(url)
        return path if self.url(path) == url else url

    def shown(self, url: str) -> str:
        """Return the path and query of a URL, by which pages go; of an identity provider's the whole URL."""
        return url if self.provider_of(url) else path_of(url)

    def provider_of(self, address: str) -> str:
        """Return the host of the identity provider, with its port, to which an address leads; "" where it does not."""
        if not self.providers:  # asked for each request of a run
            return ""
        parts = urlsplit(address)
        return parts.netloc if parts.netloc and origin_of(parts) in self.providers else ""

    def target(self, address: str, base: str, *, with_form: bool = False) -> tuple[str, str]:
        """Return the URL to which an address leads in an answer; or why it is not followed, which is a page's error.

        Args:
            address: As the answer says it.
            base: The URL of the answer.
            with_form: Whether a form would be sent there once more.
        """
        try:
            parts = urlsplit(joined(base, address))
            origin = origin_of(parts)
        except ValueError:  # such as "http://["
            return "", UNREADABLE
        if not self._is_one(parts) and self._is_of_server(parts.path):
            return "", f"{SERVER_ELSEWHERE}: {origin}"
        if not self._is_one(parts):
            is_same_host = parts.hostname == urlsplit(self.hub).hostname
            return "", f"{ANOTHER_HOST}: {origin if is_same_host else parts.netloc}"
        if with_form and not self.takes_forms(origin):
            return "", f"{ANOTHER_HOST}: {origin}"
        return origin + (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), ""

    def transport(self, url: str) -> GeventTransport:
        """Return what sends requests to a URL's host."""
        origin = origin_of(urlsplit(url))
        if origin not in self._transports:
            self._transports[origin] = GeventTransport(self._connections.to(origin), origin)
        return self._transports[origin]

    def other_host(self, url: str) -> str:
        """Return the name of a URL's host; "" for the hub's own."""
        parts = urlsplit(url)
        return "" if origin_of(parts) == self.hub else parts.hostname or ""

    def came_to(self, url: str) -> None:
        """Note where the person's server is, if this is its URL."""
        parts = urlsplit(url)
        if self.provider_of(url):
            return
        if parts.netloc and self._is_of_server(parts.path) and (origin := origin_of(parts)) != self.hub:
            self.server = origin

    def server_is_at(self, url: str) -> None:
        """Note where the person's server is, as the hub's API says."""
        self.came_to(url)
        parts = urlsplit(url)
        if parts.netloc and self._is_of_server(parts.path):
            self._named_by_hub.add(origin_of(parts))

    def takes_forms(self, url: str) -> bool:
        """Say whether a URL's host may learn what is typed into a form, such as a password."""
        origin = origin_of(urlsplit(url))
        return origin == self.hub or origin in self.providers

    def takes_token(self, url: str) -> bool:
        """Say whether a URL's host may be shown a token of the hub's."""
        parts = urlsplit(url)
        origin = origin_of(parts)
        if origin == self.hub:
            return True
        if origin in self.providers:
            return False
        return origin in self._named_by_hub or self._is_below(parts) or self._is_beside(parts, f"-{self._name}")

    @property
    def _name(self) -> str:
        return urlsplit(self.hub).hostname or ""

    def _is_one(self, parts: SplitResult) -> bool:
        if origin_of(parts) in {self.hub, self.server, *self.providers} or self._is_below(parts):
            return True
        return self._is_of_server(parts.path) and self._is_beside(parts, f".{self._name.partition('.')[2]}")

    def _is_below(self, parts: SplitResult) -> bool:
        """Say whether a host's name is below the hub's; there is none below an IP address."""
        is_below = (parts.hostname or "").endswith(f".{self._name}")
        return is_below and self._has_port_of_hub(parts) and not is_address(self._name)

    def _is_beside(self, parts: SplitResult, end: str) -> bool:
        """Say whether a host's name has a certain end, and is of one site with the hub's."""
        host = parts.hostname or ""
        return host.endswith(end) and self._has_port_of_hub(parts) and is_same_site(host, self._name)

    def _has_port_of_hub(self, parts: SplitResult) -> bool:
        hub = urlsplit(self.hub)
        return (parts.scheme, _port(parts)) == (hub.scheme, _port(hub))

    def _is_of_server(self, path: str) -> bool:
        return path.startswith(f"{self.base}/user/")


def as_read(address: str) -> str:
    """Return an address as browsers read it: without line breaks and tabs, and with "/" for "\\" before the query."""
    return _BEFORE_QUERY.sub(lambda path: path[0].replace("\\", "/"), _BREAKS.sub("", address), count=1)


def joined(base: str, address: str) -> str:
    """Return the URL to which an address leads from another URL.

    Raises:
        ValueError: It leads nowhere, such as `http://[`.
    """
    address = as_read(address)
    # Python takes "?" for no address at all; to a browser it is the page without its query.
    return base.partition("?")[0] if address.strip() == "?" else urljoin(base, address)


def origin_of_url(url: str) -> str:
    """Return the origin of a URL that the hub, or a browser on its pages, has used."""
    return origin_of(urlsplit(url))


def path_of(address: str) -> str:
    """Return the path and query of an address."""
    if address.startswith("/"):
        return address
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _port(parts: SplitResult) -> int | None:
    return parts.port or PORTS.get(parts.scheme)
