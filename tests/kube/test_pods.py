"""Pods of the small Kubernetes run, fail and end as those of a real one do."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import kubernetes_validate
import psutil
import pytest
import requests

from tests.kube.cluster import Cluster
from tests.kube.containers import Container, NotRunning
from tests.waiting import wait_until

RUNS = {"name": "runs", "mountPath": "/hubusers/runs"}


def pod(name: str, *containers: dict[str, Any], volumes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a pod whose containers share the volume `runs`."""
    made = [
        {"name": f"c{number}", "image": "hubusers:1", "volumeMounts": [RUNS]} | given
        for number, given in enumerate(containers)
    ]
    spec: dict[str, Any] = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 60, "containers": made}
    spec["volumes"] = [{"name": "runs", "emptyDir": {}}, *(volumes or [])]
    labels = {"app": name}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def shell(script: str) -> dict[str, Any]:
    return {"command": ["sh", "-c", script]}


ENDS_IN_ORDER = shell("trap 'echo ended in order; exit 0' TERM; echo began; while :; do sleep 0.05; done")


def status(cluster: Cluster, name: str) -> dict[str, Any]:
    """Return the status of a pod; nothing if it is gone."""
    found = [pod for pod in cluster.objects("pods") if pod["metadata"]["name"] == name]
    return dict(found[0]["status"]) if found else {}


def state(cluster: Cluster, name: str, container: int = 0) -> dict[str, Any]:
    """Return the state of a container: the name of the state is a key beside its fields."""
    containers = status(cluster, name).get("containerStatuses") or [{"state": {"waiting": {}}}]
    (kind, fields), *_ = containers[container]["state"].items()
    return {kind: True, **fields}


def wait_for(cluster: Cluster, name: str, **fields: object) -> None:
    """Wait until the first container of a pod is in a state with these fields."""
    wait_until(lambda: fields.items() <= state(cluster, name).items(), lambda: str(cluster.objects("events")))


def events(cluster: Cluster, name: str) -> list[str]:
    return [event["reason"] for event in cluster.objects("events") if event["involvedObject"]["name"] == name]


def test_a_job_runs_with_what_it_is_given(cluster: Cluster, tmp_path: Path) -> None:
    cluster.kubectl("create", "secret", "generic", "hub", "--from-literal=hub.services.hubusers.apiToken=abc")
    (tmp_path / "picture").write_bytes(b"\xff\xfe")
    cluster.kubectl(
        "create", "configmap", "event", "--from-literal=class.toml=x = 1", f"--from-file={tmp_path}/picture"
    )
    reference = {"secretKeyRef": {"name": "hub", "key": "hub.services.hubusers.apiToken"}}
    items = [{"key": "class.toml", "path": "deep/class.toml"}, {"key": "picture", "path": "picture"}]
    given = shell(
        "echo $TOKEN at $IP $0; cat /hubusers/event/deep/class.toml; od -An -tx1 /hubusers/event/picture;"
        "touch /usr/new /hubusers/event/new; echo kept > /hubusers/runs/f; grep -c . /proc/1/cmdline; exit 3"
    ) | {
        "args": ["$(TOKEN)/$$(TOKEN)"],
        "securityContext": {"readOnlyRootFilesystem": True},
        "volumeMounts": [RUNS, {"name": "event", "mountPath": "/hubusers/event"}],
        "env": [
            {"name": "TOKEN", "valueFrom": reference},
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        ],
    }
    made = pod("run", given, volumes=[{"name": "event", "configMap": {"name": "event", "items": items}}])
    template = {"spec": made["spec"]}
    spec = {"backoffLimit": 0, "template": template}
    cluster.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "run"}, "spec": spec})
    cluster.kubectl("wait", "--for=condition=failed", "job/run", "--timeout=100s")
    (job,), (of_job,) = cluster.objects("jobs"), cluster.objects("pods")
    kubernetes_validate.validate(job, "1.37", strict=True)
    kubernetes_validate.validate(of_job, "1.37", strict=True)
    assert [condition["type"] for condition in job["status"]["conditions"]] == ["FailureTarget", "Failed"]
    log = cluster.kubectl("logs", "job/run").splitlines()
    assert log[0] == f"abc at {of_job['status']['podIP']} abc/$(TOKEN)"
    assert log[1].startswith("x = 1")
    assert [line.split(": ")[-1] for line in log if "cannot touch" in line] == ["Read-only file system"] * 2
    assert of_job["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 3
    cluster.kubectl("patch", "job", "run", "-p", '{"spec": {"ttlSecondsAfterFinished": 0}}')
    wait_until(lambda: not cluster.objects("jobs") and not cluster.objects("pods"))


def test_a_pod_is_looked_into_and_ends_in_order(cluster: Cluster, tmp_path: Path) -> None:
    kubectl = cluster.kubectl
    serve = {"command": ["python", "-m", "http.server", "18097", "--bind", "127.0.0.1", "--directory", "/hubusers"]}
    cluster.apply(pod("run", ENDS_IN_ORDER, serve))
    kubectl("wait", "--for=condition=ready", "pod/run", "--timeout=60s")
    following = cluster.start("logs", "-f", "run", "-c", "c0")
    assert following.stdout
    assert following.stdout.readline() == "began\n"
    path = f"{cluster.address}/api/v1/namespaces/default/pods/run/log"
    assert "a container name must be specified for pod run" in requests.get(path, timeout=20).json()["message"]

    kubectl(
        "exec",
        "run",
        "-c",
        "c0",
        "--",
        "sh",
        "-c",
        "mkdir runs/r; echo kept > runs/r/f; cat /proc/1/comm; exit 4",
        code=4,
    )
    assert kubectl("exec", "-i", "run", "-c", "c1", "--", "wc", "-c", input="12345") == "5\n"
    assert "executable file not found" in kubectl("exec", "run", "-c", "c1", "--", "nothing", code=1)
    kubectl("cp", "-c", "c1", "run:/hubusers/runs/r", str(tmp_path / "home"))
    assert (tmp_path / "home" / "f").read_text() == "kept\n"

    forwarding = cluster.start("port-forward", "pod/run", ":18097")
    assert forwarding.stdout
    address = forwarding.stdout.readline().split()[2]
    # Bytes of a whole file, larger than any frame, and several connections.
    kubectl("exec", "run", "-c", "c0", "--", "sh", "-c", "head -c 3000000 /dev/zero > runs/big")
    wait_until(lambda: b"runs" in requests.get(f"http://{address}/", timeout=20).content)
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(b"GET /runs/big HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))  # until the pod's side ends it
    assert answer.endswith(b"\r\n\r\n" + bytes(3_000_000))
    kubectl("delete", "pod", "run", "--grace-period=50", "--wait=false")
    assert following.stdout.read() == "ended in order\n"
    # The other one does not end by a SIGTERM: as a first process it has no default handler of it.
    assert state(cluster, "run", 1)["running"]
    kubectl("delete", "pod", "run", "--grace-period=1")
    assert forwarding.wait(30) == 1
    assert following.wait(20) == 0
    assert not cluster.objects("pods")


def test_containers_share_their_processes_where_a_pod_says_so(cluster: Cluster) -> None:
    shared = pod("shared", shell("sleep 1001; exit 5"), shell("exec sleep 1002"))
    shared["spec"]["shareProcessNamespace"] = True
    cluster.apply(shared)
    cluster.kubectl("wait", "--for=condition=ready", "pod/shared", "--timeout=60s")
    seen = cluster.kubectl("exec", "shared", "-c", "c0", "--", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert seen.startswith("sleep infinity ")  # number 1 is neither of them
    assert "sleep 1002" in seen
    # So a SIGTERM ends what does not handle it, and what it has started goes, too.
    cluster.kubectl("delete", "pod", "shared", "--timeout=20s")
    wait_until(lambda: ["sleep", "1001"] not in [found.info["cmdline"] for found in psutil.process_iter(["cmdline"])])


def test_a_command_in_a_container_that_has_just_ended_is_refused() -> None:
    with pytest.raises(NotRunning):
        asyncio.run(Container(["true"], {}, "/", []).execute(["true"], stdin=False))


def test_what_keeps_a_pod_from_running(cluster: Cluster) -> None:
    kubectl = cluster.kubectl
    kubectl("cordon", "node-1")
    cluster.fault("cannot_pull", image="typo")
    wanting = {"env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "k"}}}]} | ENDS_IN_ORDER
    no_volume = [{"name": "event", "configMap": {"name": "event"}}]
    cluster.apply(
        pod("typo", ENDS_IN_ORDER | {"image": "hubusers:typo"}),
        pod("secret", wanting),
        pod("volume", ENDS_IN_ORDER, volumes=no_volume),
        pod("nothing", {"command": ["no-such-command"]}),
        pod("big", ENDS_IN_ORDER | {"resources": {"requests": {"memory": "64Gi"}}}),
    )
    wait_until(lambda: all("FailedScheduling" in events(cluster, name) for name in ("typo", "secret", "big")))
    assert status(cluster, "typo")["conditions"][0]["message"] == (
        "0/1 nodes are available: 1 node(s) were unschedulable."
    )
    kubectl("uncordon", "node-1")
    wait_for(cluster, "typo", reason="ImagePullBackOff")
    assert {"Pulling", "Failed", "BackOff"} <= set(events(cluster, "typo"))
    wait_for(cluster, "secret", reason="CreateContainerConfigError", message='secret "hub" not found')
    wait_until(lambda: "FailedMount" in events(cluster, "volume"))
    wait_for(cluster, "nothing", reason="StartError", exitCode=128)
    wait_until(lambda: "Insufficient memory" in status(cluster, "big")["conditions"][0]["message"])
    assert "is waiting to start: trying and failing to pull image" in kubectl("logs", "typo", code=1)

    cluster.fault("can_pull")
    kubectl("create", "secret", "generic", "hub", "--from-literal=k=v")
    kubectl("create", "configmap", "event")
    cluster.fault("scale_up", pod="big", namespace="default")
    cluster.fault("add_node", name="node-2", memory="128Gi")
    for name in ("typo", "secret", "volume", "big"):
        wait_for(cluster, name, running=True)
    assert {"TriggeredScaleUp", "Scheduled"} <= set(events(cluster, "big"))


def test_how_pods_are_lost(cluster: Cluster) -> None:
    kubectl = cluster.kubectl
    names = ["evicted", "soft", "memory", "hangs", "node"]
    cluster.apply(*(pod(name, ENDS_IN_ORDER, shell("exec sleep 1000")) for name in names))
    for name in names:
        wait_for(cluster, name, running=True)
    cluster.fault("evict", pod="evicted", namespace="default")
    wait_until(lambda: status(cluster, "evicted")["phase"] == "Failed")
    assert status(cluster, "evicted")["reason"] == "Evicted"
    assert state(cluster, "evicted")["exitCode"] == 137
    cluster.fault("evict", pod="soft", namespace="default", grace=1)
    wait_until(lambda: status(cluster, "soft").get("reason") == "Evicted")
    assert (state(cluster, "soft")["exitCode"], state(cluster, "soft", 1)["exitCode"]) == (0, 137)
    assert kubectl("logs", "soft", "-c", "c0") == "began\nended in order\n"

    cluster.fault("oom_kill", pod="memory", namespace="default", container="c0")
    wait_for(cluster, "memory", reason="OOMKilled", exitCode=137)
    assert state(cluster, "memory", 1)["running"]  # the other container goes on

    cluster.fault("hang_deletion", pod="hangs")
    assert "timed out" in kubectl("delete", "pod", "hangs", "--grace-period=1", "--timeout=1s", code=1)
    assert "Terminating" in kubectl("get", "pod", "hangs")
    cluster.fault("finish_deletion")
    wait_until(lambda: not status(cluster, "hangs"))

    cluster.fault("lose_node", name="node-1")
    assert "NotReady" in kubectl("get", "nodes")
    assert "no route to host" in kubectl("logs", "node", "-c", "c0", code=1)
    kubectl("delete", "pod", "node", "--wait=false")
    assert "Terminating" in kubectl("get", "pod", "node")
    kubectl("delete", "pod", "node", "--force", "--grace-period=0")
    assert not status(cluster, "node")


def test_pods_find_services_by_their_names(cluster: Cluster) -> None:
    def service(name: str, **spec: Any) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}

    ask = "import os, urllib.request as u; print(u.urlopen('http://hub:8081/', timeout=5).status)"
    listen = "python -m http.server 18096 --bind $IP"
    ip = {"env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]}
    cluster.apply(
        service("hub", selector={"app": "hub"}, ports=[{"port": 8081, "targetPort": 18096}]),
        service("master", clusterIP="None", selector={"app": "hub"}),
    )
    cluster.apply(pod("hub", shell(listen) | ip), pod("user", shell("exec sleep 1000")))
    cluster.kubectl("wait", "--for=condition=ready", "pod/hub", "pod/user", "--timeout=60s")
    wait_until(lambda: "200" in cluster.kubectl("exec", "user", "--", "python", "-c", ask, code=None))
    hosts = cluster.kubectl("exec", "user", "--", "getent", "hosts", "master.default.svc")
    assert hosts.split()[0] == status(cluster, "hub")["podIP"]
    cluster.kubectl("delete", "pod", "hub", "--grace-period=1")
    assert "refused" in cluster.kubectl("exec", "user", "--", "python", "-c", ask, code=1)
