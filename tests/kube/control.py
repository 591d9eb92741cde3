"""What a test does to the cluster beside its API: machines that come and go, kills, evictions, an API that is away."""

from dataclasses import dataclass

from aiohttp import web

from tests.kube import nodes
from tests.kube.containers import Image
from tests.kube.events import say
from tests.kube.faults import Faults
from tests.kube.kubelet import Kubelet
from tests.kube.nodes import add_node
from tests.kube.pods import RunningPod
from tests.kube.resources import Object
from tests.kube.store import Store


@dataclass
class Control:
    """Each method is called by a test, by its name (`Cluster.fault`)."""

    store: Store
    faults: Faults
    kubelet: Kubelet
    runner: web.ServerRunner
    """What serves the API."""
    port: int

    def objects(self, plural: str, namespace: str = "") -> list[Object]:
        """Return the objects of a kind."""
        return self.store.all(plural, namespace)

    async def go_away(self) -> None:
        """Refuse connections to the API from now on, and cut those that are open."""
        for site in list(self.runner.sites):
            await site.stop()
        for connection in list(self.runner.server.connections if self.runner.server else []):
            if connection.transport:
                connection.transport.abort()

    async def come_back(self) -> None:
        """Serve the API again, at the same address."""
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    def set_image(
        self, image: str, entrypoint: list[str], env: dict[str, str] | None = None, workdir: str = "/"
    ) -> None:
        """Say what containers run whose image begins with this."""
        base = self.kubelet.images[""]
        self.kubelet.images[image] = Image(entrypoint, base.env | (env or {}), workdir)

    def evict(self, pod: str, namespace: str, grace: float = 0) -> None:
        """Let the kubelet evict a pod because its node is short of memory.

        Args:
            grace: For how many seconds its containers may go on: 0 as at the hard threshold.
        """
        running = self._pod(pod, namespace)
        message = (
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 62Mi. "
            f"Container {running.spec['containers'][0]['name']} was using 900Mi, request is 0, has larger consumption "
            "of memory. "
        )
        running.evicted = (message, grace)
        running.say("Evicted", message, "Warning")
        self.store.wake()

    def oom_kill(self, pod: str, namespace: str, container: str) -> None:
        """Kill a container as the kernel does when it has used more memory than its limit."""
        killed = self._pod(pod, namespace).containers[container]
        killed.killed_for = "OOMKilled"
        killed.kill()

    def _pod(self, name: str, namespace: str) -> RunningPod:
        return self.kubelet.pods[self.store.get("pods", namespace, name)["metadata"]["uid"]]

    def add_node(self, name: str, cpu: str = "8", memory: str = "32Gi", pods: int = 110) -> None:
        """Add a node with room for so much."""
        add_node(self.store, name, cpu, memory, pods)

    def scale_up(self, pod: str, namespace: str) -> None:
        """Say what the cluster autoscaler says when it orders a node for a pod; the node comes by `add_node`."""
        message = "pod triggered scale-up: [{tests-pool 1->2 (max: 10)}]"
        say(self.store, self.store.get("pods", namespace, pod), "TriggeredScaleUp", message, by="cluster-autoscaler")

    def lose_node(self, name: str) -> None:
        """Switch off a node: its containers are gone, and the API learns only that it does not answer.

        Its pods stay as they were until somebody deletes them by force: Kubernetes itself deletes them after five
        minutes, which this cluster does not.
        """
        self.faults.lost_nodes.append(name)
        nodes.lose_node(self.store, name)

    def find_node(self, name: str) -> None:
        """Switch a lost node on again; its containers have ended."""
        self.faults.lost_nodes.remove(name)
        nodes.find_node(self.store, name)
