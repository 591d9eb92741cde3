"""Fills in the form of the spawn page as a person does: KubeSpawner's profiles and their options, or any other form."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from hubusers.browser.fancy_profiles import UNLISTED_CHOICE, follow_the_profile, make_fields
from hubusers.browser.form import Form, UnknownOption, listed
from hubusers.browser.form_fields import is_button, kind_of
from hubusers.browser.sent_form import Sent
from hubusers.log import get_logger

LOG = get_logger(__name__)

_UNLISTED = "unlisted-choice"
_STANDS_FOR_UNLISTED = {_UNLISTED, UNLISTED_CHOICE}
_SAVED = re.compile(r"const userOptions = (?=\{)")


def filled_in(element: Any, options: Mapping[str, Any]) -> Sent:
    """Return what a browser sends when a person has made these choices and left everything else unchanged.

    Args:
        element: The form, as lxml has it in its page; it is changed.
        options: The server's user options. With KubeSpawner, and with jupyterhub-fancy-profiles, `profile` is a
            profile's slug, any other key one of the profile's options, and `{key}--unlisted-choice` the text for an
            option's "Other…". In other forms the keys are the names of the form's fields, and the values those of
            `Form.choose`.

    Logs:
        WARNING once, that a script makes the fields of the form, which is not run here.

    Raises:
        UnknownOption: The form does not offer one of these.
        FormNotSent: A browser would not send it, because a field is empty or not as the form wants it.
    """
    make_fields(element)
    form = Form(element)
    if by_script := _by_script(form):
        _warn_once(f"The spawn form has nothing to fill in{by_script}: what the script would send is left out")
    _as_left_last_time(form)
    if options.get("profile") is not None:
        _choose(form, "profile", options["profile"], "profile")
    profile = form.value("profile")
    prefix = f"profile-option-{profile}--"
    for key, value in options.items():
        option, is_unlisted = key.removesuffix(f"--{_UNLISTED}"), key.endswith(f"--{_UNLISTED}")
        text = _text_for_unlisted(form, prefix + option)
        if is_unlisted and text is not None:
            if form.named(prefix + option):
                form.choose(prefix + option, *_STANDS_FOR_UNLISTED & set(form.offers(prefix + option)))
            text.value = str(value)
        elif key != "profile":
            _choose(form, prefix + key if form.named(prefix + key) else key, value, key)
    _name_texts(form)
    follow_the_profile(element, profile)
    return form.sent(prefix)


def _as_left_last_time(form: Form) -> None:
    """Select what was chosen for the last start, as KubeSpawner's script does when the page has loaded."""
    for script in form.element.iter("script"):
        if match := _SAVED.search(script.text or ""):
            try:
                saved, _ = json.JSONDecoder().raw_decode(script.text, match.end())
            except ValueError:  # a form that was not made by KubeSpawner
                continue
            prefix = f"profile-option-{saved.get('profile')}--"
            for name in form.names:
                key, text = name.removeprefix(prefix), _text_for_unlisted(form, name)
                if key == name:
                    continue
                if text is not None and (other := saved.get(f"{key}--{_UNLISTED}")):
                    form.choose(name, _UNLISTED)
                    text.value = str(other)
                elif saved.get(key) in form.offers(name):
                    form.choose(name, saved[key])


def _choose(form: Form, name: str, value: Any, called: str) -> None:
    if not form.named(name):
        raise UnknownOption(
            f"the spawn form has no option {called!r}; it has: {listed(_options(form))}{_by_script(form)}",
            cause="option",
        )
    offered = form.offers(name)
    known = [one for one in offered if one not in _STANDS_FOR_UNLISTED]
    takes_texts = len(known) < len(offered)
    if (name == "profile" or takes_texts) and known and str(value) not in known:
        what, of_what = ("profile", "") if name == "profile" else ("choice", f" for {called}")
        more = f", and anything as {called}--{_UNLISTED}" if takes_texts else ""
        raise UnknownOption(
            f"the spawn form has no {what} {str(value)!r}{of_what}; it has: {listed(known)}{more}", cause=what
        )
    form.choose(name, value, called)


def _options(form: Form) -> list[str]:
    """Return the names of the options, without those of other profiles."""
    prefix = f"profile-option-{form.value('profile')}--"
    names = [name.removeprefix(prefix) for name in form.names]
    return [name for name in names if not name.startswith("profile-option-") and name != "select-profile"]


def _by_script(form: Form) -> str:
    """Return what to add where fields may be missing because a script makes them."""
    is_empty = not [field for field in form.fields if not is_button(field) and kind_of(field) != "hidden"]
    return " (what a script adds to the page is not seen here)" if is_empty and form.element.xpath(".//script") else ""


def warn_of_no_form() -> None:
    """Warn, once, that nothing can be chosen, because the hub shows no form."""
    _warn_once("The hub starts servers without a spawn form: people who log in get its default, whatever their options")


@cache
def _warn_once(text: str) -> None:
    LOG.warning("%s", text)


def _text_for_unlisted(form: Form, select: str) -> Any:
    found = form.element.xpath(".//input[@data-name=$name]", name=f"{select}--{_UNLISTED}")
    return found[0] if found else None


def _name_texts(form: Form) -> None:
    """Give those texts their names that are shown, as the script of the page does; the others are not sent."""
    for text in form.element.xpath(".//input[@data-name]"):
        name = text.get("data-name").removesuffix(f"--{_UNLISTED}")
        choice = form.value(name)
        if choice in _STANDS_FOR_UNLISTED or not form.named(name):
            text.set("name", text.get("data-name"))
        if choice == _UNLISTED:
            del form.named(name)[0].attrib["name"]
