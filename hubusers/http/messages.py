"""A request and its answer, independent of the HTTP library that sends them."""

import json
import math
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, cast

import lxml.etree
import lxml.html
import requests
import urllib3
from urllib3.exceptions import InvalidHeader

from hubusers.http.session import RETRIES
from hubusers.log import without_secrets

CONNECTION_REFUSED = "connection refused"
TIMED_OUT = "timed out"
CONNECTION_LOST = "connection lost"
CERTIFICATE_NOT_TRUSTED = "TLS certificate not trusted"
UNREADABLE = "answer cannot be read"
HOST_UNKNOWN = "host name unknown"
TOO_LARGE = "answer too large"
NO_TURN = "not asked, because too many looks at servers were under way"
"""The hub has nothing to do with it: nothing was sent."""

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; or, if none came, status 0 and the reason in `error`.

    Attributes:
        status: The HTTP status, 0 without an answer.
        body: The body as text.
        headers: Found whether their names are asked for in capital or in small letters, whichever transport made them.
        error: Why there is no answer, one of a few fixed phrases; the empty string with one.
        secrets: What the person has typed or shown who got the answer, which its words must not repeat.
    """

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    error: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def model(self) -> Any:
        """The body as JSON, or None when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # RecursionError: nested thousands of times
            return None

    @property
    def message(self) -> str:
        """The `message` that the hub puts into an error answer; empty if there is none."""
        message = str(self.model.get("message") or "") if isinstance(self.model, dict) else ""
        return without_secrets(message, self.secrets)

    @property
    def words(self) -> str:
        """What the sender of the answer says, as text: the hub's `message`, the text of a page, or the body as it is.

        "" without an answer, or where the body says nothing.
        """
        if self.message:
            return self.message
        if isinstance(self.model, dict) and self.model.get("message", "") is None:  # as in the hub's 404
            return ""
        text = _text_of_page(self.body) if self.is_web_page else self.body
        return without_secrets(" ".join(text.split()), self.secrets)[:_SHOWN_CHARACTERS]

    @property
    def retry_after(self) -> float | None:
        """Seconds that a `Retry-After` header asks to wait; None if there is no readable one."""
        text = self.headers.get("Retry-After")
        try:
            return RETRIES.parse_retry_after(text) if text else None
        except (InvalidHeader, ValueError, OverflowError):  # OverflowError: a number or year out of range
            return None

    @property
    def hub_is_away(self) -> bool:
        """Whether the hub is down at the moment: nothing listens, or a proxy answers in its place."""
        return self.error in {CONNECTION_REFUSED, CONNECTION_LOST} or self.status in {502, 503, 504}

    @property
    def is_web_page(self) -> bool:
        """Whether the body is an HTML page; the API itself only sends JSON."""
        return self.model is None and "<html" in self.body.lower()

    @property
    def cause(self) -> str:
        """Why the answer is unexpected, in a fixed phrase, because Locust groups failures by their text."""
        if not self.status:
            return self.error
        text = f"HTTP {self.status}"
        if 300 <= self.status < 400:
            return f"{text}, a redirect"
        if self.status == 200 and self.model is None:
            what = "a web page" if self.is_web_page else "no JSON" if self.body.strip() else "no content"
            return f"{text}, {what}"
        return text

    def __str__(self) -> str:
        """Return status and content for a log, shortened and without secrets."""
        if not self.status:
            return self.error
        text = _text_of_page(self.body) if self.is_web_page else self.body
        content = without_secrets(" ".join(text.split()), self.secrets)
        if len(content) > _SHOWN_CHARACTERS:
            content = content[:_SHOWN_CHARACTERS] + "…"
        return f"HTTP {self.status}: {content or '(no content)'}"


class Request(NamedTuple):
    """One request.

    Attributes:
        method: The HTTP method.
        url: What is asked for.
        template: The name of its row in Locust's statistics.
        body: Sent as JSON unless it is None; bytes, which only `GeventTransport` sends, as they are.
        headers: In addition to the session's.
        timeout: Seconds until the end of the answer, or of the stream.
        good: Says whether Locust's statistics count an answer as a success.
        silence: Seconds without a byte after which a stream is given up.
        largest: Bytes of the largest answer that is read; only `RequestsTransport` heeds it. Of a larger one nothing is
            kept.
        keep_body: Whether the answer's body is of use, even if it is not a web page. `GeventTransport` reads one that
            is not, and forgets it.
    """

    method: str
    url: str
    template: str
    body: Any
    headers: Mapping[str, str]
    timeout: float
    good: Callable[[Answer], bool]
    silence: float = math.inf
    largest: float = math.inf
    keep_body: bool = True


def _text_of_page(body: str) -> str:
    try:
        page = lxml.html.document_fromstring(body.encode("utf-8", "replace"))
    except lxml.etree.ParserError:  # nothing but a comment
        return ""
    texts = cast("list[str]", page.xpath("//text()[not(ancestor::script) and not(ancestor::style)]"))
    # The title of an error page often says the same as its heading.
    return " ".join(dict.fromkeys(" ".join(text.split()) for text in texts))


class StreamLost(Exception):
    """A stream broke off, or went silent, before its end. The text is one of the reasons above."""


def reason_of(error: BaseException) -> str:
    """Return a fixed phrase for why there was no answer. The libraries' own texts contain addresses and ports."""
    causes = list(_causes(error))
    for kinds, reason in (
        (ssl.SSLCertVerificationError, CERTIFICATE_NOT_TRUSTED),
        (ssl.SSLError, "TLS failed"),
        (ConnectionRefusedError, CONNECTION_REFUSED),
        (socket.gaierror, HOST_UNKNOWN),
        ((TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError), TIMED_OUT),
        # requests parses a redirect's Location even if it should not follow it, and raises this.
        (ValueError, UNREADABLE),
    ):
        if any(isinstance(cause, kinds) for cause in causes):
            return reason
    # gevent's Timeout is not a TimeoutError.
    return TIMED_OUT if any(type(cause).__name__ == "Timeout" for cause in causes) else CONNECTION_LOST


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Return an error and those inside it. Each library wraps the errors of the one below in its own way."""
    waiting, seen = [error], set()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        attributes = (getattr(cause, name, None) for name in ("__cause__", "__context__", "reason", "original"))
        inside = (*attributes, *cause.args)
        waiting += [part for part in inside if isinstance(part, BaseException)]
