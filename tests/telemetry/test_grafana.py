"""A run in Grafana. What stands in for it answers as its documentation says; no Grafana can be installed for tests."""

import html
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from gevent.event import Event

from hubusers.local.ports import free_port
from hubusers.log import shown
from hubusers.report.verdict import Verdict
from hubusers.results.people import People
from hubusers.results.records import Records
from hubusers.settings.access import GRAFANA_TOKEN_VARIABLE, SettingsError
from hubusers.telemetry.grafana import Grafana, GrafanaError, grafana_from
from hubusers.telemetry.grafana_annotations import GrafanaAnnotations
from hubusers.telemetry.readings import RunSoFar
from tests.scripted_hub import Scripted
from tests.telemetry.made_up_grafana import GRAFANA_TOKEN, MadeUpGrafana
from tests.telemetry.runs import so_far
from tests.waiting import wait_until

CLIMB = """
title = "A & B"
seed = 1
stop_when_missed = true
[[cohorts]]
name = "students"
stay = "5s"
arrivals = { pattern = "steps", first_per_minute = 10, more_per_minute = 10, up_to_per_minute = 30, each_lasts = "2m" }
[[targets]]
measure = "start to ready"
percentile = 95
at_most = "30s"
"""
PAGE = Scripted(200, "<html><body><h1>Sign in</h1></body></html>")


@pytest.fixture
def made_up_grafana() -> Iterator[MadeUpGrafana]:
    with MadeUpGrafana() as grafana:
        yield grafana


def marked(made_up_grafana: MadeUpGrafana, run: RunSoFar) -> None:
    """Mark a run from its beginning to its end."""
    annotations = GrafanaAnnotations(Grafana(made_up_grafana.url, GRAFANA_TOKEN), run)
    annotations.note()
    annotations.note()
    run.info.ended = run.info.began + 600.5
    annotations.finish(verdict("It holds: both targets <were> held."), [])


def verdict(headline: str) -> Verdict:
    reached = People(Records()).reached()
    return Verdict("held", headline, [], [], None, reached, "", 0.05, [], [], 0)


def test_a_run_is_one_region_with_its_verdict_and_has_its_steps(
    made_up_grafana: MadeUpGrafana, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    marked(made_up_grafana, so_far(CLIMB, elapsed=130))
    posted = [asked.body for asked in made_up_grafana.asked if asked.method == "POST"]
    assert "Load test “A & B”: 120 people come, all of them simulated." in html.unescape(json.loads(posted[0])["text"])
    common = {"dashboardUID": "hub-dashboard", "tags": ["hubusers", "k3x9qa"]}
    assert list(made_up_grafana.annotations.values()) == [
        common
        | {
            "time": 1_700_000_000_250,
            "timeEnd": 1_700_000_600_750,
            "text": "Load test “A &amp; B”: It holds: both targets &lt;were&gt; held.",
        },
        common | {"time": 1_700_000_000_250, "text": "Load test “A &amp; B”: step 1 of 3, with 10 people a minute."},
        common | {"time": 1_700_000_120_250, "text": "Load test “A &amp; B”: step 2 of 3, with 20 people a minute."},
    ]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO] == [
        f"Runs are marked on {made_up_grafana.url}/d/hub-dashboard"
    ]


def test_without_jupyterhubs_dashboard_a_run_is_marked_for_all_dashboards(made_up_grafana: MadeUpGrafana) -> None:
    made_up_grafana.dashboards.clear()
    marked(made_up_grafana, so_far(users=1, elapsed=1))
    assert [one.keys() for one in made_up_grafana.annotations.values()] == [{"time", "timeEnd", "tags", "text"}]
    assert "tag hubusers" in Grafana(made_up_grafana.url, GRAFANA_TOKEN).look()


def test_a_run_in_which_nobody_could_come_is_not_marked(made_up_grafana: MadeUpGrafana) -> None:
    marked(made_up_grafana, so_far(users=1))
    assert made_up_grafana.asked == []


def test_a_grafana_that_is_back_at_the_end_gets_the_whole_run(
    made_up_grafana: MadeUpGrafana, caplog: pytest.LogCaptureFixture
) -> None:
    run = so_far(users=2, elapsed=1)
    annotations = GrafanaAnnotations(Grafana(made_up_grafana.url, GRAFANA_TOKEN), run)
    made_up_grafana.trouble = Scripted(502, "<html>Bad Gateway</html>")
    annotations.note()
    wait_until(lambda: "HTTP 502" in caplog.text)
    made_up_grafana.trouble, run.info.ended = None, run.info.began + 60
    annotations.finish(verdict("Nothing failed."), [])
    assert [one["text"] for one in made_up_grafana.annotations.values()] == ["Load test: Nothing failed."]
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Scripted(401, {"message": "Invalid API key"}), r"does not accept the token \(Invalid API key\). Make one"),
        (Scripted(403, {"message": "No access"}), r"does not allow this to the token \(No access\). Give .* Editor"),
        (Scripted(403, "<html>Forbidden</html>"), "HTTP 403. Give the address at which"),
        (Scripted(404, "<html>Nothing here</html>"), "HTTP 404. Give the address at which"),
        (
            Scripted(500, {"message": "database is locked"}),
            r"is in trouble: HTTP 500 \(database is locked\). See its log",
        ),
        (Scripted(502, "<html>Bad Gateway</html>"), "or what stands before it, is in trouble: HTTP 502. See"),
        (Scripted(400, {"message": "bad"}), r"refuses what is asked: HTTP 400 \(bad\)"),
        (Scripted(301, "", {"Location": "https://other/login?x=secret"}), "redirects to https://other/login. Give"),
        (Scripted(404, {"message": "No such page"}), "HTTP 404. Give the address at which"),
        (PAGE, "HTTP 200, a web page. Give the address"),
        (Scripted(200, []), "HTTP 200. Give the address"),
        (Scripted(200, "pong"), "HTTP 200, no JSON. Give the address"),
        (Scripted(lost=True), "does not answer: connection lost. See whether it runs"),
    ],
)
def test_a_grafana_in_trouble_is_one_warning_that_says_what_to_do(
    made_up_grafana: MadeUpGrafana, caplog: pytest.LogCaptureFixture, trouble: Scripted, said: str
) -> None:
    made_up_grafana.trouble = trouble
    with pytest.raises(GrafanaError, match=said):
        Grafana(made_up_grafana.url, GRAFANA_TOKEN).look()
    marked(made_up_grafana, so_far(users=1, elapsed=1))
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "nothing else depends on that. Grafana at http://127.0.0.1" in warning
    assert "secret" not in warning


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b" " * 65536, 0.0
DRIPS_HEADERS = b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.02
DRIPS_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", 0.02


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (ENDLESS, r"but with more than 4 MB\. Give the address at which Grafana opens"),
        (DRIPS_HEADERS, r"does not answer: timed out\. See whether it runs"),
        (DRIPS_BODY, r"does not answer: timed out\. See whether it runs"),
    ],
)
def test_an_answer_without_an_end_is_given_up(
    sent: tuple[bytes, bytes, float], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, piece, pause = sent
    monkeypatch.setattr("hubusers.telemetry.grafana._TIMEOUT", 120.0 if sent is ENDLESS else 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError), server.accept()[0] as connection:  # either is closed before the end
                connection.recv(65536)
                connection.sendall(begin)
                while True:
                    connection.sendall(piece)
                    time.sleep(pause)

        threading.Thread(target=answer, daemon=True).start()
        grafana = Grafana(f"http://127.0.0.1:{server.getsockname()[1]}", GRAFANA_TOKEN)
        with pytest.raises(GrafanaError, match=said):
            grafana.look()


def test_what_answers_anything_is_not_a_grafana(
    made_up_grafana: MadeUpGrafana, caplog: pytest.LogCaptureFixture
) -> None:
    made_up_grafana.trouble = Scripted(200, {})
    marked(made_up_grafana, so_far(users=1, elapsed=1))
    assert "did not say which annotation it made. Give the address at which Grafana opens" in caplog.text


def test_a_grafana_that_is_away_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    annotations = GrafanaAnnotations(Grafana(f"http://127.0.0.1:{free_port()}", GRAFANA_TOKEN), so_far(elapsed=1))
    annotations.note()
    annotations.finish(verdict("Nothing failed."), [])
    assert "connection refused. See whether it runs" in caplog.text
    assert len(caplog.records) == 1


def test_a_grafana_that_hangs_holds_the_end_up_for_a_few_seconds_only(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubusers.telemetry.grafana_annotations._AT_THE_END", 0.1)
    grafana, released = Grafana("http://127.0.0.1", GRAFANA_TOKEN), Event()
    monkeypatch.setattr(grafana, "look", released.wait)
    annotations = GrafanaAnnotations(grafana, so_far(elapsed=1))
    annotations.note()  # returns at once, as does whatever a run does
    annotations.finish(verdict("Nothing failed."), [])
    assert "did not answer in time" in caplog.text
    released.set()


def test_a_token_that_may_only_read_is_told_before_it_fails(made_up_grafana: MadeUpGrafana) -> None:
    made_up_grafana.may_add = False
    with pytest.raises(GrafanaError, match=r"may only read the dashboard hub-dashboard. Give .* the role Editor"):
        Grafana(made_up_grafana.url, GRAFANA_TOKEN).look()


def test_the_token_comes_from_a_file_or_the_environment_and_is_a_secret(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path_factory.mktemp("grafana") / "token"
    file.write_text(f"{GRAFANA_TOKEN}\n")
    url = "https://grafana.example.org"
    assert grafana_from("", "", "") is None
    assert grafana_from(url, str(file), "")
    assert shown(f"Bearer {GRAFANA_TOKEN}") == "Bearer (secret)"
    with pytest.raises(SettingsError, match=r"no token for Grafana.*--grafana-token-file"):
        grafana_from(url, "", "")
    with pytest.raises(SettingsError, match="Which Grafana"):
        grafana_from("", str(file), "")
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        grafana_from(url, "/nowhere", "")
    monkeypatch.setenv(GRAFANA_TOKEN_VARIABLE, "two words")
    with pytest.raises(SettingsError, match=f"in {GRAFANA_TOKEN_VARIABLE} cannot be used: token contains"):
        grafana_from(url, "", "")
