"""Where Prometheus finds the figures: on a port of its own, or in the web UI; and what is said where it cannot."""

import argparse
import socket
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from hubusers.local.ports import LOOPBACK, free_port
from hubusers.plugin.prometheus_and_grafana import prometheus_and_grafana
from hubusers.plugin.run_control import RunControl
from hubusers.run.phase import Phase
from hubusers.settings.access import SettingsError
from hubusers.settings.options import OPTIONS
from hubusers.settings.readers import Listening, grafana_address, listening
from hubusers.telemetry.prometheus import Metrics
from hubusers.telemetry.prometheus_server import metrics_server
from tests.live.made_up_web_ui import State, make_web_ui


def control(*, conducts: bool = True, **given: Any) -> RunControl:
    options = {option.name: option.default for option in OPTIONS.values()} | {"dry_run": False} | given
    role = SimpleNamespace(conducts=conducts)
    return cast(
        RunControl, SimpleNamespace(options=argparse.Namespace(**options), role=role, phase=Phase.READY, run=None)
    )


def test_without_the_options_there_is_nothing() -> None:
    assert prometheus_and_grafana(control(), None) == []


def test_a_worker_and_a_dry_run_show_nothing() -> None:
    given: dict[str, Any] = {"metrics": str(free_port()), "grafana_url": "https://grafana.example.org"}
    assert prometheus_and_grafana(control(conducts=False, **given), None) == []
    assert prometheus_and_grafana(control(**given | {"dry_run": True}), None) == []


def test_a_port_of_its_own() -> None:
    where = Listening(LOOPBACK, free_port())
    server = metrics_server(Metrics(lambda: Phase.RUNNING), where)
    server.start()
    try:
        answer = requests.get(f"http://{where}/metrics", timeout=30)
        assert 'hubusers_phase{phase="running"} 1.0' in answer.text
        assert "Access-Control-Allow-Origin" not in answer.headers  # no page of another site may read it
        assert requests.post(f"http://{where}/metrics", timeout=30).status_code == 405
    finally:
        server.stop()


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(
            SettingsError,
            match=rf"^Port {taken} cannot be used for the page for Prometheus: Address already in use.* --metrics\.$",
        ):
            prometheus_and_grafana(control(metrics=str(taken)), None)
    with pytest.raises(SettingsError, match=r"^The page for Prometheus cannot listen on 192\.0\.2\.1 \(--metrics\)"):
        prometheus_and_grafana(control(metrics="192.0.2.1:9646"), None)


def test_the_port_of_the_web_ui(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["locust"])  # which Locust's web UI reads
    web_ui = make_web_ui(State(), 8089)
    assert len(prometheus_and_grafana(control(metrics="8089"), web_ui)) == 1
    assert web_ui.app
    answer = web_ui.app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert 'hubusers_phase{phase="ready"} 1.0' in answer.text
    with pytest.raises(SettingsError, match=r"listens on 127\.0\.0\.1\. Give 0\.0\.0\.0 with --web-host as well, or"):
        prometheus_and_grafana(control(metrics="0.0.0.0:8089"), make_web_ui(State(), 8089))


@pytest.mark.parametrize(
    ("text", "where"),
    [("9646", "127.0.0.1:9646"), (" 0.0.0.0:9646 ", "0.0.0.0:9646"), ("[::1]:80", "[::1]:80"), ("host:1", "host:1")],
)
def test_where_to_listen(text: str, where: str) -> None:
    assert str(listening(text)) == where


@pytest.mark.parametrize(
    "text", ["0", "65536", "-1", "host", "host:", ":9646", "[::1:80", "a:b", "http://host:80", "1/x"]
)
def test_where_nothing_can_listen(text: str) -> None:
    with pytest.raises(ValueError, match="must be a port, or an address and a port"):
        listening(text)


def test_the_address_of_a_grafana() -> None:
    assert grafana_address("") == ""
    assert grafana_address("https://hub.example.org/grafana/") == "https://hub.example.org/grafana"
    for wrong in ("https://ann:word@grafana.example.org", "https://grafana.example.org/?orgId=1"):
        with pytest.raises(ValueError, match="without a name, a password or parameters"):
            grafana_address(wrong)
    with pytest.raises(ValueError, match="must be a URL"):
        grafana_address("grafana.example.org")
