"""The errors that stand for what a hub answers, or fails to answer.

    HubUsersError
      HubError             the hub, or something in front of it, gave an unexpected answer
        TokenRejected      the hub does not accept the token, or no longer does (401)
        MissingScope       the token may not do or see this (403, or a model with keys left out)
      Throttled            the hub still answered 429 when the time was up
      SpawnFailed          the hub gave up starting the server
      UserGone             the hub does not know this user, or no longer does
      WaitTimeout          the server was not ready, or not stopped, in time; that may still happen later

The text of an error is a fixed phrase, because Locust groups failures by their text; a `HubError` adds its cause, as in
`hub error: HTTP 503`. The particulars of one case (user, status, content) are in `detail`, for the log.
"""


class HubUsersError(Exception):
    """The base of all errors that hubusers raises for what a hub does."""

    phrase = "error"
    ends_task = True
    """Whether the simulated user's task ends."""
    ends_user = False
    """Whether the simulated user ends as well."""

    def __init__(self, detail: str = "", *, status: int = 0, cause: str = "") -> None:
        super().__init__(f"{self.phrase}: {cause}" if cause else self.phrase)
        self.detail = detail
        self.status = status

    def __repr__(self) -> str:
        return str(self)  # what Locust's table of failures shows


class HubError(HubUsersError):
    phrase = "hub error"


class TokenRejected(HubError):
    phrase = "token rejected"


class MissingScope(HubError):
    phrase = "missing scope"


class Throttled(HubUsersError):
    phrase = "throttled too long"


class SpawnFailed(HubUsersError):
    phrase = "spawn failed"


class UserGone(HubUsersError):
    phrase = "user gone"
    ends_user = True


class WaitTimeout(HubUsersError):
    phrase = "timed out"
