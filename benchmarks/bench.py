"""All benchmarks, one after the other: `python -m benchmarks.bench [--quick] [--only PART …]`.

Writes what each part prints into this folder's README.md, in the place of what that part printed the last time, and
above all of it the summary of `targets.py`. Each part is a command of its own, which can be run alone as well; one that
fails is said in the document, and the others go on.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.processes import ROOT
from benchmarks.targets import summary

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
SUMMARY = "What it costs, beside Locust alone"

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
    Part("What is installed", "installed"),
    Part("Start-up", "start_up", quick="--rounds 1"),
    Part(
        "People who come once",
        "whole_life",
        full="--rounds 2",
        quick="bare-listing hubusers-listing --people 20 --at-once 10 --rounds 1 --spawn-seconds 1",
    ),
    Part("Long and large runs", "large_runs", quick="--requests 20000 --people 1000 --soak 20000"),
    Part(
        "Visits with notebooks",
        "notebook_visits",
        full="--rate 3 --most 400",
        quick="--users 3 --tabs 5 --most 10 --rate 5 --thinking 0.1 --calm 2",
    ),
    Part(
        "What a lifecycle costs",
        "cost",
        full="--rounds 2",
        quick="bare-poll NaiveFastHttpUser hubusers-poll --users 20 --lifecycles 3 --rounds 1 --spawn-seconds 1",
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
    Part("The fast hub", "fast_hub_speed"),
    Part("A real hub", "real_hub", quick="--observed 20 --users 20"),
    Part("The local hub", "local_hub", quick="--users 20 --rate 10 --seconds 15"),
]
"""First those that the summary is about."""


def section(part: Part, quick: bool) -> str:
    """Run one part, and return its section of the document, without its heading."""
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
    return f"{_measured_on()}: `python {' '.join(arguments)}`\n\n{result}"


def document(sections: Mapping[str, str]) -> str:
    """Return the summary, and below it the sections that there are, in the order of the parts.

    Args:
        sections: By their headings.
    """
    parts = [f"### {part.heading}\n\n{sections[part.heading]}" for part in PARTS if part.heading in sections]
    return "\n\n".join([f"### {SUMMARY}\n\n{summary(sections)}", *parts])


def sections_in(document: str) -> dict[str, str]:
    """Return the sections of a document by their headings."""
    _, *sections = re.split(r"^### ", document, flags=re.MULTILINE)
    return {heading: text.strip() for heading, _, text in (each.partition("\n") for each in sections)}


def _measured_on() -> str:
    memory = psutil.virtual_memory().total / 1024**3
    return (
        f"Measured on {datetime.now(UTC):%d %B %Y}, on {os.cpu_count()} CPUs with {memory:.0f} GB of memory; Python "
        f"{platform.python_version()}, Locust {version('locust')}, JupyterHub {version('jupyterhub')}"
    )


def between_markers(readme: str) -> tuple[str, str, str]:
    """Return a text in three parts: what stands before its markers, between them, and after them.

    Raises:
        ValueError: The markers are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    measured, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} … {END} to write between")
    return before, measured, after


def written_into(readme: str, sections: Mapping[str, str]) -> str:
    """Return a text with some sections of what stands between its markers replaced, and the summary made anew.

    Args:
        readme: The text.
        sections: By their headings.

    Raises:
        ValueError: The markers are not there.
    """
    before, measured, after = between_markers(readme)
    return f"{before}{BEGIN}\n\n{document({**sections_in(measured), **sections})}\n\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description="All benchmarks.")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few users and rounds, five minutes, to stdout: only shows that it works",
    )
    parser.add_argument("--only", nargs="+", choices=[part.module for part in PARTS], help="these parts")
    options = parser.parse_args()
    parts = [part for part in PARTS if not options.only or part.module in options.only]
    if options.quick:
        print(document({part.heading: section(part, quick=True) for part in parts}))
        return
    between_markers(README.read_text(encoding="utf-8"))  # before an hour of measuring, not after it
    for part in parts:
        measured = {part.heading: section(part, quick=False)}
        README.write_text(written_into(README.read_text(encoding="utf-8"), measured), encoding="utf-8")
        print(measured[part.heading], flush=True)


if __name__ == "__main__":
    main()
