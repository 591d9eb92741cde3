"""The check before a run that the web UI starts, on a real hub: somebody stops it, and nothing is left there."""

from locust.env import Environment

from pathlib import Path
from typing import Any

import gevent
import pytest

from hubusers.local import LocalHub
from hubusers.plugin.arrivals import EventShape
from hubusers.plugin.run_control import RunControl
from hubusers.plugin.starter import CheckStopped, Order, Starter
from hubusers.plugin.who_comes import WhoComes
from hubusers.run.pending_start import PendingStart
from hubusers.run.phase import Phase
from hubusers.settings.access import Access
from hubusers.settings.hub_check import CheckedHub, check_hub
from hubusers.start_parts import SPAWNING
from hubusers.users import ServerLifecycleUser
from tests.locust_process import users_on
from tests.plugin.test_run_control import Alone_, options
from tests.waiting import wait_until


def test_a_check_that_somebody_stops_removes_the_server_that_it_tried(
    local_hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["locust"])  # which Locust's page parses once more
    environment = Environment(
        user_classes=[ServerLifecycleUser],
        host=local_hub.url,
        parsed_options=options(headless=False, name_prefix="tried", stats_history_enabled=False),
    )
    runner = environment.create_local_runner()
    control = RunControl(environment, Alone_(runner), Access(local_hub.token))
    who_comes = WhoComes(environment, control.before_run, EventShape(lambda: None, lambda: False))
    control.start()
    starter = Starter(environment.create_web_ui("127.0.0.1", 0, delayed_start=True), control, who_comes)
    while_checked: list[str] = []

    def check(*arguments: Any) -> CheckedHub:
        while_checked.append(starter.doing)
        return check_hub(*arguments)

    monkeypatch.setattr("hubusers.settings.hub_check.check_hub", check)
    waits_for = PendingStart.waits_for

    def go_on_when_stopped(self: PendingStart, part: str) -> None:
        waits_for(self, part)
        if part == SPAWNING:
            gevent.sleep(600)  # however soon the server is ready

    monkeypatch.setattr(PendingStart, "waits_for", go_on_when_stopped)
    try:
        starter.begin(Order(who_comes.choice, local_hub.url, control.options))
        wait_until(lambda: starter.doing == "Trying one server: spawning", lambda: starter.doing)
        assert [name for name in users_on(local_hub) if name.startswith("tried-")]
        starter.stop()
        wait_until(lambda: not starter.is_busy, lambda: starter.doing)
        assert isinstance(starter.failure, CheckStopped)
        assert "users: 1 created, 1 removed, 0 left; servers: 1 started, 1 removed, 0 left" in str(starter.failure)
        assert not [name for name in users_on(local_hub) if name.startswith("tried-")]
        assert control.phase is Phase.READY
        assert while_checked == ["Checking the hub and its token"]
    finally:
        runner.greenlet.kill(block=True)
