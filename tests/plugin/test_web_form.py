"""The warning about a web UI that the network can reach; tests/users/test_web_ui.py tests the form."""

import argparse

import pytest

from hubusers.plugin.web_form import warn_if_open


@pytest.mark.parametrize(
    ("host", "login", "warned"),
    [
        ("127.0.0.1", False, False),
        ("::1", False, False),
        ("localhost", False, False),
        ("0.0.0.0", False, True),  # noqa: S104
        ("", False, True),  # all addresses, to Locust
        ("hub.example.org", False, True),
        ("0.0.0.0", True, False),  # noqa: S104
    ],
)
def test_a_web_ui_that_anybody_can_use_is_warned_of(
    host: str, login: bool, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    warn_if_open(argparse.Namespace(web_host=host, web_login=login))
    assert bool(caplog.records) == warned
    if warned:
        assert "anybody who reaches it can load the hub with your token" in caplog.text
