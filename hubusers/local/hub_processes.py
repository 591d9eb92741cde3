"""The hub and the processes beside it, as its supervisor starts them: stub server, and what an incident adds."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from hubusers.local.incidents import INCIDENTS
from hubusers.local.ports import LOOPBACK
from hubusers.local.settings import LocalSettings

_GRACE = 10.0
"""Seconds that the hub has to end in order: it stops its proxy, and real single-user servers one by one."""

_KILLED = -signal.SIGKILL


class HubProcesses:
    """The hub and the processes beside it, which the supervisor starts."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        incident = INCIDENTS.get(settings.incident)
        config = Path(__file__).with_name("jupyterhub_config.py")
        self._commands = {"hub": _python("hubusers.local.jupyterhub_process", "-f", str(config))}
        if settings.servers == "stub":
            from jupyterhub import __version__

            self._commands["stub server"] = _python("hubusers.local.stub_server", str(settings.stub_port), __version__)
        if incident and incident.proxy_apart:
            self._commands["proxy"] = [
                *settings.proxy_command,
                *["--ip", LOOPBACK if incident.relay else settings.ip, "--port", str(settings.proxy_port)],
                *["--api-ip", LOOPBACK, "--api-port", str(settings.proxy_api_port)],
                *["--default-target", f"http://{LOOPBACK}:{settings.hub_port}"],  # as on Kubernetes
                *["--error-target", f"http://{LOOPBACK}:{settings.hub_port}/hub/error", "--log-level", "error"],
            ]
        if incident and incident.relay:
            module, *arguments = incident.relay
            self._commands["relay"] = _python(
                module, settings.ip, str(settings.public_port), str(settings.proxy_port), *arguments
            )
        self._hub_comes_back = incident is not None and incident.hub_back_after is not None
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start_all(self) -> None:
        for name in self._commands:
            self.start(name)

    def start(self, name: str) -> None:
        environment = {**os.environ, "CONFIGPROXY_AUTH_TOKEN": self.settings.proxy_api_token}
        with self.settings.log_path.open("ab") as log:
            process = subprocess.Popen(
                self._commands[name],
                cwd=self.settings.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._running[name] = process
        threading.Thread(target=self._tell_exit, args=(name, process), daemon=True).start()

    def kill(self, name: str) -> None:
        self._running[name].kill()

    def kill_untold(self, name: str) -> None:
        """Kill a process as a part of an incident: whoever waits for the hub's end goes on waiting."""
        if process := self._running.pop(name, None):
            process.kill()

    def hub_has_ended(self) -> bool:
        """Return whether the hub has ended by itself, and should come back."""
        return self._hub_comes_back and "hub" in self._running and self._running["hub"].poll() not in {None, _KILLED}

    def end_hub(self) -> None:
        if hub := self._running.get("hub"):
            hub.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                hub.wait(_GRACE)

    def _tell_exit(self, name: str, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        comes_back = name == "hub" and self._hub_comes_back and code != _KILLED
        if self._running.get(name) is process and not comes_back:
            with contextlib.suppress(OSError):  # nobody reads it any more
                os.write(sys.stdout.fileno(), f"{code}\n".encode())


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
