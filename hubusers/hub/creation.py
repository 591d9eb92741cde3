"""Making accounts: the requests, what their answers mean, and the patience of a run that needs its accounts."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Protocol

from hubusers.http.messages import Answer
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.answers import error_for, rejects_token
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, poll
from hubusers.hub.errors import HubError, WaitTimeout
from hubusers.hub.sightings import USER_PATH
from hubusers.log import get_logger, without_secrets

LOG = get_logger(__name__)

_USERS_PATH = "/users"

_SECONDS_PER_ACCOUNT = 0.1
"""How much longer a request may take for each account that it creates: several times what a hub needs."""

_REFUSED = {400, 401, 403, 404}
"""With these statuses the hub has made nothing. Trying again helps only where it was the token that it refused."""

_NOT_MADE = "failed to create user"
"""How the hub's answer begins where the name is all right, and its authenticator could not add the user.

The authenticators that do so are those of the machine's accounts (PAM, and others that derive from LocalAuthenticator).
"""

_NO_ACCOUNT_OF_THE_MACHINE = (
    ". Whoever uses this hub needs an account of its machine, and the hub makes none there: test with accounts that "
    "exist (--accounts), or with named servers of your own account (--named-servers)"
)

_NAME_REFUSED = (
    ". The hub's rules for names may refuse this one (`username_pattern`, or those for accounts of its machine): let "
    "the names begin with something that they allow (--name-prefix), or use accounts that exist (--accounts)"
)


class AccountLedger(Protocol):
    """Where a run notes which accounts of its own may be on the hub."""

    def user_created(self, name: str) -> None: ...

    def user_refused(self, name: str) -> None: ...


def is_there(answer: Answer) -> bool:
    """Return whether an account exists after this answer to a request for it.

    A 409 means that it existed before. In a run, whose names are new, an earlier request has made it then, whose answer
    did not arrive.
    """
    return answer.status in {201, 409}


def ask_for_accounts(client: HubClient, usernames: list[str]) -> dict[str, Answer]:
    """Ask for accounts with one request (`POST /users`), patiently; return the answer for each name.

    A name that the hub does not accept keeps it from creating any account of the request (400). Then each account is
    asked for by a request of its own.

    Args:
        client: The hub.
        usernames: The names; the hub lower-cases them.
    """
    timeout = REQUEST_TIMEOUT + _SECONDS_PER_ACCOUNT * len(usernames)
    return _one_by_one_after_a_400(lambda names: _ask(client.request_patiently, names, timeout), usernames)


def make_accounts(
    client: HubClient,
    usernames: list[str],
    ledger: AccountLedger,
    deadline: Deadline,
    interval: float,
    on_failure: Callable[[HubError], None] = lambda _: None,
) -> None:
    """Make accounts for a run; ask again, in rhythm, whatever the hub answers but a plain refusal.

    Each account is in the ledger before the hub is asked, because the hub's answer may never arrive. It is struck out
    only when the hub has refused all requests so far, so that none of them can have made it.

    Args:
        client: The hub.
        usernames: New names, in the lower case of the hub. One is asked for by `POST /users/{name}`, several by
            `POST /users`; one that the hub could not make is asked for in both ways, to hear why.
        ledger: The run's.
        deadline: Until when to ask.
        interval: Seconds between two requests, unless the hub asks for a longer pause.
        on_failure: Called with the error of each failed request, except the last one, which is raised.

    Raises:
        HubError: The hub refused.
        WaitTimeout: There are no accounts at the deadline; the detail holds the hub's last answer.
    """
    what = f"the account {usernames[0]}" if len(usernames) == 1 else f"{len(usernames)} accounts"
    may_be_there, last = set[str](), "no answer"

    def ask(names: list[str]) -> Answer:
        if len(names) > 1:
            return _ask(client.request, names, deadline.remaining())
        answer = client.request("POST", USER_PATH, username=names[0], timeout=deadline.remaining(), good=is_there)
        # Only the request for several says why.
        return _ask(client.request, names, deadline.remaining()) if _is_not_made(answer) else answer

    def attempt() -> bool | None:
        nonlocal last
        for name in usernames:
            ledger.user_created(name)
        answers = _one_by_one_after_a_400(ask, usernames)
        missing = [name for name in usernames if not is_there(answers[name])]
        if not missing:
            return True
        may_be_there.update(name for name in usernames if answers[name].status not in _REFUSED)
        for name in set(missing) - may_be_there:
            ledger.user_refused(name)
        # A hub whose database fails does not accept the token for a while.
        refused = [name for name in missing if answers[name].status in _REFUSED and not rejects_token(answers[name])]
        answer = answers[(refused or missing)[0]]
        error = error_for(answer, f"creating {what}")
        if refused:
            if _is_not_made(answer):
                # Its words alone: as JSON they are longer than what is shown of an answer.
                error.detail = f"creating {what}: {answer.cause}: {_sentence(answer)}{_NO_ACCOUNT_OF_THE_MACHINE}"
            elif answer.status == HTTPStatus.BAD_REQUEST:
                error.detail += _NAME_REFUSED
            raise error
        on_failure(error)
        last = error.detail
        deadline.sleep(answer.retry_after or 0.0)
        return None

    if not poll(attempt, deadline, interval):
        raise WaitTimeout(f"could not create {what} within {deadline.seconds:g} seconds; {last}")


def slices(names: list[str], size: int) -> Iterator[list[str]]:
    """Cut a list into lists of at most `size`."""
    for first in range(0, len(names), size):
        yield names[first : first + size]


def _ask(request: Callable[..., Answer], usernames: list[str], timeout: float) -> Answer:
    return request("POST", _USERS_PATH, body={"usernames": usernames}, timeout=timeout, good=is_there)


def _is_not_made(answer: Answer) -> bool:
    return answer.status == HTTPStatus.BAD_REQUEST and answer.message.casefold().startswith(_NOT_MADE)


def _sentence(answer: Answer) -> str:
    return without_secrets(" ".join(answer.message.split())).rstrip(".")


def _one_by_one_after_a_400(ask: Callable[[list[str]], Answer], usernames: list[str]) -> dict[str, Answer]:
    answer = ask(usernames)
    if answer.status == 400 and len(usernames) > 1:
        return {name: ask([name]) for name in usernames}
    return dict.fromkeys(usernames, answer)
