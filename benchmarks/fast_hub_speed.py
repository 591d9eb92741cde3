"""Measures that the fast hub is fast: `python -m benchmarks.fast_hub_speed`.

The hub has CPU 0 for itself, this process CPU 1. Over a hundred connections it sends one small request each, then reads
all answers, and begins anew: so the hub always has work waiting, in requests that arrive one by one as those of users
do. Shown are the requests a second by the clock, which anything else on the machine slows down, and the hub's CPU time.
"""

import argparse
import os
import socket
import time
from urllib.parse import urlsplit

from benchmarks.markdown import markdown_table
from benchmarks.processes import RunningHub, running_fast_hub

CONNECTIONS = 100
SECONDS = 3.0
ACTIVE_USERS = 10_000


def main() -> None:
    argparse.ArgumentParser(
        prog="python -m benchmarks.fast_hub_speed", description="Requests a second that the fast hub answers."
    ).parse_args()
    with running_fast_hub(spawn_seconds=0, cpu=0) as hub:
        os.sched_setaffinity(0, {1})
        connections = [_connect(hub) for _ in range(CONNECTIONS)]
        for number in range(ACTIVE_USERS):
            _ask(connections[0], f"POST /hub/api/users/user-{number}")
            _ask(connections[0], f"POST /hub/api/users/user-{number}/server")
        one, page = (
            "GET /hub/api/users/user-7",
            "GET /hub/api/users?state=active&name_filter=user-&offset=5000&limit=200",
        )
        start, stop = "POST /hub/api/users/user-7/server", "DELETE /hub/api/users/user-7/server"
        rows = [
            _measure(hub, "one user", connections, [one]),
            _measure(hub, "start and stop of one server", connections[:1], [stop, start]),
            _measure(hub, f"a page of 200 of {ACTIVE_USERS:,} users", connections[:1], [page]),
        ]
        print(markdown_table(["request", "a second", "for each second of the hub's CPU"], "lrr", rows))


def _measure(hub: RunningHub, what: str, connections: list[socket.socket], requests: list[str]) -> list[str]:
    before, started, asked = hub.counts().cpu_seconds, time.perf_counter(), 0
    messages = [_message(request) for request in requests]
    while time.perf_counter() - started < SECONDS:
        for message in messages:
            for connection in connections:
                connection.sendall(message)
            for connection in connections:
                _read(connection)
        asked += len(messages) * len(connections)
    wall = time.perf_counter() - started
    cpu = hub.counts().cpu_seconds - before
    return [what, f"{asked / wall:,.0f}", f"{asked / cpu:,.0f}"]


def _connect(hub: RunningHub) -> socket.socket:
    address = urlsplit(hub.url)
    return socket.create_connection((address.hostname, address.port))


def _message(request: str) -> bytes:
    headers = "Host: 127.0.0.1\r\nAuthorization: token anything\r\nAccept: */*\r\nContent-Length: 0\r\n"
    return f"{request} HTTP/1.1\r\n{headers}\r\n".encode()


def _ask(connection: socket.socket, request: str) -> None:
    connection.sendall(_message(request))
    _read(connection)


def _read(connection: socket.socket) -> None:
    answer = connection.recv(262_144)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 20"):
        raise RuntimeError(f"not the answer that was expected: {answer[:200]!r}")
    _, _, after = head.partition(b"Content-Length: ")
    missing = int(after.partition(b"\r\n")[0] or 0) - len(body)
    while missing > 0:
        missing -= len(connection.recv(262_144))


if __name__ == "__main__":
    main()
