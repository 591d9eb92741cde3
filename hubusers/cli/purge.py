"""`hubusers purge`: removes what an earlier run left."""

import sys
from typing import Any, NoReturn

import click

import hubusers
from hubusers.accounts.file import AccountsFileError, read_accounts
from hubusers.accounts.names import DEFAULT_PREFIX, checked_beginning, checked_prefix, in_order, is_made_up
from hubusers.accounts.sources import named_servers as named_servers_of
from hubusers.cli.shared import (
    CA_BUNDLE_OPTION,
    HOST_OPTION,
    INSECURE_OPTION,
    NAMED_SERVERS_OPTION,
    TOKEN_FILE_OPTION,
    fail,
)
from hubusers.counting import counted
from hubusers.exit_codes import EXIT_LEFT_BEHIND
from hubusers.functions.batches import call_for_each
from hubusers.functions.defaults import chosen_interval, chosen_timeout
from hubusers.hub.acceptance import despite_refusals
from hubusers.hub.answers import State
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.endpoint import hub_url
from hubusers.hub.errors import HubUsersError
from hubusers.hub.lifecycle import called
from hubusers.hub.removal import remove_server
from hubusers.hub.sightings import look_at
from hubusers.log import shown
from hubusers.settings.access import Access, SettingsError, access_from, endpoint_of
from hubusers.settings.hub_check import (
    SCOPES_FOR_GIVEN_ACCOUNTS,
    SCOPES_FOR_NAMED_SERVERS,
    PreflightError,
    check_hub,
    check_named_servers,
    check_spelling,
)

_PURGE_THREADS = 10
_PURGE_BATCH = 200
"""Users between two lines of progress."""


@click.command(short_help="Remove the users and servers that an earlier run left.")
@HOST_OPTION
@TOKEN_FILE_OPTION
@CA_BUNDLE_OPTION
@INSECURE_OPTION
@click.option(
    "--name-prefix", metavar="PREFIX", default=DEFAULT_PREFIX, show_default=True, help="The beginning of the names."
)
@click.option(
    "--run",
    "run_id",
    metavar="ID",
    help="Remove only what this run left; by default, what any run left. Give its id, or 4 characters or more of its "
    "beginning.",
)
@click.option(
    "--accounts", metavar="FILE", help="Instead, stop the servers of all accounts in this file, whoever started them."
)
@NAMED_SERVERS_OPTION
@click.option("--yes", is_flag=True, help="Don't ask before removing.")
def purge(
    host: str | None,
    hub_token_file: str | None,
    ca_bundle: str | None,
    insecure: bool,
    name_prefix: str,
    run_id: str | None,
    accounts: str | None,
    named_servers: bool,
    yes: bool,
) -> None:
    """Remove the users and servers that an earlier run left on a hub, and nobody else.

    hubusers recognises them by their names: PREFIX-RUN-WORKER-NUMBER, as in hub-stress-test-k3x9qa-0-17.
    Do not purge during a test unless you want to remove that test's users too.
    """
    if accounts and named_servers:
        raise click.UsageError("Give --accounts or --named-servers, not both.")
    try:
        checked_prefix(name_prefix)
        if run_id is not None:
            checked_beginning(run_id)
        endpoint, access = endpoint_of(host), access_from(hub_token_file, ca_bundle, insecure)
        if accounts or named_servers:
            _purge_servers(endpoint, access, accounts, name_prefix, run_id, yes)
            return
        check_hub(endpoint, access)
        session = access.session
        found = despite_refusals(
            lambda: hubusers.find_stress_test_users(endpoint, session, prefix=f"{name_prefix}-"), chosen_timeout(None)
        )
    except (SettingsError, PreflightError) as error:
        fail(shown(str(error)))
    except AccountsFileError as error:
        fail(shown(f"{error}."))
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    except HubUsersError as error:
        fail(shown(error.sentence))
    ours = in_order(name for name in found if is_made_up(name, name_prefix, run_id))
    others = [name for name in found if not is_made_up(name, name_prefix)]
    if others:
        example = shown(others[0])
        users = counted(len(others), "user")
        click.echo(f"Left alone: {users} called {name_prefix}-… not named by hubusers, such as {example}.")
    if not ours:
        click.echo("Nothing to remove.")
        return
    which = ours[0] if len(ours) == 1 else f"{ours[0]} to {ours[-1]}"
    click.echo(f"Found {counted(len(ours), 'user')} to remove from {hub_url(endpoint)}: {which}.")
    if not yes:
        click.confirm("Remove them and their servers?", abort=True)
    left = _remove(ours, endpoint, session)
    click.echo(f"Removed {counted(len(ours) - len(left), 'user')}, {len(left)} left.")
    if left:
        _fail_with_left(left)


def _purge_servers(
    endpoint: str, access: Access, accounts: str | None, name_prefix: str, run_id: str | None, yes: bool
) -> None:
    """Stop the servers of the accounts in a file, or remove our named servers of the token's owner."""
    if accounts:
        check_hub(endpoint, access, SCOPES_FOR_GIVEN_ACCOUNTS)
        given = read_accounts(accounts)
        check_spelling(endpoint, access, given, accounts)
        ours = [(username, "") for username in _with_server([account.username for account in given], endpoint, access)]
        count = counted(len(ours), "server")
        question = f"Stop {count} of the accounts in {accounts} ({len(given):,}), whoever started them?"
    else:
        checked = check_hub(endpoint, access, SCOPES_FOR_NAMED_SERVERS)
        check_named_servers(checked, access)
        client = HubClient(endpoint, access.session)
        names = despite_refusals(lambda: named_servers_of(client, checked.owner), chosen_timeout(None))
        made = in_order(name for name in names if is_made_up(name, name_prefix, run_id))
        ours = [(checked.owner, name) for name in made]
        question = f"Remove {counted(len(ours), 'named server')} of {checked.owner}?"
    if not ours:
        click.echo("Nothing to remove.")
        return
    if not yes:
        click.confirm(question, abort=True)
    left = _remove_servers(ours, endpoint, access)
    click.echo(f"Removed {counted(len(ours) - len(left), 'server')}, {len(left)} left.")
    if left:
        _fail_with_left(left)


def _with_server(usernames: list[str], endpoint: str, access: Access) -> list[str]:
    """Return whose servers run, or may do so; say which of them the hub does not know."""
    client, unknown = HubClient(endpoint, access.session), list[str]()

    def may_run(username: str) -> bool:
        servers = look_at(client, username, Deadline(chosen_timeout(None)))
        if servers and servers.user_is_gone:
            unknown.append(username)
        return servers is None or servers.state() is not State.STOPPED

    runs = call_for_each(may_run, usernames, _PURGE_THREADS, "purge")
    if unknown:
        more = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        click.echo(
            f"The hub does not know {shown(min(unknown))}{more}: nobody has logged in by that name so far, or the hub "
            "writes it in another way, as on its admin page."
        )
    return [username for username in usernames if runs[username] is not False]  # also where the look has failed


def _fail_with_left(left: list[str]) -> NoReturn:
    click.echo(
        f"Not removed: {left[0]}{' and others' * (len(left) > 1)}. Try again; the hub's log has the reason.", err=True
    )
    sys.exit(EXIT_LEFT_BEHIND)


def _remove_servers(servers: list[tuple[str, str]], endpoint: str, access: Access) -> list[str]:
    """Remove the servers, each given as user and server name, and return the names of those that are left."""
    client = HubClient(endpoint, access.session)
    seconds, interval = chosen_timeout(None), chosen_interval(None)
    by_name = {called(username, server_name): (username, server_name) for username, server_name in servers}

    def remove(name: str) -> bool:
        try:
            remove_server(client, *by_name[name], seconds, interval)
        except HubUsersError as error:
            click.echo(shown(error.sentence), err=True)
            return False
        return True

    removed = call_for_each(remove, by_name, _PURGE_THREADS, "purge")
    return [name for name, is_gone in removed.items() if not is_gone]


def _remove(names: list[str], endpoint: str, session: Any) -> list[str]:
    """Remove users and return those that are left; print progress now and then."""
    left: list[str] = []
    for first in range(0, len(names), _PURGE_BATCH):
        removed = hubusers.delete_users(names[first : first + _PURGE_BATCH], endpoint, session)
        left += [name for name, gone in removed.items() if not gone]
        if len(names) > _PURGE_BATCH:
            click.echo(f"{min(first + _PURGE_BATCH, len(names))} of {len(names)} done", err=True)
    return left
