"""What a run in a pod says, as it appears here."""

import io
import logging
import os
from collections.abc import Iterator

import pytest

from hubusers.kube.pod_lines import PodLines, set_up_logging
from hubusers.log import get_logger, renew_progress_with
from tests.plugin.test_terminal import Screen

LOG = get_logger("hubusers.kube.test")

LINES = [
    "[2026-11-26 09:00:01,123 UTC] hubusers-k3x9qa-7/INFO/hubusers.plugin.run_control: Run k3x9qa: 20 users come",
    "[2026-11-26 09:00:02,123 UTC] hubusers-k3x9qa-7/INFO/hubusers.live.recorder: 00:10 elapsed, 5 arrived, 1 pending",
    "[2026-11-26 09:00:03,123 UTC] hubusers-k3x9qa-7/WARNING/hubusers.x: http://127.0.0.1:8089/hub is slow",
    'Type     Name {"of": "a table"}',
    "[2026-11-26 09:00:04,123 UTC] hubusers-k3x9qa-7/INFO/hubusers.x: The report is in /hubusers/runs/a/report.html",
    "[2026-11-26 09:00:05,123 UTC] hubusers-k3x9qa-7/INFO/hubusers.x: There is no file /input/accounts/people.csv",
]
NAMES = {"/input/accounts/people.csv": "/home/ann/people.csv", "http://127.0.0.1:8089": "http://127.0.0.1:9000"}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    logger = logging.getLogger("hubusers.kube")
    before = logger.handlers, logger.level, logger.propagate
    yield
    logger.handlers, logger.level, logger.propagate = before
    renew_progress_with(None)


def test_in_a_terminal_lines_are_short_and_progress_renews_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((40, 20)))
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    set_up_logging()
    lines = PodLines(NAMES)
    for line in LINES:
        lines.say(line)
    LOG.info("The run's folder is here")
    shown = screen.getvalue().split("\r\x1b[K")[1:]
    assert shown[0] == "09:00:01 UTC  Run k3x9qa: 20 users come\n"
    assert shown[1] == "00:10 elapsed, 5 arrived, 1 pending"
    assert shown[2] == "09:00:03 UTC  WARNING: http://127.0.0.1:9000/hub is slow\n"
    assert shown[4] == "09:00:05 UTC  There is no file /home/ann/people.csv\n"
    assert shown[5].endswith("  The run's folder is here\n")
    assert capsys.readouterr().out == f"{LINES[3]}\n"


def test_elsewhere_they_are_as_the_pod_wrote_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    set_up_logging()
    lines = PodLines(NAMES)
    for line in LINES:
        lines.say(line)
    expected = [*LINES[:2], LINES[2].replace("8089", "9000"), LINES[5].replace("/input/accounts", "/home/ann")]
    assert log.getvalue().splitlines() == expected
    assert capsys.readouterr().out == f"{LINES[3]}\n"
