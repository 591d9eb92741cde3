"""Follows a run in its pod until it ends: copies its folder now and then, ends it in order when somebody wants that."""

import logging
import time
from contextlib import suppress

from hubusers.kube.folder_home import FolderHome
from hubusers.kube.kubectl import ClusterAway, Kubectl, KubectlError, NotAllowed
from hubusers.kube.made import Made, component_of
from hubusers.kube.manifests import RUN
from hubusers.kube.patience import REFUSED_FOR, Patience
from hubusers.kube.pod import Pod
from hubusers.log import get_logger

LOG = get_logger(__name__)

_FIRST_COPY_AFTER, _COPY_EVERY = 10.0, 60.0
"""Seconds until the folder is copied, and between two copies: what a pod had measured that is evicted is at home."""

_SILENT = 120.0
"""Seconds after which a node that does not answer is taken for lost."""

_END_IN_ORDER = r"""
ended=1
for process in /proc/[0-9]*; do
    [ "$(cat "$process/comm" 2>/dev/null)" = locust ] || continue
    caught=$(sed -n 's/^SigCgt:\s*//p' "$process/status")
    if [ "${process#/proc/}" != 1 ] || [ $((0x$caught >> 14 & 1)) = 1 ]; then
        kill -TERM "${process#/proc/}" && ended=0
    fi
done
exit $ended
"""
"""Ends the run in its container. Where it is the first process there, the kernel keeps a SIGTERM from it for as long as
it does not handle that, so it is told later. This fails then, and where the run has ended already.
"""

_IT_SAID_NO = "command terminated with exit code"
"""What kubectl says where a command in a container failed, and not the way to it."""


class Follower:
    """Follows one run.

    Args:
        kubectl: How to get at the cluster.
        made: What the run has made there.
        patience: Asks the cluster.
        home: Where copies of its folder come; None for nowhere.
        seconds_to_end: How long its pod may take to end in order.
    """

    def __init__(
        self, kubectl: Kubectl, made: Made, patience: Patience, home: FolderHome | None, seconds_to_end: float
    ) -> None:
        self._kubectl = kubectl
        self._made = made
        self._patience = patience
        self._home = home
        self._seconds_to_end = seconds_to_end
        self._is_told_to_end = False
        self._told_at = 0.0
        self._told_in_vain_since = 0.0
        self._has_deleted_it = False

    def until_it_ends(self, last: Pod) -> Pod:
        """Wait until the run's container has ended, or its pod is gone; return how the pod was seen last.

        Raises:
            EndAtOnce: Somebody wants that.
        """
        next_copy, taken_since = time.monotonic() + _FIRST_COPY_AFTER, 0.0
        while not (last.exit(RUN) or last.is_over):
            taken = last.taken_away()
            taken_since = (taken_since or time.monotonic()) if taken else 0.0
            if taken:
                self._tell_of_its_end(taken)
                if time.monotonic() - taken_since >= (_SILENT if last.node_is_silent else self._seconds_to_end):
                    return last
            if taken or time.monotonic() >= next_copy:
                self._copy()
                next_copy = time.monotonic() + _COPY_EVERY
            if self._patience.interrupts.count and not self._has_deleted_it:
                if not self._is_told_to_end:
                    self._tell_to_end(last)
                elif time.monotonic() - self._told_at >= self._seconds_to_end:  # not told again, which ends it at once
                    self._delete_job(f"it has not ended within {self._seconds_to_end:.0f} s")
            self._patience.pause()
            pods = self._patience.ask(self._made.pods)
            now = next((each for each in pods if each.name == last.name), None)
            if now is None:
                self._tell_of_its_end(last.taken_away() or "Somebody has deleted the run's pod.")
                return last
            last = now
            for pod in pods:
                if component_of(pod) == "worker" and not last.exit(RUN):
                    self._look_at_worker(pod)
        if taken := last.taken_away():
            self._tell_of_its_end(taken)
        return last

    def _tell_of_its_end(self, why: str) -> None:
        if not self._has_deleted_it:
            self._patience.tell(why, logging.WARNING)

    def _look_at_worker(self, pod: Pod) -> None:
        ended, who, tell = pod.exit(RUN), f"The worker {pod.name}", self._patience.tell
        if ended and ended.was_killed_for_memory:
            tell(
                f"{who} was killed for memory ({pod.memory_limit(RUN)}): raise resources in --values.", logging.WARNING
            )
        elif ended and ended.code:
            tell(f"{who} ended with code {ended.code} ({ended.reason}).", logging.WARNING)
        elif not ended and (taken := pod.taken_away()):
            tell(f"{who} goes. {taken.replace('the run', 'this worker')}", logging.WARNING)
        elif not ended and not pod.has_begun(RUN):
            waiting = pod.waiting(RUN)
            tell(f"{who} waits: {waiting.reason}")
            if waiting.is_final and not self._patience.interrupts.count:
                LOG.error("Without this worker the run cannot begin. %s", waiting.remedy)
                self._patience.interrupts.interrupt()

    def _tell_to_end(self, pod: Pod) -> None:
        self._patience.tell(
            "The run ends in order, and removes what it made on the hub; Ctrl-C once more ends it at once"
        )
        try:
            self._kubectl.run("exec", pod.name, f"--container={RUN}", "--", "sh", "-c", _END_IN_ORDER)
            self._is_told_to_end, self._told_at = True, time.monotonic()
        except KubectlError as error:
            if _IT_SAID_NO in error.said:  # it does not listen yet; where it has ended, the next look shows it
                return
            if isinstance(error, ClusterAway | NotAllowed):
                self._patience.tell(f"The run cannot be told yet, which is tried again: {error}", logging.WARNING)
            self._told_in_vain_since = self._told_in_vain_since or time.monotonic()
            if time.monotonic() - self._told_in_vain_since >= REFUSED_FOR:
                self._delete_job(str(error))

    def _delete_job(self, why: str) -> None:
        """Delete the run's Job, and so its pod, which ends the run in order too, but keeps its folder for seconds."""
        LOG.warning("The run is told to end by the deletion of its pod, which gives it time for its clean-up: %s", why)
        job = f"job/{self._made.name}"
        self._patience.ask(lambda: self._kubectl.run("delete", job, "--ignore-not-found", "--wait=false"))
        self._is_told_to_end = self._has_deleted_it = True

    def _copy(self) -> None:
        if self._home:
            before = self._patience.interrupts.count
            with suppress(KubectlError, OSError):  # the last copy tells what is wrong
                self._home.fetch(lambda: self._patience.interrupts.count == before, _COPY_EVERY)
