"""What one person's browser does on the network: pages, what their scripts ask for, and their files."""

import time
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent.pool import Pool
from urllib3.filepost import encode_multipart_formdata

from hubusers.browser.cache import Cache
from hubusers.browser.file_kinds import FILE, FileKind, why_not_used
from hubusers.browser.headers import (
    EVENT_SOURCE_HEADERS,
    FILE_HEADERS,
    FRAME_HEADERS,
    PAGE_HEADERS,
    SCRIPT_HEADERS,
)
from hubusers.browser.hosts import origin_of_url, path_of
from hubusers.browser.page import Page
from hubusers.browser.sender import Failed, Sender
from hubusers.browser.sent_form import Entry, url_encoded
from hubusers.http.connections import Connections
from hubusers.http.host_names import is_same_site
from hubusers.http.messages import Answer, Request
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
_REDIRECTS_OF_FORMS = {307, 308}
"""Those by which a browser sends a form once more, with all that was typed."""

_SUCCESSES = range(200, 300)
_FINE_FOR_A_PERSON = {*range(200, 400), 429}  # 429: counted as throttled by the step that comes back later
_FINE_FOR_A_FILE = {200, 304}
_FINE_ON_THE_WAY = _FINE_FOR_A_FILE | _REDIRECTS


class Browser(Sender):
    """One person's browser. Nothing here raises for what the hub or the network does.

    Every method that sends something takes a deadline, which bounds all that it does: redirects and files included. A
    request gets what is left until then, `timeout` seconds at most, and none is sent later: its answer is "timed out"
    at once. Without a deadline it comes `timeout` seconds after the call.

    Args:
        connections: As for `Sender`.
        authorization: Likewise.
        timeout: Likewise.
        providers: Likewise.

    Attributes:
        form_answered: When the last form that was sent, or the last address with which an identity provider has sent
            the person back to the hub, had its answer, on the monotonic clock.
        seconds_with: How long identity providers took for their pages, by host; and under "" how long the hub took for
            the first answer after them, for which it mostly asks the provider itself.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        authorization: str = "",
        timeout: float = REQUEST_TIMEOUT,
        providers: Iterable[str] = (),
    ) -> None:
        super().__init__(connections, authorization=authorization, timeout=timeout, providers=providers)
        self.form_answered = 0.0
        self.seconds_with: defaultdict[str, float] = defaultdict(float)
        self._cache = Cache()

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
            body, kind = url_encoded(pairs).encode(), "application/x-www-form-urlencoded"
        return self._navigate("POST", path, body, {"Content-Type": kind}, deadline or Deadline(self.timeout))

    def come_from(self, url: str) -> None:
        """Be on a page of another site, from which a link or a form leads to the hub; nothing is asked of that site."""
        self._page, self.page_token = url, ""

    def _navigate(
        self, method: str, path: str, body: bytes | None, more: Mapping[str, str], deadline: Deadline
    ) -> Page:
        url, self.page_token = self._hosts.url(path.partition("#")[0]), ""
        redirected_from: tuple[str, ...] = ()
        site = _site(self._page, url)
        came_from = self._hosts.provider_of(self._page)
        origin, referer = origin_of_url(self._page or url), ""
        for _ in range(MOST_REDIRECTS + 1):
            path, provider, asked = self._hosts.shown(url), self._hosts.provider_of(url), time.monotonic()
            headers = {**PAGE_HEADERS, **more, "Sec-Fetch-Site": site}
            if method == "POST":
                headers["Origin"] = origin
            if self._page and origin_of_url(self._page) != origin_of_url(url):
                referer = f"{origin_of_url(self._page)}/"  # from here on, also back at the page's own host
            if referer:
                headers["Referer"] = referer
            answer = self._send(method, url, headers, _FINE_FOR_A_PERSON, deadline, body)
            if method == "POST" or (came_from and not provider):
                self.form_answered = time.monotonic()
            if provider or came_from:
                self.seconds_with[provider] += time.monotonic() - asked
            came_from = provider
            self._hosts.came_to(url)
            location = answer.headers.get("Location") if answer.status in _REDIRECTS else None
            if not location:
                self._page = url
                host = self._hosts.other_host(url)
                return Page.of(
                    answer,
                    path,
                    redirected_from=redirected_from,
                    host=host,
                    provider=provider,
                    secrets=self.secrets,
                )
            takes_form_along = method == "POST" and answer.status in _REDIRECTS_OF_FORMS
            target, not_followed = self._hosts.target(location, url, with_form=takes_form_along)
            if not_followed:
                return Page.of(answer, path, not_followed, redirected_from, provider=provider, secrets=self.secrets)
            redirected_from = (*redirected_from, path)
            if site == "same-origin":
                site = _site(url, target)
            if origin_of_url(url) != origin_of_url(target):
                origin = "null"  # whoever has redirected is not to speak for the page
            url = target
            if not takes_form_along and method != "GET":
                method, body, more = "GET", None, {}
        return Page.of(
            answer,
            self._hosts.shown(url),
            TOO_MANY_REDIRECTS,
            redirected_from,
            provider=came_from,
            secrets=self.secrets,
        )

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
        if self.page_token and origin_of_url(url) == origin_of_url(self._page):
            headers["Authorization"] = f"token {self.page_token}"
        if "_xsrf=" not in path and (token := self._cookies.value("_xsrf", url)):
            headers["X-XSRFToken"] = token
        if method not in {"GET", "HEAD"}:
            headers["Origin"] = origin_of_url(url)
        answer = self._send(method, url, headers, good, deadline or Deadline(self.timeout), body)
        return Page.of(answer, path_of(url), secrets=self.secrets)

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


def _is_success(answer: Answer) -> bool:
    return answer.status in _SUCCESSES


def _site(begin: str, end: str) -> str:
    """Return what browsers say of a request: whether it leads from one host of the hub's to another.

    An identity provider, or an LMS, may be of another site. A site also ends where the scheme changes.
    """
    if not begin:
        return "none"
    if origin_of_url(begin) == origin_of_url(end):
        return "same-origin"
    here, there = urlsplit(begin), urlsplit(end)
    is_same = here.scheme == there.scheme and is_same_site(here.hostname or "", there.hostname or "")
    return "same-site" if is_same else "cross-site"
