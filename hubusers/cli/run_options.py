"""The options of `hubusers run` in groups: those of a test, from their declarations, and Locust's own beside them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hubusers.durations import seconds
from hubusers.settings import options as test_options
from hubusers.settings.access import ENDPOINT_VARIABLE
from hubusers.settings.declaration import Option
from hubusers.settings.options import options_by_section
from hubusers.settings.readers import LOOPBACK

WEB = click.Option(
    ["--web"],
    is_flag=True,
    help="Open the web UI: begin and stop there, and watch on its page Hub. Without it, the run begins at once, here.",
)
"""The only option that Locust does not know: there, the web UI is what opens unless `--headless` is given."""


@dataclass(frozen=True)
class LocustOption:
    """One of Locust's own options.

    Args:
        flags: As Locust has them.
        help: What it does, in a sentence or two. The variable is added where it is shown.
        metavar: What stands for its value; "" for an option that is on or off.
        variable: The environment variable that gives it too; "" for none.
        read: Raises ValueError for a text that is not a value, and returns the text that Locust takes.
        choices: All that it can be, if there is such a list.
    """

    flags: tuple[str, ...]
    help: str
    metavar: str = ""
    variable: str = ""
    read: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()


def _whole_number_from(smallest: int, largest: float = math.inf) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not text.removeprefix("-").isdecimal() or not smallest <= int(text) <= largest:
            which = f"from {smallest} to {largest}" if largest < math.inf else f"{smallest} or more"
            raise ValueError(f"{text!r} must be a whole number, {which}")
        return text

    return read


def _rate(text: str) -> str:
    try:
        is_rate = 0 < float(text) < float("inf")
    except ValueError:
        is_rate = False
    if not is_rate:
        raise ValueError(f"{text!r} must be a number above 0, such as 10")
    return text


def _whole_seconds(text: str) -> str:
    duration = seconds(text)
    if duration < 1 or duration != int(duration):
        raise ValueError(f"{text!r} must be whole seconds, such as 90s, 10m or 1h30m")
    return f"{duration:.0f}"


def _locustfiles(text: str) -> str:
    for path in map(Path, map(str.strip, text.split(","))):
        is_there = any(path.rglob("*.py")) if path.is_dir() else path.suffix == ".py" and path.exists()
        if not is_there and "://" not in text and text != "-":  # which a worker gets from its master
            raise ValueError(f"{str(path)!r} must be a locustfile that ends in .py, or a folder with locustfiles")
    return text


_COUNT = _whole_number_from(1)
_PORT = _whole_number_from(0, 65535)

_WHO_COMES = (
    LocustOption(("--users", "-u"), "Number of users. Default: 1.", "N", "LOCUST_USERS", _COUNT),
    LocustOption(
        ("--spawn-rate", "-r"), "How many of them come in a second. Default: 1.", "N", "LOCUST_SPAWN_RATE", _rate
    ),
    LocustOption(
        ("--run-time", "-t"),
        "How long the run lasts: 90s, 10m, 1h30m. Without it, until Ctrl-C.",
        "DURATION",
        "LOCUST_RUN_TIME",
        _whole_seconds,
    ),
)

_THE_HUB = (
    LocustOption(
        ("--host", "-H"),
        f"The hub's URL, or that of its API. Without it, {ENDPOINT_VARIABLE} says it.",
        "URL",
        "LOCUST_HOST",
    ),
)

_THE_WEB_UI = (
    LocustOption(("--autostart",), "With --web: begin at once, without a click on START.", variable="LOCUST_AUTOSTART"),
    LocustOption(
        ("--autoquit",),
        "With --autostart: end the process so many seconds after the run. Without it, the web UI stays until Ctrl-C.",
        "SECONDS",
        "LOCUST_AUTOQUIT",
        _whole_number_from(0),
    ),
    LocustOption(("--web-port", "-P"), "Port of the web UI. Default: 8089.", "PORT", "LOCUST_WEB_PORT", _PORT),
    LocustOption(
        ("--web-host",),
        f"Address that the web UI listens on. Default: {LOOPBACK}, which only this machine reaches. Everybody who "
        "reaches the web UI can put load on the hub.",
        "ADDRESS",
        "LOCUST_WEB_HOST",
    ),
    LocustOption(
        ("--class-picker",), "Offer the user classes in the web UI, with their weights.", "", "LOCUST_USERCLASS_PICKER"
    ),
)

_SEVERAL = (
    LocustOption(
        ("--processes",),
        "Share the users out to so many processes on this machine; -1: one for each core.",
        "N",
        "LOCUST_PROCESSES",
        _whole_number_from(-1),
    ),
    LocustOption(("--master",), "Conduct the workers that run on other machines.", variable="LOCUST_MODE_MASTER"),
    LocustOption(
        ("--expect-workers",),
        "With --master: begin when so many workers are there. Default: 1.",
        "N",
        "LOCUST_EXPECT_WORKERS",
        _COUNT,
    ),
    LocustOption(
        ("--master-bind-host",),
        f"With --master: address to listen on for workers. Default: {LOOPBACK}; * for all.",
        "ADDRESS",
        "LOCUST_MASTER_BIND_HOST",
    ),
    LocustOption(
        ("--master-bind-port",),
        "With --master: port to listen on. Default: 5557.",
        "PORT",
        "LOCUST_MASTER_BIND_PORT",
        _PORT,
    ),
    LocustOption(
        ("--worker",),
        "Simulate a share of the users, as a master says. It needs the hub's token too, and no other options.",
        variable="LOCUST_MODE_WORKER",
    ),
    LocustOption(
        ("--master-host",),
        f"With --worker: where the master is. Default: {LOOPBACK}.",
        "ADDRESS",
        "LOCUST_MASTER_NODE_HOST",
    ),
    LocustOption(
        ("--master-port",),
        "With --worker: the master's port. Default: 5557.",
        "PORT",
        "LOCUST_MASTER_NODE_PORT",
        _PORT,
    ),
)

_RESULTS = (
    LocustOption(
        ("--print-stats",), "Print Locust's table of all requests every two seconds.", variable="LOCUST_PRINT_STATS"
    ),
    LocustOption(
        ("--only-summary",),
        "Print Locust's tables at the end, with the percentiles of each step.",
        variable="LOCUST_ONLY_SUMMARY",
    ),
    LocustOption(("--json",), "Print the figures of Locust's table as JSON, on the standard output, at the end."),
    LocustOption(("--csv",), "Write Locust's tables into CSV files of this name.", "PREFIX", "LOCUST_CSV"),
    LocustOption(("--html",), "Write Locust's own report as well, into this file.", "FILE", "LOCUST_HTML"),
    LocustOption(
        ("--otel",),
        "Send figures and traces to an OpenTelemetry collector: which one, the variables OTEL_... say. Needs pip "
        "install hubusers[otel].",
        variable="LOCUST_ENABLE_OPENTELEMETRY",
    ),
    LocustOption(
        ("--loglevel", "-L"),
        "How much to log; DEBUG: all that Locust says, too. Default: INFO.",
        variable="LOCUST_LOGLEVEL",
        choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    ),
    LocustOption(("--logfile",), "Log into this file instead of the terminal.", "FILE", "LOCUST_LOGFILE"),
    LocustOption(
        ("--exit-code-on-error",),
        "Exit code of a run without targets in which something failed. Default: 1.",
        "N",
        "LOCUST_EXIT_CODE_ON_ERROR",
        _whole_number_from(0),
    ),
)

_LOCUSTFILE = (
    LocustOption(
        ("--locustfile", "-f"),
        "A locustfile of your own, with other user classes, in place of hubusers' own.",
        "FILE",
        read=_locustfiles,
    ),
)

_GROUPS: tuple[tuple[str, tuple[LocustOption, ...], str], ...] = (
    ("Who comes", _WHO_COMES, ""),
    (test_options.EVENT, (), test_options.EVENT),
    (test_options.HUB, _THE_HUB, test_options.HUB),
    (test_options.USERS, (), test_options.USERS),
    (test_options.SERVERS, (), test_options.SERVERS),
    (test_options.ACCOUNTS, (), test_options.ACCOUNTS),
    (test_options.FAILURES, (), test_options.FAILURES),
    (test_options.WEB_UI, _THE_WEB_UI, test_options.WEB_UI),
    (test_options.TELEMETRY, (), test_options.TELEMETRY),
    ("Several cores or machines", _SEVERAL, ""),
    ("More in the terminal, and in files", _RESULTS, ""),
    ("Your own user classes", _LOCUSTFILE, ""),
)
"""The groups, in order: the title, Locust's options, and the section of a test's own options that stand below them."""


class Checked(click.ParamType):  # type: ignore[type-arg]  # takes none before click 8.4
    """A text that a reader accepts. Locust gets what the reader made of it, if that is text, or the text itself."""

    name = "text"

    def __init__(self, read: Callable[[str], Any]) -> None:
        self.read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            made = self.read(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return made if isinstance(made, str) else str(value)


def groups(*, read_variables: bool = False) -> dict[str, list[click.Option]]:
    """Return the options by the title of their group, in the order of the help.

    Args:
        read_variables: Whether the options take their environment variables too. Otherwise Locust does that.
    """
    sections = options_by_section()
    made = {
        title: [*map(_of_locust, locusts), *map(_of_a_test, sections.get(section, []))]
        for title, locusts, section in _GROUPS
    }
    if read_variables:
        for option, variable in zip(_flat(made), _variables(sections), strict=True):
            option.envvar = variable or None
    made[test_options.WEB_UI].insert(0, WEB)
    return made


def _flat(made: dict[str, list[click.Option]]) -> list[click.Option]:
    return [option for options in made.values() for option in options]


def _variables(sections: dict[str, list[Option]]) -> list[str]:
    """Return the environment variables of all options, in the same order."""
    variables: list[str] = []
    for _, locusts, section in _GROUPS:
        variables += [each.variable for each in locusts]
        variables += [each.variable for each in sections.get(section, [])]
    return variables


def _of_a_test(option: Option) -> click.Option:
    return click.Option(
        [option.flag],
        help=_with_variable(option.help_with_default, option.variable),
        **_value(option.metavar, option.read, option.choices),
    )


def _of_locust(option: LocustOption) -> click.Option:
    return click.Option(
        list(option.flags),
        help=_with_variable(option.help, option.variable),
        **_value(option.metavar, option.read if option.metavar else None, option.choices),
    )


def _value(metavar: str, read: Callable[[str], Any] | None, choices: tuple[str, ...]) -> dict[str, Any]:
    if choices:
        return {"type": click.Choice(choices)}
    return {"type": Checked(read), "metavar": metavar} if read else {"is_flag": True}


def _with_variable(text: str, variable: str) -> str:
    return f"{text} [{variable}]" if variable else text
