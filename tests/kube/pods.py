"""One pod on its node: its volumes, images and containers, from their start to their end."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kube.containers import CannotStart, Container
from tests.kube.events import say
from tests.kube.pod_status import PodStatus
from tests.kube.resources import Object
from tests.kube.sandbox import Mount
from tests.kube.volumes import NotThereYet, environment, expand, make_volume

if TYPE_CHECKING:
    from tests.kube.kubelet import Kubelet


class Ended(Exception):
    """The pod is to end before its containers have begun."""


class RunningPod:
    """A pod from the moment that it has a node, until its containers have ended and nobody asks for it any more."""

    def __init__(self, kubelet: "Kubelet", pod: Object, address: str) -> None:
        self.kubelet, self.store, self.faults = kubelet, kubelet.store, kubelet.faults
        self.spec, self.address, self.node = pod["spec"], address, pod["spec"]["nodeName"]
        self.namespace, self.name, self.uid = (pod["metadata"][key] for key in ("namespace", "name", "uid"))
        self.folder: Path = kubelet.folder / "pods" / self.uid
        self.containers: dict[str, Container] = {}
        self._shared: Container | None = None
        """What holds the processes of all containers, where they share them."""
        self.status = PodStatus(self.spec, address)
        self.ending = False
        self.evicted: tuple[str, float] | None = None
        """The message of its eviction, and its grace period in seconds."""
        self.task = asyncio.create_task(self._live())

    @property
    def lost(self) -> bool:
        """Whether its node is lost: then the API learns nothing of it any more."""
        return self.node in self.faults.lost_nodes

    def found(self) -> Object | None:
        """Return the pod as the API has it; nothing if it is gone, or another one has its name."""
        pod = self.store.find("pods", self.namespace, self.name)
        return pod if pod and pod["metadata"]["uid"] == self.uid else None

    def say(self, reason: str, message: str, kind: str = "Normal") -> None:
        pod = self.found()
        if pod and not self.lost:
            say(self.store, pod, reason, message, kind)

    def tell(self) -> None:
        """Write the status into the API."""
        pod = self.found()
        if pod and not self.lost:
            self.store.update(self.status.on(pod))

    async def _until(self, condition: Callable[[], object]) -> None:
        while not condition():
            await self.store.changed()

    # Its end

    async def _live(self) -> None:
        work = asyncio.create_task(self._work())
        asked = asyncio.create_task(self._until(self._asked_to_end))
        await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await self._end(work)
        await work
        self.kill()
        if self.evicted:
            self.status.reason, self.status.message = "Evicted", self.evicted[0]
        await self._until(lambda: not self.lost or self.found() is None)
        self.tell()
        await self._until(self._may_go)
        pod = self.found()
        if pod:
            self.store.remove(pod)
        asked.cancel()

    def _asked_to_end(self) -> bool:
        pod = self.found()
        if pod is None or self.evicted or self.lost:
            return True
        return "deletionTimestamp" in pod["metadata"] and not self._hangs()

    def _may_go(self) -> bool:
        pod = self.found()
        return pod is None or ("deletionTimestamp" in pod["metadata"] and not self.lost and not self._hangs())

    def _hangs(self) -> bool:
        return any(self.name.startswith(beginning) for beginning in self.faults.hanging)

    async def _end(self, work: "asyncio.Task[None]") -> None:
        """End the containers: SIGTERM, and SIGKILL when the grace period is over."""
        self.ending = True
        self.store.wake()
        begun = asyncio.get_running_loop().time()
        if self._grace() > 0:
            for name, container in self.containers.items():
                if not container.output.ended:
                    self.say("Killing", f"Stopping container {name}")
                    container.signal(signal.SIGTERM)
        while not work.done():
            left = begun + self._grace() - asyncio.get_running_loop().time()
            if left <= 0:
                break
            change = asyncio.create_task(self.store.changed())
            await asyncio.wait({work, change}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            change.cancel()
        self.kill()

    def kill(self) -> None:
        """End all processes of the pod at once."""
        for container in [*self.containers.values(), *([self._shared] if self._shared else [])]:
            container.kill()

    def _grace(self) -> float:
        """Return for how many seconds after the first signal the containers may go on, as it is now."""
        pod = self.found()
        if pod is None or self.lost:
            return 0
        if "deletionTimestamp" in pod["metadata"]:
            return float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        return self.evicted[1] if self.evicted else 0

    # Its work

    async def _work(self) -> None:
        try:
            mounts = await self._mounts()
            if self.spec.get("shareProcessNamespace"):
                self._shared = Container(["sleep", "infinity"], self.kubelet.images[""].env, "/", [])
                await self._shared.start()
            for container in self.spec.get("initContainers", []):
                await self._run(container, mounts, "OnFailure" if self._policy != "Never" else "Never")
                if self.status.exit_code(container["name"]) != 0:
                    self.status.failed = True
                    return
            self.status.initialized = True
        except Ended:
            return
        runs = [self._run(container, mounts, self._policy) for container in self.spec["containers"]]
        for outcome in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, Ended):
                raise outcome

    @property
    def _policy(self) -> str:
        return str(self.spec["restartPolicy"])

    async def _wait_or_end(self, condition: Callable[[], object]) -> None:
        await self._until(lambda: self.ending or condition())
        if self.ending:
            raise Ended

    async def _change_or_end(self) -> None:
        """Wait for any change in the cluster, after which something missing may be there."""
        seen = self.store.ticks
        await self._wait_or_end(lambda: self.store.ticks > seen)

    async def _mounts(self) -> dict[str, list[Mount]]:
        """Make the volumes, and return where each container has them."""
        folders: dict[str, Path] = {}
        read_only = set()
        for volume in self.spec.get("volumes") or []:
            name = volume["name"]
            folders[name] = self._folder_of(volume)
            if {"configMap", "secret", "projected", "downwardAPI"} & set(volume):
                read_only.add(name)
            while (missing := self._make(volume, folders[name])) is not None:
                self.say("FailedMount", f'MountVolume.SetUp failed for volume "{name}" : {missing}', "Warning")
                self.tell()
                await self._change_or_end()
        mounts: dict[str, list[Mount]] = {}
        for container in [*self.spec.get("initContainers", []), *self.spec["containers"]]:
            mounts[container["name"]] = [Mount(self.kubelet.hosts_file(self.namespace), "/etc/hosts")]
            for mount in container.get("volumeMounts") or []:
                source = folders[mount["name"]] / mount.get("subPath", "")
                if not source.exists():
                    source.mkdir(parents=True)
                locked = mount.get("readOnly", False) or mount["name"] in read_only
                mounts[container["name"]].append(Mount(source, mount["mountPath"].rstrip("/"), locked))
        return mounts

    def _folder_of(self, volume: Object) -> Path:
        kept: Path = self.kubelet.folder / "claims" / self.namespace
        if "persistentVolumeClaim" in volume:
            return kept / str(volume["persistentVolumeClaim"]["claimName"])
        if "hostPath" in volume:
            return Path(volume["hostPath"]["path"])
        return self.folder / str(volume["name"])

    def _make(self, volume: Object, folder: Path) -> NotThereYet | None:
        """Make a volume, or return what is missing for it."""
        pod = self.found()
        if pod is None:
            return NotThereYet("the pod is gone")
        try:
            make_volume(self.store, pod, volume, folder)
        except NotThereYet as missing:
            return missing
        return None

    async def _run(self, container: Object, mounts: dict[str, list[Mount]], policy: str) -> None:
        """Run a container until it has ended for good."""
        name = container["name"]
        while True:
            await self._pull(container)
            created = await self._create(container, mounts[name])
            self.say("Created", f"Container created: {name}")
            if self.ending:
                raise Ended
            self.containers[name] = created
            try:
                await created.start()
            except CannotStart as why:
                message = f"failed to create containerd task: failed to create shim task: {why}"
                created.output.ended = True
                self.status.cannot_start(name, message)
                self.say("Failed", f"Error: {message}", "Warning")
                code = 128
            else:
                self.status.runs(name)
                self.say("Started", f"Container started: {name}")
                self.tell()
                if self.ending:
                    created.signal(signal.SIGTERM)
                code = await created.wait()
                self.status.ended(name, code, created.killed_for)
            if self.ending or policy == "Never" or (policy == "OnFailure" and code == 0):
                self.tell()
                return
            self.status.backs_off(name)
            self.say("BackOff", f"Back-off restarting failed container {name} in pod {self.name}", "Warning")
            self.tell()
            await self._pause(10)
            self.status.restarts(name)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wait_or_end(lambda: False)
        except TimeoutError:
            pass

    async def _pull(self, container: Object) -> None:
        """Get the image onto the node."""
        image, name = container["image"], container["name"]
        here = (self.node, image)
        if container["imagePullPolicy"] != "Always" and here in self.kubelet.pulled:
            self.say("Pulled", f'Container image "{image}" already present on machine and can be accessed by the pod')
            return
        self.say("Pulling", f'Pulling image "{image}"')
        self.tell()
        if self.faults.is_unknown(image):
            why = (
                f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
            )
            message = f'Failed to pull image "{image}": rpc error: code = NotFound desc = {why}'
            self.say("Failed", message, "Warning")
            self.say("Failed", "Error: ErrImagePull", "Warning")
            self.status.waits(name, "ErrImagePull", message)
            self.tell()
            self.say("BackOff", f'Back-off pulling image "{image}"')
            self.say("Failed", "Error: ImagePullBackOff", "Warning")
            self.status.waits(name, "ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {message}')
            self.tell()
            await self._wait_or_end(lambda: not self.faults.is_unknown(image))
            self.say("Pulling", f'Pulling image "{image}"')
        seconds = self.faults.pull_seconds
        if seconds:
            await self._pause(seconds)
        self.kubelet.pulled.add(here)
        took = f"{seconds:.3g}s ({seconds:.3g}s including waiting)"
        self.say("Pulled", f'Successfully pulled image "{image}" in {took}. Image size: 250000000 bytes.')

    async def _create(self, container: Object, mounts: list[Mount]) -> Container:
        """Return the container with its command and variables, once all that they refer to is there."""
        while True:
            pod = self.found()
            if pod is None:
                raise Ended
            try:
                given = environment(self.store, self.status.on(pod), container)
                break
            except NotThereYet as missing:
                self.status.waits(container["name"], "CreateContainerConfigError", str(missing))
                self.say("Failed", f"Error: {missing}", "Warning")
                self.tell()
                await self._change_or_end()
        image = self.kubelet.image(container["image"])
        command = [expand(word, given) for word in container.get("command") or image.entrypoint]
        arguments = [expand(word, given) for word in container.get("args") or []]
        security = container.get("securityContext") or {}
        return Container(
            [*command, *arguments],
            {"HOSTNAME": self.name} | image.env | given,
            container.get("workingDir") or image.workdir,
            [*image.files, *mounts],
            bool(security.get("readOnlyRootFilesystem")),
            self._shared,
        )
