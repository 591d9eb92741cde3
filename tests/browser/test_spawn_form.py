"""Spawn forms that a hub's administrators may have written; KubeSpawner's real one is in `test_hub_pages.py`."""

from typing import Any

import lxml.html
import pytest

from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.form import FormNotSent, UnknownOption
from hubusers.browser.sent_form import Entry, Sent, query_of_form
from hubusers.browser.spawn_form import filled_in
from hubusers.browser.spawn_page import spawn
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from tests.scripted_hub import Scripted, ScriptedHub


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


def page_of(text: str) -> Any:
    document: Any = lxml.html.document_fromstring(f"<html><body>{text}</body></html>")
    return document.forms[0]


def test_fields_may_stand_outside_and_buttons_may_say_where_the_form_goes() -> None:
    text = """
        <form id="spawn_form" method="post" enctype="multipart/form-data" action="/hub/spawn?_xsrf=1">
          <input name="inside" value="1"> <input name="of-another" form="other" value="2">
          <button name="go" value="small" formaction="/hub/spawn/small" formmethod="get" formnovalidate>Small</button>
          <input name="must" required> <button>Start</button>
        </form>
        <input name="outside" form="spawn_form" value="3"> <input name="elsewhere" value="4">"""
    sent = filled_in(page_of(text), {"must": "x", "outside": "y"})
    assert sent == Sent("/hub/spawn?_xsrf=1", "POST", True, [("inside", "1"), ("must", "x"), ("outside", "y")])
    sent = filled_in(page_of(text), {"go": "small"})
    entries: list[Entry] = [("inside", "1"), ("go", "small"), ("must", ""), ("outside", "3")]
    assert sent == Sent("/hub/spawn/small", "GET", True, entries)
    assert query_of_form("/hub/spawn/small?old", [("a", "1 2"), ("file", ("f.txt", b"x", "text/plain"))]) == (
        "/hub/spawn/small?a=1+2&file=f.txt"
    )


@pytest.mark.parametrize(
    ("field", "value", "against"),
    [
        ("<input name='x' type='number' min='0.5' step='0.25'>", 0.75, ""),
        ("<input name='x' type='number' min='0.5' step='0.25'>", 0.8, "it must be 0.5 and steps of 0.25"),
        ("<input name='x' type='number' step='any'>", 0.123, ""),
        ("<input name='x' type='number'>", 1.5, "it must be 0 and steps of 1"),
        ("<input name='x' type='range'>", 101, "it may be at most 100"),
        ("<input name='x' type='email'>", "ann", "it must be an e-mail address"),
        ("<input name='x' type='url'>", "github.com", "it must be a URL"),
        ("<input name='x' maxlength='3'>", "four", "it may have 3 characters"),
        ("<textarea name='x' minlength='5'></textarea>", "four", "it must have 5 characters"),
        ("<input name='x' pattern='[a-z]+'>", "A", "it must be like [a-z]+"),
        (r"<input name='x' pattern='[\p{L}--a]'>", "a", ""),  # what only browsers can read
        ("<input name='x' type='date' min='2026-01-01'>", "2026-02-01", ""),
    ],
)
def test_what_a_browser_says_against_a_value(field: str, value: object, against: str) -> None:
    if not against:
        assert filled_in(form(field), {"x": value}).entries == [("x", str(value))]
        return
    with pytest.raises(FormNotSent) as raised:
        filled_in(form(field), {"x": value})
    assert raised.value.detail == f"the spawn form takes no {str(value)!r} for x: {against}"
    assert filled_in(page_of(f"<form novalidate>{field}</form>"), {"x": value}).entries


def test_of_a_group_of_radios_one_is_sent() -> None:
    text = "<input type='radio' name='n' value='1' checked><input type='radio' name='n' value='2' checked>"
    assert filled_in(form(text), {}).entries == [("n", "2")]
    assert filled_in(form(text), {"n": 1}).entries == [("n", "1")]
    same = "<input type='radio' name='n' value='1'>" * 3  # whose values a script sets
    assert filled_in(form(same), {"n": 1}).entries == [("n", "1")]


def test_none_leaves_a_field_as_it_is() -> None:
    assert filled_in(form(IMAGE), {"image": None, "profile": None}).entries == [("image", "new")]


@pytest.mark.parametrize(
    "attributes", ["method='post' action='http://['", "action='https://elsewhere.example/'", "method='dialog'"]
)
def test_a_form_that_does_not_go_to_the_hub_is_not_sent(scripted_hub: ScriptedHub, attributes: str) -> None:
    scripted_hub.script(Scripted(200, f"<html><form id='spawn_form' {attributes}>{IMAGE}</form></html>"))
    browser = Browser(Connections(scripted_hub.url, {}, size=CONNECTIONS))
    with pytest.raises(FormNotSent) as raised:
        spawn(browser, "ann", Deadline(60))
    assert raised.value.detail.startswith("the form of the page /hub/spawn/ann would not go to the hub, but to ")
    assert [asked.method for asked in scripted_hub.asked] == ["GET"]
