"""What several commands share: the options that lead to a hub, a local hub for a while, an exit with one sentence."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

import click

from hubusers.exit_codes import EXIT_CANNOT_TEST, EXIT_INTERRUPTED
from hubusers.local import LocalHub, LocalHubError
from hubusers.settings.access import ENDPOINT_VARIABLE
from hubusers.settings.options import OPTIONS

HOST_OPTION = click.option(
    "--host", "-H", metavar="URL", envvar=ENDPOINT_VARIABLE, help=f"The hub's URL. Also by {ENDPOINT_VARIABLE}."
)


def _as_for_a_test(name: str) -> Callable[[Any], Any]:
    """Return the option of a test as an option of a command."""
    option = OPTIONS[name]
    return click.option(
        option.flag,
        metavar=option.metavar or None,
        envvar=option.variable,
        is_flag=option.read is None,
        help=option.help_with_default,
    )


TOKEN_FILE_OPTION = _as_for_a_test("hub_token_file")
CA_BUNDLE_OPTION = _as_for_a_test("ca_bundle")
INSECURE_OPTION = _as_for_a_test("insecure")
PASSWORD_FILE_OPTION = _as_for_a_test("password_file")
IDENTITY_PROVIDER_OPTION = _as_for_a_test("identity_providers")
ACCOUNTS_OPTION = _as_for_a_test("accounts_file")
LTI_OPTION = _as_for_a_test("lti_file")
GRAFANA_URL_OPTION = _as_for_a_test("grafana_url")
GRAFANA_TOKEN_FILE_OPTION = _as_for_a_test("grafana_token_file")
NAMED_SERVERS_OPTION = click.option(
    "--named-servers", is_flag=True, help="For named servers of the account that owns the token; needs no admin rights."
)


class WholeNumber(click.IntRange):
    """A whole number in a range, which Click would call a "valid integer range"."""

    name = "whole number"


@contextlib.contextmanager
def running(local_hub: LocalHub) -> Iterator[LocalHub]:
    """Run a local hub for the length of a with-block. When it does not start, exit with one sentence that says why."""
    try:
        local_hub.start()
    except LocalHubError as error:
        fail(str(error))
    except KeyboardInterrupt:
        click.echo("Interrupted while the hub was starting; nothing of it is left.", err=True)
        sys.exit(EXIT_INTERRUPTED)
    try:
        yield local_hub
    finally:
        local_hub.stop()


def end_on_sigterm() -> None:
    def interrupt(signal_number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def fail(sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(EXIT_CANNOT_TEST)
