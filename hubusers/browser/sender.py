"""How a person's browser sends each of its requests: where it goes, what goes with it, what is kept of its answer."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from hubusers.browser.cookies import Cookies
from hubusers.browser.headers import (
    HEADERS,
    WEBSOCKET_HEADERS,
    with_hints,
    without_hints,
)
from hubusers.browser.hosts import Hosts, origin_of_url, path_of
from hubusers.browser.path_template import template_of
from hubusers.http.connections import Connections
from hubusers.http.host_names import is_this_machine
from hubusers.http.messages import TIMED_OUT, Answer, Request
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.deadline import Deadline


class Failed(NamedTuple):
    """A kind of request that failed."""

    row: str  # the path template
    cause: str
    is_file: bool  # a script, a style, an image; otherwise a page, or what its scripts asked for


class Sender:
    """What a browser knows of the hub, and shows to it with each request.

    Paths begin with `base` where the hub has one. Where each user has a host of their own, those below `/user/` are on
    the host to which the hub has led; URLs may be given instead of paths. Each request is a row in Locust's statistics,
    where the connections have an event for it.

    Args:
        connections: To the hub, `CONNECTIONS` of them; their URL is that of the hub or of its API.
        authorization: The value of an `Authorization` header, for people who have a token and do not log in.
        timeout: Seconds that one request may take, the wait for one of the connections included.
        providers: The identity providers whose hosts the browser may talk to, too, as for `Hosts`.

    Attributes:
        base: The hub's base path without its final slash, mostly the empty string.
        server_name: The named server that the person uses, for the rows.
        failures: How often each kind of request has failed so far.
        page_token: What the scripts of the present page show to its server, as JupyterLab's do; "" for none.
        timeout: As given.
        secrets: What the person has typed or shown that no words of an answer may repeat: the token, a password.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        authorization: str = "",
        timeout: float = REQUEST_TIMEOUT,
        providers: Iterable[str] = (),
    ) -> None:
        self._hosts = Hosts(connections, providers)
        self.base = self._hosts.base
        self.server_name = ""
        self.failures: Counter[Failed] = Counter()
        self.page_token = ""
        self.timeout = timeout
        self._cookies = Cookies()
        self._page = ""  # the URL where the person is
        self._authorization = {"Authorization": authorization} if authorization else {}
        self.secrets = tuple(authorization.split()[-1:])  # without "token"
        hub = urlsplit(self._hosts.hub)
        self._is_private = hub.scheme == "https" or is_this_machine(hub.hostname or "")

    def path_to(self, address: str, base: str) -> str:
        """Return the path and query that an address leads to, or its URL where its path would lead to another host.

        Args:
            address: As a page or a file says it.
            base: The path of that page or file.

        Returns:
            The empty string where it leads to a host that is not the hub's, or nowhere.
        """
        address = address.strip()
        target = self._hosts.target(address, self._hosts.url(base))[0] if address else ""
        return self._hosts.address(target) if target else ""

    def url_of(self, path: str) -> str:
        """Return the URL of a path."""
        return self._hosts.url(path)

    def types(self, secret: str) -> None:
        """Note what the person types into forms that nobody else may read."""
        if secret not in self.secrets:
            self.secrets += (secret,)

    @property
    def providers(self) -> frozenset[str]:
        """The identity providers whose hosts this browser may talk to."""
        return self._hosts.providers

    def is_at_provider(self, path: str) -> bool:
        """Say whether a page's path is one of an identity provider."""
        return bool(self._hosts.provider_of(path))

    def server_is_at(self, url: str) -> bool:
        """Learn from the hub where the person's server is.

        Returns:
            Whether that is another host than so far, or one to which the token goes only now.
        """
        before = self._hosts.server, self._hosts.takes_token(self._hosts.server)
        self._hosts.server_is_at(url)
        return (self._hosts.server, self._hosts.takes_token(self._hosts.server)) != before

    def takes_forms(self, url: str) -> bool:
        """Say whether a URL's host may learn what is typed into a form: the hub's own, or an identity provider's."""
        return self._hosts.takes_forms(url)

    def websocket_headers(self, path: str) -> list[str]:
        """Return the header lines, such as `Cookie: …`, that a websocket's handshake on this path needs."""
        url = self._hosts.url(path)
        headers = without_hints(self._complete(WEBSOCKET_HEADERS, url))
        for name in ("Referer", "Accept-Encoding"):
            headers.pop(name, None)
        headers["Origin"] = origin_of_url(url)
        return [f"{name}: {value}" for name, value in {**HEADERS, **headers}.items()]

    def cookie(self, name: str, path: str) -> str:
        """Return the value of the cookie that a request for this path would carry, or the empty string."""
        return self._cookies.value(name, self._hosts.url(path))

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        good: Container[int],
        deadline: Deadline,
        body: Any = None,
        *,
        keep_body: bool = True,
        is_file: bool = False,
    ) -> Answer:
        """Send a request of a page's, and return its answer; its cookies are kept, its failure is counted."""
        request = Request(
            method,
            url,
            self.row_of(url),
            body,
            self._complete(headers, url),
            min(self.timeout, deadline.remaining()),
            lambda answer: answer.status in good,
            keep_body=keep_body,
        )
        if request.timeout <= 0:
            return Answer(0, error=TIMED_OUT)
        answer = self._hosts.transport(url).send(request)
        if not request.good(answer):
            self.failures[Failed(request.template, answer.cause, is_file)] += 1
        if set_cookie := answer.headers.get("Set-Cookie"):
            self._cookies.keep(set_cookie, url)
        return answer

    def _complete(self, headers: Mapping[str, str], url: str) -> dict[str, str]:
        complete = {"Accept-Encoding": "gzip, deflate", **headers}
        if self._authorization and self._hosts.takes_token(url):
            complete |= self._authorization
        complete = with_hints(complete, is_private=self._is_private)
        if self._page and "Referer" not in headers:
            origin = origin_of_url(self._page)
            complete["Referer"] = self._page if origin == origin_of_url(url) else f"{origin}/"
        is_from_elsewhere = headers.get("Sec-Fetch-Site") == "cross-site"
        method = ("POST" if "Origin" in headers else "GET") if is_from_elsewhere else ""
        if cookies := self._cookies.header(url, from_another_site=method):
            complete["Cookie"] = cookies
        return complete

    def row_of(self, path: str) -> str:
        """Return the path template under which a request for this path is counted.

        Of an identity provider there is one: its paths may have ids anywhere.
        """
        if self._hosts.provider_of(path):
            return f"{origin_of_url(path)}/{{path}}"
        return template_of(path_of(path).removeprefix(self.base), self.server_name)
