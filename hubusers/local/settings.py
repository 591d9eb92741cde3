"""The settings of a local hub, which go from the process that starts it to the hub's processes in a file."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER_VARIABLE = "HUBUSERS_LOCAL_HUB"
"""The environment variable with the hub's folder, which all of its processes have; it identifies them."""


@dataclass(frozen=True)
class LocalSettings:
    """The settings. Their file is in the hub's folder, readable by its owner only, because it contains the token."""

    folder: str
    token: str
    servers: str  # "stub" or "lab"
    spawn_seconds: tuple[float, float]
    stop_seconds: tuple[float, float]
    spawn_failure_share: float
    concurrent_spawn_limit: int
    slow_spawn_timeout: float
    proxy_command: list[str]
    ip: str
    public_port: int
    proxy_port: int  # the public one, unless something stands before the proxy
    proxy_api_port: int
    proxy_api_token: str
    hub_port: int
    stub_port: int
    extra_config: str
    incident: str  # its name, or "" for none

    @property
    def events_path(self) -> Path:
        return Path(self.folder, "events.jsonl")

    def count_starts(self) -> int:
        """Return how many servers have been asked for, by what the hub's spawners wrote down."""
        return self.events_path.read_bytes().count(b'"event": "starting"')

    @property
    def log_path(self) -> Path:
        return Path(self.folder, "jupyterhub.log")

    def write(self) -> None:
        with open(_file(self.folder), "w", encoding="utf-8", opener=_for_owner_only) as file:
            json.dump(asdict(self), file)

    @classmethod
    def read(cls) -> "LocalSettings":
        """Read the settings in the folder that the environment names."""
        return cls(**json.loads(_file(os.environ[FOLDER_VARIABLE]).read_text(encoding="utf-8")))


def _file(folder: str) -> Path:
    return Path(folder, "settings.json")


def _for_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
