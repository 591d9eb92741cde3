"""A real JupyterHub with the real KubeSpawner, whose servers are pods of the small Kubernetes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hubusers.local import LocalHub
from tests.kube.cluster import Cluster

NAMESPACE = "jhub"

_CONFIG = """
import os
import jupyterhub

os.environ["KUBECONFIG"] = "{kubeconfig}"
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.JupyterHub.cleanup_servers = True
c.KubeSpawner.namespace = "{namespace}"
c.KubeSpawner.image = "singleuser:1"
c.KubeSpawner.cmd = ["jupyterhub-singleuser"]
c.KubeSpawner.mem_guarantee = "1G"
c.KubeSpawner.delete_grace_period = 1
pod_ip = {{"valueFrom": {{"fieldRef": {{"fieldPath": "status.podIP"}}}}}}
c.KubeSpawner.environment = {{"POD_IP": pod_ip | {{"name": "POD_IP"}}, "SERVER_VERSION": jupyterhub.__version__}}
"""


@contextmanager
def hub_in_cluster(cluster: Cluster, extra_config: str = "", **settings: Any) -> Iterator[LocalHub]:
    """Yield a hub that starts its servers in the cluster's namespace `jhub`.

    As the Helm chart of Zero to JupyterHub has it, the services `hub` and `proxy-public` lead to it from there, and the
    secret `hub` has the token of the service `hubusers`.

    Args:
        extra_config: More lines for its `jupyterhub_config.py`.
        settings: Other settings of `LocalHub`.
    """
    cluster.kubectl("create", "namespace", NAMESPACE)
    server = str(Path(__file__).with_name("single_user.py"))
    cluster.fault("set_image", image="singleuser", entrypoint=["python", "-P", server])
    config = _CONFIG.format(kubeconfig=cluster.kubeconfig, namespace=NAMESPACE)
    with LocalHub(extra_config=config + extra_config, **settings) as hub:
        cluster.apply(
            *_service("hub", 8081, hub.settings.hub_port),
            *_service("proxy-public", 80, hub.settings.public_port),
            {
                **{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hub", "namespace": NAMESPACE}},
                "stringData": {"hub.services.hubusers.apiToken": hub.token},
            },
        )
        yield hub


def _service(name: str, port: int, there: int) -> list[dict[str, Any]]:
    """Return a service, and the Endpoints that say where on this machine it leads to."""
    metadata = {"name": name, "namespace": NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": port}]}},
        {
            **{"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata},
            "subsets": [{"addresses": [{"ip": "127.0.0.1"}], "ports": [{"port": there}]}],
        },
    ]
