"""One request through any of the three kinds of session, and its answer: what each is told, and what it says."""

import importlib
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests
import urllib3
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from hubusers.hub.session import RETRIES, retries_of, without_retries

CONNECTION_REFUSED = "connection refused"
TIMED_OUT = "timed out"
CONNECTION_LOST = "connection lost"
CERTIFICATE_NOT_TRUSTED = "TLS certificate not trusted"
UNREADABLE = "answer cannot be read"

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP answer, or status 0 and the reason why there is none."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    error: str = ""

    @cached_property
    def model(self) -> Any:
        """The body as JSON, or None when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # the latter for what is nested thousands of times
            return None

    @property
    def message(self) -> str:
        """What the hub says about a refusal."""
        return str(self.model.get("message") or "") if isinstance(self.model, dict) else ""

    @property
    def retry_after(self) -> float | None:
        """Seconds that a `Retry-After` header asks to wait, None without a readable one."""
        text = self.headers.get("Retry-After")
        try:
            return RETRIES.parse_retry_after(text) if text else None
        except (InvalidHeader, ValueError, OverflowError):  # the latter for numbers and years beyond all bounds
            return None

    @property
    def hub_is_away(self) -> bool:
        """Whether there is no hub at the moment: nobody listens, or a proxy answers in its place."""
        return self.error in {CONNECTION_REFUSED, CONNECTION_LOST} or self.status in {502, 503, 504}

    @property
    def is_web_page(self) -> bool:
        """Whether the body is for a browser: the API only speaks JSON."""
        return self.model is None and "<html" in self.body.lower()

    @property
    def cause(self) -> str:
        """What is odd about an answer that was not expected, in a few fixed words that Locust can group by."""
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
        """Status and content, for a log."""
        if not self.status:
            return self.error
        content = " ".join(self.body.split())
        if len(content) > _SHOWN_CHARACTERS:
            content = content[:_SHOWN_CHARACTERS] + "…"
        return f"HTTP {self.status}: {content or '(no content)'}"


@dataclass(frozen=True)
class Request:
    """One request; `template` is its name in Locust's statistics, and `good` says what counts there as a success."""

    method: str
    url: str
    template: str
    body: Any
    headers: dict[str, str]
    timeout: float
    good: Callable[[Answer], bool]


Sender = Callable[[Request], Answer]


def sender_for(session: Any, url: str) -> tuple[Sender, Retry]:
    """Choose how to speak through this kind of session, and what it tries again."""
    if isinstance(session, requests.Session):
        retries = retries_of(session, url)
        single = without_retries(session)
        # Locust's HttpSession is a requests.Session that reports to an event.
        return (
            _through_http_session(single) if hasattr(session, "request_event") else _through_requests(single)
        ), retries
    if hasattr(session, "request_event") and hasattr(session, "client"):
        return _through_fast_http_session(session), RETRIES
    raise TypeError(
        "session must be a requests.Session (see get_session) or one of Locust's HTTP sessions, "
        f"not {type(session).__name__}"
    )


def _through_requests(session: requests.Session) -> Sender:
    def send(request: Request) -> Answer:
        try:
            response = session.request(
                request.method,
                request.url,
                json=request.body,
                headers=request.headers,
                timeout=request.timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            return Answer(0, error=_reason(error))
        return _answer(response)

    return send


def _through_http_session(session: Any) -> Sender:
    def send(request: Request) -> Answer:
        started = time.perf_counter()
        try:
            with session.request(
                request.method,
                request.url,
                name=request.template,
                catch_response=True,
                json=request.body,
                headers=request.headers,
                timeout=request.timeout,
                allow_redirects=False,
            ) as response:
                return _counted(response, request)
        except ValueError as error:
            return _counted_as_unreadable(session, request, started, error)

    return send


def _through_fast_http_session(session: Any) -> Sender:
    # This package must not need gevent; who has a FastHttpSession has it.
    timeout_class = importlib.import_module("gevent").Timeout

    def send(request: Request) -> Answer:
        # A keyword `timeout` would become a part of the URL here: the session's own timeouts are its client's.
        timer = timeout_class.start_new(request.timeout)
        started = time.perf_counter()
        try:
            with session.request(
                request.method,
                request.url,
                name=request.template,
                catch_response=True,
                data=None if request.body is None else json.dumps(request.body),
                headers={"Content-Type": "application/json", **request.headers},
                max_redirects=0,
                max_retries=0,
            ) as response:
                timer.close()
                return _counted(response, request)
        except timeout_class as error:
            if error is not timer:
                raise
            return Answer(0, error=TIMED_OUT)
        except ValueError as error:
            return _counted_as_unreadable(session, request, started, error)
        finally:
            timer.close()

    return send


def _counted(response: Any, request: Request) -> Answer:
    """Turn a Locust response into an answer and tell Locust whether it was a success, in a text that it can group."""
    answer = _answer(response)
    if request.good(answer):
        response.success()
    else:
        response.failure(answer.cause)
    return answer


def _counted_as_unreadable(session: Any, request: Request, started: float, error: ValueError) -> Answer:
    """Tell Locust of an answer that the session's library choked on, which makes Locust overlook it."""
    # geventhttpclient reads the body of an error status as UTF-8, whatever it is; the status is in what led to that.
    status = getattr(error.__context__, "code", 0)
    answer = Answer(status, error="" if status else _reason(error))
    session.request_event.fire(
        request_type=request.method,
        name=request.template,
        response_time=(time.perf_counter() - started) * 1000,
        response_length=0,
        exception=None if request.good(answer) else ValueError(answer.cause),
        context={},
        url=request.url,
    )
    return answer


def _answer(response: Any) -> Answer:
    if not response.status_code:
        return Answer(0, error=_reason(response.error))
    try:
        body = (response.content or b"").decode("utf-8", "replace")
    except Exception as error:  # reading the rest of a broken answer raises the libraries' many kinds of errors
        return Answer(0, error=_reason(error))
    return Answer(response.status_code, body, response.headers)


def _reason(error: BaseException) -> str:
    """Name, in a few fixed words, why there was no answer; the libraries' own texts hold addresses and ports."""
    causes = list(_causes(error))
    for kinds, reason in (
        (ssl.SSLCertVerificationError, CERTIFICATE_NOT_TRUSTED),
        (ssl.SSLError, "TLS failed"),
        (ConnectionRefusedError, CONNECTION_REFUSED),
        (socket.gaierror, "host name unknown"),
        ((TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError), TIMED_OUT),
        # requests parses a redirect's Location even when it is not to follow it, and lets this escape.
        (ValueError, UNREADABLE),
    ):
        if any(isinstance(cause, kinds) for cause in causes):
            return reason
    # gevent's own is no TimeoutError.
    return TIMED_OUT if any(type(cause).__name__ == "Timeout" for cause in causes) else CONNECTION_LOST


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Return an error and those inside it: each library wraps the one below in a way of its own."""
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
