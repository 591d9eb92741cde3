"""The errors that stand for what a hub answers, or fails to answer::

    HubUsersError
      HubError             the hub, or something in front of it, gave an unexpected answer
        TokenRejected      the hub does not accept the token (401, or 403), or says so because its database fails
        MissingScope       the token may not do or see this (403, or a model with keys left out)
      Throttled            the hub still answered 429 when the time was up
        ComeBackLater      the hub answered 429, perhaps with the seconds after which to ask again
      SpawnFailed          the hub gave up starting the server
      ServerGone           a server that was ready is not there any more, and this run did not stop it
      UserGone             the hub does not know this user, or no longer does
      UserExisted          the account was there before it was to be created
      WaitTimeout          a server was not ready, or not stopped, or a step not done, in time; it may still happen

Those of a browser are drawn in `hubusers/browser/__init__.py`, those of JupyterLab in `hubusers/lab/__init__.py`.

The text of an error is a fixed phrase, because Locust groups failures by their text; a `HubError` adds its cause, as in
`hub error: HTTP 503`. The particulars of one case (user, status, content) are in `detail`, without a
full stop, for the log; `sentence` is the detail as a sentence, for texts that go on after it. What the hub, its spawner
or something in front of the hub said itself is in `words`, as it came: the message of a progress event, the `message`
of an answer, the text of a page. It is "" where nothing was said. What was lost while somebody used it says in `after`
how many seconds it had been there.
"""

from collections.abc import Iterable

from hubusers.log import without_secrets


class HubUsersError(Exception):
    """The base of all errors that hubusers raises for what a hub does."""

    phrase = "error"
    ends_task = True
    """Whether the simulated user's task ends."""
    ends_user = False
    """Whether the simulated user ends as well."""
    no_server = False
    """Whether there is no server: it was not started, it failed, or it is gone."""
    reason = ""
    """The words without names and numbers, where a run counts the failure by them."""

    after = 0.0
    """For how many seconds something had been there before it was lost, or told to be there; 0 for anything else."""

    def __init__(self, detail: str = "", *, status: int = 0, cause: str = "", words: str = "") -> None:
        super().__init__(f"{self.phrase}: {cause}" if cause else self.phrase)
        self.detail = detail
        self.status = status
        self.words = words

    def hide(self, secrets: Iterable[str]) -> None:
        """Take a person's secrets out of all that it says; hubs, spawners and kernels repeat what they were given.

        Args:
            secrets: As for `without_secrets`.
        """
        secrets = tuple(secrets)
        self.args = (without_secrets(str(self), secrets),)
        self.detail, self.words = (without_secrets(text, secrets) for text in (self.detail, self.words))

    @property
    def sentence(self) -> str:
        return f"{self.detail[:1].upper()}{self.detail[1:]}."

    def __repr__(self) -> str:
        # What Locust's table of failures shows, which has a row for each text. The hub says "Spawn failed: …" itself.
        said = self.reason
        if said.casefold().startswith(self.phrase):
            said = said[len(self.phrase) :].lstrip(": ")
        return f"{self}: {said}" if said else str(self)


class HubError(HubUsersError):
    phrase = "hub error"


class TokenRejected(HubError):
    phrase = "token rejected"


class MissingScope(HubError):
    phrase = "missing scope"


class Throttled(HubUsersError):
    phrase = "throttled too long"


class ComeBackLater(Throttled):
    """The hub has too many spawns, or servers, at the moment.

    Attributes:
        retry_after: Seconds that it asks to wait; None where it does not say.
        limit: Which limit it was, as `hubusers.hub.answers.limit_of` names it.
    """

    phrase = "throttled"

    def __init__(self, detail: str, retry_after: float | None, limit: str, words: str = "") -> None:
        super().__init__(detail, status=429, words=words)
        self.retry_after = retry_after
        self.limit = limit


class SpawnFailed(HubUsersError):
    phrase = "spawn failed"
    no_server = True


class ServerGone(HubUsersError):
    phrase = "server was gone"
    no_server = True


class UserGone(HubUsersError):
    phrase = "user gone"
    ends_user = True
    no_server = True


class UserExisted(HubUsersError):
    phrase = "user existed before"


class WaitTimeout(HubUsersError):
    phrase = "timed out"
