"""Which kinds of objects the cluster knows, and how it tells clients: discovery, aggregated discovery and OpenAPI."""

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

VERSION = {"major": "1", "minor": "37", "gitVersion": "v1.37.1", "platform": "linux/amd64"}

OPENAPI_V2 = b"\x0a\x032.0\x12\x10\x0a\x0aKubernetes\x12\x02v1"
"""A document without paths, as protobuf: kubectl reads it before it takes a `List`."""

OPENAPI_V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Resource:
    """A kind of objects, with its fields that a field selector may name."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = _VERBS

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        """The path of its group, such as `apis/batch/v1`."""
        return f"apis/{self.api_version}" if self.group else "api/v1"

    @property
    def qualified(self) -> str:
        """The name in messages, such as `jobs.batch`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """The kind in messages, such as `Job.batch`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


_POD_FIELDS = ("spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase", "status.podIP")
_EVENT_FIELDS = (
    *("involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid"),
    *("involvedObject.apiVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"),
)
_RBAC = "rbac.authorization.k8s.io"
_REVIEW = "authorization.k8s.io"

RESOURCES = [
    Resource("", "v1", "namespaces", "Namespace", False, ("ns",), ("status.phase",), ("status",)),
    Resource("", "v1", "nodes", "Node", False, ("no",), ("spec.unschedulable",), ("status",)),
    Resource("", "v1", "persistentvolumes", "PersistentVolume", False, ("pv",)),
    Resource("", "v1", "pods", "Pod", True, ("po",), _POD_FIELDS, ("status", "log", "exec", "portforward", "eviction")),
    Resource("", "v1", "configmaps", "ConfigMap", True, ("cm",)),
    Resource("", "v1", "secrets", "Secret", True, (), ("type",)),
    Resource("", "v1", "services", "Service", True, ("svc",), (), ("status",)),
    Resource("", "v1", "endpoints", "Endpoints", True, ("ep",)),
    Resource("", "v1", "events", "Event", True, ("ev",), _EVENT_FIELDS),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",)),
    Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, ("pvc",), (), ("status",)),
    Resource("", "v1", "resourcequotas", "ResourceQuota", True, ("quota",)),
    Resource("", "v1", "limitranges", "LimitRange", True, ("limits",)),
    Resource("apps", "v1", "deployments", "Deployment", True, ("deploy",), (), ("status",)),
    Resource("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), (), ("status",)),
    Resource("apps", "v1", "statefulsets", "StatefulSet", True, ("sts",), (), ("status",)),
    Resource("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",), (), ("status",)),
    Resource("batch", "v1", "jobs", "Job", True, (), ("status.successful",), ("status",)),
    Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", True, ("netpol",)),
    Resource("networking.k8s.io", "v1", "ingresses", "Ingress", True, ("ing",), (), ("status",)),
    Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",), (), ("status",)),
    Resource("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, ("pc",)),
    Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", False, ("sc",)),
    Resource(_RBAC, "v1", "roles", "Role"),
    Resource(_RBAC, "v1", "rolebindings", "RoleBinding"),
    Resource(_RBAC, "v1", "clusterroles", "ClusterRole", False),
    Resource(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    Resource(_REVIEW, "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, verbs=("create",)),
]

BY_PATH = {(resource.root, resource.plural): resource for resource in RESOURCES}
BY_PLURAL = {resource.plural: resource for resource in RESOURCES}
BY_KIND = {(resource.api_version, resource.kind): resource for resource in RESOURCES}

_ALL = ("pods", "services", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs")
"""What `kubectl get all` shows."""

_GROUPS = list(dict.fromkeys(resource.group for resource in RESOURCES if resource.group))


def group_list() -> Object:
    """Return the answer of /apis."""
    versions = {group: {"groupVersion": f"{group}/v1", "version": "v1"} for group in _GROUPS}
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {"name": group, "versions": [version], "preferredVersion": version} for group, version in versions.items()
        ],
    }


def resource_list(root: str) -> Object:
    """Return the answer of /api/v1 or /apis/GROUP/VERSION."""
    resources: list[Object] = []
    for resource in RESOURCES:
        if resource.root == root:
            common: Object = {"namespaced": resource.namespaced, "kind": resource.kind}
            resources.append(
                common
                | {"name": resource.plural, "singularName": resource.kind.lower(), "verbs": list(resource.verbs)}
                | ({"shortNames": list(resource.short)} if resource.short else {})
            )
            resources += [
                common | {"name": f"{resource.plural}/{part}", "singularName": "", "verbs": ["create", "get"]}
                for part in resource.subresources
            ]
    version = root.removeprefix("apis/").removeprefix("api/")
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}


def aggregated(path: str) -> Object:
    """Return aggregated discovery (`apidiscovery.k8s.io/v2`) of /api, the core group, or /apis, all others."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": group} if group else {},
                "versions": [
                    {
                        "version": "v1",
                        "freshness": "Current",
                        "resources": [_discovered(resource) for resource in RESOURCES if resource.group == group],
                    }
                ],
            }
            for group in ([""] if path == "api" else _GROUPS)
        ],
    }


def _discovered(resource: Resource) -> Object:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {
        "resource": resource.plural,
        "responseKind": kind,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.kind.lower(),
        "shortNames": list(resource.short),
        "verbs": list(resource.verbs),
        "categories": ["all"] if resource.plural in _ALL else [],
        "subresources": [
            {"subresource": part, "responseKind": kind, "verbs": ["create", "get"]} for part in resource.subresources
        ],
    }


def openapi_paths() -> Object:
    """Return the answer of /openapi/v3."""
    roots = sorted({resource.root for resource in RESOURCES})
    return {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}?hash=1"} for root in roots}}


def openapi(root: str) -> Object:
    """Return a group's OpenAPI: no schemas, only that its PATCH has `fieldValidation`.

    kubectl looks for that before it leaves the validation to the server.
    """
    paths = {}
    for resource in RESOURCES:
        if resource.root == root:
            scope = "namespaces/{namespace}/" if resource.namespaced else ""
            kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
            paths[f"/{root}/{scope}{resource.plural}/{{name}}"] = {
                "patch": {
                    "x-kubernetes-group-version-kind": kind,
                    "x-kubernetes-action": "patch",
                    "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                    "responses": {"200": {"description": "OK"}},
                }
            }
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.37.1"}, "paths": paths}
