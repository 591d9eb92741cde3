"""Options as fields of the web UI's forms, which post them as text, with all fields, also untouched ones."""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass

from hubusers.settings.access import SettingsError
from hubusers.settings.declaration import Option
from hubusers.settings.options import OPTIONS, options_by_section

OFFERED: dict[str, Option] = {option.name: option for option in OPTIONS.values() if option.in_web_form}
"""The options that a form may change, by the names of the fields."""


def with_form(options: argparse.Namespace, form: Mapping[str, str], *, has_event: bool) -> argparse.Namespace:
    """Return Locust's options as they will be when a form has changed them.

    Each text is read as on the command line before it is compared with what stands: "0" is 0, "300" is "5m", and no
    text is the default.

    Args:
        options: Locust's.
        form: What was posted, by the names of the fields.
        has_event: Whether an event is rehearsed.

    Raises:
        SettingsError: A text cannot be used, or changes what the event decides. The error knows the field.
    """
    changed = argparse.Namespace(**vars(options))
    for name, option in OFFERED.items():
        if name not in form:
            continue
        text = form[name].strip()
        setattr(changed, name, text in {"true", "on"} if option.read is None else text or option.default)
        value, decided = option.value(changed), has_event and option.decided_by_event
        if value == option.value(options) or (decided and value == option.default_value):
            setattr(changed, name, getattr(options, name))
        elif decided:
            raise SettingsError(f"Leave out {option.flag}: the event's file says it.", name)
    return changed


@dataclass(frozen=True)
class Field:
    """An option as a field of the start form.

    Args:
        name: Of the field.
        flag: Of the option, such as `--server-timeout`.
        label: The same in words, such as "Server timeout".
        short: What it does, in a sentence.
        more: The rest of its explanation; "" without any.
        hint: What to write, and what it is when nothing is written.
        choices: All that it can be, if there is such a list.
        is_switch: Whether it is on or off.
        is_advanced: Whether it is folded away.
        is_without_event: Whether an event decides it.
        default: The text of its default.
    """

    name: str
    flag: str
    label: str
    short: str
    more: str
    hint: str
    choices: tuple[str, ...]
    is_switch: bool
    is_advanced: bool
    is_without_event: bool
    default: str


_DURATION = "A duration, such as 90s, 5m or 1h30m."


def fields_by_section() -> dict[str, list[Field]]:
    """Return the fields of the options that the start form offers, by the titles of `hubusers options`."""
    fields: dict[str, list[Field]] = {}
    for section, options in options_by_section().items():
        if offered := [_field(option) for option in options if option.in_web_form]:
            fields[section] = offered
    return fields


def _field(option: Option) -> Field:
    words = option.name.replace("_", " ")
    short, *rest = re.split(r"(?<=\.)\s+", option.help, maxsplit=1)
    unit = _DURATION if option.metavar == "DURATION" and "duration" not in option.help else ""
    hints = [unit, f"Default: {option.default}." if option.default else ""]
    return Field(
        name=option.name,
        flag=option.flag,
        label=f"{words[0].upper()}{words[1:]}",
        short=short,
        more="".join(rest),
        hint=" ".join(filter(None, hints)),
        choices=option.choices,
        is_switch=option.read is None,
        is_advanced=option.is_advanced,
        is_without_event=option.decided_by_event,
        default=option.default,
    )
