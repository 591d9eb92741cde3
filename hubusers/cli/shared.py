"""What more than one command has: the way to a hub as options, a local hub for a while, and an end with a sentence."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

import click

from hubusers.local import LocalHub, LocalHubError
from hubusers.settings.access import ENDPOINT_VARIABLE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE

EXIT_ERROR = 2

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


class Terminated(KeyboardInterrupt):
    """SIGTERM: like Ctrl-C, but nobody else was told, as a terminal tells all that runs in its foreground."""


@contextlib.contextmanager
def running(local_hub: LocalHub) -> Iterator[LocalHub]:
    """Have a local hub for the length of a with-block; say in one sentence why it does not start."""
    try:
        local_hub.start()
    except LocalHubError as error:
        fail(str(error))
    try:
        yield local_hub
    finally:
        local_hub.stop()


def end_on_sigterm() -> None:
    def interrupt(signal_number: int, frame: FrameType | None) -> NoReturn:
        raise Terminated

    signal.signal(signal.SIGTERM, interrupt)


def fail(sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(EXIT_ERROR)
