"""What events say, by words that clusters with hubs have sent."""

import re

import pytest

from hubusers.kube.cluster_objects import names_of_person
from hubusers.kube.event_words import Heard, heard, pulled

TAINT = "node(s) had untolerated taint {hub.jupyter.org_dedicated: user}"
WORKERS = "node(s) had untolerated taint {k8s.dask.org_dedicated: worker}"
GROUP = "https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-b/instanceGroups/gke-hubs-nb-user-05"

CASES: list[tuple[str, str, str, str]] = [
    # The scheduler, of several versions
    (
        "FailedScheduling",
        "0/212 nodes are available: 200 node(s) had untolerated taint {k8s.dask.org_dedicated: worker}, 5 Insufficient "
        "cpu, 7 node(s) had untolerated taint {hub.jupyter.org_dedicated: user}, 8 Insufficient memory. preemption: "
        "0/212 nodes are available: 207 Preemption is not helpful for scheduling, 5 No preemption victims found for "
        "incoming pod.",
        "no place",
        f"Insufficient cpu; Insufficient memory; {TAINT}; {WORKERS}",
    ),
    (
        "FailedScheduling",
        "0/3 nodes are available: 1 Insufficient memory, 1 node(s) had taint {ToBeDeletedByClusterAutoscaler: "
        "1623436397}, that the pod didn't tolerate, 2 Insufficient cpu.",
        "no place",
        "Insufficient cpu; Insufficient memory; node(s) had taint {ToBeDeletedByClusterAutoscaler: {id}} that the "
        "pod didn't tolerate",
    ),
    (
        "FailedScheduling",
        "0/2 nodes are available: 1 node(s) had untolerated taint {x: y}, 1 node(s) exceed max volume count.",
        "volume",
        "node(s) exceed max volume count; node(s) had untolerated taint {x: y}",
    ),
    (
        "FailedScheduling",
        "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
        "volume",
        "pod has unbound immediate PersistentVolumeClaims. not found",
    ),
    (
        "FailedScheduling",
        '0/4 nodes are available: persistentvolumeclaim "claim-ann" not found.',
        "volume",
        "persistentvolumeclaim “…” not found",
    ),
    ("FailedScheduling", "0/2 nodes are available: 2 Too many pods.", "no place", "Too many pods"),
    ("OutOfcpu", "Node didn't have enough resource: cpu, requested: 500, used: 3800", "no place", ""),
    # The cluster autoscaler
    (
        "TriggeredScaleUp",
        f"pod triggered scale-up: [{{{GROUP} 1->2 (max: 10)}}]",
        "node asked for",
        "node group gke-hubs-nb-user-05, 10 nodes at most",
    ),
    (
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up: 4 node(s) had untolerated taint {hub.jupyter.org_dedicated: user}, 2 "
        "Insufficient "
        "memory, 2 max node group size reached",
        "no node comes",
        f"Insufficient memory; max node group size reached; {TAINT}",
    ),
    (
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up (it wouldn't fit if a new node is added): 1 in backoff after failed scale-up",
        "no node comes",
        "in backoff after failed scale-up",
    ),
    ("NotTriggerScaleUp", "pod didn't trigger scale-up (it wouldn't fit if a new node is added)", "no node comes", ""),
    ("ScaleDown", "deleting pod for node scale down", "evicted", "deleting pod for node scale down"),
    # GKE, also Autopilot
    (
        "FailedScaleUp",
        "Node scale up in zones us-central1-c associated with this pod failed: GCE quota exceeded. Pod is at risk of "
        "not "
        "being scheduled.",
        "no node comes",
        "Node scale up in zones {id} associated with this pod failed: GCE quota exceeded. Pod is at risk of not being "
        "scheduled.",
    ),
    (
        "FailedScaleUp",
        "Node scale up in zones europe-west2-a associated with this pod failed: GCE out of resources. Pod is at risk "
        "of "
        "not being scheduled.",
        "no node comes",
        "",
    ),
    # Karpenter
    ("Nominated", "Pod should schedule on: nodeclaim/default-sfpsl", "node asked for", ""),
    (
        "FailedScheduling",
        'Failed to schedule pod, incompatible with nodepool "default", daemonset overhead={"cpu":"675m","pods":"6"}, '
        'incompatible requirements, label "nodegroup" does not have known values',
        "no node comes",
        'Failed to schedule pod, incompatible with nodepool "default", incompatible requirements, label "nodegroup" '
        "does "
        "not have known values",
    ),
    ("Evicted", "Evicted pod: Underutilized", "evicted", "Evicted pod: Underutilized"),
    # Evictions and preemptions
    (
        "Evicted",
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 76700Ki. Container notebook was "
        "using 21576Ki, request is 0, has larger consumption of memory. ",
        "evicted",
        "The node was low on resource: memory",
    ),
    (
        "Evicted",
        "The node was low on resource: ephemeral-storage. Container notebook was using 76Ki, which exceeds its request "
        "of 0.",
        "evicted",
        "The node was low on resource: ephemeral-storage",
    ),
    ("TaintManagerEviction", "Marking for deletion Pod jhub/jupyter-ann", "evicted", "Marking for deletion Pod jhub/"),
    ("NodeNotReady", "Node is not ready", "evicted", "Node is not ready"),
    ("Preempted", "Preempted by pod 3f1c2b7e-0c3d-4a59-9a52-7d1f1c0f3a11 on node gke-user-3", "preempted", ""),
    ("Preempted", "Preempted by jhub/jupyter-bob on node ip-10-1-2-3", "preempted", "for a pod of a higher priority"),
    # Images
    (
        "Failed",
        'Failed to pull image "busybox": rpc error: code = Unknown desc = failed to pull and unpack image '
        '"docker.io/library/busybox:latest": failed to copy: httpReadSeeker: failed open: unexpected status code '
        "https://registry-1.docker.io/v2/: 429 Too Many Requests - Server message: toomanyrequests: You have reached "
        "your pull rate limit.",
        "image not pulled",
        "",
    ),
    ("BackOff", 'Back-off pulling image "quay.io/a/b:1"', "image not pulled", 'Back-off pulling image "quay.io/a/b:1"'),
    # Volumes
    (
        "FailedAttachVolume",
        'Multi-Attach error for volume "pvc-27f9f2c0-f18d-449f-a9c3-b0d909bd0ea0" Volume is already exclusively '
        "attached "
        "to one node and can't be attached to another",
        "volume",
        "Multi-Attach error for volume “…” Volume is already exclusively attached to one node and can't be attached to "
        "another",
    ),
    (
        "FailedMount",
        "Unable to attach or mount volumes: unmounted volumes=[volume-ann], unattached volumes=[volume-ann]: timed out "
        "waiting for the condition",
        "volume",
        "Unable to attach or mount volumes: unmounted volumes=[{name}], unattached volumes=[{name}]: timed out waiting "
        "for the condition",
    ),
    (
        "FailedMount",
        'MountVolume.SetUp failed for volume "home-base" : mount failed: exit status 32 Output: mount.nfs: access '
        "denied "
        "by server while mounting nfs-server-01:/export/home-01/homes/ann",
        "volume",
        "",
    ),
    # Containers, probes, quotas
    ("BackOff", "Back-off restarting failed container hub in pod hub-5f9c_jhub(1a2b)", "container keeps ending", ""),
    (
        "FailedCreatePodSandBox",
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "
        '"1a2b3c4d5e": '
        'plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
        "container not made",
        "",
    ),
    ("Killing", "Container hub failed liveness probe, will be restarted", "probe failed", ""),
    (
        "Unhealthy",
        'Readiness probe failed: Get "http://10.0.4.7:8081/hub/health": context deadline exceeded',
        "probe failed",
        'Readiness probe failed: Get "http://{address}/hub/health": context deadline exceeded',
    ),
    (
        "FailedCreate",
        'create Pod user-placeholder-7 in StatefulSet user-placeholder failed error: pods "user-placeholder-7" is '
        "forbidden: exceeded quota: compute, requested: memory=2Gi, used: memory=30Gi, limited: memory=32Gi",
        "quota",
        "",
    ),
    ("SystemOOM", "System OOM encountered, victim process: python, pid: 585821", "killed for memory", ""),
    # What nobody knows here is told all the same
    ("SomethingNew", "jupyter-ann is odd", "other warning", "SomethingNew: {name} is odd"),
]


@pytest.mark.parametrize(("reason", "message", "what", "words"), CASES)
def test_what_is_said(reason: str, message: str, what: str, words: str) -> None:
    said = heard(reason, message, is_warning=True, names=names_of_person("jupyter-ann"))
    assert said is not None
    assert said.what == what
    assert said.words.startswith(words)
    assert not re.search(r"\bann\b", said.words)


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("Scheduled", "Successfully assigned jhub/jupyter-ann to gke-user-3"),
        ("Killing", "Stopping container notebook"),
        ("Failed", "Error: ImagePullBackOff"),
        ("Started", "Started container notebook"),
        ("TaintManagerEviction", "Cancelling deletion of Pod jhub/jupyter-ann"),
        ("FailedScheduling", "skip schedule deleting pod: jhub/jupyter-ann"),
    ],
)
def test_the_usual_course_says_nothing(reason: str, message: str) -> None:
    assert heard(reason, message, is_warning=reason.startswith("F"), names=[]) is None


def test_the_order_and_the_number_of_nodes_do_not_matter() -> None:
    messages = (
        "0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory.",
        "0/4 nodes are available: 3 Insufficient memory, 1 Insufficient cpu. preemption: 0/4 nodes are available: 4 No "
        "preemption victims found for incoming pod.",
        "(combined from similar events): 0/9 nodes are available: 9 Insufficient memory, 9 Insufficient cpu. no new "
        "claims to deallocate, preemption: 0/9 nodes are available: 9 Preemption is not helpful for scheduling.",
    )
    said = {heard("FailedScheduling", message, is_warning=True, names=[]) for message in messages}
    assert said == {Heard("no place", "Insufficient cpu; Insufficient memory")}


@pytest.mark.parametrize(
    ("message", "image", "seconds", "size"),
    [
        ('Successfully pulled image "a/b:1" in 1m20.5s', "a/b:1", 80.5, None),
        ('Successfully pulled image "a/b:1" in 2.003s (1m2s including waiting)', "a/b:1", 62.0, None),
        (
            'Successfully pulled image "quay.io/a/b:1" in 812ms (19m54s including waiting). Image size: 4100000000 '
            "bytes.",
            "quay.io/a/b:1",
            1194.0,
            4_100_000_000,
        ),
        (
            'Successfully pulled image "us-docker.pkg.dev/p/r@sha256:ae39" in 950.1µs',
            "us-docker.pkg.dev/p/r@sha256:ae39",
            0.00095,
            None,
        ),
    ],
)
def test_images_that_were_pulled(message: str, image: str, seconds: float, size: int | None) -> None:
    found = pulled(message)
    assert found is not None
    assert (found.image, found.size) == (image, size)
    assert found.seconds == pytest.approx(seconds, abs=1e-4)


def test_an_image_that_was_there_was_not_pulled() -> None:
    assert pulled('Container image "quay.io/a/b:1" already present on machine') is None


def test_names_of_people_are_known_from_their_pods() -> None:
    assert {"ann", "ann---5af1ac3b"} <= set(names_of_person("jupyter-ann---5af1ac3b"))
    assert "ann.lee@example.org" in names_of_person("jupyter-x", "ann.lee@example.org")
    assert "ann@example.org" in names_of_person("jupyter-ann-40example-2eorg")
    assert "ann" in names_of_person("claim-ann")
