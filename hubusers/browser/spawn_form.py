"""Fills in the form of the spawn page as a person does: KubeSpawner's profiles and their options, or any other form."""

import json
import re
from collections.abc import Mapping, MutableSet
from typing import Any

from hubusers.hub.errors import HubUsersError

_UNLISTED = "unlisted-choice"
_SAVED = re.compile(r"const userOptions = (?=\{)")


class UnknownOption(HubUsersError):
    """The form has no such profile, option or choice; the detail lists what it has."""

    phrase = "not in the spawn form"
    no_server = True  # the form is not sent


def filled_in(form: Any, options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a browser sends when a person has made these choices and left everything else unchanged.

    Args:
        form: The form, as lxml has it; it is changed.
        options: The server's user options. With KubeSpawner `profile` is a profile's slug, any other key one of the
            profile's options, and `{key}--unlisted-choice` the text for an option's "Other…". In other forms the keys
            are the names of the form's fields.

    Raises:
        UnknownOption: The form does not offer one of these.
    """
    _as_left_last_time(form)
    if (profile := options.get("profile")) is not None:
        _choose(form, "profile", profile)
    prefix = f"profile-option-{_chosen_profile(form)}--"
    for key, value in options.items():
        option, is_unlisted = key.removesuffix(f"--{_UNLISTED}"), key.endswith(f"--{_UNLISTED}")
        if key == "profile":
            continue
        if is_unlisted and prefix + option in form.fields:
            _choose(form, prefix + option, _UNLISTED)
            _unlisted_input(form, prefix + option).value = str(value)
        else:
            _choose(form, prefix + key if prefix + key in form.fields else key, value)
    # The page's script sends the text under the choice's name.
    for select in form.xpath(".//select[@name]"):
        text = _unlisted_input(form, select.name)
        if text is not None and select.value == _UNLISTED:
            text.set("name", text.get("data-name"))
            del select.attrib["name"]
    return list(form.form_values())


def _as_left_last_time(form: Any) -> None:
    """Select what was chosen for the last start, as KubeSpawner's script does when the page has loaded."""
    for script in form.iter("script"):
        if match := _SAVED.search(script.text or ""):
            try:
                saved, _ = json.JSONDecoder().raw_decode(script.text, match.end())
            except ValueError:  # a form that was not made by KubeSpawner
                continue
            prefix = f"profile-option-{saved.get('profile')}--"
            for select in form.xpath(".//select[@name]"):
                key = select.name.removeprefix(prefix)
                text = _unlisted_input(form, select.name)
                if key == select.name:
                    continue
                if text is not None and (other := saved.get(f"{key}--{_UNLISTED}")):
                    select.value, text.value = _UNLISTED, str(other)
                elif saved.get(key) in select.value_options:
                    select.value = saved[key]


def _chosen_profile(form: Any) -> str:
    return str(form.fields["profile"]) if "profile" in form.fields else ""


def _choose(form: Any, name: str, value: Any) -> None:
    if name not in form.fields:
        raise UnknownOption(f"the spawn form has no option {name!r}; it has: {_listed(_options(form))}", cause="option")
    field = form.inputs[name]
    wanted = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
    kind = getattr(field, "type", "")
    offered = [field.get("value")] if kind == "radio" else getattr(field, "value_options", wanted)
    if missing := [one for one in wanted if one not in offered]:
        option = name.rpartition("--")[2]
        what, of_what = ("profile", "") if name == "profile" else ("choice", f" for {option}")
        known = _listed([one for one in offered if one != _UNLISTED])
        more = f", and anything as {option}--{_UNLISTED}" if _UNLISTED in offered else ""
        raise UnknownOption(f"the spawn form has no {what} {missing[0]!r}{of_what}; it has: {known}{more}", cause=what)
    if kind in {"radio", "checkbox"}:
        field.checked = bool(value)
    else:
        field.value = wanted if isinstance(field.value, MutableSet) else wanted[0]


def _options(form: Any) -> list[str]:
    """Return the names of the options, without those of other profiles."""
    prefix = f"profile-option-{_chosen_profile(form)}--"
    names = [name.removeprefix(prefix) for name in form.fields if name]
    return [name for name in names if not name.startswith("profile-option-")]


def _unlisted_input(form: Any, select: str) -> Any:
    found = form.xpath(".//input[@data-name=$name]", name=f"{select}--{_UNLISTED}")
    return found[0] if found else None


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"
