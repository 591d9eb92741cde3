"""Locust users as an expert in Locust would write them without this project, to compare ours with.

They make an account, start and stop a server `NAIVE_LIFECYCLES` times, each time waiting until it is ready, and remove
the account. They forget what a test of a real hub needs and these benchmarks don't: 429, lost answers, a clean-up after
whatever happens.
"""

from locust import FastHttpUser, HttpUser, User, constant, events, task
from locust.env import Environment
from locust.exception import RescheduleTask, StopUser

import itertools
import json
import os
from typing import Any, NoReturn

import gevent

from benchmarks import cpu_report  # noqa: F401  # its import is what switches it on

LIFECYCLES = int(os.environ.get("NAIVE_LIFECYCLES", "10"))
HEADERS = {"Authorization": f"token {os.environ.get('JUPYTERHUB_API_TOKEN', 'anything')}"}

_MOST_LOOKS = 60
_numbers = itertools.count()


class NaiveUser(User):
    """What the kinds have in common; `self.client` is Locust's slower or its faster one."""

    abstract = True
    wait_time = constant(0)
    client: Any

    def on_start(self) -> None:
        self.path = f"/hub/api/users/naive-{next(_numbers)}"
        self.lifecycles = 0
        self.client.post(self.path, name="/users/{name}")

    def on_stop(self) -> None:
        self.client.delete(self.path, name="/users/{name}")

    @task
    def live_through_a_server(self) -> None:
        if self.lifecycles == LIFECYCLES:
            raise StopUser
        self.lifecycles += 1
        self.start_server()
        self.wait_until_ready()
        self.stop_server()

    def start_server(self) -> None:
        with self.client.post(f"{self.path}/server", name="/users/{name}/server", catch_response=True) as response:
            if response.status_code not in {201, 202}:
                _fail(response)

    def wait_until_ready(self) -> None:
        for _ in range(_MOST_LOOKS):
            with self.client.get(self.path, name="/users/{name}", catch_response=True) as response:
                if response.status_code != 200:
                    _fail(response)
                if response.json()["servers"].get("", {}).get("ready"):
                    return
            gevent.sleep(1)
        raise RescheduleTask

    def stop_server(self) -> None:
        with self.client.delete(f"{self.path}/server", name="/users/{name}/server", catch_response=True) as response:
            if response.status_code not in {202, 204}:
                _fail(response)


class NaiveHttpUser(NaiveUser, HttpUser):
    """Through requests, Locust's default."""

    def on_start(self) -> None:
        self.client.headers.update(HEADERS)
        super().on_start()


class NaiveFastHttpUser(NaiveUser, FastHttpUser):
    """Through geventhttpclient."""

    default_headers = HEADERS


class NaiveProgressUser(NaiveFastHttpUser):
    """Reads the progress of the spawn instead of looking again and again."""

    def wait_until_ready(self) -> None:
        with self.client.get(
            f"{self.path}/server/progress", name="/users/{name}/server/progress", stream=True, catch_response=True
        ) as response:
            if response.status_code != 200:
                _fail(response)
            # Not Locust's iter_lines: it reads 1,024 bytes at a time, and waits until it has all of them.
            while line := response.stream.readline(b"\n"):
                if line.startswith(b"data:") and json.loads(line[5:]).get("ready"):
                    response.stream.read()  # what ends the stream, so that the connection serves again
                    return
            response.failure("the stream ended before the server was ready")
            raise RescheduleTask


def _fail(response: Any) -> NoReturn:
    response.failure(f"HTTP {response.status_code}")
    raise RescheduleTask


def _quit_with_the_last_user(environment: Environment, **_: Any) -> None:
    # Locust itself would go on, without users, until its time is up. A shape has an end of its own.
    if environment.shape_class:
        return

    def watch(**_: Any) -> None:
        while environment.runner and environment.runner.user_count:
            gevent.sleep(0.5)
        if environment.runner:
            environment.runner.quit()

    environment.events.spawning_complete.add_listener(lambda **_: gevent.spawn(watch))


events.init.add_listener(_quit_with_the_last_user)
