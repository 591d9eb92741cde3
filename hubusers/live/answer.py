"""The answer of a run that is over, as the page Hub shows it."""

from pathlib import Path
from typing import Any

from hubusers.report import words
from hubusers.report.finding import Finding
from hubusers.report.findings import without_causes
from hubusers.report.verdict import Answer, Verdict
from hubusers.results.folder import FinishedRun

_WORDS: dict[Answer, str] = {
    "held": "It holds",
    "missed": "It does not hold",
    "no answer": "No answer",
    "no targets": "No targets",
    "failures": "Failures",
}

_EXPLAINED = {"failures": "the failures", "slowness": "the time that people waited too long"}


def answer_content(run: FinishedRun, verdict: Verdict, findings: list[Finding], report: Path | None) -> dict[str, Any]:
    """Return the answer in the words of the report, in short.

    Args:
        run: The run.
        verdict: Its verdict.
        findings: Its findings, as `hubusers.report.findings.findings_of` returns them.
        report: Where its report is; None where nothing was written.
    """
    people = [] if verdict.says_people else [verdict.people]
    has_causes = any(finding.explains != "note" for finding in findings)
    return {
        "answer": verdict.answer,
        "word": _WORDS[verdict.answer],
        "headline": verdict.headline,
        "more": [*people, *verdict.doubts],
        "without_causes": "" if has_causes else without_causes(run),
        "findings": [
            {
                "title": finding.title,
                "sentence": finding.sentence,
                "explains": _share(finding),
                "remedies": list(finding.remedies),
            }
            for finding in findings
        ],
        "left_behind": run.info.left_behind,
        "clean_up": run.info.clean_up,
        "report": str(report) if report else "",
    }


def _share(finding: Finding) -> str:
    explained = _EXPLAINED.get(finding.explains)
    return f"This explains {words.in_percent(finding.share)} of {explained}." if explained and finding.share else ""
