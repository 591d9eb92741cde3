"""What Locust's process says in its terminal: little, each time in UTC, and a line of progress that renews itself."""

from locust import log
from locust import main as locust_main
from locust.env import Environment

import argparse
import io
import logging
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hubusers.log import Progress, get_logger, renew_progress_with
from hubusers.plugin import terminal
from hubusers.settings.access import Access
from hubusers.settings.settings import Settings
from tests.event.events import event_with
from tests.settings.settings import settings_for

LOG = get_logger("hubusers.test_terminal")
CHATTER = logging.getLogger("locust.runners")
TABLES = logging.getLogger("locust.stats_logger")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 99


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Return what a log gets, after Locust has set up logging as it does at its start."""
    yield from _set_up(monkeypatch, io.StringIO(), "INFO")


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((40, 20)))
    monkeypatch.setenv("TERM", "xterm")
    yield from _set_up(monkeypatch, Screen(), "INFO")


def _set_up(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, level: str) -> Iterator[io.StringIO]:
    loggers = [logging.getLogger(), logging.getLogger("locust"), TABLES]
    before = [(logger, logger.handlers, logger.level, logger.propagate) for logger in loggers]
    monkeypatch.setattr("sys.stderr", stream)
    main: Any = locust_main
    monkeypatch.setattr(main, "setup_logging", main.setup_logging)  # put back what be_quiet replaces
    terminal.be_quiet()
    for logger in loggers:
        logger.handlers = []  # not pytest's, which Locust would close
    main.setup_logging(level)
    yield stream
    for logger, handlers, its_level, propagates in before:
        logger.handlers, logger.level, logger.propagate = handlers, its_level, propagates
        logger.setLevel(its_level)
    renew_progress_with(None)


def begin(is_worker: bool = False, **options: object) -> None:
    given = {"print_stats": False, "only_summary": False, "skip_log_setup": False, "processes": None, **options}
    terminal.begin_quietly(Environment(parsed_options=argparse.Namespace(**given)), is_worker=is_worker)


def say_all() -> None:
    CHATTER.info("Ramping to 0 users at a rate of 1.00 per second")
    CHATTER.info("Worker a_1 quit. 1 workers ready.")
    CHATTER.warning("CPU usage above 90%!")
    TABLES.info("Type     Name")
    LOG.info("A first server was ready")


def test_what_nobody_asked_for_is_left_out_and_all_else_is_shown(said: io.StringIO) -> None:
    begin()
    say_all()
    for _ in range(3):
        logging.info("Waiting for workers to be ready, 1 of 2 connected")
    text = said.getvalue()
    assert "Ramping" not in text
    assert "Type" not in text
    assert "Worker a_1 quit" in text
    assert "CPU usage" in text
    assert "A first server was ready" in text
    assert text.count("Waiting for workers") == 1


@pytest.mark.parametrize("option", ["print_stats", "only_summary"])
def test_tables_are_there_where_they_are_asked_for(said: io.StringIO, option: str) -> None:
    begin(**{option: True})
    say_all()
    assert "Type     Name\n" in said.getvalue()
    assert "Ramping" not in said.getvalue()


def test_with_debug_locust_says_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in _set_up(monkeypatch, io.StringIO(), "DEBUG"):
        begin(is_worker=True, processes=2)
        say_all()
        assert "Ramping" in said.getvalue()
        assert "A first server was ready" in said.getvalue()


def test_a_worker_in_the_terminal_of_its_master_says_only_what_went_wrong(said: io.StringIO) -> None:
    begin(is_worker=True, processes=2)
    say_all()
    Progress(LOG).say("1 of 2")
    assert len(said.getvalue().splitlines()) == 1
    assert "CPU usage" in said.getvalue()


def test_the_master_of_processes_does_not_say_that_they_are_there(said: io.StringIO) -> None:
    begin(processes=2)
    CHATTER.info("a_1 (index 0) reported as ready. 1 workers connected.")
    CHATTER.info("Worker a_1 quit. 1 workers ready.")
    assert not said.getvalue()
    CHATTER.info("Worker a_1 failed to send heartbeat, setting state to missing.")
    assert "missing" in said.getvalue()
    say_all()
    assert "A first server was ready" in said.getvalue()


def test_a_worker_in_a_terminal_of_its_own_says_how_it_goes(said: io.StringIO) -> None:
    begin(is_worker=True)
    say_all()
    assert "A first server was ready" in said.getvalue()


def test_logging_that_somebody_set_up_stays_as_it_is(said: io.StringIO) -> None:
    begin(skip_log_setup=True)
    TABLES.info("Type     Name")
    assert "Type" in said.getvalue()


def test_times_are_in_utc_and_say_so(said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        LOG.warning("Late")
    finally:
        monkeypatch.undo()
        time.tzset()
    found = re.fullmatch(r"\[(.{16}).*,\d{3} UTC\] [^ /]+/WARNING/hubusers.test_terminal: Late\n", said.getvalue())
    assert found
    assert found[1] in {time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() - late)) for late in (0, 60)}
    [shown_in_web_ui] = log.get_logs()
    assert " UTC]" in shown_in_web_ui


def test_a_terminal_renews_its_line_of_progress_and_cuts_it_off(screen: io.StringIO) -> None:
    begin(only_summary=True)
    progress = Progress(LOG)
    progress.say("00:01 elapsed")
    progress.say("00:02 elapsed, " + 40 * "x")
    LOG.error("It broke")
    TABLES.info("Type     Name")
    shown = [line.partition(" UTC")[2] or line for line in screen.getvalue().split("\r\x1b[K")]
    assert shown == ["", "00:01 elapsed", "00:02 elapsed …", "  ERROR: It broke\n", "Type     Name\n"]


def test_a_log_gets_a_line_of_progress_now_and_then(said: io.StringIO) -> None:
    progress, later = Progress(LOG), Progress(LOG, first_after=60)
    for number in range(3):
        progress.say(f"{number} elapsed")
        later.say("later")
    assert [line.partition(": ")[2] for line in said.getvalue().splitlines()] == ["0 elapsed"]


PLAIN = settings_for("http://127.0.0.1:9/hub/api", Access("a-token"))
NAMED = "their names begin with hub-stress-test-k3x9qa-"
BELL = event_with('{ pattern = "evenly", over = "5m" }', above="time_scale = 10\nseed = 1")


@pytest.mark.parametrize(
    ("settings", "options", "words"),
    [
        (PLAIN, {}, f"1 user comes, 1 a second, until somebody stops the run; {NAMED}"),
        (PLAIN, {"num_users": 1000, "spawn_rate": 2.5, "run_time": 90}, "1,000 users come, 2.5 a second, for 1m 30s; "),
        (replace(PLAIN, lifecycles=3), {"num_users": 2}, "2 users come, 1 a second, for 3 lifecycles each; "),
        (replace(PLAIN, accounts_file="a.csv"), {}, "; they use the accounts in a.csv"),
        (
            replace(PLAIN, event=BELL),
            {},
            f"10 people come to Test, the last one after 27s, at 10 times the speed; {NAMED}",
        ),
    ],
)
def test_who_comes(settings: Settings, options: dict[str, object], words: str) -> None:
    given = dict.fromkeys(["num_users", "spawn_rate", "run_time"]) | options
    assert words in terminal.who_comes(settings, argparse.Namespace(**given))


def test_why_there_can_be_no_test_looks_like_an_error_of_the_command(
    said: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", said)  # pytest has put its own one there meanwhile
    file = logging.FileHandler(tmp_path / "log")
    logging.getLogger().addHandler(file)
    terminal.say_why_not("class.toml, line 1: titel: unknown here\nclass.toml, line 9: too long")
    LOG.error("It broke")
    file.close()
    error, more, after = said.getvalue().splitlines()
    assert (error, more) == ("Error: class.toml, line 1: titel: unknown here", "class.toml, line 9: too long")
    assert after.endswith(": It broke")
    assert (tmp_path / "log").read_text().splitlines() == [error.removeprefix("Error: "), more, "It broke"]


def test_with_logging_of_ones_own_why_there_can_be_no_test_goes_there_only(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    terminal.say_why_not("Which hub?")
    assert caplog.messages == ["Which hub?"]
    assert capsys.readouterr().err == ""
