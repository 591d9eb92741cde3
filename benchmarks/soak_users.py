"""A locustfile for a soak: two users whose made-up requests come as fast as Locust and hubusers record them.

Each worker sends nothing for them; it fires Locust's event of a request, as any client does, `SOAK_REQUESTS` times.
"""

from locust import User, task

import itertools
import os
import random

import gevent

from benchmarks.large_runs import SOAKED
from benchmarks.made_up_large_run import FAILURES, REQUESTS
from hubusers.plugin import switch_on

switch_on()

_EACH = int(os.environ["SOAK_REQUESTS"])
_AT_ONCE = 2_000  # then others have their turn: heartbeats, reports


class SoakUser(User):
    """Records its requests, and waits for the end of the run."""

    @task
    def record_requests(self) -> None:
        chance, fire = random.Random(id(self)), self.environment.events.request.fire
        names = [(request.split(" ", 1), seconds) for request, seconds, _ in REQUESTS]
        factors = [chance.lognormvariate(0.0, 0.5) for _ in range(9_973)]
        kinds = itertools.cycle(chance.choices(names, [often for _, _, often in REQUESTS], k=997))
        for number, ((method, path), seconds) in zip(range(_EACH), kinds, strict=False):
            failed = number % 1_000 == 0
            fire(
                request_type=method,
                name=path,
                response_time=1_000 * seconds * factors[number % len(factors)],
                response_length=100,
                exception=RuntimeError(FAILURES[number // 1_000 % len(FAILURES)]) if failed else None,
                context={},
            )
            if number % _AT_ONCE == 0:
                gevent.sleep(0)
        print(SOAKED, flush=True)
        while True:
            gevent.sleep(1.0)  # until the run is ended
