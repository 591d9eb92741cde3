"""`hubusers demo`: a test of a JupyterHub that runs on this machine."""

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
"""Prefixes of the environment variables that set options of a test."""


@click.command(short_help="Test a real JupyterHub on this machine, with live charts.")
@click.option("--users", type=click.IntRange(1), default=100, show_default=True, help="Number of users.")
@click.option("--seconds", type=click.IntRange(5), default=60, show_default=True, help="Duration of the test.")
@click.option(
    "--runs-folder", metavar="FOLDER", default="runs", show_default=True, help="Folder for the run's results."
)
@click.option(
    "--web-port", type=click.IntRange(0, 65535), default=0, help="Port of the web UI. The default, 0, takes a free one."
)
def demo(users: int, seconds: int, runs_folder: str, web_port: int) -> None:
    """Test a real JupyterHub on this machine, with live charts to watch."""
    end_on_sigterm()
    click.echo("Starting a JupyterHub on this machine …", err=True)
    with running(LocalHub(spawn_seconds=(2, 5), stop_seconds=(0, 1))) as local_hub:
        port = web_port or free_port()
        click.echo(f"JupyterHub is running at {local_hub.url}.")
        click.echo(f"Watch the test for {seconds} seconds: http://127.0.0.1:{port}/hub and the tabs beside it.")
        locust = subprocess.Popen(
            [
                *[sys.executable, "-m", "locust", "-f", str(locustfile())],
                *["--users", str(users), "--spawn-rate", str(max(1, users / 10)), "--run-time", str(seconds)],
                *["--stay", "5-15", "--pause", "1-5"],  # short, so that a minute shows whole lifecycles
                *["--autostart", "--autoquit", "0", "--web-port", str(port), "--runs-folder", runs_folder],
            ],
            env=environment_for(local_hub),
            stdin=subprocess.DEVNULL,
        )
        code = _wait_for(locust)
    if code == 0:
        click.echo("Open the report. Next, try an event (hubusers events) or your own hub (hubusers check --host URL).")
    sys.exit(code)


def environment_for(local_hub: LocalHub) -> dict[str, str]:
    """Return the environment for a test of the local hub, without the variables for the operator's own hub."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OPTIONS_BY_ENVIRONMENT)}
    kept.pop(TOKEN_FILE_VARIABLE, None)
    return {**kept, ENDPOINT_VARIABLE: local_hub.endpoint, TOKEN_VARIABLE: local_hub.token}


def locustfile() -> Path:
    """Return the locustfile: at the top of a checkout or, if installed from a wheel, in the package."""
    package = Path(hubusers.__file__).parent
    installed = package / "locustfile.py"
    return installed if installed.exists() else package.parent / "locustfile.py"


def _wait_for(process: "subprocess.Popen[bytes]") -> int:
    """Return a process's exit code. After Ctrl-C, which it receives too, and after SIGTERM, let it clean up first."""
    is_told = False
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt as interrupt:
            click.echo("Stopping; Locust is cleaning up …", err=True)
            if isinstance(interrupt, Terminated) and not is_told:  # a second signal would end its clean-up
                process.terminate()
            is_told = True
