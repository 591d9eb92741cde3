"""A `requests.Session` for the hub: authenticated, pooled, with a timeout, patient with a busy hub."""

from http import HTTPStatus
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

REQUEST_TIMEOUT = 30.0
"""Seconds one request may take; the hub itself answers within 10 (`slow_spawn_timeout`), queueing comes on top."""

RETRIES = Retry(
    total=5,
    connect=2,  # a hub that is not there stays away for longer than a retry can bridge
    read=0,  # the request may have been carried out; whoever asked decides what to do
    status_forcelist=[HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT],
    allowed_methods=None,  # every method: the hub carries out none of them when it answers with one of these
    backoff_factor=0.5,
    respect_retry_after_header=True,
    raise_on_status=False,  # the last answer is handed on, so that its status and content can be logged
)
"""What is tried again, and how often: answers 429 (after `Retry-After`), 503 and 504, and refused connections."""


def get_session(token: str) -> requests.Session:
    """Return a session that speaks to the hub as the owner of `token`.

    It sends `Authorization: token …` (also where a netrc file knows the host), keeps up to 100 connections, gives every
    request a timeout of 30 seconds unless told otherwise, and tries answers 429, 503 and 504 again, five times, for
    every method, after the `Retry-After` that the hub asked for.

    Raises:
        TypeError: `token` is not a string.
        ValueError: `token` is empty or holds characters that no header can carry. The text does not show it.
    """
    session = requests.Session()
    session.headers["Authorization"] = f"token {checked_token(token)}"
    # Without an auth of its own, a session replaces the header by what a netrc file has for the host.
    session.auth = _keep_headers
    adapter = _TimeoutAdapter(pool_connections=10, pool_maxsize=100, max_retries=RETRIES)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def checked_token(token: str) -> str:
    """Return the token without surrounding white space; raise what `get_session` raises."""
    if not isinstance(token, str):
        raise TypeError(f"token must be a string, not {type(token).__name__}")
    token = token.strip()
    if not token:
        raise ValueError("token is empty")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ValueError("token holds characters that a token cannot have")
    return token


def retries_of(session: requests.Session, url: str) -> Retry:
    """Return what `session` itself would try again at `url`, or `RETRIES` if it was not given a policy of its own."""
    retries = getattr(session.get_adapter(url), "max_retries", None)
    return retries if isinstance(retries, Retry) and retries.status_forcelist else RETRIES


def without_retries(session: requests.Session) -> requests.Session:
    """Return a view of `session` that shares its headers, cookies and connections but hands on every answer at once.

    A wait with a deadline needs it: an adapter that sleeps through a `Retry-After` knows nothing of the deadline.
    """
    # copy.copy would leave out what Locust's session adds, and build new connection pools for the adapters.
    adapters = type(session.adapters)()
    for prefix, adapter in session.adapters.items():
        is_http = isinstance(adapter, HTTPAdapter)
        adapters[prefix] = _same_but(adapter, max_retries=Retry(0, read=False)) if is_http else adapter
    return _same_but(session, adapters=adapters)


T = TypeVar("T")


def _same_but(original: T, **attributes: Any) -> T:
    same = object.__new__(type(original))
    same.__dict__.update(original.__dict__, **attributes)
    return same


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _TimeoutAdapter(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = REQUEST_TIMEOUT
        return super().send(request, *args, **kwargs)
