"""The cluster as a test has it: started, asked with the real kubectl, and disturbed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
import requests

from tests.kube import sandbox, tools

_REPOSITORY = Path(__file__).parents[2]

_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: tests
clusters: [{{name: tests, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: tester, user: {{token: tests}}}}]
contexts: [{{name: tests, context: {{cluster: tests, user: tester, namespace: default}}}}]
"""


class Cluster:
    """A small Kubernetes in a process of its own (`tests/kube/server.py`).

    Attributes:
        kubeconfig: The file with which the real kubectl finds it.
        folder: Where its files are, those of volumes among them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self._started: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "Cluster":
        """Start it, or skip the test where containers cannot run."""
        if not sandbox.has_namespaces():
            pytest.skip("this machine forbids the namespaces in which containers run")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kube.server", str(self.folder)],
            cwd=_REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout
        ports = json.loads(self._process.stdout.readline())
        self.address = f"http://127.0.0.1:{ports['api']}"
        self._control = f"http://127.0.0.1:{ports['control']}"
        self.kubeconfig.write_text(_KUBECONFIG.format(port=ports["api"]), encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for started in self._started:
            with started:
                started.kill()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise
        finally:
            self._process.stdout.close()

    @property
    def env(self) -> dict[str, str]:
        """The environment in which kubectl finds this cluster, and keeps nothing of it elsewhere."""
        return os.environ | {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.folder / "cache")}

    def kubectl(self, *arguments: str, input: str | None = None, code: int | None = 0) -> str:  # noqa: A002
        """Run the real kubectl, and return its output, and what it complains about.

        Args:
            input: What it reads.
            code: Which exit code it must have; None for any.
        """
        done = subprocess.run(
            [str(tools.kubectl()), *arguments],
            env=self.env,
            input=input,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert code in (None, done.returncode), f"kubectl {' '.join(arguments)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start the real kubectl, which goes on until it ends by itself, or the cluster does."""
        command = [str(tools.kubectl()), *arguments]
        process = subprocess.Popen(
            command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self._started.append(process)
        return process

    def apply(self, *objects: dict[str, Any]) -> str:
        """Apply objects with kubectl."""
        return self.kubectl(
            "apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        )

    def objects(self, kind: str, namespace: str = "") -> list[dict[str, Any]]:
        """Return the objects of a kind (`pods`), of one namespace or of all, without kubectl."""
        return self.fault("objects", plural=kind, namespace=namespace)  # type: ignore[no-any-return]

    def fault(self, name: str, /, **arguments: Any) -> Any:
        """Call a method of `tests.kube.control.Control` or `tests.kube.faults.Faults` in the cluster."""
        answer = requests.post(f"{self._control}/{name}", json=arguments, timeout=60)
        answer.raise_for_status()
        return answer.json()
