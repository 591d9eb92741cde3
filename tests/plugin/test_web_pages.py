"""What is checked before the web UI opens."""

import socket
import sys

import pytest

from hubusers.local.ports import LOOPBACK
from hubusers.plugin.web_pages import check_it_can_listen, check_it_is_wanted
from hubusers.settings.access import SettingsError
from tests.live.made_up_web_ui import State, make_web_ui


def test_a_port_or_an_address_that_cannot_be_used_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["locust"])  # which Locust's web UI reads
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        web_ui = make_web_ui(State(), taken)
        with pytest.raises(
            SettingsError, match=rf"^Port {taken} cannot be used for the web UI: Address already in use"
        ):
            check_it_can_listen(web_ui)
    check_it_can_listen(web_ui)  # it is free by now
    check_it_can_listen(web_ui)  # and has stayed so
    web_ui.port = 99999
    with pytest.raises(SettingsError, match=r"^Port 99999 .*a port is a number from 0 to 65535"):
        check_it_can_listen(web_ui)
    web_ui.host, web_ui.port = "192.0.2.1", taken
    with pytest.raises(SettingsError, match=r"^The web UI cannot listen on 192\.0\.2\.1"):
        check_it_can_listen(web_ui)


def test_a_file_that_asks_for_the_web_ui_does_not_overrule_the_command_line_in_silence() -> None:
    check_it_is_wanted(["locust", "--headful"])
    with pytest.raises(SettingsError, match="Leave out one of them"):
        check_it_is_wanted(["hubusers run", "--headless", "-u", "2"])
