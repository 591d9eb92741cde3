"""The answer of a run for tools, as JSON; docs/reference/run-folder.md describes it."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from hubusers.report.finding import Finding
from hubusers.report.tables import Times, steps_by_user_class, steps_table
from hubusers.report.verdict import Verdict
from hubusers.results.failures import Failures
from hubusers.results.folder import FinishedRun
from hubusers.results.targets import Outcome

VERSION = 1
"""It changes when a name disappears, or its meaning changes; not when names are added."""

Amount = dict[str, float | str | None]


def summary_json(run: FinishedRun, verdict: Verdict, findings: Sequence[Finding]) -> str:
    """Return the JSON. It holds no infinity and no NaN, which JSON does not have.

    Args:
        run: A finished run.
        verdict: Its verdict.
        findings: What made people wait or fail, the most important first.
    """
    info = asdict(run.info)
    content = {
        "version": VERSION,
        "verdict": {
            "answer": verdict.answer,
            "exit_code": verdict.exit_code,
            "headline": verdict.headline,
            "doubts": verdict.doubts,
            "how_far": verdict.climbed.answer if verdict.climbed else None,
        },
        "people": {
            "in_words": verdict.people,
            "planned": run.info.planned_people,
            **asdict(verdict.reached),
            "most_in_vain": verdict.most_in_vain,
        },
        "targets": [_target(one) for one in verdict.outcomes],
        "steps": [_times(row) for row in steps_table(run.results)],
        "steps_by_user_class": {name: [_times(row) for row in rows] for name, rows in steps_by_user_class(run.results)},
        "failures": _failures(run),
        "findings": [asdict(finding) for finding in findings],
        "cluster": asdict(run.cluster) if run.cluster else None,
        "run": {**info, "broke_off": run.broke_off},
    }
    return json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _target(one: Outcome) -> dict[str, Any]:
    word = {"never": "never", "not measured": "not measured"}.get(one.shown, "over" if "over" in one.shown else "")
    return {
        "text": one.target.text,
        **one.target.model_dump(),
        "state": one.state,
        "measured": _amount(one.measured, word),
        "count": one.count,
        "failed": one.failed - one.not_reached,
        "not_reached": one.not_reached,
    }


def _times(row: Times) -> dict[str, Any]:
    def of(seconds: float) -> Amount:
        if math.isinf(seconds):
            return _amount(seconds, "never")
        return _amount(seconds, "" if row.known is not None and seconds <= row.known else "over")

    return {
        "step": row.name,
        "count": row.count,
        "succeeded": row.succeeded,
        "failed": row.failed,
        "not_reached": row.not_reached,
        "unfinished": row.unfinished,
        "p50": of(row.p50),
        "p95": of(row.p95),
        "p99": of(row.p99),
        "longest": row.longest,
        "error": row.error,
    }


def _amount(value: float | None, word: str) -> Amount:
    return {"value": value, "word": word}


def _failures(run: FinishedRun) -> list[dict[str, Any]]:
    """Return each kind of failure of steps and requests, the most frequent first."""
    failures = Failures(run.results.examples)
    failures.note(run.results.records)
    failures.note_requests(run.results.requests)
    return [{"step": kind.pop("name"), **kind} for kind in map(asdict, failures.kinds())]


def _finite(value: Any) -> Any:
    """Return a value with null in place of infinity and NaN."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
