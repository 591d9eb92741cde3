"""A run with `--otel`, from the users in two workers to what a collector has decoded."""

import subprocess
import sys
from pathlib import Path

from hubusers.local import LocalHub
from hubusers.results.folder import read_run
from hubusers.telemetry import measures
from tests.locust_process import NO_FIRST_SERVER, LocustProcess
from tests.telemetry.collector import Collector, attributes, points

EVENT = """
title = "Two who fail"
[[cohorts]]
name = "students"
people = 6
arrivals = { pattern = "evenly", over = "1s" }
stay = "1s"
[[cohorts]]
name = "guests"
people = 2
user_options = { image = "none" }
arrivals = { pattern = "at once" }
stay = "1s"
[[targets]]
measure = "failed starts"
at_most = "1 %"
"""

FAILS = """
async def fail(spawner):
    if spawner.user_options.get("image") == "none":
        raise RuntimeError("no such image")
c.Spawner.pre_spawn_hook = fail
"""

API_KEY = "a-key-of-the-collector"


def test_a_collector_gets_all_figures_once_and_traces_of_visits(tmp_path: Path, free_master_port: list[str]) -> None:
    event = tmp_path / "event.toml"
    event.write_text(EVENT, encoding="utf-8")
    with LocalHub(extra_config=FAILS) as hub, Collector() as collector:
        env = {
            "HUBUSERS_RUNS_FOLDER": str(tmp_path / "runs"),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_HEADERS": f"api-key={API_KEY}",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
            "OTEL_TRACES_SAMPLER_ARG": "1",
        }
        options = ["--headless", "--otel", "--processes", "2", "--event", str(event), *free_master_port]
        with LocustProcess(hub, [*options, *NO_FIRST_SERVER], env=env) as locust:
            assert locust.wait() == 1
        token = hub.token.encode()
    [folder] = (tmp_path / "runs").iterdir()
    run_id = read_run(folder).info.run_id

    exports = list(collector.exports(measures.SERVICE_NAME))
    for resource, _ in exports:
        assert (resource[measures.RUN_ID], resource["deployment.environment"]) == (run_id, "test")
    last = {metric.name: points(metric) for metric in exports[-1][1]}
    starts = {
        (point[measures.COHORT], point[measures.OUTCOME], point.get(measures.ERROR_TYPE)): count
        for point, count in last[measures.STEP_DURATION.name]
        if point[measures.STEP] == "start to ready"
    }
    assert starts == {("students", "success", None): 6, ("guests", "failure", "spawn failed"): 2}
    assert sorted((point[measures.COHORT], count) for point, count in last[measures.PEOPLE_ARRIVED.name]) == [
        ("guests", 2),
        ("students", 6),
    ]
    assert last[measures.VERDICT.name] == [({measures.ANSWER: "missed"}, 1)]
    assert last[measures.TARGET_HELD.name] == [({measures.TARGET: "failed starts: at most 1 %"}, 0)]
    assert {measures.KIND: "start-failures", measures.EXPLAINS: "failures"} in [
        point for point, _ in last[measures.FINDING.name]
    ]

    spans = collector.spans(measures.SERVICE_NAME)
    visits = {span.span_id: attributes(span.attributes) for span in spans if span.name == "visit"}
    assert len(visits) == 8
    assert {visit["hubusers.worker"] for visit in visits.values()} == {0, 1}
    failed = [
        span for span in spans if span.name == "start to ready" and span.status.code == span.status.STATUS_CODE_ERROR
    ]
    assert [visits[span.parent_span_id]["error.type"] for span in failed] == ["spawn failed"] * 2
    assert all("no such image" in attributes(span.attributes)["hubusers.reason"] for span in failed)
    [of_run] = [span for span in spans if span.name == "run"]
    assert of_run.events[0].name == "verdict"
    assert {span.links[0].span_id for span in spans if span.name == "visit"} == {of_run.span_id}

    # Locust's own arrive as well.
    assert {metric.name for _, metrics in collector.exports("locust") for metric in metrics} >= {
        "locust.client.duration"
    }
    assert {headers["api-key"] for headers in collector.headers} == {API_KEY}
    assert not any(token in body or API_KEY.encode() in body for body in collector.bodies)
    assert "WARNING/hubusers.telemetry" not in locust.output


def test_without_it_nothing_of_it_is_imported() -> None:
    code = (
        "import sys; from locust import events; from hubusers.plugin import switch_on; import hubusers.users; "
        "switch_on(); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    packages = {name.split(".")[0] for name in loaded.stdout.split()}
    assert not packages & {"opentelemetry", "grpc", "google"}
