"""The spawn form of jupyterhub-fancy-profiles, which a script makes from the list of profiles in the page.

Here the list is turned into the fields that the script makes, so that the form is filled in like any other. Recorded
from Chromium with the versions 0.4 to 0.7. Images cannot be built here: that is the work of another service, BinderHub.
"""

import json
import re
from typing import Any

from lxml.html.builder import E

UNLISTED_CHOICE = "unlisted_choice"
"""The choice that stands for a text of one's own. KubeSpawner's own form writes it in another way."""

_LIST = re.compile(r"window\.profileList\s*=\s*(?=\[)")


def make_fields(form: Any) -> None:
    """Make the fields in a form, if it is one of these; any other form is left as it is.

    Args:
        form: The form, as lxml has it in its page.
    """
    place = form.xpath(".//*[@id='form']")
    profiles = _profiles_in(form)
    if not place or not profiles:
        return
    fields = place[0]
    fields.clear()
    default = next((profile for profile in profiles if profile.get("default") is True), profiles[0])["slug"]
    for profile in profiles:
        fields.append(_radio("profile", profile["slug"], profile["slug"] == default))
    for profile in profiles:
        slug = profile["slug"]
        if len(profiles) > 1:
            follower = _radio("select-profile", slug, slug == default)
            follower.set("readonly", "readonly")  # it is the script that sets it
            fields.append(follower)
        for key, option in (profile.get("profile_options") or {}).items():
            _append_option(fields, f"profile-option-{slug}--{key}", option)


def follow_the_profile(form: Any, profile: str) -> None:
    """Do what the script does once a profile is chosen: the texts that it shows for it must be filled in."""
    for radio in form.xpath(".//input[@name='select-profile']"):
        radio.checked = radio.get("value") == profile
    for text in form.xpath(".//input[@data-made and starts-with(@name, $prefix)]", prefix=_prefix(profile)):
        text.set("required", "required")


def _prefix(profile: str) -> str:
    return f"profile-option-{profile}--"


def _profiles_in(form: Any) -> list[dict[str, Any]]:
    for script in form.iter("script"):
        if match := _LIST.search(script.text or ""):
            try:
                profiles, _ = json.JSONDecoder().raw_decode(script.text, match.end())
            except ValueError:
                continue
            if all(isinstance(profile, dict) and isinstance(profile.get("slug"), str) for profile in profiles):
                return list(profiles)
    return []


def _radio(name: str, value: str, is_checked: bool) -> Any:
    radio = E.input(type="radio", name=name, value=value)
    if is_checked:
        radio.set("checked", "checked")
    return radio


def _append_option(fields: Any, name: str, option: dict[str, Any]) -> None:
    choices, unlisted = option.get("choices") or {}, option.get("unlisted_choice") or {}
    default = next((key for key, choice in choices.items() if choice.get("default")), next(iter(choices), ""))
    select = E.select(*(E.option(value=key, **_selected(key == default)) for key in choices), name=name)
    if not unlisted.get("enabled"):
        if choices:
            fields.append(select)
        return
    text = E.input({"type": "text", "data-name": f"{name}--unlisted-choice", "data-made": ""})
    if unlisted.get("validation_regex"):
        text.set("pattern", unlisted["validation_regex"])
        text.set("title", unlisted.get("validation_message") or "")
    can_be_built = (option.get("dynamic_image_building") or {}).get("enabled") and name.endswith("--image")
    if choices or can_be_built:
        select.append(E.option(value=UNLISTED_CHOICE, **_selected(not choices)))
        fields.append(select)
    fields.append(text)


def _selected(is_selected: bool) -> dict[str, str]:
    return {"selected": "selected"} if is_selected else {}
