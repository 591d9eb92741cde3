"""The options of a run: on Locust's command line, in its web UI and by environment; and the settings made of them."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args

import requests

from hubusers.hub.accounts import DEFAULT_PREFIX
from hubusers.hub.batches import checked_choice
from hubusers.hub.endpoint import endpoint_from_url
from hubusers.hub.lifecycle import UserOptions, user_options
from hubusers.hub.session import checked_token, get_session
from hubusers.hub.waiting import POLL_INTERVAL
from hubusers.run.names import checked_prefix

if TYPE_CHECKING:  # the hubusers command needs this file and not Locust
    from locust.argument_parser import LocustArgumentParser

TOKEN_VARIABLE = "JUPYTERHUB_API_TOKEN"  # noqa: S105  # a name, no token
TOKEN_FILE_VARIABLE = "JUPYTERHUB_API_TOKEN_FILE"  # noqa: S105
ENDPOINT_VARIABLE = "JUPYTERHUB_ENDPOINT"

LOOPBACK = "127.0.0.1"

Wait = Literal["progress", "listing", "poll"]


class SettingsError(ValueError):
    """An option, a variable or a file that cannot be used; the text says which, and what to do."""


@dataclass(frozen=True)
class Access:
    """How this process gets at the hub: a worker may run on another machine than its master, so each has its own."""

    token: str = field(repr=False)
    verify: bool | str = True  # TLS certificates: as for get_session
    token_file: str | None = None

    @property
    def arguments(self) -> list[str]:
        """What gives another command the same access; the token in the environment is there for it as well."""
        arguments = ["--hub-token-file", self.token_file] if self.token_file else []
        if isinstance(self.verify, str):
            return [*arguments, "--ca-bundle", self.verify]
        return arguments if self.verify else [*arguments, "--insecure"]

    @cached_property
    def session(self) -> requests.Session:
        """The one session that everything but the users speaks through."""
        return get_session(self.token, verify=self.verify)


@dataclass(frozen=True)
class Settings:
    """What a run was asked to do. Made once, when it starts; nothing else reads options or the environment."""

    endpoint: str
    access: Access
    prefix: str
    run_id: str
    server_timeout: float  # seconds from asking for a server until it is ready; also for stopping one
    poll_interval: float  # seconds
    wait: Wait  # how users learn that their servers are ready or gone
    stay: tuple[float, float]  # seconds with a ready server, drawn evenly from the range
    pause: tuple[float, float]  # seconds without one
    user_options: UserOptions | None
    keep: bool
    lifecycles: int  # 0: for ever
    end_after_failure: bool  # whether a user ends when a step failed; otherwise the user tries again
    failed_spawns_to_stop: int  # in a row; 0: never


def add_options(parser: "LocustArgumentParser") -> None:
    """Add the run's options to Locust's parser, and make the web UI and the master listen on loopback by default."""
    # Whoever reaches the web UI can load the hub with the operator's token, so it is for this machine only unless told.
    parser.set_defaults(web_host=LOOPBACK, master_bind_host=LOOPBACK, host=os.environ.get(ENDPOINT_VARIABLE) or None)
    parser.add_argument(
        "--hub-token",
        action=_RefuseToken,
        include_in_web_ui=False,
        help=argparse.SUPPRESS,
    )
    parser.add_argument(
        "--hub-token-file",
        metavar="FILE",
        env_var=TOKEN_FILE_VARIABLE,
        include_in_web_ui=False,
        help=f"File that holds the hub's API token. Without it the token is taken from the variable {TOKEN_VARIABLE}.",
    )
    parser.add_argument(
        "--ca-bundle",
        metavar="FILE",
        env_var="REQUESTS_CA_BUNDLE",
        include_in_web_ui=False,
        help="File or folder with the certificates of the authorities that the hub's TLS certificate is checked "
        "against. Default: the usual authorities.",
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        env_var="HUBUSERS_INSECURE",
        include_in_web_ui=False,
        help="Don't verify the hub's TLS certificate. Whoever stands between here and the hub can then read the token.",
    )
    parser.add_argument(
        "--name-prefix",
        metavar="PREFIX",
        default=DEFAULT_PREFIX,
        type=_checked(checked_prefix),
        env_var="HUBUSERS_NAME_PREFIX",
        help="What the names of the test users begin with: lower-case letters, digits, hyphens. Default: %(default)s.",
    )
    parser.add_argument(
        "--server-timeout",
        metavar="SECONDS",
        default=60.0,
        type=_checked(_seconds),
        env_var="SERVER_LIFECYCLE_TIMEOUT",
        help="Seconds from asking for a server until it must be ready, and from stopping one until it must be gone. "
        "Default: 60.",
    )
    parser.add_argument(
        "--wait",
        choices=get_args(Wait),
        default="progress",
        env_var="HUBUSERS_WAIT",
        help="How users learn that their servers are ready or gone. progress: each listens to its server's progress "
        "stream, as a browser does. listing: the hub's list of active servers is read once per interval for all. poll: "
        "each looks at its user once per interval; costs a hub the most. Default: progress.",
    )
    parser.add_argument(
        "--poll-interval",
        metavar="SECONDS",
        default=POLL_INTERVAL,
        type=_checked(_seconds),
        env_var="SERVER_POLL_INTERVAL",
        help="Seconds between two looks at a server, or at the list of servers; with --wait progress, only where there "
        "is no stream: stopping servers, and starting ones whose stream broke off. Default: 1.",
    )
    parser.add_argument(
        "--stay",
        metavar="SECONDS",
        default="30-90",
        type=_checked(_range_text),
        env_var="HUBUSERS_STAY",
        help="How long a user stays with a ready server: seconds, or a range such as 30-90. Default: 30-90.",
    )
    parser.add_argument(
        "--pause",
        metavar="SECONDS",
        default="10-30",
        type=_checked(_range_text),
        env_var="HUBUSERS_PAUSE",
        help="How long a user pauses between two servers: seconds, or a range such as 10-30. Default: 10-30.",
    )
    parser.add_argument(
        "--server-profile",
        metavar="SLUG",
        default="",
        env_var="HUBUSERS_SERVER_PROFILE",
        help="Slug of the hub's profile to start servers with (Locust's own --profile is another thing).",
    )
    parser.add_argument(
        "--user-options",
        metavar="JSON",
        default="",
        type=_checked(_json_object_text),
        env_var="HUBUSERS_USER_OPTIONS",
        help='User options to start servers with, a JSON object such as {"image": "scipy:latest"}; not with '
        "--server-profile.",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        env_var="HUBUSERS_KEEP",
        help="Steady state: each user starts one server and keeps it, and users and servers are still there after the "
        "run. `hubusers purge` removes them.",
    )
    parser.add_argument(
        "--lifecycles",
        metavar="N",
        default=0,
        type=_checked(_count),
        env_var="HUBUSERS_LIFECYCLES",
        help="Lifecycles (start to stopped) after which a user is done; the run ends with the last user. Who is done "
        "while Locust still ramps up is replaced by another user. Default: 0, for ever.",
    )
    parser.add_argument(
        "--after-failure",
        choices=["again", "end"],
        default="again",
        env_var="HUBUSERS_AFTER_FAILURE",
        help="What a user does when a server failed to start or stop, or took too long: try again after a pause, or "
        "end. Default: again.",
    )
    parser.add_argument(
        "--stop-after-failed-spawns",
        metavar="N",
        default=4,
        type=_checked(_count),
        env_var="HUBUSERS_STOP_AFTER_FAILED_SPAWNS",
        help="Stop the run when so many spawns in a row have failed, and before it when the first servers, tried one "
        "by one, all fail: after five, a hub with consecutive_failure_limit (Kubernetes deployments have it) exits. "
        "0: never, and nothing is tried before the run. Default: 4.",
    )


def settings_from(options: argparse.Namespace, host: str | None, run_id: str, access: Access) -> Settings:
    """Make a run's settings of Locust's parsed options; the web UI may have changed those since they were parsed.

    Raises:
        SettingsError: An option, a variable or a file cannot be used.
    """
    if options.server_profile and options.user_options:
        raise SettingsError("Give --server-profile or --user-options, not both: a profile is one of the user options.")
    profile = options.server_profile or json.loads(_usable(_json_object_text, options.user_options) or "null")
    return Settings(
        endpoint=endpoint_of(host),
        access=access,
        prefix=_usable(checked_prefix, options.name_prefix),
        run_id=run_id,
        server_timeout=_usable(_seconds, str(options.server_timeout)),
        poll_interval=_usable(_seconds, str(options.poll_interval)),
        wait=_usable(lambda text: checked_choice(text, get_args(Wait), "--wait"), options.wait),
        stay=_usable(_range, options.stay),
        pause=_usable(_range, options.pause),
        user_options=user_options(profile),
        keep=options.keep,
        lifecycles=_usable(_count, str(options.lifecycles)),
        end_after_failure=options.after_failure == "end",
        failed_spawns_to_stop=_usable(_count, str(options.stop_after_failed_spawns)),
    )


def access_from(token_file: str | None, ca_bundle: str | None, insecure: bool) -> Access:
    """Read the token and look at the certificates; raise SettingsError when one of them cannot be used."""
    access = Access(read_token(token_file), not insecure if insecure or not ca_bundle else ca_bundle, token_file)
    try:
        _ = access.session
    except ValueError as error:
        raise SettingsError(f"{error}. Give another one with --ca-bundle.") from None
    return access


def endpoint_of(host: str | None) -> str:
    """Return the API endpoint for what was given as the host; raise SettingsError when nothing usable was."""
    if not host:
        raise SettingsError(f"Which hub? Give its URL with --host (-H) or in {ENDPOINT_VARIABLE}.")
    try:
        return endpoint_from_url(host)
    except ValueError as error:
        raise SettingsError(f"The hub's URL (--host or {ENDPOINT_VARIABLE}) cannot be used: {error}.") from None


def read_token(file: str | None = None) -> str:
    """Return the hub's API token from a file or, without one, from the environment; raise SettingsError for neither."""
    if file:
        try:
            return checked_token(Path(file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
            raise SettingsError(f"The token file {file} cannot be read: {reason}.") from None
        except ValueError as error:
            raise SettingsError(f"The token file {file} cannot be used: {error}.") from None
    try:
        return checked_token(os.environ.get(TOKEN_VARIABLE, ""))
    except ValueError as error:
        raise SettingsError(
            f"No usable API token: {error}. Put one into {TOKEN_VARIABLE}, or its file's name into --hub-token-file."
        ) from None


class _RefuseToken(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        parser.error(
            "a token on the command line can be read by everybody on this machine. "
            f"Put it into {TOKEN_VARIABLE}, or its file's name into --hub-token-file."
        )


def _checked(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let argparse show a converter's own words; of a plain ValueError it shows only the converter's name."""

    def converted(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted


def _usable(convert: Callable[[str], Any], text: str) -> Any:
    try:
        return convert(text)
    except ValueError as error:
        raise SettingsError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None


def _seconds(text: str) -> float:
    low, high = _range(text)
    if low != high or low <= 0:
        raise ValueError(f"{text!r} must be a number of seconds above 0")
    return low


def _range(text: str) -> tuple[float, float]:
    low_text, separator, high_text = text.strip().partition("-")
    try:
        low = float(low_text)
        high = float(high_text) if separator else low
    except ValueError:
        low, high = 1.0, 0.0
    if not 0 <= low <= high < float("inf"):
        raise ValueError(f"{text!r} must be seconds, or a range of seconds such as 30-90")
    return low, high


def _range_text(text: str) -> str:
    # The option keeps its text, because the web UI shows it and sends text back.
    _range(text)
    return text


def _json_object_text(text: str) -> str:
    try:
        model = json.loads(text) if text.strip() else {}
    except ValueError:
        model = None
    if not isinstance(model, dict):
        raise ValueError(f'{text!r} must be a JSON object such as {{"image": "scipy:latest"}}')
    return text.strip()


def _count(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError(f"{text!r} must be a whole number, 0 or more")
    return int(text)
