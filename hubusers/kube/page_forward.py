"""The run's web page in the browser of this machine, by kubectl's port-forward."""

import re
import subprocess
import threading

from hubusers.kube.kubectl import Kubectl, KubectlError, end
from hubusers.log import get_logger, shown

LOG = get_logger(__name__)

IN_POD = "http://127.0.0.1:8089"
"""Where the web page is inside the pod, whose loopback nobody else reaches."""

_PORT = 8089
_FORWARDS = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")
_PAUSE = 2.0
"""Seconds before a connection that broke off is made again."""


class PageForward:
    """Keeps the page of a run's pod at a port of this machine, in a thread.

    Args:
        kubectl: How to get at the cluster.
        pod: Name of the pod.
        port: The port on this machine; 0 for the pod's own one, or any that is free where that is taken.
    """

    def __init__(self, kubectl: Kubectl, pod: str, port: int) -> None:
        self._kubectl = kubectl
        self._pod = pod
        self._ports = [str(port)] if port else [str(_PORT), ""]  # "": kubectl takes one that is free
        self._stopped = threading.Event()
        self._known = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self.url = IN_POD

    def start(self) -> None:
        """Begin, and wait a moment for the port."""
        self._thread.start()
        self._known.wait(10.0)

    def stop(self) -> None:
        self._stopped.set()
        if self._process:
            end(self._process)
        self._thread.join()

    def _forward(self) -> None:
        ports = self._ports
        while not self._stopped.is_set():
            for port in ports:
                said = self._once(port)
                if self._known.is_set():
                    ports = [self.url.rpartition(":")[2]]  # the same from now on, for the pages that are open
                    break
            if not self._known.is_set():
                LOG.error("The run's page cannot be shown here (%s); the run goes on.", said or "no more is known")
                self._known.set()
                return
            self._stopped.wait(_PAUSE)

    def _once(self, port: str) -> str:
        """Forward until the connection ends; return what kubectl said last."""
        command = ["port-forward", f"pod/{self._pod}", f"{port}:{_PORT}", "--address=127.0.0.1"]
        try:
            self._process = self._kubectl.start(*command, stderr=subprocess.STDOUT)
        except KubectlError as error:
            return str(error)
        last = ""
        with self._process as process:
            if self._stopped.is_set():
                end(process)
            for line in process.stdout or ():
                last = shown(line.decode("utf-8", "replace").strip()) or last
                if found := _FORWARDS.search(last):
                    self.url = f"http://127.0.0.1:{found[1]}"
                    if not self._known.is_set():
                        LOG.info("Watch it live, as soon as the run has begun: %s/hub", self.url)
                    self._known.set()
        return last
