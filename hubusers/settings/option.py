"""How an option is declared: once, as a field of `Options`. Everything about it follows from the declaration."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from hubusers.settings.access import SettingsError

T = TypeVar("T")

_METADATA = "option"


class Default(str):
    """The text of a default. An option that holds it was not given: text that somebody gave is a plain `str`."""

    __slots__ = ()


@dataclass(frozen=True)
class Option:
    """What is declared of an option.

    Args:
        flag: As on the command line, such as `--stay`.
        variable: The environment variable that gives it too; "" for none.
        read: Turns its text into a value; raises ValueError with what is wrong. None for a flag that has no value.
        default: Text, as somebody would give it.
        choices: All texts that it can be, where they are few.
        metavar: Stands for the value in help.
        help: What it does, in a sentence or two. The default and the variable are added where it is shown.
        section: Title of the group that it is explained in.
        in_web_form: Whether Locust's web form offers it, and so may change it.
        decided_by_event: Whether an event's file says this, so that the option does not go with --event.
        in_report: Whether a report shows it, as a part of how users behaved. Not what says whose users, on which hub.
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
    decided_by_event: bool
    in_report: bool

    @property
    def name(self) -> str:
        """The name among Locust's parsed options, and of its field in the web form."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def help_with_default(self) -> str:
        return f"{self.help} Default: {self.default}." if self.default else self.help

    def value(self, options: argparse.Namespace) -> Any:
        """Return the value that parsed options hold, where it is text.

        Raises:
            SettingsError: It cannot be used.
        """
        held = getattr(options, self.name)
        if self.read is None:
            return bool(held)
        try:
            return self.read(str(held))
        except ValueError as error:
            raise SettingsError(f"{self.flag}: {error}.") from None

    def is_given(self, options: argparse.Namespace) -> bool:
        """Say whether somebody gave it: on the command line, by environment or in a configuration file of Locust."""
        held = getattr(options, self.name)
        return bool(held) and not isinstance(held, Default)

    def argument(self) -> dict[str, Any]:
        """Return what any argparse parser takes for it. It keeps the text, which the web form shows and sends back."""
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
    decided_by_event: bool = False,
    in_report: bool = True,
) -> T:
    """Declare an option that has a value; for the arguments see `Option`.

    Args:
        variable: None for `HUBUSERS_` and the flag's name.
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
    decided_by_event: bool = False,
    in_report: bool = True,
) -> bool:
    """Declare an option that is on or off, and off unless given; for the arguments see `option`."""
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
        decided_by_event=decided_by_event,
        in_report=in_report,
    )
    value: bool = field(default=False, metadata={_METADATA: declared})
    return value


def declared_options(kind: type[Any]) -> Iterator[tuple[str, Option]]:
    """Yield the options that a dataclass declares, each with the name of its field."""
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
