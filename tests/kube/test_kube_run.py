"""`hubusers kube run` from its beginning to its end, and what is left where somebody or something ends it early.

The cluster is small, kubectl, hub and Locust are the real ones.
"""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.kube.cluster import Cluster
from tests.kube.kube_run import KubeRun, install_hub, put_into_path
from tests.locust_process import users_on
from tests.waiting import wait_until

EVENT = """
title = "Class at nine"
[[cohorts]]
name = "students"
people = 4
arrivals = { pattern = "evenly", over = "2s" }
stay = "4s"
[[targets]]
measure = "failed starts"
at_most = "50 %"
"""

ENDLESS = ["--users=2", "--spawn-rate=2", "--run-time=3m", "--stay=1", "--pause=1"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, local_hub: LocalHub) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("kube")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", put_into_path(folder / "bin"))
        for name in ("JUPYTERHUB_ENDPOINT", "JUPYTERHUB_API_TOKEN"):
            patch.delenv(name, raising=False)
        with Cluster(folder / "cluster") as cluster:
            install_hub(cluster, local_hub)
            yield cluster


def hub_is_clean(hub: LocalHub) -> bool:
    return not [name for name in users_on(hub) if name.startswith("hub-stress-test-")]


def test_a_run_comes_home_whatever_breaks_off_meanwhile(cluster: Cluster, local_hub: LocalHub, tmp_path: Path) -> None:
    (tmp_path / "class.toml").write_text(EVENT, encoding="utf-8")
    with KubeRun(cluster, local_hub, tmp_path, "--event=class.toml") as run:
        run.wait_for("The event begins")
        cluster.fault("drop", stream="log")
        cluster.fault("go_away")
        run.wait_for("The cluster does not answer")
        cluster.fault("come_back")
        assert run.wait() == 0
    assert "The cluster answers again" in run.output
    for words in ["The event begins", "Run ", "It holds", "Clean-up: users: 4 created, 4 removed, 0 left"]:
        assert run.output.count(words) == 1, words
    assert f"The report is in {tmp_path}/runs/" in run.output
    assert run.left_in_cluster() == []
    assert {"run.json", "steps.csv", "report.html", "event.toml", "cluster.json"} <= run.files_at_home()
    assert hub_is_clean(local_hub)


def test_a_run_that_is_killed_is_cleaned_up_after(cluster: Cluster, local_hub: LocalHub, tmp_path: Path) -> None:
    # Neither the log nor the options of the command say by what names its people are found.
    prefix = "env: [{name: HUBUSERS_NAME_PREFIX, value: hub-stress-test-class}]"
    (tmp_path / "values.yaml").write_text(prefix, encoding="utf-8")
    with KubeRun(cluster, local_hub, tmp_path, *ENDLESS, "--values=values.yaml") as run:
        run.wait_for("users are there")
        wait_until(lambda: not hub_is_clean(local_hub), "a user on the hub")
        run.fault("oom_kill", container="hubusers")
        assert run.wait() == 4
    assert "The run was killed for memory: it may take 1Gi. Give it more" in run.output
    assert "0 left." in run.output
    assert "No answer: the run was cut off" in run.output
    assert {"run.json", "steps.csv", "report.html"} <= run.files_at_home()
    assert run.left_in_cluster() == []
    assert hub_is_clean(local_hub)


@pytest.mark.thorough
def test_a_killed_run_whose_log_nobody_may_read_is_cleaned_up_after(
    cluster: Cluster, local_hub: LocalHub, tmp_path: Path
) -> None:
    with KubeRun(cluster, local_hub, tmp_path, *ENDLESS, "--runs-folder=") as run:
        run.wait_for("Making hubusers-")
        cluster.fault("refuse", verb="get", resource="pods/log")
        try:
            wait_until(lambda: not hub_is_clean(local_hub), "a user on the hub")
            run.fault("oom_kill", container="hubusers")
            assert run.wait() == 4
        finally:
            cluster.fault("allow")
    assert run.left_in_cluster() == []
    assert "What the clean-up says cannot be read" in run.output
    assert hub_is_clean(local_hub)


def test_what_never_begins_is_said_and_leaves_nothing(cluster: Cluster, local_hub: LocalHub, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("image: {tag: nowhere}", encoding="utf-8")
    cluster.fault("cannot_pull", image="nowhere")
    with KubeRun(cluster, local_hub, tmp_path, "--values=values.yaml", "--run-time=5") as run:
        assert run.wait() == 2
    assert "does not start: its image hubusers:nowhere cannot be pulled" in run.output
    assert "Name one that the cluster's nodes can pull in --values" in run.output
    assert run.left_in_cluster() == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("Making hubusers-", {130}),
        ("The run's pod is", {130, 4}),  # the run may have begun before its pod is seen, or its line is read
        ("One server is tried first", {130, 4}),
        ("users are there", {4}),
        ("Clean-up: removing", {4}),
    ],
)
def test_ctrl_c_at_each_step_ends_it_in_order(
    cluster: Cluster, local_hub: LocalHub, tmp_path: Path, step: str, code: set[int]
) -> None:
    with KubeRun(cluster, local_hub, tmp_path, *ENDLESS) as run:
        if step == "Clean-up: removing":
            run.wait_for("users are there")
            run.interrupt()
        run.wait_for(step)
        if step != "Clean-up: removing":
            run.interrupt()
        ended = run.wait()
    assert ended in code
    assert run.left_in_cluster() == []
    assert hub_is_clean(local_hub)
    assert ("report.html" in run.files_at_home()) is (ended == 4)


@pytest.mark.thorough
def test_a_second_ctrl_c_ends_it_at_once(cluster: Cluster, local_hub: LocalHub, tmp_path: Path) -> None:
    with KubeRun(cluster, local_hub, tmp_path, *ENDLESS) as run:
        run.wait_for("users are there")
        run.interrupt()
        run.wait_for("Ctrl-C once more ends it at once")
        # Within a second, two are one. Later, it deletes what it made, and then nobody takes notice any more.
        while "Ended at once" not in run.output and run.process.poll() is None:
            run.interrupt()
            time.sleep(0.5)
        assert run.wait() == 130
    said = re.search("What the run made may be left on the hub: `hubusers (kube purge .*)` removes it", run.output)
    assert said
    subprocess.run([sys.executable, "-m", "hubusers", *shlex.split(said[1]), "--yes"], env=cluster.env, check=True)
    assert hub_is_clean(local_hub)
    assert run.left_in_cluster() == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("evict", "The cluster has evicted the run's pod: The node was low on resource"),
        ("delete", "deletes the run's pod"),
        ("force", "Somebody has deleted the run's pod."),
        ("lose_node", "on which the run's pod is, does not answer."),
    ],
)
def test_a_pod_that_is_taken_away_is_said_and_cleaned_up_after(
    cluster: Cluster, local_hub: LocalHub, tmp_path: Path, fault: str, words: str
) -> None:
    with KubeRun(cluster, local_hub, tmp_path, *ENDLESS) as run:
        run.wait_for("users are there")
        wait_until(lambda: bool(run.files_at_home()), "the first copy")
        if fault == "evict":
            run.fault("evict")
        elif fault == "lose_node":
            cluster.fault("add_node", name="node-2")  # for the clean-up
            cluster.fault("lose_node", name="node-1")
        else:
            now = ["--grace-period=0", "--force"] if fault == "force" else []
            cluster.kubectl("delete", "pod", "-n", "jhub", run.pod(), "--wait=false", *now)
        try:
            assert run.wait() == 4
        finally:
            if fault == "lose_node":
                cluster.fault("find_node", name="node-1")
    assert words in run.output
    assert "report.html" in run.files_at_home()
    assert run.left_in_cluster() == []
    assert hub_is_clean(local_hub)


@pytest.mark.thorough
def test_workers_and_page(cluster: Cluster, local_hub: LocalHub, tmp_path: Path) -> None:
    # Pods share this machine's network, so the page cannot have the same port here as in the pod.
    options = [
        "--workers=2",
        "--web",
        f"--web-port={free_port()}",
        "--autoquit=1",
        "--users=4",
        "--spawn-rate=4",
        "--run-time=10",
        "--stay=1",
    ]
    with KubeRun(cluster, local_hub, tmp_path, *options) as run:
        run.wait_for("Watch it live")
        assert run.wait() == 0
    assert "Clean-up: users: 4 created, 4 removed, 0 left" in run.output
    assert run.left_in_cluster() == []
    assert hub_is_clean(local_hub)


@pytest.mark.thorough
def test_what_a_killed_command_leaves_goes_with_its_job(cluster: Cluster, local_hub: LocalHub, tmp_path: Path) -> None:
    (tmp_path / "class.toml").write_text(EVENT.replace('"4s"', '"3m"'), encoding="utf-8")
    with KubeRun(cluster, local_hub, tmp_path, "--event=class.toml") as run:
        run.wait_for("The event begins")
        run.process.kill()
        run.process.wait()
        job = next(one.split()[1] for one in run.left_in_cluster() if one.startswith("jobs "))
        cluster.kubectl("delete", "job", "-n", "jhub", job, "--wait=false")  # as the cluster itself does after a day
        wait_until(lambda: not run.left_in_cluster(), lambda: str(run.left_in_cluster()))
    assert hub_is_clean(local_hub)
