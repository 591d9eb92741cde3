"""The options of a run: on Locust's command line, in its web UI and by environment."""

import argparse
import os
from typing import TYPE_CHECKING, NoReturn, get_args

from hubusers.accounts.names import DEFAULT_PREFIX, checked_prefix
from hubusers.hub.deadline import POLL_INTERVAL
from hubusers.settings.access import (
    ENDPOINT_VARIABLE,
    PASSWORD_FILE_VARIABLE,
    PASSWORD_VARIABLE,
    TOKEN_FILE_VARIABLE,
    TOKEN_VARIABLE,
)
from hubusers.settings.settings import SAID_BY_THE_EVENT, Wait
from hubusers.settings.values import (
    checked,
    json_object_text,
    leaving_shares_text,
    seconds,
    seconds_range_text,
    whole_number,
)

if TYPE_CHECKING:  # the hubusers command needs this file and not Locust
    from locust.argument_parser import LocustArgumentParser

LOOPBACK = "127.0.0.1"


def add_options(parser: "LocustArgumentParser") -> None:
    """Add the run's options to Locust's parser, and make the web UI and the master listen on loopback by default."""
    # Whoever reaches the web UI can load the hub with the operator's token, so it is for this machine only unless told.
    parser.set_defaults(web_host=LOOPBACK, master_bind_host=LOOPBACK, host=os.environ.get(ENDPOINT_VARIABLE) or None)
    _add_hub_options(parser)
    _add_account_options(parser)
    _add_event_options(parser)
    _add_server_options(parser)
    _add_user_options(parser)
    _add_failure_options(parser)


def _add_hub_options(parser: "LocustArgumentParser") -> None:
    """How to reach the hub, and be let in."""
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


def _add_account_options(parser: "LocustArgumentParser") -> None:
    """Whose servers are started."""
    parser.add_argument(
        "--name-prefix",
        metavar="PREFIX",
        default=DEFAULT_PREFIX,
        type=checked(checked_prefix),
        env_var="HUBUSERS_NAME_PREFIX",
        help="What the names of the test users begin with: lower-case letters, digits, hyphens. Default: %(default)s.",
    )
    parser.add_argument(
        "--accounts",
        metavar="FILE",
        default="",
        env_var="HUBUSERS_ACCOUNTS",
        include_in_web_ui=False,
        help="CSV file of accounts for people to have, instead of accounts that the run makes: name,password or "
        "name,token in its first line. They are neither made nor deleted; the servers that they start are stopped.",
    )
    parser.add_argument(
        "--named-servers",
        action="store_true",
        env_var="HUBUSERS_NAMED_SERVERS",
        include_in_web_ui=False,
        help="Each person is a named server of the one account whose token this is: needs no admin rights.",
    )
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        env_var=PASSWORD_FILE_VARIABLE,
        include_in_web_ui=False,
        help="File that holds the password with which the accounts that the run makes log in by the hub's form, where "
        "the hub lets them (dummy and shared-password authenticators). Without it the password is taken from the "
        f"variable {PASSWORD_VARIABLE}; without either people use tokens, which the run gets for them.",
    )


def _add_event_options(parser: "LocustArgumentParser") -> None:
    """What is rehearsed, and where it is written down."""
    parser.add_argument(
        "--event",
        metavar="FILE",
        default="",
        env_var="HUBUSERS_EVENT",
        include_in_web_ui=False,
        help="Rehearse the event that is written down in this TOML file: who comes when, for how long, and what must "
        "hold. Or the name of a ready-made one, which `hubusers events` lists. Takes the place of -u, -r and -t.",
    )
    parser.add_argument(
        "--time-scale",
        metavar="FACTOR",
        default="",
        env_var="HUBUSERS_TIME_SCALE",
        include_in_web_ui=False,
        help="Make the event so many times faster than its file says: with 12, two hours take ten minutes.",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        include_in_web_ui=False,
        help="Draw the planned arrivals and servers of --event, and end, without asking the hub anything.",
    )
    parser.add_argument(
        "--runs-folder",
        metavar="FOLDER",
        default="runs",
        env_var="HUBUSERS_RUNS_FOLDER",
        include_in_web_ui=False,
        help='Each run leaves its measurements and a report in a new folder below this one; "" for nowhere. '
        "Default: runs.",
    )


def _add_server_options(parser: "LocustArgumentParser") -> None:
    """What servers are started, and how they are waited for."""
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
        type=checked(json_object_text),
        env_var="HUBUSERS_USER_OPTIONS",
        help='User options to start servers with, a JSON object such as {"image": "scipy:latest"}; not with '
        "--server-profile.",
    )
    parser.add_argument(
        "--server-timeout",
        metavar="SECONDS",
        default=60.0,
        type=checked(seconds),
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
        type=checked(seconds),
        env_var="SERVER_POLL_INTERVAL",
        help="Seconds between two looks at a server, or at the list of servers; with --wait progress, only where there "
        "is no stream: stopping servers, and starting ones whose stream broke off. Default: 1.",
    )


def _add_user_options(parser: "LocustArgumentParser") -> None:
    """What the users do."""
    parser.add_argument(
        "--stay",
        metavar="SECONDS",
        default=SAID_BY_THE_EVENT["stay"],
        type=checked(seconds_range_text),
        env_var="HUBUSERS_STAY",
        help="How long a user stays with a ready server: seconds, or a range such as 30-90. Default: 30-90.",
    )
    parser.add_argument(
        "--pause",
        metavar="SECONDS",
        default=SAID_BY_THE_EVENT["pause"],
        type=checked(seconds_range_text),
        env_var="HUBUSERS_PAUSE",
        help="How long a user pauses between two servers: seconds, or a range such as 10-30. Default: 10-30.",
    )
    parser.add_argument(
        "--notebooks",
        metavar="FOLDER",
        default="",
        env_var="HUBUSERS_NOTEBOOKS",
        include_in_web_ui=False,
        help="Folder of notebooks that a NotebookUser works through; the outputs stored in them are what must come. "
        "Default: a small one that comes with hubusers.",
    )
    parser.add_argument(
        "--thinking",
        metavar="SECONDS",
        default=SAID_BY_THE_EVENT["thinking"],
        type=checked(seconds_range_text),
        env_var="HUBUSERS_THINKING",
        help="How long a NotebookUser thinks before each cell: seconds, or a range. Default: 5-20.",
    )
    parser.add_argument(
        "--leave",
        metavar="SHARES",
        default=SAID_BY_THE_EVENT["leave"],
        type=checked(leaving_shares_text),
        env_var="HUBUSERS_LEAVE",
        help="How a NotebookUser leaves: log-out (the server is stopped), close-tab (it is left running) or walk-away "
        "(the connections stay open as well); or the share of each, such as log-out=70%%,walk-away=30%%. Default: "
        "log-out.",
    )
    parser.add_argument(
        "--activity-interval",
        metavar="SECONDS",
        default=300.0,
        type=checked(seconds),
        env_var="HUBUSERS_ACTIVITY_INTERVAL",
        help="Seconds between two of the reports that an ActivityUser sends to the hub. Default: 300, as servers do.",
    )
    parser.add_argument(
        "--lifecycles",
        metavar="N",
        default=0,
        type=checked(whole_number),
        env_var="HUBUSERS_LIFECYCLES",
        help="Lifecycles (start to stopped) after which a user is done; the run ends with the last user. Who is done "
        "while Locust still ramps up is replaced by another user. Default: 0, for ever.",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        env_var="HUBUSERS_KEEP",
        help="Steady state: each user starts one server and keeps it, and users and servers are still there after the "
        "run. `hubusers purge` removes them.",
    )


def _add_failure_options(parser: "LocustArgumentParser") -> None:
    """What becomes of failures."""
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
        type=checked(whole_number),
        env_var="HUBUSERS_STOP_AFTER_FAILED_SPAWNS",
        help="Stop the run when so many spawns in a row have failed, and before it when the first servers, tried one "
        "by one, all fail: after five, a hub with consecutive_failure_limit (Kubernetes deployments have it) exits. "
        "0: never, and nothing is tried before the run. Default: 4.",
    )


class _RefuseToken(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        parser.error(
            "a token on the command line can be read by everybody on this machine. "
            f"Put it into {TOKEN_VARIABLE}, or its file's name into --hub-token-file."
        )
