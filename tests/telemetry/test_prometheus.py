"""The figures of a run, as Prometheus reads them."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hubusers.results.hub_samples import Probe
from hubusers.results.records import ARRIVAL, START_TO_READY, UNFINISHED, Record
from hubusers.run.phase import Phase
from hubusers.run.user_counts import UserCounts
from hubusers.telemetry import measures
from hubusers.telemetry.prometheus import Metrics
from hubusers.telemetry.readings import RunSoFar
from tests.telemetry.runs import so_far
from tests.telemetry.test_grafana import verdict

PROMTOOL = shutil.which("promtool")

EVENT = """
title = 'Class "at nine"'
seed = 3
[[cohorts]]
name = "students"
people = 3
stay = "5s"
arrivals = { pattern = "at once" }
[[cohorts]]
name = "staff"
people = 1
stay = "5s"
arrivals = { pattern = "at once" }
[[targets]]
measure = "start to ready"
percentile = 95
at_most = "30s"
[[targets]]
measure = "failed starts"
at_most = "10 %"
"""


def record(seconds: float, failure: str = "", cohort: str = "students", step: str = START_TO_READY) -> Record:
    return Record(step, "ann-of-the-run", 1_700_000_001.0, seconds, 0.0, failure, cohort)


@pytest.fixture
def run() -> RunSoFar:
    counts = {"students": UserCounts(arrived=3, left=1, pending=1, ready=1, throttled=7), "staff": UserCounts(1)}
    run = so_far(EVENT, counts, elapsed=10)
    for each in (record(0, step=ARRIVAL), record(0.1), record(31), record(2.0, "spawn failed"), record(9, UNFINISHED)):
        run.run.results.records.note(each)
    run.run.results.probes += [Probe(0.0, 0.004), Probe(1.0, 10.0, "timed out")]
    return run


def exposed(metrics: Metrics) -> str:
    registry = CollectorRegistry()
    registry.register(metrics)
    return generate_latest(registry).decode()


Samples = dict[str, dict[frozenset[tuple[str, str]], float]]


def samples(text: str) -> Samples:
    """Return all values by name and labels; labels without a value are none to Prometheus."""
    found: Samples = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for name, labels, value, *_ in family.samples:
            key = frozenset((label, text) for label, text in labels.items() if text)
            assert key not in found[name]
            found[name][key] = value
    return found


def of(samples: Samples, name: str, **labels: str) -> float:
    return samples[name][frozenset(labels.items())]


def test_all_figures_of_a_run(run: RunSoFar) -> None:
    metrics = Metrics(lambda: Phase.RUNNING)
    before = samples(exposed(metrics))
    assert before.keys() == {"hubusers_phase"}
    exporter = metrics.follow(run)
    first = samples(exposed(metrics))
    assert samples(exposed(metrics)) == first  # nothing is counted twice
    assert of(first, "hubusers_phase", phase="running") == 1
    assert sum(first["hubusers_phase"].values()) == 1
    (about,) = first["hubusers_run_info"]
    assert {"hubusers_run_id": "k3x9qa", "title": 'Class "at nine"', "hub": "https://hub"}.items() <= dict(
        about
    ).items()
    steps = "hubusers_step_duration_seconds"
    success = {"step": START_TO_READY, "cohort": "students", "outcome": "success"}
    assert of(first, f"{steps}_count", **success) == 2
    assert of(first, f"{steps}_sum", **success) == pytest.approx(31.1)
    assert [of(first, f"{steps}_bucket", **success, le=le) for le in ("0.1", "30.0", "45.0", "1800.0", "+Inf")] == [
        *(1, 1, 2, 2, 2)
    ]
    failure = {**success, "outcome": "failure", "error_type": "spawn failed"}
    assert of(first, f"{steps}_count", **failure) == 1
    assert of(first, f"{steps}_count", **{**success, "outcome": "unfinished"}) == 1
    assert (
        of(first, f"{steps}_count", **{**success, "cohort": "staff"}) == 0
    )  # the beginning, from which Prometheus counts
    assert of(first, "hubusers_probe_duration_seconds_count", outcome="success") == 1
    assert of(first, "hubusers_probe_duration_seconds_count", outcome="failure", error_type="timed out") == 1
    assert of(first, "hubusers_people_planned", cohort="students") == 3
    assert of(first, "hubusers_people_arrived_total", cohort="students") == 3
    assert of(first, "hubusers_people_left_total", cohort="students") == 1
    assert of(first, "hubusers_servers", cohort="students", state="pending") == 1
    assert of(first, "hubusers_throttled_total", cohort="students") == 7
    assert of(first, "hubusers_run_began_timestamp_seconds") == 1_700_000_000.25
    in_words, share = [target.text for target in run.run.settings.event.targets]  # type: ignore[union-attr]
    assert of(first, "hubusers_target_held", target=in_words) == 0
    assert of(first, "hubusers_target_duration_seconds", target=in_words) == float("inf")
    assert of(first, "hubusers_target_duration_limit_seconds", target=in_words) == 30
    assert of(first, "hubusers_target_share_limit_ratio", target=share) == 0.1
    assert "hubusers_run_verdict" not in first
    run.run.results.records.note(record(3))
    exporter.note()
    exporter.finish(verdict("It holds."), [])
    last = samples(exposed(metrics))
    assert of(last, f"{steps}_count", **success) == 3
    assert of(last, "hubusers_run_verdict", answer="held") == 1
    metrics.follow(so_far(users=5))
    another = samples(exposed(metrics))
    assert list(another["hubusers_people_planned"].values()) == [5]
    assert "hubusers_run_verdict" not in another
    assert "hubusers_run_began_timestamp_seconds" not in another  # nobody can come yet


def test_nobodys_name_and_no_token_is_among_the_figures(run: RunSoFar) -> None:
    metrics = Metrics(lambda: Phase.RUNNING)
    metrics.follow(run)
    assert "ann-of-the-run" not in exposed(metrics)
    assert "a-token-of-the-hub" not in exposed(metrics)


def test_what_a_hub_says_does_not_make_ever_more_figures(run: RunSoFar) -> None:
    for number in range(1000):
        run.run.results.records.note(record(1, f"hub error: HTTP {number}"))
    metrics = Metrics(lambda: Phase.RUNNING)
    metrics.follow(run)
    counts = samples(exposed(metrics))["hubusers_step_duration_seconds_count"]
    assert len(counts) < measures.MOST_VALUES + 10
    assert sum(counts.values()) == 1004


def test_the_names_are_those_that_are_described(run: RunSoFar) -> None:
    metrics = Metrics(lambda: Phase.STOPPED)
    metrics.follow(run).finish(verdict("It holds."), [])
    shown = {metric.name for metric in metrics.collect()}
    assert shown <= {metric.name for metric in metrics.describe()}


def test_every_figure_is_explained_in_the_page_on_telemetry() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "telemetry.md").read_text()
    explained = set(re.findall(r"`(hubusers_\w+)`", page)) - {"hubusers_run_id"}
    suffixes = {"counter": "_total", "info": "_info"}
    described = {metric.name + suffixes.get(metric.type, "") for metric in Metrics(lambda: Phase.READY).describe()}
    assert explained == described


@pytest.mark.skipif(not PROMTOOL, reason="Debian's package prometheus is not installed")
def test_promtool_finds_nothing_to_criticize(run: RunSoFar) -> None:
    metrics = Metrics(lambda: Phase.STOPPED)
    metrics.follow(run).finish(verdict("It holds."), [])
    checked = subprocess.run(
        [str(PROMTOOL), "check", "metrics"],
        input=exposed(metrics),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
