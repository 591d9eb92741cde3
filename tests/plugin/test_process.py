"""The ways out of Locust's process."""

from unittest.mock import Mock

import pytest

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
    phase: Phase, was_interrupted: bool, event_ended: str, reason: str
) -> None:
    control = Mock(
        RunControl, phase=phase, stopped_because="", was_interrupted=was_interrupted, event_ended=event_ended
    )
    Process(control).end_at_exit()
    assert control.stopped_because == reason
    control.end_process.assert_called_once()
