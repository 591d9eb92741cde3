"""Runs on a hub, or behind a proxy, that fails: the run goes on or says why not, and leaves nothing behind."""

import re
import time
from collections.abc import Iterator

import pytest
import requests

from hubusers.local import LocalHub
from tests.hub_major import HUB_MAJOR
from tests.locust_process import NO_FIRST_SERVER, LocustProcess, run_locust, users_on
from tests.scripted_hub import Scripted, ScriptedHub
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

BRISK = ["--stay", "0-0.5", "--pause", "0-0.5", "--poll-interval", "0.3"]
SERVED_SOON = "c.JupyterHub.tornado_settings['spawn_throttle_retry_range'] = (4, 12)"


def rows_named(locust: LocustProcess, *words: str) -> list[str]:
    """Return the lines of Locust's table of failures that hold these words."""
    return [line for line in locust.lines if all(word in line for word in words)]


def ready_since(hub: LocalHub, moment: float, prefix: str = "") -> int:
    """Return how many servers of users with this prefix have become ready after a moment."""
    return sum(
        event["time"] > moment and event["username"].startswith(prefix) for event in spawner_events(hub, "ready")
    )


def test_the_hub_is_killed_and_comes_back() -> None:
    with (
        LocalHub(spawn_seconds=(0.5, 2), stop_seconds=(0, 0.5)) as hub,
        LocustProcess(hub, ["--headless", "--only-summary", "--json", "-u", "12", "-r", "12", *BRISK]) as locust,
    ):
        wait_until(lambda: ready_since(hub, 0) > 12, lambda: locust.output)
        hub.crash()
        time.sleep(5)
        hub.restart()
        back_at = time.time()
        wait_until(lambda: ready_since(hub, back_at + 1) > 12, lambda: locust.output)
        assert locust.stop() == 1
        # A user whose server ran when the hub was killed fails to stop it, and does not come to a start meanwhile.
        rows = locust.statistics()
        assert sum(rows[f"SERVER {row}"]["num_failures"] for row in ("start to ready", "stop to stopped")) > 0
        assert rows_named(locust, "SERVER", "HTTP 503") or rows_named(locust, "SERVER", "spawn failed")
        created, removed, left, *_, servers_left = locust.summary()
        assert created == removed >= 12
        assert (left, servers_left) == (0, 0)
        assert users_on(hub) == []


@pytest.fixture
def front(local_hub: LocalHub) -> Iterator[ScriptedHub]:
    with ScriptedHub(before=local_hub) as front:
        yield front


def stormy_run(
    local_hub: LocalHub, front: ScriptedHub, prefix: str, storms: list[tuple[float, Scripted, str]]
) -> LocustProcess:
    """Run while, for some seconds each, the proxy gives these answers instead of the hub's; then the hub answers again.

    In weather that lasts longer than the six seconds of the server timeout each user meets it with a start or a stop.
    It also lasts until the log has the words of each storm.
    """
    arguments = ["--headless", "--only-summary", "--json", "-u", "10", "-r", "10", "--server-timeout", "6"]
    begun_at = time.time()
    with LocustProcess(
        local_hub, [*arguments, "--name-prefix", prefix, *BRISK], env={"JUPYTERHUB_ENDPOINT": front.endpoint}
    ) as locust:
        wait_until(lambda: ready_since(local_hub, begun_at, prefix) > 10, lambda: locust.output)
        for length, answer, told in storms:
            front.script(answer)
            time.sleep(length)
            locust.wait_for(told)
        front.script()
        cleared_at = time.time()
        wait_until(lambda: ready_since(local_hub, cleared_at, prefix) > 10, lambda: locust.output)
        assert locust.stop() == 1
    for row in ("start to ready", "stop to stopped"):
        assert locust.statistics()[f"SERVER {row}"]["max_response_time"] < 20_000  # the deadline, and not a hang
    created, removed, left, *_, servers_left = locust.summary()
    assert created == removed >= 10
    assert (left, servers_left) == (0, 0)
    assert not [name for name in users_on(local_hub) if name.startswith(prefix)]
    return locust


def test_a_proxy_that_answers_502_and_503(local_hub: LocalHub, front: ScriptedHub) -> None:
    locust = stormy_run(
        local_hub,
        front,
        "gateway",
        [(7, Scripted(502, "<html>Bad Gateway"), "HTTP 502"), (7, Scripted(503, "<html>Unavailable"), "HTTP 503")],
    )
    for status in ("HTTP 502", "HTTP 503"):
        assert rows_named(locust, "GET /users/{name}", status) or rows_named(locust, "DELETE /users/{name}", status)
        assert rows_named(locust, "SERVER", f"hub error: {status}")


@pytest.mark.thorough
def test_connections_that_are_reset_and_answers_that_hang(local_hub: LocalHub, front: ScriptedHub) -> None:
    locust = stormy_run(
        local_hub, front, "lost", [(8, Scripted(lost=True), "connection lost"), (9, Scripted(200, {}, held=30), "")]
    )
    assert rows_named(locust, "SERVER", "hub error: connection lost")
    assert rows_named(locust, "SERVER", "timed out")


@pytest.mark.thorough
def test_answers_that_are_not_the_hub_s(local_hub: LocalHub, front: ScriptedHub) -> None:
    login = Scripted(302, headers={"Location": "https://login.example.org/authorize?client_id=hub"})
    locust = stormy_run(
        local_hub,
        front,
        "garbled",
        [
            (2, answer, "")
            for answer in (Scripted(200, "<html>Please log in"), Scripted(200, '{"name": '), Scripted(200), login)
        ],
    )
    for cause in (
        "a web page instead of the API's answer; check that this is the hub's URL",
        "not the API's JSON; check whether something in front of the hub changes or cuts its answers",
        "it redirects to https://login.example.org/authorize?client_id=hub; check that the URL is right",
    ):
        said = [line for line in locust.lines if cause in line and "/WARNING/" in line]
        assert 1 <= len(said) <= 2, locust.output  # once for each kind of answer; garbled and cut are two


@pytest.mark.thorough
def test_accounts_that_cannot_be_made(local_hub: LocalHub, front: ScriptedHub) -> None:
    front.refuse("POST", "/users/", Scripted(500, "<html>Internal Server Error</html>"))
    locust = run_locust(
        local_hub,
        *["-u", "3", "-r", "3", "-t", "8s", "--server-timeout", "2", *NO_FIRST_SERVER],
        env={"JUPYTERHUB_ENDPOINT": front.endpoint},
    )
    assert locust.process.returncode == 1
    assert rows_named(locust, "POST /users/{name}", "HTTP 500")
    assert len([line for line in locust.lines if "No account for hub-stress-test-" in line]) == 3
    assert locust.summary()[2] == 0


@pytest.mark.thorough
def test_many_users_where_five_may_start_at_a_time(many: int) -> None:
    with LocalHub(spawn_seconds=(0.1, 0.2), concurrent_spawn_limit=5, extra_config=SERVED_SOON) as hub:
        locust = run_locust(
            hub,
            *["--json", "-u", str(many), "-r", str(many), "--lifecycles", "1", "--stay", "0", "--pause", "0"],
            *["--server-timeout", "180", *NO_FIRST_SERVER],
        )
        assert locust.process.returncode == 0, locust.output
        rows = locust.statistics()
        assert rows["SERVER throttled"]["num_requests"] > many / 2
        assert rows["SERVER start to ready"]["num_requests"] == many
        assert rows["SERVER start to ready"]["num_failures"] == 0
        assert rows["POST /users/{name}/server"]["num_failures"] == 0
        assert rows["SERVER start to ready"]["max_response_time"] < 180_000
        assert locust.summary() == (many, many, 0, many, many, 0)
        assert users_on(hub) == []


def test_no_more_servers_than_the_hub_allows() -> None:
    with LocalHub(spawn_seconds=(0.1, 0.2), extra_config="c.JupyterHub.active_server_limit = 10") as hub:
        locust = run_locust(
            hub, *["--json", "-u", "20", "-r", "20", "--lifecycles", "1", "--stay", "5", "--pause", "0"]
        )
        assert locust.process.returncode == 0, locust.output
        rows = locust.statistics()
        assert rows["SERVER throttled"]["num_requests"] >= 10
        assert rows["SERVER start to ready"]["num_requests"] == 20  # as others leave, all are let in
        assert rows["SERVER start to ready"]["num_failures"] == 0
        assert users_on(hub) == []


def failed_on(hub: LocalHub) -> int:
    return len(spawner_events(hub, "failed"))


class TestFailedSpawns:
    @pytest.mark.thorough
    def test_a_fifth_of_all_spawns_fail_and_users_try_again(self) -> None:
        with LocalHub(spawn_seconds=(0.2, 0.5), spawn_failure_share=0.2) as hub:
            with LocustProcess(
                hub, ["--headless", "--only-summary", "--json", "-u", "8", "-r", "8", *NO_FIRST_SERVER, *BRISK]
            ) as locust:
                wait_until(lambda: failed_on(hub) > 8, lambda: locust.output)
                assert locust.stop() == 1
            row = locust.statistics()["SERVER start to ready"]
            assert 0 <= failed_on(hub) - row["num_failures"] <= 8  # each seen, but those in mid-spawn at the end
            assert row["num_requests"] > 16  # they tried again
            assert row["max_response_time"] < 20_000  # at once, and not after the sixty seconds of the timeout
            assert rows_named(locust, "SERVER start to ready: spawn failed")
            assert users_on(hub) == []

    @pytest.mark.thorough
    def test_a_fifth_of_all_spawns_fail_and_users_end(self) -> None:
        with LocalHub(spawn_seconds=(0.1, 0.1), spawn_failure_share=0.2) as hub:
            locust = run_locust(
                hub,
                *["--json", "-u", "6", "-r", "6", "--lifecycles", "1000", "--after-failure", "end"],
                *[*NO_FIRST_SERVER, "--stay", "0", "--pause", "0", "--poll-interval", "0.1"],
            )
            assert locust.process.returncode == 1
            assert locust.statistics()["SERVER start to ready"]["num_failures"] == 6  # one each; then the run ended
            assert users_on(hub) == []

    FRAGILE = "c.Spawner.consecutive_failure_limit = 5"

    @pytest.mark.thorough
    def test_all_fail_from_the_first_and_the_hub_survives(self) -> None:
        with LocalHub(spawn_seconds=(0.2, 0.5), spawn_failure_share=1, extra_config=self.FRAGILE) as hub:
            locust = run_locust(hub, "-u", "100", "-r", "100", "-t", "20s")
            assert locust.process.returncode == 2
            assert "4 spawns in a row failed, before there was any load" in locust.output
            assert "their names begin with" not in locust.output
            time.sleep(3)  # a hub that gives up does so after two seconds
            assert users_on(hub) == []

    def test_they_begin_to_fail_in_mid_run_and_the_hub_survives(self) -> None:
        breaks = (
            "import hubusers.local.spawners as s\n"
            "launch = s.StubSpawner.launch\n"
            "async def launch_six(self):\n"
            "    s.launched = getattr(s, 'launched', 0) + 1\n"
            "    if s.launched > 6: raise RuntimeError('the registry is gone')\n"
            "    return await launch(self)\n"
            "s.StubSpawner.launch = launch_six\n"
        )
        with LocalHub(spawn_seconds=(0.1, 0.1), extra_config=f"{self.FRAGILE}\n{breaks}") as hub:
            locust = run_locust(hub, "-u", "30", "-r", "1", "--stay", "60", "--poll-interval", "0.2")
            assert locust.process.returncode == 1
            assert "4 spawns in a row failed, so the run ends" in locust.output
            time.sleep(3)
            assert users_on(hub) == []

    @pytest.mark.thorough
    def test_with_workers_the_master_counts(self, free_master_port: list[str]) -> None:
        with LocalHub(spawn_seconds=(0.2, 0.2), spawn_failure_share=0) as hub:
            breaks = ScriptedHub(before=hub)
            with (
                breaks,
                LocustProcess(
                    hub,
                    ["--headless", "-u", "8", "-r", "2", "--processes", "2", *free_master_port, *BRISK],
                    env={"JUPYTERHUB_ENDPOINT": breaks.endpoint},
                ) as locust,
            ):
                locust.wait_for("users are there")
                time.sleep(2)
                breaks.refuse("POST", "/server", Scripted(500, {"message": "Unhandled error starting server"}))
                assert locust.wait() == 1
                assert "4 spawns in a row failed, so the run ends" in locust.output
                assert users_on(hub) == []


class TestDeadlines:
    @pytest.mark.thorough
    def test_servers_that_never_become_ready(self) -> None:
        with LocalHub(spawn_seconds=(600, 600)) as hub:
            arguments = ["-u", "12", "-r", "12", "-t", "8s", "--server-timeout", "3", "--poll-interval", "0.5"]
            locust = run_locust(hub, "--json", *arguments, *NO_FIRST_SERVER)
            row = locust.statistics()["SERVER start to ready"]
            assert row["num_failures"] == row["num_requests"] > 0
            assert row["max_response_time"] < 4000
            assert rows_named(locust, "SERVER start to ready: timed out")
            assert locust.summary()[2] == len(users_on(hub))
            if HUB_MAJOR == 4:  # it does not stop a server that is still starting
                assert locust.process.returncode == 3
                assert "Left on the hub: hub-stress-test-" in locust.output
            else:
                assert locust.process.returncode == 1
                assert users_on(hub) == []

    def test_servers_that_never_stop(self) -> None:
        slow = "c.JupyterHub.tornado_settings['slow_stop_timeout'] = 0.2"
        with LocalHub(stop_seconds=(600, 600), extra_config=slow) as hub:
            arguments = ["--headless", "-u", "12", "-r", "12", "--server-timeout", "6", *BRISK[:4]]
            with LocustProcess(hub, ["--json", "--print-stats", *arguments, *NO_FIRST_SERVER]) as locust:
                failed = re.compile(r"stop to stopped +\d+ +[1-9]")  # in the table
                wait_until(lambda: failed.search(locust.output) is not None, lambda: locust.output)
                assert locust.stop() == 3
            # Of the wait; or of the request, where a busy machine's hub took that long to answer it.
            assert rows_named(locust, "SERVER stop to stopped", "timed out")
            assert locust.statistics()["SERVER stop to stopped"]["max_response_time"] < 30_000  # of 600
            left = locust.summary()[2]
            assert left == len(users_on(hub)) == 12
            named = next(line for line in locust.lines if "Left on the hub: " in line)
            assert named.partition(";")[0].count("hub-stress-test-") == 10
            assert " and 2 more; " in named
            assert "to remove what is left: " in locust.lines[-1]
            # With the first server tried, such a hub is not loaded at all.
            with LocustProcess(hub, arguments) as locust:
                assert locust.wait() == 3
            assert "their names begin with" not in locust.output
            assert len(users_on(hub)) == 13
            assert "hubusers purge --name-prefix hub-stress-test --run" in locust.output


def test_the_token_is_revoked_in_mid_run() -> None:
    role = {"name": "boss", "users": ["boss"], "scopes": ["admin:users", "admin:servers", "list:users"]}
    config = f"c.JupyterHub.load_roles.append({role})"
    with LocalHub(spawn_seconds=(0.5, 2), stop_seconds=(0, 0.5), extra_config=config) as hub:
        admin = {"Authorization": f"token {hub.token}"}
        requests.post(f"{hub.endpoint}/users/boss", headers=admin, timeout=10)
        made = requests.post(f"{hub.endpoint}/users/boss/tokens", headers=admin, timeout=10).json()
        with LocustProcess(
            hub,
            ["--headless", "-u", "15", "-r", "15", "--server-timeout", "10", *BRISK],
            env={"JUPYTERHUB_API_TOKEN": made["token"]},
        ) as locust:
            locust.wait_for("users are there")
            wait_until(lambda: len(users_on(hub)) >= 16, lambda: locust.output)
            revoked_at = time.monotonic()
            requests.delete(f"{hub.endpoint}/users/boss/tokens/{made['id']}", headers=admin, timeout=10)
            assert locust.wait() == 3
            # It is asked about for 10 seconds; then the clean-up goes on for 10, and for one more for each user.
            assert 10 < time.monotonic() - revoked_at < 60
        errors = [line for line in locust.lines if "/ERROR/" in line]
        assert len([line for line in errors if "The hub does not accept the API token any more" in line]) == 1
        assert len([line for line in errors if "Left on the hub: hub-stress-test-" in line]) == 1
        assert len(errors) == 2
        assert locust.summary()[2] == len(users_on(hub)) - 1 > 0
        assert made["token"] not in locust.output
