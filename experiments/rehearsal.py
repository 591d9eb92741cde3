"""One rehearsal as a person makes it in a terminal: Locust in a process of its own, and what its report says."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubusers.cli.run import locustfile
from hubusers.local import LocalHub
from hubusers.results.folder import REPORT_FILE, SUMMARY_JSON_FILE

LONGEST = 300.0
"""Seconds that a rehearsal may take."""


@dataclass(frozen=True)
class Rehearsed:
    """What came of a rehearsal."""

    exit_code: int
    output: str
    summary: dict[str, Any] | None  # of its report; None where there was no run


def rehearse_on(hub: LocalHub, *options: str, keep: Path | None = None) -> Rehearsed:
    """Run Locust on a hub, and return what its report says.

    Args:
        hub: A hub that runs.
        options: More options of Locust: who comes, and how long.
        keep: Where the report itself is copied to; None for nowhere.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTERHUB_", "HUBUSERS_"))}
    env |= {"JUPYTERHUB_ENDPOINT": hub.endpoint, "JUPYTERHUB_API_TOKEN": hub.token}
    command = [sys.executable, "-m", "locust", "-f", str(locustfile()), "--headless", "--only-summary"]
    with tempfile.TemporaryDirectory() as runs:
        done = subprocess.run(
            [*command, "--runs-folder", runs, *options],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        folders = sorted(Path(runs).iterdir())
        summary = json.loads((folders[-1] / SUMMARY_JSON_FILE).read_text(encoding="utf-8")) if folders else None
        if keep and folders:
            shutil.copyfile(folders[-1] / REPORT_FILE, keep)
    return Rehearsed(done.returncode, done.stdout, summary)
