"""`hubusers kube run` in a process of its own, in the small Kubernetes, with a real hub beside it."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from hubusers import kube
from hubusers.local import LocalHub
from tests.kube import tools
from tests.kube.cluster import Cluster
from tests.waiting import wait_until

NAMESPACE = "jhub"


def put_into_path(folder: Path) -> str:
    """Return a PATH with kubectl, and with what the image has beside Python: keep-results."""
    folder.mkdir(parents=True)
    (folder / "kubectl").symlink_to(tools.kubectl())
    shutil.copy(Path(kube.__file__).with_name("keep_results.sh"), folder / "keep-results")
    (folder / "keep-results").chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def install_hub(cluster: Cluster, hub: LocalHub) -> None:
    """Make what the hub's chart makes: a namespace, the hub's Service, and its Secret with the token."""
    at = {"namespace": NAMESPACE}
    cluster.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "hub", **at},
            "stringData": {"hub.services.hubusers.apiToken": hub.token},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "hub", **at, "annotations": {"prometheus.io/path": "/hub/metrics"}},
            "spec": {"ports": [{"port": 8081}]},
        },
    )


class KubeRun:
    """A `hubusers kube run`. Collects its output while it runs.

    Args:
        cluster: Where it runs.
        hub: The hub that it tests; pods share this machine's network.
        folder: Where somebody runs it: its `runs` come here.
        arguments: Its options.
    """

    def __init__(self, cluster: Cluster, hub: LocalHub, folder: Path, *arguments: str) -> None:
        self.cluster = cluster
        self.folder = folder
        self.lines: list[str] = []
        command = [sys.executable, "-m", "hubusers", "kube", "run", f"--namespace={NAMESPACE}", "--host", hub.endpoint]
        self._command = [*command, *arguments]

    def __enter__(self) -> "KubeRun":
        self.process = subprocess.Popen(
            self._command,
            env=self.cluster.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Where the tests run in the background, their shell has Ctrl-C ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        print(self.output)  # pytest shows it with a test that failed

    def _collect(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            self.lines.extend(self.process.stdout)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, words: str) -> None:
        """Wait until it has printed these words."""
        wait_until(lambda: words in self.output, lambda: f"{words!r} in:\n{self.output}")

    def wait(self) -> int:
        """Return the exit code."""
        try:
            code = self.process.wait(240)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"It did not end:\n{self.output}") from None
        self._reader.join(5)
        assert "Traceback" not in self.output, self.output
        return code

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def pod(self) -> str:
        """Return the name of the run's pod."""
        return next(
            str(one["metadata"]["name"])
            for one in self.cluster.objects("pods", NAMESPACE)
            if one["metadata"]["labels"].get("app.kubernetes.io/component") == "run"
        )

    def fault(self, name: str, **arguments: Any) -> None:
        """Do something to the run's pod."""
        self.cluster.fault(name, pod=self.pod(), namespace=NAMESPACE, **arguments)

    def left_in_cluster(self) -> list[str]:
        """Return what is in the namespace that is not the hub's."""
        kinds = ["jobs", "pods", "configmaps", "secrets", "services"]
        names = [f"{kind} {one['metadata']['name']}" for kind in kinds for one in self.cluster.objects(kind, NAMESPACE)]
        return [name for name in names if "hubusers" in name]

    def files_at_home(self) -> set[str]:
        """Return the names of the files in the run's folder; nothing where it did not come home."""
        return {file.name for file in self.folder.glob("runs/[0-9]*/*")}
