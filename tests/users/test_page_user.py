"""People who come for another page than JupyterLab: on a real hub with jupyter-server-proxy and nbgitpuller."""

from locust.exception import RescheduleTask

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from nbformat.v4 import new_code_cell, new_notebook, new_output

from hubusers.accounts.account import Account
from hubusers.event.start_page import git_pull_page, start_page
from hubusers.how_installed import NOT_INSTALLED
from hubusers.lab import interface
from hubusers.lab.lab_page import LabPage
from hubusers.local import LocalHub
from hubusers.results.records import (
    ARRIVAL,
    CELL,
    GIT_PULL,
    KERNEL_READY,
    LAB_LOADED,
    LOGIN,
    PAGE_LOADED,
    SAVED,
    SERVER_HELD,
    SPAWN_PAGE,
    START_TO_READY,
    STOP_TO_STOPPED,
    WEBSOCKET_HELD,
    Record,
)
from hubusers.run.first_server import try_one_server
from hubusers.settings.access import Access, SettingsError
from hubusers.users import NotebookUser, PageUser, first_look
from hubusers.users.tab_user import TabUser
from tests.scripted_hub import Scripted, ScriptedHub
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


@pytest.fixture
def course(tmp_path: Path) -> "Course":
    return Course(tmp_path)


class Course:
    """A repository of a course: where the teacher works, and a bare one from which people pull."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.teacher = folder / "my course.git", folder / "teacher"
        git(folder, "init", "-q", "--bare", str(self.bare))
        git(folder, "clone", "-q", str(self.bare), str(self.teacher))
        self.bring("lesson.ipynb", notebook("print(6 * 7)", "42\n"))

    @property
    def url(self) -> str:
        return f"file://{self.bare}".replace(" ", "%20")

    def bring(self, name: str, text: str, *more: str) -> None:
        """Give people another file."""
        (self.teacher / name).write_text(text)
        git(self.teacher, "add", ".")
        git(self.teacher, "commit", "-qm", name, *more)
        git(self.teacher, "push", "-qf", "origin", "HEAD:main")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True)


def notebook(code: str, prints: str) -> str:
    cell = new_code_cell(code, outputs=[new_output("stream", name="stdout", text=prints)], execution_count=1)
    return str(nbformat.writes(new_notebook(cells=[cell])))


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


def test_people_begin_with_a_link_of_nbgitpuller(people: People, course: Course) -> None:
    person = people.comes(NotebookUser)
    person.on_start()
    person.person = replace(person.person, start_page=git_pull_page(course.url))
    person.visit()
    steps = {record.step: record.failure for record in people.run.results.records}
    assert steps == dict.fromkeys(
        (ARRIVAL, LOGIN, SPAWN_PAGE, START_TO_READY, GIT_PULL, LAB_LOADED, KERNEL_READY, CELL, SAVED), ""
    )
    pulled, loaded = (people.run.results.records.of(step)[0] for step in (GIT_PULL, LAB_LOADED))
    assert pulled.began + pulled.seconds <= loaded.began + 0.01
    saved = person.browser.fetch("GET", f"{person.server_path}/api/contents/my%20course/lesson.ipynb").answer.model
    assert saved["content"]["cells"][0]["outputs"][0]["text"] == "42\n"

    # On the second day there is something new, beside what the person has saved; the link opens it.
    course.bring("second.ipynb", notebook("print(1)", "2\n"))
    link = f"git-pull?repo={course.url}&branch=main&targetPath=my%20course&depth=1&urlpath=lab/tree/my course/"
    person.person = replace(person.person, start_page=start_page(link + "second.ipynb"))
    person.visit()
    wrong = people.run.results.records.of(CELL)[-1]
    assert wrong.failure == "wrong output: my course/second.ipynb, cell 1"
    assert [record.failure for record in people.run.results.records.of(GIT_PULL)] == ["", ""]

    def fails(changed: str) -> Record:
        person.person = replace(person.person, start_page=start_page(changed))
        with pytest.raises(RescheduleTask):
            person.visit()
        return people.run.results.records.of(GIT_PULL)[-1]

    # Links that are wrong, and repositories that cannot be had: the words are nbgitpuller's, and Git's.
    assert fails(link.replace("main", "spring")).reason == "Branch does not exist"
    with ScriptedHub() as server:  # a repository that is private, as Git hosts say it
        server.script(*[Scripted(401, headers={"WWW-Authenticate": "Basic"})] * 4)
        assert fails(f"git-pull?repo={server.url}/private.git&targetPath=other").reason == "Branch name unresolved"
    course.bring("lesson.ipynb", notebook("print(7)", "7\n"), "--amend", "--reset-author")
    git(course.teacher, "checkout", "-q", "--orphan", "new")
    course.bring("lesson.ipynb", notebook("print(8)", "8\n"))
    unrelated = fails(link)
    assert unrelated.failure == "git pull failed"
    assert unrelated.reason.endswith("fatal: refusing to merge unrelated histories")
    assert len(people.run.results.records.of(LAB_LOADED)) == 2


def test_a_person_with_a_token_begins_with_the_link_in_any_page(page_hub: LocalHub, course: Course) -> None:
    people = people_on(page_hub.endpoint, page_hub.token, server_timeout=120.0, stay=(0.0, 0.0))
    person = people.comes(PageUser)
    person.on_start()
    person.person = replace(person.person, start_page=start_page(f"git-pull?repo={course.url}&urlpath=tree"))
    patient = person.settings
    with ScriptedHub() as slow:  # that is a matter of the pull, and not of the page after it
        slow.script(Scripted(200, pieces=[30.0]))
        person.log_in()
        page = replace(person.open_server(), path=f"{person.server_path}/git-pull?repo={slow.url}/slow.git")
        person.settings = replace(patient, server_timeout=2.0)
        with pytest.raises(RescheduleTask):
            person.load_page(page)
    person.settings = patient
    wait_until(lambda: person.browser.fetch("GET", f"{person.server_path}/api/status").status == 200, str)
    person.visit()
    steps = [(record.step, record.failure) for record in people.run.results.records]
    before = (ARRIVAL, ""), (LOGIN, ""), (START_TO_READY, ""), (GIT_PULL, "timed out")
    assert steps == [*before, (GIT_PULL, ""), (PAGE_LOADED, ""), (STOP_TO_STOPPED, "")]
    people.run.clean_up_own()


def test_first_pages_that_stop_everybody_are_seen_in_the_first_server(
    page_hub: LocalHub, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    why: list[str] = []
    run = people_on(page_hub.endpoint, page_hub.token, server_timeout=120.0, poll_interval=0.2, stop=why.append).run
    usual = run.settings
    monkeypatch.setattr(first_look, "_PAUSE", 0.0)
    link = f"git-pull?repo={course.url}&targetPath=a&urlpath=lab/tree/a"

    def seen(user_class: type[TabUser], account: Account, page: str, **changes: Any) -> str:
        run.settings = replace(usual, start_page=start_page(page), **changes)
        try:
            first_look.look(run, [user_class], account, None)
        except first_look.FirstPageFailed as failed:
            return str(failed).partition("from there: ")[2]
        return ""

    def look(account: Account) -> None:
        with_password = replace(account, password="anything")
        assert seen(NotebookUser, account, "") == ""
        assert seen(NotebookUser, account, link) == ""
        assert seen(PageUser, with_password, link) == ""
        assert seen(AppUser, with_password, "app/") == ""
        pulling = "pulling the files of a course"
        assert seen(PageUser, account, f"{link}&branch=spring") == f"{pulling}: Branch does not exist."
        nothing = link.replace("%20course.git", "%20nothing.git").replace("=a&", "=b&")
        assert seen(NotebookUser, with_password, nothing) == f"{pulling}: Branch name unresolved."
        with ScriptedHub() as server:  # a repository that is private, as Git hosts say it
            server.script(*[Scripted(401, headers={"WWW-Authenticate": "Basic"})] * 12)
            private = f"git-pull?repo={server.url}/private.git&targetPath=c"
            assert seen(NotebookUser, account, private) == f"{pulling}: Branch name unresolved."
        assert "/rstudio: HTTP 404: " in seen(PageUser, account, "rstudio/")
        assert "works in JupyterLab, and in the tree" in seen(NotebookUser, account, "app/")
        with ScriptedHub() as slow:  # for people, too, that is not a failure of the pull
            slow.script(*[Scripted(200, pieces=[30.0])] * 2)
            slow_link = f"git-pull?repo={slow.url}/slow.git&targetPath=d"
            assert seen(NotebookUser, account, slow_link, server_timeout=3.0) == ""
        assert not why
        with monkeypatch.context() as patch:
            patch.setattr(interface, "_LACK", "Run: pip install")
            patch.setattr(LabPage, "is_collaborative", True)
            assert seen(NotebookUser, account, "") == ""
        assert why == [f"{NOT_INSTALLED}Run: pip install"]
        run.settings = usual

    assert try_one_server(run, None, has_browser=True, look=look)
    assert not run.ledger.left()
    headers = {"Authorization": f"token {page_hub.token}"}
    listed = requests.get(f"{page_hub.endpoint}/users", headers=headers, timeout=30).json()
    assert not [user["name"] for user in listed if user["name"].startswith(run.names_begin_with)]


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
