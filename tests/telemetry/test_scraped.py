"""A real run on a real hub, scraped by a real Prometheus, and what the dashboard shows of it."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.hub_major import HUB_MAJOR
from tests.locust_process import NO_FIRST_SERVER, LocustProcess
from tests.scripted_hub import Asked, Scripted, ScriptedHub
from tests.telemetry.made_up_grafana import GRAFANA_TOKEN, MadeUpGrafana
from tests.telemetry.real_prometheus import PROMETHEUS, WHY_SKIPPED, RealPrometheus

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "hubusers.json"

EVENT = """
title = "Scraped"
seed = 5
[[cohorts]]
name = "students"
people = 4
arrivals = { pattern = "at once" }
stay = "1s"
[[targets]]
measure = "start to ready"
percentile = 50
at_most = "5m"
[[targets]]
measure = "failed starts"
at_most = "50 %"
"""


class Gate(ScriptedHub):
    """Stands before a hub, lets nobody have a server until it is opened, and refuses the first one who asks."""

    def __init__(self, hub: LocalHub) -> None:
        super().__init__(before=hub)
        self.opened = threading.Event()
        self._first = threading.Lock()

    def answer(self, asked: Asked) -> Scripted:
        if asked.method == "POST" and asked.path.endswith("/server"):
            self.opened.wait(120)
            if self._first.acquire(blocking=False):
                return Scripted(500, {"message": "No room"})
        return super().answer(asked)


@pytest.fixture
def gate(local_hub: LocalHub) -> Iterator[Gate]:
    with Gate(local_hub) as gate:
        yield gate


def dashboard_queries() -> list[str]:
    """Return each query of the dashboard, as Grafana sends it, that this hub can answer."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    queries = [_filled_in(target["expr"]) for panel in panels for target in panel["targets"]]
    return [query for query in queries if HUB_MAJOR >= 5 or "event_loop" not in query]


def _filled_in(query: str) -> str:
    for name, value in {"$__rate_interval": "5m", "$job": ".*", "$hub": ".*"}.items():
        query = query.replace(name, value)
    assert "$" not in query
    return query


@pytest.mark.skipif(not PROMETHEUS, reason=WHY_SKIPPED)
def test_a_run_is_scraped_and_shown_and_marked(local_hub: LocalHub, gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "event.toml").write_text(EVENT)
    (tmp_path / "token").write_text(GRAFANA_TOKEN)
    port, began = free_port(), time.time()
    arguments = ["--event", "event.toml", "--autostart", "--web-port", str(port), "--metrics", str(port)]
    arguments += [*NO_FIRST_SERVER, "--server-timeout", "5m", "--grafana-token-file", "token"]
    with (
        MadeUpGrafana() as grafana,
        RealPrometheus(tmp_path, local_hub, port) as prometheus,
        LocustProcess(
            local_hub,
            [*arguments, "--grafana-url", grafana.url],
            env={"JUPYTERHUB_ENDPOINT": gate.endpoint},
            folder=tmp_path,
        ) as locust,
    ):
        # Nobody has a server before Prometheus has seen that nobody has one.
        prometheus.wait_for('hubusers_servers{state="pending"} == 4')
        prometheus.wait_for("increase(hubusers_probe_duration_seconds_count[5m]) > 0")
        prometheus.wait_for("increase(process_cpu_seconds_total[5m]) and jupyterhub_running_servers")
        gate.opened.set()
        prometheus.wait_for('hubusers_run_verdict{answer="held"}')
        page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
        count = 'sum by (outcome, error_type) (hubusers_step_duration_seconds_count{step="start to ready"})'
        assert prometheus.now(count) == {
            frozenset({("outcome", "success")}): 3,
            frozenset({("outcome", "failure"), ("error_type", "spawn failed")}): 1,
        }
        ended = time.time()
        shown = {query: prometheus.over_time(query, began, ended) for query in dashboard_queries()}
        assert locust.stop() == 0
    assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    for secret in (local_hub.token, GRAFANA_TOKEN):
        assert secret not in page.text
        assert secret not in locust.output
    assert "hub-stress-test" not in page.text  # as all names of people begin
    assert [query for query, values in shown.items() if not values] == []
    (annotation,) = grafana.annotations.values()
    assert annotation["text"].startswith("Load test “Scraped”: It holds: both targets were held.")
    assert began * 1000 < annotation["time"] < annotation["timeEnd"] < ended * 1000


def test_the_dashboard_can_be_imported() -> None:
    dashboard: dict[str, Any] = json.loads(DASHBOARD.read_text())
    assert dashboard["uid"] == "hubusers"
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [
        (column, row)
        for panel in panels
        for column in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for row in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(places)) == len(places)  # no panel lies on another one
    assert max(column for column, _ in places) == 23  # as wide as Grafana's grid
    for each in [*panels, *(target for panel in panels for target in panel["targets"])]:
        assert each["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert variables == {"datasource", "hub", "job"}
    (annotations,) = dashboard["annotations"]["list"]
    assert annotations["target"]["tags"] == ["hubusers"]
