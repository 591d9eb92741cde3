"""The report of a run whose folder has come home: with what the cluster said, also of a run that was killed."""

from dataclasses import replace
from pathlib import Path

from hubusers.log import get_logger, shown
from hubusers.report.findings import findings_of, in_sentences
from hubusers.report.report import write_report
from hubusers.report.verdict import verdict_of
from hubusers.results.cluster import Cluster, write_cluster
from hubusers.results.folder import FinishedRun, RunFolderError, read_run

LOG = get_logger(__name__)


def run_in(folder: Path) -> FinishedRun | None:
    """Return the run in a folder; None where it cannot be read.

    Logs:
        WARNING why it cannot be read.
    """
    try:
        return read_run(folder)
    except RunFolderError as error:
        LOG.warning("%s", shown(str(error)))
        return None


def add_cluster(folder: Path, cluster: Cluster) -> None:
    """Put what the cluster said into a run's folder, and write its report anew.

    Logs:
        INFO the answer of a run that was killed before it could give one; what limited a run, where the cluster tells
        more of it than the run could. WARNING why there is no new report: what the pod
        wrote stays.
    """
    try:
        write_cluster(folder, cluster)
        if run := run_in(folder):
            verdict, findings = verdict_of(run), findings_of(run)
            write_report(run, verdict, findings)
            if run.broke_off:
                LOG.info("%s", verdict.headline)
            told = in_sentences(run, findings)
            alone = replace(run, cluster=None)
            # The run has said its answer without the cluster, such as that nothing limited it.
            tells_more = told != in_sentences(alone, findings_of(alone))
            for sentence in told if tells_more else []:
                LOG.info("With what the cluster said: %s", shown(sentence))
    except OSError as error:
        LOG.warning("What the cluster said could not be added to the report in %s: %s", folder, error.strerror)
