"""Run all tests against several versions of JupyterHub, each in an environment of its own, and print a table.

make hubs                                        # 4.1, 5.5 and 6.1, at the same time; about half an hour on two cores
python -m tests.hub_versions 5.5 tests/hub       # or only some, and only some tests

Whether hubusers serves people on hubs of many other kinds, also with servers of other versions, is what `make matrix`
tries: there hub, servers and hubusers have an environment each.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tabulate import tabulate

from tests.environments import PROJECT, NotInstalled, environment, installed_versions

FOLDER = PROJECT / "build" / "hubs"
VERSIONS = ("4.1", "5.5", "6.1")


@dataclass(frozen=True)
class Result:
    installed: str  # the very version, such as 4.1.6
    passed: int
    failed: list[str]
    skipped: int
    minutes: float
    log: Path


def tested(version: str, tests: list[str]) -> Result:
    """Install one version of JupyterHub beside the project, and run the tests there; their output goes to a file."""
    log, report = FOLDER / f"{version}.log", FOLDER / f"{version}.xml"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        try:
            python = environment(f"tests-{version}", "--editable", ".[dev]", f"jupyterhub~={version}.0")
        except NotInstalled as error:
            output.write(str(error))
            return Result("not installed", 0, ["the installation"], 0, 0.0, log)
        command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", "--thorough", f"--junit-xml={report}", *tests]
        code = subprocess.run(
            command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        ).returncode
    installed = installed_versions(python)["jupyterhub"]
    passed, failed, skipped = counted(report)
    if code and not failed:
        failed = [f"pytest, with exit code {code}"]
    return Result(installed, passed, failed, skipped, (time.monotonic() - started) / 60, log)


def counted(report: Path) -> tuple[int, list[str], int]:
    """Return how many tests passed, which failed and how many were skipped."""
    if not report.exists():
        return 0, [], 0
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314  # our own file
    failed = [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - len(failed) - skipped, failed, skipped


def main(arguments: list[str]) -> int:
    versions = [argument for argument in arguments if argument[:1].isdigit()] or list(VERSIONS)
    tests = [argument for argument in arguments if not argument[:1].isdigit()]
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"Testing against JupyterHub {', '.join(versions)}; their output is in {FOLDER}/*.log", flush=True)
    with ThreadPoolExecutor(len(versions)) as executor:
        results = list(executor.map(lambda version: tested(version, tests), versions))
    rows = [[one.installed, one.passed, len(one.failed), one.skipped, f"{one.minutes:.0f}"] for one in results]
    headers = ["JupyterHub", "passed", "failed", "skipped", "minutes"]
    print(f"\n{tabulate(rows, headers, tablefmt='pipe', disable_numparse=True)}")
    for result in results:
        for name in result.failed:
            print(f"\nFailed on {result.installed}: {name} ({result.log})")
    return 1 if any(result.failed for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
