"""Whether Locust ended by itself, or somebody's own code ended it; for `hubusers run`, which begins Locust."""

import traceback
from pathlib import Path

from hubusers.cli.shared import fail

_MAY_END_IT = {"locust", "locust_cloud", "hubusers", "argparse", "configargparse"}
"""The packages that may end the process with exit code 0. argparse does so after it has shown the help."""


def check_how_it_ended(error: BaseException, *, is_ready: bool) -> None:
    """End the process with a sentence and exit code 2 where a locustfile, or what it imports, has ended Locust as if
    all was well, or cannot be imported.

    Args:
        error: What Locust's `main` raised.
        is_ready: Whether Locust had read everything, and fired its event `init`.

    Raises:
        SystemExit: There was no run, or not a whole one.
    """
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    if isinstance(error, SystemExit):
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if error.code or package in _MAY_END_IT:
            return
        where = f"{Path(frame.f_code.co_filename).name}, line {line}"
        what = "so there was no run, or not a whole one" if is_ready else "so there was no run"
        fail(f"The locustfile, or what it imports, has ended Locust ({where}), {what}. Remove that exit.")
    if not is_ready:
        traceback.print_exception(error)
        said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
        fail(f"The locustfile cannot be imported, so there was no run: {said.rstrip('.')}.")
