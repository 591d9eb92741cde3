"""The requests that a person sends by the code of the user class, beside the steps of hubusers."""

from __future__ import annotations

from locust import FastHttpUser
from locust.contrib.fasthttp import FastHttpSession

from typing import Any

from hubusers.results import request_log


class OwnRequests:
    """Counts them for each visit, and passes each on to Locust. It stands in the place of Locust's event.

    Args:
        event: Locust's `environment.events.request`.
    """

    def __init__(self, event: Any) -> None:
        self._event = event
        self._has_succeeded = False
        self.failure = ""
        """How the last one failed that did, such as `HTTP 403`; "" where none did."""
        self.example = ""
        """The name of that request, and Locust's words for what happened."""

    def fire(self, *, name: str, exception: BaseException | None = None, **more: Any) -> None:
        """Take in a request that is over."""
        if exception is None:
            self._has_succeeded = True
        else:
            self.failure, self.example = request_log.failure_of(exception), f"{name}: {exception}"
        self._event.fire(name=name, exception=exception, **more)

    @property
    def all_failed(self) -> bool:
        """Whether there were any in this visit, and none succeeded."""
        return bool(self.failure) and not self._has_succeeded

    def begin(self) -> None:
        """Begin to count anew, for the next visit."""
        self._has_succeeded, self.failure, self.example = False, "", ""


def client_of(user: FastHttpUser, event: OwnRequests) -> FastHttpSession:
    """Return the client that Locust's `FastHttpUser` makes for a user, from the attributes of its class.

    Locust makes one for each user at once, with a jar of cookies and a pool of connections of its own.

    Args:
        user: The user.
        event: Hears of each request.
    """
    return FastHttpSession(
        base_url=user.host,
        request_event=event,
        network_timeout=user.network_timeout,
        connection_timeout=user.connection_timeout,
        max_redirects=user.max_redirects,
        max_retries=user.max_retries,
        insecure=user.insecure,
        concurrency=user.concurrency,
        user=user,
        client_pool=user.client_pool,
        ssl_context_factory=user.ssl_context_factory,
        headers=user.default_headers,
        proxy_host=user.proxy_host,
        proxy_port=user.proxy_port,
    )
