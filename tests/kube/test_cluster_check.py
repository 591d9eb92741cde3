"""What must be there before a run is made in a cluster, asked with the real kubectl."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hubusers.kube.cluster_check import check_cluster
from hubusers.kube.files import FilesForPod
from hubusers.kube.kubectl import Kubectl, NotAllowed, NotThere
from hubusers.kube.order import Order
from hubusers.kube.values import Values
from tests.kube import tools
from tests.kube.cluster import Cluster

ORDER = Order("hubusers-k3x9qa", Values(), FilesForPod())

TOKEN = {"hub.services.hubusers.apiToken": "token-token"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("kube") / "cluster") as cluster:
        cluster.apply(*[{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in ("jhub", "tls")])
        cluster.apply(
            _object("Secret", "hub", "jhub", stringData=TOKEN),
            _object("Service", "hub", "jhub", {"prometheus.io/path": "/base/hub/metrics"}, spec=_PORT),
            _object("Service", "hub", "tls", {"prometheus.io/path": "/hub/metrics"}, spec=_PORT),
            _object("Service", "proxy-http", "tls", spec=_PORT),
            _object("Secret", "hub", "tls", stringData={"hub.config.ConfigurableHTTPProxy.auth_token": "x"}),
        )
        yield cluster


_PORT = {"ports": [{"port": 80}]}


def _object(
    kind: str, name: str, namespace: str, annotations: dict[str, str] | None = None, **more: object
) -> dict[str, object]:
    metadata = {"name": name, "namespace": namespace, "annotations": annotations or {}}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}


def kubectl(cluster: Cluster, namespace: str) -> Kubectl:
    return Kubectl(namespace, kubeconfig=str(cluster.kubeconfig), program=str(tools.kubectl()))


def test_a_hub_is_found_with_its_base_url(cluster: Cluster, tmp_path: Path) -> None:
    assert check_cluster(kubectl(cluster, "jhub"), ORDER).values.hub.url == "http://hub:8081/base"
    with_browser = Order("hubusers-k3x9qa", Values(), FilesForPod(), has_browser=True)
    assert check_cluster(kubectl(cluster, "jhub"), with_browser).values.hub.url == "http://proxy-public/base"
    with_token = Order("hubusers-k3x9qa", Values(), FilesForPod(token="token"), has_browser=True)
    assert check_cluster(kubectl(cluster, "tls"), with_token).values.hub.url == "http://proxy-http:8000"
    named = ORDER.at("https://hub.example.org")
    assert check_cluster(kubectl(cluster, "jhub"), named).values.hub.url == "https://hub.example.org"


@pytest.mark.parametrize(
    ("namespace", "words"),
    [
        ("nowhere", ["no namespace nowhere", "give that of the hub with -n"]),
        ("default", ["no hub in the namespace default", "--host"]),
        ("tls", ["no key hub.services.hubusers.apiToken", "hubusers: {}", "loadRoles:", "helm upgrade", "-n tls"]),
    ],
)
def test_what_is_not_there_is_said_with_what_to_do(cluster: Cluster, namespace: str, words: list[str]) -> None:
    with pytest.raises(NotThere) as caught:
        check_cluster(kubectl(cluster, namespace), ORDER)
    for each in words:
        assert each in str(caught.value)


def test_rights_that_are_missing_are_named_all_at_once(cluster: Cluster) -> None:
    for resource in ("jobs", "pods/exec", "secrets", "services"):
        cluster.fault("refuse", verb="create", resource=resource)
    try:
        with pytest.raises(NotAllowed) as caught:
            check_cluster(kubectl(cluster, "jhub"), ORDER)
    finally:
        cluster.fault("allow")
    said = str(caught.value)
    assert "you may not create jobs.batch (make the run's Job), create pods/exec (bring its results home" in said
    assert "create secrets" not in said  # which this run does not need
    assert "create services" not in said


def test_who_may_not_look_is_not_kept_from_a_run(cluster: Cluster) -> None:
    for resource in ("namespaces", "secrets", "services"):
        cluster.fault("refuse", resource=resource)
    try:
        assert check_cluster(kubectl(cluster, "jhub"), ORDER).values.hub.url == "http://hub:8081"
    finally:
        cluster.fault("allow")
