"""What a run needs in a cluster: accepted by Kubernetes, and by a namespace that is as strict as it can be."""

import base64
from typing import Any

import pytest

from hubusers.kube.manifests import Manifest, as_yaml, clean_up_manifest, manifests
from hubusers.kube.plain_manifests import plain_manifests
from hubusers.kube.values import Hub, Values, read_values
from tests.deploy.files import DEPLOY, assert_valid

EVERYTHING = Values(
    event='title = "A class"\n',
    workers=2,
    web=True,
    notebooks="lesson",
    accounts="people",
    ca_bundle="our-ca",
    env=[{"name": "HTTPS_PROXY", "value": "http://proxy.example.org:3128"}],
)


def jobs_of(values: Values) -> list[Manifest]:
    return [one for one in manifests(values, "rehearsal") if one["kind"] == "Job"]


def pods_of(values: Values) -> list[dict[str, Any]]:
    jobs = [*jobs_of(values), clean_up_manifest(values, "rehearsal-clean-up", ["purge", "--yes"])]
    return [one["spec"]["template"]["spec"] for one in jobs]


def arguments_of(job: Manifest) -> list[str]:
    arguments: list[str] = job["spec"]["template"]["spec"]["containers"][0]["args"]
    return arguments


@pytest.mark.parametrize("values", [Values(), EVERYTHING])
def test_kubernetes_accepts_them(values: Values) -> None:
    for manifest in manifests(values, "rehearsal", {"lesson/one.ipynb": b"{}"}, {"people.csv": b"name,password"}):
        assert_valid(manifest)
    assert_valid(clean_up_manifest(values, "rehearsal-clean-up", ["purge", "--yes"]))


@pytest.mark.parametrize("values", [Values(), EVERYTHING])
def test_the_restricted_pod_security_standard_lets_them_in(values: Values) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, rule by rule."""
    allowed = {"name", "emptyDir", "projected", "configMap", "secret"}
    for pod in pods_of(values):
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers", "ephemeralContainers"} & set(pod)
        assert all(set(volume) <= allowed for volume in pod["volumes"])
        assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        for container in pod["containers"]:
            assert "ports" not in container
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                # Beyond the standard:
                "readOnlyRootFilesystem": True,
            }
        # The same: nothing in the pod can speak to the cluster, or is told what else is in it.
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False


def test_a_job_ends_with_its_only_pod_and_the_hub_lets_it_in() -> None:
    for job in jobs_of(EVERYTHING):
        assert job["spec"]["backoffLimit"] == 0
        assert job["spec"]["ttlSecondsAfterFinished"] == 24 * 60 * 60
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
        labels = job["spec"]["template"]["metadata"]["labels"]
        assert labels["hub.jupyter.org/network-access-hub"] == "true"
        assert labels["hub.jupyter.org/network-access-proxy-http"] == "true"


def test_the_grace_period_is_that_of_the_clean_up() -> None:
    assert {pod["terminationGracePeriodSeconds"] for pod in pods_of(Values(people=320, server_timeout=120))} == {
        120 + 320 + 30
    }


def test_the_token_is_in_no_manifest_and_comes_from_the_hubs_secret() -> None:
    for pod in pods_of(Values(hub=Hub(url="http://proxy-public"))):
        env = {one["name"]: one for one in pod["containers"][0]["env"]}
        assert env["JUPYTERHUB_ENDPOINT"]["value"] == "http://proxy-public"
        secret = env["JUPYTERHUB_API_TOKEN"]["valueFrom"]["secretKeyRef"]
        assert secret == {"name": "hub", "key": "hub.services.hubusers.apiToken"}


def test_who_comes() -> None:
    assert arguments_of(jobs_of(Values())[0]) == ["--headless", "--users=10", "--spawn-rate=1", "--run-time=2m"]
    assert arguments_of(jobs_of(Values(args=["--event=exam"]))[0]) == ["--headless", "--event=exam"]
    run, first, second = jobs_of(EVERYTHING)
    assert arguments_of(run) == [
        *["--autostart", "--autoquit=60", "--master", "--master-bind-host=*", "--expect-workers=2"],
        *["--event=/input/event.toml", "--notebooks=/notebooks", "--accounts=/accounts/accounts.csv"],
    ]
    assert arguments_of(first) == arguments_of(second) == ["--worker", "--master-host=rehearsal"]
    assert [one["metadata"]["name"] for one in (run, first, second)] == [
        "rehearsal",
        "rehearsal-worker-1",
        "rehearsal-worker-2",
    ]


def test_workers_find_the_run_by_a_service() -> None:
    made = manifests(EVERYTHING, "rehearsal")
    service = next(one for one in made if one["kind"] == "Service")
    run, *workers = [one["spec"]["template"]["metadata"]["labels"] for one in jobs_of(EVERYTHING)]
    selector = service["spec"]["selector"].items()
    assert service["metadata"]["name"] == "rehearsal"
    assert selector <= run.items()
    assert not any(selector <= worker.items() for worker in workers)
    assert not [one for one in manifests(Values(), "rehearsal") if one["kind"] == "Service"]


def test_files_are_in_the_pods_at_their_paths() -> None:
    files = {
        "lesson/a.ipynb": b"{}",
        "lesson/data/b.bin": b"\xff\x00",
        "big.csv": b"1" * 700_000,
        "too.csv": b"2" * 700_000,
    }
    secret_files = {"people.csv": b"name,password\nann,secret\n"}
    made = manifests(Values(), "rehearsal", files, secret_files, {"team": "jupyter"})
    pod = made[-1]["spec"]["template"]["spec"]
    (volume,) = [one for one in pod["volumes"] if one["name"] == "input"]
    stores = {(one["kind"], one["metadata"]["name"]): one for one in made if one["kind"] != "Job"}
    found: dict[str, bytes] = {}
    for source in volume["projected"]["sources"]:
        for kind, of in (("ConfigMap", source.get("configMap")), ("Secret", source.get("secret"))):
            for item in of["items"] if of else []:
                store = stores[kind, of["name"]]
                text = store.get("data", {}).get(item["key"]) if kind == "ConfigMap" else None
                binary = {**store.get("binaryData", {}), **(store["data"] if kind == "Secret" else {})}
                found[item["path"]] = text.encode() if text else base64.b64decode(binary[item["key"]])
    assert found == {**files, **secret_files}
    # Two files that are too large for one ConfigMap, and what nobody else should read.
    assert [kind for kind, _ in stores] == ["ConfigMap", "ConfigMap", "Secret"]
    assert all(one["metadata"]["labels"]["team"] == "jupyter" for one in made)
    assert {"name": "input", "mountPath": "/input", "readOnly": True} in pod["containers"][0]["volumeMounts"]


def test_a_file_that_is_too_large_for_a_cluster_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^data\.csv has 977 KiB; a cluster takes files of up to 879 KiB in its Conf"):
        manifests(Values(), "rehearsal", {"data.csv": b"1" * 1_000_000})


def test_values_with_mistakes_say_which() -> None:
    assert read_values("") == Values()
    assert read_values("workers: 2\nhub: {url: http://proxy-public}") == Values(
        workers=2, hub=Hub(url="http://proxy-public")
    )
    for text, says in [
        ("workers: two", "workers: must be a whole number, without quotes"),
        ("image: {tagg: main}", "image, tagg: is unknown here; did you mean 'tag'"),
        ("workers: [", "it is not YAML: "),
        ("just text", "it must have values such as `workers: 2`"),
    ]:
        with pytest.raises(ValueError, match=says):
            read_values(text)


def test_the_plain_manifests_are_those() -> None:
    # Anew: python -m hubusers.kube.plain_manifests deploy/manifests
    files = {name: (DEPLOY / "manifests" / name).read_text(encoding="utf-8") for name in plain_manifests()}
    assert files == plain_manifests()


def test_text_of_several_lines_stays_readable() -> None:
    assert "file-0: |\n    a = 1\n    b = 2\n" in as_yaml(manifests(Values(event="a = 1\nb = 2\n"), "rehearsal"))
