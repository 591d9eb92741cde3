"""The `hubusers` command: a local hub, a demonstration on it, a check of a hub, and the purge of what a run left."""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn, cast

import click

import hubusers
from hubusers.hub.accounts import DEFAULT_PREFIX
from hubusers.hub.endpoint import hub_url
from hubusers.hub.errors import HubUsersError
from hubusers.hub.log import shown
from hubusers.local import LocalHub, LocalHubError
from hubusers.run.names import checked_prefix, is_made_up
from hubusers.run.options import (
    ENDPOINT_VARIABLE,
    TOKEN_FILE_VARIABLE,
    TOKEN_VARIABLE,
    SettingsError,
    access_from,
    add_options,
    endpoint_of,
)
from hubusers.run.preflight import NEEDED_SCOPES, PreflightError, check_hub

EXIT_ERROR = 2
EXIT_LEFT_BEHIND = 3

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
    "--report", metavar="FILE", default="demo-report.html", show_default=True, help="Where the HTML report is written."
)
@click.option(
    "--web-port", type=click.IntRange(0, 65535), default=0, help="Port of the web UI; 0, the default: any free one."
)
def demo(users: int, seconds: int, report: str, web_port: int) -> None:
    """Send some people through a real JupyterHub on this machine, with live charts to watch."""
    _end_on_sigterm()
    click.echo("Starting a JupyterHub on this machine …", err=True)
    with _running(LocalHub(spawn_seconds=(2, 5), stop_seconds=(0, 1))) as local_hub:
        port = web_port or _free_port()
        click.echo(f"JupyterHub is running at {local_hub.url}.")
        click.echo(f"Watch the live charts at http://127.0.0.1:{port} for the next {seconds} seconds.")
        locust = subprocess.Popen(
            [
                *[sys.executable, "-m", "locust", "-f", str(locustfile())],
                *["--users", str(users), "--spawn-rate", str(max(1, users / 10)), "--run-time", str(seconds)],
                *["--stay", "5-15", "--pause", "1-5"],  # short, so that a minute shows every phase
                *["--autostart", "--autoquit", "0", "--web-port", str(port), "--html", report],
            ],
            env={**os.environ, ENDPOINT_VARIABLE: local_hub.endpoint, TOKEN_VARIABLE: local_hub.token},
            stdin=subprocess.DEVNULL,
        )
        code = _wait_for(locust)
    if code == 0:
        click.echo(f"The report is in {Path(report).resolve()}. Next, your own hub: hubusers check --host URL")
    sys.exit(code)


@main.command()
@HOST_OPTION
@TOKEN_FILE_OPTION
@CA_BUNDLE_OPTION
@INSECURE_OPTION
def check(host: str | None, hub_token_file: str | None, ca_bundle: str | None, insecure: bool) -> None:
    """Look whether a hub can be tested: reachable, a JupyterHub, token accepted, scopes sufficient. Changes nothing."""
    try:
        findings = check_hub(endpoint_of(host), access_from(hub_token_file, ca_bundle, insecure))
    except (SettingsError, PreflightError) as error:
        _fail(shown(str(error)))
    click.echo(f"hub        {hub_url(findings.endpoint)}")
    click.echo(f"version    {findings.version}")
    click.echo(f"spawner    {findings.spawner or '(the token may not see it: scope read:hub)'}")
    click.echo(f"token of   {findings.owner}")
    click.echo(f"scopes     {', '.join(NEEDED_SCOPES)}: there")
    click.echo("This hub can be tested.")


@main.command()
@HOST_OPTION
@TOKEN_FILE_OPTION
@CA_BUNDLE_OPTION
@INSECURE_OPTION
@click.option(
    "--name-prefix", metavar="PREFIX", default=DEFAULT_PREFIX, show_default=True, help="What the names begin with."
)
@click.option("--run", "run_id", metavar="ID", help="Only the users of this run; the default is of every run.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def purge(
    host: str | None,
    hub_token_file: str | None,
    ca_bundle: str | None,
    insecure: bool,
    name_prefix: str,
    run_id: str | None,
    yes: bool,
) -> None:
    """Remove the users, with their servers, that an earlier run left on a hub, and nobody else.

    Users are ours by their names: PREFIX-RUN-WORKER-NUMBER, as in hub-stress-test-k3x9qa-0-17. Don't purge while a test
    is running, unless you mean its users as well.
    """
    try:
        checked_prefix(name_prefix)
        endpoint, access = endpoint_of(host), access_from(hub_token_file, ca_bundle, insecure)
        check_hub(endpoint, access)
        session = access.session
        found = hubusers.find_stress_test_users(endpoint, session, prefix=f"{name_prefix}-")
    except (SettingsError, PreflightError) as error:
        _fail(str(error))
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


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _fail(sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(EXIT_ERROR)
