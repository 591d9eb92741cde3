"""The page with the start form, asked as a browser without scripts would ask it; its hub is made up.

A real browser and a real hub are in tests/chromium/test_start_form.py.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from hubusers.event.file import parse_event
from hubusers.plugin.arrivals import EventShape
from hubusers.plugin.locust_internals import DispatchNobody
from hubusers.run.phase import Phase
from hubusers.settings.access import SettingsError
from hubusers.settings.hub_check import PreflightError
from hubusers.users import NotebookUser, ServerLifecycleUser
from tests.plugin.start_site import Site, found, words
from tests.waiting import wait_until

EVENT = """
title = "Statistics <b>101</b>"
[[cohorts]]
name = "students"
people = 12
arrivals = { pattern = "evenly", over = "1m" }
stay = "90m"
[[targets]]
measure = "start to ready"
percentile = 95
at_most = "60s"
"""


@pytest.fixture
def make_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Make a site whose folder has two files of events, one with a mistake."""
    (tmp_path / "class.toml").write_text(EVENT, encoding="utf-8")
    (tmp_path / "broken.toml").write_text(EVENT.replace("12", "-1"), encoding="utf-8")
    made: list[Site] = []

    def make(**given: Any) -> Site:
        made.append(Site(monkeypatch, tmp_path, **given))
        return made[-1]

    yield make
    for site in made:
        site.control.end_process()
        site.runner.greenlet.kill(block=True)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


def test_the_untouched_form_starts_users_of_a_class(site: Site) -> None:
    assert site.post() is None
    site.run_begins()
    assert site.started == [(1, 1.0, None)]
    assert site.environment.user_classes == [ServerLifecycleUser]  # a NotebookUser must be asked for
    assert site.checked[-1].stay == (30, 90)
    assert words(site.page(), "main .alert") == [
        "A run goes on. See it on the page Hub; another one can begin when it is over."
    ]
    assert words(site.page(), "main form") == []
    assert site.client.post("/hub/start", data={"what": "users"}).status_code in {409, 422}


def test_what_is_typed_is_what_runs_and_the_next_form_begins_with_it(site: Site) -> None:
    typed = {"user_class": "NotebookUser", "num_users": "30", "spawn_rate": "2.5", "run_time": "5m", "stay": "1m-2m"}
    assert site.post(**typed, keep="on") is None
    site.run_begins()
    assert site.started == [(30, 2.5, 300)]
    assert site.environment.user_classes == [NotebookUser]
    assert site.control.run
    assert site.control.run.settings.stay == (60, 120)
    assert site.control.run.settings.keep
    site.run_ends()
    assert {name: site.form()[name] for name in typed} == typed
    assert site.form()["keep"] == "on"
    untouched = site.form()
    del untouched["keep"]  # as a browser leaves out what is not ticked
    assert site.client.post("/hub/start", data=untouched).status_code == 303
    site.run_begins()
    assert not site.control.run.settings.keep


def test_mistakes_stand_beside_their_fields_and_nothing_is_lost(site: Site) -> None:
    typed = {
        "num_users": "many",
        "run_time": "soon",
        "stay": "<never>",
        "user_options": "[",
        "time_scale": "fast",  # of the other choice, so not looked at
    }
    page = site.post(**typed)
    wrong = {each.get("id"): each.text for each in found(page, ".wrong")}
    assert list(wrong) == ["num_users-wrong", "run_time-wrong", "user_options-wrong", "stay-wrong"]
    assert wrong["num_users-wrong"] == "'many' must be a whole number, 1 or more."
    assert wrong["run_time-wrong"] == "'soon' is not a duration; write seconds, or 90s, 10m, 1h30m, 2d."
    assert wrong["stay-wrong"].startswith("--stay: '<never>' is not a duration")
    for name in ("num_users", "run_time", "stay", "user_options"):
        field = page.get_element_by_id(name)
        assert field.get("aria-invalid") == "true"
        assert f"{name}-wrong" in field.get("aria-describedby").split()
        assert found(page, f"label[for='{name}']")
    assert {name: page.forms[0].fields[name] for name in typed} == typed
    assert [link.get("href") for link in found(page, "#mistakes a")] == [
        *["#num_users", "#run_time", "#user_options", "#stay"]
    ]
    assert "open" in page.get_element_by_id("user_options").getparent().getparent().getparent().attrib
    both = site.post(server_profile="small", user_options="{}")
    assert words(both, ".wrong") == [
        "Give --server-profile or --user-options, not both: a profile is one of the user options."
    ]
    assert site.started == []


def test_an_event_given_at_the_start_is_what_the_form_begins_with(make_site: Callable[..., Site]) -> None:
    site = make_site(event="class.toml", time_scale="2")
    form = site.form()
    assert (form["what"], form["event"], form["time_scale"]) == ("event", "file class.toml", "2")
    assert form["user_class"] == "ServerLifecycleUser"
    seed = parse_event(site.control.before_run.event_text, "event").seed
    assert site.post() is None
    site.run_begins()
    event = parse_event(site.control.briefing.event_text, "event")
    assert (event.time_scale, event.seed) == (2, seed)  # so what Locust's own START rehearses is the same
    site.run_ends()
    assert site.post(what="users") is None
    site.run_begins()
    assert site.environment.user_classes == [ServerLifecycleUser]


def test_an_event_is_chosen_and_left_again(site: Site) -> None:
    own_dispatcher = site.environment.dispatcher_class
    assert (
        site.post(what="event", event="file class.toml", time_scale="10", stay="never") is None
    )  # it decides the stay
    site.run_begins()
    event = parse_event(site.control.briefing.event_text, "event")
    assert (event.title, event.time_scale) == ("Statistics <b>101</b>", 10)
    assert isinstance(site.environment.shape_class, EventShape)
    assert site.environment.dispatcher_class is DispatchNobody
    assert len(site.environment.user_classes) == 2
    assert site.state()["event"] == "Statistics <b>101</b>"
    site.run_ends()
    form = site.form()
    assert (form["what"], form["event"], form["time_scale"]) == ("event", "file class.toml", "10")
    assert site.post(what="users", user_class="ServerLifecycleUser") is None
    site.run_begins()
    assert site.control.briefing.event_text == ""
    assert site.environment.shape_class is None
    assert site.environment.dispatcher_class is own_dispatcher
    assert site.environment.user_classes == [ServerLifecycleUser]


def test_an_event_shows_its_plan_in_place_of_what_it_decides(site: Site) -> None:
    plan = site.page(site.client.get("/hub/start/event", query_string={"event": "file class.toml"}).text)
    assert words(plan, "h3") == ["Statistics <b>101</b>"]
    assert "students (12) arrive evenly over 1m and stay for 1h 30m." in words(plan, "p")
    assert words(plan, ".targets li") == ["start to ready: p95 at most 60 s"]
    assert "12 people: the first at the start, the last after 55s." in words(plan, "p")
    chart = found(plan, ".plot")[0]
    assert chart.get("data-bar") == "1"
    assert chart.get("data-arrivals").count("1") == 12
    assert words(plan, "tbody tr")[1] == "5s to 6s 1"
    faster = site.client.get("/hub/start/event", query_string={"event": "file class.toml", "time_scale": "10"}).text
    assert "the last after 5.5s" in faster
    assert "10: an hour takes 6m" in faster
    page = site.page()
    decided = {field.get("name") for field in found(page, ".without-event [name]")}
    assert decided >= {"stay", "pause", "lifecycles", "keep", "num_users", "user_class", "server_profile"}
    assert not decided & {"server_timeout", "name_prefix", "wait", "event", "time_scale"}


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"event": "file broken.toml"}, "event", "This event cannot be rehearsed yet"),
        ({"event": "file ../class.toml"}, "event", "Choose one of the events that are listed"),
        ({"event": "/etc/passwd"}, "event", "Choose one of the events that are listed"),
        ({"event": "exam"}, "event", "Choose one of the events that are listed"),
        ({"event": "file class.toml", "time_scale": "fast"}, "time_scale", "'fast' must be a number above 0"),
        ({"event": "file class.toml", "time_scale": "1e9"}, "time_scale", "A time scale of 1e+09 is not possible"),
    ],
)
def test_events_that_cannot_be_rehearsed(site: Site, typed: dict[str, str], field: str, said: str) -> None:
    page = site.post(what="event", **typed)
    assert [each.get("id") for each in found(page, ".wrong")] == [f"{field}-wrong"]
    assert said in words(page, ".wrong")[0]
    assert site.started == []
    if typed["event"] == "file broken.toml":
        assert "people" in words(page, "#plan .alert")[0]
        assert "Statistics" not in words(page, "option[value='file broken.toml']")[0]
    # Nothing of what the form names is opened, unless it is listed.
    assert "root:" not in site.client.get("/hub/start/event", query_string=typed).text


def test_an_event_that_needs_a_class_which_is_not_there(site: Site, tmp_path: Path) -> None:
    other = EVENT.replace('stay = "90m"', 'stay = "90m"\nuser_class = "Dean"')
    (tmp_path / "class.toml").write_text(other, encoding="utf-8")
    page = site.post(what="event", event="file class.toml")
    assert "needs the user class Dean, which is not in the locustfile" in words(page, "#plan .alert")[0]
    assert site.started == []


def test_fields_that_the_form_does_not_have_are_refused(site: Site) -> None:
    page = site.post(runs_folder="/tmp/elsewhere", hub_token_file="/etc/passwd")
    assert "The form has no such field: hub_token_file, runs_folder." in words(page, "#mistakes")[0]
    page = site.post(host="http://127.0.0.1:10")
    assert "to test another hub, start it with that --host" in words(page, "#mistakes p")[0]
    assert site.started == []


def test_the_check_is_a_state_that_somebody_can_stop(site: Site) -> None:
    removed: list[str] = []

    def check() -> None:
        site.control.before_run._doing = "Trying one server"
        gevent.sleep(60)

    def remove() -> list[str]:
        gevent.sleep(0.1)
        removed.append("it")
        return ["Clean-up: users: 1 created, 1 removed, 0 left"]

    site.check = check
    site.control.before_run.remove_first_servers = remove  # type: ignore[method-assign]
    assert site.post(num_users="7") is None
    wait_until(lambda: site.state()["doing"] == "Trying one server", lambda: str(site.state()), 10)
    assert (site.state()["busy"], site.state()["runs"]) == (True, False)
    assert words(site.page(), "#busy-heading") == ["Trying one server …"]
    assert (
        site.client.post("/hub/start", data={"what": "users", "num_users": "1", "spawn_rate": "1"}).status_code == 409
    )
    assert "wait for it" in site.swarm(user_count="1", spawn_rate="1")["message"]
    for _ in range(2):
        assert site.client.post("/hub/start/stop").status_code == 303
    wait_until(lambda: not site.starter.is_busy, lambda: "the check ends", 10)
    assert removed == ["it"]
    assert words(site.page(), "#mistakes") == [
        "The check was stopped, so no run begins. Clean-up: users: 1 created, 1 removed, 0 left"
    ]
    assert site.form()["num_users"] == "7"
    assert site.started == []
    assert site.control.phase is Phase.READY
    assert site.starter.who_comes.choice.user_classes == ("ServerLifecycleUser",)


@pytest.mark.parametrize("error", [PreflightError("No hub."), SettingsError("No hub.")])
def test_what_the_check_finds_is_said_in_the_form_as_it_was_typed(site: Site, error: Exception) -> None:
    def check() -> None:
        raise error

    site.check = check
    assert site.post(what="event", event="file class.toml", server_timeout="5m") is None
    wait_until(lambda: not site.starter.is_busy, lambda: "the check ends", 10)
    assert words(site.page(), "#mistakes p") == ["No hub."]
    assert (site.form()["what"], site.form()["server_timeout"]) == ("event", "5m")
    assert site.environment.shape_class is None  # as before
    assert site.started == []


def test_locusts_own_start_begins_the_event_that_stands(site: Site) -> None:
    shaped: list[str] = []
    site.runner.start_shape = lambda: shaped.append("started")  # type: ignore[method-assign]
    assert site.post(what="event", event="file class.toml") is None
    site.run_begins()
    site.run_ends()
    answer = site.swarm(user_count="0", spawn_rate="0", host="http://127.0.0.1:9", run_time="", profile="")
    assert answer["success"], answer
    assert shaped == ["started"]
    event = site.checked[-1].event
    assert event
    assert event.title == "Statistics <b>101</b>"


def test_locusts_own_start_takes_what_its_form_once_had_as_the_command_line_does(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.runner, "start", lambda *_, **__: None)
    durations = {
        "stay": "1m-2m",
        "server_timeout": "1m30s",
        "activity_interval": "1h",
        "pause": "2",
        "poll_interval": "",
    }
    assert site.swarm(user_count="40", spawn_rate="4", **durations)["success"]
    checked = site.checked[-1]
    assert (checked.stay, checked.server_timeout, checked.activity_interval) == ((60, 120), 90, 3600)
    assert (checked.pause, checked.poll_interval) == ((2, 2), 1)
    assert site.control.options.num_users == 40


def test_a_login_and_other_sites(make_site: Callable[..., Site]) -> None:
    site = make_site(web_login=True)
    site.web_ui.login_manager.user_loader(lambda _: None)
    for path in ("/hub/start", "/hub/start/state", "/hub/start/event"):
        assert site.client.get(path).location.startswith("/login"), path
    for path in ("/hub/start", "/hub/start/stop"):
        assert site.client.post(path, data={"what": "users"}).location.startswith("/login"), path
        foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert site.client.post(path, headers=foreign).status_code == 403
    assert site.started == []
