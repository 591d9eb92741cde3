"""`hubusers demo`: an event on a JupyterHub that runs on this machine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from types import FrameType

import click

from hubusers.cli.run import locustfile
from hubusers.cli.shared import WholeNumber, end_on_sigterm, fail, running
from hubusers.counting import counted
from hubusers.event.file import EventError, read_event
from hubusers.exit_codes import EXIT_FAILURES, EXIT_INTERRUPTED, EXIT_NO_ANSWER, EXIT_SUCCESS
from hubusers.local import LocalHub
from hubusers.local.ports import LOOPBACK, free_port
from hubusers.settings.access import ENDPOINT_VARIABLE, HUB_ENDS_VARIABLE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE

_OPTIONS_BY_ENVIRONMENT = ("HUBUSERS_", "LOCUST_", "SERVER_")
"""Prefixes of the environment variables that set options of a test."""


_CODES_OF_ANSWERS = {"missed": EXIT_FAILURES, "failures": EXIT_FAILURES, "no answer": EXIT_NO_ANSWER}
"""The answers of a run that are not that the hub holds, with its exit code; each is also the code of other mishaps."""

_SAID_OF_ANSWERS = {
    "missed": "So this machine was too slow for the targets: the hub, its proxy and all people share its {cores}. The "
    "report says what limited it. Try again while it does less, or on a faster one.",
    "failures": "So not everything succeeded on this machine: the hub, its proxy and all people share its {cores}. The "
    "report says what failed.",
    "no answer": "So the demo gave no answer. If that is because this machine is slow or busy (the hub, its proxy and "
    "all people share its {cores}), try again while it does less, or on a faster one.",
}
"""What is said last. A run of the demo is not an error because of such an answer, which is about this machine."""


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command(short_help="Rehearse an event on a real JupyterHub on this machine, with live charts.")
@click.option(
    "--event",
    metavar="EVENT",
    default="demo",
    show_default=True,
    help="What to rehearse: the file of an event, or the name of a ready-made one.",
)
@click.option(
    "--runs-folder", metavar="FOLDER", default="runs", show_default=True, help="Folder for the run's results."
)
@click.option(
    "--web-port", type=WholeNumber(0, 65535), default=0, help="Port of the web UI. The default, 0, takes a free one."
)
def demo(event: str, runs_folder: str, web_port: int) -> None:
    """Rehearse an event on a real JupyterHub on this machine, with live charts to watch.

    The event is a class of a hundred people who come within a minute, with two targets. No browser opens: look at the
    URL after "Watch it live". At the end, the page shows the answer, and stays for as long as you have it open. The
    demo ends at most 75 seconds after you close it, or at once with Ctrl-C.

    Nothing of the hub is left; the report is, in the folder with the run's results. The exit code is 0 whatever the
    answer is, because that depends on this machine; 130 when it was interrupted; and another one when something went
    wrong.
    """
    try:
        read_event(event)
    except EventError as error:
        fail(str(error))
    end_on_sigterm()
    runs = Path(runs_folder)
    before = set(runs.glob("*"))

    def answers() -> list[str]:
        return [_answer_in(folder) for folder in set(runs.glob("*")) - before]

    click.echo("Starting a JupyterHub on this machine …", err=True)
    with running(LocalHub(spawn_seconds=(2, 5), stop_seconds=(0, 1))) as local_hub:
        click.echo("JupyterHub is running. Starting Locust; where to watch follows in a moment …", err=True)
        locust = subprocess.Popen(
            [
                *[sys.executable, "-m", "locust", "-f", str(locustfile()), "--event", event],
                *["--autostart", "--autoquit", "0", "--web-host", LOOPBACK, "--web-port", str(web_port or free_port())],
                *["--runs-folder", runs_folder],
            ],
            env=environment_for(local_hub),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a signal for all of this group should reach it once, from here
        )
        code, was_cut_short = _wait_for(locust, answers)
        if not was_cut_short and local_hub.has_ended():
            fail(f"The demo's JupyterHub ended in the middle of it. Its log ends with:\n{local_hub.end_of_log()}")
    code, sentence = (EXIT_INTERRUPTED, "") if was_cut_short else judged(code, answers())
    if sentence:
        click.echo(sentence, err=True)
    sys.exit(code)


def judged(code: int, answers: Collection[str]) -> tuple[int, str]:
    """Return the demo's exit code, and what else is to be said.

    Args:
        code: The exit code of its run.
        answers: The answers in the folders that runs have written meanwhile, as in their summary.json.
    """
    for answer in answers:
        if _CODES_OF_ANSWERS.get(answer) == code:
            return EXIT_SUCCESS, _SAID_OF_ANSWERS[answer].format(cores=counted(os.cpu_count() or 1, "CPU core"))
    return code, ""


def _answer_in(folder: Path) -> str:
    """Return the answer of the run in a folder; nothing if it has none."""
    try:
        return str(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["verdict"]["answer"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def environment_for(local_hub: LocalHub) -> dict[str, str]:
    """Return the environment for a test of the local hub, without the variables for the operator's own hub."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OPTIONS_BY_ENVIRONMENT)}
    kept.pop(TOKEN_FILE_VARIABLE, None)
    return {**kept, ENDPOINT_VARIABLE: local_hub.endpoint, TOKEN_VARIABLE: local_hub.token, HUB_ENDS_VARIABLE: "yes"}


def _wait_for(process: "subprocess.Popen[bytes]", answers: Callable[[], list[str]]) -> tuple[int, bool]:
    """Return a process's exit code, and whether it was interrupted before there was an answer.

    It is told of Ctrl-C, SIGTERM and a terminal that closes, and cleans up then; a second Ctrl-C ends its clean-up. A
    second SIGTERM does not: `timeout` sends one to this process and one to its group.
    """
    was_interrupted = was_cut_short = False

    def pass_on(signal_number: int, frame: FrameType | None) -> None:
        nonlocal was_interrupted, was_cut_short
        if was_interrupted and signal_number != signal.SIGINT:
            return
        if not was_interrupted:
            was_interrupted = True
            if not any(answers()):
                was_cut_short = True
                click.echo("Stopping; Locust cleans up first. Ctrl-C once more ends it at once.", err=True)
        process.send_signal(signal.SIGINT)

    heard = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]  # as nohup has SIGHUP
    before = {each: signal.signal(each, pass_on) for each in heard}
    try:
        return process.wait(), was_cut_short
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
