"""Reads the hub's metrics (`/hub/metrics`, Prometheus text), and keeps what shows how busy the hub is."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from hubusers.results.hub_samples import HubSample, Observations

_CPU = "process_cpu_seconds_total"
_MEMORY = "process_resident_memory_bytes"
_STARTED = "process_start_time_seconds"
_RUNNING_SERVERS = "running_servers"
_EVENT_LOOP = "event_loop_interval_seconds"
_SPAWNS = "server_spawn_duration_seconds"
_REQUESTS = "request_duration_seconds"

# Before 1.3 JupyterHub's names had no prefix. 4 has no metric of its event loop.
_WANTED_LINES = re.compile(
    rf"^(?:(?:jupyterhub_)?(?:{_RUNNING_SERVERS}|(?:{_EVENT_LOOP}|{_SPAWNS}|{_REQUESTS})_(?:bucket|sum|count))"
    rf"|{_CPU}|{_MEMORY}|{_STARTED})[{{ \t].*$",
    re.MULTILINE,
)


def hub_sample(text: str, time: float) -> HubSample:
    """Return a sample of the hub's metrics.

    Takes some milliseconds on a small hub, and more the more kinds of request the hub has answered.

    Args:
        text: The metrics.
        time: When they were read, in seconds since the epoch.

    Raises:
        ValueError: The text is not the metrics of a JupyterHub; a sentence says so.
    """
    # The parser takes most of the time, so it gets only the lines that are wanted. It can read them alone.
    lines = _WANTED_LINES.findall(text)
    if not lines:
        raise ValueError("The hub's metrics cannot be read: the answer contains no JupyterHub metrics.")
    samples: dict[str, list[Sample]] = defaultdict(list)
    try:
        for family in text_string_to_metric_families("\n".join(lines) + "\n"):
            for sample in family.samples:
                samples[sample.name.removeprefix("jupyterhub_")].append(sample)
        return HubSample(
            time=time,
            cpu_seconds=_value(samples[_CPU]),
            memory=_value(samples[_MEMORY]),
            running_servers=_value(samples[_RUNNING_SERVERS]),
            event_loop=_histograms(samples, _EVENT_LOOP, lambda _: "").get(""),
            spawns=_histograms(samples, _SPAWNS, lambda labels: labels["status"]),
            requests=_histograms(samples, _REQUESTS, _request),
            started=_value(samples[_STARTED]),
        )
    except (ValueError, KeyError, IndexError):
        raise ValueError("The hub's metrics cannot be read: the answer is malformed.") from None


def _value(samples: Iterable[Sample]) -> float | None:
    return next((sample.value for sample in samples), None)


def _histograms(
    samples: dict[str, list[Sample]], name: str, key: Callable[[dict[str, str]], str]
) -> dict[str, Observations]:
    """Return the histograms of a metric by the `key` of their labels; those with the same key are added up."""
    counts: dict[str, float] = defaultdict(float)
    seconds: dict[str, float] = defaultdict(float)
    buckets: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for sample in samples[f"{name}_count"]:
        counts[key(sample.labels)] += sample.value
    for sample in samples[f"{name}_sum"]:
        seconds[key(sample.labels)] += sample.value
    for sample in samples[f"{name}_bucket"]:
        buckets[key(sample.labels)][sample.labels["le"]] += sample.value
    return {which: Observations(count, seconds[which], dict(buckets[which])) for which, count in counts.items()}


def _request(labels: dict[str, str]) -> str:
    # The label has the module as well, as in jupyterhub.apihandlers.users.UserServerAPIHandler.
    return f"{labels['method']} {labels['handler'].rpartition('.')[2]}"
