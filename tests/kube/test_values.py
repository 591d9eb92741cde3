"""Values that Kubernetes would refuse, or that would do nothing: each is said, with what to do."""

from typing import Any

import pytest
import yaml

from hubusers.kube.values import Values, read_values


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("worker: 2", "worker: is unknown here; did you mean 'workers'?"),
        ("image: {tagg: x}", "image, tagg: is unknown here; did you mean 'tag'?"),
        ("image: x", "image: must have values of its own, each with a name and a colon: repository, tag, pullPolicy"),
        (
            'image: {repository: "registry/x:1.0"}',
            "image, repository: 'registry/x:1.0' must be the image's name without",
        ),
        ("image: {tag: 1.0}", "image, tag: must be text; put it into quotes"),
        ("image: {pullPolicy: Sometimes}", "image, pullPolicy: must be one of 'Always', 'IfNotPresent' or 'Never'"),
        ("hub: {url: hub:8081}", "hub, url: 'hub:8081' must be a URL that begins with http:// or https://"),
        ("hub: {tokenSecret: {name: My_Secret}}", "hub, tokenSecret, name: 'My_Secret' must be a name as Kubernetes"),
        ("resources: {limits: {memory: 2GB}}", "resources, limits, memory: must be an amount as Kubernetes has them"),
        ("resources: {limits: {cpu: -1}}", "resources, limits, cpu: must be an amount"),
        ("resources: {limits: {cpu: true}}", "resources, limits, cpu: must be an amount"),
        ("resources: {limits: {mem: 2Gi}}", "resources, limits, mem: 'mem' is not a resource; choose cpu, memory or"),
        ("tolerations: [{kye: x}]", "tolerations 1, kye: is unknown here; did you mean 'key'?"),
        ("tolerations: [{value: x}]", "tolerations 1: add a key, or `operator: Exists` for all taints"),
        ("tolerations: [{key: a, effect: No}]", "tolerations 1, effect: must be one of 'NoSchedule', 'PreferNo"),
        ("tolerations: {key: a}", "tolerations: must be a list, in brackets or with a hyphen before each"),
        ("env: [{value: x}]", "env 1, name: is missing; add it"),
        ("env: [{nam: A, value: x}]", "env 1, nam: is unknown here; did you mean 'name'?"),
        ("env: [{name: A, value: 5}]", "env 1, value: must be text; put it into quotes"),
        ("env: [{name: A}]", "env 1: give A a value or a valueFrom, one of them"),
        (
            "env: [{name: A, valueFrom: {secret: {}}}]",
            "env 1, valueFrom, secret: 'secret' is not a source of a variable",
        ),
        ("env: [{name: A b, value: x}]", "env 1, name: 'A b' must be the name of an environment variable"),
        ("labels: {app.kubernetes.io/instance: x}", "labels: leave out app.kubernetes.io/instance: the run's pods are"),
        ("labels: {team: our team}", "labels, team: 'our team' must be up to 63 letters, digits"),
        ("nodeSelector: {a: yes}", "nodeSelector, a: must be text; put it into quotes"),
        ("annotations: {a b: x}", "annotations, a b: 'a b' must be a key as Kubernetes has them"),
        ("workers: -1", "workers: must be 0 or more"),
        ('workers: "2"', "workers: must be a whole number, without quotes"),
        ("web: 1", "web: must be true or false, without quotes"),
        ("accounts: [a]", "accounts: must be text"),
    ],
)
def test_what_cannot_be_is_said_in_plain_words(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # its words are looked at
        read_values(text)
    assert str(caught.value).startswith(says)


def test_each_mistake_is_said() -> None:
    with pytest.raises(ValueError, match=r"^workers: must be .*; web: must be true"):
        read_values("{workers: x, web: x}")


@pytest.mark.parametrize(
    "values",
    [
        {"image": {"repository": "localhost:5000/tools/hub_users--x", "tag": "1.0@sha256:" + 64 * "a"}},
        {"resources": {"limits": {"cpu": 0.5, "memory": "1.5Gi", "nvidia.com/gpu": 1, "ephemeral-storage": "1e3"}}},
        {"tolerations": [{"operator": "Exists"}, {"key": "a/b", "effect": "NoExecute", "tolerationSeconds": 5}]},
        {"env": [{"name": "A", "value": ""}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]},
        {"labels": {"hub.jupyter.org/network-access-hub": "no", "team": ""}, "annotations": {"a.b/c": "any text: {}"}},
        {"hub": {"url": "https://[::1]:8000/base/hub/api"}},
    ],
)
def test_what_kubernetes_takes_stays_as_it_is(values: dict[str, Any]) -> None:
    taken = read_values(yaml.safe_dump(values))
    assert taken.model_dump(by_alias=True, exclude_unset=True) == values
    assert taken != Values()
