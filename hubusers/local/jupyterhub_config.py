"""The configuration of a local hub, which `jupyterhub -f` loads. Its options come from the settings file."""

import logging
import sys
from pathlib import Path

from hubusers.local.database import never_wait_for_the_disk
from hubusers.local.incidents import INCIDENTS
from hubusers.local.past_people import remember_people
from hubusers.local.settings import LocalSettings

c = get_config()  # type: ignore[name-defined]  # noqa: F821  # defined by traitlets, which runs this file

settings = LocalSettings.read()
folder = Path(settings.folder)
incident = INCIDENTS.get(settings.incident)

c.JupyterHub.bind_url = f"http://{settings.ip}:{settings.proxy_port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings.hub_port}"
c.JupyterHub.db_url = f"sqlite:///{folder / 'jupyterhub.sqlite'}"
never_wait_for_the_disk()
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.JupyterHub.log_level = logging.WARNING  # a line for each request would slow the hub down

c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings.proxy_api_port}"
c.ConfigurableHTTPProxy.log_level = "error"  # for warnings, one proxy wants "warn" and the other "warning"
c.ConfigurableHTTPProxy.command = settings.proxy_command
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True

c.JupyterHub.services = [{"name": "hubusers", "api_token": settings.token}]
c.JupyterHub.load_roles = [
    {
        "name": "hubusers",
        "services": ["hubusers"],
        "scopes": [
            "admin:users",
            "admin:servers",
            "tokens",
            "access:servers",
            "read:hub",
            "read:metrics",
        ],
    }
]

c.JupyterHub.spawner_class = f"hubusers.local.spawners.{'Lab' if settings.servers == 'lab' else 'Stub'}Spawner"
# The command jupyterhub-singleuser is on the PATH only of an activated environment.
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 600  # many spawns at once take long on a small machine
c.JupyterHub.concurrent_spawn_limit = settings.concurrent_spawn_limit
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": settings.slow_spawn_timeout}
c.JupyterHub.cleanup_servers = settings.servers == "lab"  # stubs end with the hub; stopping thousands takes minutes

if incident:
    if incident.people and not (folder / "jupyterhub.sqlite").exists():
        remember_people(incident, c.JupyterHub.db_url)
    if incident.proxy_apart:
        c.ConfigurableHTTPProxy.should_start = False
        c.JupyterHub.cleanup_proxy = False
    exec(incident.config)
exec(settings.extra_config)
