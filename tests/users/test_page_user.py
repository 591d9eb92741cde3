"""People who come for another page than JupyterLab: on a real hub with jupyter-server-proxy and nbgitpuller."""

from locust.exception import RescheduleTask

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from hubusers.local import LocalHub
from hubusers.results.records import (
    LAB_LOADED,
    PAGE_LOADED,
    SERVER_HELD,
    START_TO_READY,
    STOP_TO_STOPPED,
    WEBSOCKET_HELD,
    Record,
)
from hubusers.settings.access import Access, SettingsError
from hubusers.users import NotebookUser, PageUser
from tests.settings.settings import settings_for
from tests.users.page_hub import config_of_pages
from tests.users.people import People, people_on
from tests.waiting import wait_until

GIT = ("git", "-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main")


class AppUser(PageUser):
    websockets = ("ws",)
    expects = "An app"


@pytest.fixture(scope="module")
def page_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    config = config_of_pages(tmp_path_factory.mktemp("pages"))
    with LocalHub(servers="lab", extra_config=config) as hub:
        yield hub


@pytest.fixture
def people(page_hub: LocalHub) -> Iterator[People]:
    access = Access(page_hub.token, password="anything")
    options: dict[str, Any] = {
        "server_timeout": 120.0,
        "poll_interval": 0.2,
        "stay": (0.0, 0.0),
        "leave": {"close-tab": 1.0},
    }
    people = people_on(page_hub.endpoint, access, **options)
    yield people
    people.run.clean_up_own()
    assert not people.run.ledger.left()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a notebook in it."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "lesson.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "One")):
        subprocess.run([*GIT, *command], cwd=folder, check=True)
    return folder


def open_again(person: PageUser, people: People, path: str) -> Record:
    """Have a person come back for another page of the running server; return how its loading was counted."""
    person.close_page()
    person.person = replace(person.person, start_page=path)
    with suppress(RescheduleTask):
        person.load_page(person.open_server())
    return people.run.results.records.of(PAGE_LOADED)[-1]


def test_a_page_is_loaded_and_held_and_anything_else_is_told(page_hub: LocalHub, people: People) -> None:
    person = people.comes(AppUser)
    person.on_start()
    person.person = replace(person.person, start_page="app/")
    person.visit()
    steps = (START_TO_READY, PAGE_LOADED, STOP_TO_STOPPED)
    assert [len(people.run.results.records.of(step)) for step in steps] == [1, 1, 0]
    names = {row.name for row in people.rows}
    assert {f"/user/{{name}}/app/static/{name}.js" for name in ("a", "b", "b.123")} <= names
    assert "/user/{name}/app/ws" in names
    assert not [row for row in people.rows if row.failure]  # nobody misses the icon

    # What is wrong with a page is told, and by whom it is not: the server is there all the time.
    assert open_again(person, people, "app/login").failure == "page broken: it asks to log in"
    assert open_again(person, people, "app/error").failure == "page broken: it is an error page"
    assert open_again(person, people, "app/missing").failure == "page broken: HTTP 404"
    assert open_again(person, people, "app/unavailable").failure == "page broken: HTTP 503"
    never = open_again(person, people, "never/")
    assert (never.failure, never.reason) == ("page broken: HTTP 500", "The error was: could not start never in time")
    assert open_again(person, people, "nothing").failure == "page broken: HTTP 404"
    lame = open_again(person, people, "app/lame")
    assert lame.failure == "files missing: /user/{name}/app/static/gone.js, HTTP 404"
    white = open_again(person, people, "app/white")
    assert white.failure == "files missing: /user/{name}/app/static/page/{path}, a web page came"

    # A page may lead on, or show others in its frames.
    saml = open_again(person, people, "app/saml")
    assert saml.failure == "page broken: it leads to idp.example.org"
    assert open_again(person, people, "app/lame-frame").failure == "page broken: in a frame: HTTP 503"
    assert open_again(person, people, "app/refresh").failure == ""
    assert "/user/{name}/app/static/inside.js" in {row.name for row in people.rows}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AppUser, "expects", "Another app")
        another = open_again(person, people, "app/")
    assert another.failure == "page broken: it does not show what is expected"

    # The application ends; jupyter-server-proxy goes on.
    assert open_again(person, people, "app/").failure == ""
    person.browser.fetch("GET", f"{person.server_path}/app/end")
    wait_until(lambda: bool(people.run.results.records.of(WEBSOCKET_HELD)), str)
    (lost,) = people.run.results.records.of(WEBSOCKET_HELD)
    assert lost.failure.startswith("websocket lost")
    person.look_again()

    # The server is culled, while no websocket is left that could tell.
    person.close_page()
    headers = {"Authorization": f"token {page_hub.token}"}
    requests.delete(f"{page_hub.endpoint}/users/{person.username}/server", headers=headers, timeout=30)
    with pytest.raises(RescheduleTask):
        person.look_again()
    (gone,) = people.run.results.records.of(SERVER_HELD)
    assert gone.failure == "server was gone"
    assert gone.seconds > 0
    assert not person.has_server


def test_a_link_of_nbgitpuller_is_followed_to_jupyterlab(people: People, course: Path) -> None:
    link = f"git-pull?repo=file://{course}&branch=main&targetpath=my%20course&urlpath=lab/tree/my%20course/lesson.ipynb"
    worker = people.comes(NotebookUser)
    worker.on_start()
    worker.person = replace(worker.person, start_page=link)
    worker.log_in()
    worker.load_lab(worker.open_server())
    assert people.run.results.records.of(LAB_LOADED)[0].failure == ""
    assert "/user/{name}/git-pull/api" in {row.name for row in people.rows}
    lesson = worker.browser.fetch("GET", f"{worker.server_path}/api/contents/my%20course/lesson.ipynb")
    assert lesson.status == 200
    worker.close_page()

    # The next link of the course names a branch that is not there.
    worker.person = replace(worker.person, start_page=link.replace("main", "spring"))
    with pytest.raises(RescheduleTask):
        worker.load_lab(worker.open_server())
    failed = people.run.results.records.of(LAB_LOADED)[-1]
    assert (failed.failure, failed.reason) == ("git pull failed", "Branch does not exist")


def test_websockets_on_another_host_are_refused_before_the_run() -> None:
    class Elsewhere(PageUser):
        websockets = ("wss://example.org/ws",)

    settings = settings_for("http://127.0.0.1:8000/hub/api", Access("token"))
    with pytest.raises(SettingsError, match=r"Elsewhere.websockets names wss://example.org/ws: give the address with"):
        Elsewhere.check_settings(settings)
    AppUser.check_settings(settings)


def test_what_a_page_must_show_is_a_text() -> None:
    class Several(PageUser):
        expects = ("a", "b")  # type: ignore[assignment]

    with pytest.raises(SettingsError, match=r"Several.expects must be a text, such as 'My app'\."):
        Several.check_settings(settings_for("http://127.0.0.1:8000/hub/api", Access("token")))
