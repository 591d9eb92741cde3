"""The options of a run, each declared once: on Locust's command line, by environment and in the start form.

To add an option, declare it here as a field. All else follows: the parser and the help, what the start form offers and
may change, the settings, what a report shows, and docs/reference/options.md, which
`python -m hubusers.settings.options_table > docs/reference/options.md` writes.
"""

import argparse
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn, get_args

from hubusers.accounts.names import DEFAULT_PREFIX, checked_prefix
from hubusers.durations import seconds_above_zero, seconds_range
from hubusers.event.leaving import Leaving
from hubusers.event.start_page import git_pull_page
from hubusers.event.start_page import start_page as read_start_page
from hubusers.settings.access import (
    ENDPOINT_VARIABLE,
    GRAFANA_TOKEN_FILE_VARIABLE,
    GRAFANA_TOKEN_VARIABLE,
    PASSWORD_FILE_VARIABLE,
    PASSWORD_VARIABLE,
    TOKEN_FILE_VARIABLE,
    TOKEN_VARIABLE,
)
from hubusers.settings.declaration import Option, declared_options, option, switch
from hubusers.settings.readers import (
    LOOPBACK,
    Listening,
    factor,
    folder_on_server,
    grafana_address,
    identity_providers,
    json_object,
    leaving_shares,
    listening,
    one_of,
    web_address,
    whole_number,
)

if TYPE_CHECKING:  # the hubusers command needs this file and not Locust, and Locust needs it at once
    from locust.argument_parser import LocustArgumentParser

    from hubusers.hub.lifecycle import UserOptions

Wait = Literal["progress", "listing", "poll"]

HUB = "The hub, and access to it"
WEB_UI = "The web UI"
ACCOUNTS = "Accounts"
EVENT = "The event, and what a run leaves"
SERVERS = "Servers"
USERS = "Users"
FAILURES = "Failures"
TELEMETRY = "Prometheus and Grafana"


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a run, with their values."""

    hub_token_file: str = option(
        "--hub-token-file",
        read=str,
        metavar="FILE",
        variable=TOKEN_FILE_VARIABLE,
        section=HUB,
        in_web_form=False,
        in_report=False,
        help=f"File with the hub's API token. Without it, the token is taken from the variable {TOKEN_VARIABLE}.",
    )
    ca_bundle: str = option(
        "--ca-bundle",
        read=str,
        metavar="FILE",
        variable="REQUESTS_CA_BUNDLE",
        section=HUB,
        in_web_form=False,
        in_report=False,
        help="File or folder with the certificates of the authorities that may have signed the hub's TLS certificate. "
        "Without it, the usual authorities.",
    )
    insecure: bool = switch(
        "--insecure",
        section=HUB,
        in_web_form=False,
        in_report=False,
        help="Do not verify TLS certificates: the hub's, and that of an identity provider. Anybody between here and "
        "there can then read the token and passwords.",
    )
    web_url: str = option(
        "--web-url",
        read=web_address,
        metavar="URL",
        section=WEB_UI,
        in_web_form=False,
        in_report=False,
        help="URL at which browsers open the web UI, where they do so by plain HTTP and under a host name with a dot, "
        "such as that of a reverse proxy. Requests from pages of other host names are refused.",
    )
    prefix: str = option(
        "--name-prefix",
        read=checked_prefix,
        default=DEFAULT_PREFIX,
        metavar="PREFIX",
        section=ACCOUNTS,
        is_advanced=True,
        in_report=False,
        help="First part of the test users' names: lower-case letters, digits, hyphens.",
    )
    accounts_file: str = option(
        "--accounts",
        read=str,
        metavar="FILE",
        section=ACCOUNTS,
        in_web_form=False,
        in_report=False,
        help="CSV file of accounts to use instead of accounts that the run creates: name,password or name,token in its "
        "first line, or name,login,password where people type another name than the hub has for them. The run neither "
        "creates nor deletes them; it stops the servers that it started.",
    )
    named_servers: bool = switch(
        "--named-servers",
        section=ACCOUNTS,
        in_web_form=False,
        help="Start named servers of the account that owns the token, one for each user. Needs no admin rights.",
    )
    password_file: str = option(
        "--password-file",
        read=str,
        metavar="FILE",
        variable=PASSWORD_FILE_VARIABLE,
        section=ACCOUNTS,
        in_web_form=False,
        in_report=False,
        help="File with the password that accounts created by the run log in with, by the hub's form, where the hub "
        "accepts it (dummy and shared-password authenticators). Without it, the password is taken from the variable "
        f"{PASSWORD_VARIABLE}; without either, users have tokens, which the run gets for them.",
    )
    identity_providers: tuple[str, ...] = option(
        "--identity-provider",
        read=identity_providers,
        metavar="URL",
        section=ACCOUNTS,
        in_web_form=False,
        in_report=False,
        help="Where people with a password may type it if the hub leads them there: the scheme and host of the "
        "identity provider's login, such as https://sso.example.org; several with commas between them. Without it, "
        "passwords go to the hub only. Each login is load for the provider: ask its operators before.",
    )
    lti_file: str = option(
        "--lti",
        read=str,
        metavar="FILE",
        section=ACCOUNTS,
        in_web_form=False,
        in_report=False,
        help="Let people with a browser come by an LTI launch, as from a course in Moodle or Canvas: the file of the "
        "LMS that the run plays, which `hubusers lti FILE` makes. It holds a secret, by which anybody can come as "
        "anybody.",
    )
    event_file: str = option(
        "--event",
        read=str,
        metavar="FILE",
        section=EVENT,
        in_web_form=False,
        in_report=False,
        help="Rehearse the event that this TOML file describes: who comes when, for how long, and what must hold. Or "
        "the name of a ready-made event; `hubusers events` lists them. Replaces -u, -r and -t.",
    )
    time_scale: float = option(
        "--time-scale",
        read=factor,
        metavar="FACTOR",
        section=EVENT,
        in_web_form=False,
        in_report=False,
        help="Speed up the event by this factor: with 12, two hours take ten minutes, and people arrive twelve times "
        "as fast, which is harder for the hub than the event will be. To try only the beginning, as it will be, set "
        "ends_after in the event's file.",
    )
    dry_run: bool = switch(
        "--dry-run",
        variable="",
        section=EVENT,
        in_web_form=False,
        in_report=False,
        help="Draw the planned arrivals and servers of --event, and exit without asking the hub anything.",
    )
    runs_folder: str = option(
        "--runs-folder",
        read=str,
        default="runs",
        metavar="FOLDER",
        section=EVENT,
        in_web_form=False,
        in_report=False,
        help='Folder in which each run leaves its measurements and a report, in a folder of its own; "" for none.',
    )
    server_profile: str = option(
        "--server-profile",
        read=str.strip,
        metavar="SLUG",
        section=SERVERS,
        decided_by_event=True,
        in_report=False,  # which shows the user options that it stands for
        help="Slug of the hub's profile to start servers with. (Locust's own --profile is something else.)",
    )
    user_options: "UserOptions | None" = option(
        "--user-options",
        read=json_object,
        metavar="JSON",
        section=SERVERS,
        is_advanced=True,
        decided_by_event=True,
        help='User options to start servers with: a JSON object such as {"image": "scipy:latest"}. Not with '
        "--server-profile.",
    )
    server_timeout: float = option(
        "--server-timeout",
        read=seconds_above_zero,
        default="60s",
        metavar="DURATION",
        variable="SERVER_LIFECYCLE_TIMEOUT",
        section=SERVERS,
        help="Longest time from the request for a server until it is ready, and from the request to stop it until it "
        "is gone.",
    )
    poll_interval: float = option(
        "--poll-interval",
        read=seconds_above_zero,
        default="1s",
        metavar="DURATION",
        variable="SERVER_POLL_INTERVAL",
        section=SERVERS,
        is_advanced=True,
        help="Time between two looks at a server, or at the list of servers. With --wait progress it is used only "
        "without a stream: for servers that stop, and for those whose stream broke off.",
    )
    wait: Wait = option(
        "--wait",
        read=one_of(*get_args(Wait)),
        default="progress",
        choices=get_args(Wait),
        section=SERVERS,
        is_advanced=True,
        help="How users learn that their servers are ready or gone. progress: each user listens to its server's "
        "progress stream, as a browser does. listing: the hub's list of active servers is read once per interval for "
        "all users. poll: each user looks at its server once per interval; this costs the hub the most.",
    )
    stay: tuple[float, float] = option(
        "--stay",
        read=seconds_range,
        default="30s-90s",
        metavar="DURATION",
        section=USERS,
        decided_by_event=True,
        help="How long a user stays with a ready server: a duration such as 90s or 10m, or a range such as 1m-2m; a "
        "bare number is seconds.",
    )
    pause: tuple[float, float] = option(
        "--pause",
        read=seconds_range,
        default="10s-30s",
        metavar="DURATION",
        section=USERS,
        decided_by_event=True,
        help="How long a user pauses between two servers: a duration, or a range.",
    )
    start_page: str = option(
        "--start-page",
        read=read_start_page,
        metavar="LINK",
        section=USERS,
        is_advanced=True,
        decided_by_event=True,
        help="Page that people with a browser open first: a link that takes each of them to their own server, such as "
        "those of nbgitpuller, or a path of the server such as /rstudio. Without it, the page that the hub leads to.",
    )
    git_pull: str = option(
        "--git-pull",
        read=git_pull_page,
        metavar="URL",
        section=USERS,
        is_advanced=True,
        decided_by_event=True,
        help="Repository whose files people with a browser get first, by a link of nbgitpuller, and then work with in "
        "JupyterLab: its URL, or the whole link as a class gets it. Not with --start-page.",
    )
    notebooks: str = option(
        "--notebooks",
        read=str,
        metavar="FOLDER",
        section=USERS,
        in_web_form=False,
        help="Folder of notebooks that a NotebookUser works through, also those in the folders inside it. The outputs "
        "stored in them are the expected ones. The files beside them go along. Without it, those that a "
        "link of nbgitpuller brings, or else a small notebook that comes with hubusers.",
    )
    notebook_dir: str = option(
        "--notebook-dir",
        read=folder_on_server,
        metavar="FOLDER",
        section=USERS,
        is_advanced=True,
        help="Folder on each server in which a NotebookUser works, below the server's root; {username} is replaced by "
        "the account's name, as in home/{username}. It must be there. Without it, the folder that the server shows at "
        "first, as /lab/tree/home/ann does, or else the root.",
    )
    thinking: tuple[float, float] = option(
        "--thinking",
        read=seconds_range,
        default="5s-20s",
        metavar="DURATION",
        section=USERS,
        is_advanced=True,
        decided_by_event=True,
        help="How long a NotebookUser thinks before each cell: a duration, or a range.",
    )
    leave: dict[Leaving, float] = option(
        "--leave",
        read=leaving_shares,
        default="log-out",
        metavar="SHARES",
        section=USERS,
        is_advanced=True,
        decided_by_event=True,
        help="How a NotebookUser leaves: log-out (stops the server), close-tab (leaves it running) or walk-away "
        "(leaves its connections open as well); or the share of each, such as log-out=70%,walk-away=30%.",
    )
    activity_interval: float = option(
        "--activity-interval",
        read=seconds_above_zero,
        default="5m",
        metavar="DURATION",
        section=USERS,
        is_advanced=True,
        help="Time between two of the reports that an ActivityUser sends to the hub, as a server does.",
    )
    lifecycles: int = option(
        "--lifecycles",
        read=whole_number,
        default="0",
        metavar="N",
        section=USERS,
        decided_by_event=True,
        help="Number of lifecycles (start to stopped) after which a user ends; the run ends with the last user. A user "
        "that ends while Locust still ramps up is replaced by another one. 0: no limit.",
    )
    keep: bool = switch(
        "--keep",
        section=USERS,
        is_advanced=True,
        decided_by_event=True,
        help="Steady state: each ServerLifecycleUser starts one server and keeps it. Users and servers are still there "
        "after the run; `hubusers purge` removes them. Users of other classes stop their servers as without it.",
    )
    end_after_failure: bool = option(
        "--after-failure",
        read=lambda text: bool(one_of("again", "end")(text) == "end"),
        default="again",
        choices=("again", "end"),
        section=FAILURES,
        is_advanced=True,
        help="What a user does after a server failed to start or to stop, or took too long: try again after a pause, "
        "or end.",
    )
    failed_spawns_to_stop: int = option(
        "--stop-after-failed-spawns",
        read=whole_number,
        default="4",
        metavar="N",
        section=FAILURES,
        is_advanced=True,
        help="Number of failed spawns in a row that ends the run. Before the run, the first servers are tried one by "
        "one, and the run does not begin when all of them fail. (After five, a hub with consecutive_failure_limit "
        "exits; Kubernetes deployments set it.) From the first failed spawn until one succeeds, starts under way and "
        "failed spawns together stay within N: other people wait before they ask for a server. 0: never end, hold "
        "nobody back, and try nothing before the run.",
    )
    metrics: Listening | None = option(
        "--metrics",
        read=listening,
        metavar="[ADDRESS:]PORT",
        section=TELEMETRY,
        in_web_form=False,
        in_report=False,
        help="Give the figures of the run to a Prometheus that asks for /metrics on this port, such as 9646; on "
        "loopback only, or on an address such as 0.0.0.0:9646. With the port of the web UI, this serves them. With "
        "workers, only the master does.",
    )
    grafana_url: str = option(
        "--grafana-url",
        read=grafana_address,
        metavar="URL",
        section=TELEMETRY,
        in_web_form=False,
        in_report=False,
        help="Grafana in which to mark the run: its beginning and end, its verdict, and the steps of an event that "
        "climbs. On JupyterHub's own dashboard, if it is there.",
    )
    grafana_token_file: str = option(
        "--grafana-token-file",
        read=str,
        metavar="FILE",
        variable=GRAFANA_TOKEN_FILE_VARIABLE,
        section=TELEMETRY,
        in_web_form=False,
        in_report=False,
        help="File with a token of a service account of Grafana, with the role Editor. Without it, the token is taken "
        f"from the variable {GRAFANA_TOKEN_VARIABLE}.",
    )


OPTIONS = dict(declared_options(Options))
"""The declarations, by the name of the field."""


def options_by_section() -> dict[str, list[Option]]:
    """Return the declarations by the title of their section, for help and tables."""
    sections: dict[str, list[Option]] = {}
    for each in OPTIONS.values():
        sections.setdefault(each.section, []).append(each)
    return sections


def add_options(parser: "LocustArgumentParser") -> None:
    """Add the run's options to Locust's parser, and make the web UI and the master listen on loopback by default."""
    # Anybody who reaches the web UI can load the hub with the operator's token: by default, this machine only.
    parser.set_defaults(web_host=LOOPBACK, master_bind_host=LOOPBACK, host=os.environ.get(ENDPOINT_VARIABLE) or None)
    parser.add_argument("--hub-token", action=_RefuseToken, include_in_web_ui=False, help=argparse.SUPPRESS)
    for each in OPTIONS.values():
        # Locust's own form would cut their explanations off; our start form offers them.
        parser.add_argument(each.flag, env_var=each.variable or None, include_in_web_ui=False, **each.argument())


class _RefuseToken(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        parser.error(
            "a token on the command line can be read by everybody on this machine. "
            f"Put it into {TOKEN_VARIABLE}, or its file's name into --hub-token-file."
        )
