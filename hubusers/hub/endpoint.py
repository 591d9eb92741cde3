"""The URL of the hub's REST API, from whatever address of the hub a person types, and safe paths below it."""

from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

_API_PATH = "/hub/api"


def endpoint_from_url(url: str) -> str:
    """Return the API endpoint, `https://host[/prefix]/hub/api`, for any address of the hub.

    Args:
        url: The hub's own URL (`https://host/prefix/`), a page of it (`https://host/hub/home`) or the endpoint itself.

    Raises:
        ValueError: Not an http or https URL with a host, or a URL with a password.
    """
    _check_type(url)
    return _api_at(url)


@lru_cache(maxsize=16)  # all users of a run have the same one
def _api_at(url: str) -> str:
    parts = urlsplit(checked_endpoint(url))
    prefix, separator, _ = f"{parts.path}/".partition("/hub/")
    path = (prefix if separator else parts.path) + _API_PATH
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def checked_endpoint(endpoint: str) -> str:
    """Return `endpoint` without its final slash, whatever path it has.

    Raises:
        TypeError: Not a string.
        ValueError: Not an http or https URL with a host, or a URL with a password, which would end up in logs.
    """
    _check_type(endpoint)
    endpoint = endpoint.strip()
    if endpoint and not endpoint.lower().startswith(("http://", "https://")):
        raise ValueError(f"{endpoint!r} must begin with http:// or https://, as in https://hub.example.org")
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname
        _ = parts.port  # an invalid port raises only when it is read
    except ValueError:
        host = None
    if not host:
        raise ValueError(f"endpoint must be a URL such as 'https://host/hub/api', not {endpoint!r}")
    if parts.username or parts.password:
        raise ValueError("endpoint must not contain a user name or password; put the token into JUPYTERHUB_API_TOKEN")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _check_type(endpoint: object) -> None:
    if not isinstance(endpoint, str):
        raise TypeError(f"endpoint must be a string such as 'https://host/hub/api', not {type(endpoint).__name__}")


def hub_url(endpoint: str) -> str:
    """Return the address that a browser would open, `https://host[/prefix]`, for an API endpoint."""
    return endpoint.removesuffix(_API_PATH)


@lru_cache(maxsize=4096)  # each request of a user has the same name in its path
def quoted(username: str) -> str:
    """Return a user's name quoted as one segment of a path; unquoted, stopping `ann#1` would stop `ann`."""
    # URL libraries remove segments of only dots, even if they are percent-encoded.
    if not username or username.strip(".") == "":
        raise ValueError(f"{username!r} is not a user name")
    return quote(username, safe="")
