"""Sends requests to the hub's REST API, once or with retries."""

import itertools
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode

from urllib3.util import Retry

from hubusers.http.messages import CONNECTION_REFUSED, Answer, Request
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.http.stream import Stream
from hubusers.http.transports import transport_for
from hubusers.hub.answers import rejects_token
from hubusers.hub.deadline import Deadline
from hubusers.hub.endpoint import endpoint_from_url, quoted
from hubusers.hub.errors import HubError
from hubusers.log import get_logger

LOG = get_logger(__name__)

_TROUBLE_LASTS = 10.0
"""Seconds after an answer as from a hub in trouble during which other answers may come of that trouble, too."""


class HubClient:
    """A client of the hub's REST API at one endpoint, which sends requests through one session.

    Args:
        endpoint: The API's base, `https://host[/prefix]/hub/api`, or another address of the hub.
        session: A `requests.Session`, or Locust's `HttpSession` or `FastHttpSession`, which carries the token. A Locust
            session counts each request under its path template, such as `/users/{name}/server`.

    Raises:
        TypeError, ValueError: `endpoint` or `session` cannot be used.
    """

    def __init__(self, endpoint: str, session: Any) -> None:
        self.endpoint = endpoint_from_url(endpoint)
        self._transport = transport_for(session, self.endpoint)
        self._trouble: Deadline | None = None

    @property
    def hub_was_in_trouble(self) -> bool:
        """Whether the hub was away, or did not accept the token, within the last ten seconds."""
        return self._trouble is not None and self._trouble.remaining() > 0

    def request(
        self,
        method: str,
        template: str,
        *,
        username: str = "",
        server_name: str = "",
        query: Mapping[str, str | int] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = REQUEST_TIMEOUT,
        good: Callable[[Answer], bool] | None = None,
    ) -> Answer:
        """Send a request once and return its answer. Never raises, whatever the hub or the network does.

        Args:
            method: The HTTP method.
            template: The path below the endpoint, with `{name}` for the user and `{server}` for a named server.
            username: Fills `{name}`, quoted.
            server_name: Fills `{server}`, quoted.
            query: Parameters of the URL.
            body: Sent as JSON unless None.
            headers: Sent in addition to the session's.
            timeout: Seconds.
            good: Whether a Locust session counts the answer as a success; by default any 2xx.
        """
        request = self._request(method, template, username, server_name, timeout, good, query, body, headers)
        answer = self._transport.send(request)
        if not _is_success(answer):
            self._note_failure(answer)
        return answer

    def stream(
        self,
        template: str,
        *,
        username: str,
        server_name: str = "",
        timeout: float,
        silence: float,
        good: Callable[[Answer], bool],
    ) -> AbstractContextManager[Stream]:
        """Request a stream of server-sent events; return a context manager that gives the stream.

        Args:
            template: As for `request`.
            username: As for `request`.
            server_name: As for `request`.
            timeout: Seconds that the stream may last.
            silence: Seconds without a byte after which the stream counts as lost.
            good: As for `request`. Locust counts the time until the stream begins, not until it ends.

        Raises:
            StreamLost: While reading: the stream broke off, was silent for too long, or exceeded its timeout.
        """
        # A proxy that compresses would hold back events.
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        request = self._request("GET", template, username, server_name, timeout, good, headers=headers, silence=silence)
        return self._transport.stream(request)

    def _request(
        self,
        method: str,
        template: str,
        username: str,
        server_name: str,
        timeout: float,
        good: Callable[[Answer], bool] | None,
        query: Mapping[str, str | int] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        silence: float = math.inf,
    ) -> Request:
        path = template.replace("{name}", quoted(username)) if username else template
        if server_name:
            path = path.replace("{server}", quoted(server_name))
        url = f"{self.endpoint}{path}?{urlencode(query)}" if query else self.endpoint + path
        LOG.debug("%s %s", method, url)
        return Request(method, url, template, body, headers or {}, max(timeout, 0.001), good or _is_success, silence)

    def _note_failure(self, answer: Answer) -> None:
        """Take notice of an answer that is not a success."""
        if answer.hub_is_away or rejects_token(answer):
            self._trouble = Deadline(_TROUBLE_LASTS)

    def request_patiently(
        self, method: str, template: str, *, deadline: Deadline | None = None, **kwargs: Any
    ) -> Answer:
        """Send a request, and try again by the session's retry policy (by default `RETRIES`).

        Args:
            method: As for `request`.
            template: As for `request`.
            deadline: No try begins and no pause lasts beyond it. Without a deadline, only the policy limits the tries.
                With one, the request is also tried again when the hub does not accept the token, as often as the policy
                allows (over 15 seconds): hubs say so whose database fails.
            **kwargs: As for `request`.
        """
        bound = deadline or Deadline(float("inf"))
        retries = self._transport.retries
        for tries in itertools.count(1):
            if deadline:
                kwargs["timeout"] = min(REQUEST_TIMEOUT, deadline.remaining())
            answer = self.request(method, template, **kwargs)
            is_doubted = deadline is not None and rejects_token(answer) and tries <= (retries.total or 0)
            if not is_doubted and not _worth_another_try(retries, method, answer, tries):
                break
            wait = answer.retry_after
            if wait is None:
                wait = min(retries.backoff_factor * 2 ** (tries - 1), retries.backoff_max)
            too_late = wait >= bound.remaining()
            LOG.debug("%s %s: %s; waiting %.1f seconds", method, template, answer, wait)
            bound.sleep(wait)
            if too_late:
                break
        return answer

    def note_odd_answer(self, error: HubError, username: str = "") -> None:
        """Log an unexpected answer that a wait ignores; `username` is whom it was about, if about one user."""
        LOG.warning("%s", error.detail)

    def note_stream_lost(self, username: str, reason: str) -> None:
        """Log that a user's progress stream broke off and the server is polled instead."""
        LOG.warning("The progress stream of %s was lost (%s); polling instead", username, reason)

    def note_lateness(self, seconds: float) -> None:
        """Log how many seconds late a poll began; if that is more than a moment, this process is too busy."""
        LOG.debug("A poll began %.3f seconds late", seconds)


def _worth_another_try(retries: Retry, method: str, answer: Answer, tries: int) -> bool:
    """Apply a session's retry policy to an answer, as the session itself would."""
    if not answer.status:
        limits = (retries.total, retries.connect) if answer.error == CONNECTION_REFUSED else (0,)
    elif retries.is_retry(method, answer.status):
        limits = (retries.total, retries.status)
    else:
        limits = (0,)
    return all(tries <= limit for limit in limits if limit is not None)


def _is_success(answer: Answer) -> bool:
    return 200 <= answer.status < 300
