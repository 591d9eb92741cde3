"""Try hubusers on hubs as people run them, one after the other; `make matrix`.

`python -m tests.matrix [WORD …]` tries all cases, or those with one of these words in their name or their group. Each
takes about half a minute, after its software was installed under `build/environments`, which happens once. What
came of them goes into `tests/matrix/results.json`, and from there into `docs/reference/tried-with.md`. The exit code is
1 if a case failed. What this machine lacks is named, and is not counted as tried.
"""

import argparse
import re
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tabulate import tabulate

from tests import environments
from tests.matrix import page, results
from tests.matrix.case import Case, distribution
from tests.matrix.cases import CASES, GROUPS
from tests.matrix.results import Result
from tests.matrix.running_hub import DidNotStart
from tests.matrix.trial import DoesNotHold, Software, missing, try_out

FOLDER = environments.PROJECT / "build" / "matrix"
"""Each case has a folder here, with the logs of its hub and its run, until it is tried again."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.matrix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("word", nargs="*", help="a word in the name of a case, or of its group")
    words = parser.parse_args(arguments).word
    chosen = [
        case
        for group, cases in GROUPS.items()
        for case in cases
        if not words or any(word.lower() in f"{group} {case.name}".lower() for word in words)
    ]
    if not chosen:
        parser.error(
            f"no case has one of these words: {' '.join(words)}. The cases: {'; '.join(c.name for c in CASES)}"
        )
    done: dict[str, Result] = {}
    for number, case in enumerate(chosen, 1):
        print(f"{number}/{len(chosen)} {case.name} …", end=" ", flush=True)
        began = time.monotonic()
        done[case.name] = _result_of(case)
        print(f"{done[case.name].outcome} ({time.monotonic() - began:.0f} s)", flush=True)
        if done[case.name].why:
            print(f"  {done[case.name].why}", flush=True)
        results.write(results.merged(results.read(), done, [one.name for one in CASES]))
        page.write()
    rows = [[name, result.outcome, result.why.partition("\n")[0][:100]] for name, result in done.items()]
    print(f"\n{tabulate(rows, ['hub', 'outcome', 'why'], tablefmt='simple')}")
    outcomes = [result.outcome for result in done.values()]
    print("\n" + ", ".join(f"{outcomes.count(one)} {one}" for one in page.SHOWN))
    return 1 if "failed" in outcomes else 0


def _result_of(case: Case) -> Result:
    today = datetime.now(UTC).date().isoformat()
    if lacking := missing(case):
        return Result("not tried", f"missing here: {', '.join(lacking)}", "", {})
    try:
        software, versions = _software(case)
    except environments.NotInstalled as error:
        return Result("not tried", str(error), "", {})
    try:
        sentence = try_out(case, software, _new_folder(case.name))
    except (DoesNotHold, DidNotStart, AssertionError, RuntimeError) as error:
        return Result("failed", str(error), today, versions)
    outcome = "refused" if case.refused else "found" if case.finds else "held"
    return Result(outcome, sentence, today, versions)


def _new_folder(name: str) -> Path:
    folder = FOLDER / re.sub(r"\W+", "-", name.lower()).strip("-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _software(case: Case) -> tuple[Software, dict[str, str]]:
    """Install what a case needs, and return it with the versions that the table shows."""
    hub = f"jupyterhub~={case.hub}.0"
    # One environment for all cases of a JupyterHub: they differ in configuration.
    beside = sorted({package for other in CASES if other.hub == case.hub for package in other.hub_packages})
    hub_python = environments.environment(f"hub-{case.hub}", hub, *beside)
    server_python = environments.environment(case.servers, hub, *case.server_packages)
    in_hub, in_servers = environments.installed_versions(hub_python), environments.installed_versions(server_python)
    versions = {"jupyterhub": in_hub["jupyterhub"]}
    versions |= {name: in_hub[name] for name in map(distribution, case.hub_packages)}
    versions |= {name: in_servers[name] for name in map(distribution, case.server_packages)}
    command: list[str] = []
    if case.proxy:
        package, version = environments.npm_package("configurable-http-proxy", case.proxy)
        command = ["node", str(package / "bin" / "configurable-http-proxy")]
        versions["configurable-http-proxy"] = version
    versions |= {part.name: part.version() for part in case.parts}
    return Software(hub_python, server_python, command), versions


if __name__ == "__main__":
    # Both leave the with-blocks, which end what was started; a shell may have told this process to ignore the first.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nInterrupted; what was tried so far is in the table.", file=sys.stderr)
        sys.exit(130)
