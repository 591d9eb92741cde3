"""A `requests.Session` for the hub: with a token, pooled connections, timeouts and retries."""

import os
import ssl
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util import Retry

from hubusers.log import get_logger, keep_secret

LOG = get_logger(__name__)

REQUEST_TIMEOUT = 30.0
"""Seconds that one request may take. The hub itself answers within 10 (`slow_spawn_timeout`), plus its queue."""

RETRIES = Retry(
    total=5,
    connect=2,  # a hub that is down stays down for longer than retries last
    read=0,  # the hub may have carried out the request; the caller decides what to do
    status_forcelist=[HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT],
    allowed_methods=None,  # every method: a request that gets one of these answers was not carried out
    backoff_factor=0.5,
    respect_retry_after_header=True,
    retry_after_max=120,  # seconds; a hub asks for 30 to 60, so hours must be a mistake
    raise_on_status=False,  # return the last answer, so that its status and content can be logged
)
"""What to try again, and how often: answers 429 (after `Retry-After`), 503 and 504, and refused connections."""


def get_session(token: str, *, verify: bool | str = True, direct: bool = False) -> requests.Session:
    """Return a session that speaks to the hub as the owner of `token`.

    It sends `Authorization: token …` (even if a netrc file has an entry for the host), keeps up to 100 connections, and
    gives every request a timeout of 30 seconds unless you set another one. If the answer is 429, 503 or 504, it tries
    again up to five times, whatever the method, after the time that the hub asks for with `Retry-After`. A redirect to
    another host does not get the token.

    Args:
        token: The API token of a service or user.
        verify: How to verify TLS certificates. True: by the authorities in `REQUESTS_CA_BUNDLE`, or else the usual
            ones. A file or folder: by the authorities in it. False: not at all.
        direct: Whether to connect to the hub itself in any case, and not to a proxy that the environment names
            (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`; except for hosts in `NO_PROXY`).

    Logs:
        WARNING if certificates are not verified.

    Raises:
        TypeError: `token` is not a string.
        ValueError: `token` is empty or has characters that a header cannot contain (the error does not show it), or
            `verify` does not name a bundle of certificates.
    """
    if verify is False:
        LOG.warning(
            "TLS certificates are NOT verified: anybody between this machine and the hub can read the token and use it"
        )
        urllib3.disable_warnings(InsecureRequestWarning)  # the warning above says it once
    elif isinstance(verify, str):
        ssl_context(verify)
    session = requests.Session()
    token = checked_token(token)
    keep_secret(token)
    session.headers["Authorization"] = f"token {token}"
    # Without this, a session replaces the header by the entry that a netrc file has for the host.
    session.auth = _keep_headers
    adapter = _Adapter(verify, direct, pool_connections=10, pool_maxsize=100, max_retries=RETRIES)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def proxy_variable(url: str) -> str:
    """Return the variable of the environment that names a proxy for this URL; "" where none does."""
    if not select_proxy(url, get_environ_proxies(url)):
        return ""
    names = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    return next((each for name in names for each in (name.upper(), name) if os.environ.get(each)), "")


def ssl_context(verify: bool | str) -> ssl.SSLContext:
    """Return a context for another HTTP client that verifies certificates in the same way as `get_session`.

    Raises:
        ValueError: `verify` does not name a bundle of certificates.
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
    """Return the token without surrounding white space; raise the same errors as `get_session`."""
    if not isinstance(token, str):
        raise TypeError(f"token must be a string, not {type(token).__name__}")
    token = token.strip()
    if not token:
        raise ValueError("token is empty")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ValueError("token contains characters that a token cannot have")
    return token


def retries_of(session: requests.Session, url: str) -> Retry:
    """Return the retry policy of `session` for `url`, or `RETRIES` if it has none of its own."""
    retries = getattr(session.get_adapter(url), "max_retries", None)
    return retries if isinstance(retries, Retry) and retries.status_forcelist else RETRIES


def without_retries(session: requests.Session) -> requests.Session:
    """Return a session that shares the headers, cookies and connections of `session`, but never retries.

    A wait with a deadline needs it, because an adapter that sleeps for a `Retry-After` doesn't know the deadline.
    """
    # copy.copy would drop what Locust's session adds, and create new connection pools for the adapters.
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
    def __init__(self, verify: bool | str, direct: bool, **kwargs: Any) -> None:
        self._verify, self._direct = verify, direct
        super().__init__(**kwargs)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = REQUEST_TIMEOUT
        # Set here, because a REQUESTS_CA_BUNDLE in the environment overrides the session's own `verify`.
        if self._verify is not True:
            kwargs["verify"] = self._verify
        if self._direct:
            kwargs["proxies"] = {}
        return super().send(request, *args, **kwargs)
