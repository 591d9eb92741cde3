"""A refusal is believed only after it was repeated for a while."""

from collections.abc import Callable, Iterator
from unittest import mock

import pytest

from hubusers.hub import deadline
from hubusers.hub.acceptance import Acceptance, ask_again, despite_refusals
from hubusers.hub.errors import HubError, TokenRejected
from tests.fake_clock import FakeClock


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    with mock.patch.object(deadline, "CLOCK", FakeClock()) as clock:
        yield clock


def answers(clock: FakeClock, *until: tuple[float, int]) -> Callable[[], int]:
    """Return what the hub answers: each status until a moment, in seconds from now."""
    began = clock.now

    def ask() -> int:
        return next(status for moment, status in until if clock.now - began < moment)

    return ask


@pytest.mark.parametrize("status", [401, 403])
def test_refused_each_time_for_fifteen_seconds(clock: FakeClock, status: int) -> None:
    began = clock.now
    assert ask_again(answers(clock, (1e9, status)), at_most=60) is Acceptance.REFUSED
    assert clock.now - began == pytest.approx(15)


def test_accepted_again_in_the_last_moment(clock: FakeClock) -> None:
    assert ask_again(answers(clock, (14.9, 403), (1e9, 200)), at_most=60) is Acceptance.ACCEPTED


@pytest.mark.parametrize("status", [0, 404, 500, 503])
def test_any_other_answer_proves_nothing(clock: FakeClock, status: int) -> None:
    assert ask_again(answers(clock, (5, 403), (1e9, status)), at_most=60) is Acceptance.UNKNOWN


def test_where_the_server_timeout_is_shorter_it_is_still_asked_more_than_once(clock: FakeClock) -> None:
    asked = []

    def ask() -> int:
        asked.append(clock.now)
        return 403

    assert ask_again(ask, at_most=0.2) is Acceptance.REFUSED
    assert asked == [1000.0, 1000.2]


def test_what_is_refused_for_a_while_is_done_in_the_end(clock: FakeClock) -> None:
    ask = answers(clock, (7, 403), (1e9, 200))

    def do() -> str:
        if ask() == 403:
            raise TokenRejected("listing the users: HTTP 403", status=403)
        return "done"

    assert despite_refusals(do, at_most=60) == "done"


def test_what_is_refused_each_time_raises_the_refusal_and_another_error_comes_at_once(clock: FakeClock) -> None:
    def fail(error: HubError) -> None:
        raise error

    began = clock.now
    with pytest.raises(HubError, match=r"^hub error$"):
        despite_refusals(lambda: fail(HubError("HTTP 500", status=500)), at_most=60)
    assert clock.now == began
    with pytest.raises(TokenRejected):
        despite_refusals(lambda: fail(TokenRejected("HTTP 403", status=403)), at_most=60)
    assert clock.now - began == pytest.approx(15)
