"""A real browser for tests: steps go in, what was seen comes out."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Visit:
    """What came of it."""

    seen: list[Any]  # what the steps "see" and "count requests" kept
    requests: list[str]  # URLs, of all that the pages asked for
    errors: list[str]  # of the console, and those that nothing caught


def browse(url: str, *steps: tuple[Any, ...], seconds: float = 300, names: Iterable[str] = ()) -> Visit:
    """Open a page in a browser of this machine and take steps there; skip the test where there is no browser.

    Args:
        url: The first page.
        steps: ("see", JavaScript) keeps what it evaluates to, ("count requests",) how many the pages made so far;
            ("wait", JavaScript) waits until that is true,
            ("click", selector), ("fill", selector, text), ("choose", selector, value), ("go", url), ("reload",),
            ("visibility", "hidden" or "visible") as when another tab is chosen,
            ("later", seconds) lets the page's clock jump, ("press", key), ("width", pixels),
            ("print", path, paper size), and ("screenshot", path).
        seconds: That all of it may take.
        names: Host names that lead to this machine.
    """
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if not executable:
        pytest.skip(f"no browser: none of {', '.join(_BROWSERS)} is installed")
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("drive.py")],
        input=json.dumps({"url": url, "steps": steps, "executable": executable, "names": list(names)}),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert not result["failed"], f"{result['failed']}\n\nErrors: {result['errors']}"
    return Visit(result["seen"], result["requests"], result["errors"])
