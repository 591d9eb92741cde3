"""One process in the place of everybody's JupyterLab: it says what a real one says, and computes nothing.

A real server takes 100 MB and a second of CPU time to start, so that on one machine a hundred people would measure
their servers and not the load generator. This one has what people load from a real Jupyter server, which it starts
beside it: each page, file, setting and theme is asked for there once, by whoever needs it first, and is kept with its
headers. What belongs to a person is made up here: notebooks, sessions, and kernels, which answer each cell with the
outputs that a notebook has stored for it. Left out are the hub's login at the server (four requests), and whatever
needs a kernel that computes.

Run as `python -m benchmarks.stub_lab`. It ends when its standard input closes.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import resource
import sys
import tempfile
import uuid
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable
from typing import Any

from tornado import httpserver, netutil, web, websocket
from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPResponse

from benchmarks.fast_hub import LOOPBACK, until_input_ends
from benchmarks.stub_kernel import Channels
from benchmarks.stub_person import now, person_called
from hubusers.local.ports import free_port

_MODEL = "the-model"
"""Whose server the real one is."""

_SECONDS_TO_START = 60
_BACKLOG = 4096
_TIME_IN_QUERY = re.compile(r"[?&]\d{13}$")
_OF_EACH_ANSWER = {"Connection", "Content-Length", "Date", "Etag", "Server", "Set-Cookie", "Transfer-Encoding"}
_VERSION = {"X-JupyterHub-Version": "6.1.1"}  # the hub warns if a server does not send it


class Model:
    """The real Jupyter server, and what it has answered so far."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = AsyncHTTPClient(defaults={"decompress_response": False, "request_timeout": _SECONDS_TO_START})
        self._answers: dict[str, Awaitable[HTTPResponse]] = {}

    def answer(self, target: str) -> Awaitable[HTTPResponse]:
        """Return its answer to a GET; it is asked once.

        Args:
            target: Path and query, below a person's address.
        """
        target = _TIME_IN_QUERY.sub("", target)
        if target not in self._answers:
            request = self._client.fetch(f"{self._url}{target}", raise_error=False, follow_redirects=False)
            self._answers[target] = asyncio.ensure_future(request)
        return self._answers[target]

    async def wait_until_up(self) -> None:
        """Wait until it answers.

        Raises:
            RuntimeError: It did not, in a minute.
        """
        for _ in range(_SECONDS_TO_START * 10):
            with contextlib.suppress(OSError, HTTPError):
                await self._client.fetch(f"{self._url}/api")
                return
            await asyncio.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not answer within {_SECONDS_TO_START} seconds")


class _Handler(web.RequestHandler):
    def set_default_headers(self) -> None:
        for name, value in _VERSION.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        self.person = person_called(self.path_args[0])

    def body(self) -> Any:
        return json.loads(self.request.body)

    def say(self, model: Any, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(model))


class AsTheModel(_Handler):
    """Whatever is the same for everybody, but for their names."""

    def initialize(self, model: Model) -> None:
        self._model = model

    async def get(self, name: str, _: str) -> None:
        target = self.request.uri.removeprefix(f"/user/{name}")
        real = await self._model.answer(target)
        self.set_status(real.code)
        for header, value in real.headers.get_all():
            if header not in _OF_EACH_ANSWER:
                self.set_header(header, value.replace(f"/user/{_MODEL}/", f"/user/{name}/"))
        body = real.body
        if "/static/" not in target:
            body = body.replace(f"/user/{_MODEL}/".encode(), f"/user/{name}/".encode())
        if etag := real.headers.get("Etag"):
            self.set_header("Etag", etag)
        since = self.request.headers.get("If-Modified-Since")
        if since and since == real.headers.get("Last-Modified"):
            self.set_status(304)
            self.finish()
        else:
            self.finish(body)  # tornado compares what is asked for with the ETag


class Contents(_Handler):
    def get(self, _: str, path: str) -> None:
        path = path.strip("/")
        if path not in self.person.files:
            self.say({"message": f"file or directory does not exist: {path!r}"}, 404)
        elif self.get_query_argument("content", "1") == "0":
            self.say(self.person.without_content(path))
        else:
            self.say(self.person.with_content(path))

    def put(self, _: str, path: str) -> None:
        path = path.strip("/")
        status = 200 if path in self.person.files else 201
        self.say(self.person.put(path, self.body()), status)

    def delete(self, _: str, path: str) -> None:
        self.person.remove(path.strip("/"))
        self.set_status(204)


class Checkpoints(_Handler):
    def get(self, _: str, path: str) -> None:
        self.say(self.person.files.get(path.strip("/"), {}).get("checkpoints", []))

    def post(self, _: str, path: str) -> None:
        checkpoint = {"id": "checkpoint", "last_modified": now()}
        self.person.files[path.strip("/")]["checkpoints"] = [checkpoint]
        self.say(checkpoint, 201)


class Workspaces(_Handler):
    def get(self, _: str, name: str) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(self.person.workspaces.get(name) or b'{"data": {}, "metadata": {"id": "%b"}}' % name.encode())

    def put(self, _: str, name: str) -> None:
        self.person.workspaces[name] = self.request.body
        self.set_status(204)


class Sessions(_Handler):
    def get(self, _: str) -> None:
        self.say(list(self.person.sessions.values()))

    def post(self, _: str) -> None:
        body, identity = self.body(), str(uuid.uuid4())
        kernel = {"id": str(uuid.uuid4()), "name": body["kernel"]["name"], "execution_state": "idle", "connections": 1}
        session = {**body, "id": identity, "kernel": {**kernel, "last_activity": now()}}
        self.person.sessions[identity] = session
        self.say(session, 201)


class Session(_Handler):
    def patch(self, _: str, identity: str) -> None:
        self.person.sessions[identity].update(self.body())
        self.say(self.person.sessions[identity])

    def delete(self, _: str, identity: str) -> None:
        self.person.sessions.pop(identity, None)
        self.set_status(204)


class Kernels(_Handler):
    def get(self, _: str) -> None:
        self.say(list(self.person.kernels.values()))


class Kernel(_Handler):
    def get(self, _: str, identity: str) -> None:
        kernel = self.person.kernels.get(identity)
        self.say(kernel or {"message": "Kernel does not exist"}, 200 if kernel else 404)

    def post(self, _: str, identity: str) -> None:  # restart
        self.say(self.person.kernels[identity])


class Terminals(_Handler):
    def get(self, _: str) -> None:
        self.say([])


class Held(websocket.WebSocketHandler):
    """What a page only listens to."""

    def on_message(self, message: str | bytes) -> None:
        pass


def application(model: Model) -> web.Application:
    """Return all that people ask for."""
    own = r"/user/([^/]+)/"
    handlers: list[Any] = [
        (f"{own}api/contents/(.+)/checkpoints", Checkpoints),
        (f"{own}api/contents(.*)", Contents),
        (f"{own}lab/api/workspaces/([^/?]+)", Workspaces),
        (f"{own}api/sessions", Sessions),
        (f"{own}api/sessions/([^/]+)", Session),
        (f"{own}api/kernels", Kernels),
        (f"{own}api/kernels/([^/]+)", Kernel),
        (f"{own}api/kernels/([^/]+)/restart", Kernel),
        (f"{own}api/kernels/[^/]+/channels", Channels),
        (f"{own}api/events/subscribe", Held),
        (f"{own}api/terminals", Terminals),
        (f"{own}(.*)", AsTheModel, {"model": model}),
    ]
    return web.Application(handlers, log_function=lambda _: None)


async def serve() -> None:
    """Start the real server, and stand in for everybody's until standard input closes."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        real = await asyncio.create_subprocess_exec(
            *_command(port), cwd=home, env=_environment(home), stdout=DEVNULL, stderr=DEVNULL
        )
        try:
            model = Model(f"http://{LOOPBACK}:{port}/user/{_MODEL}")
            await model.wait_until_up()
            listening = httpserver.HTTPServer(application(model))
            listening.add_sockets(sockets := netutil.bind_sockets(0, LOOPBACK, backlog=_BACKLOG))
            print(f"listening on {sockets[0].getsockname()[1]}", flush=True)
            await until_input_ends()
        finally:
            real.terminate()
            await real.wait()


def _command(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", f"--ServerApp.base_url=/user/{_MODEL}/", "--IdentityProvider.token="),
        *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]


def _environment(home: str) -> dict[str, str]:
    """Return the environment without what the person who measures has configured."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    return own | {"HOME": home, "JUPYTER_CONFIG_DIR": home, "JUPYTER_DATA_DIR": home}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stub_lab", description="A stand-in for JupyterLab.")
    parser.parse_args()
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # each person holds some connections
    asyncio.run(serve())


if __name__ == "__main__":
    main()
