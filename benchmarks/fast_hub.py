"""A fake hub that is never the limit: it needs some 15 µs for a request, so benchmarks measure the load generator.

Answers the part of JupyterHub 6's API that a load test needs, over keep-alive HTTP/1.1, for every token: accounts, the
default server of each, the progress of its spawn, the list of users (always in pages, whatever the request accepts).
Bodies of requests must have a Content-Length; only that of `POST /users` is read. Two more paths are for the
benchmarks, and not counted:

- `GET /counts`: how many requests of each kind there were, and the CPU seconds that this process took;
- `GET /ready-times`: when each user's server became ready the last time, in seconds since 1970.

Run as `python -m benchmarks.fast_hub`. It ends when its standard input closes, or at SIGTERM.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import cast
from urllib.parse import parse_qs, unquote, urlencode

from benchmarks.hub_answers import STREAM_END, answer, as_json, chunk, event, refusal, stream_head
from benchmarks.hub_rules import (
    STATES,
    Ruling,
    ServerState,
    create_user,
    delete_user,
    start_server,
    stop_server,
    watch_server,
)
from benchmarks.hub_state import Account, HubState

LOOPBACK = "127.0.0.1"

_USERS = "/hub/api/users/"
_PAGE_SIZE = 50
_LARGEST_PAGE = 200
_KEEP_ALIVE_SECONDS = 8.0
_BACKLOG = 4096
"""Connections that may wait to be accepted: all users of a test begin at once."""

_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_KEEP_ALIVE = chunk(b"\n\n")
_STREAM_BEGIN = stream_head() + _KEEP_ALIVE + chunk(event({"progress": 0, "message": "Server requested"}))

_NOT_FOUND = refusal(404)
_ACCEPTED = answer(202, content_type="text/plain")
_DONE = answer(204)
_FIXED = {
    "GET /": answer(200, as_json({"version": "6.1.1"})),
    "GET /user": answer(
        200,
        as_json(
            {
                "name": "hubusers",
                "kind": "service",
                "scopes": ["admin:users", "admin:servers", "list:users", "read:servers"],
            }
        ),
    ),
    "GET /info": answer(200, as_json({"version": "6.1.1", "spawner": {"class": "x"}})),
}


def _refused(ruling: Ruling, name: str) -> bytes:
    return refusal(ruling.status, ruling.message.format(name=name))


class FastHub:
    """The hub's API: from a request to its answer."""

    def __init__(self, url: str, state: HubState) -> None:
        self._url = url
        self._state = state
        self._counts: Counter[str] = Counter()
        # By what follows the user's name.
        self._of_users: dict[str, Callable[[Account, Connection], bytes]] = {
            "GET ": self._get,
            "DELETE ": self._delete,
            "POST /server": self._start,
            "DELETE /server": self._stop,
            "GET /server/progress": self._watch,
        }

    def answer(self, method: str, target: str, body: bytes, connection: "Connection") -> bytes:
        """Return the answer, or what there is of it already: the connection then sends the rest."""
        path, _, query = target.partition("?")
        if path.startswith(_USERS):
            name, slash, rest = path.removeprefix(_USERS).partition("/")
            self._counts[f"{method} /users/{{name}}{slash}{rest}"] += 1
            return self._answer_about(unquote(name), f"{method} {slash}{rest}", connection)
        if method == "GET" and path == "/counts":
            return answer(200, as_json({"requests": self._counts, "cpu_seconds": time.process_time()}))
        if method == "GET" and path == "/ready-times":
            return answer(200, as_json(self._state.ready_times))
        kind = f"{method} {path.removeprefix('/hub/api')}"
        self._counts[kind] += 1
        if kind == "POST /users":
            return self._create_all(json.loads(body)["usernames"])
        return self._list(query) if kind == "GET /users" else _FIXED.get(kind, _NOT_FOUND)

    def _answer_about(self, name: str, kind: str, connection: "Connection") -> bytes:
        account = self._state.accounts.get(name)
        if kind == "POST ":
            ruling = create_user(exists=account is not None)
            return answer(ruling.status, self._state.create(name).model) if not account else _refused(ruling, name)
        handler = self._of_users.get(kind)
        return handler(account, connection) if handler and account else _NOT_FOUND

    def _create_all(self, names: list[str]) -> bytes:
        new = [name for name in names if name not in self._state.accounts]
        ruling = create_user(exists=not new)
        if ruling.status != 201:
            return _refused(ruling, names[0])
        return answer(201, b"[%b]" % b", ".join([self._state.create(name).model for name in new]))

    def _get(self, account: Account, _: "Connection") -> bytes:
        return answer(200, account.model)

    def _delete(self, account: Account, _: "Connection") -> bytes:
        ruling = delete_user(account.state)
        if ruling.then is ServerState.STOPPING and self._state.stop(account):
            ruling = delete_user(account.state)
        if ruling.status != 204:
            return _refused(ruling, account.name)
        self._state.delete(account)
        return _DONE

    def _start(self, account: Account, _: "Connection") -> bytes:
        ruling = start_server(account.state)
        if ruling.status != 202:
            return _refused(ruling, account.name)
        if ruling.then:
            self._state.start(account)
        return _ACCEPTED

    def _stop(self, account: Account, _: "Connection") -> bytes:
        ruling = stop_server(account.state)
        stopped = ruling.status == 204 or (ruling.then and self._state.stop(account))
        return _DONE if stopped else _ACCEPTED

    def _watch(self, account: Account, connection: "Connection") -> bytes:
        if account.state is ServerState.READY:
            return stream_head() + chunk(account.ready_event) + STREAM_END
        ruling = watch_server(account.state)
        if ruling.status != 200:
            return _refused(ruling, account.name)
        connection.watch(account)
        return _STREAM_BEGIN

    def _list(self, query: str) -> bytes:
        arguments = {name: values[-1] for name, values in parse_qs(query).items()}
        state = arguments.get("state", "")
        if state not in STATES:
            return refusal(400, f"Unrecognized state filter: {state!r}")
        try:
            offset = abs(int(arguments.get("offset", 0)))
            limit = min(max(abs(int(arguments.get("limit", _PAGE_SIZE))), 1), _LARGEST_PAGE)
        except ValueError:
            return refusal(400, "Invalid argument type, offset and limit must be integers")
        accounts = self._state.listing(state, arguments.get("name_filter", ""))
        following = None
        if offset + limit < len(accounts):
            place = {"offset": offset + limit, "limit": limit}
            following = {**place, "url": f"{self._url}/hub/api/users?{urlencode({**arguments, **place})}"}
        pagination = {"offset": offset, "limit": limit, "total": len(accounts), "next": following}
        items = b", ".join([account.model for account in accounts[offset : offset + limit]])
        return answer(200, b'{"items": [%b], "_pagination": %b}' % (items, as_json(pagination)))


class Connection(asyncio.Protocol):
    """One client's connection: takes the requests out of what arrives, however it is cut, and answers them in order."""

    def __init__(self, hub: FastHub) -> None:
        self._hub = hub
        self._received = b""
        self._watched: Account | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _: Exception | None) -> None:
        if self._watched:
            self._watched.watchers.discard(self._end_stream)
            self._keep_alive.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._answer_received()

    def _answer_received(self) -> None:
        # A stream is the answer to one request; those that came after it wait until it is at its end.
        while not self._watched:
            head, separator, rest = self._received.partition(b"\r\n\r\n")
            if not separator:
                return
            length = _CONTENT_LENGTH.search(head)
            body_size = int(length[1]) if length else 0
            if len(rest) < body_size:
                return
            body, self._received = rest[:body_size], rest[body_size:]
            method, target, _ = head.split(b" ", 2)
            self._transport.write(self._hub.answer(method.decode(), target.decode(), body, self))

    def watch(self, account: Account) -> None:
        """Stream, from now on, what becomes of the account's server."""
        self._watched = account
        account.watchers.add(self._end_stream)
        self._plan_keep_alive()

    def _end_stream(self, last_event: bytes) -> None:
        self._watched = None
        self._keep_alive.cancel()
        self._transport.write(chunk(last_event) + STREAM_END)
        self._answer_received()

    def _plan_keep_alive(self) -> None:
        self._keep_alive = asyncio.get_running_loop().call_later(_KEEP_ALIVE_SECONDS, self._send_keep_alive)

    def _send_keep_alive(self) -> None:
        self._transport.write(_KEEP_ALIVE)
        self._plan_keep_alive()


async def serve(port: int, spawn_seconds: float, stop_seconds: float) -> None:
    """Be the hub until standard input closes, or at SIGTERM or Ctrl-C."""
    loop = asyncio.get_running_loop()
    listener = socket.create_server((LOOPBACK, port))
    port = listener.getsockname()[1]
    hub = FastHub(f"http://{LOOPBACK}:{port}", HubState(spawn_seconds, stop_seconds))
    server = await loop.create_server(lambda: Connection(hub), sock=listener, backlog=_BACKLOG)
    print(f"listening on {port}", flush=True)
    await until_input_ends()
    server.close()


async def until_input_ends() -> None:
    """Wait until standard input closes, or for SIGTERM or Ctrl-C."""
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    end = partial(loop.call_soon_threadsafe, ending.set)
    threading.Thread(target=_await_end_of_input, args=[end], daemon=True).start()
    await ending.wait()


def _await_end_of_input(then: Callable[[], object]) -> None:
    # Not through sys.stdin: its lock, held while it waits, would keep the interpreter from ending at SIGTERM.
    while os.read(0, 4096):
        pass
    then()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fast_hub", description="A fake hub that is never slow.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; default: a free one")
    parser.add_argument("--spawn-seconds", type=float, default=2.0, help="from asking for a server until it is ready")
    parser.add_argument("--stop-seconds", type=float, default=0.0, help="from stopping a server until it is gone")
    parser.add_argument("--cpu", type=int, help="the only CPU to run on")
    options = parser.parse_args()
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    # Each user has a connection, and there may be thousands of them.
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    asyncio.run(serve(options.port, options.spawn_seconds, options.stop_seconds))


if __name__ == "__main__":
    main()
