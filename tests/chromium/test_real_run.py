"""The page Hub in a real browser while an event is rehearsed on a real hub, by two workers, until its answer."""

from pathlib import Path

import requests

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from hubusers.results.folder import read_run
from hubusers.results.run_info import STOPPED_BY_SOMEBODY
from tests.chromium.browse import browse
from tests.locust_process import LocustProcess, users_on
from tests.waiting import wait_until

EVENT = """
title = "Two workers"
seed = 2

[[cohorts]]
name = "people"
people = 10
arrivals = { pattern = "evenly", over = "3s" }
stay = "10m"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "30s"
"""

CARDS = "document.querySelector('#cards').innerText"
COHORTS = "document.querySelector('#cohorts tbody').innerText.split(/\\s+/)"
POINTS = "Number(document.querySelector('.plot').ariaValueMax) + 1"
HELD = "document.querySelector('#targets').innerText.includes('held')"


def test_the_page_shows_a_real_distributed_event_also_after_a_reload_and_to_its_end(
    local_hub: LocalHub, tmp_path: Path, free_master_port: list[str]
) -> None:
    event = tmp_path / "event.toml"
    event.write_text(EVENT, encoding="utf-8")
    port = str(free_port())
    arguments = ["--web-port", port, "--event", str(event), "--processes", "2", "--name-prefix", "page"]
    arguments += ["--runs-folder", str(tmp_path / "runs")]
    url = f"http://127.0.0.1:{port}"
    with LocustProcess(local_hub, [*arguments, *free_master_port]) as locust:
        wait_until(lambda: workers_at(url) == 2, lambda: locust.output)
        all_ready = f"/10\\s+of 10/.test({CARDS}) && /servers ready\\s+10/.test({CARDS}) && {HELD}"
        visit = browse(
            url,
            # Locust's own form as it is. It has only Locust's own fields, which the event decides.
            ("wait", "document.querySelector('#hub-start-link').innerText.includes('START rehearses')"),
            ("see", "document.querySelector('#hub-start-link').innerText"),
            ("see", "[...document.querySelectorAll('form [name]')].map((field) => field.name)"),
            ("click", "button[type=submit]"),
            ("wait", "document.body.innerText.includes('RUNNING') && document.querySelector('#hub-link')"),
            ("click", "#hub-link"),
            ("wait", f"document.querySelector('#cards') && {all_ready}"),
            ("see", POINTS),
            ("reload",),
            ("wait", f"document.querySelector('#cards') && {all_ready}"),
            ("see", POINTS),
            ("see", "document.querySelector('#title').innerText"),
            ("see", COHORTS),
            ("click", "#stop"),
            ("later", 1),
            ("click", "#stop-now"),
            ("wait", "!document.querySelector('#answer').hidden"),
            ("see", "document.querySelector('#answer').innerText"),
            ("see", "document.querySelector('#run-state').textContent"),
            ("see", "fetch('./hub/report').then((answer) => answer.text())"),
        )
        left = [name for name in users_on(local_hub) if name.startswith("page-")]
        # Without the event, from the start form, on the same workers.
        browse(
            f"{url}/hub/start",
            ("see", "document.querySelector('#what-event').checked"),
            ("click", "#what-users"),
            ("fill", "#num_users", "4"),
            ("fill", "#spawn_rate", "4"),
            ("click", "#start"),
            ("wait", "location.pathname === '/hub' && /users arrived\\s+4/.test(document.body.innerText)"),
        )
        locust.stop()
    said, fields, before, after, title, cohorts, answer, state, report = visit.seen
    assert said == "START rehearses the event “Two workers”. See its plan, other events, and all options."
    assert sorted(fields) == ["host", "profile", "runTime", "spawnRate", "userCount"]
    assert locust.summary()[:3] == (4, 4, 0)
    assert 3 <= before <= after
    assert title == "Two workers"
    assert cohorts[:7] == ["people", "10", "of", "10", "0", "10", "0"]
    folder = min((tmp_path / "runs").iterdir())
    assert read_run(folder).info.ended_because == STOPPED_BY_SOMEBODY
    assert answer.startswith("It holds: ")
    assert "Clean-up: users: 10 created, 10 removed, 0 left" in answer
    assert f"report.html in the run's folder, {folder.name}" in answer
    assert state == "stopped"
    assert "<title>Two workers" in report
    assert not left
    assert not visit.errors
    assert all(request.startswith((url, "data:")) for request in visit.requests)


def workers_at(url: str) -> int:
    """Return how many workers a master has that has a web UI; 0 as long as that does not answer."""
    try:
        return len(requests.get(f"{url}/stats/requests", timeout=30).json()["workers"])
    except requests.ConnectionError:
        return 0
