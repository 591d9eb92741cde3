"""A watch of the small Kubernetes of the tests, with the real kubectl."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hubusers.kube import object_stream
from hubusers.kube.cluster_watch import ClusterWatch
from hubusers.kube.kubectl import Kubectl
from hubusers.results import cluster as results
from hubusers.results.cluster import Said, read_cluster, write_cluster
from tests.kube import tools
from tests.kube.cluster import Cluster
from tests.waiting import wait_until

JHUB = "jhub"


def pod(name: str, component: str, container: str, cpu: str = "") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": JHUB, "labels": {"component": component}},
        "spec": {
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 1,
            "containers": [
                {
                    "name": container,
                    "image": f"quay.io/x/{container}:1",
                    "command": ["sleep", "60"],
                    "resources": {"limits": {"memory": "1Gi", **({"cpu": cpu} if cpu else {})}},
                }
            ],
        },
    }


def kubectl_of(cluster: Cluster) -> Kubectl:
    return Kubectl(JHUB, kubeconfig=str(cluster.kubeconfig), program=str(tools.kubectl()))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests of this file: they take nothing from each other."""
    with Cluster(tmp_path_factory.mktemp("kube") / "cluster") as made:
        made.kubectl("create", "namespace", JHUB)
        yield made


@pytest.fixture
def watch(cluster: Cluster) -> Iterator[ClusterWatch]:
    made = ClusterWatch(kubectl_of(cluster), "hubusers-x")
    yield made
    made.stop()
    cluster.fault("allow")
    cluster.kubectl("-n", JHUB, "delete", "pods", "--all", "--grace-period=0", "--force")


def said(told: results.Cluster, what: str, who: str) -> list[Said]:
    return [one for one in told.said if (one.what, one.who) == (what, who)]


def until(watch: ClusterWatch, holds: Callable[[results.Cluster], object]) -> results.Cluster:
    wait_until(lambda: bool(holds(watch.cluster())), lambda: repr(watch.cluster()), seconds=25)
    return watch.cluster()


def test_what_the_cluster_says_of_a_run(cluster: Cluster, watch: ClusterWatch, tmp_path: Path) -> None:
    watch.start()
    cluster.apply(pod("hub-5f9c", "hub", "hub"), pod("jupyter-ann", "singleuser-server", "notebook"))
    big = pod("jupyter-bob", "singleuser-server", "notebook", cpu="12")
    cluster.apply(big)
    until(watch, lambda told: said(told, "no place", "servers"))
    cluster.fault("scale_up", pod="jupyter-bob", namespace=JHUB)
    cluster.fault("add_node", name="user-2", cpu="16")
    running = "jsonpath={.status.phase}=Running"
    cluster.kubectl("-n", JHUB, "wait", "--for", running, "pod/hub-5f9c", "pod/jupyter-ann", "pod/jupyter-bob")
    cluster.fault("oom_kill", pod="hub-5f9c", namespace=JHUB, container="hub")
    cluster.fault("evict", pod="jupyter-ann", namespace=JHUB)
    told = until(
        watch,
        lambda told: (
            any(one.container for one in told.restarts)
            and said(told, "evicted", "servers")
            and said(told, "node asked for", "servers")
            and any(node.is_new for node in told.nodes or [])
        ),
    )
    [hub] = [one for one in told.restarts if one.container]
    assert (hub.who, hub.pod, hub.memory_limit) == ("hub", "hub-5f9c", "1Gi")
    assert hub.reason == "OOMKilled"
    assert "Insufficient cpu" in said(told, "no place", "servers")[0].words
    assert said(told, "evicted", "servers")[0].words == "The node was low on resource: memory"
    assert told.nodes is not None
    assert {node.name for node in told.nodes if node.is_new} == {"user-2"}
    assert told.clock is not None
    assert abs(told.clock) < 30
    assert told.notes == []
    text = repr(told)
    assert "jupyter-" not in text
    assert "ann" not in text
    write_cluster(tmp_path, told)
    assert read_cluster(tmp_path) == told


def test_what_may_not_be_seen_is_said_and_all_else_is_seen(cluster: Cluster, watch: ClusterWatch) -> None:
    cluster.fault("refuse", resource="nodes")
    cluster.fault("refuse", resource="events")
    watch.start()
    cluster.apply(pod("hub-5f9c", "hub", "hub"))
    cluster.kubectl("-n", JHUB, "wait", "--for", "jsonpath={.status.phase}=Running", "pod/hub-5f9c")
    cluster.fault("oom_kill", pod="hub-5f9c", namespace=JHUB, container="hub")
    told = until(watch, lambda told: told.restarts and "events and nodes" in "".join(told.notes))
    assert told.nodes is None
    assert told.notes == [
        "Your kubectl may not see the cluster's events and nodes, so this is not told: what scheduler and nodes said, "
        "which images were pulled; which nodes came and went. The Role hubusers-watch and the ClusterRole "
        "hubusers-watch-nodes allow it (https://hubusers.readthedocs.io/page/how-to/kubernetes.html#what-the-cluster-says)."
    ]


def test_a_watch_that_breaks_off_goes_on(
    cluster: Cluster, watch: ClusterWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_stream, "_PAUSE", 0.2)
    monkeypatch.setattr(object_stream, "_SETTLED", 1.0)
    watch.start()
    cluster.fault("add_node", name="gone-1")
    cluster.fault("add_node", name="gone-2")
    until(watch, lambda told: {"gone-1", "gone-2"} <= {node.name for node in told.nodes or []})
    cluster.fault("go_away")
    cluster.fault("come_back")
    cluster.kubectl("delete", "node", "gone-1")
    cluster.fault("add_node", name="gone-3")
    told = until(
        watch,
        lambda told: (
            (nodes := {node.name: node for node in told.nodes or []}).keys() > {"gone-1", "gone-3"}
            and nodes["gone-1"].left
        ),
    )
    assert [node.name for node in told.nodes or [] if node.left] == ["gone-1"]


def test_who_may_list_and_not_watch_looks_now_and_then(
    cluster: Cluster, watch: ClusterWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_stream, "_PAUSE", 0.2)
    cluster.fault("refuse", verb="watch", resource="nodes")
    watch.start()
    until(watch, lambda told: told.nodes)
    cluster.fault("add_node", name="late-1")
    cluster.apply(pod("jupyter-ann", "singleuser-server", "notebook"))
    told = until(watch, lambda told: told.seen and "late-1" in [node.name for node in told.nodes or []])
    assert told.notes == [
        "No pod of the hub was seen in its namespace (by the label component=hub), so whether the hub was restarted is "
        "not told."
    ]


def test_stopping_ends_its_kubectls(cluster: Cluster, watch: ClusterWatch) -> None:
    watch.start()
    until(watch, lambda told: told.nodes)
    processes = [stream._process for stream in watch._streams.values() if stream._process]
    assert processes
    watch.stop()
    for process in processes:
        process.wait(60)  # it would go on for as long as the cluster does


def test_without_a_cluster_it_says_so_and_ends_nothing(tmp_path: Path) -> None:
    watch = ClusterWatch(Kubectl(program=str(tmp_path / "kubectl")), "hubusers-x")
    watch.start()
    wait_until(lambda: len(watch.cluster().notes) == 3)
    told = watch.stop()
    assert told.clock is None
    assert all("cannot be run" in note for note in told.notes)
