"""A JupyterHub as operators run it: `jupyterhub -f jupyterhub_config.py`, in an environment that knows no hubusers."""

import contextlib
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from hubusers.cli.what_is_missing import OPTIONAL_SCOPES
from hubusers.local.ports import LOOPBACK, free_ports
from hubusers.local.processes import kill_processes_of
from hubusers.local.settings import FOLDER_VARIABLE
from hubusers.settings.hub_check import NEEDED_SCOPES
from tests.matrix.case import Case, Site

START_SECONDS, STOP_SECONDS = 120.0, 60.0

_CONFIG = """\
from pathlib import Path
from types import SimpleNamespace

# What the configurations of local hubs may use, which other tests have.
folder, settings = Path(folder), SimpleNamespace(public_port=proxy_port)

c.JupyterHub.bind_url = f"http://127.0.0.1:{proxy_port}{base_url}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{hub_port}"
c.JupyterHub.db_url = f"sqlite:///{folder}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{folder}/cookie_secret"
if proxy_command:
    c.ConfigurableHTTPProxy.command = proxy_command
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{proxy_api_port}"
c.ConfigurableHTTPProxy.pid_file = f"{folder}/proxy.pid"

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True

c.JupyterHub.services = [{"name": "hubusers", "api_token": token}]
c.JupyterHub.load_roles = [{"name": "hubusers", "services": ["hubusers"], "scopes": scopes}]

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{folder}/homes/{{username}}"
c.Spawner.cmd = [server_python, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {folder_variable: str(folder)}
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
"""


@dataclass(frozen=True)
class RunningHub:
    """A hub that runs.

    Attributes:
        endpoint: Its API, from where people stand.
        token: The token of a service with the scopes that README asks for.
        authority: The file with the certificate of what stands before it; "" for none.
        log: The file to which the hub and its servers write.
        for_run: Variables of the run that rehearses it.
    """

    endpoint: str
    token: str
    authority: str
    log: Path
    for_run: Mapping[str, str]

    def users(self) -> dict[str, bool]:
        """Return each user that the hub knows, and whether a server of that user is active."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                f"{self.endpoint}/users?limit=200",
                headers={"Authorization": f"token {self.token}"},
                verify=self.authority or True,
                timeout=30,
            )
        answer.raise_for_status()
        return {user["name"]: bool(user["servers"]) for user in answer.json()}


class DidNotStart(Exception):
    """The hub did not answer; the text has the end of its log."""


@contextmanager
def running_hub(
    case: Case, site: Site, names: Mapping[str, Any], server_python: Path, proxy_command: Sequence[str]
) -> Iterator[RunningHub]:
    """Have the hub of a case as long as the with-block lasts.

    Args:
        case: The case.
        site: Where it runs.
        names: Names for its configuration; those in capital letters are variables of its environment, too.
        server_python: The Python of the servers' environment.
        proxy_command: The command of its proxy; empty if the configuration says it.
    """
    folder, token = site.folder, secrets.token_hex(32)
    begin_of_command: Sequence[str] = names.get("begin_of_command", [])
    variables = {name: str(value) for name, value in names.items() if name.isupper()}
    for_run = {name: value for name, value in variables.items() if name.startswith("HUBUSERS_")}
    hub_port, proxy_api_port = free_ports(2)
    names = {
        "folder": str(folder),
        "token": token,
        "scopes": [*NEEDED_SCOPES, *OPTIONAL_SCOPES],
        "proxy_port": site.proxy_port,
        "base_url": site.base_url,
        "hub_port": hub_port,
        "proxy_api_port": proxy_api_port,
        "proxy_command": list(proxy_command),
        "server_python": str(server_python),
        "folder_variable": FOLDER_VARIABLE,
        **names,
    }
    config = folder / "jupyterhub_config.py"
    config.write_text(
        "\n".join([*(f"{name} = {value!r}" for name, value in names.items()), "", _CONFIG, case.config]),
        encoding="utf-8",
    )
    log = folder / "jupyterhub.log"
    # Its own environment first, as in an activated one: extensions, kernels and proxies are looked for there.
    search_path = os.pathsep.join([str(site.hub_python.parent), os.environ.get("PATH", "")])
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*begin_of_command, str(site.hub_python), "-m", "jupyterhub", "-f", str(config)],
            cwd=folder,
            env={**_clean_environment(), "PATH": search_path, FOLDER_VARIABLE: str(folder), **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    public_url = str(names.get("public_url", f"http://{LOOPBACK}:{site.proxy_port}"))
    hub = RunningHub(f"{public_url}{site.base_url}hub/api", token, str(names.get("authority", "")), log, for_run)
    try:
        _await_answer(hub, process)
        yield hub
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        kill_processes_of(str(folder), STOP_SECONDS)


def _await_answer(hub: RunningHub, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < give_up_at and process.poll() is None:
            with contextlib.suppress(requests.RequestException):
                if session.get(hub.endpoint, verify=hub.authority or True, timeout=5).ok:
                    return
            time.sleep(0.2)
    end = "\n".join(hub.log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])
    raise DidNotStart(f"The hub did not answer at {hub.endpoint}. Its log ends with:\n{end}")


def _clean_environment() -> dict[str, str]:
    """Return this process's environment, without what belongs to another hub or to this project's own one."""
    ours = ("JUPYTER", "HUBUSERS_", "VIRTUAL_ENV", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
