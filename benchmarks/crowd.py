"""A locustfile for a real hub: everybody has an account first, then all ask for a server in the same moment, once.

In the folder that `CROWD_FOLDER` names appears `here` when all have their accounts; they begin when somebody else puts
`go` there; and in the end it holds what the run recorded, exactly, as `records.json`. With `CROWD_WATCHES=no` users
do not look at their servers: that shows the hub's own cost.
"""

from locust import events, task
from locust.env import Environment
from locust.exception import StopUser

import itertools
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event

from hubusers.hub import lifecycle
from hubusers.hub.deadline import Deadline
from hubusers.plugin import switch_on
from hubusers.results.records import START_TO_READY
from hubusers.run import server_life
from hubusers.run.present_run import run_of
from hubusers.users import HubUser

switch_on()

WATCHES = os.environ.get("CROWD_WATCHES") != "no"

FOLDER = Path(os.environ["CROWD_FOLDER"])

_numbers = itertools.count(1)
_everybody_is_here = Event()


class Crowd(HubUser):
    """Comes, waits for everybody else, starts a server, and is done."""

    def on_start(self) -> None:
        super().on_start()
        if next(_numbers) == self.environment.parsed_options.num_users:
            FOLDER.joinpath("here").touch()
            while not FOLDER.joinpath("go").exists():
                gevent.sleep(0.1)
            _everybody_is_here.set()

    @task
    def start_one_server(self) -> None:
        _everybody_is_here.wait()
        if WATCHES:
            self.start_server()
        else:
            self.start_and_not_watch()
        raise StopUser

    def start_and_not_watch(self) -> None:
        deadline = Deadline(self.settings.server_timeout)
        server_life.start(
            self.test_run.ledger,
            self.username,
            deadline,
            ask=lambda: lifecycle.ask_to_start(self.hub, self.username, None, deadline),
            wait=lambda _: gevent.sleep(self.settings.stay[0]),
            may_run=lambda: True,
        )


def _write_records(environment: Environment, **_: Any) -> None:
    run = run_of(environment)
    records = [asdict(record) for record in run.results.records.of(START_TO_READY)] if run else []
    FOLDER.joinpath("records.json").write_text(json.dumps(records), encoding="utf-8")


events.test_stopping.add_listener(_write_records)
