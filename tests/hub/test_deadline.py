"""Deadlines and the rhythm of polling, on a fake clock."""

import pytest

from hubusers.hub.deadline import Deadline, poll
from tests.fake_clock import FakeClock


def looks_during(clock: FakeClock, answer_seconds: list[float], **kwargs: float) -> list[float]:
    """Poll until the deadline, with answers that take this long, and return when each poll began."""
    started = clock.now
    looks: list[float] = []

    def look() -> None:
        looks.append(clock.now - started)
        clock.sleep(answer_seconds[len(looks) - 1] if len(looks) <= len(answer_seconds) else 0)

    assert poll(look, Deadline(kwargs.pop("timeout"), clock), kwargs.pop("interval"), **kwargs) is None
    return looks


@pytest.mark.parametrize(
    ("answer_seconds", "looks"),
    [
        ([], [0, 1, 2, 3, 4]),
        ([0.4, 0.4, 0.4], [0, 1, 2, 3, 4]),  # the answer's time is part of the interval
        ([1.5], [0, 2, 3, 4]),  # the poll at 1 is left out, and the rhythm stays
        ([3.0], [0, 3, 4]),
        ([7.0], [0]),
    ],
)
def test_a_slow_answer_does_not_stretch_the_rhythm(answer_seconds: list[float], looks: list[float]) -> None:
    assert looks_during(FakeClock(), answer_seconds, timeout=5, interval=1) == pytest.approx(looks)


def test_the_first_look_can_be_put_off_and_the_rhythm_starts_there() -> None:
    assert looks_during(FakeClock(), [], timeout=3, interval=1, first_after=0.3) == pytest.approx([0.3, 1.3, 2.3])


def test_gives_up_at_the_deadline_not_later() -> None:
    clock = FakeClock()
    assert poll(lambda: None, Deadline(600, clock), 7) is None
    assert clock.now == pytest.approx(1600)


def test_returns_what_the_check_found_at_once() -> None:
    clock = FakeClock()
    found = iter([None, None, "ready"])
    assert poll(lambda: next(found), Deadline(60, clock), 1) == "ready"
    assert clock.now == pytest.approx(1002)
