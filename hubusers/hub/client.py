"""The hub's REST API at one endpoint: requests by their path templates, sent once or patiently."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from urllib3.util import Retry

from hubusers.hub.endpoint import checked_endpoint, quoted
from hubusers.hub.errors import HubError
from hubusers.hub.log import get_logger
from hubusers.hub.session import REQUEST_TIMEOUT
from hubusers.hub.transport import CONNECTION_REFUSED, Answer, Request, sender_for
from hubusers.hub.waiting import Deadline

LOG = get_logger(__name__)


class HubClient:
    """The hub's REST API at one endpoint, spoken through one session.

    Args:
        endpoint: The API's base, `https://host[/prefix]/hub/api`, with or without a final slash.
        session: A `requests.Session`, or Locust's `HttpSession` or `FastHttpSession`, which carries the token. A Locust
            session counts each request under its path template, such as `/users/{name}/server`.

    Raises:
        TypeError, ValueError: `endpoint` or `session` is not what it should be.
    """

    def __init__(self, endpoint: str, session: Any) -> None:
        self.endpoint = checked_endpoint(endpoint)
        self._send, self._retries = sender_for(session, self.endpoint)

    def request(
        self,
        method: str,
        template: str,
        *,
        username: str = "",
        query: Mapping[str, str | int] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = REQUEST_TIMEOUT,
        good: Callable[[Answer], bool] | None = None,
    ) -> Answer:
        """Send one request, once, and return its answer; never raises for what the hub or the network does.

        Args:
            method: The HTTP method.
            template: The path below the endpoint, with `{name}` where the user's name belongs.
            username: Fills `{name}`, quoted.
            query: Parameters of the URL.
            body: Sent as JSON unless None.
            headers: In addition to the session's.
            timeout: Seconds.
            good: Says whether a Locust session should count the answer as a success; by default any 2xx.
        """
        path = template.replace("{name}", quoted(username)) if username else template
        url = f"{self.endpoint}{path}" + (f"?{urlencode(query)}" if query else "")
        LOG.debug("%s %s", method, url)
        return self._send(
            Request(method, url, template, body, dict(headers or {}), max(timeout, 0.001), good or _is_success)
        )

    def request_patiently(
        self, method: str, template: str, *, deadline: Deadline | None = None, **kwargs: Any
    ) -> Answer:
        """Like `request`, and try again what the session's own retry policy (or the documented one) says.

        Args:
            deadline: No new try begins, and no pause lasts, beyond it; without one the policy's number of tries
                bounds it.
        """
        bound = deadline or Deadline(float("inf"))
        for tries in itertools.count(1):
            if deadline:
                kwargs["timeout"] = min(REQUEST_TIMEOUT, deadline.remaining())
            answer = self.request(method, template, **kwargs)
            if not _worth_another_try(self._retries, method, answer, tries):
                break
            wait = answer.retry_after
            if wait is None:
                wait = min(self._retries.backoff_factor * 2 ** (tries - 1), self._retries.backoff_max)
            too_late = wait >= bound.remaining()
            LOG.debug("%s %s: %s; waiting %.1f seconds", method, template, answer, wait)
            bound.sleep(wait)
            if too_late:
                break
        return answer

    def note_odd_answer(self, error: HubError) -> None:
        """Log an answer that tells nothing, and that a wait therefore looks past."""
        LOG.warning("%s", error.detail)


def _worth_another_try(retries: Retry, method: str, answer: Answer, tries: int) -> bool:
    """Apply a session's retry policy to an answer, as the session would have done itself."""
    if not answer.status:
        limits = (retries.total, retries.connect) if answer.error == CONNECTION_REFUSED else (0,)
    elif retries.is_retry(method, answer.status):
        limits = (retries.total, retries.status)
    else:
        limits = (0,)
    return all(tries <= limit for limit in limits if limit is not None)


def _is_success(answer: Answer) -> bool:
    return 200 <= answer.status < 300
