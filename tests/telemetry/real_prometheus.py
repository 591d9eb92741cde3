"""Debian's Prometheus, which scrapes a run and its hub twice a second."""

import json
import math
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.waiting import wait_until

PROMETHEUS = shutil.which("prometheus")
WHY_SKIPPED = "Debian's package prometheus is not installed"


class RealPrometheus:
    """Runs from the beginning to the end of a with-block.

    Args:
        folder: An empty folder for its configuration and its data.
        hub: The hub.
        port: Where the run answers, on this machine.
    """

    def __init__(self, folder: Path, hub: LocalHub, port: int) -> None:
        self._folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        of_hub = {
            "job_name": "hub",
            "metrics_path": "/hub/metrics",
            "authorization": {"type": "token", "credentials": hub.token},
            "static_configs": _at(hub.settings.public_port),
        }
        configuration = {
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},
            "scrape_configs": [{"job_name": "hubusers", "static_configs": _at(port)}, of_hub],
        }
        (folder / "prometheus.yml").write_text(json.dumps(configuration))  # JSON is YAML

    def __enter__(self) -> Self:
        assert PROMETHEUS
        address = self.url.removeprefix("http://")
        with (self._folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [
                    *(PROMETHEUS, "--config.file=prometheus.yml", "--storage.tsdb.path=data"),
                    f"--web.listen-address={address}",
                ],
                cwd=self._folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        print((self._folder / "log").read_text())

    def wait_for(self, query: str) -> None:
        """Wait until Prometheus answers, and a query has a result."""
        wait_until(self._is_ready, self.url)
        wait_until(lambda: bool(self.now(query)), lambda: f"{query}: {self.now('up')}")

    def now(self, query: str) -> dict[frozenset[tuple[str, str]], float]:
        """Return the values of a query by their labels."""
        return {_labels(one): float(one["value"][1]) for one in self._ask("query", query=query)}

    def over_time(self, query: str, began: float, ended: float) -> dict[frozenset[tuple[str, str]], list[float]]:
        """Return all values of a query that are numbers, a second apart up to the end, by their labels."""
        began = ended - math.floor(ended - began)
        found = {
            _labels(one): [float(value) for _, value in one["values"] if not math.isnan(float(value))]
            for one in self._ask("query_range", query=query, start=began, end=ended, step=1)
        }
        return {labels: values for labels, values in found.items() if values}

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/-/ready", timeout=30).ok
        except requests.ConnectionError:
            return False

    def _ask(self, what: str, **parameters: Any) -> Any:
        answer = requests.get(f"{self.url}/api/v1/{what}", params=parameters, timeout=30).json()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]


def _at(port: int) -> list[dict[str, list[str]]]:
    return [{"targets": [f"127.0.0.1:{port}"]}]


def _labels(one: dict[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset(one["metric"].items())
