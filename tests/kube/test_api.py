"""The small Kubernetes answers the real kubectl as a real one does, as far as our verbs go."""

import json
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import requests

from tests.kube.cluster import Cluster
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests of this file: each deletes what it makes."""
    with Cluster(tmp_path_factory.mktemp("kube") / "cluster") as made:
        yield made


def config_map(name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "jhub", "labels": {"app": name.split("-")[0]}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_objects_are_made_changed_selected_and_deleted(cluster: Cluster) -> None:
    kubectl = cluster.kubectl
    assert kubectl("create", "namespace", "jhub") == "namespace/jhub created\n"
    assert "already exists" in kubectl("create", "namespace", "jhub", code=1)
    kubectl("create", "secret", "generic", "hub", "--from-literal=token=a b", "-n", "jhub")
    assert kubectl("get", "secret", "hub", "-n", "jhub", "-o", "jsonpath={.data.token}") == "YSBi"

    assert cluster.apply(config_map("event-1", a="1", b="2"), config_map("files-1", c="3")) == (
        "configmap/event-1 created\nconfigmap/files-1 created\n"
    )
    assert cluster.apply(config_map("event-1", a="1", b="2")) == "configmap/event-1 unchanged\n"
    # Applied again without a key, the key goes: kubectl says so in its patch.
    assert cluster.apply(config_map("event-1", a="9")) == "configmap/event-1 configured\n"
    assert cluster.objects("configmaps", "jhub")[0]["data"] == {"a": "9"}
    kubectl("apply", "--server-side", "-f", "-", input=json.dumps(config_map("server-1", d="4")))
    for selector, names in {
        "app=event": "event-1",
        "app in (event, files)": "event-1 files-1",
        "app notin (event,files)": "server-1",
        "app!=event,app": "files-1 server-1",
        "!app": "",
    }.items():
        assert kubectl("get", "cm", "-n", "jhub", "-l", selector, "-o", "jsonpath={.items[*].metadata.name}") == names
    named = kubectl("get", "cm", "-A", "--field-selector", "metadata.name=files-1", "-o", "name")
    assert named == "configmap/files-1\n"
    assert "field label not supported" in kubectl("get", "cm", "-A", "--field-selector", "data.a=9", code=1)
    assert kubectl("get", "cm", "event-1", "-n", "jhub").split()[:3] == ["NAME", "DATA", "AGE"]

    for patch in (["--type=merge", '-p={"data":{"a":null,"z":"1"}}'], ["-p", '{"data":{"y":"2"}}']):
        assert "patched" in kubectl("patch", "cm", "event-1", "-n", "jhub", *patch)
    kubectl("patch", "cm", "event-1", "-n", "jhub", "--type=json", '-p=[{"op":"remove","path":"/data/y"}]')
    assert cluster.objects("configmaps", "jhub")[0]["data"] == {"z": "1"}

    wrong = config_map("wrong") | {"dates": {}}
    refused = kubectl("apply", "-f", "-", input=json.dumps(wrong), code=1)
    assert 'strict decoding error: unknown field "dates"' in refused
    assert 'configmaps "no" not found' in kubectl("delete", "cm", "no", "-n", "jhub", code=1)
    assert 'namespaces "no" not found' in kubectl("create", "cm", "x1", "-n", "no", code=1)

    kubectl("delete", "cm", "-l", "app=event", "-n", "jhub")
    for kind in ("configmaps", "secrets", "namespaces", "nodes", "serviceaccounts"):
        for found in cluster.objects(kind):
            kubernetes_validate.validate(found, "1.37", strict=True)
    assert kubectl("delete", "namespace", "jhub") == 'namespace "jhub" deleted\n'
    assert not cluster.objects("configmaps", "jhub")


def test_what_is_refused_can_be_asked_before(cluster: Cluster) -> None:
    assert cluster.kubectl("auth", "can-i", "create", "pods/exec") == "yes\n"
    cluster.fault("refuse", verb="create", resource="configmaps", namespace="default")
    assert cluster.kubectl("auth", "can-i", "create", "configmaps", code=1) == "no\n"
    assert cluster.kubectl("auth", "can-i", "create", "configmaps", "-n", "kube-system") == "yes\n"
    refused = cluster.kubectl("create", "configmap", "x1", code=1)
    assert 'configmaps is forbidden: User "tester" cannot create resource "configmaps" in API group ""' in refused
    cluster.fault("allow")
    cluster.kubectl("create", "configmap", "x1")

    cluster.fault("go_away")
    assert "connection to the server" in cluster.kubectl("get", "configmaps", code=1)
    cluster.fault("come_back")
    assert "x1" in cluster.kubectl("get", "configmaps")
    cluster.kubectl("delete", "configmap", "x1")


def test_a_watch_tells_what_changes_for_it(cluster: Cluster) -> None:
    """Also after it was cut, and with another kubectl."""
    url = f"{cluster.address}/api/v1/namespaces/default/configmaps"
    since = requests.get(url, timeout=20).json()["metadata"]["resourceVersion"]
    cluster.kubectl("create", "configmap", "x1")
    for label in ("on=1", "on=2", "on=1"):
        cluster.kubectl("label", "--overwrite", "configmap", "x1", label)
    cluster.kubectl("delete", "configmap", "x1")
    query = {"watch": "1", "resourceVersion": since, "labelSelector": "on=1", "timeoutSeconds": "1"}
    answer = requests.get(url, params=query, timeout=20)
    assert [json.loads(line)["type"] for line in answer.text.splitlines()] == ["ADDED", "DELETED", "ADDED", "DELETED"]

    cluster.fault("forget_changes")
    late = requests.get(url, params=query, timeout=20).json()
    assert (late["type"], late["object"]["code"], late["object"]["reason"]) == ("ERROR", 410, "Expired")

    watching = cluster.start("get", "configmaps", "--watch", "-o", "name")
    cluster.kubectl("create", "configmap", "x2")
    assert watching.stdout
    assert watching.stdout.readline() == "configmap/x2\n"
    wait_until(lambda: cluster.fault("drop", stream="watch") == 1)
    assert watching.wait(60) == 0
    cluster.kubectl("delete", "configmap", "x2")


def test_what_an_object_owns_goes_with_it(cluster: Cluster) -> None:
    for cascade, left in {"background": [], "foreground": [], "orphan": ["owned"]}.items():
        cluster.kubectl("create", "configmap", "owner")
        owner = cluster.objects("configmaps", "default")[0]["metadata"]
        owned = config_map("owned")
        owned["metadata"] |= {
            "namespace": "default",
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["uid"]}],
        }
        cluster.apply(owned)
        cluster.kubectl("delete", "configmap", "owner", f"--cascade={cascade}")
        # What lies in the namespace afterwards, once the garbage is collected.
        cluster.kubectl("create", "configmap", "later")
        cluster.kubectl("delete", "configmap", "later")
        assert [found["metadata"]["name"] for found in cluster.objects("configmaps", "default")] == left
