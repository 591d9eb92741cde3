"""The page Hub in a real browser, beside Locust's own page, of runs that are made up."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import abort

from hubusers.report import words
from tests.chromium.browse import browse
from tests.live.made_up_page import ANSWER, Growing
from tests.live.made_up_web_ui import served

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

POINTS = "(Number(document.querySelector('.plot')?.ariaValueMax ?? -1) + 1)"
SAID = "document.querySelectorAll('.plot')[AT].ariaValueText"
TAB = "document.querySelector('main [role=tablist] > a#hub-link')"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
CARDS = "document.getElementById('cards').innerText.split(/\\s*\\n\\s*/).join(' ')"
ROWS = "[...document.querySelectorAll('TABLE tbody tr')].map((row) => row.innerText.split('\\t').join('; '))"
CHARTS = """[...document.querySelectorAll('.chart')].map((chart) => [
    chart.querySelector('h2').textContent,
    chart.querySelector('.plot').hidden ? chart.querySelector('.nothing').textContent
        : [...chart.querySelectorAll('.legend > :not([hidden])')].map((line) => line.textContent).join(', '),
])"""
CUT_OFF = """[...document.querySelectorAll('body, body *')].filter((one) => !one.closest('.unseen, .uplot, thead')
    && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
    .map((one) => one.outerHTML.slice(0, 80))"""
TOO_PALE = """() => {
    const light = (name) => {
        const paint = document.createElement('canvas').getContext('2d');
        paint.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--paper');
        paint.fillRect(0, 0, 1, 1);
        paint.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
        paint.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (name) => {
        const [less, more] = [light('--paper'), light(name)].sort((one, other) => one - other);
        return (more + 0.05) / (less + 0.05);
    };
    const lines = ['people', 'pending', 'ready', 'failed', 'p50', 'p95', 'p99', 'probe', 'hub-cpu', 'hub-memory'];
    const texts = ['text', 'quiet', 'held', 'missed', 'unsure', 'green'];
    const below = (limit) => (name) => contrast(`--${name}`) < limit;
    return [...lines.filter(below(3)), ...texts.filter(below(4.5))];
}"""


@pytest.fixture(autouse=True)
def _locust_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["locust"])  # Locust's page reads it, and pytest's options are not Locust's


def test_from_locusts_tab_to_charts_that_go_on_also_without_a_mouse() -> None:
    state = Growing(failed=1, throttled=3, p50=2.714, p95=1234.5, p99=0.0123, probe=0.004, cpu=0.34, memory=123456789)
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
            ("see", CARDS),
            *[("see", ROWS.replace("TABLE", table)) for table in ("#waiting", "#failures", "#targets", "#cohorts")],
            ("see", "document.querySelector('#failures .more').innerText"),
            ("see", "[document.getElementById('words').textContent, document.getElementById('times').textContent]"),
            ("see", "document.querySelector('[aria-live]').textContent"),
            ("see", "document.querySelector('.plot').focus()"),
            ("press", "Home"),
            ("see", f"[{SAID.replace('AT', '0')}, {SAID.replace('AT', '3')}]"),
            ("press", "ArrowRight"),
            ("press", "PageDown"),
            ("see", SAID.replace("AT", "0")),
            ("press", "End"),
            ("click", ".chart .line"),
            ("see", "document.querySelector('.chart .line').ariaPressed"),
            ("click", ".chart summary"),
            ("wait", "document.querySelector('.chart details tbody tr')"),  # it is filled once it is open
            ("see", ROWS.replace("TABLE", ".chart details") + ".slice(-1)"),
            ("see", "document.querySelectorAll('.chart details tbody tr').length"),
            ("wait", f"{POINTS} >= 53"),
            ("click", "nav >> text=Statistics"),
            ("wait", TAB),
        )
    same_look, charts, cards, waiting, failures, targets, cohorts, more, said, spoken = visit.seen[:10]
    assert same_look
    assert charts == [
        ["Users and servers", "arrived 51, pending 5, ready 46, failed 1"],
        ["Start to ready, in seconds", "p50 2.71 s, p95 over 1,230 s, p99 12 ms"],
        ["Throttled", "throttled 3"],
        ["Hub probe, in seconds", "answered in 4 ms"],
        ["CPU of the hub, in % of a core", "CPU 34 %"],
        ["Memory of the hub, in MB", "memory 123 MB"],
    ]
    assert [words.in_seconds(seconds) for seconds in (2.714, 1234.5, 0.0123)] == ["2.71 s", "1,230 s", "12 ms"]
    for shown in ("00:51", "51 of 300", "over 1,230 s", "1 of 3"):
        assert shown in cards
    assert failures == ["login; hub error: HTTP 500; 8 people; 00:48; 1,234"]
    assert more == "2 more kinds of failure came less often."
    assert waiting == ["pulling the image; 4", "waiting for a node; 1"]
    assert targets == [
        "start to ready: p95 at most 60 s; 7.3 s; held",
        "failed starts: at most 1 %; 2 %; missed",
        "hub probe: p95 at most 1 s; not measured; not measured",
    ]
    assert cohorts == ["students; 46 of 280; 2; 44; 0; 2.71 s; 7.3 s", "teachers; 3 of 20; 2; 1; 0; 2.71 s; 7.3 s"]
    assert said == [
        "51 s elapsed, 51 of 300 arrived",
        "People could come from 14:13:20 UTC on; times below count from then.",
    ]
    assert spoken == f"running: {said[0]}"
    first, later, pressed, row, rows = visit.seen[11:]
    assert first == [
        "00:01 (14:13:21 UTC): arrived 1, pending 5, ready -4, failed 1",
        "00:01 (14:13:21 UTC): answered in 4 ms",  # the other charts follow
    ]
    assert later == "00:12 (14:13:32 UTC): arrived 12, pending 5, ready 7, failed 1"
    assert pressed == "false"
    assert row == ["00:51; 14:14:11; 51; 5; 46; 1"] or state.seconds > 51
    assert 20 < rows <= 40
    assert state.asked[:3] == [0, 51, 52]  # each point once
    assert visit.errors == []
    assert {urlsplit(request).netloc for request in visit.requests} == {urlsplit(url).netloc}


def test_what_failed_is_drawn_as_failed_what_is_not_known_says_why_and_all_of_it_stays_text() -> None:
    class Hostile(Growing):
        def __call__(self, after: float) -> dict[str, Any]:
            answer = super().__call__(after)
            answer["run"] |= dict.fromkeys(("title", "hub", "words", "state", "folder"), HOSTILE)
            row = {"step": HOSTILE, "what": HOSTILE, "example": HOSTILE, "who": HOSTILE, "last": 1, "count": 1}
            answer["failures"]["rows"] = [row]
            answer["targets"] = [{"text": HOSTILE, "measured": HOSTILE, "state": HOSTILE}]
            answer["waiting"] = [{"for": HOSTILE, "starts": 1}]
            answer["cohorts"] = [self.cohort(HOSTILE, 3)]
            finding = {"title": HOSTILE, "sentence": f"`{HOSTILE}`", "explains": "", "remedies": [HOSTILE]}
            answer["answer"] = ANSWER | {"headline": HOSTILE, "findings": [finding], "clean_up": HOSTILE}
            return answer

    state = Hostile(notes=(f"metrics {HOSTILE}",), p50=2.5, p95="never", p99="never", probes_failed=1)
    state.hub_away = 1790000030.0
    with served(state) as url:
        visit = browse(
            f"{url}hub",
            ("wait", f"{POINTS} > 52"),
            ("see", CHARTS),
            ("see", CARDS),
            ("see", SAID.replace("AT", "3")),
            ("see", "document.getElementById('hub-away').innerText"),
            ("see", "document.title"),
            ("see", "[document.querySelectorAll('main img, main script').length, document.images.length]"),
            ("see", "document.querySelector('#notes li').textContent"),
            ("see", "[...document.querySelectorAll('section')].map((part) => part.textContent).join()"),
        )
    charts, cards, said, away, title, images, note, texts = visit.seen
    assert charts == [
        ["Users and servers", f"arrived {state.seconds}, pending 5, ready {state.seconds - 5}, failed –"],
        ["Start to ready, in seconds", "p50 2.5 s, p95 never, p99 never, p95 never: too many failed"],
        ["Throttled", "No requests yet."],
        ["Hub probe, in seconds", "answered in –, not answered"],
        ["CPU of the hub, in % of a core", f"metrics {HOSTILE}"],
        ["Memory of the hub, in MB", f"metrics {HOSTILE}"],
    ]
    assert "never" in cards
    assert said.endswith("UTC): answered in –, not answered")
    assert away == "The hub has not answered since 14:13:50 UTC."
    assert title == "Hub – Locust"
    assert images == [0, 1]  # the logo
    assert note == f"metrics {HOSTILE}"
    assert texts.count(HOSTILE) == 14
    assert visit.errors == []


def test_a_page_that_is_reloaded_gets_no_answer_or_another_run_shows_what_there_is() -> None:
    class Changing(Growing):
        def __call__(self, after: float) -> dict[str, Any]:
            if after and self.asked.count(0) == 2:  # the second look of the reloaded page
                self.run_id, self.seconds = "b7m2zz", 3
            answer = super().__call__(after)
            return abort(503) if len(self.asked) == 2 else answer

    state = Changing()
    complaint = "document.getElementById('no-answer')"
    with served(state, web_base_path="/load/test") as url:
        visit = browse(
            f"{url}hub",
            ("wait", f"!{complaint}.hidden"),
            ("see", f"[{complaint}.textContent.replace(/..:..:../, 'then'), {POINTS}]"),
            ("wait", f"{complaint}.hidden && {POINTS} >= 53"),
            ("reload",),
            ("wait", "document.getElementById('id').textContent === 'b7m2zz'"),
            ("see", POINTS),
        )
    folder = "/srv/runs/2026-11-26-090000-k3x9qa"
    no_answer = (
        "Locust has not answered since then UTC; asking again. What stands here is from then. "
        f"What was written of the run is in {folder}"
    )
    assert visit.seen[0] == [no_answer, 51]
    assert 5 <= visit.seen[1] < 10
    assert state.asked[:3] == [0, 51, 51]
    reloaded = state.asked.index(0, 1)
    assert state.asked[reloaded + 2] == 0  # the answer before was of the new run, so it was asked for all of it


def test_light_and_dark_are_those_of_locusts_own_switch_and_a_hidden_page_asks_seldom() -> None:
    state = Growing(p50=2.5)
    with served(state) as url:
        visit = browse(
            url,
            ("wait", TAB),
            ("see", BACKGROUND),
            ("click", "#hub-link"),
            ("wait", f"{POINTS} > 0"),
            ("see", BACKGROUND),
            ("see", TOO_PALE),
            ("click", "nav >> text=Charts"),
            ("wait", TAB),
            ("click", "header button:has(svg):visible"),
            ("wait", f"{BACKGROUND} === 'rgb(18, 18, 18)'"),
            ("see", f"{TAB}.className === {TAB}.parentNode.children[0].className"),
            ("click", "#hub-link"),
            ("wait", f"{POINTS} > 0"),
            ("see", BACKGROUND),
            ("see", TOO_PALE),
            ("click", "#theme"),
            ("see", BACKGROUND),
            ("visibility", "hidden"),
            ("wait", "document.querySelector('#words').textContent !== ''"),
            ("later", 3),
            ("count requests",),
            *[("later", 10)] * 5,
            ("count requests",),
            ("later", 10),
            ("count requests",),
            ("visibility", "visible"),
            ("wait", f"{POINTS} > 52"),
        )
    light, dark = "rgb(255, 255, 255)", "rgb(18, 18, 18)"
    assert visit.seen[:-3] == [light, light, [], True, dark, [], light]
    before, after, later = visit.seen[-3:]
    assert before == after < later
    assert visit.errors == []


def test_before_the_first_run_locusts_form_leads_to_a_page_that_leads_to_the_start() -> None:
    with served(Growing(run_id="", state="ready"), runner_state="ready") as url:
        visit = browse(
            url,
            ("wait", "document.querySelector('header a#hub-link')"),
            ("click", "#hub-link"),
            ("wait", "!document.getElementById('empty').hidden"),
            ("see", "document.querySelector('main').innerText.trim().split(/\\n+/)"),
            ("see", "document.getElementById('start').getAttribute('href')"),
        )
    assert visit.seen == [["No run yet", "Locust waits for a run to be started.", "Start a run"], "./hub/start"]
    assert visit.errors == []


def test_from_the_stop_to_the_answer_also_in_a_narrow_window() -> None:
    class Stopped(Growing):
        """Cleans up once it is told to stop, and has its answer two looks later."""

        looks = 0

        def __call__(self, after: float) -> dict[str, Any]:
            self.looks += self.state == "stopping"
            if self.looks > 2:
                self.state = "stopped"
            self.more = {}
            if self.state == "stopping":
                self.more["progress"] = {"what": "users removed", "done": 150 * self.looks, "of": 300}
            if self.state == "stopped":
                self.more["answer"] = ANSWER
            return super().__call__(after)

    state = Stopped(p50=2.5)
    asks = "!document.getElementById('stop-ask').hidden"
    focus = "document.activeElement.id"
    with served(state, stopped=lambda: setattr(state, "state", "stopping")) as url:
        visit = browse(
            f"{url}hub",
            ("wait", f"{POINTS} > 0 && !document.getElementById('stop').hidden"),
            ("see", "document.getElementById('stop').focus()"),
            ("press", "Enter"),
            ("press", "Enter"),  # a double press is not an answer
            ("see", f"[{asks}, {focus}, document.getElementById('stop-now').disabled]"),
            ("wait", "!document.getElementById('stop-now').disabled"),
            ("see", focus),
            ("press", "Escape"),
            ("see", f"[{asks}, {focus}]"),
            ("press", "Enter"),
            ("wait", "!document.getElementById('stop-now').disabled"),
            ("press", "Enter"),
            ("wait", "!document.getElementById('progress').hidden"),
            ("see", "document.getElementById('progress').innerText.trim()"),
            ("see", "document.getElementById('stop').hidden && document.getElementById('stop-ask').hidden"),
            ("wait", "!document.getElementById('answer').hidden"),
            ("see", "document.getElementById('answer').innerText.split(/\\n+/)"),
            ("see", "[...document.querySelectorAll('#answer a, #another')].map((link) => link.getAttribute('href'))"),
            ("see", "document.getElementById('progress').hidden"),
            ("width", 390),
            ("wait", f"({CUT_OFF}).length === 0"),  # the charts follow the window
        )
    asked, focus_then, gone_on, progress, has_no_button, answer, links, is_over = (
        seen for seen in visit.seen if seen is not None
    )
    assert asked == [True, "stop-ask", True]
    assert focus_then == "stop-now"
    assert gone_on == [False, "stop"]
    assert progress == "150 of 300 users removed"
    assert has_no_button
    assert answer == [
        "It does not hold: 19 of the 300 people waited longer than 10 s for their server.",
        "300 people came, and all of them got a server.",
        "What limited it, and what to change",
        "The hub is busy",
        "The hub's one process used 98 % of a core.",
        "This explains 80 % of the time that people waited too long.",
        "Look at c.JupyterHub.activity_resolution.",
        "What is left on the hub",
        ANSWER["clean_up"],
        "The report",
        "Open the report",
        "It is report.html in the run's folder, 2026-11-26-090000-k3x9qa. Locust's own Download Report is another one: "
        "it has the statistics of all requests, and no answer.",
    ]
    assert sorted(links) == ["./hub/report", "./hub/start"]
    assert is_over
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
