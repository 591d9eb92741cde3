"""The ways out of Locust's process."""

import logging
import os
from unittest.mock import Mock

import pytest

from hubusers.exit_codes import EXIT_NO_ANSWER
from hubusers.plugin.process import Process
from hubusers.plugin.run_control import RunControl
from hubusers.results.run_info import LOCUST_ENDED
from hubusers.run.phase import Phase


@pytest.mark.parametrize(
    ("phase", "was_interrupted", "event_ended", "reason"),
    [
        (Phase.RUNNING, False, "", LOCUST_ENDED),
        (Phase.RUNNING, True, "", ""),
        (Phase.RUNNING, False, "Everybody has come, and has left again", ""),
        (Phase.STOPPED, False, "", ""),
    ],
)
def test_an_end_of_which_locust_says_nothing_is_the_reason_why_a_run_ended(
    monkeypatch: pytest.MonkeyPatch, phase: Phase, was_interrupted: bool, event_ended: str, reason: str
) -> None:
    control = Mock(
        RunControl,
        phase=phase,
        stopped_because="",
        was_interrupted=was_interrupted,
        event_ended=event_ended,
        exit_code=EXIT_NO_ANSWER,
    )
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    Process(control).end_at_exit()
    assert control.stopped_because == reason
    assert codes == ([EXIT_NO_ANSWER] if reason else [])
    control.end_process.assert_called_once()
