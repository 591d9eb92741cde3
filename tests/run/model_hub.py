"""A model of a hub, and virtual time, for faults at each step of a run, which a real hub does not show on command."""

import contextlib
import heapq
import itertools
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from unittest import mock
from urllib.parse import parse_qs, unquote, urlsplit

import gevent
from gevent.event import Event

from benchmarks.hub_answers import refusal_model, user_model
from benchmarks.hub_rules import (
    STATES,
    Ruling,
    ServerState,
    create_user,
    delete_user,
    start_server,
    stop_server,
    unknown_user,
    watch_server,
)
from hubusers.http.messages import CONNECTION_LOST, CONNECTION_REFUSED, TIMED_OUT, Answer, Request, StreamLost
from hubusers.http.session import RETRIES
from hubusers.http.stream import Stream
from hubusers.hub import deadline as deadline_module
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.settings.options import Wait
from tests.settings.settings import settings_for

ENDPOINT = "http://127.0.0.1/hub/api"

NONE, STARTING, READY, STOPPING = ServerState


class VirtualClock:
    """Time passes only while all sleep: then it jumps to the moment at which the first one wakes."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, Event]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        woken = Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        woken.wait()

    def pass_until(self, condition: Callable[[], bool], at_most: float) -> None:
        """Let time pass until a condition holds, but for at most this many seconds."""
        end = self.now + at_most
        gevent.idle()
        while not condition() and self._sleepers and self._sleepers[0][0] <= end:
            self.now, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            gevent.idle()
        if not condition():
            self.now = end


@dataclass
class Account:
    server: ServerState = ServerState.NONE
    due: float = 0.0  # when the spawn or the stop is over
    spawn_fails: bool = False


class ModelHub:
    """A model of JupyterHub 4, 5 or 6: carries out the requests of a run and answers them, with faults as told.

    A fault is for one request. It says which answer comes instead, and whether the hub still carries out the request:
    not at all, before the answer, or late, after the user has gone on.
    """

    def __init__(self, clock: VirtualClock, version: int) -> None:
        self.retries = RETRIES
        self.clock = clock
        self.version = version
        self.accounts: dict[str, Account] = {}
        self.ever_created: set[str] = set()
        self.changed: list[str] = []  # whose account or server somebody asked to change
        self.faults: list[tuple[Answer, str]] = []
        self.late: list[Request] = []
        self.arrived_late: set[str] = set()
        self.is_up = True
        self.spawns = itertools.cycle([False])  # which of them fail

    def send(self, request: Request) -> Answer:
        """Stands in for what sends requests over the network; each is a moment at which a user may be stopped."""
        gevent.sleep(0)
        if not self.is_up:
            return Answer(0, error=CONNECTION_REFUSED)
        if self.late and (len(self.late) > 2 or "name_filter" in request.url):
            self.carry_out_the_late()
        if not self.faults:
            answer = self.carry_out(request)
        else:
            answer, carried_out = self.faults.pop(0)
            if carried_out == "too":
                self.carry_out(request)
            elif carried_out == "late":
                self.late.append(request)
            if answer.error == TIMED_OUT:
                self.clock.sleep(request.timeout)
        gevent.sleep(0)
        return answer

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Stream]:
        """Stands in for a progress stream; a fault comes at its beginning, and one that is due later in its middle."""
        started, give_up_at = time.monotonic(), self.clock.now + request.timeout
        account = self.accounts.get(unquote(request.url.split("/")[-3]))
        gevent.sleep(0)
        ruling = watch_server(account.server) if account else unknown_user()
        if not self.is_up or self.faults or ruling.status != 200 or not account:
            fault = self.faults.pop(0)[0] if self.is_up and self.faults else Answer(ruling.status)
            yield Stream(fault if self.is_up else Answer(0, error=CONNECTION_REFUSED), request, started)
            return
        self.settle(account)
        told = iter(['data: {"message": "Server requested"}', "", None] if account.server is STARTING else [None])

        def read_line(_: float) -> str | None:
            if (line := next(told, "the end")) is not None:
                return None if line == "the end" else line
            while account.server is STARTING and self.clock.now < account.due:
                if self.clock.now >= give_up_at:
                    raise StreamLost(TIMED_OUT)
                self.clock.sleep(0.5)
                if not self.is_up or self.faults:
                    raise StreamLost(CONNECTION_LOST)
            self.settle(account)
            return f'data: {{"{"ready" if account.server is READY else "failed"}": true}}'

        yield Stream(Answer(200), request._replace(timeout=math.inf), started, read_line)

    def carry_out_the_late(self) -> None:
        late, self.late = self.late, []
        for request in late:
            before = set(self.accounts)
            self.carry_out(request)
            self.arrived_late |= self.accounts.keys() - before

    def restart(self) -> None:
        """Forget all that is pending, as a hub does that restarts."""
        for account in self.accounts.values():
            if account.server is not READY:
                account.server = NONE

    def carry_out(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        segments = [unquote(segment) for segment in parts.path.removeprefix("/hub/api/").split("/")]
        for account in self.accounts.values():
            self.settle(account)
        if segments == ["users"]:
            creates = request.method == "POST"
            return self.create_all(request.body["usernames"]) if creates else self.list_users(parse_qs(parts.query))
        name = segments[1]
        if request.method != "GET":
            self.changed.append(name)
        asked_about = self.accounts.get(name)
        if request.method == "POST" and len(segments) == 2:
            return self.create(name)
        if asked_about is None:
            to_stop = request.method == "DELETE" and segments[-1] == "server"
            return said(unknown_user(self.version, to_stop=to_stop), name)
        if request.method == "GET":
            return Answer(200, self.model_of(name))
        if request.method == "POST":
            return self.start(name, asked_about)
        return self.stop(name, asked_about) if segments[-1] == "server" else self.delete(name, asked_about)

    def settle(self, account: Account) -> None:
        if account.server in {STARTING, STOPPING} and self.clock.now >= account.due:
            account.server = READY if account.server is STARTING and not account.spawn_fails else NONE

    def model_of(self, name: str) -> str:
        return user_model(self.accounts[name].server, name, name, "", "").decode()

    def list_users(self, query: dict[str, list[str]]) -> Answer:
        state, part = query.get("state", [""])[0], query.get("name_filter", [""])[0]
        names = [name for name, account in sorted(self.accounts.items()) if account.server in STATES[state]]
        names = [name for name in names if part in name]
        first, size = int(query["offset"][0]), 2  # small pages, so that there are several
        following = {"offset": first + size} if len(names) > first + size else None
        items = ", ".join(map(self.model_of, names[first : first + size]))
        return Answer(200, f'{{"items": [{items}], "_pagination": {json.dumps({"next": following})}}}')

    def create(self, name: str) -> Answer:
        ruling = create_user(exists=name in self.accounts)
        if ruling.status != 201:
            return said(ruling, name)
        self.accounts[name] = Account()
        self.ever_created.add(name)
        return Answer(201, self.model_of(name))

    def create_all(self, names: list[str]) -> Answer:
        new = [name for name in names if name not in self.accounts]
        if not new:
            return said(create_user(exists=True), names[0])
        return Answer(201, f"[{', '.join([self.create(name).body for name in new])}]")

    def start(self, name: str, account: Account) -> Answer:
        ruling = start_server(account.server)
        if ruling.then:
            account.server, account.due, account.spawn_fails = ruling.then, self.clock.now + 4, next(self.spawns)
        return said(ruling, name)

    def stop(self, name: str, account: Account) -> Answer:
        return self.begin_to_stop(stop_server(account.server, self.version), name, account)

    def delete(self, name: str, account: Account) -> Answer:
        ruling = delete_user(account.server)
        if ruling.status == 204:
            del self.accounts[name]
        return self.begin_to_stop(ruling, name, account)

    def begin_to_stop(self, ruling: Ruling, name: str, account: Account) -> Answer:
        if ruling.then:
            account.server, account.due = ruling.then, self.clock.now + 2.5
        return said(ruling, name)


def said(ruling: Ruling, name: str) -> Answer:
    """Return the answer to a request; a refusal is in JSON, with its reason."""
    if ruling.status < 400:
        return Answer(ruling.status)
    return refusal(ruling.status, ruling.message.format(name=name))


def refusal(status: int, message: str) -> Answer:
    return Answer(status, refusal_model(status, message).decode())


@contextlib.contextmanager
def run_on_a_model(version: int, wait: Wait = "poll") -> Iterator[tuple[Run, ModelHub, VirtualClock]]:
    """Have a run whose requests go to a model, and whose waits go by a virtual clock."""
    clock = VirtualClock()
    hub = ModelHub(clock, version)
    with (
        mock.patch.object(deadline_module, "CLOCK", clock),
        mock.patch("hubusers.hub.client.transport_for", return_value=hub),
    ):
        settings = replace(settings_for(ENDPOINT, Access("0123456789abcdef")), wait=wait)
        yield Run(settings, 0), hub, clock
