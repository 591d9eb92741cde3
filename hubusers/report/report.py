"""Writes the answer of a finished run into its folder: report.html for people, summary.md and junit.xml for CI,
summary.json for tools."""

import shlex
from datetime import UTC, datetime
from typing import Any

from hubusers import durations
from hubusers.documentation import documented
from hubusers.report import words
from hubusers.report.causes.catalogue import KINDS
from hubusers.report.causes.facts import USUAL_START
from hubusers.report.charts import charts_of
from hubusers.report.cluster_section import cluster_section
from hubusers.report.cluster_words import NAMES
from hubusers.report.evidence import gather
from hubusers.report.finding import Finding
from hubusers.report.findings import without_causes
from hubusers.report.junit import junit
from hubusers.report.page import markdown, page
from hubusers.report.summary_json import summary_json
from hubusers.report.tables import (
    cohorts_table,
    evidence_table,
    failures_table,
    how_counted,
    requests_table,
    steps_by_user_class,
    steps_table,
)
from hubusers.report.time_of_starts import time_of_starts, title_of
from hubusers.report.verdict import Verdict
from hubusers.results.folder import EVENT_FILE, JUNIT_FILE, REPORT_FILE, SUMMARY_FILE, SUMMARY_JSON_FILE, FinishedRun
from hubusers.results.records import LONG_WAIT
from hubusers.results.run_info import RunInfo

_MOST_IN_SUMMARY = 20
"""How many kinds of failure a summary shows, which is read in a terminal, or on a page with others."""


def write_report(run: FinishedRun, verdict: Verdict, findings: list[Finding]) -> None:
    """Write report.html, summary.md, summary.json and junit.xml into the folder of a finished run.

    Args:
        run: A finished run, with its folder.
        verdict: Its verdict.
        findings: Its findings, as `hubusers.report.findings.findings_of` returns them.

    Raises:
        OSError: A file cannot be written.
    """
    steps = steps_table(run.results)
    content = {
        "verdict": verdict,
        "info": run.info,
        "findings": findings,
        "without_causes": "" if any(finding.explains != "note" for finding in findings) else without_causes(run),
        "steps": steps,
        "failures": failures_table(run.results),
        "cluster": cluster_section(run.cluster),
    }
    summary = {**content, "failures": failures_table(run.results, most=_MOST_IN_SUMMARY)}
    (run.folder / SUMMARY_FILE).write_text(markdown("summary.md", **summary), encoding="utf-8")
    (run.folder / SUMMARY_JSON_FILE).write_text(summary_json(run, verdict, findings), encoding="utf-8")
    causes = [f"{finding.title}: {finding.sentence}" for finding in findings]
    (run.folder / JUNIT_FILE).write_text(junit(verdict, run.info, causes, steps), encoding="utf-8")
    # The last one, because it takes a second: an impatient Ctrl-C then costs no more than the drawings.
    (run.folder / REPORT_FILE).write_text(_html(run, content), encoding="utf-8")


def _html(run: FinishedRun, content: dict[str, Any]) -> str:
    evidence, unfinished = gather(run.results), len(run.results.records.unfinished())
    event_file = run.folder / EVENT_FILE
    return page(
        "report.html",
        charts_of(run),
        again=f"hubusers report {shlex.quote(str(run.folder))}",
        title=run.info.title or f"Run {run.info.run_id}",
        when=_when(run.info),
        cohorts=cohorts_table(run.results),
        by_user_class=steps_by_user_class(run.results),
        requests=requests_table(run.results),
        how_counted=how_counted(run.results),
        kinds=KINDS,
        answers_page=documented("explanation/verdict"),
        glossary=documented("reference/glossary"),
        long_wait=LONG_WAIT,
        usual_start=USUAL_START,
        evidence=evidence_table(evidence),
        time=time_of_starts(run.results),
        title_of=title_of,
        names_of_pods=NAMES,
        facts=_facts(run.info),
        left_behind=words.counted(run.info.left_behind, "account was", "accounts were"),
        unfinished=words.counted(unfinished, "start was", "starts were") if unfinished else "",
        event_text=event_file.read_text(encoding="utf-8") if event_file.exists() else "",
        **content,
    )


def _facts(info: RunInfo) -> list[tuple[str, str]]:
    """Return how the run was made, as rows of a table."""
    facts = {
        "run": info.run_id,
        "hub": info.hub,
        "JupyterHub": info.hub_version,
        "spawner": info.spawner,
        "began": _moment(info.began),
        "ended": _moment(info.ended),
        "people planned": "" if info.planned_people is None else f"{info.planned_people:,}",
        **_asked_for(info),
        "load generator": f"{info.workers} workers" if info.workers > 1 else "one process",
        "ended because": info.ended_because,
        "clean-up": info.clean_up,
        **dict(words.options(info)),
        "versions": ", ".join(f"{name} {version}" for name, version in info.versions.items()),
    }
    return [(name, value) for name, value in facts.items() if value]


def _asked_for(info: RunInfo) -> dict[str, str]:
    """Return who came in a run without an event; nothing for others, and for runs of the first versions."""
    return dict(words.users(info)) if info.user_classes and info.planned_people is None else {}


def _when(info: RunInfo) -> str:
    """Say when the run was, in a sentence."""
    began, ended = (datetime.fromtimestamp(time, UTC) for time in (info.began, info.ended))
    until = f"{ended:%H:%M}" if ended.date() == began.date() else f"{ended:%d %B %Y, %H:%M}"
    lasted = durations.in_words(max(1, round(info.ended - info.began)))
    return f"{began:%d %B %Y, %H:%M} to {until} UTC ({lasted})."


def _moment(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC" if time else ""
