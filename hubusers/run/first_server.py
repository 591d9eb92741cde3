"""One server, tried before there are more.

A wrong profile or a broken spawner makes every spawn fail, and a hub with `consecutive_failure_limit` exits after some
of those (five on Kubernetes deployments). When many users ask at once, all of them have failed before anybody notices.
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from hubusers.accounts.account import Account
from hubusers.accounts.cleanup import remove_entered
from hubusers.accounts.sources import NoAccountLeft, not_known
from hubusers.http.host_names import has_address
from hubusers.hub.client import HubClient
from hubusers.hub.creation import make_accounts
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, SpawnFailed, Throttled, UserGone, WaitTimeout
from hubusers.hub.lifecycle import UserOptions, ask_to_start, wait_until_ready
from hubusers.hub.progress import progress
from hubusers.hub.sightings import USER_PATH
from hubusers.log import get_logger
from hubusers.results.machine_account import lacks_account
from hubusers.results.records import START_TO_READY, Record
from hubusers.run import server_life
from hubusers.run.failed_spawns import spawns_in_a_row
from hubusers.run.pending_start import PendingStart
from hubusers.run.run import Run
from hubusers.run.what_is_left import how_to_remove
from hubusers.settings.hub_check import LeftBehind, PreflightError
from hubusers.start_parts import SPAWNING

LOG = get_logger(__name__)


_MOST_LOGINS = 3
"""How many given accounts are tried where the hub refuses the first one: its line may be wrong."""

_NOT_OF_THE_HUB = {0, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
"""The statuses of answers that something before the hub gave; 0 where there was no answer."""

_MOST_ODD_ANSWERS = 3
"""How many of them in a row keep a first server from being tried: one proves nothing."""

_PAUSE = 2.0
"""Seconds before the hub is asked again after one of them."""


class _Outcome(Enum):
    READY = auto()
    LATE = auto()
    NOT_TRIED = auto()


class FirstServersFailed(PreflightError):
    """As many first servers as allowed have failed to start; the results of their run tell how."""


def try_one_server(
    run: Run,
    user_options: UserOptions | None,
    log_in: Callable[[Account], str] | None = None,
    *,
    has_browser: bool = False,
    look: Callable[[Account], None] = lambda _: None,
) -> bool:
    """Start one server, wait until it is ready, look at it, and remove it; after a failed spawn try again, as often as
    allowed.

    Before that, its person logs in. Where the hub refuses the password of a given account, others are tried.

    A server that is let in or ready too late does not keep the run from going on: the run will measure that.

    Args:
        run: A run that nobody comes to.
        user_options: As for the servers of the run.
        log_in: Logs in once; returns why the hub refuses, "" where it does not; raises PreflightError where nobody
            could log in like this. None where it was tried before.
        has_browser: Whether people with a browser come, who must find the server by the name of its host.
        look: Does in the ready server what people begin with; raises PreflightError where nobody could go on.

    Whatever interrupts this (Ctrl-C, SIGTERM) leaves account and server in the run's ledger until they are removed, for
    the clean-up.

    Returns:
        Whether one was tried; not where it runs already, or where the hub does not know its account yet.

    Logs:
        INFO how long it took; WARNING what kept it from being ready.

    Raises:
        FirstServersFailed: As many spawns as allowed have failed.
        PreflightError: Nobody logs in, and the hub does not know the account.
        PreflightError: The hub refuses each login that was tried.
        PreflightError: The hub does not do what a run needs, or `look` says that nobody could go on.
        PreflightError: The account was made by the run, and the hub needs one of its machine.
        LeftBehind: The server could not be stopped and removed; with more of them it would be the same. The text begins
            with what went wrong before, if anything did.
    """
    client = HubClient(run.settings.endpoint, run.settings.access.session)
    account = run.accounts.take()
    try:
        if run.accounts.look_at(client, account, Deadline(run.settings.server_timeout)).in_use:
            LOG.info("The server of %s runs already, so none is tried", account.username)
            return False
    except HubUsersError as error:
        raise PreflightError(error.sentence) from None
    try:
        _have_account(client, run, account)
        if log_in:
            _try_logins(run, account, log_in)
        outcome = _try_until_ready(client, run, account, user_options, has_browser=has_browser)
        if has_browser and outcome is not _Outcome.NOT_TRIED:
            _check_address(client, account)
        if outcome is _Outcome.READY:
            look(account)
    except Exception as error:  # not an interrupt, after which the clean-up removes what is in the ledger
        _remove(client, run, account, error)
        raise
    _remove(client, run, account)
    return outcome is not _Outcome.NOT_TRIED


def _have_account(client: HubClient, run: Run, account: Account) -> None:
    if not run.accounts.are_made:
        return
    deadline = Deadline(run.settings.server_timeout)
    try:
        make_accounts(client, [account.username], run.ledger, deadline, run.settings.poll_interval, run.note_failure)
    except HubUsersError as error:
        raise PreflightError(error.sentence) from None


def _try_logins(run: Run, first: Account, log_in: Callable[[Account], str]) -> None:
    """Log in as one person; where the hub refuses that, as others, if each has a password of their own."""
    tried, refusal = [first], log_in(first)
    with suppress(NoAccountLeft):
        while refusal and not run.accounts.are_made and len(tried) < _MOST_LOGINS:
            LOG.warning("%s", refusal)
            tried.append(run.accounts.take())
            refusal = log_in(tried[-1])
    for account in tried[1:]:
        run.accounts.give_back(account.key)
    if refusal:
        whom = f"The hub refuses all {len(tried)} logins that were tried. The last one: " if len(tried) > 1 else ""
        raise PreflightError(f"{whom}{refusal}")


def _try_until_ready(
    client: HubClient, run: Run, account: Account, user_options: UserOptions | None, *, has_browser: bool
) -> _Outcome:
    settings, reason = run.settings, ""
    for failed in range(1, settings.failed_spawns_to_stop + 1):
        try:
            seconds = _start(client, run, account, user_options)
        except SpawnFailed as error:
            if run.accounts.are_made and re.search(lacks_account(account.username), error.words):
                # A new name will not be there next time either, and failed spawns may take a hub down.
                raise PreflightError(
                    f"The hub starts servers as accounts of its machine, and there is none for {account.username}: "
                    "test with accounts that exist (--accounts), or with named servers of your own account "
                    f"(--named-servers). The hub said: {error.detail.rstrip('.')}."
                ) from None
            why, reason = "the same again" if error.detail == reason else error.detail, error.detail
            LOG.warning("The first server failed to start (%d of %d): %s", failed, settings.failed_spawns_to_stop, why)
        except (Throttled, WaitTimeout) as error:
            LOG.warning("The first server is late, going on all the same: %s", error.detail)
            return _Outcome.LATE
        except UserGone as error:
            if run.accounts.are_made:
                raise PreflightError(error.sentence) from None
            if not has_browser:
                raise PreflightError(f"{not_known([account.username])}.") from None
            LOG.info("No server is tried: %s yet", error.detail)
            return _Outcome.NOT_TRIED
        except HubUsersError as error:
            raise PreflightError(error.sentence) from None
        else:
            LOG.info("A first server was ready after %.1f seconds", seconds)
            return _Outcome.READY
    raise FirstServersFailed(
        f"{spawns_in_a_row(settings.failed_spawns_to_stop).capitalize()} failed, before there was any load. "
        f"The last one: {reason.rstrip('.')}."
    )


def _check_address(client: HubClient, account: Account) -> None:
    """Raise PreflightError where the hub gives the person a host of their own, whose name has no address."""
    user = client.request("GET", USER_PATH, username=account.username).model
    try:
        url = str(user["servers"][account.server_name]["url"])
    except (KeyError, TypeError):  # it was late, and is not there yet
        return
    host = urlsplit(url).hostname
    if host and not has_address(host):
        raise PreflightError(
            f"The hub gives each person a host of their own (subdomain_host), and the name of {account.username}'s, "
            f"{host}, has no address here: add a wildcard DNS record, *.{host.partition('.')[2]}, or let only users "
            "without a browser come."
        )


def _start(client: HubClient, run: Run, account: Account, user_options: UserOptions | None) -> float:
    """Start the server once, and wait until it is ready; return how many seconds that took.

    What is said of a start that fails goes into the run's results, from which its cause can be told.
    """
    deadline = Deadline(run.settings.server_timeout)
    username, server_name = account.username, account.server_name
    secrets = account.password, account.token
    with PendingStart(run, username, server_name, deadline.started, secrets=secrets) as pending:

        def ask() -> None:
            for number in range(_MOST_ODD_ANSWERS):
                try:
                    ask_to_start(client, username, user_options, deadline, server_name)
                except HubError as error:
                    is_last = number + 1 == _MOST_ODD_ANSWERS
                    if is_last or error.status not in _NOT_OF_THE_HUB or deadline.remaining() <= _PAUSE:
                        raise
                    LOG.warning("%s; asking again in %g s", error.detail, _PAUSE)
                    deadline.sleep(_PAUSE)
                else:
                    return

        def wait(_: None) -> None:
            pending.waits_for(SPAWNING)
            interval = run.settings.poll_interval
            # The progress stream also says why a spawn failed.
            sightings = progress(client, username, deadline, interval, server_name, pending.hears)
            wait_until_ready(sightings, username, deadline, server_name)

        try:
            may_run = partial(server_life.may_run, client, username, server_name)
            server_life.start(run.ledger, account.key, deadline, ask, wait, may_run)
        except SpawnFailed as error:
            if not error.words and (told := pending.told_of_failure(client, error)):
                error.words, error.detail = told, f"{error.detail}: {told}"
            error.hide(secrets)
            _note_failure(run, account, deadline.elapsed(), pending, error)
            raise
    return deadline.elapsed()


def _note_failure(run: Run, account: Account, seconds: float, pending: PendingStart, error: SpawnFailed) -> None:
    record = Record(
        step=START_TO_READY,
        username=account.key,
        began=time.time() - seconds,
        seconds=seconds,
        late=0.0,
        failure=str(error),
        reason=run.reason_of(error.words, account),
        parts=pending.parts(seconds),
    )
    run.results.records.note(record)
    run.results.examples.note(record.step, record.failure, record.reason, error.detail)
    pending.note_in_results(record)


def _remove(client: HubClient, run: Run, account: Account, failure: Exception | None = None) -> None:
    """Remove account and server, if they may be there; what fails here is told after the failure that came before."""
    # Without its name, the hub refused them, or has told that the server is gone. With others, a login led there.
    run.accounts.give_back(account.key)
    seconds, interval = run.settings.server_timeout, run.settings.poll_interval
    try:
        for name in run.ledger.left():
            remove_entered(client, run.ledger, run.accounts, name, seconds, interval)
    except HubUsersError as error:
        text = (
            f"The first server could not be removed again: {error.detail}. Give it more time with --server-timeout; "
            f"{how_to_remove(run.settings, 'what is left')}"
        )
        raise LeftBehind(f"{failure} {text}" if isinstance(failure, PreflightError) else text) from failure
