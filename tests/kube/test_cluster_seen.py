"""What pods, events and nodes tell, as they come one after the other."""

from typing import Any

import kubernetes_validate
import pytest

from hubusers.kube.cluster_tally import Tally
from hubusers.kube.events_seen import EventsSeen
from hubusers.kube.nodes_seen import NodesSeen
from hubusers.kube.pods_seen import PodsSeen
from hubusers.results.cluster import MOST_KINDS, MOST_RESTARTS, Said
from tests.kube.cluster_examples import BEGAN, ended, event, newer_event, node, pod, timestamp

RUN = "hubusers-k3x9qa"


class Seen:
    """What is seen of a cluster since BEGAN."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.pods = PodsSeen(BEGAN, self.tally, RUN)
        self.events = EventsSeen(BEGAN, self.tally, self.pods)
        self.nodes = NodesSeen(BEGAN)

    @property
    def said(self) -> Said:
        [only] = self.tally.said()
        return only


@pytest.fixture
def seen() -> Seen:
    return Seen()


EXAMPLES = [
    event("Evicted", "The node was low on resource: memory. "),
    newer_event("FailedScheduling", "0/3 nodes are available: 3 Insufficient memory.", count=4, until=60.0),
    pod(username="ann"),
    pod("hub-1", "hub", node="core-1", container="hub", containerStatuses=[ended("hub", "OOMKilled", 137, 20.0)]),
    node("user-1", ready=30.0),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: str(one["kind"]))
def test_the_examples_are_objects_of_kubernetes(example: dict[str, object]) -> None:
    kubernetes_validate.validate(example, "1.36", strict=True)


FULL = "0/3 nodes are available: 3 Insufficient memory."


def test_an_event_that_comes_again_is_counted_on(seen: Seen) -> None:
    seen.events.see(event("FailedScheduling", FULL, uid="1", count=1))
    seen.events.see(event("FailedScheduling", FULL, uid="1", count=3, until=40.0))
    seen.events.see(event("FailedScheduling", FULL, uid="1", count=3, until=40.0))  # a watch that began anew lists it
    seen.events.see(event("FailedScheduling", FULL, "jupyter-bob", uid="2", at=20.0))
    assert seen.said == Said("no place", "servers", "Insufficient memory", 4, 2, BEGAN + 10, BEGAN + 40)


def test_newer_reporters_count_in_a_series_and_leave_the_other_times_empty(seen: Seen) -> None:
    seen.events.see(newer_event("FailedScheduling", FULL))
    seen.events.see(newer_event("FailedScheduling", FULL, count=5, until=50.5))
    assert (seen.said.count, seen.said.first, seen.said.last) == (5, BEGAN + 10, BEGAN + 50.5)


def test_what_was_said_before_the_watch_began_does_not_count(seen: Seen) -> None:
    seen.events.see(event("Evicted", "The node was low on resource: memory. ", at=-50.0))
    assert seen.tally.said() == []
    # Of one that goes on, only what comes now.
    seen.events.see(event("FailedScheduling", FULL, uid="1", at=-50.0, until=-20.0, count=7))
    seen.events.see(event("FailedScheduling", FULL, uid="1", at=-50.0, until=5.0, count=9))
    assert (seen.said.count, seen.said.first) == (2, BEGAN)


def test_an_eviction_is_told_once_whoever_tells_it(seen: Seen) -> None:
    disrupted = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "TerminationByKubelet",
        "message": "The node was low on resource: memory. Threshold quantity: 100Mi, available: 76700Ki.",
        "lastTransitionTime": timestamp(30.0),
    }
    seen.pods.see(pod(node="user-1", phase="Failed", reason="Evicted", message="...", conditions=[disrupted]))
    seen.events.see(event("Evicted", "The node was low on resource: memory. Container x was using 1Gi.", at=31.0))
    assert (seen.said.what, seen.said.count, seen.said.words) == (
        "evicted",
        1,
        "The node was low on resource: memory",
    )


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("PreemptionByScheduler", "preempted"),
        ("EvictionByEvictionAPI", "evicted"),
        ("DeletionByTaintManager", "evicted"),
        ("DeletionByPodGC", "evicted"),
    ],
)
def test_pods_alone_tell_why_they_were_taken_away(seen: Seen, reason: str, what: str) -> None:
    disrupted = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": reason,
        "message": "jhub/jupyter-bob",
        "lastTransitionTime": timestamp(9.0),
    }
    seen.pods.see(pod(node="user-1", conditions=[disrupted]))
    assert (seen.said.what, seen.said.who) == (what, "servers")
    assert "bob" not in seen.said.words


def test_a_hub_that_was_killed_for_memory(seen: Seen) -> None:
    hub = pod("hub-1", "hub", created=-900.0, node="core-1", container="hub", limits={"memory": "1Gi"})
    seen.pods.see(hub)
    killed = {**hub, "status": {**hub["status"], "containerStatuses": [ended("hub", "OOMKilled", 137, 20.0)]}}
    seen.pods.see(killed)
    seen.pods.see(killed)
    [restart] = seen.tally.restarts
    assert (restart.who, restart.pod, restart.container, restart.ended) == ("hub", "hub-1", "hub", BEGAN + 20)
    assert (restart.reason, restart.exit_code, restart.restarts, restart.memory_limit) == ("OOMKilled", 137, 1, "1Gi")
    assert (seen.said.what, seen.said.who) == ("killed for memory", "hub")


def test_a_hub_that_crashes_again_and_again(seen: Seen) -> None:
    for number in range(1, 4):
        status = ended("hub", "Error", 1, 20.0 * number, restarts=number, now="waiting")
        seen.pods.see(pod("hub-1", "hub", created=-9.0, node="core-1", containerStatuses=[status]))
    assert [(one.reason, one.exit_code, one.restarts) for one in seen.tally.restarts] == [
        ("Error", 1, 1),
        ("Error", 1, 2),
        ("Error", 1, 3),
    ]


def test_ends_before_the_watch_began_are_not_of_the_run(seen: Seen) -> None:
    status = ended("hub", "OOMKilled", 137, -500.0, restarts=4)
    seen.pods.see(pod("hub-1", "hub", created=-9000.0, node="core-1", containerStatuses=[status]))
    assert (seen.tally.restarts, seen.tally.said()) == ([], [])


def test_a_pod_that_takes_the_place_of_another_one(seen: Seen) -> None:
    old = pod("proxy-1", "proxy", created=-900.0, node="core-1", reason="Evicted", phase="Failed", message="Low.")
    seen.pods.see({**old, "status": {**old["status"], "startTime": timestamp(1.0)}})
    seen.pods.gone("uid-proxy-1", BEGAN + 20)
    seen.pods.see(pod("proxy-2", "proxy", created=21.0, node="core-2"))
    [restart] = seen.tally.restarts
    assert (restart.who, restart.pod, restart.container, restart.ended) == ("proxy", "proxy-2", "", BEGAN + 21)
    assert restart.reason == "evicted: Low."


def beside(name: str, component: str, own: str, *others: str, **status: Any) -> dict[str, Any]:
    """Return a pod with containers beside its own: here they come first, as a service mesh puts its own there."""
    made = pod(name, component, created=-900.0, node="core-1", container=own, **status)
    containers = [{"name": each, "image": "registry/beside:1", "resources": {}} for each in others]
    return {**made, "spec": {**made["spec"], "containers": [*containers, *made["spec"]["containers"]]}}


def test_what_is_beside_the_hub_in_its_pod_is_not_the_hub(seen: Seen) -> None:
    killed, over = ended("cloud-sql-proxy", "OOMKilled", 137, 20.0), ended("istio-proxy", "Completed", 0, 25.0)
    prepares = ended("fix-permissions", "OOMKilled", 137, 22.0)
    hub = ended("hub", "Error", 1, 30.0)
    statuses = {"containerStatuses": [killed, over, hub], "initContainerStatuses": [prepares]}
    seen.pods.see(beside("hub-1", "hub", "hub", "cloud-sql-proxy", "istio-proxy", **statuses))
    assert [(one.who, one.container, one.exit_code) for one in seen.tally.restarts] == [("hub", "hub", 1)]
    names = [one.container for one in seen.tally.beside]
    assert sorted(names) == ["cloud-sql-proxy", "fix-permissions", "istio-proxy"]
    assert {(one.what, one.who) for one in seen.tally.said()} == {("other container killed for memory", "hub")}
    text = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    seen.events.see(event("Unhealthy", text, "hub-1", container="istio-proxy", at=40.0, uid="1"))
    seen.events.see(event("Unhealthy", text, "hub-1", container="hub", at=41.0, uid="2"))
    assert [one.words for one in seen.tally.said()[-2:]] == [
        "container istio-proxy: Readiness probe failed: HTTP probe failed with statuscode: 503",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
    ]


@pytest.mark.parametrize(
    ("name", "component", "own", "who"),
    [
        ("proxy-1", "proxy", "chp", "proxy"),
        ("autohttps-1", "autohttps", "traefik", "proxy"),
        ("jupyter-ann", "singleuser-server", "notebook", "servers"),
        ("hub-1", "hub", "our-hub", "hub"),
    ],
)
def test_which_container_is_meant_by_a_pod(seen: Seen, name: str, component: str, own: str, who: str) -> None:
    statuses = [ended("a-sidecar", "OOMKilled", 137, 20.0), ended(own, "OOMKilled", 137, 30.0)]
    made = beside(name, component, own, "a-sidecar", containerStatuses=statuses)
    made["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"] = own  # as Istio does
    seen.pods.see(made)
    assert [(one.what, one.who, one.words) for one in seen.tally.said()] == [
        ("other container killed for memory", who, "container a-sidecar: OOMKilled"),
        ("killed for memory", who, f"container {own}: OOMKilled"),
    ]
    assert [one.container for one in seen.tally.restarts] == ([] if who == "servers" else [own])


def going(name: str, component: str, asked: float) -> dict[str, Any]:
    """Return a pod that was told to end, and may take 30 seconds."""
    made = pod(name, component, created=-900.0, node="core-1")
    return {
        **made,
        "metadata": {
            **made["metadata"],
            "deletionTimestamp": timestamp(asked + 30),
            "deletionGracePeriodSeconds": 30,
        },
    }


def test_a_pod_that_comes_beside_others_takes_nobodys_place(seen: Seen) -> None:
    for name, component in (("hub-1", "hub"), ("proxy-1", "proxy")):
        seen.pods.see(pod(name, component, created=-900.0, node="core-1"))
    seen.pods.see(pod("autohttps-1", "autohttps", created=10.0, node="core-1"))
    seen.pods.see(pod("hub-2", "hub", created=20.0, node="core-1"))
    seen.pods.see(going("hub-2", "hub", 30.0))
    seen.pods.gone("uid-hub-2", BEGAN + 31)
    assert seen.tally.restarts == []


def test_a_rolling_update_is_told_when_the_old_pod_is_told_to_end(seen: Seen) -> None:
    seen.pods.see(pod("hub-1", "hub", created=-900.0, node="core-1"))
    seen.pods.see(pod("hub-2", "hub", created=20.0, node="core-1"))
    assert seen.tally.restarts == []
    seen.pods.see(going("hub-1", "hub", 45.0))
    seen.pods.gone("uid-hub-1", BEGAN + 50)
    [restart] = seen.tally.restarts
    assert (restart.pod, restart.container, restart.ended, restart.reason) == ("hub-2", "", BEGAN + 45, "")


def test_an_upgrade_that_deletes_the_old_pod_first(seen: Seen) -> None:
    seen.pods.see(pod("hub-0", "hub", created=-9000.0, node="core-1", phase="Failed"))  # of some time ago
    seen.pods.see(pod("hub-1", "hub", created=-900.0, node="core-1"))
    seen.pods.see(going("hub-1", "hub", 15.0))
    seen.pods.gone("uid-hub-1", BEGAN + 20)
    seen.pods.gone("uid-hub-0", BEGAN + 21)
    seen.pods.see(pod("hub-2", "hub", created=21.0, node="core-1"))
    seen.pods.see(pod("hub-3", "hub", created=22.0, node="core-1"))  # a second one, beside it
    [restart] = seen.tally.restarts
    assert (restart.pod, restart.ended) == ("hub-2", BEGAN + 21)


def test_pods_of_other_runs_are_not_the_load_generator(seen: Seen) -> None:
    for name, run in (
        (f"{RUN}-x", RUN),
        ("hubusers-other-x", "hubusers-other"),
        (f"{RUN}-clean-up-x", f"{RUN}-clean-up"),
    ):
        labels = {"app.kubernetes.io/name": "hubusers", "app.kubernetes.io/instance": run}
        killed = ended("hubusers", "OOMKilled", 137, 60.0, now="ended", restarts=0)
        mesh = ended("istio-proxy", "Error", 137, 61.0, now="ended", restarts=0)
        made = beside(name, "run", "hubusers", "istio-proxy", labels=labels, containerStatuses=[killed, mesh])
        seen.pods.see(made)
    assert [(one.pod, one.container) for one in seen.tally.restarts] == [(f"{RUN}-x", "hubusers")]
    assert [(one.pod, one.container) for one in seen.tally.beside] == [(f"{RUN}-x", "istio-proxy")]
    for name in ("hubusers-other-y", f"{RUN}-clean-up-y", f"{RUN}-y"):  # not seen
        seen.events.see(event("Evicted", f"The node had condition: [{name}]", name, at=70.0))
    assert [one.who for one in seen.tally.said() if one.what == "evicted"] == [
        "other load tests",
        "other load tests",
        "load generator",
    ]


def test_a_run_whose_verdict_fails_its_job_is_not_a_warning(seen: Seen) -> None:
    text = "Job has reached the specified backoff limit"
    seen.events.see(event("BackoffLimitExceeded", text, RUN, about="Job"))
    assert seen.tally.said() == []
    seen.events.see(event("BackoffLimitExceeded", text, "backup-7", about="Job"))
    assert (seen.said.what, seen.said.who) == ("other warning", "other pods")


def test_a_hub_that_is_told_to_end_is_not_a_crash(seen: Seen) -> None:
    status = ended("hub", "Error", 143, 20.0, now="ended", restarts=0)
    going = pod("hub-1", "hub", created=-9.0, node="core-1", containerStatuses=[status])
    going["metadata"]["deletionTimestamp"] = timestamp(15.0)
    seen.pods.see(going)
    assert seen.tally.restarts == []


def test_the_verdict_of_a_run_is_not_an_accident_of_its_pod(seen: Seen) -> None:
    own = {"app.kubernetes.io/name": "hubusers", "app.kubernetes.io/instance": RUN}
    for name, reason, code in (("a", "Completed", 0), ("b", "Error", 1), ("c", "Error", 4)):
        status = ended("hubusers", reason, code, 50.0, now="ended", restarts=0)
        seen.pods.see(pod(f"hubusers-{name}", "run", node="n", labels=own, containerStatuses=[status]))
    assert seen.tally.restarts == []
    killed = ended("hubusers", "OOMKilled", 137, 60.0, now="ended", restarts=0)
    seen.pods.see(pod("hubusers-d", "run", node="n", labels=own, containerStatuses=[killed]))
    assert [(one.who, one.reason) for one in seen.tally.restarts] == [("load generator", "OOMKilled")]


def test_servers_that_wait_for_a_place(seen: Seen) -> None:
    seen.pods.see(pod("jupyter-old", created=-100.0, node="user-1"))  # runs already
    seen.pods.see(pod("jupyter-ann"))
    seen.pods.see(pod("jupyter-bob"))
    seen.pods.see(pod("jupyter-cat"))
    seen.pods.see(pod("jupyter-ann", node="user-1", placed=65.0))
    seen.pods.see(pod("jupyter-bob", node="user-1", placed=5.0))
    waits = seen.pods.waits(BEGAN + 45)
    assert (waits.pods, waits.waited, waits.most_at_once, waits.still) == (3, 2, 3, 1)
    assert (waits.longest, waits.seconds) == (60.0, 100.0)
    seen.pods.gone("uid-jupyter-cat", BEGAN + 35)
    waits = seen.pods.waits(BEGAN + 90)
    assert (waits.waited, waits.still, waits.seconds) == (2, 0, 90.0)


def test_words_about_a_pod_do_not_name_its_person(seen: Seen) -> None:
    seen.pods.see(pod("jupyter-3fa9---5af1ac3b", username="Ann.Lee"))
    seen.events.see(event("FailedMount", "subPath /homes/ann.lee of ann.lee is missing", "jupyter-3fa9---5af1ac3b"))
    assert seen.said.words == "subPath /homes/{name} of {name} is missing"


def test_images_by_node(seen: Seen) -> None:
    seen.nodes.see(node("user-1"))
    seen.nodes.see(node("user-2", created=30.0))
    for number, place in enumerate(("user-1", "user-2", "user-2")):
        text = f'Successfully pulled image "quay.io/a/b:1" in {number + 1}0s'
        seen.events.see(event("Pulled", text, f"jupyter-{number}", node=place, kind="Normal", uid=str(number)))
    [pull] = seen.tally.pulls(seen.nodes.names_of_new())
    assert pull.who == "servers"
    assert (pull.count, pull.nodes, pull.new_nodes, pull.seconds, pull.longest) == (3, 2, 1, 60.0, 30.0)


def test_nodes_that_come_and_go(seen: Seen) -> None:
    seen.nodes.see(node("old", ready=-8000.0, pool="users"))
    seen.nodes.see(node("new", created=30.0, pool="users"))
    seen.nodes.see(node("new", created=30.0, ready=90.0, pool="users"))
    seen.nodes.see(node("new", created=30.0, ready=200.0, pool="users"))  # it was away for a time
    seen.nodes.gone("uid-old", BEGAN + 100)
    old, new = sorted(seen.nodes.listed(), key=lambda one: one.came)
    assert (new.name, new.is_new, new.came, new.ready, new.left) == ("new", True, BEGAN + 30, BEGAN + 90, None)
    assert (new.instance_type, new.pool) == ("n2-highmem-8", "users")
    assert (old.is_new, old.ready, old.left) == (False, None, BEGAN + 100)


def test_a_week_with_thousands_of_pods_stays_bounded(seen: Seen) -> None:
    for number in range(600):
        name = f"jupyter-u{number}x"
        seen.pods.see(pod(name, created=float(number)))
        seen.events.see(event("SomethingNew", f"text {chr(97 + number % 26)}{'x' * (number % 250)}", name, uid=name))
        seen.pods.see(pod(name, created=float(number), node="user-1", placed=number + 2.0))
        seen.pods.gone(f"uid-{name}", BEGAN + number + 3)
        seen.events.gone(name)
        hub = ended("hub", "Error", 1, number + 1.0, restarts=number)
        seen.pods.see(pod("hub-1", "hub", created=-1.0, node="core-1", containerStatuses=[hub]))
    assert len(seen.tally.said()) <= MOST_KINDS + 1
    assert (len(seen.tally.restarts), seen.tally.more_restarts) == (MOST_RESTARTS, 600 - MOST_RESTARTS)
    assert (seen.pods.waits(BEGAN + 9999).waited, len(seen.pods._pods)) == (600, 1)
    assert seen.events._counts == {}


@pytest.mark.parametrize("odd", [{}, {"metadata": None}, {"metadata": {"uid": 7}}, {"status": [], "spec": "x"}])
def test_odd_objects_end_nothing(seen: Seen, odd: dict[str, object]) -> None:
    seen.pods.see(odd)
    seen.events.see(odd)
    seen.nodes.see(odd)
