"""The page Hub in a real browser, beside Locust's own page, of runs that are made up."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import abort

from tests.chromium.browse import browse
from tests.live.made_up_web_ui import State, served

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

POINTS = "(document.querySelector('.plot')?.data?.[0].x.length ?? 0)"
TAB = "document.querySelector('main [role=tablist] > a#hub-link')"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
ROWS = "[...document.querySelectorAll('TABLE tbody tr')].map((row) => row.innerText.split('\\t').join('; '))"
CHARTS = """[...document.querySelectorAll('.chart')].map((chart) => [
    chart.querySelector('h2').textContent,
    chart.querySelector('.plot').hidden ? chart.querySelector('.nothing').textContent
        : chart.querySelector('.plot').data.map((line) => line.name).join(),
])"""


@pytest.fixture(autouse=True)
def _locust_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["locust"])  # Locust's page reads it, and pytest's options are not Locust's


class Growing(State):
    """A run that has lasted 50 seconds, and a second more each time that somebody asks.

    Args:
        run_id: Of the run.
        notes: As the run would have them.
        measured: Names and values that its points have beside what all have.
    """

    def __init__(self, run_id: str = "k3x9qa", notes: tuple[str, ...] = (), **measured: Any) -> None:
        super().__init__()
        self.run_id, self.notes, self.measured = run_id, notes, measured
        self.seconds = 50

    def __call__(self, after: float) -> dict[str, Any]:
        self.asked.append(after)
        self.seconds += 1
        return {
            "run": {
                "id": self.run_id,
                "title": "A class at nine",
                "state": "running",
                "elapsed": self.seconds,
                "planned": 300,
                "hub": "https://hub.example.org",
                "words": f"{self.seconds} s elapsed, {self.seconds} of 300 arrived",
            },
            "points": [self.point(t) for t in range(1, self.seconds + 1) if t > after],
            "targets": [
                {"text": "start to ready: p95 at most 60 s", "measured": "7.3 s", "state": "held"},
                {"text": "failed starts: at most 1 %", "measured": "2 %", "state": "missed"},
                {"text": "hub probe: p95 at most 1 s", "measured": "not measured", "state": "not measured"},
            ],
            "waiting": [{"for": "pulling the image", "starts": 4}, {"for": "waiting for a node", "starts": 1}],
            "failures": {
                "rows": [
                    {"step": "login", "what": "hub error: HTTP 500", "who": "8 people", "last": 48.2, "count": 1234}
                ],
                "more": "2 more kinds of failure came less often.",
            },
            "notes": list(self.notes),
        }

    def point(self, t: int) -> dict[str, Any]:
        names = ("failed", "throttled", "p50", "p95", "p99", "probe", "cpu", "memory", "running_servers")
        return {"t": float(t), **dict.fromkeys(names), "arrived": t, "pending": 5, "ready": t - 5, **self.measured}


def test_from_locusts_tab_to_charts_that_go_on() -> None:
    state = Growing(failed=1, throttled=3, p50=2.7, p95=7.3, p99=8, probe=0.004, cpu=0.34, memory=123456789)
    with served(state) as url:
        visit = browse(
            url,
            ("wait", TAB),
            ("see", f"{TAB}.className === {TAB}.parentNode.children[1].className"),
            ("click", "button[role=tab]:has-text('Charts')"),
            ("wait", f"{TAB} && document.querySelector('[aria-selected=true]').innerText.toUpperCase() === 'CHARTS'"),
            ("click", "#hub-link"),
            ("wait", f"{POINTS} >= 51"),
            ("see", CHARTS),
            ("see", "document.getElementById('cards').innerText.split(/\\s*\\n\\s*/).join(' ')"),
            ("see", ROWS.replace("TABLE", "#waiting")),
            ("see", ROWS.replace("TABLE", "#failures")),
            ("see", "document.querySelector('#failures .more').innerText"),
            ("see", ROWS.replace("TABLE", "#targets")),
            ("see", "document.getElementById('words').textContent"),
            ("see", "document.querySelector('[aria-live]').textContent"),
            ("wait", f"{POINTS} >= 53"),
            ("see", "document.querySelector('.plot').data[0].y"),
            ("click", "nav >> text=Statistics"),
            ("wait", TAB),
        )
    same_look, charts, cards, waiting, failures, more, targets, words, spoken, arrived = visit.seen
    assert same_look
    assert charts == [
        ["Users and servers", "arrived,pending,ready,failed"],
        ["Start to ready (seconds, last 30 s)", "p50,p95,p99"],
        ["Throttled (429s so far)", "throttled"],
        ["Hub CPU (cores)", "CPU"],
        ["Hub memory", "memory"],
        ["Hub probe (seconds)", "probe"],
    ]
    for shown in ("00:51", "51 of 300", "7.3 s", "1 of 3"):
        assert shown in cards
    assert failures == ["login; hub error: HTTP 500; 8 people; 00:48; 1,234"]
    assert more == "2 more kinds of failure came less often."
    assert waiting == ["pulling the image; 4", "waiting for a node; 1"]
    assert targets == [
        "start to ready: p95 at most 60 s; 7.3 s; held",
        "failed starts: at most 1 %; 2 %; missed",
        "hub probe: p95 at most 1 s; not measured; not measured",
    ]
    assert words == "51 s elapsed, 51 of 300 arrived"
    assert spoken == f"running: {words}"
    assert arrived == list(range(1, len(arrived) + 1))  # all of them, each once
    assert state.asked[:3] == [0, 51, 52]
    assert visit.errors == []
    assert {urlsplit(request).netloc for request in visit.requests} == {urlsplit(url).netloc}


def test_too_many_failures_are_a_gap_in_the_chart_and_never_in_words() -> None:
    with served(Growing(failed=9, p50=2.7, p95="never", p99="never")) as url:
        visit = browse(
            f"{url}hub",
            ("wait", f"{POINTS} >= 51"),
            ("see", CHARTS),
            ("see", "document.getElementById('cards').innerText.split(/\\s*\\n\\s*/).join(' ')"),
        )
    charts, cards = visit.seen
    assert charts[1] == ["Start to ready (seconds, last 30 s)", "p50"]
    assert "never" in cards
    assert visit.errors == []


def test_a_reload_in_mid_run_shows_what_was_before_it() -> None:
    state = Growing()
    with served(state, web_base_path="/load/test") as url:
        visit = browse(
            f"{url}hub", ("wait", f"{POINTS} >= 52"), ("reload",), ("wait", f"{POINTS} >= 53"), ("see", f"{POINTS}")
        )
    assert state.asked[:3] == [0, 51, 0]
    assert visit.seen[0] >= 53
    assert visit.errors == []


def test_another_run_begins_anew() -> None:
    class Another(Growing):
        def __call__(self, after: float) -> dict[str, Any]:
            if len(self.asked) == 1:
                self.run_id, self.seconds = "b7m2zz", 3
            return super().__call__(after)

    state = Another()
    with served(state) as url:
        visit = browse(
            f"{url}hub",
            ("wait", "document.getElementById('id').textContent === 'b7m2zz'"),
            ("see", "document.querySelector('.plot').data[0].y"),
        )
    assert visit.seen == [[1, 2, 3, 4, 5]]  # the second answer was of the new run, so it was asked for all
    assert state.asked[:3] == [0, 51, 0]


def test_light_and_dark_are_those_of_locusts_own_switch() -> None:
    grid = "document.querySelector('.plot').layout.yaxis.gridcolor"
    with served(Growing()) as url:
        visit = browse(
            url,
            ("wait", TAB),
            ("see", BACKGROUND),
            ("click", "#hub-link"),
            ("wait", f"{POINTS} > 0"),
            ("see", BACKGROUND),
            ("see", grid),
            ("click", "nav >> text=Charts"),
            ("wait", TAB),
            ("click", "header button:has(svg):visible"),
            ("wait", f"{BACKGROUND} === 'rgb(18, 18, 18)'"),
            ("see", f"{TAB}.className === {TAB}.parentNode.children[0].className"),
            ("click", "#hub-link"),
            ("wait", f"{POINTS} > 0"),
            ("see", BACKGROUND),
            ("see", grid),
            ("click", "#theme"),
            ("see", BACKGROUND),
            ("see", grid),
        )
    light, dark = "rgb(255, 255, 255)", "rgb(18, 18, 18)"
    light_grid, dark_grid = "rgba(0, 0, 0, 0.12)", "rgba(255, 255, 255, 0.12)"
    assert visit.seen == [light, light, light_grid, True, dark, dark_grid, light, light_grid]
    assert visit.errors == []


def test_what_comes_from_outside_stays_text() -> None:
    class Hostile(Growing):
        def __call__(self, after: float) -> dict[str, Any]:
            answer = super().__call__(after)
            answer["run"] |= dict.fromkeys(("title", "hub", "words", "state"), HOSTILE)
            answer["failures"]["rows"] = [{"step": HOSTILE, "what": HOSTILE, "who": HOSTILE, "last": 1, "count": 1}]
            answer["targets"] = [{"text": HOSTILE, "measured": HOSTILE, "state": HOSTILE}]
            answer["waiting"] = [{"for": HOSTILE, "starts": HOSTILE}]
            return answer

    with served(Hostile(notes=(f"metrics {HOSTILE}",))) as url:
        visit = browse(
            f"{url}hub",
            ("wait", f"{POINTS} > 52"),
            ("see", "document.title"),
            ("see", "[document.querySelectorAll('main img, main script').length, document.images.length]"),
            ("see", "document.querySelector('#notes li').textContent"),
            ("see", "[...document.querySelectorAll('tbody')].map((table) => table.innerText).join()"),
            ("see", CHARTS),
        )
    title, images, note, tables, charts = visit.seen
    assert title == "Hub – Locust"
    assert images == [0, 1]  # the logo
    assert note == f"metrics {HOSTILE}"
    assert tables.count(HOSTILE) == 8
    assert ["Hub CPU (cores)", note] in charts
    assert visit.errors == []


def test_a_chart_of_nothing_says_why_and_one_value_is_a_dot() -> None:
    class Once(Growing):
        def point(self, t: int) -> dict[str, Any]:
            return super().point(t) | ({"p50": 2.5} if t == 20 else {})

    with served(Once(notes=("The token may not read the hub's metrics.",))) as url:
        visit = browse(
            f"{url}hub",
            ("wait", f"{POINTS} > 0"),
            ("see", CHARTS),
            ("see", "document.querySelectorAll('.plot')[1].data.map((line) => [line.mode, line.marker.size[19]])"),
        )
    charts, dots = visit.seen
    assert charts[1:] == [
        ["Start to ready (seconds, last 30 s)", "p50"],
        ["Throttled (429s so far)", "No requests yet."],
        ["Hub CPU (cores)", "The token may not read the hub's metrics."],
        ["Hub memory", "The token may not read the hub's metrics."],
        ["Hub probe (seconds)", "Not measured."],
    ]
    assert dots == [["lines+markers", 5]]


def test_a_hidden_page_asks_nothing_and_catches_up() -> None:
    state = Growing()
    with served(state) as url:
        visit = browse(
            f"{url}hub",
            ("wait", f"{POINTS} >= 52"),
            ("visibility", "hidden"),
            ("count requests",),
            *[("later", 10)] * 5,
            ("count requests",),
            ("visibility", "visible"),
            ("wait", f"{POINTS} > 52"),
        )
    assert visit.seen[0] == visit.seen[1]
    assert state.asked == [0, *range(51, 50 + len(state.asked))]


def test_locust_that_does_not_answer_is_said_and_asked_again() -> None:
    class Away(Growing):
        def __call__(self, after: float) -> dict[str, Any]:
            answer = super().__call__(after)
            return abort(503) if len(self.asked) == 2 else answer

    complaint = "document.getElementById('no-answer')"
    with served(Away()) as url:
        visit = browse(
            f"{url}hub",
            ("wait", f"!{complaint}.hidden"),
            ("see", f"[{complaint}.textContent, {POINTS}]"),
            ("wait", f"{complaint}.hidden && {POINTS} >= 53"),
        )
    assert visit.seen == [["No answer from Locust; trying again.", 51]]


def test_before_the_first_run_the_page_says_so_and_locusts_form_leads_to_it() -> None:
    with served(Growing(run_id=""), runner_state="ready") as url:
        visit = browse(
            url,
            ("wait", "document.querySelector('header a#hub-link')"),
            ("click", "#hub-link"),
            ("wait", "!document.getElementById('empty').hidden"),
            ("see", "document.querySelector('main').innerText.trim()"),
        )
    assert visit.seen == ["No run yet: start one on Locust's own page."]
    assert visit.errors == []


def test_the_link_is_there_whatever_becomes_of_locusts_page() -> None:
    link = "document.getElementById('hub-link')"
    with served(Growing()) as url:
        visit = browse(
            url,
            ("wait", TAB),
            ("see", "document.querySelector('[role=tablist]').removeAttribute('role')"),
            ("click", "button[role=tab]:has-text('Failures')"),
            ("wait", f"{link}.parentNode === document.querySelector('header a').parentNode"),
            ("see", "document.getElementById('root').remove()"),
            ("wait", f"{link}?.parentNode === document.body"),
            ("see", f"getComputedStyle({link}).position"),
            ("click", "#hub-link"),
            ("wait", f"{POINTS} > 0"),
        )
    assert visit.seen[-1] == "fixed"
