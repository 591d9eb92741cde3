"""Texts from outside can neither forge log lines nor bring a token into them."""

import logging

import pytest

import hubusers
from hubusers.log import get_logger, shown
from tests.scripted_hub import Scripted, ScriptedHub

TOKEN = "fedcba9876543210"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ann", "ann"),
        ("zoë, 王", "zoë, 王"),
        ("ann\n2026-01-01 INFO all is well", "ann\\n2026-01-01 INFO all is well"),
        ("\x1b[2Jann\r", "\\x1b[2Jann\\r"),
        ("ann\u2028bob\u202e", "ann\\u2028bob\\u202e"),  # separators and overrides that terminals obey
    ],
)
def test_a_line_stays_a_line(text: str, line: str, caplog: pytest.LogCaptureFixture) -> None:
    assert shown(text) == line
    get_logger("hubusers.tests").warning("the user %s", text)
    assert caplog.messages == [f"the user {line}"]


def test_names_and_answers_in_a_real_message(scripted_hub: ScriptedHub, caplog: pytest.LogCaptureFixture) -> None:
    scripted_hub.script(Scripted(500, f"no room\nfor {TOKEN}"))
    caplog.set_level(logging.DEBUG)
    with hubusers.get_session(TOKEN) as session:
        assert not hubusers.stop_server("ann\nERROR bob", scripted_hub.endpoint, session)
    assert (
        f"{scripted_hub.url}: could not stop the server of ann\\nERROR bob: HTTP 500: no room for (secret)"
        in caplog.messages
    )
    assert TOKEN not in caplog.text


def test_an_answer_that_is_cut_within_a_token(scripted_hub: ScriptedHub, caplog: pytest.LogCaptureFixture) -> None:
    scripted_hub.script(Scripted(500, "x" * 190 + TOKEN))
    with hubusers.get_session(TOKEN) as session:
        assert not hubusers.stop_server("ann", scripted_hub.endpoint, session)
    assert "xxx(secret)" in caplog.text
    assert TOKEN[:4] not in caplog.text
