"""All that a run makes in the cluster: made with its run's Job first, found by its labels, deleted whatever happens."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from hubusers.kube.kubectl import ClusterAway, Kubectl, KubectlError, NotAllowed, NotThere
from hubusers.kube.manifests import Manifest
from hubusers.kube.pod import Model, Pod
from hubusers.log import shown

_COMPONENT = "app.kubernetes.io/component"
_INSTANCE = "app.kubernetes.io/instance"

_LOOK_EVERY = 1.0
"""Seconds between two looks whether pods are gone."""

_FORCED_WITHIN = 30.0
"""Seconds in which pods are gone that are deleted by force."""


class Made:
    """What one run has made in the cluster.

    Args:
        kubectl: How to get at the cluster.
        name: Of the run's Job.
    """

    def __init__(self, kubectl: Kubectl, name: str) -> None:
        self.name = name
        self._kubectl = kubectl
        self._made: list[str] = []  # as in job/hubusers-k3x9qa; also what may have been made
        self._is_deleted = False  # but for its pods, which may take their time
        self._owner: list[dict[str, Any]] = []

    def make(self, manifests: Sequence[Manifest]) -> None:
        """Make all of these; the Job that is called like the run comes first, and owns all others.

        So the cluster itself deletes them with that Job, a day after the run, if nobody else does. Its pod comes only
        when what it needs is there.

        Raises:
            KubectlError: Not all could be made. What was made is known here, and can be deleted.
        """
        jobs = [one for one in manifests if one["kind"] == "Job" and one["metadata"]["name"] == self.name]
        others = [one for one in manifests if one not in jobs]
        for job in jobs:
            first = {**job, "spec": {**job["spec"], "suspend": True}} if others else job
            made = json.loads(self._create([first], "--output=json"))
            self._owner = [{"apiVersion": "batch/v1", "kind": "Job", "name": self.name, "uid": made["metadata"]["uid"]}]
        if others:
            self._create([self._owned(one) for one in others])
            self._kubectl.run("patch", f"job/{self.name}", "--type=merge", '--patch={"spec":{"suspend":false}}')

    def pods(self) -> list[Pod]:
        """Return the run's pods, and those of its workers.

        Raises:
            KubectlError: The cluster does not tell.
        """
        found = self._kubectl.json("get", "pods", f"--selector={_INSTANCE}={self.name}")
        return [Pod(model) for model in found["items"]]

    def warnings_about(self, kind: str, name: str) -> list[str]:
        """Return the cluster's warnings about an object, the newest last; nothing where they may not be read.

        Raises:
            ClusterAway: The cluster does not answer.
        """
        selector = f"--field-selector=involvedObject.kind={kind},involvedObject.name={name}"
        try:
            events: list[Model] = self._kubectl.json("get", "events", selector)["items"]
        except ClusterAway:
            raise
        except KubectlError:
            return []
        events.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
        return [
            shown(" ".join(str(event.get("message") or "").split())).rstrip(".")
            for event in events
            if event.get("type") == "Warning"
        ]

    def delete(
        self,
        seconds: float,
        go_on: Callable[[], bool] = lambda: True,
        look: Callable[[list[Pod]], None] = lambda _: None,
    ) -> None:
        """Delete all that was made, and wait until its pods are gone.

        Args:
            seconds: How long the pods may take to end; after that they are deleted by force.
            go_on: Whether to wait on.
            look: Called with the pods that are still there, now and then.

        Raises:
            KubectlError: Something may be left; `how_to_delete` says what.
        """
        if not self._made:
            return
        # Without waiting here: the Jobs go first, so that no pod is made again.
        self._kubectl.run("delete", *self._made, "--ignore-not-found", "--wait=false")
        self._is_deleted = True
        if not self._are_gone(seconds, go_on, look):
            self._force()
            if not self._are_gone(_FORCED_WITHIN, lambda: True, look):
                raise KubectlError("its pods do not end")
        self._made.clear()

    def delete_workers(self) -> None:
        """Delete the Jobs of the workers, and leave all else as it is.

        Raises:
            KubectlError: They may be left.
        """
        if workers := [name for name in self._made if name.startswith(f"job/{self.name}-worker-")]:
            self._kubectl.run("delete", *workers, "--ignore-not-found", "--wait=false")

    @property
    def command_to_delete(self) -> str:
        """The command that deletes all that was made."""
        return self._kubectl.shown_command("delete", *self._made, "--ignore-not-found")

    def how_to_delete(self, why: str) -> str:
        """Return what may be left in the cluster, and the command that deletes it."""
        if self._is_deleted:
            selector = f"--selector={_INSTANCE}={self.name}"
            return (
                f"The run's Job is deleted, but its pods may be left in the cluster ({why}): "
                f"`{self._kubectl.shown_command('get', 'pods', selector)}` shows them, "
                f"`{self._kubectl.shown_command('delete', 'pods', selector)}` deletes them"
            )
        return f"Left in the cluster ({why}): {', '.join(self._made)}. This deletes them: {self.command_to_delete}"

    def _create(self, manifests: Sequence[Manifest], *options: str) -> str:
        names = [f"{one['kind'].lower()}/{one['metadata']['name']}" for one in manifests]
        self._made += names  # before it is tried, because an answer may get lost
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
        if len(manifests) == 1:
            text = json.dumps(manifests[0])
        # Not `apply`, which copies each object into an annotation of it, and refuses more than 256 KiB there.
        return self._kubectl.run("create", "--filename=-", *options, input=text)

    def _owned(self, manifest: Manifest) -> Manifest:
        if not self._owner:
            return manifest
        return {**manifest, "metadata": {**manifest["metadata"], "ownerReferences": self._owner}}

    def _are_gone(self, seconds: float, go_on: Callable[[], bool], look: Callable[[list[Pod]], None]) -> bool:
        give_up_at = time.monotonic() + seconds
        while pods := self.pods():
            look(pods)
            if time.monotonic() >= give_up_at or not go_on():
                return False
            time.sleep(_LOOK_EVERY)
        return True

    def _force(self) -> None:
        for pod in self.pods():
            try:
                self._kubectl.run("delete", "pod", pod.name, "--grace-period=0", "--force", "--wait=false")
            except (NotThere, NotAllowed):
                continue


def component_of(pod: Pod) -> str:
    """Return what a pod is to its run: "run" itself, a "worker", or its "clean-up"."""
    return pod.labels.get(_COMPONENT, "")
