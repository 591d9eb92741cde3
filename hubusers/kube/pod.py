"""What the cluster says of one pod: why it does not run yet, how its run ended, and what took it away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubusers.log import shown

Model = Mapping[str, Any]
"""An object of the cluster, as `kubectl get -o json` prints it."""

_NO_IMAGE = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable"}
_CANNOT_START = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff"}

_TAKEN_AWAY = {
    "PreemptionByScheduler": "for a pod of a higher priority",
    "DeletionByTaintManager": "because its node is not to have it any more, or was lost",
    "EvictionByEvictionAPI": "because somebody, or the autoscaler, empties its node",
    "DeletionByPodGC": "because its node is gone",
    "TerminationByKubelet": "because its node had not enough left, or was shut down",
}
"""Reasons of the condition DisruptionTarget, in words."""


@dataclass(frozen=True)
class Waiting:
    """Why a container does not run yet.

    Attributes:
        reason: Half a sentence, such as "no node has room for it (…)".
        remedy: A sentence that says what to do; "" where time may mend it.
        is_final: Whether waiting on does not help.
    """

    reason: str
    remedy: str = ""
    is_final: bool = False


@dataclass(frozen=True)
class Exit:
    """How a container ended.

    Attributes:
        code: Its exit code.
        reason: The cluster's word, such as OOMKilled.
    """

    code: int
    reason: str

    @property
    def was_killed_for_memory(self) -> bool:
        return self.reason == "OOMKilled"

    @property
    def was_killed(self) -> bool:
        """Whether it ended without a chance to clean up."""
        return self.was_killed_for_memory or self.code in {137, 139, 134} or self.reason == "ContainerStatusUnknown"


class Pod:
    """A pod, as the cluster last told of it.

    Args:
        model: As kubectl prints it.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._status: Model = model.get("status") or {}
        self.name = str(model["metadata"]["name"])
        self.uid = str(model["metadata"].get("uid", ""))
        self.labels: Mapping[str, str] = model["metadata"].get("labels") or {}

    @property
    def node(self) -> str:
        """The node that it is on; "" before it has one."""
        return str(self._model.get("spec", {}).get("nodeName") or "")

    @property
    def is_being_deleted(self) -> bool:
        return "deletionTimestamp" in self._model["metadata"]

    @property
    def node_is_silent(self) -> bool:
        """Whether its node has not been heard of for a while: the cluster then takes all its pods for not ready, though
        their containers were when it was heard of last.
        """
        return bool(self._condition("Ready", "False") and self._condition("ContainersReady", "True"))

    @property
    def is_over(self) -> bool:
        """Whether all its containers have ended."""
        return self._status.get("phase") in {"Succeeded", "Failed"}

    def is_running(self, container: str) -> bool:
        return "running" in self._state(container)

    def exit(self, container: str) -> Exit | None:
        """Return how a container ended; None while it has not, and where the cluster does not know."""
        if ended := self._state(container).get("terminated"):
            return Exit(int(ended.get("exitCode", 0)), str(ended.get("reason") or ""))
        return None

    def has_begun(self, container: str) -> bool:
        """Return whether a container runs, or has run."""
        return bool(self._state(container).keys() & {"running", "terminated"})

    def waiting(self, container: str, events: Sequence[str] = ()) -> Waiting:
        """Return why a container does not run yet.

        Args:
            container: Its name.
            events: What the cluster last said of the pod in events, the newest last.
        """
        if unscheduled := self._condition("PodScheduled", "False"):
            return Waiting(f"no node has room for it ({_message(unscheduled)})")
        waiting = self._state(container).get("waiting") or {}
        reason, message = str(waiting.get("reason") or ""), _message(waiting)
        if reason in _NO_IMAGE:
            return Waiting(
                f"its image {self._image(container)} cannot be pulled ({message or reason})",
                "Name one that the cluster's nodes can pull in --values (image.repository, image.tag, "
                "imagePullSecrets).",
                is_final=True,
            )
        if reason in _CANNOT_START:
            return Waiting(
                f"its container cannot be started ({reason}: {message or 'no more is known'})",
                "Mend what it names, in --values or in the cluster, and try again.",
                is_final=True,
            )
        said = f" ({events[-1]})" if events else ""
        if not self.node:
            return Waiting(f"the cluster has not given it a node yet{said}")
        return Waiting(f"its node {self.node} pulls the image and prepares the rest{said}")

    def taken_away(self) -> str:
        """Return why the cluster, or somebody, takes the pod away, in a sentence; "" while nobody does."""
        if self._status.get("reason") == "Evicted":
            return f"The cluster has evicted the run's pod: {_message(self._status) or 'it gives no reason'}."
        if self.node_is_silent or self._status.get("phase") == "Unknown":
            return f"The node {self.node}, on which the run's pod is, does not answer."
        if disruption := self._condition("DisruptionTarget", "True"):
            why = _TAKEN_AWAY.get(str(disruption.get("reason")), str(disruption.get("reason")))
            return f"The cluster takes the run's pod away, {why}: {_message(disruption) or 'it says no more'}."
        if self.is_being_deleted:
            return "Somebody, or something, deletes the run's pod."
        return ""

    def why_cut_off(self, container: str) -> str:
        """Return how a run ended that could not clean up, and what to do, in sentences."""
        ended = self.exit(container)
        if ended and ended.was_killed_for_memory:
            limit = self.memory_limit(container)
            return (
                f"The run was killed for memory{f': it may take {limit}' if limit else ''}. Give it more (resources in "
                "--values), or share its people out with --workers."
            )
        how = f" (code {ended.code})" if ended else ", with its pod"
        cleaned_up = "may not have cleaned up" if ended and not ended.was_killed else "could not clean up"
        return f"The run was cut off{how}, and {cleaned_up}."

    def memory_limit(self, container: str) -> str:
        """Return the memory that a container may take, as in the manifest; "" where there is no limit."""
        for each in self._model.get("spec", {}).get("containers", []):
            if each.get("name") == container:
                return str(((each.get("resources") or {}).get("limits") or {}).get("memory", ""))
        return ""

    def _image(self, container: str) -> str:
        return next(
            (shown(str(each.get("image"))) for each in self._model["spec"]["containers"] if each["name"] == container),
            "",
        )

    def _state(self, container: str) -> Model:
        for status in self._status.get("containerStatuses") or []:
            if status.get("name") == container:
                state: Model = status.get("state") or {}
                return state
        return {}

    def _condition(self, kind: str, status: str) -> Model:
        for condition in self._status.get("conditions") or []:
            if condition.get("type") == kind and condition.get("status") == status:
                found: Model = condition
                return found
        return {}


def _message(said: Model) -> str:
    return shown(" ".join(str(said.get("message") or "").split())).rstrip(".")
