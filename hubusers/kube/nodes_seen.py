"""The nodes of the cluster as they come and go."""

from dataclasses import replace

from hubusers.kube.cluster_objects import Object, at, mappings_at, moment_at, text_at
from hubusers.results.cluster import MOST_NODES, Node

_INSTANCE_TYPES = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")

_POOLS = (
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "karpenter.sh/nodepool",
    "karpenter.sh/provisioner-name",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "doks.digitalocean.com/node-pool",
    "k8s.ovh.net/nodepool",
    "k8s.scaleway.com/pool-name",
    "capi.stackhpc.com/node-group",
    "magnum.openstack.org/nodegroup",
    "cluster.x-k8s.io/deployment-name",
    "kops.k8s.io/instancegroup",
    "hub.jupyter.org/node-purpose",
)
"""The labels in which clouds, autoscalers and the chart say to which pool a node belongs; the first one counts."""


class NodesSeen:
    """The nodes of a cluster since a moment.

    Args:
        began: The moment, by the cluster's clock.
    """

    def __init__(self, began: float) -> None:
        self._began = began
        self._nodes: dict[str, Node] = {}  # by their identifiers

    def see(self, node: Object) -> None:
        """Take in a node as it is now."""
        known = self._nodes.get(text_at(node, "metadata", "uid"))
        if known is None:
            known = self._first_look(node)
        if known.is_new and known.ready is None:
            known = replace(known, ready=_ready_since(node))
        self._nodes[text_at(node, "metadata", "uid")] = replace(known, left=None)

    def gone(self, uid: str, moment: float) -> None:
        """Note that a node is gone."""
        if known := self._nodes.get(uid):
            self._nodes[uid] = replace(known, left=moment)

    def names_of_new(self) -> set[str]:
        """Return the names of the nodes that came since then."""
        return {node.name for node in self._nodes.values() if node.is_new}

    def listed(self) -> list[Node]:
        """Return the nodes, as many as are listed: in the order in which they came, those that came or left first."""
        changed_first = sorted(self._nodes.values(), key=lambda node: (not (node.is_new or node.left), node.came))
        return changed_first[:MOST_NODES]

    def __len__(self) -> int:
        return len(self._nodes)

    def _first_look(self, node: Object) -> Node:
        labels = at(node, "metadata", "labels")
        came = moment_at(node, "metadata", "creationTimestamp") or self._began
        return Node(
            name=text_at(node, "metadata", "name"),
            instance_type=next((text_at(labels, name) for name in _INSTANCE_TYPES if text_at(labels, name)), ""),
            pool=next((text_at(labels, name) for name in _POOLS if text_at(labels, name)), ""),
            came=came,
            is_new=came > self._began,
        )


def _ready_since(node: Object) -> float | None:
    for condition in mappings_at(node, "status", "conditions"):
        if condition.get("type") == "Ready" and condition.get("status") == "True":
            return moment_at(condition, "lastTransitionTime")
    return None
