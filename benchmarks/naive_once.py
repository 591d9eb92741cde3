"""Naive users who come once, as the people of an event do: `NAIVE_PEOPLE` of them, `NAIVE_A_SECOND` a second.

Locust itself lets no user come who is done, and would bring others in their place. So this brings each by Locust's
`spawn_users`, at equal intervals, as an expert would who wants people to come whatever the hub does.
"""

from locust import LoadTestShape, events
from locust.env import Environment

import os
import time
from typing import Any

import gevent

from benchmarks.naive_users import NaiveFastHttpUser, NaiveProgressUser

__all__ = ["NaiveFastHttpUser", "NaiveProgressUser"]

PEOPLE = int(os.environ["NAIVE_PEOPLE"])
A_SECOND = float(os.environ["NAIVE_A_SECOND"])

_everybody_came = False


class Once(LoadTestShape):
    """Keeps the test going, without users of its own, until everybody has left."""

    def tick(self) -> tuple[int, float] | None:
        is_over = _everybody_came and self.runner and self.runner.user_count == 0
        return None if is_over else (0, 1)


def _let_come(environment: Environment) -> None:
    global _everybody_came
    (user_class,) = environment.user_classes
    began = time.monotonic()
    for number in range(PEOPLE):
        gevent.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        if environment.runner:
            environment.runner.spawn_users({user_class.__name__: 1})
    _everybody_came = True


def _begin(environment: Environment, **_: Any) -> None:
    gevent.spawn(_let_come, environment)


events.test_start.add_listener(_begin)
