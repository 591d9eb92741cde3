"""The `hubusers` command: a local hub and a demonstration, a hub's check and purge, the reports of runs."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn, cast

import click

import hubusers
from hubusers.event.file import read_event, ready_made
from hubusers.hub.accounts import DEFAULT_PREFIX
from hubusers.hub.client import HubClient
from hubusers.hub.endpoint import hub_url
from hubusers.hub.errors import HubUsersError
from hubusers.hub.lifecycle import called
from hubusers.hub.log import shown
from hubusers.hub.removal import remove_server
from hubusers.hub.waiting import chosen_interval, chosen_timeout
from hubusers.local import LocalHub, LocalHubError
from hubusers.local.ports import free_port
from hubusers.report.compare import as_text
from hubusers.report.compare import compare as comparison_of
from hubusers.report.compare_page import write_comparison
from hubusers.report.report import write_report
from hubusers.results.folder import REPORT_FILE, RunFolderError, read_run
from hubusers.run.access import (
    ENDPOINT_VARIABLE,
    TOKEN_FILE_VARIABLE,
    TOKEN_VARIABLE,
    Access,
    SettingsError,
    access_from,
    endpoint_of,
)
from hubusers.run.accounts import AccountsFileError, read_accounts
from hubusers.run.accounts import named_servers as named_servers_of
from hubusers.run.names import checked_prefix, is_made_up
from hubusers.run.options import add_options
from hubusers.run.preflight import (
    NEEDED_SCOPES,
    SCOPES_FOR_GIVEN_ACCOUNTS,
    SCOPES_FOR_NAMED_SERVERS,
    PreflightError,
    check_hub,
    check_named_servers,
)

EXIT_ERROR = 2
EXIT_LEFT_BEHIND = 3

_PURGE_THREADS = 10
_PURGE_BATCH = 200
"""Users between two lines of progress."""


class SecondsRange(click.ParamType[tuple[float, float]]):
    """Seconds, or a range of them: `3` or `2-5`."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        if isinstance(value, tuple):
            return value
        low, separator, high = str(value).partition("-")
        try:
            return float(low), float(high if separator else low)
        except ValueError:
            self.fail(f"{value!r} must be seconds, or a range of seconds such as 2-5", param, ctx)


SERVERS_OPTION = click.option(
    "--servers",
    type=click.Choice(["stub", "lab"]),
    default="stub",
    show_default=True,
    help="stub: no process per server, thousands fit on a laptop. lab: real JupyterLab, about 100 MB each.",
)
HOST_OPTION = click.option(
    "--host", "-H", metavar="URL", envvar=ENDPOINT_VARIABLE, help=f"The hub's URL. Also by {ENDPOINT_VARIABLE}."
)
TOKEN_FILE_OPTION = click.option(
    "--hub-token-file",
    metavar="FILE",
    envvar=TOKEN_FILE_VARIABLE,
    help=f"File that holds the hub's API token. Without it the token is taken from {TOKEN_VARIABLE}.",
)
CA_BUNDLE_OPTION = click.option(
    "--ca-bundle",
    metavar="FILE",
    envvar="REQUESTS_CA_BUNDLE",
    help="File or folder with the certificates of the authorities that the hub's certificate is checked against.",
)
INSECURE_OPTION = click.option(
    "--insecure", is_flag=True, envvar="HUBUSERS_INSECURE", help="Don't verify the hub's TLS certificate."
)
NAMED_SERVERS_OPTION = click.option(
    "--named-servers", is_flag=True, help="Of named servers of your own account, whose token this is: no admin rights."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="hubusers")
def main() -> None:
    """Find out whether a JupyterHub holds when everyone comes at once.

    \b
    No hub at hand?           hubusers demo
    A hub to play with:       hubusers hub
    Is my hub ready for it?   hubusers check --host https://hub.example.org
    The test itself:          locust --host https://hub.example.org
    Its options:              hubusers options
    An event to rehearse:     hubusers events, then locust --event NAME
    Was the change for good?  hubusers compare RUN-BEFORE RUN-AFTER
    """


@main.command()
@SERVERS_OPTION
@click.option("--spawn-seconds", type=SecondsRange(), default="2-5", show_default=True, help="How long a spawn takes.")
@click.option("--stop-seconds", type=SecondsRange(), default="0-1", show_default=True, help="How long a stop takes.")
@click.option(
    "--spawn-failure-share",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of spawns that fail.",
)
@click.option(
    "--concurrent-spawn-limit",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Pending spawns from which on the hub answers 429, come back later; 0: no limit.",
)
@click.option(
    "--slow-spawn-timeout",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Seconds that the hub holds back its answer to a start; 0 as on Kubernetes, 10 is JupyterHub's own default.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0, the default: any free one."
)
@click.option(
    "--ip", default="127.0.0.1", show_default=True, help="Address to listen on; others open it to the network."
)
@click.option("--token-file", metavar="FILE", help="Write the API token into this file too, readable for you only.")
def hub(
    servers: Literal["stub", "lab"],
    spawn_seconds: tuple[float, float],
    stop_seconds: tuple[float, float],
    spawn_failure_share: float,
    concurrent_spawn_limit: int,
    slow_spawn_timeout: float,
    port: int,
    ip: str,
    token_file: str | None,
) -> None:
    """Run a real JupyterHub on this machine, with a real proxy and database, until Ctrl-C.

    It lets anybody log in with any password, and leaves nothing behind.
    """
    try:
        local_hub = LocalHub(
            servers=servers,
            spawn_seconds=spawn_seconds,
            stop_seconds=stop_seconds,
            spawn_failure_share=spawn_failure_share,
            concurrent_spawn_limit=concurrent_spawn_limit,
            slow_spawn_timeout=slow_spawn_timeout,
            port=port,
            ip=ip,
        )
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    _end_on_sigterm()
    click.echo("Starting a JupyterHub …", err=True)
    with _running(local_hub) as running:
        click.echo(f"JupyterHub is running at {running.url} (proxy from {running.proxy}; Ctrl-C ends it). Use it with:")
        click.echo(f"export {ENDPOINT_VARIABLE}={running.endpoint}")
        click.echo(f"export {TOKEN_VARIABLE}={running.token}")
        if token_file:
            _write_token(token_file, running.token)
        try:
            code = running.wait()
            log = running.end_of_log()
        except KeyboardInterrupt:
            click.echo("Stopping; nothing of the hub will be left.", err=True)
            return
    _fail(f"The hub ended by itself (exit code {code}). Its log ends with:\n{log}")


@main.command()
@click.option("--users", type=click.IntRange(1), default=100, show_default=True, help="How many people come.")
@click.option("--seconds", type=click.IntRange(5), default=60, show_default=True, help="For how long.")
@click.option(
    "--runs-folder", metavar="FOLDER", default="runs", show_default=True, help="Where the run leaves its folder."
)
@click.option(
    "--web-port", type=click.IntRange(0, 65535), default=0, help="Port of the web UI; 0, the default: any free one."
)
def demo(users: int, seconds: int, runs_folder: str, web_port: int) -> None:
    """Send some people through a real JupyterHub on this machine, with live charts to watch."""
    _end_on_sigterm()
    click.echo("Starting a JupyterHub on this machine …", err=True)
    with _running(LocalHub(spawn_seconds=(2, 5), stop_seconds=(0, 1))) as local_hub:
        port = web_port or free_port()
        click.echo(f"JupyterHub is running at {local_hub.url}.")
        click.echo(f"Watch it live for {seconds} seconds: http://127.0.0.1:{port}/hub and the tabs beside it.")
        locust = subprocess.Popen(
            [
                *[sys.executable, "-m", "locust", "-f", str(locustfile())],
                *["--users", str(users), "--spawn-rate", str(max(1, users / 10)), "--run-time", str(seconds)],
                *["--stay", "5-15", "--pause", "1-5"],  # short, so that a minute shows every phase
                *["--autostart", "--autoquit", "0", "--web-port", str(port), "--runs-folder", runs_folder],
            ],
            env={**os.environ, ENDPOINT_VARIABLE: local_hub.endpoint, TOKEN_VARIABLE: local_hub.token},
            stdin=subprocess.DEVNULL,
        )
        code = _wait_for(locust)
    if code == 0:
        click.echo("Open the report. Next, an event (hubusers events), or your own hub (hubusers check --host URL).")
    sys.exit(code)


@main.command()
@HOST_OPTION
@TOKEN_FILE_OPTION
@CA_BUNDLE_OPTION
@INSECURE_OPTION
@NAMED_SERVERS_OPTION
def check(
    host: str | None, hub_token_file: str | None, ca_bundle: str | None, insecure: bool, named_servers: bool
) -> None:
    """Look whether a hub can be tested: reachable, a JupyterHub, token accepted, scopes sufficient. Changes nothing."""
    needed = SCOPES_FOR_NAMED_SERVERS if named_servers else NEEDED_SCOPES
    try:
        endpoint, access = endpoint_of(host), access_from(hub_token_file, ca_bundle, insecure)
        findings = check_hub(endpoint, access, needed)
        if named_servers:
            check_named_servers(findings, access)
    except (SettingsError, PreflightError) as error:
        _fail(shown(str(error)))
    click.echo(f"hub        {hub_url(findings.endpoint)}")
    click.echo(f"version    {findings.version}")
    click.echo(f"spawner    {findings.spawner or '(the token may not see it: scope read:hub)'}")
    click.echo(f"token of   {findings.owner}")
    click.echo(f"scopes     {', '.join(needed)}: there")
    click.echo("This hub can be tested.")


@main.command()
@HOST_OPTION
@TOKEN_FILE_OPTION
@CA_BUNDLE_OPTION
@INSECURE_OPTION
@click.option(
    "--name-prefix", metavar="PREFIX", default=DEFAULT_PREFIX, show_default=True, help="What the names begin with."
)
@click.option("--run", "run_id", metavar="ID", help="Only what is of this run; the default is of every run.")
@click.option(
    "--accounts", metavar="FILE", help="Stop the servers of the accounts in this file instead, whoever started them."
)
@NAMED_SERVERS_OPTION
@click.option("--yes", is_flag=True, help="Don't ask.")
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
    """Remove the users, with their servers, that an earlier run left on a hub, and nobody else.

    Users, and named servers, are ours by their names: PREFIX-RUN-WORKER-NUMBER, as in hub-stress-test-k3x9qa-0-17.
    Don't purge while a test is running, unless you mean what is of it as well.
    """
    if accounts and named_servers:
        raise click.UsageError("Give --accounts or --named-servers, not both.")
    try:
        checked_prefix(name_prefix)
        endpoint, access = endpoint_of(host), access_from(hub_token_file, ca_bundle, insecure)
        if accounts or named_servers:
            _purge_servers(endpoint, access, accounts, name_prefix, run_id, yes)
            return
        check_hub(endpoint, access)
        session = access.session
        found = hubusers.find_stress_test_users(endpoint, session, prefix=f"{name_prefix}-")
    except (SettingsError, PreflightError) as error:
        _fail(str(error))
    except AccountsFileError as error:
        _fail(f"{error}.")
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    except HubUsersError as error:
        _fail(shown(f"{error.detail}."))
    ours = [name for name in found if is_made_up(name, name_prefix, run_id)]
    others = [name for name in found if not is_made_up(name, name_prefix)]
    if others:
        example = shown(others[0])
        click.echo(
            f"Left alone: {len(others)} users called {name_prefix}-… but not named by this tool, such as {example}."
        )
    if not ours:
        click.echo("Nothing to remove.")
        return
    click.echo(f"{len(ours)} users of {hub_url(endpoint)} to remove, from {ours[0]} to {ours[-1]}.")
    if not yes:
        click.confirm("Remove them and their servers?", abort=True)
    left = _remove(ours, endpoint, session)
    click.echo(f"Removed {len(ours) - len(left)} users, {len(left)} left.")
    if left:
        click.echo(f"Left, such as {left[0]}; try again, or see the hub's log for why.", err=True)
        sys.exit(EXIT_LEFT_BEHIND)


@main.command()
def events() -> None:
    """List the ready-made events, to rehearse as they are or to copy and change."""
    for name, path in ready_made().items():
        click.echo(f"{name:15} {read_event(name)[1].title}")
        click.echo(f"{'':15} {path}")
    click.echo("See one without a hub: locust --event NAME --dry-run")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Draw up the report of a finished run anew, in its FOLDER.

    The exit code is the run's answer: 0 its targets were held, 1 one was missed, 4 the run cannot tell.
    """
    try:
        verdict = write_report(folder)
    except RunFolderError as error:
        _fail(shown(str(error)))
    except OSError as error:
        _fail(f"The report cannot be written into {folder}: {error.strerror}.")
    click.echo(verdict.headline)
    click.echo(f"The report is in {folder / REPORT_FILE}")
    sys.exit(verdict.exit_code)


@main.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option(
    "--smallest",
    type=click.FloatRange(0, 100),
    default=5.0,
    show_default=True,
    help="Smallest difference that matters, in percent; two runs of one hub differ by some.",
)
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write it, with pictures, into this file."
)
def compare(before: Path, after: Path, smallest: float, html: Path | None) -> None:
    """Compare two runs by their folders: is the hub better, worse, or the same AFTER a change?

    The exit code is 0 when nothing got worse, and 1 when something did.
    """
    try:
        first, second = read_run(before), read_run(after)
        comparison = comparison_of(first, second, smallest / 100)
        click.echo(as_text(comparison))
        if html:
            write_comparison(comparison, first, second, html)
            click.echo(f"The pictures are in {html}")
    except (RunFolderError, ValueError) as error:
        _fail(shown(str(error)))
    except OSError as error:
        _fail(f"{html} cannot be written: {error.strerror}.")
    sys.exit(comparison.exit_code)


@main.command()
def options() -> None:
    """Explain the options that a test adds to Locust's own; `locust --help` does not show them."""
    parser = _OptionsParser(prog="locust", usage="locust [options]", add_help=False, formatter_class=_wide_help)
    add_options(cast(Any, parser))
    click.echo(parser.format_help())
    click.echo("Behind each option is the variable that gives it too. All of Locust's own: locust --help")


class _OptionsParser(argparse.ArgumentParser):
    """Only to print help: takes what Locust's parser takes, and needs no Locust."""

    def add_argument(
        self, *flags: str, env_var: str = "", include_in_web_ui: bool = True, **kwargs: Any
    ) -> argparse.Action:
        if env_var:
            kwargs["help"] += f" [{env_var}]"
        return super().add_argument(*flags, **kwargs)


def _wide_help(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=32, width=100)


def locustfile() -> Path:
    """Return the locustfile: at the top of a checkout, inside the package where that was installed from a wheel."""
    package = Path(__file__).parent
    installed = package / "locustfile.py"
    return installed if installed.exists() else package.parent / "locustfile.py"


def _write_token(file: str, token: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(token)
    except OSError as error:
        _fail(f"The token file {file} cannot be written: {error.strerror}.")


def _purge_servers(
    endpoint: str, access: Access, accounts: str | None, name_prefix: str, run_id: str | None, yes: bool
) -> None:
    """Stop the servers of the accounts in a file, or remove our named servers of the token's owner."""
    if accounts:
        check_hub(endpoint, access, SCOPES_FOR_GIVEN_ACCOUNTS)
        ours = [(account.username, "") for account in read_accounts(accounts)]
        question = f"Stop the servers of all {len(ours)} accounts in {accounts}, whoever started them?"
    else:
        findings = check_hub(endpoint, access, SCOPES_FOR_NAMED_SERVERS)
        check_named_servers(findings, access)
        names = named_servers_of(HubClient(endpoint, access.session), findings.owner)
        ours = [(findings.owner, name) for name in names if is_made_up(name, name_prefix, run_id)]
        question = f"Remove {len(ours)} named servers of {findings.owner}?"
    if not ours:
        click.echo("Nothing to remove.")
        return
    if not yes:
        click.confirm(question, abort=True)
    left = _remove_servers(ours, endpoint, access)
    click.echo(f"Removed {len(ours) - len(left)} servers, {len(left)} left.")
    if left:
        click.echo(f"Left, such as {left[0]}; try again, or see the hub's log for why.", err=True)
        sys.exit(EXIT_LEFT_BEHIND)


def _remove_servers(servers: list[tuple[str, str]], endpoint: str, access: Access) -> list[str]:
    client = HubClient(endpoint, access.session)
    seconds, interval = chosen_timeout(None), chosen_interval(None)

    def remove(username: str, server_name: str) -> str:
        try:
            remove_server(client, username, server_name, seconds, interval)
        except HubUsersError as error:
            click.echo(shown(f"{error.detail}."), err=True)
            return called(username, server_name)
        return ""

    with ThreadPoolExecutor(_PURGE_THREADS) as pool:
        return [left for left in pool.map(lambda server: remove(*server), servers) if left]


def _remove(names: list[str], endpoint: str, session: Any) -> list[str]:
    """Remove users, with a line of progress now and then, and return those who are left."""
    left: list[str] = []
    for first in range(0, len(names), _PURGE_BATCH):
        removed = hubusers.delete_users(names[first : first + _PURGE_BATCH], endpoint, session)
        left += [name for name, gone in removed.items() if not gone]
        if len(names) > _PURGE_BATCH:
            click.echo(f"{min(first + _PURGE_BATCH, len(names))} of {len(names)} done", err=True)
    return left


@contextlib.contextmanager
def _running(local_hub: LocalHub) -> Iterator[LocalHub]:
    """Have a local hub for the length of a with-block; say in one sentence why it does not start."""
    try:
        local_hub.start()
    except LocalHubError as error:
        _fail(str(error))
    try:
        yield local_hub
    finally:
        local_hub.stop()


def _wait_for(process: "subprocess.Popen[bytes]") -> int:
    """Return a process's exit code; after Ctrl-C, which reached it as well, still let it clean up."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            click.echo("Stopping; Locust cleans up first …", err=True)


def _end_on_sigterm() -> None:
    def interrupt(signal_number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _fail(sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(EXIT_ERROR)
