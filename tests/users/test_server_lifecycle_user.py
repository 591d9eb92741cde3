"""The Locust user on a real hub: runs Locust as a person would, and then asks the hub for leftovers."""

import os
import re
import time
from collections import Counter
from pathlib import Path

import pytest

import hubusers
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.locust_process import NO_FIRST_SERVER, LocustProcess, run_locust, users_on
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

SHORT = ["--stay", "0.2", "--pause", "0.1", "--poll-interval", "0.2"]


def run_id(locust: LocustProcess) -> str:
    found = re.search(r"Run (\w{6}):", locust.output)
    assert found
    return found[1]


def started_servers(hub: LocalHub, locust: LocustProcess) -> set[str]:
    """Return whose servers this run has started."""
    if "Run " not in locust.output:
        return set()
    usernames = {event["username"] for event in spawner_events(hub, "starting")}
    return {name for name in usernames if f"-{run_id(locust)}-" in name}


@pytest.mark.parametrize(
    ("wait", "asks", "options", "received"),
    [
        ("progress", "GET /users/{name}/server/progress", [], {}),
        ("listing", "GET /users", ["--server-profile", "small"], {"profile": "small"}),
        pytest.param(
            *("poll", "GET /users/{name}", ["--user-options", '{"image": "x"}'], {"image": "x"}),
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_a_whole_run(wait: str, asks: str, options: list[str], received: dict[str, str], local_hub: LocalHub) -> None:
    """It ends with the last lifecycle of the last user, and not at its time limit."""
    started_at = time.monotonic()
    locust = run_locust(
        local_hub,
        *["-u", "10", "-r", "10", "-t", "110s", "--lifecycles", "2", "--json", "--wait", wait, *options],
        *SHORT,
    )
    assert time.monotonic() - started_at < 100
    assert locust.process.returncode == 0, locust.output
    rows = locust.statistics()
    assert rows.keys() - {"GET /users/{name}"} == {
        "POST /users/{name}",
        "POST /users/{name}/server",
        "DELETE /users/{name}/server",
        "SERVER start to ready",
        "SERVER stop to stopped",
        asks,
    } - {"GET /users/{name}"}
    assert asks in rows
    assert sum(row["num_failures"] for row in rows.values()) == 0
    assert rows["SERVER start to ready"]["num_requests"] == rows["SERVER stop to stopped"]["num_requests"] == 20
    assert rows["SERVER start to ready"]["min_response_time"] >= 300  # milliseconds: no spawn is faster here
    assert locust.summary() == (10, 10, 0, 20, 20, 0)
    assert re.search(r"start to ready: p50 \d+\.\d{3}, .* ± \d+\.\d{3} seconds \(20 measured, 0", locust.output)
    assert "Clean-up: " in locust.lines[-1]  # the last line

    ours = [event for event in spawner_events(local_hub) if f"-{run_id(locust)}-" in event["username"]]
    assert len({event["username"] for event in ours}) == 10
    times = Counter((event["username"], event["event"]) for event in ours)
    assert set(times.values()) == {2}
    assert {kind for _, kind in times} == {"starting", "ready", "stopping", "stopped"}
    assert all(event["user_options"] == received for event in ours if event["event"] == "starting")
    assert not [name for name in users_on(local_hub) if name.startswith("hub-stress-test")]
    assert local_hub.token not in locust.output


def test_keep_leaves_users_and_servers_and_says_how_to_remove_them(local_hub: LocalHub) -> None:
    arguments = ["--headless", "-u", "3", "-r", "3", "--stay", "60", "--keep", "--name-prefix", "kept"]
    with LocustProcess(local_hub, arguments) as locust:
        wait_until(lambda: len(started_servers(local_hub, locust)) == 3, lambda: locust.output)
        assert locust.stop() in {0, 4}  # 4: interrupted before anybody had a server
    assert locust.summary() == (3, 0, 3, 3, 0, 3)
    assert "hubusers purge --name-prefix kept --run" in locust.lines[-1]
    with hubusers.get_session(local_hub.token) as session:
        names = hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="kept-")
        assert len(names) == 3
        assert all(hubusers.wait_for_servers_to_start([names], local_hub.endpoint, session).values())
        assert all(hubusers.delete_users(names, local_hub.endpoint, session).values())


class TestFailures:
    """Told apart, counted, and never in the way of the clean-up; all other faults are in tests/faults."""

    def test_throttled_too_long_and_timed_out(self) -> None:
        with LocalHub(spawn_seconds=(5, 5), concurrent_spawn_limit=1) as hub:
            locust = run_locust(
                hub, *["-u", "2", "-r", "2", "--lifecycles", "1", "--server-timeout", "2"], *NO_FIRST_SERVER, *SHORT
            )
            assert locust.process.returncode == 1
            assert "SERVER start to ready: throttled too long" in locust.output
            assert "SERVER start to ready: timed out" in locust.output
            assert locust.summary()[:3] == (2, 2, 0)
            assert users_on(hub) == []


class TestDistributed:
    USERS = ("-u", "12", "-r", "12", "--json", *SHORT)

    @pytest.mark.thorough
    def test_processes(self, local_hub: LocalHub) -> None:
        port = free_port()
        locust = run_locust(
            local_hub,
            *[*self.USERS, "--lifecycles", "1"],
            *["--processes", "2", "--master-bind-port", str(port), "--master-port", str(port)],
        )
        assert locust.process.returncode == 0, locust.output
        assert locust.summary()[:3] == (12, 12, 0)
        assert locust.statistics()["SERVER start to ready"]["num_failures"] == 0
        workers = {name.rsplit("-", 2)[1] for name in started_servers(local_hub, locust)}
        assert workers == {"0", "1"}
        assert not [name for name in users_on(local_hub) if name.startswith("hub-stress-test")]

    def test_a_master_and_separate_workers(self, local_hub: LocalHub) -> None:
        port = str(free_port())
        as_worker = ["--worker", "--master-port", port]
        master = ["--headless", "--only-summary", "--master", "--expect-workers", "2", "--master-bind-port", port]
        with (
            LocustProcess(local_hub, [*master, *self.USERS, "--lifecycles", "1"]) as locust,
            LocustProcess(local_hub, as_worker) as first,
            LocustProcess(local_hub, as_worker) as second,
        ):
            assert locust.wait() == 0, locust.output
            assert first.wait() == second.wait() == 0
            assert locust.summary()[:3] == (12, 12, 0)
            by_worker = [first.summary(), second.summary()]
            assert tuple(map(sum, zip(*by_worker, strict=True))) == locust.summary()
            measured = locust.statistics()["SERVER start to ready"]["num_requests"]
            assert f"({measured} measured, 0 failed)" in locust.output  # what the workers recorded reached the master
        assert not [name for name in users_on(local_hub) if name.startswith("hub-stress-test")]

    def test_ctrl_c(self, local_hub: LocalHub) -> None:
        port = str(free_port())
        arguments = ["--headless", "-u", "20", "-r", "20", "--processes", "2", "--stay", "0-1", "--pause", "0-1"]
        with LocustProcess(local_hub, [*arguments, "--master-bind-port", port, "--master-port", port]) as locust:
            wait_until(lambda: len(started_servers(local_hub, locust)) > 10, lambda: locust.output)
            locust.stop()
            assert locust.summary()[2::3] == (0, 0)
        assert not [name for name in users_on(local_hub) if name.startswith("hub-stress-test")]


class TestPreflight:
    """A run that cannot work ends with one sentence and exit code 2, before it creates anything."""

    def refused(self, hub: LocalHub | None, *arguments: str, **env: str) -> str:
        locust = run_locust(hub, "-u", "1", "-t", "5s", *arguments, env=env)
        assert locust.process.returncode == 2, locust.output
        assert "their names begin with" not in locust.output
        errors = [line for line in locust.lines if line.startswith("Error: ")]
        assert len(errors) == 1, locust.output
        assert "ERROR" not in locust.output  # of a log
        return errors[0]

    def test_refusals(self, local_hub: LocalHub) -> None:
        before = users_on(local_hub)
        assert "Which hub?" in self.refused(None, JUPYTERHUB_API_TOKEN="x")
        assert "does not accept the API token" in self.refused(local_hub, JUPYTERHUB_API_TOKEN="wrong")
        assert users_on(local_hub) == before

    def test_with_processes_no_worker_stays(self, local_hub: LocalHub, free_master_port: list[str]) -> None:
        arguments = ["--headless", "-u", "2", "--host", "http://127.0.0.1:9", "--processes", "2", *free_master_port]
        with LocustProcess(local_hub, arguments) as locust:
            assert locust.wait() == 2
            assert "connection refused" in locust.output

            def nobody_stays() -> bool:
                try:
                    os.killpg(locust.process.pid, 0)
                except ProcessLookupError:
                    return True
                return False

            wait_until(nobody_stays, lambda: "its workers end")


def test_an_engineer_s_own_user_class(local_hub: LocalHub, tmp_path: Path) -> None:
    """The example of docs/how-to/custom-users.md."""
    document = (Path(__file__).parents[2] / "docs" / "how-to" / "custom-users.md").read_text()
    example = document.partition("```python\n")[2].partition("```")[0]
    assert "class Reader(HubUser)" in example
    file = tmp_path / "my_locustfile.py"
    file.write_text(example)
    locust = run_locust(
        local_hub, *["-u", "2", "-r", "2", "-t", "60s", "--lifecycles", "1", "--json"], *SHORT, file=str(file)
    )
    assert locust.process.returncode == 0, locust.output
    rows = locust.statistics()
    assert rows["GET /user/{name}/api/status"]["num_requests"] > 0
    assert rows["SERVER start to ready"]["num_requests"] > 0
    assert locust.summary()[:3] == (2, 2, 0)
