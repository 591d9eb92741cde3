"""The parts of a hub's metrics that a run keeps."""

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hubusers.hub.client import HubClient
from hubusers.local import LocalHub
from hubusers.results.hub_metrics import hub_sample
from hubusers.results.hub_samples import HubSample, Observations
from tests.hub_major import HUB_MAJOR

TWO_CODES = """\
# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 5.31
# HELP jupyterhub_request_duration_seconds Request duration for all HTTP requests
# TYPE jupyterhub_request_duration_seconds histogram
jupyterhub_request_duration_seconds_bucket{code="200",handler="jupyterhub.apihandlers.users.UserAPIHandler",le="0.5",method="GET"} 3.0
jupyterhub_request_duration_seconds_bucket{code="200",handler="jupyterhub.apihandlers.users.UserAPIHandler",le="+Inf",method="GET"} 4.0
jupyterhub_request_duration_seconds_count{code="200",handler="jupyterhub.apihandlers.users.UserAPIHandler",method="GET"} 4.0
jupyterhub_request_duration_seconds_sum{code="200",handler="jupyterhub.apihandlers.users.UserAPIHandler",method="GET"} 2.5
jupyterhub_request_duration_seconds_bucket{code="404",handler="jupyterhub.apihandlers.users.UserAPIHandler",le="0.5",method="GET"} 1.0
jupyterhub_request_duration_seconds_bucket{code="404",handler="jupyterhub.apihandlers.users.UserAPIHandler",le="+Inf",method="GET"} 1.0
jupyterhub_request_duration_seconds_count{code="404",handler="jupyterhub.apihandlers.users.UserAPIHandler",method="GET"} 1.0
jupyterhub_request_duration_seconds_sum{code="404",handler="jupyterhub.apihandlers.users.UserAPIHandler",method="GET"} 0.25
jupyterhub_request_duration_seconds_count{code="204",handler="jupyterhub.apihandlers.users.UserAPIHandler",method="DELETE"} 7.0
jupyterhub_request_duration_seconds_created{code="200",handler="jupyterhub.apihandlers.users.UserAPIHandler",method="GET"} 1.7e+09
"""  # noqa: E501

WITHOUT_PREFIX = """\
# HELP running_servers the number of user servers currently running
# TYPE running_servers gauge
running_servers 12.0
# HELP server_spawn_duration_seconds time taken for server spawning operation
# TYPE server_spawn_duration_seconds histogram
server_spawn_duration_seconds_bucket{le="10.0",status="success"} 11.0
server_spawn_duration_seconds_bucket{le="+Inf",status="success"} 12.0
server_spawn_duration_seconds_count{status="success"} 12.0
server_spawn_duration_seconds_sum{status="success"} 61.5
# HELP request_duration_seconds request duration for all HTTP requests
# TYPE request_duration_seconds histogram
request_duration_seconds_count{code="200",handler="jupyterhub.handlers.pages.HomeHandler",method="GET"} 3.0
request_duration_seconds_sum{code="200",handler="jupyterhub.handlers.pages.HomeHandler",method="GET"} 0.5
"""


def metrics_of(hub: LocalHub, session: requests.Session) -> str:
    return HubClient(hub.endpoint, session).request("GET", "/metrics").body


def test_a_real_hub(local_hub: LocalHub, session: requests.Session) -> None:
    metrics_of(local_hub, session)  # one that the next one counts
    text = metrics_of(local_hub, session)
    sample = hub_sample(text, 1.5)
    assert sample.time == 1.5
    assert sample.cpu_seconds is not None
    assert 0.1 < sample.cpu_seconds < 3600
    assert sample.memory is not None
    assert 10e6 < sample.memory < 10e9
    assert sample.running_servers is not None  # and no more: after some failed spawns a hub counts below zero
    assert set(sample.spawns) == {"success", "failure", "error"}
    asked = sample.requests["GET MetricsHandler"]
    assert asked.count >= 1
    assert asked.seconds > 0
    assert asked.buckets["+Inf"] == asked.count
    if HUB_MAJOR == 4:
        assert sample.event_loop is None
    else:
        assert sample.event_loop
        assert sample.event_loop.buckets["+Inf"] == sample.event_loop.count > 0
        assert sample.event_loop.seconds >= 0.05 * sample.event_loop.count * 0.9


def test_a_real_hub_has_the_same_at_the_usual_place(local_hub: LocalHub, session: requests.Session) -> None:
    usual = hub_sample(session.get(f"{local_hub.url}/hub/metrics").text, 0)
    in_the_api = hub_sample(metrics_of(local_hub, session), 0)
    assert usual.cpu_seconds is not None
    assert in_the_api.cpu_seconds is not None
    assert usual.cpu_seconds <= in_the_api.cpu_seconds < usual.cpu_seconds + 60


def test_status_codes_are_added_up() -> None:
    sample = hub_sample(TWO_CODES, 0)
    assert sample.requests == {
        "GET UserAPIHandler": Observations(5, 2.75, {"0.5": 4, "+Inf": 5}),
        "DELETE UserAPIHandler": Observations(7, 0, {}),
    }


def test_what_is_missing_is_none_or_empty() -> None:
    assert hub_sample("process_cpu_seconds_total 5.31\n", 7) == HubSample(7, cpu_seconds=5.31)


def test_names_without_a_prefix() -> None:
    assert hub_sample(WITHOUT_PREFIX, 7) == HubSample(
        7,
        running_servers=12,
        spawns={"success": Observations(12, 61.5, {"10.0": 11, "+Inf": 12})},
        requests={"GET HomeHandler": Observations(3, 0.5, {})},
    )


def test_reasons_of_failures_are_added_up() -> None:
    text = """\
jupyterhub_server_spawn_duration_seconds_count{reason="throttled",status="failure"} 3.0
jupyterhub_server_spawn_duration_seconds_count{reason="",status="failure"} 1.0
"""
    assert hub_sample(text, 0).spawns == {"failure": Observations(4)}


@pytest.mark.parametrize("text", ["", "<html>Please log in</html>", "{}", "node_load1 0.5\n", "process_cpu\n"])
def test_something_else(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^The hub's metrics cannot be read: the answer contains no JupyterHub metrics\.$"
    ):
        hub_sample(text, 0)


@pytest.mark.parametrize(
    "line",
    [
        "process_cpu_seconds_total many",
        "process_cpu_seconds_total ",
        'jupyterhub_running_servers{a="b',
        'jupyterhub_server_spawn_duration_seconds_count{reason=""} 1.0',
        'jupyterhub_request_duration_seconds_count{method="GET"} 1.0',
        'jupyterhub_event_loop_interval_seconds_count 1.0\njupyterhub_event_loop_interval_seconds_bucket{a="b"} 1.0',
    ],
)
def test_malformed(line: str) -> None:
    with pytest.raises(ValueError, match=r"^The hub's metrics cannot be read: the answer is malformed\.$"):
        hub_sample(f"{TWO_CODES}{line}\n", 0)


@given(st.integers(0, len(TWO_CODES)), st.text(alphabet='{}",=\\ \n\t#1eE+-.ä\x00', max_size=8), st.integers(0, 200))
def test_damage_is_a_value_error_at_worst(position: int, inserted: str, cut: int) -> None:
    text = TWO_CODES[:position] + inserted + TWO_CODES[position + cut :]
    said = ""
    try:
        hub_sample(text, 0)
    except ValueError as error:
        said = str(error)
    assert said == "" or said.startswith("The hub's metrics cannot be read: ")
