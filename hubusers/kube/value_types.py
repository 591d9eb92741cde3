"""The texts and tables that Kubernetes takes, as far as its rules are simple: types for the models in `values`.

The chart's values.schema.json has the same rules, so that helm refuses what the command refuses.
"""

import re
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, with_config
from typing_extensions import TypedDict

_NAME = r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$"
_KEY = r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"
_LABEL = r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$"
_REPOSITORY = r"^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$"
_TAG = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?$"
_URL = r"^https?://[^/\s]+(/\S*)?$"
_VARIABLE = r"^[A-Za-z_.-][A-Za-z0-9_.-]*$"
_RESOURCE = r"^(cpu|memory|ephemeral-storage|hugepages-.+|[a-z0-9.-]+/.+)$"
_SOURCE = r"^(configMapKeyRef|secretKeyRef|fieldRef|resourceFieldRef|fileKeyRef)$"
_QUANTITY = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?$"

MUST_BE = {
    _NAME: "must be a name as Kubernetes has them: lower-case letters, digits, hyphens and dots",
    _KEY: "must be a key as Kubernetes has them, such as hub.jupyter.org/node-purpose",
    _LABEL: "must be up to 63 letters, digits, hyphens, dots and underscores",
    _REPOSITORY: "must be the image's name without its tag, such as registry.example.org/hubusers; "
    "tag is a value of its own",
    _TAG: "must be an image's tag, such as 0.1.0",
    _URL: "must be a URL that begins with http:// or https://, such as http://hub:8081/hub/api",
    _VARIABLE: "must be the name of an environment variable",
    _RESOURCE: "is not a resource; choose cpu, memory or ephemeral-storage, or write a device as example.org/device",
    _SOURCE: "is not a source of a variable; choose secretKeyRef, configMapKeyRef, fieldRef or resourceFieldRef",
}
"""What to say about a text that is not like a pattern."""

Table = dict[str, Any]
"""A part of a manifest that goes into the pods as it is."""

Name = Annotated[str, StringConstraints(pattern=_NAME, max_length=253)]
"""A name that Kubernetes accepts, or "" for none."""

Repository = Annotated[str, StringConstraints(pattern=_REPOSITORY)]
Tag = Annotated[str, StringConstraints(pattern=_TAG)]
Url = Annotated[str, StringConstraints(pattern=_URL)]

_Key = Annotated[str, StringConstraints(pattern=_KEY)]
_LabelValue = Annotated[str, StringConstraints(pattern=_LABEL)]
_ONLY_THESE = Field(json_schema_extra={"additionalProperties": False})

OWN_LABELS = [
    *[f"app.kubernetes.io/{name}" for name in ("name", "instance", "component", "managed-by")],
    *["helm.sh/chart", "job-name", "controller-uid", "batch.kubernetes.io/job-name"],
    "batch.kubernetes.io/controller-uid",
]
"""The labels by which the parts of a run are found, by hubusers, by helm and by Kubernetes."""


def _without_own_labels(labels: dict[str, str]) -> dict[str, str]:
    if taken := [label for label in labels if label in OWN_LABELS]:
        raise ValueError(f"leave out {taken[0]}: the run's pods are found by it; choose another label")
    return labels


NodeSelector = Annotated[dict[_Key, _LabelValue], _ONLY_THESE]
Labels = Annotated[
    dict[_Key, _LabelValue],
    AfterValidator(_without_own_labels),
    Field(json_schema_extra={"additionalProperties": False, "properties": dict[str, Any].fromkeys(OWN_LABELS, False)}),
]
Annotations = Annotated[dict[_Key, str], _ONLY_THESE]


def _quantity(value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if not is_number and not (isinstance(value, str) and re.fullmatch(_QUANTITY, value)):
        raise ValueError('must be an amount as Kubernetes has them, such as 500m or "2" for cpu, and 2Gi for memory')
    return value


_Quantity = Annotated[
    Any,
    AfterValidator(_quantity),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": _QUANTITY}]}),
]
Amounts = Annotated[dict[Annotated[str, StringConstraints(pattern=_RESOURCE)], _Quantity], _ONLY_THESE]
"""Amounts of resources of a node."""


@with_config(
    ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"oneOf": [{"required": ["value"]}, {"required": ["valueFrom"]}]},
    )
)
class _Variable(TypedDict):
    name: Annotated[str, StringConstraints(pattern=_VARIABLE)]
    value: NotRequired[str]
    valueFrom: NotRequired[Annotated[dict[Annotated[str, StringConstraints(pattern=_SOURCE)], Table], _ONLY_THESE]]


def _one_source(variable: _Variable) -> _Variable:
    if ("value" in variable) == ("valueFrom" in variable):
        raise ValueError(f"give {variable['name']} a value or a valueFrom, one of them")
    return variable


Variable = Annotated[_Variable, AfterValidator(_one_source)]
"""An environment variable, as in a pod's manifest."""


@with_config(
    ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "anyOf": [
                {"required": ["key"]},
                {"properties": {"operator": {"const": "Exists"}}, "required": ["operator"]},
            ]
        },
    )
)
class _Toleration(TypedDict, total=False):
    key: _Key
    operator: Literal["Exists", "Equal"]
    value: _LabelValue
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    tolerationSeconds: int


def _some_key(toleration: _Toleration) -> _Toleration:
    if "key" not in toleration and toleration.get("operator") != "Exists":
        raise ValueError("add a key, or `operator: Exists` for all taints")
    return toleration


Toleration = Annotated[_Toleration, AfterValidator(_some_key)]
"""A taint of nodes on which pods may run, as in a pod's manifest."""
