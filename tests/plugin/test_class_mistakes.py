"""Code that could not do what its author thinks is refused before the run."""

from locust import SequentialTaskSet, TaskSet, User, between, task

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hubusers.plugin.class_mistakes import check_code
from hubusers.settings.access import SettingsError
from hubusers.users import ActivityUser, HubUser, NotebookUser, PageUser, ServerLifecycleUser


class AsyncTask(User):
    @task  # type: ignore[type-var]
    async def visit(self) -> None:
        pass


class AsyncOnStart(HubUser):
    async def on_start(self) -> None:  # type: ignore[override]
        pass


class AsyncOnStop(User):
    async def on_stop(self) -> None:
        pass


class InTaskSets(HubUser):
    @task
    class Outer(TaskSet):
        @task
        class Inner(SequentialTaskSet):
            @task  # type: ignore[type-var]
            async def look(self) -> None:
                pass


class OnStartOfTaskSet(HubUser):
    @task
    class Course(TaskSet):
        def on_start(self) -> Iterator[None]:  # type: ignore[override]
            yield

        @task
        def look(self) -> None:
            pass


class Generator(HubUser):
    @task  # type: ignore[type-var]
    def look(self) -> Iterator[None]:
        yield


@pytest.mark.parametrize(
    ("user_class", "says"),
    [
        (AsyncTask, "The task visit of AsyncTask is `async def`, which Locust calls and never runs: write `def`"),
        (AsyncOnStart, "on_start of AsyncOnStart is `async def`"),
        (AsyncOnStop, "on_stop of AsyncOnStop is `async def`"),
        (InTaskSets, "The task look of Inner is `async def`"),
        (OnStartOfTaskSet, "on_start of Course has a `yield`, so that Locust calls it and never runs it"),
        (Generator, "The task look of Generator has a `yield`"),
    ],
)
def test_code_that_locust_would_never_run(user_class: type[User], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        check_code([ServerLifecycleUser, user_class])


def also_as(name: str, value: Any) -> type[User]:
    return type("Named", (NotebookUser,), {"__module__": __name__, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("check_settings", lambda self, path: None),
        ("try_login", lambda self: None),
        ("stop_server", lambda self, path: None),
        ("stop", lambda self: None),  # Locust's, which is called with force=True
        ("_start", lambda self: None),
        ("stay", 5),
        ("username", "ann"),
        ("lifecycle", lambda self: None),
    ],
)
def test_a_name_that_each_user_needs_itself(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=rf"^Named\.{name} hides what each HubUser has .*give it another name\.$"):
        check_code([also_as(name, value)])


class Own(HubUser):
    wait_time = between(1, 2)
    leaves_server = True
    host = "https://hub.example.org"
    weight = 3

    @staticmethod
    def context() -> dict[str, str]:
        return {}

    def check(self, path: str) -> None:
        self.client.get(path)

    def on_start(self) -> None:
        super().on_start()

    def stay(self, seconds: float, why: str = "") -> None:
        super().stay(seconds)

    @contextmanager
    def server(self) -> Iterator[str]:
        with super().server() as path:
            yield path

    @task
    def look(self) -> None:
        with self.server() as path:
            self.check(path)


class OwnVisit(NotebookUser):
    @task
    def visit(self) -> None:
        pass


class OwnPages(PageUser):
    websockets = ("ws",)


class Plain(User):
    def stop(self, why: str) -> None:  # type: ignore[override]
        """What Locust's own users do is Locust's business."""


def test_what_can_be_used_as_what_it_replaces() -> None:
    check_code([ActivityUser, NotebookUser, PageUser, ServerLifecycleUser, Own, OwnVisit, OwnPages, Plain])
