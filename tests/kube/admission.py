"""What the API does with an object that is sent to it: checks it, and fills in what was left out."""

import base64
import re
import uuid
from typing import Any

from tests.kube.resources import BY_PLURAL, Object, Resource
from tests.kube.store import Refused, Store

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_RBAC_NAME = re.compile(r"[^/%]+")
_SCHEMAS = "1.37"


def admit(store: Store, resource: Resource, namespace: str, given: Object, strict: bool = False) -> None:
    """Check an object that is to be created, and fill in its defaults.

    Args:
        strict: Refuse fields that the kind does not have, rather than drop them (`fieldValidation=Strict`).

    Raises:
        Refused: with the answer of Kubernetes.
    """
    if given.get("kind", resource.kind) != resource.kind:
        message = f"{given['kind']} in version {given.get('apiVersion')} cannot be handled as a {resource.kind}"
        raise Refused(400, "BadRequest", message)
    if resource.namespaced:
        found = store.find("namespaces", "", namespace)
        if found is None:
            details = {"name": namespace, "kind": "namespaces"}
            raise Refused(404, "NotFound", f'namespaces "{namespace}" not found', details)
        if found["metadata"].get("deletionTimestamp"):
            name = given["metadata"].get("name")
            message = (
                f'{resource.qualified} "{name}" is forbidden: unable to create new content in namespace {namespace} '
                "because it is being terminated"
            )
            raise Refused(403, "Forbidden", message)
        of = given["metadata"].get("namespace", namespace)
        if of != namespace:
            message = f"the namespace of the provided object does not match the namespace sent on the request: {of}"
            raise Refused(400, "BadRequest", message)
    metadata = given.get("metadata") or {}
    name = metadata.get("name") or f"{metadata.get('generateName', '')}00000"
    pattern = _RBAC_NAME if resource.group.startswith("rbac") else _NAME
    if not pattern.fullmatch(name) or name == "00000":
        raise invalid(resource, name, f'metadata.name: Invalid value: "{name}": a lowercase RFC 1123 subdomain')
    check(resource, given, strict)
    default(store, resource, given)


def check(resource: Resource, given: Object, strict: bool) -> None:
    """Check an object by the schema of its kind."""
    import kubernetes_validate  # takes longer than all else that a cluster starts with

    whole: Object = {"apiVersion": resource.api_version, "kind": resource.kind} | given
    try:
        kubernetes_validate.validate(whole, _SCHEMAS, strict=strict)
    except kubernetes_validate.SchemaNotFoundError:
        return
    except kubernetes_validate.ValidationError as error:
        path = ".".join(str(part) for part in error.absolute_path)
        if error.validator == "additionalProperties":
            unknown = re.findall(r"'([^']*)'", error.message.split("(")[-1])
            fields = ", ".join(f'unknown field "{".".join(filter(None, (path, name)))}"' for name in unknown)
            message = (
                f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
                f"strict decoding error: {fields}"
            )
            raise Refused(400, "BadRequest", message) from None
        raise invalid(resource, whole["metadata"].get("name", ""), f"{path}: {error.message}") from None


def invalid(resource: Resource, name: str, why: str) -> Refused:
    details = {"name": name, "group": resource.group, "kind": resource.kind}
    return Refused(422, "Invalid", f'{resource.qualified_kind} "{name}" is invalid: {why}', details)


def check_update(resource: Resource, before: Object, after: Object) -> None:
    """Refuse changes of what Kubernetes lets nobody change."""
    fixed: dict[str, Any] = {"jobs": ("template", "selector", "completionMode"), "pods": ("containers", "volumes")}
    for field in fixed.get(resource.plural, ()):
        old, new = before["spec"].get(field), after.get("spec", {}).get(field)
        if resource.plural == "pods" and field == "containers":
            old, new = ([{**container, "image": ""} for container in part or []] for part in (old, new))
        if old != new:
            raise invalid(resource, before["metadata"]["name"], f"spec.{field}: Invalid value: field is immutable")


def default(store: Store, resource: Resource, given: Object) -> None:
    """Fill in what was left out."""
    given.pop("status", None) if resource.plural in ("pods", "jobs") else None
    match resource.plural:
        case "secrets":
            texts: dict[str, str] = given.pop("stringData", None) or {}
            encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
            given["data"] = (given.get("data") or {}) | encoded
            given.setdefault("type", "Opaque")
        case "namespaces":
            given.setdefault("spec", {"finalizers": ["kubernetes"]})
            given["status"] = {"phase": "Active"}
            labels = given["metadata"].setdefault("labels", {})
            labels["kubernetes.io/metadata.name"] = given["metadata"]["name"]
        case "pods":
            _default_pod(given["spec"])
            given["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
        case "jobs":
            _default_job(given)
        case "services":
            spec = given["spec"]
            spec.setdefault("type", "ClusterIP")
            for port in spec.get("ports", []):
                port.setdefault("protocol", "TCP")
                port.setdefault("targetPort", port["port"])


def _default_pod(spec: Object) -> None:
    defaults = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccountName": "default",
        "enableServiceLinks": True,
    }
    for name, value in defaults.items():
        spec.setdefault(name, value)
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        container.setdefault("resources", {})
        image = container.get("image", "")
        latest = ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest")
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")


def _default_job(given: Object) -> None:
    spec, name = given["spec"], given["metadata"].get("name", "")
    for field, value in {"backoffLimit": 6, "parallelism": 1, "completions": 1, "suspend": False}.items():
        spec.setdefault(field, value)
    own = {"batch.kubernetes.io/controller-uid": str(uuid.uuid4()), "batch.kubernetes.io/job-name": name}
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    labels |= own | {"controller-uid": own["batch.kubernetes.io/controller-uid"], "job-name": name}
    spec.setdefault("selector", {"matchLabels": dict(list(own.items())[:1])})
    if spec["template"]["spec"].get("restartPolicy") not in ("Never", "OnFailure"):
        why = 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'
        raise invalid(BY_PLURAL["jobs"], name, why)
    _default_pod(spec["template"]["spec"])
    given["status"] = {}
