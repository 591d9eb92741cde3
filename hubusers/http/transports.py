"""Chooses the transport for a session."""

from typing import Any

import requests

from hubusers.http.requests_transport import HttpSessionTransport, RequestsTransport
from hubusers.http.stream import Transport


def transport_for(session: Any, url: str) -> Transport:
    """Return the transport that sends requests through `session`.

    Args:
        session: A `requests.Session`; Locust's `HttpSession` or `FastHttpSession`, in whose statistics each request is
            counted under its template; or our own `Connections`.
        url: The hub's API.

    Raises:
        TypeError: `session` is none of these.
    """
    if isinstance(session, requests.Session):
        # Locust's HttpSession is a requests.Session that reports to an event.
        return (HttpSessionTransport if hasattr(session, "request_event") else RequestsTransport)(session, url)
    if hasattr(session, "request_event"):
        # Imported here, because only callers with a Locust session are sure to have gevent.
        from hubusers.http.gevent_transport import GeventTransport

        return GeventTransport(session, url)
    raise TypeError(
        "session must be a requests.Session (see get_session) or one of Locust's HTTP sessions, "
        f"not {type(session).__name__}"
    )
