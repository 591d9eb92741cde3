"""`hubusers hub`: a hub to play with."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from hubusers.cli.shared import WholeNumber, end_on_sigterm, fail, running
from hubusers.durations import seconds, seconds_range
from hubusers.local import LocalHub
from hubusers.settings.access import ENDPOINT_VARIABLE, TOKEN_VARIABLE

CARRIES = (
    "With two cores to itself, such a hub starts some 25 servers a second: when 1,000 users came, 100 a second, all of "
    "them had a server within a minute."
)
"""What was measured (`python -m benchmarks.local_hub`) of stubs, whichever proxy runs."""


class Duration(click.ParamType):  # type: ignore[type-arg]  # takes none before click 8.4
    """A duration, or a range of them, as one of the readers in `hubusers.durations` takes it."""

    name = "duration"

    def __init__(self, read: Callable[[str], Any]) -> None:
        self.read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self.read(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(short_help="Run a JupyterHub on this machine until Ctrl-C.")
@click.option(
    "--servers",
    type=click.Choice(["stub", "lab"]),
    default="stub",
    show_default=True,
    help="stub: no process per server, thousands fit on a laptop. lab: real JupyterLab, about 100 MB each.",
)
@click.option(
    "--spawn-seconds",
    type=Duration(seconds_range),
    default="2-5",
    show_default=True,
    help="How long a spawn takes: seconds, a duration such as 1m30s, or a range.",
)
@click.option(
    "--stop-seconds", type=Duration(seconds_range), default="0-1", show_default=True, help="How long a stop takes."
)
@click.option(
    "--spawn-failure-share",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of spawns that fail.",
)
@click.option(
    "--concurrent-spawn-limit",
    type=WholeNumber(0),
    default=0,
    show_default=True,
    help="Number of pending spawns at which the hub begins to answer 429 (come back later); 0: no limit.",
)
@click.option(
    "--slow-spawn-timeout",
    type=Duration(seconds),
    default="0s",
    show_default=True,
    help="How long the hub waits with its answer to a start: 0s as on Kubernetes; JupyterHub's own default is 10s.",
)
@click.option("--port", type=WholeNumber(0, 65535), default=0, help="Port on 127.0.0.1; 0, the default: any free one.")
@click.option(
    "--ip", default="127.0.0.1", show_default=True, help="Address to listen on; any other one opens it to the network."
)
@click.option(
    "--incident",
    metavar="NAME",
    default="",
    help="Let happen what a public report describes; `hubusers incidents` lists the names. The options above win over "
    "the incident's own.",
)
@click.option("--token-file", metavar="FILE", help="Also write the API token into this file, which only you can read.")
def hub(token_file: str | None, **options: Any) -> None:
    """Run a real JupyterHub on this machine, with a real proxy and database, until Ctrl-C.

    Anybody can log in with any password. Nothing of the hub is left behind.
    """
    if options["incident"]:
        # This command's defaults must not win over what the incident says.
        options = {
            name: value
            for name, value in options.items()
            if click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT
        }
    try:
        local_hub = LocalHub(**options)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    end_on_sigterm()
    click.echo("Starting a JupyterHub …", err=True)
    with running(local_hub):
        if local_hub.settings.servers == "stub" and not local_hub.incident:
            click.echo(CARRIES, err=True)
        click.echo(
            f"JupyterHub is running at {local_hub.url} (proxy from {local_hub.proxy}; Ctrl-C ends it). Use it with:"
        )
        click.echo(f"export {ENDPOINT_VARIABLE}={local_hub.endpoint}")
        click.echo(f"export {TOKEN_VARIABLE}={local_hub.token}")
        if local_hub.rehearsal:
            click.echo("Then rehearse the incident with:")
            click.echo(shlex.join(["hubusers", "run", *local_hub.rehearsal]))
        if token_file:
            _write_token(token_file, local_hub.token)
        try:
            code = local_hub.wait()
            log = local_hub.end_of_log()
        except KeyboardInterrupt:
            click.echo("Stopping; nothing of the hub will be left.", err=True)
            return
    fail(f"The hub ended by itself (exit code {code}). Its log ends with:\n{log}")


def _write_token(file: str, token: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            if Path(file).is_file():  # not a device; an existing file may be readable for others
                os.fchmod(descriptor, 0o600)
            opened.write(token)
    except OSError as error:
        fail(f"The token file {file} cannot be written: {error.strerror}.")
