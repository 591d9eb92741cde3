"""The start form in a real browser, and Locust's own form beside it, of a process that runs alone, on a real hub."""

from pathlib import Path
from typing import Any

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.chromium.browse import browse
from tests.locust_process import LocustProcess, users_on

EVENT = """
title = "Three <b>people</b>"

[[cohorts]]
name = "students"
people = 3
arrivals = { pattern = "at once" }
stay = "1s"
"""

SHOWN = "[...document.querySelectorAll('form [name]')].filter((field) => field.offsetParent).map((field) => field.name)"
OVER = "document.body.innerText.includes('STOPPED')"


NOTE_RUNNING = """
void new MutationObserver(() => window.wasRunning ||= document.body.innerText.includes("RUNNING")).observe(
    document.body, { childList: true, subtree: true, characterData: true })
"""
"""Lets the page remember that it has shown a run, which may be over sooner than it is looked at."""

LINK = "document.querySelector('#hub-start-link')"

BUSY = """
void (window.fetchOfPage = window.fetch, window.fetch = (url, ...more) => String(url).endsWith("/hub/start/state")
    ? Promise.resolve(new Response(JSON.stringify({busy: true, doing: "Trying one server", event: ""})))
    : window.fetchOfPage(url, ...more))
"""
"""Lets the check of the hub be under way, as Locust's page sees it."""


def go(path: str) -> tuple[Any, ...]:
    return ("see", f"void location.assign('{path}')")


def test_from_one_run_to_the_next_by_clicks(local_hub: LocalHub, tmp_path: Path) -> None:
    (tmp_path / "class.toml").write_text(EVENT, encoding="utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with LocustProcess(local_hub, ["--web-port", str(port), "--name-prefix", "form"], folder=tmp_path) as locust:
        locust.wait_for(f"Start a run, and watch it live: {url}/hub/start")
        # Locust's own form, as it is, without an event.
        started = browse(
            url,
            ("wait", "document.querySelector('#hub-start-link')"),
            ("see", BUSY),  # a real check may be over sooner than it is looked at
            (
                "wait",
                f"{LINK}.innerText === 'Trying one server … The run begins after that. Follow or stop this check.'",
            ),
            ("see", "void (window.fetch = window.fetchOfPage)"),
            ("wait", f"{LINK}.innerText.startsWith('More to choose from: ')"),
            ("click", "button[type=submit]"),
            ("wait", "document.body.innerText.includes('RUNNING')"),
            ("click", "button:has-text('Stop')"),
            ("wait", OVER),
        )
        assert locust.summary()[:3] == (1, 1, 0)
        visit = browse(
            f"{url}/hub/start",
            ("see", "[document.querySelector('#what-users').checked, document.querySelector('#plan').offsetHeight]"),
            ("click", "#what-event"),
            ("choose", "#event", "file class.toml"),
            ("wait", "document.querySelector('#plan h3').textContent === 'Three <b>people</b>'"),
            ("wait", "document.querySelector('#plan canvas')"),
            ("see", SHOWN),
            ("fill", "#server_timeout", "soon"),
            ("click", "#start"),
            ("wait", "document.activeElement.id === 'mistakes'"),
            ("see", "document.querySelector('#server_timeout-wrong').innerText"),
            ("see", "[document.querySelector('#server_timeout').value, document.querySelector('#event').value]"),
            ("fill", "#server_timeout", "1m30s"),
            ("click", "#start"),
            ("wait", "location.pathname === '/hub'"),
            go("hub/start"),
            ("wait", "document.querySelector('#start')"),  # when the run is over
        )
        locust.wait_for("Everybody has come, and has left again")
        # And Locust's own form, as it is, with the event that was chosen.
        again = browse(
            url,
            ("click", "button:has-text('New')"),
            ("wait", "document.querySelector('#hub-start-link').innerText.includes('START rehearses')"),
            ("see", NOTE_RUNNING),
            ("click", "button[type=submit]"),
            ("wait", f"window.wasRunning && {OVER}"),
        )
        locust.interrupt()
        assert locust.wait() in {0, 1, 4}  # 4: interrupted before anybody had a server
    untouched, fields, wrong, kept, _ = visit.seen
    assert untouched == [True, 0]
    assert {"event", "time_scale", "server_timeout"} <= set(fields)
    assert not {"num_users", "stay", "pause", "lifecycles"} & set(fields)
    assert wrong == "'soon' is not a duration; write seconds, or 90s, 10m, 1h30m, 2d."
    assert kept == ["soon", "file class.toml"]
    assert [error for error in visit.errors if "422" not in error] == started.errors == again.errors == []
    assert locust.summary()[:3] == (3, 3, 0)
    assert locust.output.count("Everybody has come, and has left again") == 2
    assert not [name for name in users_on(local_hub) if name.startswith("form-")]
