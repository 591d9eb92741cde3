"""What one person's browser does on the network: cookies, six connections, a cache, redirects, and rows for it all."""

import json
import time
import urllib.request
import zlib
from collections.abc import Container, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import gevent
import lxml.etree
import lxml.html
from gevent.pool import Pool
from requests.structures import CaseInsensitiveDict
from urllib3.filepost import encode_multipart_formdata

from hubusers.browser.path_template import template_of
from hubusers.http.connections import Connections
from hubusers.http.gevent_transport import GeventTransport, within
from hubusers.http.messages import TIMED_OUT, UNREADABLE, Answer, Request
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.http.stream import Stream, report
from hubusers.hub.deadline import Deadline
from hubusers.hub.endpoint import endpoint_from_url, hub_url
from hubusers.hub.progress import SILENCE

CONNECTIONS = 6
"""Connections that a browser opens to one host, at most; the size that `Connections` should have."""

MOST_REDIRECTS = 20
"""As browsers have it."""

ANOTHER_HOST = "redirect to another host"
"""How the error of a page begins that would be led away: to an external identity provider, mostly."""

HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36 hubusers",
    "Accept-Language": "en-US,en;q=0.9",
}
"""What a browser says of itself, for the `Connections` to send; who looks into a log finds our name there."""

_BLOCK = 65_536
_EMPTY_DOCUMENT = "<html></html>"
_REDIRECTS = {301, 302, 303, 307, 308}
_SUCCESSES = range(200, 300)
_FINE_FOR_A_PERSON = {*range(200, 400), 429}  # the latter is counted as throttled by whoever comes back later
_FINE_FOR_A_FILE = {200, 304}

_PAGE = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
_FILE = {"Accept": "*/*", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin"}
_CALL = {
    "Accept": "*/*",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Site": "same-origin",
}
_HINTS = {
    "Sec-CH-UA": '"Chromium";v="140", "Not=A?Brand";v="24"',
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Linux"',
}
_SOCKET = {"Sec-Fetch-Mode": "websocket", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True, repr=False)
class Page:
    """What a request led to, after redirects: an answer, or status 0 and the reason why there is none.

    Attributes:
        status: Of the last answer.
        path: Path and query of the last request.
        text: Its body.
        headers: Its headers, in whatever letters they are asked for.
        error: Why there is no answer, as in `hubusers.http.messages.Answer`; or where a redirect was not followed.
        redirected_from: The paths of the requests before the last one, which redirected.
    """

    status: int
    path: str
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    redirected_from: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Page({self.status}, {self.path.partition('?')[0]!r}, {self.error!r})"  # queries hold codes and tokens

    @property
    def answer(self) -> Answer:
        """The same as an answer of the hub's API, which knows about `Retry-After`, JSON and messages."""
        return Answer(self.status, self.text, self.headers, self.error)

    @cached_property
    def document(self) -> Any:
        """The text as lxml reads a page; an empty document where it is none."""
        text = self.text if "<" in self.text else _EMPTY_DOCUMENT
        try:
            return _parsed(text)
        except lxml.etree.ParserError:  # no element at all, as where there is nothing but "<!doctype html>"
            return _parsed(_EMPTY_DOCUMENT)

    @property
    def is_document(self) -> bool:
        """Whether the text is a web page, and not a file or what an API answers."""
        return "<html" in self.text.lower()


class Browser:
    """One person's browser. Nothing here raises for what the hub or the network does.

    All paths are those of the host: they begin with `base` where the hub has one. Each request is a row in Locust's
    statistics, where the connections have an event for it.

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
        failures: Requests so far that failed.
        page_token: What the scripts of the present page show to its server, as JupyterLab's do; "" for none.
        form_answered: When the last form that was sent had its answer, on the monotonic clock.
    """

    def __init__(self, connections: Connections, *, authorization: str = "", timeout: float = REQUEST_TIMEOUT) -> None:
        url = urlsplit(hub_url(endpoint_from_url(connections.url)))
        self.base = url.path
        self.server_name = ""
        self.failures = 0
        self.form_answered = 0.0
        self.page_token = ""
        self.timeout = timeout
        self._origin = f"{url.scheme}://{url.netloc}"
        self._connections = connections
        self._streams = GeventTransport(connections, self._origin)
        self._cookies = CookieJar()
        self._cache: dict[str, _Cached] = {}
        self._page = ""  # where the person is
        self._authorization = {"Authorization": authorization} if authorization else {}
        # Browsers say what a request is for only where nobody in between can read along.
        self._tells = url.scheme == "https" or _is_this_machine(url.hostname or "")

    # Pages

    def get(self, path: str, *, deadline: Deadline | None = None) -> Page:
        """Go to a page, and follow where it redirects to."""
        return self._navigate("GET", path, b"", {}, deadline or Deadline(self.timeout))

    def post_form(
        self,
        path: str,
        fields: Mapping[str, str] | Iterable[tuple[str, str]],
        *,
        multipart: bool = False,
        deadline: Deadline | None = None,
    ) -> Page:
        """Send a form, and follow where its answer redirects to.

        Args:
            path: Where the form goes.
            fields: Names and values; a name may come again and again in pairs.
            multipart: Whether the form's `enctype` is `multipart/form-data`.
            deadline: Until when the last redirect must have been answered.
        """
        pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
        if multipart:
            body, kind = encode_multipart_formdata(pairs)
        else:
            body, kind = urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        return self._navigate("POST", path, body, {"Content-Type": kind}, deadline or Deadline(self.timeout))

    def _navigate(self, method: str, path: str, body: bytes, more: dict[str, str], deadline: Deadline) -> Page:
        path, self.page_token = path.partition("#")[0], ""
        redirected_from: list[str] = []
        for _ in range(MOST_REDIRECTS + 1):
            headers = {**_PAGE, **more, "Sec-Fetch-Site": "same-origin" if self._page else "none"}
            if method == "POST":
                headers["Origin"] = self._origin
            answer = self._exchange(method, path, headers, body, _FINE_FOR_A_PERSON, deadline)
            if method == "POST":
                self.form_answered = time.monotonic()
            location = answer.headers.get("location") if answer.status in _REDIRECTS else None
            if not location:
                self._page = path
                return replace(_page(answer, path), redirected_from=tuple(redirected_from))
            try:
                target = urlsplit(urljoin(self._origin + path, location))
            except ValueError:  # such as "http://["
                return _page(answer, path, UNREADABLE)
            origin = f"{target.scheme}://{target.netloc}"
            if origin != self._origin:
                same_host = target.netloc == urlsplit(self._origin).netloc
                return _page(answer, path, f"{ANOTHER_HOST}: {origin if same_host else target.netloc}")
            redirected_from.append(path)
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            if answer.status not in {307, 308} and method != "GET":
                method, body, more = "GET", b"", {}
        return _page(answer, path, "too many redirects")

    def path_to(self, address: str, base: str) -> str:
        """Return the path and query that an address leads to.

        Args:
            address: As a page or a file says it.
            base: The path of that page or file.

        Returns:
            The empty string where it leads to another host, or nowhere.
        """
        address = address.strip()
        try:
            target = urlsplit(urljoin(self._origin + base, address) if address else "")
        except ValueError:  # such as "http://["
            return ""
        if f"{target.scheme}://{target.netloc}" != self._origin:
            return ""
        return (target.path or "/") + (f"?{target.query}" if target.query else "")

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
        """Do what a page's script does: a request whose answer it reads; redirects are not followed.

        The XSRF token goes along as JupyterLab sends it, in a header for any method; not where it is in the query,
        which is how the hub's own pages do it.

        Args:
            method: The HTTP method.
            path: Path and query.
            body: Sent as JSON unless None.
            good: The statuses that are no failures.
            deadline: Until when its answer must be there.
        """
        headers = dict(_CALL)
        if self.page_token:
            headers["Authorization"] = f"token {self.page_token}"
        if "_xsrf=" not in path and (token := self.cookie("_xsrf", path)):
            headers["X-XSRFToken"] = token
        if method not in {"GET", "HEAD"}:
            headers["Origin"] = self._origin
        content = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        answer = self._exchange(method, path, headers, content, good, deadline or Deadline(self.timeout))
        return _page(answer, path)

    def stream(self, path: str, deadline: Deadline, *, silence: float = SILENCE) -> AbstractContextManager[Stream]:
        """Open an event source: a context manager for its beginning and its lines.

        Args:
            path: Path and query.
            deadline: How long it may last.
            silence: Seconds without a byte after which it is given up.

        Raises:
            StreamLost: While reading the lines: it broke off, was silent for too long, or its time was up.
        """
        headers = self._complete({**_CALL, "Accept": "text/event-stream", "Cache-Control": "no-cache"}, path)
        headers["Accept-Encoding"] = "identity"  # its lines are read as they come
        return self._streams.stream(
            Request(
                "GET",
                self._origin + path,
                self._row(path),
                None,
                headers,
                max(deadline.remaining(), 0.0),
                _is_success,
                silence,
            )
        )

    def websocket_headers(self, path: str) -> list[str]:
        """Return the header lines, such as `Cookie: …`, that a websocket's handshake on this path needs."""
        headers = self._complete(_SOCKET, path)
        headers.pop("Referer", None)
        for name in ("Accept-Encoding", *_HINTS):
            headers.pop(name, None)
        headers["Origin"] = self._origin
        return [f"{name}: {value}" for name, value in {**HEADERS, **headers}.items()]

    def cookie(self, name: str, path: str) -> str:
        """Return the value of the cookie that a request for this path would carry, or the empty string."""
        wanted = f"{name}="
        for part in self._cookies_for(path).split("; "):
            if part.startswith(wanted):
                return part.removeprefix(wanted)
        return ""

    # Files

    def load(self, paths: Iterable[str], *, deadline: Deadline | None = None) -> None:
        """Load what pages need: scripts, styles, images; several at a time, and only what the cache lacks."""
        deadline = deadline or Deadline(self.timeout)
        wanted = [path for path in dict.fromkeys(paths) if not self._is_fresh(path)]
        if len(wanted) == 1:
            self._load(wanted[0], deadline)
        elif wanted:
            pool = Pool(CONNECTIONS)
            try:
                gevent.joinall([pool.spawn(self._load, path, deadline) for path in wanted], raise_error=True)
            finally:
                pool.kill()  # does something only where the person was ended meanwhile

    def text_of(self, path: str, *, deadline: Deadline | None = None) -> str:
        """Load a file, whatever the cache has, and return its text; the empty string where there is none."""
        self._cache.pop(path, None)
        answer = self._load(path, deadline or Deadline(self.timeout), whole=True)
        return answer.body if answer.status in _SUCCESSES else ""

    def _load(self, path: str, deadline: Deadline, whole: bool = False) -> Answer:
        cached = self._cache.get(path)
        headers = dict(_FILE)
        if cached and cached.etag:
            headers["If-None-Match"] = cached.etag
        if cached and cached.last_modified:
            headers["If-Modified-Since"] = cached.last_modified
        answer = self._exchange("GET", path, headers, b"", _FINE_FOR_A_FILE, deadline, whole)
        if answer.status in _FINE_FOR_A_FILE:
            self._keep(path, answer.headers, cached)
        return answer

    def _is_fresh(self, path: str) -> bool:
        cached = self._cache.get(path)
        return cached is not None and cached.fresh_until > time.time()

    def _keep(self, path: str, headers: Mapping[str, str], before: "_Cached | None") -> None:
        """Note of an answer for how long it is fresh, and what to ask by after that."""
        control = headers.get("cache-control", "")
        etag = headers.get("etag") or (before.etag if before else "")
        last_modified = headers.get("last-modified") or (before.last_modified if before else "")
        if "no-store" in control:
            self._cache.pop(path, None)
        else:
            self._cache[path] = _Cached(time.time() + _seconds_fresh(control, last_modified), etag, last_modified)

    # Requests

    def _exchange(
        self,
        method: str,
        path: str,
        more: Mapping[str, str],
        body: bytes,
        good: Container[int],
        deadline: Deadline,
        whole: bool = True,
    ) -> Answer:
        timeout = min(self.timeout, deadline.remaining())
        if timeout <= 0:
            return Answer(0, error=TIMED_OUT)
        headers = self._complete(more, path)
        started, length = time.perf_counter(), 0

        def receive() -> Answer:
            nonlocal length
            response = self._connections.request(method, path, body, headers)
            received: dict[str, str] = dict(response.items())
            text = ""
            if whole:
                content = response.read()
                length = len(content)
                text = _decoded(content, received.get("content-encoding", "")).decode("utf-8", "replace")
            else:
                while block := response.read(_BLOCK):
                    length += len(block)
            return Answer(response.status_code, text, received)

        answer = within(timeout, receive)
        self.failures += answer.status not in good
        if "set-cookie" in answer.headers:
            self._cookies.extract_cookies(_Received(answer.headers["set-cookie"]), self._cookie_request(path))  # type: ignore[arg-type]
        if self._connections.request_event:
            request = Request(
                method,
                self._origin + path,
                self._row(path),
                None,
                headers,
                timeout,
                lambda answer: answer.status in good,
            )
            seconds = time.perf_counter() - started
            report(self._connections.request_event, request, answer, seconds, length, self._connections.context())
        return answer

    def _complete(self, headers: Mapping[str, str], path: str) -> dict[str, str]:
        complete = {"Accept-Encoding": "gzip, deflate", **headers, **self._authorization}
        if self._tells:
            complete |= _HINTS
        else:
            complete = {name: value for name, value in complete.items() if not name.startswith("Sec-Fetch-")}
        if self._page:
            complete["Referer"] = self._origin + self._page
        if cookies := self._cookies_for(path):
            complete["Cookie"] = cookies
        return complete

    def _cookies_for(self, path: str) -> str:
        request = self._cookie_request(path)
        self._cookies.add_cookie_header(request)
        return request.get_header("Cookie", "")

    def _cookie_request(self, path: str) -> urllib.request.Request:
        return urllib.request.Request(self._origin + path)  # noqa: S310  # what a cookie jar reads; nothing opens it

    def _row(self, path: str) -> str:
        return template_of(path.removeprefix(self.base), self.server_name)


@dataclass(slots=True)
class _Cached:
    """What a cache knows of a file; the file itself is of no use here."""

    fresh_until: float  # by the clock on the wall
    etag: str
    last_modified: str


class _Received:
    """As much of a response as a cookie jar looks at."""

    def __init__(self, set_cookie: str) -> None:
        self._lines = set_cookie.split("\n")

    def info(self) -> "_Received":
        return self

    def get_all(self, name: str, default: list[str]) -> list[str]:
        return self._lines if name == "Set-Cookie" else default


def _parsed(text: str) -> Any:
    return lxml.html.document_fromstring(text.encode(), lxml.html.HTMLParser(encoding="utf-8"))


def _page(answer: Answer, path: str, error: str = "") -> Page:
    return Page(answer.status, path, answer.body, CaseInsensitiveDict(answer.headers), error or answer.error)


def _is_success(answer: Answer) -> bool:
    return answer.status in _SUCCESSES


def _is_this_machine(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _decoded(content: bytes, encoding: str) -> bytes:
    if encoding not in {"gzip", "deflate"}:
        return content
    try:
        return zlib.decompress(content, zlib.MAX_WBITS | 32)  # reads either's header
    except zlib.error as error:
        raise ValueError("not what its encoding says") from error


def _seconds_fresh(control: str, last_modified: str) -> float:
    """Say for how long a file need not be asked for, as browsers do."""
    if "no-cache" in control:
        return 0.0
    for directive in control.split(","):
        name, _, value = directive.strip().partition("=")
        if name == "max-age":
            return float(value) if value.isdecimal() else 0.0
    # Where the server says nothing, a file that has not changed for long is not expected to change soon.
    try:
        return max(0.0, time.time() - parsedate_to_datetime(last_modified).timestamp()) / 10
    except (ValueError, OverflowError):
        return 0.0
