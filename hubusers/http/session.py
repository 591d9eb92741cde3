"""A `requests.Session` for the hub: authenticated, pooled, with a timeout, patient with a busy hub."""

import os
import ssl
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util import Retry

from hubusers.log import get_logger, keep_secret

LOG = get_logger(__name__)

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
    retry_after_max=120,  # seconds; a hub asks for 30 to 60, whoever asks for hours must not be obeyed
    raise_on_status=False,  # the last answer is handed on, so that its status and content can be logged
)
"""What is tried again, and how often: answers 429 (after `Retry-After`), 503 and 504, and refused connections."""


def get_session(token: str, *, verify: bool | str = True) -> requests.Session:
    """Return a session that speaks to the hub as the owner of `token`.

    It sends `Authorization: token …` (also where a netrc file knows the host), keeps up to 100 connections, gives every
    request a timeout of 30 seconds unless told otherwise, and tries answers 429, 503 and 504 again, five times, for
    every method, after the `Retry-After` that the hub asked for. A redirect to another host does not get the token.

    Args:
        token: The API token of a service or user.
        verify: Whether TLS certificates are verified: True, against the bundle in `REQUESTS_CA_BUNDLE` or the usual
            authorities; a file's or folder's name, against the authorities in there; False, not at all.

    Logs:
        WARNING when certificates are not verified.

    Raises:
        TypeError: `token` is not a string.
        ValueError: `token` is empty or holds characters that no header can carry (the text does not show it), or
            `verify` names no bundle of certificates.
    """
    if verify is False:
        LOG.warning(
            "TLS certificates are NOT verified: whoever stands between here and the hub can read the token and use it"
        )
        urllib3.disable_warnings(InsecureRequestWarning)  # said above, once and in our words
    elif isinstance(verify, str):
        ssl_context(verify)
    session = requests.Session()
    token = checked_token(token)
    keep_secret(token)
    session.headers["Authorization"] = f"token {token}"
    # Without an auth of its own, a session replaces the header by what a netrc file has for the host.
    session.auth = _keep_headers
    adapter = _Adapter(verify, pool_connections=10, pool_maxsize=100, max_retries=RETRIES)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def ssl_context(verify: bool | str) -> ssl.SSLContext:
    """Return what another HTTP client needs to verify certificates just as a session of `get_session` does.

    Raises:
        ValueError: There are no certificates at what `verify` names.
    """
    bundle = verify if isinstance(verify, str) else os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
    try:
        is_folder = Path(bundle).is_dir()
        context = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    except OSError as error:  # an SSLError is one too
        raise ValueError(f"{bundle} cannot be used as a bundle of CA certificates: {error.strerror or error}") from None
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


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


class _Adapter(HTTPAdapter):
    def __init__(self, verify: bool | str, **kwargs: Any) -> None:
        self._verify = verify
        super().__init__(**kwargs)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = REQUEST_TIMEOUT
        # Not the session's own `verify`: a REQUESTS_CA_BUNDLE in the environment would override that.
        if self._verify is not True:
            kwargs["verify"] = self._verify
        return super().send(request, *args, **kwargs)
