"""A limit breaks off what takes too long, never too early, and nothing else."""

import locust  # noqa: F401  # patches the standard library for gevent; must come before everything else

import time

import gevent
import pytest

from hubusers.http.time_limit import TimeLimit


def test_it_breaks_off_what_takes_too_long_and_not_too_early() -> None:
    gevent.sleep(0.001)
    busy_until = time.perf_counter() + 0.1
    while time.perf_counter() < busy_until:  # meanwhile the event loop's own clock stands still
        pass
    began = time.perf_counter()
    with pytest.raises(TimeoutError), TimeLimit(0.15):
        gevent.sleep(60)
    assert time.perf_counter() - began >= 0.15


def test_code_that_takes_all_exceptions_for_its_own_does_not_keep_it_up() -> None:
    def take_all() -> None:
        try:
            gevent.sleep(60)
        except Exception:
            pytest.fail("it was taken for an ordinary exception")

    with pytest.raises(TimeoutError), TimeLimit(0.01):
        take_all()


def test_an_inner_limit_is_not_taken_for_an_outer_one() -> None:
    with TimeLimit(60):
        with pytest.raises(TimeoutError), TimeLimit(0.01):
            gevent.sleep(60)
        gevent.sleep(0.01)
    with pytest.raises(TimeoutError), TimeLimit(0.01), TimeLimit(60):
        gevent.sleep(60)


def test_what_is_over_in_time_is_left_alone() -> None:
    with TimeLimit(0.01):
        pass
    gevent.sleep(0.05)
    with pytest.raises(KeyError), TimeLimit(60):
        raise KeyError
