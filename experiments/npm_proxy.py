"""configurable-http-proxy from npm, in any version, as a process of its own that runs as JupyterHub runs it.

`install` takes a version from npm, into a folder under `build/`; that needs Node.js with npm. `running_proxy` has it
listen as long as a with-block lasts; meanwhile it can be asked what it holds: memory, connections, the last activity.
"""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psutil
import requests

from benchmarks.fast_hub import LOOPBACK
from benchmarks.processes import ROOT
from experiments.proxy_surroundings import Server, kill, wait_until
from hubusers.local.ports import free_port

PACKAGE = "configurable-http-proxy"


@dataclass(frozen=True)
class Installed:
    """A version of the proxy."""

    version: str
    command: list[str]


def install(version: str) -> Installed:
    """Take a version of the proxy from npm, unless it is there from another time.

    Args:
        version: As npm understands it: `4` is the newest release of that major version.
    """
    folder = ROOT / "build" / "abandoned-sockets" / version
    package = folder / "node_modules" / PACKAGE
    if not package.exists():
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder)]
        subprocess.run([*npm, f"{PACKAGE}@{version}"], check=True)
    exact = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    return Installed(exact, ["node", str(package / "bin" / PACKAGE)])


@dataclass(frozen=True)
class Sockets:
    """The connections that a proxy holds."""

    browsers: int
    half_closed: int  # of them: the proxy has said goodbye, the browser has not
    servers: int
    hub: int

    def __str__(self) -> str:
        half_closed = f" ({self.half_closed} half-closed)" if self.half_closed else ""
        return f"{self.browsers}{half_closed} / {self.servers} / {self.hub}"


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs as JupyterHub runs it, with a route to the hub for whatever has none."""

    version: str
    process: psutil.Popen
    host: str
    port: int
    hub: Server
    _api: str
    _session: requests.Session

    def route(self, people: list[str], target: Server | str) -> None:
        """Send people to a server."""
        url = target if isinstance(target, str) else target.url
        for person in people:
            answer = self._session.post(f"{self._api}/user/{person}", json={"target": url}, timeout=30)
            answer.raise_for_status()

    def unroute(self, people: list[str]) -> None:
        for person in people:
            self._session.delete(f"{self._api}/user/{person}", timeout=30).raise_for_status()

    def addresses(self, people: list[str], server: Server) -> list[tuple[str, int, str]]:
        """Return where the websockets of people are, through this proxy."""
        return [(self.host, self.port, path) for person in people for path in server.websockets(person)]

    def memory(self) -> int:
        """Return the resident memory, in bytes."""
        return int(self.process.memory_info().rss)

    def sockets(self) -> Sockets:
        connections = [one for one in self.process.net_connections("tcp4") if one.raddr]
        browsers = [one for one in connections if one.laddr.port == self.port]
        others = [one.raddr.port for one in connections if one.laddr.port not in (self.port, self._api_port)]
        half_closed = [one for one in browsers if one.status.startswith("FIN_WAIT")]
        hub = others.count(self.hub.port)
        return Sockets(len(browsers), len(half_closed), len(others) - hub, hub)

    def seconds_since_activity(self) -> float | None:
        """Return how long ago the proxy last saw anybody active; None where no user has a route."""
        routes = self._session.get(self._api, timeout=30).json()
        seen = [route["last_activity"] for path, route in routes.items() if path.startswith("/user/")]
        now = time.time()
        return min((now - datetime.fromisoformat(text).timestamp() for text in seen), default=None)

    @property
    def _api_port(self) -> int:
        return int(self._api.split(":")[2].split("/")[0])


@contextmanager
def running_proxy(
    installed: Installed, hub: Server, host: str = LOOPBACK, options: tuple[str, ...] = ()
) -> Iterator[Proxy]:
    """Have a proxy that listens on a host's address; its own API is on loopback."""
    port, api_port, token = free_port(), free_port(), secrets.token_hex()
    command = [*installed.command, "--ip", host, "--port", str(port), "--api-ip", LOOPBACK, "--api-port", str(api_port)]
    command += ["--error-target", f"{hub.url}/hub/error", "--log-level", "info", *options]
    environment = os.environ | {"CONFIGPROXY_AUTH_TOKEN": token}
    process = psutil.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    api = f"http://{LOOPBACK}:{api_port}/api/routes"
    try:
        with requests.Session() as session:
            session.headers["Authorization"] = f"token {token}"
            wait_until(lambda: session.get(api, timeout=10).ok)
            session.post(f"{api}/", json={"target": hub.url}, timeout=10).raise_for_status()
            yield Proxy(installed.version, process, host, port, hub, api, session)
    finally:
        kill(process)
