"""A stream of the cluster's objects of one kind: each as it is now, and again whenever it changes.

`kubectl get --watch` ends now and then, as a watch of the API server does: then it is started again. Where a user may
list and not watch, each start is one look, and the stream a look every few seconds.
"""

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from hubusers.kube.cluster_objects import Object, text_at
from hubusers.kube.kubectl import Kubectl, KubectlError, NotAllowed, error_of
from hubusers.log import get_logger

LOG = get_logger(__name__)

_PAUSE = 10.0
"""Seconds from the end of a watch to the next one."""

_LONGEST_PAUSE = 120.0
"""Seconds to which the pause grows while the cluster does not answer."""

_SETTLED = 15.0
"""Seconds from the first object that a watch lists until it has listed all that are there: the others are gone."""

_LONGEST_ERROR = 2000
"""Characters of what kubectl says on its standard error."""


class ObjectStream:
    """Follows all objects of one kind, in a thread of its own.

    Args:
        kubectl: The way into the cluster.
        resource: Of which kind, as kubectl names it: "pods".
        see: Called with each object as it is now.
        gone: Called with the identifier of each object that is not there any more.
        lock: Held while they are called.

    Attributes:
        refused: What the cluster said where this user may not see these objects; None where they are seen.
        error: The last error of another kind, while there is one.
        has_seen: Whether any was seen.
        seconds_lost: For how long they could not be seen, in seconds in all.
    """

    def __init__(
        self,
        kubectl: Kubectl,
        resource: str,
        see: Callable[[Object], None],
        gone: Callable[[str], None],
        lock: threading.Lock,
    ) -> None:
        self.refused: NotAllowed | None = None
        self.error: KubectlError | None = None
        self.seconds_lost = 0.0
        self.has_seen = False
        self._kubectl = kubectl
        self._resource = resource
        self._see = see
        self._gone = gone
        self._there: dict[str, None] = {}  # identifiers
        self._not_listed: dict[str, None] = {}
        self._settled_at = float("inf")
        self._process: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch of {resource}", daemon=True)
        self._lock = lock
        self._of_process = threading.Lock()

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End it, with its kubectl."""
        self._over.set()
        with self._of_process:
            if self._process and self._process.poll() is None:
                self._process.terminate()
        self._thread.join(timeout=_PAUSE)

    def settle(self) -> None:
        """Tell what is gone, of what was there before the watch began anew."""
        with self._lock:
            self._settle()

    def _settle(self) -> None:
        if time.monotonic() >= self._settled_at:
            self._settled_at = float("inf")
            for uid in self._not_listed:
                self._there.pop(uid, None)
                self._gone(uid)
            self._not_listed = {}

    def _run(self) -> None:
        pause = _PAUSE
        while not self._over.is_set():
            began, before = time.monotonic(), self.error
            seen = self._watch()
            if self.refused or self._over.is_set():
                return
            if seen:
                pause = _PAUSE
            elif self.error:
                self.seconds_lost += time.monotonic() - began + (pause if before else 0.0)
                pause = min(2 * pause, _LONGEST_PAUSE)
            self._over.wait(pause)

    def _watch(self) -> bool:
        """Follow the objects until kubectl ends; return whether it had begun."""
        self._not_listed, self._settled_at = dict(self._there), float("inf")
        command = ("get", self._resource, "--watch", "--output-watch-events", "--output=json")
        try:
            with self._of_process:
                if self._over.is_set():
                    return False
                self._process = process = self._kubectl.start(*command)
        except KubectlError as error:
            self.error = error
            return False
        said: list[bytes] = []
        reader = threading.Thread(target=_read_some, args=(process, said), daemon=True)
        reader.start()
        seen = False
        with process, contextlib.suppress(ValueError):
            for change in _objects(process):
                if not seen:
                    self._settled_at = time.monotonic() + _SETTLED
                seen, self.has_seen, self.error = True, True, None
                self._take(change)
        reader.join(timeout=1.0)
        if process.returncode and not self._over.is_set():
            text = b"".join(said).decode("utf-8", "replace")
            why = error_of(text, process.returncode, "kubectl get", self._kubectl.shown_command(*command))
            if isinstance(why, NotAllowed) and not self.has_seen:
                self.refused = why
            elif not seen:
                self.error = why
        return seen or process.returncode == 0

    def _take(self, change: Object) -> None:
        kind, thing = text_at(change, "type"), change.get("object")
        uid = text_at(thing, "metadata", "uid")
        if not isinstance(thing, dict) or not uid:  # an error of the watch, or a bookmark
            return
        try:
            with self._lock:
                self._settle()
                self._not_listed.pop(uid, None)
                self._see(thing)
                if kind == "DELETED":
                    self._there.pop(uid, None)
                    self._gone(uid)
                else:
                    self._there[uid] = None
        except Exception as error:  # what is told of the cluster must never end the run
            LOG.debug("An object of the cluster was not understood: %s: %s", type(error).__name__, error)


def _objects(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """Yield what kubectl prints: on each line what happened to an object, and the object."""
    for line in process.stdout or ():
        with contextlib.suppress(ValueError):  # the end of a line that was cut off
            change = json.loads(line)
            if isinstance(change, dict):
                yield change


def _read_some(process: subprocess.Popen[bytes], said: list[bytes]) -> None:
    with contextlib.suppress(ValueError, OSError):
        for line in process.stderr or ():
            if sum(map(len, said)) < _LONGEST_ERROR:
                said.append(line)
