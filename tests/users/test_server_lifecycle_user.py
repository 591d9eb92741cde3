"""The Locust user on a real hub: Locust is run as a person would, and the hub asked what is left."""

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


def server_events(hub: LocalHub) -> dict[str, Counter[str]]:
    """How often each event happened to each user's server."""
    events: dict[str, Counter[str]] = {}
    for event in spawner_events(hub):
        events.setdefault(event["username"], Counter())[event["event"]] += 1
    return events


def run_id(locust: LocustProcess) -> str:
    found = re.search(r"Run (\w{6}):", locust.output)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("wait", "asks"),
    [("progress", "GET /users/{name}/server/progress"), ("listing", "GET /users"), ("poll", "GET /users/{name}")],
)
def test_a_whole_run(wait: str, asks: str, local_hub: LocalHub) -> None:
    locust = run_locust(local_hub, *["-u", "10", "-r", "10", "-t", "8s", "--json", "--wait", wait], *SHORT)
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
    assert rows["SERVER start to ready"]["num_requests"] >= 10
    assert rows["SERVER start to ready"]["min_response_time"] >= 300  # milliseconds: no spawn is faster here
    created, removed, left, started, servers_removed, servers_left = locust.summary()
    assert (created, removed, left, servers_left) == (10, 10, 0, 0)
    assert started == servers_removed >= 10
    measured = rows["SERVER start to ready"]["num_requests"]
    assert re.search(
        rf"start to ready: p50 \d+\.\d{{3}}, .* ± \d+\.\d{{3}} seconds \({measured} measured, 0", locust.output
    )
    assert "Clean-up: " in locust.lines[-1]  # the last line
    assert not [name for name in users_on(local_hub) if name.startswith("hub-stress-test")]
    assert local_hub.token not in locust.output


def test_a_user_is_done_after_some_lifecycles_and_the_run_ends_with_the_last(local_hub: LocalHub) -> None:
    started = time.monotonic()
    locust = run_locust(
        local_hub, *["-u", "4", "-r", "4", "-t", "60s", "--json", "--lifecycles", "2", "--name-prefix", "twice"], *SHORT
    )
    assert time.monotonic() - started < 50  # and not the sixty of its time limit
    assert locust.statistics()["SERVER stop to stopped"]["num_requests"] == 8
    ours = {name: events for name, events in server_events(local_hub).items() if f"-{run_id(locust)}-" in name}
    assert len(ours) == 4
    assert all(events["ready"] == events["stopped"] == 2 for events in ours.values())
    assert locust.summary() == (4, 4, 0, 8, 8, 0)


def test_profile_and_user_options_reach_the_spawner(local_hub: LocalHub) -> None:
    once = ["-u", "1", "-t", "60s", "--lifecycles", "1", *SHORT]
    run_locust(local_hub, *once, "--server-profile", "small", "--name-prefix", "profile")
    run_locust(local_hub, *once, "--user-options", '{"image": "x"}', "--name-prefix", "options")
    received = {
        start["username"].split("-")[0]: start["user_options"] for start in spawner_events(local_hub, "starting")
    }
    assert received["profile"] == {"profile": "small"}
    assert received["options"] == {"image": "x"}


def test_keep_leaves_users_and_servers_and_says_how_to_remove_them(local_hub: LocalHub) -> None:
    locust = run_locust(local_hub, *["-u", "3", "-r", "3", "-t", "6s", "--keep", "--name-prefix", "kept"], *SHORT)
    assert locust.process.returncode == 0
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
                hub, *["-u", "2", "-r", "2", "-t", "4s", "--server-timeout", "2"], *NO_FIRST_SERVER, *SHORT
            )
            assert locust.process.returncode == 1
            assert "SERVER start to ready: throttled too long" in locust.output
            assert "SERVER start to ready: timed out" in locust.output
            assert locust.summary()[:3] == (2, 2, 0)
            assert users_on(hub) == []


class TestDistributed:
    ARGUMENTS = ("-u", "12", "-r", "12", "-t", "6s", "--json", *SHORT)

    def test_processes(self, local_hub: LocalHub) -> None:
        port = free_port()
        locust = run_locust(
            local_hub, *self.ARGUMENTS, "--processes", "2", "--master-bind-port", str(port), "--master-port", str(port)
        )
        assert locust.process.returncode == 0, locust.output
        assert locust.summary()[:3] == (12, 12, 0)
        assert locust.statistics()["SERVER start to ready"]["num_failures"] == 0
        workers = {name.rsplit("-", 2)[1] for name in server_events(local_hub) if f"-{run_id(locust)}-" in name}
        assert workers == {"0", "1"}
        assert not [name for name in users_on(local_hub) if name.startswith("hub-stress-test")]

    def test_a_master_and_separate_workers(self, local_hub: LocalHub) -> None:
        port = str(free_port())
        as_worker = ["--worker", "--master-port", port]
        master = ["--headless", "--only-summary", "--master", "--expect-workers", "2", "--master-bind-port", port]
        with (
            LocustProcess(local_hub, [*master, *self.ARGUMENTS]) as locust,
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

    def test_ctrl_c(self) -> None:
        port = str(free_port())
        with (
            LocalHub(spawn_seconds=(2, 3)) as hub,
            LocustProcess(
                hub,
                [
                    *["--headless", "-u", "40", "-r", "40", "--processes", "2"],
                    *["--master-bind-port", port, "--master-port", port],
                ],
            ) as locust,
        ):
            locust.wait_for("Sending spawn jobs")
            time.sleep(1.5)
            locust.interrupt()
            locust.wait()
            assert locust.summary()[2::3] == (0, 0)
            assert users_on(hub) == []


class TestPreflight:
    """What is wrong is said in one sentence, with an exit code of its own, and nothing was created."""

    def refused(self, hub: LocalHub | None, *arguments: str, **env: str) -> str:
        locust = run_locust(hub, "-u", "1", "-t", "5s", *arguments, env=env)
        assert locust.process.returncode == 2, locust.output
        assert "Ramping" not in locust.output
        errors = [line for line in locust.lines if "/ERROR/" in line]
        assert len(errors) == 1, locust.output
        return errors[0]

    def test_refusals(self, local_hub: LocalHub) -> None:
        before = users_on(local_hub)
        assert "Which hub?" in self.refused(None, JUPYTERHUB_API_TOKEN="x")
        assert "JUPYTERHUB_API_TOKEN" in self.refused(None, "--host", local_hub.url)
        assert "connection refused" in self.refused(local_hub, "--host", "http://127.0.0.1:9")
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

            wait_until(nobody_stays, lambda: "its workers end", 10)


def test_an_engineer_s_own_user_class(local_hub: LocalHub, tmp_path: Path) -> None:
    """The example of docs/custom-users.md."""
    document = (Path(__file__).parents[2] / "docs" / "custom-users.md").read_text()
    example = document.partition("```python\nfrom locust import task")[2].partition("```")[0]
    assert example
    file = tmp_path / "my_locustfile.py"
    file.write_text(f"from locust import task{example}")
    locust = run_locust(local_hub, *["-u", "2", "-r", "2", "-t", "6s", "--json"], *SHORT, file=str(file))
    assert locust.process.returncode == 0, locust.output
    rows = locust.statistics()
    assert rows["GET /user/{name}/api/status"]["num_requests"] > 0
    assert rows["SERVER start to ready"]["num_requests"] > 0
    assert locust.summary()[:3] == (2, 2, 0)
