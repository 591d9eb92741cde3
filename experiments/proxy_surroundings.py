"""What stands behind a proxy and before it: a hub, everybody's servers, everybody's browsers; each is one process.

They do no more than a proxy notices. The hub answers with a page, or with 424 where a server is gone. The servers keep
websockets open, with the pings of Jupyter Server. The browsers open websockets, and answer pings. There is also a real
Jupyter Server, to hold against these servers.

A benchmark has them as long as a with-block lasts: `running`, `running_browsers`, `running_jupyter_server`. The first
two run `python -m experiments.proxy_surroundings hub|servers|browsers`, which ends when its standard input does.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import requests
from jupyter_server.base.websocket import WebSocketMixin
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

from benchmarks.fast_hub import LOOPBACK
from benchmarks.processes import ROOT, DidNotRun
from hubusers.local.ports import free_port

PING_INTERVAL_MILLISECONDS, PING_TIMEOUT_MILLISECONDS = 30_000, 90_000
"""Jupyter Server's defaults for the websockets of kernels and terminals. That of events has no pings by default."""

_SECONDS_TO_START = 60.0
_SECONDS_OF_PATIENCE = 10.0  # until a browser gives up, because some versions never answer it
_UNREAD_BYTES, _MESSAGE_BYTES = 16 * 2**20, 2**16


# The processes: what runs as `python -m experiments.proxy_surroundings`.


class KernelChannels(WebSocketMixin, WebSocketHandler):
    """The websocket of a kernel, with the pings of Jupyter Server, by its own code."""

    everybody: set["KernelChannels"] = set()  # noqa: RUF012 (one for all is meant)
    log = logging.getLogger("kernel channels")

    def open(self, *args: str, **kwargs: str) -> Any:
        self.everybody.add(self)
        return super().open(*args, **kwargs)

    def on_message(self, message: str | bytes) -> None: ...

    def on_close(self) -> None:
        self.everybody.discard(self)


class Events(WebSocketHandler):
    """The websocket of a server's events, without pings."""

    def on_message(self, message: str | bytes) -> None: ...


class PrintMuch(RequestHandler):
    """Has all kernels print; like Jupyter Server, it does not wait for its readers."""

    def post(self) -> None:
        for channels in KernelChannels.everybody:
            for _ in range(_UNREAD_BYTES // _MESSAGE_BYTES):
                written = channels.write_message(b"\0" * _MESSAGE_BYTES, binary=True)
                written.add_done_callback(asyncio.Future.exception)  # not reported


class HubPage(RequestHandler):
    """As large as the hub's login page."""

    def get(self) -> None:
        self.finish("x" * 10_000)


class ServerNotRunning(RequestHandler):
    """The hub's answer to what asks the API of a server that has been stopped."""

    def get(self) -> None:
        self.set_status(424)
        self.finish({"message": "JupyterHub server no longer running"})


_HANDLERS: dict[str, list[Any]] = {
    "hub": [("/hub/.*", HubPage), (".*", ServerNotRunning)],
    "servers": [
        ("/user/.*/channels", KernelChannels),
        ("/user/.*/subscribe", Events),
        ("/print-much", PrintMuch),
    ],
}


async def _serve(role: str) -> None:
    """Listen on a free port, say which, and go on until standard input ends."""
    logging.disable(logging.WARNING)  # unanswered pings are expected here
    application = Application(
        _HANDLERS[role],
        ws_ping_interval=PING_INTERVAL_MILLISECONDS,
        ws_ping_timeout=PING_TIMEOUT_MILLISECONDS,
        allow_unauthenticated_access=True,
        log_function=lambda handler: None,
    )
    listeners = bind_sockets(0, LOOPBACK, backlog=4096)
    HTTPServer(application).add_sockets(listeners)
    print(listeners[0].getsockname()[1], flush=True)
    await (await _standard_input()).read()


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _browse() -> None:
    """Obey the lines on standard input; answer each with the number of websockets that it was about."""
    tabs: list[_Tab] = []
    commands = await _standard_input()
    while line := await commands.readline():
        command = json.loads(line)
        if command["do"] == "open":
            opened = await _open_all(command["addresses"], command["seconds"])
            tabs += opened
            print(len(opened), flush=True)
        else:
            print(len(tabs), flush=True)
            for tab in tabs:
                tab.close()
            tabs = []


async def _open_all(addresses: list[tuple[str, int, str]], seconds: float) -> list["_Tab"]:
    begin = time.monotonic()
    attempts = []
    for index, address in enumerate(addresses):
        await asyncio.sleep(max(0.0, begin + seconds * index / len(addresses) - time.monotonic()))
        attempts.append(asyncio.create_task(_open(*address)))
    return [tab for tab in await asyncio.gather(*attempts) if tab]


async def _open(host: str, port: int, path: str) -> "_Tab | None":
    """Open a websocket; a browser drops the connection when the answer is something else."""
    reader, writer = await asyncio.open_connection(host, port)
    handshake = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    writer.write(f"{handshake}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SECONDS_OF_PATIENCE)
        if head.split(None, 2)[1] == b"101":
            return _Tab(reader, writer)
    writer.close()
    return None


class _Tab:
    """One websocket of an abandoned page."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._reading = asyncio.create_task(self._answer_pings(reader))

    async def _answer_pings(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, length = await reader.readexactly(2)
                extended = {126: 2, 127: 8}.get(length, 0)
                payload = await reader.readexactly(
                    int.from_bytes(await reader.readexactly(extended)) if extended else length
                )
                if kind == 0x89:  # a ping
                    self._writer.write(bytes([0x8A, 0x80 | len(payload), 0, 0, 0, 0]) + payload)
                elif kind == 0x88:  # the server says goodbye
                    break
        self._writer.close()

    def close(self) -> None:
        self._writer.write(bytes([0x88, 0x82, 0, 0, 0, 0]) + (1001).to_bytes(2))  # "going away"
        self._writer.close()


# Their faces, in the process that starts them.


@dataclass(frozen=True)
class Server:
    """What listens behind the proxy."""

    process: psutil.Popen
    port: int
    websockets: Callable[[str], list[str]]
    """The paths of a person's websockets."""

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def memory(self) -> int:
        """Return the resident memory, in bytes."""
        return int(self.process.memory_info().rss)

    def print_much(self) -> None:
        """Have every kernel print 16 MB."""
        requests.post(f"{self.url}/print-much", timeout=60).raise_for_status()

    def stop(self) -> None:
        """End it as a culler or an operator does."""
        self.process.terminate()
        self.process.wait()


@dataclass(frozen=True)
class Browsers:
    """Everybody's browsers, in one process."""

    process: psutil.Popen

    def ask(self, addresses: list[tuple[str, int, str]], *, seconds: float = 0.0) -> int:
        """Open websockets at (host, port, path) within this many seconds, and return how many were opened."""
        return self._do({"do": "open", "addresses": addresses, "seconds": seconds})

    def open(self, addresses: list[tuple[str, int, str]], *, seconds: float = 0.0) -> None:
        """The same, of websockets that there are.

        Raises:
            DidNotRun: Not all came to be.
        """
        if (opened := self.ask(addresses, seconds=seconds)) < len(addresses):
            raise DidNotRun(f"only {opened:,} of {len(addresses):,} websockets could be opened")

    def close(self) -> None:
        """Close every tab: a closing frame, and the end of the connection."""
        self._do({"do": "close"})

    def freeze(self) -> None:
        """Stop reading, while the machine still acknowledges all packets."""
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        kill(self.process)

    def _do(self, command: dict[str, Any]) -> int:
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def _role(name: str, *, before: tuple[str, ...] = ()) -> psutil.Popen:
    command = [*before, sys.executable, "-m", "experiments.proxy_surroundings", name]
    return psutil.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _ended(process: psutil.Popen) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    kill(process)


def kill(process: psutil.Popen) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # part of some experiments
        process.kill()
    process.wait()


def person_name(number: int) -> str:
    return f"person-{number}"


def _lab_like(person: str) -> list[str]:
    return [f"/user/{person}/api/kernels/some/channels", f"/user/{person}/api/events/subscribe"]


@contextmanager
def running(role: str) -> Iterator[Server]:
    """Have a process that answers as the `hub` or as the `servers`."""
    process = _role(role)
    try:
        yield Server(process, int(process.stdout.readline()), _lab_like)
    finally:
        _ended(process)


@contextmanager
def running_browsers(namespace: str = "") -> Iterator[Browsers]:
    """Have browsers, on this machine or in a network namespace."""
    process = _role("browsers", before=("ip", "netns", "exec", namespace) if namespace else ())
    try:
        yield Browsers(process)
    finally:
        _ended(process)


@contextmanager
def running_jupyter_server(*options: str) -> Iterator[Server]:
    """Have a real Jupyter Server with a kernel; everybody is on this one, each with a session of their own."""
    port, token = free_port(), secrets.token_hex()
    base = f"/user/{person_name(0)}/"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
        command += [f"--ServerApp.ip={LOOPBACK}", f"--ServerApp.base_url={base}", f"--ServerApp.root_dir={folder}"]
        command += ["--ServerApp.allow_remote_access=True", *options]  # as a single-user server has it
        environment = os.environ | {"JUPYTER_TOKEN": token}
        process = psutil.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            api = f"http://{LOOPBACK}:{port}{base}api"
            authorization = {"Authorization": f"token {token}"}
            wait_until(lambda: requests.get(f"{api}/status", headers=authorization, timeout=10).ok)
            kernel = requests.post(f"{api}/kernels", headers=authorization, json={}, timeout=60).json()["id"]

            def websockets(person: str) -> list[str]:
                session = secrets.token_hex(8)
                return [
                    f"{base}api/kernels/{kernel}/channels?session_id={session}&token={token}",
                    f"{base}api/events/subscribe?token={token}",
                ]

            yield Server(process, port, websockets)
        finally:
            process.terminate()
            process.wait()


def wait_until(answers: Callable[[], bool]) -> None:
    """Ask until it answers; before, it may not listen yet.

    Raises:
        TimeoutError: It has not within a minute.
    """
    give_up_at = time.monotonic() + _SECONDS_TO_START
    while True:
        with contextlib.suppress(requests.ConnectionError):
            if answers():
                return
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"did not answer within {_SECONDS_TO_START:g} seconds")
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.proxy_surroundings", description="What stands behind a proxy, or before it."
    )
    parser.add_argument("role", choices=[*_HANDLERS, "browsers"])
    role = parser.parse_args().role
    asyncio.run(_browse() if role == "browsers" else _serve(role))


if __name__ == "__main__":
    main()
