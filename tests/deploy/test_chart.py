"""The Helm chart, rendered by the real helm: it makes what hubusers makes without helm, and helm refuses mistakes."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubusers.kube.manifests import Manifest, manifests
from hubusers.kube.values import Values, schema
from tests.deploy.files import DEPLOY, TOP, assert_valid
from tests.kube import tools

CHART = DEPLOY / "chart"
CLASS = (TOP / "events" / "class-at-nine.toml").read_text(encoding="utf-8")

VALUES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "workers on nodes of their own": {
        "event": CLASS,
        "image": {"repository": "registry.example.org/tools/hubusers", "tag": "main"},
        "imagePullSecrets": [{"name": "our-registry"}],
        "people": 320,
        "workers": 2,
        "notebooks": "lesson",
        "accounts": "people",
        "resources": {"requests": {"cpu": 2, "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
        "nodeSelector": {"hub.jupyter.org/node-purpose": "core"},
        "tolerations": [{"key": "hub.jupyter.org/dedicated", "value": "core", "effect": "NoSchedule"}],
        "labels": {"team": "jupyter", "hub.jupyter.org/network-access-hub": "no"},
        "annotations": {"sidecar.istio.io/inject": "false"},
    },
    "people with a browser, through the ingress": {
        "args": ["NotebookUser", "--users=30", "--run-time=5m"],
        "hub": {"url": "https://hub.example.org", "tokenSecret": {"name": "token", "key": "token"}},
        "caBundle": "our-ca",
        "people": 30,
        "serverTimeout": 300,
        "web": True,
        "keepResults": 600,
        "env": [{"name": "HUBUSERS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "people", "key": "password"}}}],
    },
}


def helm(*arguments: str, code: int = 0) -> str:
    """Run helm, and return all that it says."""
    ran = subprocess.run(
        [tools.helm(), *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    assert ran.returncode == code, ran.stdout
    return ran.stdout


def file_of(values: dict[str, Any], folder: Path) -> str:
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    return str(file)


def without_what_is_helms(manifest: Manifest) -> Manifest:
    for of in [manifest, manifest.get("spec", {}).get("template", {})]:
        labels = of.get("metadata", {}).get("labels", {})
        assert not of or (labels.pop("app.kubernetes.io/managed-by"), labels.pop("helm.sh/chart", "")[:9]) == (
            "Helm",
            "hubusers-",
        )
    return manifest


def by_name(manifests: list[Manifest]) -> dict[tuple[str, str], Manifest]:
    return {(one["kind"], one["metadata"]["name"]): one for one in manifests}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_helm_makes_what_hubusers_makes(values: dict[str, Any], tmp_path: Path) -> None:
    file = file_of(values, tmp_path)
    assert "0 chart(s) failed" in helm("lint", "--strict", str(CHART), "--values", file)
    rendered = list(yaml.safe_load_all(helm("template", "rehearsal", str(CHART), "--values", file)))
    for manifest in rendered:
        assert_valid(manifest)
    expected = by_name(manifests(Values.model_validate(values), "rehearsal"))
    assert by_name(list(map(without_what_is_helms, rendered))) == expected


def test_an_event_can_be_given_as_a_file() -> None:
    rendered = helm("template", "rehearsal", str(CHART), "--set-file", f"event={TOP / 'events' / 'class-at-nine.toml'}")
    files = by_name(list(yaml.safe_load_all(rendered)))["ConfigMap", "rehearsal-files-1"]
    assert files["data"] == {"file-0": CLASS}


def test_the_chart_has_the_values_and_the_schema_of_the_command() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    assert values == Values().model_dump(by_alias=True)
    # Anew: python -m hubusers.kube.values > deploy/chart/values.schema.json
    assert (CHART / "values.schema.json").read_text(encoding="utf-8") == schema()
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert values["image"]["tag"] == chart["appVersion"]


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        ("worker=2", "'worker' not allowed"),
        ("workers=two", "at '/workers': got string, want integer"),
        ("workers=-1", "at '/workers': minimum: got -1, want 0"),
        ("hub.tokenSecret.name=Not_A_Name", "at '/hub/tokenSecret/name': 'Not_A_Name' does not match pattern"),
        ("image.repository=registry/x:1.0", "at '/image/repository': 'registry/x:1.0' does not match pattern"),
        ("hub.url=hub:8081", "at '/hub/url': 'hub:8081' does not match pattern"),
        ("resources.limits.memory=2GB", "at '/resources/limits/memory'"),
        ("resources.limits.mem=2Gi", "'mem' not allowed"),
        ("tolerations[0].kye=x", "'kye' not allowed"),
        ("tolerations[0].value=x", "at '/tolerations/0'"),
        ("env[0].value=x", "missing property 'name'"),
        ("env[0].name=A", "at '/env/0'"),
        ("labels.app\\.kubernetes\\.io/instance=x", "at '/labels/app.kubernetes.io~1instance': false"),
        ("nodeSelector.a=b c", "at '/nodeSelector/a': 'b c' does not match pattern"),
        ("image.pullPolicy=Sometimes", "at '/image/pullPolicy': value must be one of"),
    ],
)
def test_helm_refuses_a_wrong_value(mistake: str, says: str) -> None:
    assert says in helm("template", "rehearsal", str(CHART), "--set", mistake, code=1)


def test_a_release_is_one_run() -> None:
    said = helm("template", "rehearsal", str(CHART), "--is-upgrade", code=1)
    assert "a release is one run. Fetch the folder of this one, then: helm uninstall rehearsal, and" in said


def test_the_notes_say_what_to_do_next(tmp_path: Path) -> None:
    file = file_of(VALUES["people with a browser, through the ingress"], tmp_path)
    install = ("install", "rehearsal", str(CHART), "--namespace", "jhub", "--dry-run=client", "--values", file)
    notes = helm(*install).partition("NOTES:")[2]
    assert "is on its way to https://hub.example.org." in notes
    assert "kubectl -n jhub logs -f job/rehearsal -c hubusers" in notes
    assert "kubectl -n jhub port-forward job/rehearsal 8089" in notes
    assert "You can for 10 minutes" in notes
    assert "kubectl -n jhub cp -c results ${POD#pod/}:/hubusers/runs runs" in notes
    assert "helm -n jhub uninstall rehearsal" in notes
