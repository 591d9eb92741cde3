"""`hubusers report`: writes the report of a finished run again."""

import sys
from pathlib import Path

import click

from hubusers.cli.shared import fail
from hubusers.log import shown
from hubusers.report.again import report_again
from hubusers.report.findings import in_sentences
from hubusers.results.folder import REPORT_FILE, RunFolderError


@click.command(short_help="Write the report of a finished run again.")
@click.argument("folder", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Write the report of a finished run again, into its FOLDER, as after an upgrade.

    The exit code is the answer: 0 when all targets were held, 1 when one was missed or too many people came in vain, 4
    when the run cannot tell, 3 when it left something on the hub. Without targets it is 1 when anything failed.
    """
    try:
        run, verdict, findings = report_again(folder)
    except RunFolderError as error:
        fail(shown(str(error)))
    except OSError as error:
        fail(f"The report cannot be written into {folder}: {error.strerror}.")
    click.echo(verdict.headline)
    for sentence in in_sentences(run, findings):
        click.echo(shown(sentence))
    click.echo(f"The report is in {folder / REPORT_FILE}")
    sys.exit(verdict.exit_code)
