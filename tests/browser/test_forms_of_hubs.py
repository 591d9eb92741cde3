"""Spawn forms on real hubs: what arrives there is what arrives from Chromium, recorded with the same choices."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from hubusers.browser import login, spawn_form, spawn_page
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.form import FormNotSent, UnknownOption
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, SpawnFailed
from hubusers.local import LocalHub
from tests.browser.form_hubs import FANCY_PROFILES, PLAIN_FORMS
from tests.spawner_events import spawner_events


@pytest.fixture(scope="module")
def plain_hub() -> Iterator[LocalHub]:
    with LocalHub(extra_config=PLAIN_FORMS) as hub:
        yield hub


@pytest.fixture(scope="module")
def fancy_hub() -> Iterator[LocalHub]:
    with LocalHub(extra_config=FANCY_PROFILES) as hub:
        yield hub


def ask(hub: LocalHub, username: str, options: dict[str, Any]) -> None:
    browser = Browser(Connections(hub.url, {}, size=CONNECTIONS))
    page = login.log_in(browser, username, "any", Deadline(60))
    spawn_page.spawn(browser, username, Deadline(60), options=options, page=page)


def arrived(hub: LocalHub, username: str, options: dict[str, Any]) -> dict[str, Any]:
    """Ask for a server with these options; return what reached the hub, which has lists of texts."""
    ask(hub, username, options)
    (event,) = spawner_events(hub, "starting", username=username)
    fields: dict[str, Any] = event["user_options"]
    return fields


@pytest.mark.parametrize(
    ("username", "options", "fields"),
    [
        ("boxes", {}, {"lab": ["on"], "parts": ["a", "c"]}),
        (
            "boxes-ann",
            {"lab": "false", "gpu": True, "parts": ["a", "b"]},
            {"gpu": ["yes"], "parts": ["a", "b"]},
        ),
        ("radios-ann", {"nodes": 1}, {"nodes": ["1"]}),
        ("selects", {}, {"first": ["one two"], "several": ["a", "c"], "grouped": ["yes"]}),
        (
            "selects-ann",
            {"first": "", "several": ["b"], "listed": "b"},
            {"first": [""], "several": ["b"], "listed": ["b"], "grouped": ["yes"]},
        ),
        (
            "texts-ann",
            {"env": "X=1\nY=2\n", "image": "other", "cores": 4},
            {
                **{"env": ["X=1\r\nY=2\r\n"], "image": ["other"], "fixed": ["y"], "h": ["z"]},
                **{"memory": ["5"], "colour": ["#000000"], "cores": ["4"]},
            },
        ),
        ("files", {}, {"requirements": [""], "note": [""]}),
        (
            "files-ann",
            {"requirements": {"filename": "r.txt", "content": "numpy\n"}, "note": "ü"},
            {"note": ["ü"], "requirements_file": [["r.txt", "numpy\n"]]},
        ),
        ("buttons-ann", {"action": "large"}, {"action": ["large"], "hours": ["1"]}),
        ("wrapped-ann", {"profile": "big"}, {"profile": ["big"]}),
        ("images-ann", {"image": "scipy:2"}, {"image": ["scipy:2"]}),
        ("template-ann", {"image": "base"}, {"image": ["base"], "start": ["go"]}),
        ("tables-ann", {"cores": 6, "gpus": 1}, {"cores": ["6"], "gpus": ["1"]}),
    ],
)
def test_a_form_arrives_as_from_chromium(
    plain_hub: LocalHub, username: str, options: dict[str, Any], fields: dict[str, Any]
) -> None:
    assert list(arrived(plain_hub, username, options).items()) == list(fields.items())


@pytest.mark.parametrize(
    ("username", "options", "error", "said"),
    [
        ("boxes-bob", {"gpu": "maybe"}, UnknownOption, "no choice 'maybe' for gpu; it has: yes (or true and false)"),
        ("texts-bob", {"off": "1"}, UnknownOption, "off of the spawn form cannot be changed"),
        ("texts-bob", {"fixed": "1"}, UnknownOption, "fixed of the spawn form cannot be changed"),
        ("texts-bob", {"cores": {"a": 1}}, UnknownOption, "cores of the spawn form takes a text, not a table"),
        ("texts-bob", {"image": ["a", "b"]}, UnknownOption, "image of the spawn form takes one, not 2 values"),
        ("texts-bob", {"cores": "many"}, FormNotSent, "takes no 'many' for cores: it must be a number"),
        ("texts-bob", {"memory": 9}, FormNotSent, "takes no '9' for memory: it may be at most 8"),
        ("files-bob", {"requirements": "r.txt"}, UnknownOption, "is a file: give a table with its filename"),
        ("buttons-bob", {"action": "huge"}, UnknownOption, "no choice 'huge' for action; it has: small, large"),
        ("required-bob", {}, FormNotSent, "requires project: give it in the user options"),
        ("required-bob", {"project": "physics", "cores": 5}, FormNotSent, "for cores: it may be at most 4"),
        ("required-bob", {"project": "physics", "runtime": "1h"}, FormNotSent, "for runtime: it must be hh:mm:ss"),
        ("scripted-bob", {"added": 1}, UnknownOption, "has: nothing (what a script adds to the page is not seen here)"),
        ("refused", {}, SpawnFailed, "No such image: any"),
        ("template-refused", {}, SpawnFailed, "No such image: any"),
        ("forbidden", {}, SpawnFailed, "Your group has no image left"),
    ],
)
def test_what_a_browser_would_not_send_is_not_sent_and_the_hub_is_quoted(
    plain_hub: LocalHub, username: str, options: dict[str, Any], error: type[HubUsersError], said: str
) -> None:
    with pytest.raises(error) as raised:
        ask(plain_hub, username, options)
    assert said in raised.value.detail
    assert isinstance(raised.value, SpawnFailed) == (said in raised.value.words)
    assert spawner_events(plain_hub, "starting", username=username) == []


def test_options_without_a_form_are_missed_aloud(plain_hub: LocalHub, caplog: pytest.LogCaptureFixture) -> None:
    spawn_form._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert arrived(plain_hub, "nobody", {"image": "base"}) == {}
    assert "The hub starts servers without a spawn form" in caplog.text


def test_fields_that_a_script_adds_are_missed_aloud(plain_hub: LocalHub, caplog: pytest.LogCaptureFixture) -> None:
    spawn_form._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert arrived(plain_hub, "scripted", {}) == {}
        assert arrived(plain_hub, "scripted-too", {}) == {}
    assert [record.getMessage() for record in caplog.records if "script" in record.getMessage()] == [
        "The spawn form has nothing to fill in (what a script adds to the page is not seen here): what the script would"
        " send is left out"
    ]


OF_OTHERS = {"profile-option-small--image": ["scipy"], "profile-option-small--memory": ["1"]}
LAST = {"profile-option-large--image": ["cuda"], "profile-option-own--image--unlisted-choice": [""]}


@pytest.mark.parametrize(
    ("username", "options", "fields"),
    [
        ("ann", {}, {"profile": ["large"], **OF_OTHERS, "select-profile": ["large"], **LAST}),
        (
            "bob",
            {"profile": "small", "image": "base", "memory": 2},
            {
                **{"profile": ["small"], "select-profile": ["small"]},
                **{"profile-option-small--image": ["base"], "profile-option-small--memory": ["2"], **LAST},
            },
        ),
        (
            "cay",
            {"profile": "small", "image--unlisted-choice": "my/image:1"},
            {
                **{"profile": ["small"], "select-profile": ["small"]},
                **{"profile-option-small--image": ["unlisted_choice"]},
                **{"profile-option-small--image--unlisted-choice": ["my/image:1"]},
                **{"profile-option-small--memory": ["1"], **LAST},
            },
        ),
        (
            "dan",
            {"profile": "own", "image--unlisted-choice": "x:2"},
            {
                **{"profile": ["own"], **OF_OTHERS, "profile-option-large--image": ["cuda"]},
                **{"select-profile": ["own"], "profile-option-own--image--unlisted-choice": ["x:2"]},
            },
        ),
        ("one", {"memory": "2"}, {"profile": ["small"], **OF_OTHERS, "profile-option-small--memory": ["2"]}),
    ],
)
def test_the_form_of_fancy_profiles_arrives_as_from_chromium(
    fancy_hub: LocalHub, username: str, options: dict[str, Any], fields: dict[str, Any]
) -> None:
    """Versions 0.4.1, 0.5.2, 0.6.0 and 0.7.0 send the same."""
    assert list(arrived(fancy_hub, username, options).items()) == list(fields.items())


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"profile": "Small"}, UnknownOption, "no profile 'Small'; it has: small, large, own"),
        (
            {"profile": "small", "image": "--extra-selectable-item"},  # to build an image of one's own
            UnknownOption,
            "for image; it has: base, scipy, and anything as image--unlisted-choice",
        ),
        ({"memory": "2"}, UnknownOption, "no option 'memory'; it has: profile, image"),
        ({"select-profile": "small"}, UnknownOption, "select-profile of the spawn form cannot be changed"),
        ({"profile": "own"}, FormNotSent, "requires image--unlisted-choice: give it in the user options"),
        (
            {"profile": "small", "image--unlisted-choice": "any"},
            FormNotSent,
            "takes no 'any' for image--unlisted-choice: it must be a name and a tag",
        ),
    ],
)
def test_what_the_form_of_fancy_profiles_does_not_offer_is_named(
    fancy_hub: LocalHub, options: dict[str, Any], error: type[HubUsersError], said: str
) -> None:
    with pytest.raises(error) as raised:
        ask(fancy_hub, "eve", options)
    assert said in raised.value.detail
    assert spawner_events(fancy_hub, "starting", username="eve") == []
