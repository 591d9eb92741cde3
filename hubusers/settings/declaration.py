"""How an option is declared: once, as a field of `Options`. Everything about it follows from the declaration."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from hubusers.settings.access import SettingsError

T = TypeVar("T")

_METADATA = "option"


class Default(str):
    """The text of a default. An option that holds one was not given: what somebody gave is a plain `str`, also where it
    is the same text.
    """

    __slots__ = ()


@dataclass(frozen=True)
class Option:
    """What is declared of an option.

    Args:
        flag: As on the command line, such as `--stay`.
        variable: The environment variable that gives it too; "" for none.
        read: Turns its text into its value, or raises ValueError. None for an option that is on or off.
        default: Text, as somebody would give it.
        choices: All that it can be, if there is such a list.
        metavar: What stands for its value in the help.
        help: What it does, in a sentence or two. The default and the variable are added where it is shown.
        section: Title of the group that explains it.
        in_web_form: Whether the web UI's start form offers it, and so can change it.
        is_advanced: Whether the start form folds it away at first, because few need it.
        decided_by_event: Whether an event decides it instead, so that nobody may give it beside --event.
        in_report: Whether a report shows it: yes if it says how users behaved; no if it says whose users, or which hub.
    """

    flag: str
    variable: str
    read: Callable[[str], Any] | None
    default: Default
    choices: tuple[str, ...]
    metavar: str
    help: str
    section: str
    in_web_form: bool
    is_advanced: bool
    decided_by_event: bool
    in_report: bool

    @property
    def name(self) -> str:
        """Its name in Locust's parsed options and in the web form."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def help_with_default(self) -> str:
        return f"{self.help} Default: {self.default}." if self.default else self.help

    def value(self, options: argparse.Namespace) -> Any:
        """Return its value, read from Locust's parsed options, which hold text.

        Raises:
            SettingsError: The text cannot be used. The error names the flag.
        """
        held = getattr(options, self.name)
        if self.read is None:
            return bool(held)
        # A field of a form that somebody has emptied. Elsewhere, no text may mean something, as for --runs-folder.
        text = self.default if self.in_web_form and not str(held).strip() else str(held)
        try:
            return self.read(text)
        except ValueError as error:
            raise SettingsError(f"{self.flag}: {error}.", self.name) from None

    @property
    def default_value(self) -> Any:
        return False if self.read is None else self.read(self.default)

    def is_given(self, options: argparse.Namespace) -> bool:
        """Say whether somebody gave it: on the command line, by environment, or in a configuration file of Locust."""
        held = getattr(options, self.name)
        return bool(held) and not isinstance(held, Default)

    def argument(self) -> dict[str, Any]:
        """Return the arguments for an argparse parser. The parser keeps the text, which the start form shows."""
        text = self.help_with_default.replace("%", "%%")
        if self.read is None:
            return {"action": "store_true", "help": text}
        return {
            "default": self.default,
            "type": _checked(self.read),
            "metavar": None if self.choices else self.metavar,
            "choices": self.choices or None,
            "help": text,
        }


def option(
    flag: str,
    *,
    read: Callable[[str], T],
    help: str,  # noqa: A002  # as argparse and click call it
    section: str,
    default: str = "",
    variable: str | None = None,
    choices: tuple[str, ...] = (),
    metavar: str = "",
    in_web_form: bool = True,
    is_advanced: bool = False,
    decided_by_event: bool = False,
    in_report: bool = True,
) -> T:
    """Declare an option that has a value. The arguments are those of `Option`.

    Args:
        variable: None for the flag's name after `HUBUSERS_`.
    """
    declared = Option(
        flag=flag,
        variable=_variable(flag) if variable is None else variable,
        read=read,
        default=Default(default),
        choices=choices,
        metavar=metavar,
        help=help,
        section=section,
        in_web_form=in_web_form,
        is_advanced=is_advanced,
        decided_by_event=decided_by_event,
        in_report=in_report,
    )
    value: T = field(default_factory=lambda: read(default), metadata={_METADATA: declared})
    return value


def switch(
    flag: str,
    *,
    help: str,  # noqa: A002
    section: str,
    variable: str | None = None,
    in_web_form: bool = True,
    is_advanced: bool = False,
    decided_by_event: bool = False,
    in_report: bool = True,
) -> bool:
    """Declare an option that is on or off, and off by default. The arguments are those of `option`."""
    declared = Option(
        flag=flag,
        variable=_variable(flag) if variable is None else variable,
        read=None,
        default=Default(),
        choices=(),
        metavar="",
        help=help,
        section=section,
        in_web_form=in_web_form,
        is_advanced=is_advanced,
        decided_by_event=decided_by_event,
        in_report=in_report,
    )
    value: bool = field(default=False, metadata={_METADATA: declared})
    return value


def declared_options(kind: type[Any]) -> Iterator[tuple[str, Option]]:
    """Yield the name of each field of a dataclass that declares an option, with the declaration."""
    for each in fields(kind):
        if _METADATA in each.metadata:
            yield each.name, each.metadata[_METADATA]


def _checked(read: Callable[[str], Any]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        try:
            read(text)
        except ValueError as error:  # of which argparse would show this function's name only
            raise argparse.ArgumentTypeError(str(error)) from None
        return text

    return checked


def _variable(flag: str) -> str:
    return f"HUBUSERS_{flag.removeprefix('--').replace('-', '_').upper()}"
