"""Events in the start form: chosen, given at the start, left again, and those that cannot be rehearsed."""

from locust.dispatch import UsersDispatcher

from collections.abc import Callable
from pathlib import Path

import pytest

from hubusers.event.file import parse_event
from hubusers.plugin.arrivals import EventShape
from hubusers.plugin.locust_internals import DispatchNobody
from hubusers.users import ServerLifecycleUser
from tests.plugin.start_site import EVENT, Site, found, words


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
    assert site.environment.dispatcher_class is UsersDispatcher
    site.control.options.lifecycles, site.control.options.keep = "3", True  # of a run before, which were typed for it
    assert (
        site.post(what="event", event="file class.toml", time_scale="10", stay="never") is None
    )  # it decides the stay
    site.run_begins()
    event = parse_event(site.control.briefing.event_text, "event")
    assert (event.title, event.time_scale) == ("Statistics <b>101</b>", 10)
    assert (site.checked[-1].lifecycles, site.checked[-1].keep) == (
        0,
        False,
    )  # or it would end with the first people
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
    assert site.environment.dispatcher_class is UsersDispatcher
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
    assert site.form()["event"] == "file class.toml"  # the first that can be rehearsed
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
