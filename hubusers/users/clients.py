"""The clients of a run's users: what they see goes into Locust's statistics and to the run, and few look at once."""

from collections.abc import Callable
from typing import Any

from hubusers.http.messages import NO_TURN, Answer
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError
from hubusers.run.run import Run
from hubusers.users.whose_token import for_whom


class RunClient(HubClient):
    """A client that tells the run when the hub is away, when an answer is odd, and when a look begins late.

    Args:
        run: The run.
        session: Its connections to the hub, which count each request in Locust's statistics.
    """

    def __init__(self, run: Run, session: Any) -> None:
        super().__init__(run.settings.endpoint, session)
        self._run = run

    def _note_failure(self, answer: Answer) -> None:
        super()._note_failure(answer)
        if answer.hub_is_away:
            self._run.note_hub_away()

    def note_odd_answer(self, error: HubError, username: str = "") -> None:
        self._run.note_failure(error)

    def note_lateness(self, seconds: float) -> None:
        self._run.generator.note_lateness(seconds)


class UserClient(RunClient):
    """The client of one user, which looks at a server only when few looks of the process are under way.

    Real people don't look: the hub's page tells them. A thousand users who each look once a second are more than a hub
    answers, and a hub with hundreds of looks in its only event loop gets to nothing else: spawns of seconds then take
    minutes. Where the hub is slow, looks wait here instead, and come less often than once a second. Half of a request's
    time is for that at most, and the rest for the hub: a look that has no turn until then is not sent, and Locust does
    not count it.

    Args:
        run: The run.
        session: As for `RunClient`.
        token: The token of the session: the run's, or the person's own.
        count: Counts an event that is not a request, by its name and its seconds.
    """

    def __init__(self, run: Run, session: Any, token: str, count: Callable[[str, float], None]) -> None:
        super().__init__(run, session)
        self.token = token
        self._count = count

    def request(self, method: str, template: str, *, timeout: float = REQUEST_TIMEOUT, **kwargs: Any) -> Answer:
        if method != "GET":
            return super().request(method, template, timeout=timeout, **kwargs)
        looking = self._run.looking
        if not looking.acquire(blocking=False):
            deadline = Deadline(timeout)
            if not looking.acquire(timeout=timeout / 2):
                return Answer(0, error=NO_TURN)
            timeout = deadline.remaining()
        try:
            return super().request(method, template, timeout=timeout, **kwargs)
        finally:
            looking.release()

    def request_at_once(self, method: str, template: str, **kwargs: Any) -> Answer:
        """Send a request without waiting for others: for a look that its user takes only once."""
        return super().request(method, template, **kwargs)

    def note_odd_answer(self, error: HubError, username: str = "") -> None:
        super().note_odd_answer(for_whom(error, self.token, self._run.settings.access.token), username)

    def note_stream_lost(self, username: str, reason: str) -> None:
        self._count("progress stream lost", 0.0)
        detail = f"a progress stream was lost, and its server is polled instead: {reason}"
        self._run.note_failure(HubError(detail, cause=f"progress stream lost, {reason}"))
