"""The transport for each kind of session that the functions and the users take."""

from typing import Any

import requests

from hubusers.http.requests_transport import HttpSessionTransport, RequestsTransport
from hubusers.http.stream import Transport


def transport_for(session: Any, url: str) -> Transport:
    """Return what speaks to `url` through a session.

    Args:
        session: A `requests.Session`; Locust's `HttpSession` or `FastHttpSession`, in whose statistics each request is
            counted under its template; or our own `Connections`.
        url: The hub's API.

    Raises:
        TypeError: It is none of these.
    """
    if isinstance(session, requests.Session):
        # Locust's HttpSession is a requests.Session that reports to an event.
        return (HttpSessionTransport if hasattr(session, "request_event") else RequestsTransport)(session, url)
    if hasattr(session, "request_event"):
        # Imported here, because only callers with a Locust session have the gevent that it runs on.
        from hubusers.http.gevent_transport import GeventTransport

        return GeventTransport(session, url)
    raise TypeError(
        "session must be a requests.Session (see get_session) or one of Locust's HTTP sessions, "
        f"not {type(session).__name__}"
    )
