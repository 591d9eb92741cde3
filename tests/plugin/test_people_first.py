"""The answer begins with the people: runs on real hubs whose targets, alone, would say that all is well.

Each run's exit code is that of `hubusers report` on its folder.
"""

import threading
from pathlib import Path

import requests

from hubusers.local import LocalHub
from hubusers.report.findings import findings_of
from hubusers.report.verdict import Verdict, verdict_of
from hubusers.results.folder import JUNIT_FILE, SUMMARY_JSON_FILE, FinishedRun, read_run
from hubusers.results.records import ARRIVAL, LOGIN, SERVER_HELD, START_TO_READY, USER_CLASS
from tests.event.events import event_text
from tests.locust_process import NO_FIRST_SERVER, LocustProcess, run_locust
from tests.run_folder import recorded_so_far
from tests.waiting import wait_until

QUICK_STARTS = '[[targets]]\nmeasure = "start to ready"\npercentile = 95\nat_most = "30s"'

VISITORS = """
from locust import task

from hubusers.plugin import switch_on
from hubusers.users import ServerLifecycleUser
from hubusers.users.browser_user import BrowserUser

switch_on()


class Visitor(BrowserUser):
    @task
    def visit(self):
        stay = self.begin_lifecycle()
        self.log_in()
        self.open_server()
        self.stay(stay)
        self.leave()


class Careless(ServerLifecycleUser):
    @task
    def live_through_a_server(self):
        self.begin_lifecycle()
        self.start_server()
        {}["nothing"]
"""


def answer_of(runs: Path) -> tuple[FinishedRun, Verdict]:
    [folder] = runs.iterdir()
    run = read_run(folder)
    assert (folder / SUMMARY_JSON_FILE).exists()
    return run, verdict_of(run)


def locustfile(folder: Path) -> str:
    path = folder / "locustfile.py"
    path.write_text(VISITORS, encoding="utf-8")
    return str(path)


def event_in(folder: Path, **more: str | int) -> list[str]:
    path = folder / "event.toml"
    path.write_text(event_text(below=QUICK_STARTS, **more), encoding="utf-8")  # type: ignore[arg-type]
    return ["--event", str(path), "--runs-folder", str(folder / "runs"), *NO_FIRST_SERVER]


def test_logins_that_fail_are_starts_that_never_came(tmp_path: Path) -> None:
    broken = "c.JupyterHub.authenticator_class = 'hubusers.local.incidents.mechanisms.authenticators.BrokenProvider'"
    password = tmp_path / "password"
    password.write_text("secret")
    with LocalHub(spawn_seconds=(0.1, 0.2), extra_config=broken) as hub:
        arguments = event_in(tmp_path, people=12, cohort='user_class = "Visitor"\nstay = "1s"')
        locust = run_locust(hub, *arguments, "--password-file", str(password), file=locustfile(tmp_path))
    run, verdict = answer_of(tmp_path / "runs")
    assert (locust.process.returncode, verdict.exit_code) == (1, 1)
    assert "It does not hold: 12 people came, 4 could work, 8 stopped at the login" in locust.output
    assert "8 stopped at the login (67 %; at most " in verdict.headline
    assert verdict.reached.stopped == {LOGIN: 8}
    assert {record.user_class for record in run.results.records} == {"Visitor"}
    assert 'failures="2"' in (run.folder / JUNIT_FILE).read_text(encoding="utf-8")


def test_servers_that_somebody_stops_in_the_middle_of_the_stay(local_hub: LocalHub, tmp_path: Path) -> None:
    arguments = event_in(tmp_path, people=4, cohort='stay = "15s"')
    with LocustProcess(local_hub, ["--headless", *arguments, "--name-prefix", "culled"]) as locust:
        runs = tmp_path / "runs"
        wait_until(lambda: recorded_so_far(runs, START_TO_READY) == 4, lambda: locust.output)
        stop_all(local_hub, "culled-")
        code = locust.wait()
    _, verdict = answer_of(tmp_path / "runs")
    assert (code, verdict.exit_code) == (1, 1)
    assert verdict.reached.lost == {SERVER_HELD: 4}
    assert verdict.headline == (
        "It does not hold: 4 people came, 4 got a server, of whom 4 lost their server or their session before leaving. "
        "All the same, the "
        "target was held."
    )


def stop_all(hub: LocalHub, prefix: str) -> None:
    """Stop the servers of a run, as a culler does."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"token {hub.token}"
    users = session.get(f"{hub.endpoint}/users?state=ready", timeout=30).json()
    ready = [user["name"] for user in users if user["name"].startswith(prefix)]
    stops = [threading.Thread(target=session.delete, args=(f"{hub.endpoint}/users/{name}/server",)) for name in ready]
    for stop in stops:
        stop.start()
    for stop in stops:
        stop.join()


def test_starts_that_still_wait_when_a_run_without_an_event_ends(tmp_path: Path) -> None:
    # The first two servers start so slowly that all others have asked by then.
    with LocalHub(spawn_seconds=(5, 5.5), concurrent_spawn_limit=2) as hub:
        users = ["-u", "8", "-r", "8", "-t", "12s", "--stay", "60", "--runs-folder", str(tmp_path / "runs")]
        locust = run_locust(hub, *users, *NO_FIRST_SERVER)
    run, verdict = answer_of(tmp_path / "runs")
    assert (locust.process.returncode, verdict.exit_code) == (1, 1)
    assert (verdict.reached.could_work, verdict.reached.waiting) == (2, 6)
    assert "2 of 8 people got a server within" in verdict.headline
    assert "6 were still waiting" in verdict.headline
    assert not run.results.records.failed()
    # On a machine that stood still in the meantime, Locust was late as well.
    finding = next(one for one in findings_of(run) if one.kind != "load-generator")
    assert (finding.kind, finding.explains) == ("spawn-limit", "slowness")
    # The hub told them to come back after half a minute or more, but they waited until the end only.
    assert all(record.throttled <= record.seconds for record in run.results.records)
    assert run.info.people_came == 8
    assert (run.info.users, run.info.spawn_rate, run.info.run_time) == (8, 8.0, 12.0)
    assert run.info.user_classes == ["ServerLifecycleUser"]


def test_people_whose_user_class_raises_an_exception(local_hub: LocalHub, tmp_path: Path) -> None:
    arguments = ["--headless", "Careless", "-u", "2", "-r", "2", "--lifecycles", "1", "--pause", "0", *NO_FIRST_SERVER]
    arguments += ["--runs-folder", str(tmp_path / "runs"), "--name-prefix", "careless"]
    with LocustProcess(local_hub, arguments, file=locustfile(tmp_path)) as locust:
        assert locust.process.wait(120) == 1  # Locust itself prints a traceback
    run, verdict = answer_of(tmp_path / "runs")
    assert verdict.exit_code == 1
    assert verdict.reached.lost == {USER_CLASS: 2}
    assert [record.step for record in run.results.records].count(ARRIVAL) == 2
    assert "2 stopped at an error in the code of the user class" in verdict.headline
    assert run.results.people.measured(START_TO_READY)[0].failure == ""
