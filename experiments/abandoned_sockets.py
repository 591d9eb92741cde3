"""What abandoned websockets do to configurable-http-proxy, in its major versions 4 and 5.

`python -m experiments.abandoned_sockets [--versions V …] [--sockets N …] [--watch SECONDS]` prints Markdown tables. The
proxies come from npm, into a folder under `build/`. Each runs as JupyterHub runs it, but with nothing else of a hub:
behind it is one process that answers as the hub and one that answers as everybody's server, and before it one that
stands for all browsers. Each person has a route, and two websockets, as JupyterLab has: that of a kernel and that of
the server's events.

- Growth: ever more websockets in tabs that were left open, whose browsers do nothing but answer pings. The proxies are
  watched at the same time, and asked in turn, so that whatever else happens on the machine happens to all.
- Ways to leave: what the proxy still holds after a while. The last part of them waits for `--watch` seconds, because
  Linux needs up to 16 minutes to give up on a peer that has vanished; the other parts run meanwhile. Vanishing needs
  root and `ip`, for a network of one's own; without them it is left out.
- Tabs that try again: websockets that are asked for although the server is gone.
- Output that nobody reads: kernels that print to browsers which don't read.
- Coming and going: the same number opened and closed again and again.

It needs Linux, Node.js with npm, and JupyterLab. A run takes 18 minutes; a small one, which shows that all of it works,
twelve: `--sockets 0 200 --watch 30`.
"""

import argparse
import resource
import signal
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.fast_hub import LOOPBACK
from benchmarks.markdown import markdown_table
from benchmarks.processes import cpu_seconds
from experiments.distant_machine import NEAR, DistantMachine, distant_machine
from experiments.npm_proxy import PACKAGE, Installed, Proxy, Sockets, install, running_proxy
from experiments.proxy_surroundings import (
    PING_INTERVAL_MILLISECONDS,
    Browsers,
    Server,
    person_name,
    running,
    running_browsers,
    running_jupyter_server,
)
from hubusers.local.ports import free_port

PROBES_PER_SECOND = 50
"""Plain requests to each proxy, and to the hub directly, while time to first byte is measured."""

VANISHED_SECONDS = 990.0
"""Linux gives up 924 seconds after the first packet without an acknowledgement (tcp_retries2 = 15), which is a ping."""

_SECONDS_TO_OPEN = 20.0
_SECONDS_TO_SETTLE = 3.0
_SECONDS_IDLE = PING_INTERVAL_MILLISECONDS / 1000  # each socket is pinged once
_SECONDS_OF_PROBES = 20.0
_LOOKS_AT = (10.0, 180.0)
"""Seconds after everybody left when the proxies are looked at: at once, and when all pings have timed out."""

_TIMEOUTS = ("--timeout", "5000", "--proxy-timeout", "5000")
"""The proxy's own options about time, in milliseconds."""

_PINGS = "--ServerApp.websocket_ping_interval=30"
"""Has Jupyter Server ping the websockets of events too; in seconds."""

_PEOPLE_WHO_LEAVE, _PEOPLE_ON_A_REAL_SERVER = 100, 5
_ATTEMPTS = 500
_READERS = 10
_ROUNDS, _SHOWN_ROUNDS, _EACH_ROUND = 10, (1, 2, 5, 10), 1_000
_FILES_TO_SPARE = 500


def _people(first: int, beyond: int) -> list[str]:
    return [person_name(number) for number in range(first, beyond)]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# Growth.


def growth(versions: list[Installed], sizes: list[int]) -> str:
    """Measure the proxies with ever more websockets, and return it as a Markdown table."""
    rows: list[list[str]] = []
    with ExitStack() as stack:
        hub, servers = stack.enter_context(running("hub")), stack.enter_context(running("servers"))
        proxies = [stack.enter_context(running_proxy(version, hub)) for version in versions]
        browsers = stack.enter_context(running_browsers())
        empty: list[int] = []
        people = 0
        for size in sizes:
            _say(f"growth: {size} websockets")
            newcomers, people = _people(people, size // 2), size // 2
            for proxy in proxies:
                proxy.route(newcomers, servers)
            # One proxy's and the other's in turn.
            addresses = [
                address
                for pair in zip(*(proxy.addresses(newcomers, servers) for proxy in proxies), strict=True)
                for address in pair
            ]
            browsers.open(addresses, seconds=_SECONDS_TO_OPEN)
            time.sleep(_SECONDS_TO_SETTLE)
            empty = empty or [proxy.memory() for proxy in proxies]
            rows += _measured(f"{size:,}", size, proxies, hub, empty)
        browsers.close()
        time.sleep(_SECONDS_IDLE)
        rows += _measured("all closed", 0, proxies, hub, empty)
    headers = ["websockets", "proxy", "memory", "each", "open files", "CPU, idle", "CPU, asked"]
    return markdown_table([*headers, "first byte p50", "p95", "p99"], "rlrrrrrrrr", rows)


def _measured(label: str, size: int, proxies: list[Proxy], hub: Server, empty: list[int]) -> list[list[str]]:
    idle = _cpu_shares(proxies, lambda: time.sleep(_SECONDS_IDLE))
    delays: dict[int, list[float]] = {}
    asked = _cpu_shares(proxies, lambda: delays.update(_probe([*(proxy.port for proxy in proxies), hub.port])))
    rows = []
    for proxy, before, idle_share, asked_share in zip(proxies, empty, idle, asked, strict=True):
        memory, each = proxy.memory(), f"{(proxy.memory() - before) / size / 1024:.1f} KB" if size else "–"
        taken = [f"{memory / 2**20:.0f} MB", each, f"{proxy.process.num_fds():,}"]
        shares = [f"{idle_share:.1%}", f"{asked_share:.1%}"]
        rows.append([label, proxy.version, *taken, *shares, *_percentiles(delays[proxy.port])])
    return [*rows, [label, "none", "–", "–", "–", "–", "–", *_percentiles(delays[hub.port])]]


def _cpu_shares(proxies: list[Proxy], meanwhile: Callable[[], None]) -> list[float]:
    before, began = [cpu_seconds(proxy.process) for proxy in proxies], time.monotonic()
    meanwhile()
    wall = time.monotonic() - began
    return [(cpu_seconds(proxy.process) - cpu) / wall for proxy, cpu in zip(proxies, before, strict=True)]


def _probe(ports: list[int]) -> dict[int, list[float]]:
    """Ask for a page of the hub at each port in turn, in a fixed rhythm; return the seconds until the answer began."""
    delays: dict[int, list[float]] = {port: [] for port in ports}
    begin = time.monotonic()
    for tick in range(int(_SECONDS_OF_PROBES * PROBES_PER_SECOND)):
        time.sleep(max(0.0, begin + tick / PROBES_PER_SECOND - time.monotonic()))
        for port in ports:
            connection = HTTPConnection(LOOPBACK, port, timeout=30)
            asked = time.perf_counter()
            connection.request("GET", "/hub/login")
            answer = connection.getresponse()
            delays[port].append(time.perf_counter() - asked)
            answer.read()
            connection.close()
    return delays


def _percentiles(delays: list[float]) -> list[str]:
    cuts = statistics.quantiles(delays, n=100)
    return [f"{cuts[percent - 1] * 1000:.1f} ms" for percent in (50, 95, 99)]


# Ways to leave.


@dataclass
class Scene:
    """People who have left in one way, and what became of their websockets."""

    way: str
    people: list[str]
    server: Server
    browsers: Browsers
    proxies: list[Proxy]
    seen: list[list[Sockets]] = field(default_factory=list)

    def look(self) -> None:
        self.seen.append([proxy.sockets() for proxy in self.proxies])

    def stop_server(self) -> None:
        for proxy in self.proxies:
            proxy.unroute(self.people)
        self.server.stop()


@dataclass(frozen=True)
class Way:
    """A way to leave."""

    name: str
    leave: Callable[[Scene], None]
    people: int = _PEOPLE_WHO_LEAVE
    vanishes: bool = False
    proxy_options: tuple[str, ...] = ()
    real: tuple[str, ...] | None = None
    """The options of the real Jupyter Server that they are on, if it is one."""


def _ways(machine: DistantMachine | None) -> list[Way]:
    def freeze_and_stop(scene: Scene) -> None:
        scene.browsers.freeze()
        scene.stop_server()

    def kill_amid_output(scene: Scene) -> None:
        scene.browsers.freeze()
        scene.server.print_much()
        scene.browsers.kill()

    ways = [
        Way("tab left open", lambda scene: None),
        Way("tab closed", lambda scene: scene.browsers.close()),
        Way("browser killed", lambda scene: scene.browsers.kill()),
        Way("browser killed amid output", kill_amid_output, people=_READERS),
        Way("browser frozen", lambda scene: scene.browsers.freeze()),
        Way("tab left open, server stopped", lambda scene: scene.stop_server()),
        Way("browser frozen, server stopped", freeze_and_stop),
    ]
    if machine:
        ways += _ways_to_vanish(machine)
    main = [way for way in ways if way.name in ("tab left open", "browser frozen", "vanished")]
    with_timeouts = [replace(way, name=f"{way.name}, {' '.join(_TIMEOUTS)}", proxy_options=_TIMEOUTS) for way in main]
    real = [_on_a_real_server(way) for way in main]
    pinged = [_on_a_real_server(way, _PINGS) for way in main if way.vanishes]
    return [*ways, *with_timeouts, *real, *pinged]


def _on_a_real_server(way: Way, *options: str) -> Way:
    name = " ".join([f"{way.name}, real Jupyter Server", *options])
    return replace(way, name=name, people=_PEOPLE_ON_A_REAL_SERVER, real=options)


def _ways_to_vanish(machine: DistantMachine) -> list[Way]:
    def vanish_amid_output(scene: Scene) -> None:
        machine.vanish()
        scene.server.print_much()

    def vanish_and_stop(scene: Scene) -> None:
        machine.vanish()
        scene.stop_server()

    return [
        Way("vanished", lambda scene: machine.vanish(), vanishes=True),
        Way("vanished amid output", vanish_amid_output, people=_READERS, vanishes=True),
        Way("vanished, server stopped", vanish_and_stop, vanishes=True),
    ]


def _server_of(way: Way) -> AbstractContextManager[Server]:
    return running("servers") if way.real is None else running_jupyter_server(*way.real)


class Leaving:
    """Everybody has left, each scene in its way, at the time when this is made."""

    def __init__(self, versions: list[Installed], stack: ExitStack) -> None:
        machine = stack.enter_context(distant_machine())
        hub = stack.enter_context(running("hub"))
        self._scenes = []
        ways = _ways(machine)
        for way in ways:
            _say(f"coming: {way.name}")
            server = stack.enter_context(_server_of(way))
            host, namespace = (NEAR, machine.namespace) if way.vanishes and machine else (LOOPBACK, "")
            proxies = [stack.enter_context(running_proxy(one, hub, host, way.proxy_options)) for one in versions]
            browsers = stack.enter_context(running_browsers(namespace))
            people = _people(0, way.people)
            for proxy in proxies:
                proxy.route(people, server)
                browsers.open(proxy.addresses(people, server), seconds=1.0)
            self._scenes.append(Scene(way.name, people, server, browsers, proxies))
        self._look()
        for way, scene in zip(ways, self._scenes, strict=True):
            way.leave(scene)
        self._left = time.monotonic()
        self._looked: list[float] = []

    def look(self, after: float) -> None:
        """Look at the proxies this many seconds after all have left, or at once if that is past."""
        time.sleep(max(0.0, self._left + after - time.monotonic()))
        self._looked.append(time.monotonic() - self._left)
        self._look()

    def _look(self) -> None:
        for scene in self._scenes:
            scene.look()

    def table(self) -> str:
        rows = []
        for scene in self._scenes:
            for proxy, *seen in zip(scene.proxies, *scene.seen, strict=True):
                activity = proxy.seconds_since_activity()
                ago = "–" if activity is None else f"{activity:.0f} s ago"
                rows.append([scene.way, proxy.version, *map(str, seen), ago])
        whens = [f"{seconds:.0f} s later" for seconds in self._looked]
        headers = ["way", "proxy", "before", *whens, "last activity"]
        return markdown_table(headers, "l" * len(headers), rows)


# The other parts.


def trying_again(versions: list[Installed]) -> str:
    """Ask for websockets of servers that are gone, and return as a Markdown table what the proxies keep of it."""
    counted = (0, _ATTEMPTS, 2 * _ATTEMPTS)
    rows: list[list[str]] = []
    for gone in ("stopped, without a route: the hub answers 424", "dead, with its route: nobody answers"):
        _say(f"trying again: {gone}")
        with ExitStack() as stack:
            hub, servers = stack.enter_context(running("hub")), stack.enter_context(running("servers"))
            proxies = [stack.enter_context(running_proxy(version, hub)) for version in versions]
            browsers = stack.enter_context(running_browsers())
            people = _people(0, _ATTEMPTS // 2)
            dead = f"http://{LOOPBACK}:{free_port()}"
            for proxy in proxies:
                if gone.startswith("dead"):
                    proxy.route(people, dead)
            seen = [_memory_and_sockets(proxies)]
            for _ in counted[1:]:
                for proxy in proxies:
                    browsers.ask(proxy.addresses(people, servers), seconds=3.0)
                time.sleep(_SECONDS_TO_SETTLE)
                seen.append(_memory_and_sockets(proxies))
            time.sleep(30)
            seen.append(_memory_and_sockets(proxies))
            hub.stop()
            time.sleep(_SECONDS_TO_SETTLE)
            seen.append(_memory_and_sockets(proxies))
            rows += ([gone, proxy.version, *cells] for proxy, *cells in zip(proxies, *seen, strict=True))
    headers = ["the server", "proxy", *(f"after {attempts:,} attempts" for attempts in counted)]
    headers += ["half a minute later", "once the hub has ended"]
    return markdown_table(headers, "l" * len(headers), rows)


def _memory_and_sockets(proxies: list[Proxy]) -> list[str]:
    return [f"{proxy.memory() / 2**20:.0f} MB; {proxy.sockets()}" for proxy in proxies]


def nobody_reads(versions: list[Installed]) -> str:
    """Have kernels print to frozen browsers, and return a table of how much each part keeps for each kernel."""
    rows = []
    for version in versions:
        _say(f"nobody reads: {version.version}")
        with (
            running("hub") as hub,
            running("servers") as server,
            running_browsers() as browsers,
            running_proxy(version, hub) as proxy,
        ):
            people = _people(0, _READERS)
            proxy.route(people, server)
            browsers.open(proxy.addresses(people, server))
            before, seen = (proxy.memory(), _tcp_memory(), server.memory()), _memory_and_sockets([proxy])
            browsers.freeze()
            server.print_much()
            time.sleep(10)
            after = proxy.memory(), _tcp_memory(), server.memory()
            each = [f"{(b - a) / _READERS / 1024:,.0f} KB" for a, b in zip(before, after, strict=True)]
            seen += _memory_and_sockets([proxy])
            for end in (browsers.kill, server.stop):
                end()
                time.sleep(10)
                seen += _memory_and_sockets([proxy])
            rows.append([version.version, *each, *seen])
    headers = ["proxy", "in the proxy", "in the kernel, of all ends", "in the server"]
    headers += ["proxy before", "meanwhile", "browsers killed", "server stopped"]
    return markdown_table(headers, "lrrrllll", rows)


def _tcp_memory() -> int:
    """Return what the system keeps in buffers of TCP, in bytes."""
    lines = Path("/proc/net/sockstat").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[-1]) for line in lines if line.startswith("TCP:")) * resource.getpagesize()


def coming_and_going(versions: list[Installed]) -> str:
    """Open and close again and again, and return as a Markdown table what the proxies hold after each round."""
    rows: list[list[str]] = []
    with ExitStack() as stack:
        hub, servers = stack.enter_context(running("hub")), stack.enter_context(running("servers"))
        proxies = [stack.enter_context(running_proxy(version, hub)) for version in versions]
        browsers = stack.enter_context(running_browsers())
        people = _people(0, _EACH_ROUND // 2)
        for proxy in proxies:
            proxy.route(people, servers)
        for number in range(_ROUNDS + 1):
            if number:
                _say(f"coming and going: round {number}")
                for proxy in proxies:
                    browsers.open(proxy.addresses(people, servers), seconds=2.0)
                browsers.close()
                time.sleep(_SECONDS_TO_SETTLE)
            if number in (0, *_SHOWN_ROUNDS):
                rows += (
                    [f"{number}", proxy.version, f"{proxy.memory() / 2**20:.0f} MB", f"{proxy.process.num_fds()}"]
                    for proxy in proxies
                )
    return markdown_table(["rounds", "proxy", "memory", "open files"], "rlrr", rows)


def measure(versions: list[Installed], sizes: list[int], watch: float) -> None:
    """Print everything."""
    with ExitStack() as stack:
        leaving = Leaving(versions, stack)
        leaving.look(_LOOKS_AT[0])
        print(f"\n### Output that nobody reads\n\n{nobody_reads(versions)}", flush=True)
        leaving.look(min(_LOOKS_AT[1], watch))
        print(f"\n### Growth\n\n{growth(versions, sizes)}", flush=True)
        leaving.look(0)
        print(f"\n### Tabs that try again\n\n{trying_again(versions)}", flush=True)
        print(f"\n### Coming and going\n\n{coming_and_going(versions)}", flush=True)
        leaving.look(watch)
        print(f"\n### Ways to leave: browsers / servers / hub\n\n{leaving.table()}", flush=True)


def _sizes_that_fit(sizes: list[int], proxies: int, most_files: int) -> list[int]:
    """A proxy has two connections for each websocket, and all browsers together one for each of all proxies."""
    fitting = [size for size in sorted(sizes) if max(2, proxies) * size + _FILES_TO_SPARE <= most_files]
    if len(fitting) < len(sizes):
        _say(f"fewer websockets than asked for: the system allows a process {most_files:,} open files (`ulimit -Hn`)")
    return fitting


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.abandoned_sockets", description="Abandoned websockets."
    )
    parser.add_argument("--versions", nargs="+", default=["4", "5"], help=f"of {PACKAGE}, as npm understands them")
    parser.add_argument("--sockets", type=int, nargs="+", default=[0, 1_000, 2_000, 4_000, 8_000], help="to grow by")
    parser.add_argument("--watch", type=float, default=VANISHED_SECONDS, help="seconds until the last look")
    options = parser.parse_args()
    # The proxies, and what stands around them, inherit it.
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(f"ended by signal {number}"))  # and clean up
    versions = [install(version) for version in options.versions]
    measure(versions, _sizes_that_fit(options.sockets, len(versions), most_files), options.watch)


if __name__ == "__main__":
    main()
