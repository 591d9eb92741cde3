"""The floor: users' lives on the hub with as little between them and the network as Python allows. No Locust.

`python -m benchmarks.bare_loop --endpoint URL --wait poll|poll-in-step|progress|listing` prints one line of JSON: what
it took.

Each user is a greenlet with a connection of its own, from the HTTP library that Locust's fast client stands on. They
send the requests that ours send, and in the same way of waiting. Nothing is measured, counted or made up for here: the
first answer that is not the expected one ends everything.

By default all users are there at once, and each has as many servers as `--lifecycles` says. With `--a-second N` they
come once, as the people of an event do: the accounts are made before, 50 with a request; N people come a second, each
with a new connection, have one server, and leave; account and connection go with them.
"""

from gevent import monkey

monkey.patch_all()  # before anything else is imported, as in Locust

# ruff: noqa: E402
import argparse
import json
import random
import time
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from gevent.event import Event
from geventhttpclient import HTTPClient
from geventhttpclient.url import URL

from benchmarks.usage import Usage

PREFIX = "bare-"

_INTERVAL = 1.0
"""Seconds between two looks."""

_HEADERS = {"Authorization": "token anything", "Accept": "application/json"}
_IN_PAGES = {"Accept": "application/jupyterhub-pagination+json"}

_ACCOUNTS_IN_A_REQUEST = 50

Servers = dict[str, dict[str, Any]]


class UnexpectedAnswer(Exception):
    """The hub said something that ends the measurement."""


class Client:
    """The hub's API through one connection.

    Args:
        endpoint: The hub's API.
        block_size: Bytes to read at once.
    """

    def __init__(self, endpoint: str, block_size: int = HTTPClient.BLOCK_SIZE) -> None:
        self._base = URL(endpoint).path
        self._http = HTTPClient.from_url(
            endpoint, concurrency=1, headers=_HEADERS, network_timeout=60, block_size=block_size
        )

    def open(
        self, method: str, path: str, expected: set[int], headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Any:
        """Return the response, its body yet to be read."""
        response = self._http.request(method, self._base + path, headers=headers, body=body)
        if response.get_code() not in expected:
            raise UnexpectedAnswer(f"{method} {path}: {response.get_code()}, {bytes(response.read())!r}")
        return response

    def call(self, method: str, path: str, expected: set[int]) -> int:
        response = self.open(method, path, expected)
        response.read()
        return int(response.get_code())

    def get(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return json.loads(self.open("GET", path, {200}, headers).read())

    def make_accounts(self, names: list[str]) -> None:
        self.open("POST", "/users", {201}, body=json.dumps({"usernames": names}).encode()).read()

    def close(self) -> None:
        self._http.close()


class Way(Protocol):
    """A way to wait for a server."""

    def until_ready(self, client: Client, name: str) -> None: ...

    def until_gone(self, client: Client, name: str) -> None: ...

    def is_still_there(self, client: Client, name: str) -> bool:
        """Say, before the server is stopped, whether it still runs: somebody else may have stopped it."""


class Polling:
    """Each user looks at their own server once a second.

    Args:
        spread: The first look is at a random moment within this many seconds.
    """

    def __init__(self, spread: float = _INTERVAL) -> None:
        self._spread = spread

    def until_ready(self, client: Client, name: str) -> None:
        self._poll(client, name, _is_ready)

    def until_gone(self, client: Client, name: str) -> None:
        self._poll(client, name, _is_gone)

    def is_still_there(self, client: Client, name: str) -> bool:
        return _is_ready(client.get(f"/users/{name}")["servers"])

    def _poll(self, client: Client, name: str, done: Callable[[Servers], bool]) -> None:
        due = time.monotonic() + random.uniform(0, self._spread)
        while True:
            _sleep_until(due)
            if done(client.get(f"/users/{name}")["servers"]):
                return
            due += _INTERVAL


class Progress(Polling):
    """The hub tells each user when the server is ready, but not when it is gone."""

    def until_ready(self, client: Client, name: str) -> None:
        response = client.open("GET", f"/users/{name}/server/progress", {200})
        # A line at a time: a read of n bytes would wait for n bytes.
        while line := response.readline(b"\n"):
            if line.startswith(b"data:") and json.loads(line[5:]).get("ready"):
                response.read()  # what ends the stream, so that the connection serves again
                return
        raise UnexpectedAnswer(f"the progress of {name} ended before the server was ready")


class Listing:
    """For all users who wait, one greenlet reads the list of active users once a second."""

    def __init__(self, endpoint: str) -> None:
        self._client = Client(endpoint, block_size=65_536)
        self._starting: dict[str, Event] = {}
        self._stopping: dict[str, Event] = {}
        self._active: dict[str, Servers] = {}
        self._somebody_waits = Event()
        gevent.spawn(self._look_for_all)

    def until_ready(self, client: Client, name: str) -> None:
        self._wait(self._starting, name)

    def until_gone(self, client: Client, name: str) -> None:
        # Users who leave the list move others to a page that was read before: one that was not seen may still be there.
        while True:
            self._wait(self._stopping, name)
            if _is_gone(client.get(f"/users/{name}")["servers"]):
                return

    def is_still_there(self, client: Client, name: str) -> bool:
        return _is_ready(self._active.get(name, {})) or _is_ready(client.get(f"/users/{name}")["servers"])

    def _wait(self, waiting: dict[str, Event], name: str) -> None:
        waiting[name] = Event()
        self._somebody_waits.set()
        waiting[name].wait()

    def _look_for_all(self) -> None:
        while self._somebody_waits.wait():
            due = time.monotonic() + _INTERVAL
            self._look()
            if not (self._starting or self._stopping):
                self._somebody_waits.clear()
            _sleep_until(due)

    def _look(self) -> None:
        # A user who began to wait after a page was requested must not be told what that page says.
        starting, stopping = list(self._starting), set(self._stopping)
        active = self._active = self._active_users()
        for name in starting:
            if _is_ready(active.get(name, {})):
                self._starting.pop(name).set()
        for name in stopping - active.keys():
            self._stopping.pop(name).set()

    def _active_users(self) -> dict[str, Servers]:
        active: dict[str, Servers] = {}
        place: dict[str, Any] | None = {"offset": 0}
        while place:
            page = self._client.get(
                f"/users?state=active&name_filter={PREFIX}&offset={place['offset']}&limit=200", _IN_PAGES
            )
            active.update((user["name"], user["servers"]) for user in page["items"])
            place = page["_pagination"]["next"]
        return active


WAYS: dict[str, Callable[[str], Way]] = {
    "poll": lambda _: Polling(),
    # Users who began together then stay together; a hundred looks in a row cost a third of a hundred one by one.
    "poll-in-step": lambda _: Polling(spread=0),
    "progress": lambda _: Progress(),
    "listing": Listing,
}


def _is_ready(servers: Servers) -> bool:
    return bool(servers.get("", {}).get("ready"))


def _is_gone(servers: Servers) -> bool:
    return not servers


def _sleep_until(moment: float) -> None:
    gevent.sleep(max(0.0, moment - time.monotonic()))


def live(client: Client, name: str, way: Way, lifecycles: int) -> None:
    """Be one user: make an account, start and stop its server this many times, delete the account."""
    client.call("POST", f"/users/{name}", {201})
    for _ in range(lifecycles):
        have_server(client, name, way)
    client.call("DELETE", f"/users/{name}", {204})


def have_server(client: Client, name: str, way: Way) -> None:
    """Start a server, wait until it is ready, stop it, wait until it is gone."""
    server = f"/users/{name}/server"
    client.call("POST", server, {202})
    way.until_ready(client, name)
    if not way.is_still_there(client, name):
        raise UnexpectedAnswer(f"the server of {name} is gone")
    if client.call("DELETE", server, {202, 204}) == 202:
        way.until_gone(client, name)


def come_once(endpoint: str, name: str, way: Way) -> None:
    """Be one of those who come once, and have an account already."""
    client = Client(endpoint)
    have_server(client, name, way)
    client.call("DELETE", f"/users/{name}", {204})
    client.close()


def let_come(endpoint: str, way: Way, names: list[str], a_second: float) -> "list[gevent.Greenlet[..., None]]":
    """Have people come once, at equal intervals; return them when the last one has come."""
    client = Client(endpoint)
    for first in range(0, len(names), _ACCOUNTS_IN_A_REQUEST):
        client.make_accounts(names[first : first + _ACCOUNTS_IN_A_REQUEST])
    client.close()
    began, people = time.monotonic(), []
    for number, name in enumerate(names):
        _sleep_until(began + number / a_second)
        people.append(gevent.spawn(come_once, endpoint, name, way))
    return people


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_loop", description="The floor of a load test.")
    parser.add_argument("--endpoint", required=True, metavar="URL", help="the hub's API")
    parser.add_argument("--wait", required=True, choices=WAYS, help="how to wait")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--lifecycles", type=int, default=10, help="of each user")
    parser.add_argument("--a-second", type=float, help="how many come a second, once; default: all are there at once")
    options = parser.parse_args()
    usage = Usage()
    way = WAYS[options.wait](options.endpoint)
    names = [f"{PREFIX}{number}" for number in range(options.users)]
    if options.a_second:
        users = let_come(options.endpoint, way, names, options.a_second)
    else:
        users = [gevent.spawn(live, Client(options.endpoint), name, way, options.lifecycles) for name in names]
    gevent.joinall(users, raise_error=True)
    print(json.dumps(usage.so_far()))


if __name__ == "__main__":
    main()
