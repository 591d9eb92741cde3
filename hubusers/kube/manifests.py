"""What a run needs in a cluster, as manifests: Jobs, a Service for workers, and ConfigMaps and a Secret for its files.

`deploy/manifests` is made of these, and the Helm chart in `deploy/chart` renders the same.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from hubusers.kube.value_types import Table
from hubusers.kube.values import Values

Manifest = dict[str, Any]

RUN, RESULTS = "hubusers", "results"
"""The pod's containers: the run itself, and the one that keeps its folder until somebody has fetched it."""

INPUT_FOLDER = "/input"
"""Where a run finds the files that it was given."""

ACCOUNTS_FILE = "/accounts/accounts.csv"
"""Where a run finds the accounts of a Secret that the values name."""

RUNS_FOLDER = "/hubusers/runs"
"""Where the folder of each run is, in both containers."""

FETCHED = f"{RUNS_FOLDER}/.fetched"
"""The container `results` ends when it sees this file: make it when the folder has been fetched."""

SECONDS_AFTER_DELETION = 30
"""How long the folder can still be fetched after the end of a run whose pod somebody deletes: see keep_results.sh."""

_MOST_IN_A_STORE = 900_000
"""Bytes of files in a ConfigMap or Secret. Kubernetes takes 1 MiB at most, and some room is for the rest."""

FIRST_TRY = ("--users=10", "--spawn-rate=1", "--run-time=2m")
"""The run of values that name neither an event nor arguments."""

_WEB_STAYS = 60
"""Seconds that the web UI shows the answer before its pod ends."""

_DAY = 24 * 60 * 60


def as_yaml(manifests: Sequence[Manifest]) -> str:
    """Return manifests as kubectl reads them, and a person: one document each, in the order of their keys here."""
    return yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Repeats what occurs twice, and shows text of several lines as such."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def manifests(
    values: Values,
    name: str,
    files: Mapping[str, bytes] | None = None,
    secret_files: Mapping[str, bytes] | None = None,
    labels: Mapping[str, str] | None = None,
) -> list[Manifest]:
    """Return what a run needs in the cluster, in the order in which it should be made.

    The ConfigMaps and Secrets of its files come first, then the Service by which workers find the run, then the run's
    own Job, called `name`, then a Job for each worker. One Job for all workers would end them all when one dies.

    Args:
        values: What was chosen. Where it names neither an event nor arguments, the run is a small first try.
        name: Name of the run's Job, and the beginning of all others: lower-case letters, digits and hyphens.
        files: Files that the run finds below `INPUT_FOLDER`, by their path there. Kubernetes makes the first part of
            each path a symbolic link.
        secret_files: The same for files that nobody else should read, such as accounts.
        labels: Labels of all that is made here, beside those that say which run they belong to.

    Raises:
        ValueError: A file is too large for a cluster; the text says which.
    """
    files = {**(files or {}), **({"event.toml": values.event.encode()} if values.event else {})}
    config_maps = _stores("ConfigMap", f"{name}-files", files)
    secrets = _stores("Secret", f"{name}-secret-files", secret_files or {})
    sources = [_source("configMap", store, paths) for store, paths in config_maps]
    sources += [_source("secret", store, paths) for store, paths in secrets]
    workers = [_job(values, name, f"{name}-worker-{number}", sources) for number in range(1, values.workers + 1)]
    made = [
        *(store for store, _ in [*config_maps, *secrets]),
        *([_service(name)] if workers else []),
        _job(values, name, name, sources),
        *workers,
    ]
    for manifest in made:
        _label(manifest, {**_labels(name), **(labels or {})})
    return made


def clean_up_manifest(
    values: Values, name: str, arguments: Sequence[str], labels: Mapping[str, str] | None = None
) -> Manifest:
    """Return a Job that runs the command `hubusers` with these arguments, in its one container, `hubusers`.

    It has the same hub, token and place in the cluster as a run with these values.
    """
    container = {**_container(values, []), "command": ["hubusers"], "args": list(arguments)}
    pod = {**_pod(values, []), "containers": [container], "terminationGracePeriodSeconds": _grace(values)}
    job = _job_of(values, name, "clean-up", pod)
    _label(job, {**_labels(name), **(labels or {})})
    return job


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "hubusers", "app.kubernetes.io/instance": name}


def _label(manifest: Manifest, labels: Mapping[str, str]) -> None:
    for of in [manifest, *([manifest["spec"]["template"]] if manifest["kind"] == "Job" else [])]:
        metadata = of["metadata"]
        metadata["labels"] = {**labels, **metadata.get("labels", {})}


def _stores(kind: str, name: str, files: Mapping[str, bytes]) -> list[tuple[Manifest, dict[str, str]]]:
    """Return as many ConfigMaps or Secrets as the files need, each with the paths of its keys."""
    stores: list[tuple[Manifest, dict[str, str]]] = []
    size = _MOST_IN_A_STORE
    for number, (path, content) in enumerate(sorted(files.items())):
        if len(content) > _MOST_IN_A_STORE:
            raise ValueError(
                f"{path} has {len(content) / 1024:,.0f} KiB; a cluster takes files of up to "
                f"{_MOST_IN_A_STORE / 1024:,.0f} KiB in its {kind}s"
            )
        size += len(content)
        if size > _MOST_IN_A_STORE:
            store_name = f"{name}-{len(stores) + 1}"
            stores.append(({"apiVersion": "v1", "kind": kind, "metadata": {"name": store_name}}, {}))
            size = len(content)
        store, paths = stores[-1]
        field, value = _stored(kind, content)
        store.setdefault(field, {})[f"file-{number}"] = value
        paths[f"file-{number}"] = path
    return stores


def _stored(kind: str, content: bytes) -> tuple[str, str]:
    """Return the field of a ConfigMap or Secret that takes this content, and what stands there."""
    if kind == "ConfigMap":
        try:
            return "data", content.decode()
        except UnicodeDecodeError:
            return "binaryData", base64.b64encode(content).decode()
    return "data", base64.b64encode(content).decode()


def _source(kind: str, store: Manifest, paths: Mapping[str, str]) -> Table:
    items = [{"key": key, "path": path} for key, path in paths.items()]
    return {kind: {"name": store["metadata"]["name"], "items": items}}


def _service(name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            # The pod's own address: workers keep one connection each.
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {**_labels(name), "app.kubernetes.io/component": "run"},
            "ports": [{"name": "master", "port": 5557, "targetPort": 5557}],
        },
    }


def _job(values: Values, run: str, name: str, sources: list[Table]) -> Manifest:
    is_worker = name != run
    pod = _pod(values, sources)
    container = _container(values, sources)
    container["args"] = _worker_arguments(run) if is_worker else _run_arguments(values)
    container["resources"] = values.resources.model_dump(by_alias=True)
    pod["containers"] = [container]
    if not is_worker:
        runs = {"name": "runs", "mountPath": RUNS_FOLDER}
        container["volumeMounts"].append(runs)
        pod["containers"].append(_results(values, runs))
        pod["volumes"].append({"name": "runs", "emptyDir": {}})
    pod["terminationGracePeriodSeconds"] = _grace(values)
    return _job_of(values, name, "worker" if is_worker else "run", pod)


def _job_of(values: Values, name: str, component: str, pod: Table) -> Manifest:
    labels = {
        "app.kubernetes.io/component": component,
        # The NetworkPolicies of hub and proxy let pods with these labels in.
        "hub.jupyter.org/network-access-hub": "true",
        "hub.jupyter.org/network-access-proxy-http": "true",
    }
    # A cluster that grows during the run must not move it to another node.
    annotations = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/component": component}},
        "spec": {
            # A run that begins again by itself would be another run.
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": _DAY,
            "template": {
                "metadata": {
                    "labels": {**values.labels, **labels},
                    "annotations": {**values.annotations, **annotations},
                },
                "spec": pod,
            },
        },
    }


def _pod(values: Values, sources: list[Table]) -> Table:
    volumes: list[Table] = [{"name": "tmp", "emptyDir": {}}]
    if sources:
        volumes.append({"name": "input", "projected": {"sources": sources}})
    if values.notebooks:
        volumes.append({"name": "notebooks", "configMap": {"name": values.notebooks}})
    if values.accounts:
        volumes.append({"name": "accounts", "secret": {"secretName": values.accounts}})
    if values.ca_bundle:
        volumes.append({"name": "ca-bundle", "configMap": {"name": values.ca_bundle}})
    chosen = values.model_dump(by_alias=True, include={"image_pull_secrets", "node_selector", "tolerations"})
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        # The variables of a Service called hubusers or locust would be taken for options.
        "enableServiceLinks": False,
        # The run is not process 1, which no signal ends before it listens; and `results` sees whether the run goes on.
        "shareProcessNamespace": True,
        # The user is the image's own, a number, or the one that the cluster gives its pods, as OpenShift does.
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": volumes,
        **{key: value for key, value in chosen.items() if value},
    }


def _container(values: Values, sources: list[Table]) -> Table:
    mounts: list[Table] = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108  # of the pod alone
    if sources:
        mounts.append({"name": "input", "mountPath": INPUT_FOLDER, "readOnly": True})
    for volume, folder in _given(values).items():
        mounts.append({"name": volume, "mountPath": folder, "readOnly": True})
    secret = values.hub.token_secret
    env: list[Table] = [
        {"name": "JUPYTERHUB_ENDPOINT", "value": values.hub.url},
        {
            "name": "JUPYTERHUB_API_TOKEN",
            "valueFrom": {"secretKeyRef": {"name": secret.name, "key": secret.key}},
        },
        {"name": "SERVER_LIFECYCLE_TIMEOUT", "value": str(values.server_timeout)},
        *([{"name": "REQUESTS_CA_BUNDLE", "value": "/ca-bundle/ca.crt"}] if values.ca_bundle else []),
        *(dict(one) for one in values.env),
    ]
    return {**_bare_container(values, RUN), "env": env, "volumeMounts": mounts}


def _given(values: Values) -> dict[str, str]:
    """Return the volumes that the values name, with the folder of each."""
    named = {"notebooks": values.notebooks, "accounts": values.accounts, "ca-bundle": values.ca_bundle}
    return {volume: f"/{volume}" for volume, name in named.items() if name}


def _results(values: Values, runs: Table) -> Table:
    return {
        **_bare_container(values, RESULTS),
        "command": ["keep-results"],
        "args": [str(values.keep_results)],
        "volumeMounts": [runs],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    }


def _bare_container(values: Values, name: str) -> Table:
    return {
        "name": name,
        "image": f"{values.image.repository}:{values.image.tag}",
        "imagePullPolicy": values.image.pull_policy,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _run_arguments(values: Values) -> list[str]:
    return [
        *(["--autostart", f"--autoquit={_WEB_STAYS}"] if values.web else ["--headless"]),
        *(["--master", "--master-bind-host=*", f"--expect-workers={values.workers}"] if values.workers else []),
        *([f"--event={INPUT_FOLDER}/event.toml"] if values.event else []),
        *(["--notebooks=/notebooks"] if values.notebooks else []),
        *([f"--accounts={ACCOUNTS_FILE}"] if values.accounts else []),
        *(values.args or (() if values.event else FIRST_TRY)),
    ]


def _worker_arguments(run: str) -> list[str]:
    return ["--worker", f"--master-host={run}"]


def _grace(values: Values) -> int:
    """Return how many seconds a pod needs to end in order: its clean-up, and the fetching of its folder."""
    return values.server_timeout + values.people + SECONDS_AFTER_DELETION
