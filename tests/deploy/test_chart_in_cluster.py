"""The chart as an operator uses it: installed by the real helm, its folder fetched by the real kubectl, uninstalled."""

import subprocess
from pathlib import Path

import pytest

from hubusers.local import LocalHub
from tests.deploy.files import DEPLOY
from tests.kube import tools
from tests.kube.cluster import Cluster
from tests.kube.kube_run import NAMESPACE, install_hub, put_into_path
from tests.waiting import wait_until

_VERDICT = '-o=jsonpath={.items[*].status.containerStatuses[?(@.name=="hubusers")].state.terminated.exitCode}'


@pytest.mark.thorough
def test_a_release_is_a_run_whose_folder_can_be_fetched(
    local_hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", put_into_path(tmp_path / "bin"))
    for kind in ("DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"HELM_{kind}_HOME", str(tmp_path / "helm"))
    args = "args={--users=3,--spawn-rate=3,--run-time=3s}"
    values = ["--set", f"hub.url={local_hub.endpoint}", "--set", args]
    with Cluster(tmp_path / "cluster") as cluster:

        def helm(*arguments: str) -> None:
            command = [str(tools.helm()), "--namespace", NAMESPACE, *arguments]
            subprocess.run(command, env=cluster.env, check=True, capture_output=True)

        def kubectl(*arguments: str) -> str:
            return cluster.kubectl("--namespace", NAMESPACE, *arguments)

        install_hub(cluster, local_hub)
        helm("install", "rehearsal", str(DEPLOY / "chart"), *values)
        wait_until(lambda: kubectl("get", "pods", _VERDICT) != "", "the run's end", 300)
        assert kubectl("get", "pods", _VERDICT) == "0", kubectl("logs", "job/rehearsal", "--container=hubusers")
        pod = kubectl("get", "pods", "-o=name").strip().removeprefix("pod/")
        kubectl("cp", "--container=results", f"{pod}:/hubusers/runs", str(tmp_path / "runs"))
        assert len(list((tmp_path / "runs").glob("*/report.html"))) == 1
        # The Job is complete as soon as somebody says that the folder has been fetched.
        kubectl("exec", pod, "--container=results", "--", "touch", "/hubusers/runs/.fetched")
        kubectl("wait", "--for=condition=complete", "--timeout=50s", "job/rehearsal")
        helm("uninstall", "rehearsal")
        assert not cluster.objects("jobs")
