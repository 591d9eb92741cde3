"""All benchmarks, one after the other: `python -m benchmarks.bench [--quick]`.

Prints one Markdown document, and writes it into this folder's README.md between its two markers. Each part is a command
of its own, which can be run alone as well; one that fails is said in the document, and the others go on.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.processes import ROOT

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"

_SECONDS_EACH = 3600.0
_LAST_LINES = 10
"""How many lines of a failed part's messages the document shows."""


@dataclass(frozen=True)
class Part:
    """One command."""

    heading: str
    module: str
    full: str = ""  # its arguments
    quick: str = ""

    def arguments(self, quick: bool) -> list[str]:
        return ["-m", f"benchmarks.{self.module}", *(self.quick if quick else self.full).split()]


PARTS = [
    Part("The fast hub", "fast_hub_speed"),
    Part(
        "What a lifecycle costs",
        "cost",
        full="--rounds 2",
        quick="--users 20 --lifecycles 3 --rounds 1 --spawn-seconds 1",
    ),
    Part(
        "People who come once",
        "whole_life",
        full="--rounds 2",
        quick="--people 20 --at-once 10 --rounds 1 --spawn-seconds 1",
    ),
    Part(
        "What it costs with more users",
        "growth",
        full="--rounds 1",
        quick="--users 20 100 --rounds 1 --spawn-seconds 1",
    ),
    Part(
        "Users who wait at once",
        "waiting",
        full="--users 10000",
        quick="--users 200 --seconds 3",
    ),
    Part("Workers", "workers", quick="--users 200 --seconds 5"),
    Part("Start-up", "start_up", quick="--rounds 2"),
    Part("A real hub", "real_hub", quick="--observed 20 --users 20"),
    Part("The local hub", "local_hub", quick="--users 20 --rate 10 --seconds 15"),
]


def markdown(part: Part, quick: bool) -> str:
    """Run one part, and return its section of the document."""
    arguments = part.arguments(quick)
    print(f"# {part.heading}: python {' '.join(arguments)}", file=sys.stderr)
    began = time.monotonic()
    # A process of its own: the parts choose their CPUs, and one that dies does not end the others. Its output goes to a
    # file, so that its progress can be read, and shown, meanwhile.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as output,
        subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, stdout=output, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        timer = threading.Timer(_SECONDS_EACH, process.kill)
        timer.start()
        said = deque[str](maxlen=_LAST_LINES)
        for line in process.stderr or ():
            print(line, end="", file=sys.stderr, flush=True)
            said.append(line)
        code = process.wait()
        timer.cancel()
        output.seek(0)
        result = output.read().strip()
    if code:
        error = "".join(said).strip()
        result = f"{result}\n\n**This part failed (exit code {code}).**\n\n```text\n{error}\n```".strip()
    print(f"# done after {time.monotonic() - began:.0f} seconds", file=sys.stderr)
    return f"### {part.heading}\n\n`python {' '.join(arguments)}`\n\n{result}"


def document(parts: list[Part], quick: bool) -> str:
    """Run parts, and return all that is known of them."""
    sections = [_machine(quick), *(markdown(part, quick) for part in parts)]
    return "\n\n".join(sections)


def _machine(quick: bool) -> str:
    memory = psutil.virtual_memory().total / 1024**3
    lines = [
        f"Measured on {datetime.now(UTC):%d %B %Y}, on {os.cpu_count()} CPUs with {memory:.0f} GB of memory; Python "
        f"{platform.python_version()}, Locust {version('locust')}, JupyterHub {version('jupyterhub')}."
    ]
    if quick:
        lines.append(
            "**A quick run (`--quick`), of few users and few rounds: it shows that all of it works, and no more.**"
        )
    return "\n\n".join(lines)


def written_into(readme: str, measured: str) -> str:
    """Return a text with what stands between its markers replaced.

    Raises:
        ValueError: The markers are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} … {END} to write between")
    return f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description="All benchmarks.")
    parser.add_argument("--quick", action="store_true", help="few users and rounds: five minutes instead of forty")
    parser.add_argument(
        "--only", nargs="+", choices=[part.module for part in PARTS], help="these parts, to stdout only"
    )
    options = parser.parse_args()
    parts = [part for part in PARTS if not options.only or part.module in options.only]
    measured = document(parts, options.quick)
    print(measured)
    if not options.only:
        README.write_text(written_into(README.read_text(encoding="utf-8"), measured), encoding="utf-8")


if __name__ == "__main__":
    main()
