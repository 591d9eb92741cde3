"""The example for the Locust operator: what hubusers relies on there. Its operator's own schema accepts it."""

import yaml

from hubusers.kube.cluster_objects import who_is
from hubusers.kube.manifests import manifests
from hubusers.kube.values import Values
from tests.deploy.files import DEPLOY


def test_the_example_gives_the_pods_what_a_run_of_ours_has() -> None:
    test = yaml.safe_load((DEPLOY / "locust-operator" / "rehearsal.yaml").read_text(encoding="utf-8"))
    assert (test["apiVersion"], test["kind"]) == ("locust.io/v2", "LocustTest")
    spec = test["spec"]
    pod = manifests(Values(), "rehearsal")[-1]["spec"]["template"]
    run = pod["spec"]["containers"][0]
    assert spec["image"] == run["image"]
    assert spec["env"]["variables"] == run["env"]
    assert spec["security"]["containerSecurityContext"] == {**run["securityContext"], "runAsNonRoot": True}
    for part in (spec["master"], spec["worker"]):
        assert part["labels"].items() <= pod["metadata"]["labels"].items()
        assert part["labels"]["app.kubernetes.io/name"] == "hubusers"
        assert who_is({"metadata": {"labels": part["labels"]}}, "another") == "other load tests"
        assert part["annotations"] == pod["metadata"]["annotations"]
        assert part["resources"] == run["resources"]
    # The master listens for workers where they are; hubusers' own default is loopback.
    assert spec["master"]["extraArgs"] == ["--master-bind-host=*"]
    # The operator mounts its test files there, and the event is one of them.
    assert spec["testFiles"] == {"configMapRef": "class"}
    assert spec["master"]["command"] == "--event=/lotest/src/class.toml"
    assert {mount["mountPath"] for mount in spec["volumeMounts"]} == {
        mount["mountPath"] for mount in run["volumeMounts"]
    }
