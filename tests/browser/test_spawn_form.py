"""Spawn forms that a hub's administrators may have written; KubeSpawner's real one is in `test_hub_pages.py`."""

from typing import Any

import lxml.html
import pytest

from hubusers.browser.form import UnknownOption
from hubusers.browser.spawn_form import filled_in


def form(*fields: str, script: str = "") -> Any:
    page: Any = lxml.html.fromstring(f"<html><form id='spawn_form'>{''.join(fields)}{script}</form></html>")
    return page.forms[0]


IMAGE = "<select name='image'><option value='old'>Old</option><option value='new' selected>New</option></select>"


@pytest.mark.parametrize(
    ("field", "options", "sent"),
    [
        (IMAGE, {}, [("image", "new")]),
        (IMAGE, {"image": "old"}, [("image", "old")]),
        ("<input name='hours' type='number' value='1'>", {"hours": 3}, [("hours", "3")]),
        ("<textarea name='note'>so</textarea>", {"note": "else"}, [("note", "else")]),
        ("<input name='gpu' type='checkbox' value='yes'>", {"gpu": "yes"}, [("gpu", "yes")]),
        (
            "<select name='parts' multiple><option>a</option><option>b</option><option>c</option></select>",
            {"parts": ["a", "c"]},
            [("parts", "a"), ("parts", "c")],
        ),
        (
            "<input name='size' type='radio' value='small' checked><input name='size' type='radio' value='large'>",
            {"size": "large"},
            [("size", "large")],
        ),
    ],
)
def test_what_is_chosen_is_sent_and_the_rest_stays_as_it_is(
    field: str, options: dict[str, Any], sent: list[tuple[str, str]]
) -> None:
    hidden = "<input type='hidden' name='_xsrf' value='token'>"
    assert filled_in(form(hidden, field), options).entries == [("_xsrf", "token"), *sent]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image": "newest"}, "has no choice 'newest' for image; it has: old, new"),
        ({"memory": "2G"}, "has no option 'memory'; it has: image"),
    ],
)
def test_what_the_form_does_not_offer_is_named_with_what_it_does(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UnknownOption) as raised:
        filled_in(form(IMAGE), options)
    assert said in raised.value.detail


def test_scripts_of_other_forms_do_no_harm() -> None:
    script = "<script>const userOptions = {image: chosen()};</script>"
    assert filled_in(form(IMAGE, script=script), {}).entries == [("image", "new")]
