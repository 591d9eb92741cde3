"""`hubusers run`: a test of a hub, from any folder. It is Locust with hubusers' own locustfile."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

import hubusers
from hubusers.cli.run_options import WEB, groups
from hubusers.event.model import did_you_mean
from hubusers.exit_codes import EXIT_INTERRUPTED
from hubusers.settings.options import WEB_UI

USER_CLASSES = {
    "ServerLifecycleUser": "starts a server, stays, stops it and pauses, all by the hub's API; the default",
    "NotebookUser": "a person with a browser: logs in, starts a server, and works through notebooks in JupyterLab",
    "PageUser": "a person with a browser: logs in, starts a server, and stays at the page that the hub leads to",
    "ActivityUser": "the load of an idle server: reports activity to the hub",
}
"""What is in hubusers' own locustfile."""

WITH_BROWSER = {"NotebookUser", "PageUser"}
"""Those of them who need the hub's pages, and not its API alone."""

_GROUPS = groups()

_LOCUST = f"""
import os, signal, sys
signal.signal(signal.SIGINT, lambda *_: os._exit({EXIT_INTERRUPTED}))
from locust import events
from locust.main import main
from hubusers.cli.how_locust_ended import OwnExits
own_exits = OwnExits()
events.init.add_listener(own_exits.note_ready)
events.init.add_listener(lambda **_: signal.signal(signal.SIGINT, signal.default_int_handler))
events.quit.add_listener(own_exits.note_end)
sys.argv[0] = 'hubusers run'
try:
    main()
except (Exception, SystemExit) as error:
    own_exits.check(error)
    raise
"""
"""Imports take a while, and Ctrl-C would end them in a traceback. From Locust's `init` on, hubusers handles it."""


class InGroups(click.Command):
    """Shows its options in groups, and says how to give those of Locust that are not among them.

    Args:
        groups: The options, by the titles of their groups.
    """

    def __init__(self, *args: Any, groups: Mapping[str, list[click.Option]], **kwargs: Any) -> None:
        kwargs["params"] = [*[option for options in groups.values() for option in options], *kwargs.get("params", [])]
        super().__init__(*args, **kwargs)
        self._groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("User classes"):
            formatter.write_dl(list(USER_CLASSES.items()))
        for title, options in self._groups.items():
            with formatter.section(title):
                formatter.write_dl([record for option in options if (record := option.get_help_record(ctx))])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.possibilities:
                raise
            raise click.NoSuchOption(
                error.option_name,
                f"{error.message} If Locust has it, give it after two dashes: -- {error.option_name}",
                ctx=ctx,
            ) from None


@click.command(
    cls=InGroups,
    groups=_GROUPS,
    short_help="Test a hub: users who come as you say, or an event.",
)
@click.argument("user_classes", nargs=-1, metavar="[USER_CLASS]... [-- LOCUST_OPTION...]")
@click.pass_context
def run(ctx: click.Context, /, web: bool, user_classes: tuple[str, ...], **_: Any) -> None:
    """Test a hub: simulated users come, start servers, use them and leave, and you get an answer with its reasons.

    \b
    First say which hub it is, and give a token for it; hubusers check says whether they will do:
      export JUPYTERHUB_ENDPOINT=https://hub.example.org JUPYTERHUB_API_TOKEN=...
    Then let people come:
      hubusers run -u 300 -r 10 -t 5m       300 users, 10 more each second, for five minutes
      hubusers run --event exam             an event: who comes, when, and what must hold
      hubusers run --event exam --dry-run   only its plan, without a hub
      hubusers run NotebookUser -u 30       people with a browser and JupyterLab
      hubusers run PageUser -u 30           people with a browser at whatever page the hub leads to
      hubusers run --web                    choose in the browser what to run, and watch it there

    A line says how far the run is. Its last lines are the answer: the verdict, what limited the hub, what is left on
    it, and where the report is. A run removes what it created, also after Ctrl-C; a second Ctrl-C ends it at once.

    The exit code is 0 when all targets were held, or without targets when nothing failed; 1 when a target was missed or
    something failed; 2 when there could be no test; 3 when something is left on the hub; 4 when the run gave no answer;
    and 130 when it was interrupted before it began.

    A duration is a number of seconds, or text such as 500ms, 90s, 10m, 1h30m or 2d. In brackets is the environment
    variable that gives an option too. Locust runs the test, so its other options work as well, after two dashes:
    hubusers run -u 300 -- --stop-timeout 10
    """
    for option in _GROUPS[WEB_UI] if not web else []:
        if _is_given(ctx, str(option.name)):
            raise click.UsageError(f"{option.opts[0]} is for the web UI: add --web.")
    locustfile_given = _is_given(ctx, "locustfile")
    if not locustfile_given:
        check_user_classes(user_classes)
    arguments = [] if locustfile_given else [f"--locustfile={locustfile()}"]
    arguments += _passed_on(ctx)
    if not _is_given(ctx, "worker"):  # which has neither a web UI nor a beginning of its own
        arguments.append("--headful" if web else "--headless")
    # Python begins anew, because gevent must patch the standard library before hubusers imports it. The process stays
    # the same, so that signals and the exit code are Locust's. -P: a file beside the event's may be called random.py.
    os.execv(sys.executable, [sys.executable, "-P", "-c", _LOCUST, *arguments, *user_classes])  # noqa: S606


def locustfile() -> Path:
    """Return the locustfile: at the top of a checkout or, if installed from a wheel, in the package."""
    package = Path(hubusers.__file__).parent
    installed = package / "locustfile.py"
    return installed if installed.exists() else package.parent / "locustfile.py"


def _passed_on(ctx: click.Context) -> Iterator[str]:
    for option in ctx.command.params:
        if isinstance(option, click.Option) and option is not WEB and option.name and _is_given(ctx, option.name):
            flag = max(option.opts, key=len)
            yield flag if option.is_flag else f"{flag}={ctx.params[option.name]}"


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def check_user_classes(arguments: tuple[str, ...]) -> None:
    """Refuse a user class that is not in hubusers' own locustfile. What begins with a dash, and all behind it, is
    Locust's.
    """
    for name in arguments:
        if name.startswith("-"):
            return
        if name not in USER_CLASSES:
            raise click.UsageError(f"There is no user class {name!r}; {did_you_mean(name, USER_CLASSES)}")
