"""The answer of a run for tools."""

import json
import math
from typing import Any

from hubusers.report.finding import Finding
from hubusers.report.summary_json import VERSION, summary_json
from hubusers.report.verdict import verdict_of
from hubusers.results.folder import FinishedRun
from hubusers.results.records import LOGIN, UNFINISHED, Record
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS, TARGETS, finished, start

FINDING = Finding("image-pull", "The image", "It took long.", "slowness", share=math.nan, evidence=("Pulling image",))


def summary_of(run: FinishedRun, findings: list[Finding] | None = None) -> dict[str, Any]:
    text = summary_json(run, verdict_of(run), findings or [])
    read: dict[str, Any] = json.loads(text, parse_constant=_refuse)
    return read


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def class_at_nine() -> FinishedRun:
    logins = [
        Record(LOGIN, f"ann-{n}", BEGAN + n, 1.0, 0.0, "hub error: HTTP 500" if n < 8 else "", reason="no database")
        for n in range(12)
    ]
    return finished([*logins, *(start(n, 4.0, user=f"ann-{n}") for n in range(8, 12))], CLASS + TARGETS)


def test_it_says_what_the_report_says() -> None:
    run = class_at_nine()
    summary, verdict = summary_of(run, [FINDING]), verdict_of(run)
    assert list(summary) == [
        *["version", "verdict", "people", "targets", "steps", "steps_by_user_class", "failures", "findings"],
        *["cluster", "run"],
    ]
    assert summary["version"] == VERSION == 1
    assert summary["verdict"]["headline"] == verdict.headline
    assert (summary["verdict"]["answer"], summary["verdict"]["exit_code"]) == ("missed", 1)
    assert (summary["people"]["came"], summary["people"]["stopped"]) == (12, {"login": 8})
    assert summary["people"]["in_words"] == verdict.people
    assert summary["run"]["run_id"] == run.info.run_id
    assert summary["run"]["broke_off"] is False


def test_infinity_is_null_and_a_word() -> None:
    summary = summary_of(class_at_nine(), [FINDING])
    never = {"value": None, "word": "never"}
    [target, share] = summary["targets"]
    assert (target["measured"], target["state"], target["not_reached"]) == (never, "missed", 8)
    assert (share["measured"]["word"], share["percentile"], share["measure"]) == ("", None, "failed starts")
    login, ready = summary["steps"]
    assert (login["step"], login["failed"], login["p95"]) == ("login", 8, never)
    assert (ready["succeeded"], ready["failed"], ready["not_reached"], ready["p50"]) == (4, 0, 8, never)
    assert summary["findings"][0]["share"] is None
    assert summary["findings"][0]["evidence"] == ["Pulling image"]


def test_a_time_that_something_took_longer_than() -> None:
    pending = [start(n, 14.0, UNFINISHED) for n in range(3)]
    summary = summary_of(finished([start(9, 4.0), *pending], CLASS + TARGETS))
    over = {"value": 14.0, "word": "over"}
    assert (summary["targets"][0]["measured"], summary["steps"][0]["p95"]) == (over, over)
    unmeasured = TARGETS.replace("start to ready", "hub probe")
    assert summary_of(finished([start(9, 4.0)], CLASS + unmeasured))["targets"][0]["measured"] == {
        "value": None,
        "word": "not measured",
    }


def test_failures_have_their_reason_and_their_moments() -> None:
    run = class_at_nine()
    run.results.requests.note("GET /user", BEGAN, 0.1, "HTTP 500")
    of_step, of_request = summary_of(run)["failures"]
    assert {name: of_step[name] for name in ("step", "failure", "reason", "count", "first", "last")} == {
        "step": "login",
        "failure": "hub error: HTTP 500",
        "reason": "no database",
        "count": 8,
        "first": BEGAN + 1,
        "last": BEGAN + 8,
    }
    assert (of_request["step"], of_request["count"]) == ("GET /user", 1)


def test_without_targets_and_people() -> None:
    summary = summary_of(finished([]))
    assert (summary["verdict"]["answer"], summary["targets"], summary["steps"]) == ("no targets", [], [])
