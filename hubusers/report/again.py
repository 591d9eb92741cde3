"""Writes the report of a finished run again."""

from pathlib import Path
from typing import NamedTuple

from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of
from hubusers.report.report import write_report
from hubusers.report.verdict import Verdict, verdict_of
from hubusers.results.folder import FinishedRun, read_run


class AnsweredRun(NamedTuple):
    """A finished run and its answer."""

    run: FinishedRun
    verdict: Verdict
    findings: list[Finding]


def report_again(folder: Path) -> AnsweredRun:
    """Write the report of a finished run again, as after an upgrade, or when more is known of the run.

    Args:
        folder: The run's folder.

    Raises:
        RunFolderError: There is no run in the folder, or it cannot be read.
        OSError: The report cannot be written.
    """
    run = read_run(folder)
    answered = AnsweredRun(run, verdict_of(run), findings_of(run))
    write_report(*answered)
    return answered
