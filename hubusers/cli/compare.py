"""`hubusers compare`: compares two runs, before and after a change."""

import sys
from pathlib import Path

import click

from hubusers.cli.shared import fail
from hubusers.how_installed import this_installation
from hubusers.log import shown
from hubusers.results.folder import RunFolderError, read_run


@click.command(short_help="Compare two runs: did the hub get better or worse?")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option(
    "--smallest",
    type=click.FloatRange(0, 100),
    default=5.0,
    show_default=True,
    help="Smallest difference that matters, in percent. Two runs of the same hub always differ a little.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the comparison as a page with charts, into this file.",
)
def compare(before: Path, after: Path, smallest: float, html: Path | None) -> None:
    """Compare two runs by their folders: did the hub get better or worse between BEFORE and AFTER?

    The exit code is 1 when any measure got worse; 4 when there is no answer, because there are too few starts to judge
    or the runs were not alike; otherwise 0.
    """
    try:  # here, because numpy may not be there, and takes a while to be imported
        from hubusers.report.compare import as_text
        from hubusers.report.compare import compare as comparison_of
        from hubusers.report.compare_page import write_comparison
    except ImportError as error:
        fail(this_installation().without("report", "Comparing runs needs", error))
    try:
        first, second = read_run(before), read_run(after)
        comparison = comparison_of(first, second, smallest / 100)
        click.echo(as_text(comparison))
        if html:
            write_comparison(comparison, first, second, html)
            click.echo(f"The comparison as a page is in {html}")
    except (RunFolderError, ValueError) as error:
        fail(shown(str(error)))
    except OSError as error:
        fail(f"{html} cannot be written: {error.strerror}.")
    sys.exit(comparison.exit_code)
