"""The fake hubs of tests and benchmarks answer as a real one does: the same conversation with each."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
import requests

from benchmarks.processes import running_fast_hub
from hubusers.http.messages import Answer
from hubusers.hub.answers import (
    CONCURRENT_SPAWN_LIMIT,
    Start,
    State,
    limit_of,
    servers_of,
    start_outcome,
    stop_outcome,
)
from hubusers.hub.client import HubClient
from hubusers.hub.progress import event_of
from hubusers.local import LocalHub
from tests.hub_major import HUB_MAJOR
from tests.run.model_hub import ENDPOINT, run_on_a_model
from tests.scripted_hub import Scripted, ScriptedHub

USER, SERVER = "/users/{name}", "/users/{name}/server"


class Conversation:
    """What is asked of a hub, one request after the other, and what it answers."""

    def __init__(self, endpoint: str, token: str, sleep: Callable[[float], None]) -> None:
        session = requests.Session()
        session.headers["Authorization"] = f"token {token}"
        self._client = HubClient(endpoint, session)
        self._sleep = sleep
        self.said: dict[str, Any] = {}

    def ask(self, method: str, template: str, username: str = "", body: Any = None, **query: Any) -> Answer:
        headers = {"Accept": "application/jupyterhub-pagination+json"}
        return self._client.request(method, template, username=username, query=query, body=body, headers=headers)

    def state(self, username: str) -> State:
        return servers_of(self.ask("GET", USER, username).model).state()

    def wait_for(self, username: str, state: State) -> None:
        for _ in range(1000):
            if self.state(username) is state:
                return
            self._sleep(0.05)
        raise AssertionError(f"{username}: {self.state(username)}, and not {state}")

    def progress(self, username: str) -> Any:
        """Return the kinds of events of a progress stream, or its status if it is not one."""
        with self._client.stream(
            f"{SERVER}/progress", username=username, timeout=20, silence=20, good=lambda _: True
        ) as stream:
            if stream.answer.status != 200:
                return stream.answer.status
            kinds: list[str] = []
            for event in filter(None, map(event_of, stream)):
                kind = "ready" if event.ready else "failed" if event.failed else "under way"
                kinds += [kind] * (kinds[-1:] != [kind])
            return kinds

    def hold(self) -> None:
        note = self.said.__setitem__
        note("create", self.ask("POST", USER, "ann").status)
        note("create again", self.ask("POST", USER, "ann").status)
        note("state of a new user", self.state("ann"))
        note("stop what does not run", stop_outcome(self.ask("DELETE", SERVER, "ann")))
        note("progress of what does not run", self.progress("ann"))

        for method, template in (("GET", USER), ("DELETE", USER), ("POST", SERVER), ("DELETE", SERVER)):
            note(f"{method} {template} of nobody", self.ask(method, template, "nobody").status)
        note("progress of nobody", self.progress("nobody"))

        note("start", start_outcome(self.ask("POST", SERVER, "ann")))
        note("state after a start", self.state("ann"))
        note("start again", start_outcome(self.ask("POST", SERVER, "ann")))
        note("progress", self.progress("ann"))
        self.wait_for("ann", State.READY)
        note("progress of what is ready", self.progress("ann"))
        note("start what is ready", start_outcome(self.ask("POST", SERVER, "ann")))

        note("stop", stop_outcome(self.ask("DELETE", SERVER, "ann")))
        note("state after a stop", self.state("ann"))
        note("stop again", stop_outcome(self.ask("DELETE", SERVER, "ann")))
        note("start what is stopping", self.ask("POST", SERVER, "ann").status)
        note("progress of what is stopping", self.progress("ann"))
        note("delete while it stops", self.ask("DELETE", USER, "ann").status)
        self.wait_for("ann", State.STOPPED)
        note("delete", self.ask("DELETE", USER, "ann").status)
        note("look at the deleted", self.ask("GET", USER, "ann").status)

        names = [f"page-{number}" for number in range(5)]
        for wanted, what in ((names[:3], "create several"), (names, "create some more"), (names, "create them again")):
            note(what, self.ask("POST", "/users", body={"usernames": wanted}).status)
        self.ask("POST", SERVER, "page-3")
        note("pages", list(self.pages(limit=2, name_filter="page-")))
        note("pages of the active", list(self.pages(limit=2, name_filter="page-", state="active")))
        self.wait_for("page-3", State.READY)
        self.ask("DELETE", SERVER, "page-3")
        self.wait_for("page-3", State.STOPPED)
        for name in names:
            self.ask("DELETE", USER, name)
        note("pages of nothing", list(self.pages(limit=2, name_filter="page-")))

        self.ask("POST", USER, "bob")
        self.ask("POST", SERVER, "bob")
        note("delete while it starts", self.ask("DELETE", USER, "bob").status)
        note("stop what starts", stop_outcome(self.ask("DELETE", SERVER, "bob")))  # JupyterHub 4 does not
        self.wait_for("bob", State.READY if HUB_MAJOR == 4 else State.STOPPED)
        self.ask("POST", SERVER, "bob")
        self.wait_for("bob", State.READY)
        note("delete what is ready", self.ask("DELETE", USER, "bob").status)
        note("state after that", self.state("bob"))
        self.wait_for("bob", State.STOPPED)
        note("delete after that", self.ask("DELETE", USER, "bob").status)

    def pages(self, **query: Any) -> Iterator[list[str]]:
        offset = 0
        while True:
            page = self.ask("GET", "/users", offset=offset, **query).model
            yield [user["name"] for user in page["items"]]
            if not page["_pagination"]["next"]:
                return
            offset = page["_pagination"]["next"]["offset"]


def held(endpoint: str, token: str, sleep: Callable[[float], None] = time.sleep) -> dict[str, Any]:
    conversation = Conversation(endpoint, token, sleep)
    conversation.hold()
    return conversation.said


@pytest.fixture(scope="module")
def real_hub() -> Iterator[LocalHub]:
    # A hub holds back its answer while a server stops, for up to this time. The fake ones answer at once.
    at_once = "c.JupyterHub.tornado_settings |= {'slow_stop_timeout': 0}"
    with LocalHub(spawn_seconds=(1, 1), stop_seconds=(1.5, 1.5), concurrent_spawn_limit=1, extra_config=at_once) as hub:
        yield hub


@pytest.fixture(scope="module")
def said_by_a_real_hub(real_hub: LocalHub) -> dict[str, Any]:
    return held(real_hub.endpoint, real_hub.token)


def test_a_hub_behind_a_scripted_one(real_hub: LocalHub, said_by_a_real_hub: dict[str, Any]) -> None:
    with ScriptedHub(before=real_hub) as front:
        assert held(front.endpoint, real_hub.token) == said_by_a_real_hub


@pytest.mark.skipif(HUB_MAJOR == 4, reason="the fast hub answers as JupyterHub 5 and 6 do")
def test_the_fast_hub(said_by_a_real_hub: dict[str, Any]) -> None:
    with running_fast_hub(spawn_seconds=1.0, stop_seconds=1.5) as hub:
        assert held(hub.endpoint, "any") == said_by_a_real_hub


def test_the_model_of_a_hub(said_by_a_real_hub: dict[str, Any]) -> None:
    with run_on_a_model(HUB_MAJOR) as (_, _, clock):
        conversation = gevent.spawn(held, ENDPOINT, "any", clock.sleep)
        clock.pass_until(lambda: conversation.dead, 1000)
        assert conversation.get(block=False) == said_by_a_real_hub


def test_a_refusal_that_a_scripted_hub_is_told_means_what_a_real_one_means(real_hub: LocalHub) -> None:
    conversation = Conversation(real_hub.endpoint, real_hub.token, time.sleep)
    for name in ("cid", "dan"):
        conversation.ask("POST", USER, name)
        throttled = conversation.ask("POST", SERVER, name)
    assert (start_outcome(throttled), limit_of(throttled)) == (Start.THROTTLED, CONCURRENT_SPAWN_LIMIT)
    assert throttled.retry_after
    with ScriptedHub() as scripted:
        scripted.script(Scripted(429, throttled.model, {"Retry-After": str(throttled.headers["Retry-After"])}))
        told = Conversation(scripted.endpoint, "any", time.sleep).ask("POST", SERVER, "dan")
    assert (start_outcome(told), limit_of(told)) == (Start.THROTTLED, CONCURRENT_SPAWN_LIMIT)
    assert told.retry_after == throttled.retry_after
