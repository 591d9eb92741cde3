"""What a report shows of the cluster of a run, and the file in the run's folder."""

import json
from pathlib import Path

import pytest

from hubusers.report.again import report_again
from hubusers.report.cluster_section import cluster_section
from hubusers.results.cluster import (
    CLUSTER_FILE,
    Cluster,
    Node,
    Pull,
    Restart,
    Said,
    Waits,
    read_cluster,
    write_cluster,
)
from hubusers.results.folder import RunFolderError, read_run
from tests.report.made_up_run import BEGAN, MadeUpRun

CLUSTER = Cluster(
    began=BEGAN - 20,
    ended=BEGAN + 700,
    nodes=[
        *(Node(f"user-{n}", "n2-highmem-8", "users", BEGAN - 9e4, is_new=False) for n in range(3)),
        Node("user-7", "n2-highmem-8", "users", BEGAN + 60, is_new=True, ready=BEGAN + 125),
        Node("user-8", "n2-highmem-8", "users", BEGAN - 9e4, is_new=False, left=BEGAN + 300),
    ],
    waits=Waits(120, 44, 44 * 90.0, 161.0, 44, 0),
    said=[Said("no place", "servers", "Insufficient <memory>", 88, 44, BEGAN + 12, BEGAN + 170)],
    pulls=[Pull("quay.io/a/b:1", "servers", 3, 3, 1, 191.0, 72.0, BEGAN + 121, BEGAN + 190, 4_100_000_000)],
    restarts=[Restart("hub", "hub-1", "hub", BEGAN + 231, "OOMKilled", 137, 1, "1Gi")],
    beside=[Restart("proxy", "proxy-1", "istio-proxy", BEGAN + 240, "OOMKilled", 137, 1, "64Mi")],
    clock=2.4,
    seen=["hub", "proxy", "servers"],
    notes=["You may not see it all."],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    MadeUpRun(people=20).write(path)
    return path


def test_all_that_the_cluster_said_is_in_the_report(folder: Path) -> None:
    write_cluster(folder, CLUSTER)
    answered = report_again(folder)
    kinds = [finding.kind for finding in answered.findings]
    assert "hub-restarted" in kinds
    assert "proxy-restarted" not in kinds
    html = (folder / "report.html").read_text(encoding="utf-8")
    for text in (
        "The cluster had 4 nodes before the run and 4 at its end: 1 came, 1 left.",
        "By their pods, 44 of 120 servers waited for a place on a node: 1m 30s on average, 2m 41s at most.",
        "The hub ended 1 time: Kubernetes killed it because it used more memory than its limit of 1Gi.",
        "The proxy was not restarted.",
        "Beside the proxy, in its pod, the container istio-proxy ended 1 time: Kubernetes killed it because it used "
        "more memory than its limit of 64Mi.",
        "<td>beside the proxy</td><td>proxy-1</td>",
        "The cluster&#39;s clock is 2.4 s ahead of that of the machine that kubectl ran on.",
        '<td class="number">08:01:00, 60 s</td>',
        "OOMKilled (container hub, memory limit 1Gi)",
        "Insufficient &lt;memory&gt;",
        "You may not see it all.",
        "4.1 GB",
    ):
        assert text in html, text
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert "**What the cluster said:** The cluster had 4 nodes before the run" in summary
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["cluster"]["waits"]["waited"] == 44
    assert read_run(folder).cluster == CLUSTER


def test_a_run_outside_a_cluster_says_nothing_of_one() -> None:
    assert cluster_section(None) is None


def test_of_a_hub_that_was_not_seen_nothing_good_is_said() -> None:
    section = cluster_section(Cluster(BEGAN, BEGAN + 9, nodes=[], waits=Waits(), seen=["load generator"]))
    assert section is not None
    assert "restarted" not in " ".join(section.sentences)


def test_a_user_who_may_see_nothing_is_told_so_and_no_more() -> None:
    section = cluster_section(Cluster(BEGAN, BEGAN + 9, notes=["Nothing could be seen."]))
    assert section is not None
    assert (section.sentences, section.notes, section.has_said) == ([], ["Nothing could be seen."], False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"began": 1, "ended": NaN}', '{"began": -4, "ended": 9}'])
def test_a_damaged_file_is_named(folder: Path, text: str) -> None:
    (folder / CLUSTER_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"cluster\.json"):
        read_run(folder)
    (folder / CLUSTER_FILE).unlink()
    assert read_cluster(folder) is None
