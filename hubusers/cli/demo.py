"""`hubusers demo`: a hub and people who come, at once and without one's own."""

import os
import subprocess
import sys
from pathlib import Path

import click

import hubusers
from hubusers.cli.shared import Terminated, end_on_sigterm, running
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from hubusers.settings.access import ENDPOINT_VARIABLE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE

_OPTIONS_BY_ENVIRONMENT = ("HUBUSERS_", "LOCUST_", "SERVER_")
"""What the variables begin with that stand for options of a test."""


@click.command()
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
    end_on_sigterm()
    click.echo("Starting a JupyterHub on this machine …", err=True)
    with running(LocalHub(spawn_seconds=(2, 5), stop_seconds=(0, 1))) as local_hub:
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
            env=environment_for(local_hub),
            stdin=subprocess.DEVNULL,
        )
        code = _wait_for(locust)
    if code == 0:
        click.echo("Open the report. Next, an event (hubusers events), or your own hub (hubusers check --host URL).")
    sys.exit(code)


def environment_for(local_hub: LocalHub) -> dict[str, str]:
    """Return the environment without what is meant for a hub of one's own, whose token is nothing for the local one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OPTIONS_BY_ENVIRONMENT)}
    kept.pop(TOKEN_FILE_VARIABLE, None)
    return {**kept, ENDPOINT_VARIABLE: local_hub.endpoint, TOKEN_VARIABLE: local_hub.token}


def locustfile() -> Path:
    """Return the locustfile: at the top of a checkout, inside the package where that was installed from a wheel."""
    package = Path(hubusers.__file__).parent
    installed = package / "locustfile.py"
    return installed if installed.exists() else package.parent / "locustfile.py"


def _wait_for(process: "subprocess.Popen[bytes]") -> int:
    """Return a process's exit code; after Ctrl-C, which reached it as well, or SIGTERM still let it clean up."""
    is_told = False
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt as interrupt:
            click.echo("Stopping; Locust cleans up first …", err=True)
            if isinstance(interrupt, Terminated) and not is_told:  # a second signal would end its cleaning up
                process.terminate()
            is_told = True
