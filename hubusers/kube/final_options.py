"""What a run really uses, whichever way it came: by an option, behind two dashes, or by the values.

One place reads the arguments and variables of the pod as they are in the end, as Locust will.
"""

import argparse
from dataclasses import dataclass
from typing import Any, NoReturn

from hubusers.accounts.names import checked_prefix
from hubusers.kube.manifests import Manifest
from hubusers.settings.access import SettingsError
from hubusers.settings.options import OPTIONS

_NAMES = ("accounts_file", "named_servers", "keep", "prefix")
"""The options that decide what a run makes on the hub."""

_ON, _OFF = {"true", "yes", "on", "1"}, {"false", "no", "off", "0", ""}
"""What a variable of an option may be that is on or off. Locust's parser reads it like this."""


@dataclass(frozen=True)
class FinalOptions:
    """What decides which people and servers a run leaves on the hub that is cut off.

    Attributes:
        prefix: The beginning of its people's names.
        accounts: The file of the accounts that it uses, in the pod; "" where it makes its own.
        named_servers: Whether it starts named servers of the token's owner.
        keep: Whether its people and servers are to stay on the hub.
    """

    prefix: str
    accounts: str
    named_servers: bool
    keep: bool


def final_options(container: Manifest) -> FinalOptions:
    """Return what the container of a run uses.

    Raises:
        SettingsError: This command could not know what the run makes on the hub.
    """
    parser = _Parser(add_help=False)
    parser.add_argument("--config")
    for name in _NAMES:
        option = OPTIONS[name]
        how: dict[str, Any] = {"action": "store_true"} if option.read is None else {}
        parser.add_argument(option.flag, dest=name, default=None, **how)
    given, _ = parser.parse_known_args(container["args"])
    variables = {one["name"]: one for one in container["env"]}
    if given.config is not None or variables.get("LOCUST_CONFIG"):
        raise SettingsError(
            "Leave out --config: give its options to this command, which must know what the run makes on the hub."
        )
    value = {name: _value(name, getattr(given, name), variables) for name in _NAMES}
    try:
        prefix = checked_prefix(value["prefix"] or OPTIONS["prefix"].default)
    except ValueError as error:
        raise SettingsError(f"{OPTIONS['prefix'].flag}: {error}.") from None
    return FinalOptions(prefix, str(value["accounts_file"] or ""), bool(value["named_servers"]), bool(value["keep"]))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"What stands behind two dashes cannot be used: {message}.")


def _value(name: str, given: Any, variables: dict[str, Any]) -> Any:
    option, value = OPTIONS[name], given
    if given is None and (variable := variables.get(option.variable)):
        value = variable.get("value", "" if "valueFrom" not in variable else None)
        if option.read is None and value is not None:
            value = _is_on(option.variable, str(value))
    is_unknown = (given is None and option.variable in variables and value is None) or "$(" in str(value)
    if not is_unknown:
        return value
    if name == "accounts_file":
        return f"the file that {option.variable} names"
    raise SettingsError(
        f"Give {option.flag} as an option of this command: it must know what the run makes on the hub, and cannot read "
        f"what the cluster puts there."
    )


def _is_on(variable: str, value: str) -> bool:
    if value.lower() not in _ON | _OFF:
        raise SettingsError(f"{variable} in --values must be true or false in quotes, not {value!r}.")
    return value.lower() in _ON
