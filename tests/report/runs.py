"""Small runs for tests, with only the records that matter."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hubusers.event.file import parse_event
from hubusers.results.folder import FinishedRun
from hubusers.results.records import START_TO_READY, STOP_TO_STOPPED, Record
from hubusers.results.request_log import RequestLog
from hubusers.results.request_times import EachRequest
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo
from tests.report.made_up_run import BEGAN

TARGETS = """
[[targets]]
measure = "start to ready"
percentile = 95
at_most = "10s"

[[targets]]
measure = "failed starts"
at_most = "1 %"
"""

CLASS = """
title = "Class at nine"
seed = 1

[[cohorts]]
name = "students"
people = 3
arrivals = { pattern = "evenly", over = "3s" }
stay = "2m"
"""

CLIMB = """
title = "How far"
seed = 1
stop_when_missed = true

[[cohorts]]
name = "climbers"
arrivals = { pattern = "steps", first_per_minute = 2, more_per_minute = 2, each_lasts = "1m", up_to_per_minute = 6 }
stay = "90s"
"""


def start(due: float, seconds: float, failure: str = "", user: str = "", **more: Any) -> Record:
    """Return a start that was due `due` seconds after the run began; without a name, it is of a user of its own."""
    return Record(START_TO_READY, user or f"user-{due}", BEGAN + due, seconds, 0.0, failure, **more)


def stop(due: float, user: str, failure: str = "") -> Record:
    return Record(STOP_TO_STOPPED, user, BEGAN + due, 1.0, 0.0, failure)


def results_of(records: Iterable[Record]) -> Results:
    results = Results()
    for record in records:
        results.records.note(record)
    return results


def info(**known: Any) -> RunInfo:
    return RunInfo(
        **{
            "run_id": "k3x9qa",
            "hub": "https://hub.example.org",
            "began": BEGAN,
            "ended": BEGAN + 200,
            "clean_up": "0 left",
            **known,
        }
    )


def finished(records: Iterable[Record], event_text: str = "", **known: Any) -> FinishedRun:
    """Return a run; `known` is what its run.json says beside the usual."""
    event = parse_event(event_text, "event.toml") if event_text else None
    return FinishedRun(Path("unused"), info(**known), event, results_of(records))


def counted(run: FinishedRun) -> FinishedRun:
    """Return a run as it is when its requests are too many to keep each."""
    log = RequestLog(most_exact=0)
    for name in run.results.requests.names():
        each = run.results.requests.of(name)
        assert isinstance(each, EachRequest)
        for request in each:
            log.note(name, *request)
    while not log.is_counted:
        log.make_smaller()
    run.results.requests = log
    return run
