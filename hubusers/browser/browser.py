"""What one person's browser does on the network: pages, what their scripts ask for, and their files."""

import time
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import gevent
from gevent.pool import Pool
from urllib3.filepost import encode_multipart_formdata

from hubusers.browser.cache import Cache
from hubusers.browser.cookies import Cookies
from hubusers.browser.file_kinds import FILE, FileKind, why_not_used
from hubusers.browser.form import Entry, texts_of
from hubusers.browser.headers import (
    EVENT_SOURCE_HEADERS,
    FILE_HEADERS,
    FRAME_HEADERS,
    HEADERS,
    PAGE_HEADERS,
    SCRIPT_HEADERS,
    WEBSOCKET_HEADERS,
    with_hints,
    without_hints,
)
from hubusers.browser.hosts import Hosts, origin_of, path_of
from hubusers.browser.page import Page
from hubusers.browser.path_template import template_of
from hubusers.http.connections import Connections
from hubusers.http.host_names import is_this_machine
from hubusers.http.messages import TIMED_OUT, Answer, Request
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.http.stream import Stream
from hubusers.hub.deadline import Deadline
from hubusers.hub.progress import SILENCE

CONNECTIONS = 6
"""Connections that a browser opens to one host, at most; the size that `Connections` should have."""

MOST_REDIRECTS = 20
"""As browsers have it."""

TOO_MANY_REDIRECTS = "too many redirects"
"""The `Page.error` of a page that is not there after `MOST_REDIRECTS`."""

_REDIRECTS = {301, 302, 303, 307, 308}
_SUCCESSES = range(200, 300)
_FINE_FOR_A_PERSON = {*range(200, 400), 429}  # 429: counted as throttled by the step that comes back later
_FINE_FOR_A_FILE = {200, 304}
_FINE_ON_THE_WAY = _FINE_FOR_A_FILE | _REDIRECTS


class Failed(NamedTuple):
    """A kind of request that failed."""

    row: str  # the path template
    cause: str
    is_file: bool  # a script, a style, an image; otherwise a page, or what its scripts asked for


class Browser:
    """One person's browser. Nothing here raises for what the hub or the network does.

    Paths begin with `base` where the hub has one. Where each user has a host of their own, those below `/user/` are on
    the host to which the hub has led; URLs may be given instead of paths. Each request is a row in Locust's statistics,
    where the connections have an event for it.

    Every method that sends something takes a deadline, which bounds all that it does: redirects and files included. A
    request gets what is left until then, `timeout` seconds at most, and none is sent later: its answer is "timed out"
    at once. Without a deadline it comes `timeout` seconds after the call.

    Args:
        connections: To the hub, `CONNECTIONS` of them; their URL is that of the hub or of its API.
        authorization: The value of an `Authorization` header, for people who have a token and do not log in.
        timeout: Seconds that one request may take, the wait for one of the connections included.

    Attributes:
        base: The hub's base path without its final slash, mostly the empty string.
        server_name: The named server that the person uses, for the rows.
        failures: How often each kind of request has failed so far.
        page_token: What the scripts of the present page show to its server, as JupyterLab's do; "" for none.
        form_answered: When the last form that was sent had its answer, on the monotonic clock.
        timeout: As given.
    """

    def __init__(self, connections: Connections, *, authorization: str = "", timeout: float = REQUEST_TIMEOUT) -> None:
        self._hosts = Hosts(connections)
        self.base = self._hosts.base
        self.server_name = ""
        self.failures: Counter[Failed] = Counter()
        self.form_answered = 0.0
        self.page_token = ""
        self.timeout = timeout
        self._cookies = Cookies()
        self._cache = Cache()
        self._page = ""  # the URL where the person is
        self._authorization = {"Authorization": authorization} if authorization else {}
        hub = urlsplit(self._hosts.hub)
        self._is_private = hub.scheme == "https" or is_this_machine(hub.hostname or "")

    # Pages

    def get(self, path: str, *, deadline: Deadline | None = None) -> Page:
        """Go to a page, and follow where it redirects to."""
        return self._navigate("GET", path, None, {}, deadline or Deadline(self.timeout))

    def get_frame(self, path: str, *, deadline: Deadline | None = None) -> Page:
        """Get what a frame of the present page shows, and follow where it redirects to."""
        present, token = self._page, self.page_token
        try:
            return self._navigate("GET", path, None, FRAME_HEADERS, deadline or Deadline(self.timeout))
        finally:
            self._page, self.page_token = present, token

    def post_form(
        self,
        path: str,
        fields: Mapping[str, str] | Iterable[Entry],
        *,
        multipart: bool = False,
        deadline: Deadline | None = None,
    ) -> Page:
        """Send a form, and follow where its answer redirects to.

        Args:
            path: Where the form goes.
            fields: Names and values; as pairs, where a name comes more than once or has a file.
            multipart: Whether the form's `enctype` is `multipart/form-data`.
            deadline: Until when the last redirect must have been answered.
        """
        pairs: list[Entry] = list(fields.items() if isinstance(fields, Mapping) else fields)
        if multipart:
            body, kind = encode_multipart_formdata(pairs)
        else:
            body, kind = urlencode(texts_of(pairs)).encode(), "application/x-www-form-urlencoded"
        return self._navigate("POST", path, body, {"Content-Type": kind}, deadline or Deadline(self.timeout))

    def _navigate(
        self, method: str, path: str, body: bytes | None, more: Mapping[str, str], deadline: Deadline
    ) -> Page:
        url, self.page_token = self._hosts.url(path.partition("#")[0]), ""
        redirected_from: tuple[str, ...] = ()
        site = _site(self._page, url)
        for _ in range(MOST_REDIRECTS + 1):
            path = path_of(url)
            headers = {**PAGE_HEADERS, **more, "Sec-Fetch-Site": site}
            if method == "POST":
                headers["Origin"] = _origin_of(self._page or url)
            answer = self._send(method, url, headers, _FINE_FOR_A_PERSON, deadline, body)
            if method == "POST":
                self.form_answered = time.monotonic()
            self._hosts.came_to(url)
            location = answer.headers.get("Location") if answer.status in _REDIRECTS else None
            if not location:
                self._page = url
                return Page.of(answer, path, redirected_from=redirected_from, host=self._hosts.other_host(url))
            target, not_followed = self._hosts.target(location, url)
            if not_followed:
                return Page.of(answer, path, not_followed, redirected_from)
            redirected_from = (*redirected_from, path)
            if site == "same-origin":
                site = _site(url, target)
            url = target
            if answer.status not in {307, 308} and method != "GET":
                method, body, more = "GET", None, {}
        return Page.of(answer, path_of(url), TOO_MANY_REDIRECTS, redirected_from)

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

    def server_is_at(self, url: str) -> bool:
        """Learn from the hub where the person's server is; return whether that is another host than so far."""
        before = self._hosts.server
        self._hosts.came_to(url)
        return self._hosts.server != before

    # What a page's scripts do

    def fetch(
        self,
        method: str,
        path: str,
        body: Any = None,
        good: Container[int] = _SUCCESSES,
        *,
        deadline: Deadline | None = None,
    ) -> Page:
        """Do what a page's script does: send a request and read its answer; redirects are not followed.

        The XSRF token goes along as JupyterLab sends it, in a header for any method; not where it is in the query, as
        in the requests of the hub's own pages.

        Args:
            method: The HTTP method.
            path: Path and query.
            body: Sent as JSON unless None.
            good: The statuses that are not failures.
            deadline: Until when its answer must be there.
        """
        url, headers = self._hosts.url(path), dict(SCRIPT_HEADERS)
        if self.page_token and _origin_of(url) == _origin_of(self._page):
            headers["Authorization"] = f"token {self.page_token}"
        if "_xsrf=" not in path and (token := self._cookies.value("_xsrf", url)):
            headers["X-XSRFToken"] = token
        if method not in {"GET", "HEAD"}:
            headers["Origin"] = _origin_of(url)
        answer = self._send(method, url, headers, good, deadline or Deadline(self.timeout), body)
        return Page.of(answer, path_of(url))

    def stream(self, path: str, deadline: Deadline, *, silence: float = SILENCE) -> AbstractContextManager[Stream]:
        """Open an event source: a context manager for its beginning and its lines.

        Args:
            path: Path and query.
            deadline: How long it may last.
            silence: Seconds without a byte after which it is given up.

        Raises:
            StreamLost: While reading the lines: it broke off, was silent for too long, or its time was up.
        """
        url = self._hosts.url(path)
        headers = self._complete(EVENT_SOURCE_HEADERS, url)
        headers["Accept-Encoding"] = "identity"  # its lines are read as they come
        seconds = max(deadline.remaining(), 0.0)
        return self._hosts.transport(url).stream(
            Request("GET", url, self.row_of(url), None, headers, seconds, _is_success, silence)
        )

    def websocket_headers(self, path: str) -> list[str]:
        """Return the header lines, such as `Cookie: …`, that a websocket's handshake on this path needs."""
        url = self._hosts.url(path)
        headers = without_hints(self._complete(WEBSOCKET_HEADERS, url))
        for name in ("Referer", "Accept-Encoding"):
            headers.pop(name, None)
        headers["Origin"] = _origin_of(url)
        return [f"{name}: {value}" for name, value in {**HEADERS, **headers}.items()]

    def cookie(self, name: str, path: str) -> str:
        """Return the value of the cookie that a request for this path would carry, or the empty string."""
        return self._cookies.value(name, self._hosts.url(path))

    # Files

    def load(
        self, paths: Iterable[str], *, kinds: Mapping[str, FileKind] | None = None, deadline: Deadline | None = None
    ) -> None:
        """Load what pages need: scripts, styles, images; several at a time, and only what the cache lacks.

        A file that a browser would not use counts as a failure, as one that does not come.

        Args:
            paths: The files'.
            kinds: What the files are for, by their paths; of the others only web pages are not used.
            deadline: Until when the last one must be there.
        """
        deadline, kinds = deadline or Deadline(self.timeout), kinds or {}
        files = {self._hosts.url(path): kinds.get(path, FILE) for path in paths}
        wanted = [(url, kind) for url, kind in files.items() if not self._cache.is_fresh(url)]
        if len(wanted) == 1:
            self._load(*wanted[0], deadline)
        elif wanted:
            pool = Pool(CONNECTIONS)
            try:
                gevent.joinall([pool.spawn(self._load, url, kind, deadline) for url, kind in wanted], raise_error=True)
            finally:
                pool.kill()  # does something only where the person was ended meanwhile

    def read(self, path: str, kind: FileKind, *, deadline: Deadline | None = None) -> Page:
        """Load a file, whatever the cache has; its text is empty where a browser would not use what came."""
        return self._load(self._hosts.url(path), kind, deadline or Deadline(self.timeout), keep_body=True)

    def text_of(self, path: str, *, deadline: Deadline | None = None) -> str:
        """Return the text of a file, as `read` does."""
        return self.read(path, FILE, deadline=deadline).text

    def _load(self, url: str, kind: FileKind, deadline: Deadline, keep_body: bool = False) -> Page:
        why_not = TOO_MANY_REDIRECTS
        for _ in range(MOST_REDIRECTS + 1):
            if keep_body:
                self._cache.forget(url)
            elif self._cache.is_fresh(url):
                return Page(304, path_of(url))
            headers = {**FILE_HEADERS, **self._cache.conditions(url)}
            answer = self._send("GET", url, headers, _FINE_ON_THE_WAY, deadline, keep_body=keep_body, is_file=True)
            if answer.status not in _REDIRECTS:
                why_not = why_not_used(kind, answer) if answer.status in _FINE_FOR_A_FILE else ""
                break
            location = answer.headers.get("Location")
            target = self._hosts.target(location, url)[0] if location else ""
            if not target:
                why_not = answer.cause
                break
            url = target
        if why_not:
            self.failures[Failed(self.row_of(url), why_not, is_file=True)] += 1
        elif answer.status in _FINE_FOR_A_FILE:
            self._cache.keep(url, answer.headers)
            return Page.of(answer, path_of(url))
        return Page(answer.status, path_of(url), error=answer.error)

    # Requests

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
        complete = {"Accept-Encoding": "gzip, deflate", **headers, **self._authorization}
        complete = with_hints(complete, is_private=self._is_private)
        if self._page:
            origin = _origin_of(self._page)
            complete["Referer"] = self._page if origin == _origin_of(url) else f"{origin}/"
        if cookies := self._cookies.header(url):
            complete["Cookie"] = cookies
        return complete

    def row_of(self, path: str) -> str:
        """Return the path template under which a request for this path is counted."""
        return template_of(path_of(path).removeprefix(self.base), self.server_name)


def _is_success(answer: Answer) -> bool:
    return answer.status in _SUCCESSES


def _origin_of(url: str) -> str:
    return origin_of(urlsplit(url))


def _site(begin: str, end: str) -> str:
    """Return what browsers say of a request: whether it leads from one host of the hub's to another."""
    if not begin:
        return "none"
    return "same-origin" if _origin_of(begin) == _origin_of(end) else "same-site"
