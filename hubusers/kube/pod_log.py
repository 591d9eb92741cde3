"""The log of a container, line by line. A stream that breaks off is taken up again, with nothing lost or repeated."""

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable

from hubusers.kube.kubectl import Kubectl, KubectlError, end

_PAUSE = 2.0
"""Seconds before a stream that broke off is taken up again."""


class LogPlace:
    """How far a log was read.

    Kubernetes gives a log from a whole second on, so that what came in the same second comes again. Each line has the
    time at which it was written, to the nanosecond, and two that are alike to that are counted.
    """

    def __init__(self) -> None:
        self.since = ""  # of the last line that was read, to the second
        self._of_this_second: Counter[str] = Counter()
        self._again: Counter[str] = Counter()

    def begin(self) -> None:
        """Take notice that the log comes anew, from `since` on."""
        self._again = self._of_this_second.copy()

    def new(self, line: str) -> str | None:
        """Return what a line says, without its time; None if it was read before.

        Args:
            line: As `kubectl logs --timestamps` prints it.
        """
        moment, _, text = line.partition(" ")
        second = f"{moment[:19]}Z"
        if self._again[line]:
            self._again[line] -= 1
            return None
        if second != self.since:
            self.since = second
            self._of_this_second.clear()
        self._of_this_second[line] += 1
        return text


class PodLog:
    """Follows the log of a container, in a thread, until `read_to_the_end` or `stop`.

    Args:
        kubectl: How to get at the cluster.
        pod: Name of the pod.
        container: Name of the container.
        say: Takes each line.
    """

    def __init__(self, kubectl: Kubectl, pod: str, container: str, say: Callable[[str], None]) -> None:
        self._kubectl = kubectl
        self._command = ["logs", pod, f"--container={container}", "--timestamps"]
        self._say = say
        self._place = LogPlace()
        self._stopped = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer."""
        self._stopped.set()
        process = self._process
        if process:
            end(process)
        self._thread.join()

    def read_to_the_end(self) -> None:
        """Say what the log of a container that has ended still has, and follow no longer.

        Raises:
            KubectlError: The log can no longer be read.
        """
        self.stop()
        text = self._kubectl.run(*self._command, *self._since())
        self._place.begin()
        for line in text.splitlines():
            self._note(line)

    def _follow(self) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                self._process = self._kubectl.start(
                    *self._command, "--follow", *self._since(), stderr=subprocess.DEVNULL
                )
            except KubectlError:  # which whoever asks for the pod's state hears of, too
                return
            with self._process as process:
                if self._stopped.is_set():  # meanwhile
                    end(process)
                self._place.begin()
                for line in process.stdout or ():
                    if line.endswith(b"\n"):  # otherwise the stream broke off in the middle of it: it comes again
                        self._note(line.decode("utf-8", "replace").rstrip("\r\n"))
            self._stopped.wait(max(0.0, began + _PAUSE - time.monotonic()))

    def _since(self) -> list[str]:
        return [f"--since-time={self._place.since}"] if self._place.since else []

    def _note(self, line: str) -> None:
        text = self._place.new(line)
        if text is not None:
            self._say(text)
