"""What can go wrong between a test user and the hub.

    HubUsersError
      HubError             the hub (or what stands before it) gave an answer that does not fit the request
        TokenRejected      the hub does not know the token, or not any more (401)
        MissingScope       the hub says that the token may not do or see this (403, or a model with keys left out)
      Throttled            the hub said "later" (429) until the time was up
      SpawnFailed          the hub gave up on the server; it can no longer become ready
      UserGone             the hub does not know this user, or not any more
      WaitTimeout          not ready, or not stopped, in time; it may still come to that

The text of an error is one of a few fixed phrases, for a `HubError` with its cause (`hub error: HTTP 503`), because
Locust groups failures by their text. The particulars of one case (who, status, content) are in `detail`, for the log.
"""


class HubUsersError(Exception):
    """The root of all errors that hubusers raises for what a hub does."""

    phrase = "error"
    ends_task = True
    """Whether a user who meets it cannot go on with what they were doing."""
    ends_user = False
    """Whether they need not come again."""

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
