"""Our users, in a process that says once a second how hard it was for it so far: `STRAIN {"users": …, "spans": …, …}`.

The run itself only says so at its end, of all of it; and what is hard when everybody comes is not hard while they wait.
"""

from locust import events
from locust.env import Environment

import json
from typing import Any

import gevent
import psutil

from benchmarks.our_users import NotebookUser, ServerLifecycleUser
from hubusers.run.present_run import run_of

STRAIN_PREFIX = "STRAIN "

__all__ = ["NotebookUser", "ServerLifecycleUser"]


def _say_again_and_again(environment: Environment) -> None:
    while True:
        if run := run_of(environment):
            users = environment.runner.user_count if environment.runner else 0
            rss_kib = psutil.Process().memory_info().rss // 1024
            strain = {"users": users, "rss_kib": rss_kib, **run.generator.strain.as_message()}
            print(f"{STRAIN_PREFIX}{json.dumps(strain)}", flush=True)
        gevent.sleep(1)


def _begin(environment: Environment, **_: Any) -> None:
    gevent.spawn(_say_again_and_again, environment)


events.test_start.add_listener(_begin)
