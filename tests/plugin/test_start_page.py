"""The page with the start form, asked as a browser without scripts would ask it; its hub is made up.

A real browser and a real hub are in tests/chromium/test_start_form.py.
"""

from locust.runners import MasterRunner

from collections.abc import Callable
from unittest import mock

import gevent
import pytest

from hubusers.run.phase import Phase
from hubusers.settings.access import SettingsError
from hubusers.settings.hub_check import PreflightError
from hubusers.users import NotebookUser, ServerLifecycleUser
from tests.plugin.start_site import Site, found, words
from tests.waiting import wait_until


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
    assert site.client.get("/hub/start/event", query_string={"event": "file class.toml"}).status_code == 409
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
    assert type(site.control.options.run_time) is int  # Locust's own form reads no other
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
    assert wrong["stay-wrong"].startswith("'<never>' is not a duration")
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


def test_fields_that_the_form_does_not_have_are_refused(site: Site) -> None:
    page = site.post(runs_folder="/tmp/elsewhere", hub_token_file="/etc/passwd")
    assert "The form has no such field: hub_token_file, runs_folder." in words(page, "#mistakes")[0]
    page = site.post(host="http://127.0.0.1:10")
    assert "to test another hub, start it with that --host" in words(page, "#mistakes p")[0]
    assert site.started == []


def test_the_hub_is_asked_for_where_it_is_not_known(make_site: Callable[..., Site]) -> None:
    site = make_site(host=None)
    assert words(site.page(), "header dd") == ["not known yet", "ready"]
    assert words(site.post(host=""), "#host-wrong")[0].startswith("Which hub?")
    page = site.post(host="nonsense", num_users="0")
    assert "must begin with http:// or https://" in words(page, "#host-wrong")[0]
    assert len(found(page, ".wrong")) == 2
    assert site.post(host="http://127.0.0.1:9") is None
    site.run_begins()
    assert site.checked[-1].endpoint == "http://127.0.0.1:9/hub/api"


def test_without_a_worker_there_is_no_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.environment, "runner", mock.Mock(spec=MasterRunner, worker_count=0))
    assert "No worker is connected" in words(site.post(), "#mistakes")[0]
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
    wait_until(lambda: site.state()["doing"] == "Trying one server", lambda: str(site.state()))
    assert (site.state()["busy"], site.state()["runs"]) == (True, False)
    assert words(site.page(), "#busy-heading") == ["Trying one server …"]
    assert (
        site.client.post("/hub/start", data={"what": "users", "num_users": "1", "spawn_rate": "1"}).status_code == 409
    )
    assert "wait for it" in site.swarm(user_count="1", spawn_rate="1")["message"]
    for _ in range(2):
        assert site.client.post("/hub/start/stop").status_code == 303
    wait_until(lambda: not site.starter.is_busy, lambda: "the check ends")
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
    wait_until(lambda: not site.starter.is_busy, lambda: "the check ends")
    assert words(site.page(), "#mistakes p") == ["No hub."]
    assert (site.form()["what"], site.form()["server_timeout"]) == ("event", "5m")
    assert site.environment.shape_class is None  # as before
    assert site.started == []


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


def test_locusts_own_start_while_an_event_goes_on_says_that_nothing_begins(site: Site) -> None:
    site.post(what="event", event="file class.toml")
    site.run_begins()
    site.runner.state = "running"
    answer = site.swarm(user_count="40", spawn_rate="4")
    assert not answer["success"]
    assert answer["message"] == "A test is running already."
    site.runner.state = "ready"


def test_a_login_and_other_sites(make_site: Callable[..., Site]) -> None:
    site = make_site(web_login=True)
    site.web_ui.login_manager.user_loader(lambda _: None)
    for path in ("/hub/start", "/hub/start/state", "/hub/start/event"):
        assert site.client.get(path).location.startswith("/login"), path
        assert site.client.get(path, headers={"Origin": "https://evil.example"}).status_code == 403
    for path in ("/hub/start", "/hub/start/stop"):
        assert site.client.post(path, data={"what": "users"}).location.startswith("/login"), path
        foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert site.client.post(path, headers=foreign).status_code == 403
    assert site.started == []
