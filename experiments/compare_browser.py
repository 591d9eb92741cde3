"""Does a NotebookUser ask for what a browser asks for? `python -m experiments.compare_browser` prints Markdown tables.

A real Chromium and a NotebookUser do the same, each once, on the same local hub with real servers: log in with the form
to an account that has no server yet, follow to JupyterLab, open a notebook, run its three cells one by one with enough
thinking before each to see the periodic requests, save, go to the hub's home page, stop the server there, log out. Then
they do it in Notebook 7, on another hub. What reached the proxy is compared by kind, which is the method and the path's
template, as a recorder before the proxy saw it: so what Chromium took from its cache is not in it. Bytes are those of
the requests and the answers, with headers.

Both homes hold the notebook already. JupyterLab's news and its check for updates are switched off there, because its
server would ask the internet for them.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.chromium_visits import (
    JUPYTERLAB,
    NOTEBOOK,
    NOTEBOOK_7,
    PASSWORD,
    SECONDS_FOR_A_STEP,
    Interface,
    chromium,
    visit_with_chromium,
)
from benchmarks.markdown import markdown_table
from benchmarks.processes import ROOT, RunningHub, environment_for
from experiments.request_recorder import Request, RequestRecorder
from hubusers.local import LocalHub

LEFT_OUT: dict[str, str] = {}
"""Kinds of request that a NotebookUser leaves out on purpose, and why; they count as missing all the same."""

CODE: dict[str, dict[str, Any]] = {
    "sum(range(1000))": {"output_type": "execute_result", "data": {"text/plain": "499500"}},
    "for number in range(3):\n    print('line', number)": {
        "output_type": "stream",
        "name": "stdout",
        "text": "line 0\nline 1\nline 2\n",
    },
    "import time\n\ntime.sleep(1)\nprint('done')": {"output_type": "stream", "name": "stdout", "text": "done\n"},
}
"""The notebook's cells that run, with the outputs that are stored in it."""

_SECONDS_FOR_A_RUN = 300.0

_CONFIG = """
c.Spawner.cmd = [{command!r}]

def _fill_home(spawner):
    import shutil
    home = Path(spawner.home_dir_template.format(username=spawner.user.name))
    shutil.copytree({folder!r}, home, dirs_exist_ok=True)

c.Spawner.pre_spawn_hook = _fill_home
c.Spawner.default_url = {default_url!r}
"""


def fill(folder: Path) -> None:
    """Put into a folder what both homes hold."""
    cells = [_cell("markdown", "title", "# An example")]
    for number, (source, output) in enumerate(CODE.items()):
        count = number + len(CODE) + 1  # saved after a second run, so that a cell's number tells whether it ran now
        if output["output_type"] == "execute_result":
            output = {**output, "execution_count": count, "metadata": {}}
        cells.append(_cell("code", f"code-{number}", source) | {"execution_count": count, "outputs": [output]})
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    Path(folder, NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
    settings = folder / ".jupyter" / "jupyter_lab_config.json"
    settings.parent.mkdir()
    lab = {"check_for_updates_class": "jupyterlab.NeverCheckForUpdate", "news_url": None}
    settings.write_text(json.dumps({"LabApp": lab}), encoding="utf-8")


def _cell(kind: str, identity: str, source: str) -> dict[str, Any]:
    return {"cell_type": kind, "id": identity, "metadata": {}, "source": source}


def record(hub: LocalHub, visit: Callable[[RequestRecorder], None]) -> list[Request]:
    """Have somebody visit a hub, and return what reached its proxy meanwhile.

    Raises:
        RuntimeError: Not all of it could be read.
    """
    with RequestRecorder(hub.settings.public_port) as recorder:
        visit(recorder)
    if recorder.unread:
        raise RuntimeError("some requests could not be read:\n" + "\n".join(recorder.unread))
    return recorder.requests


def visit_as_browser(recorder: RequestRecorder, interface: Interface, thinking: float) -> None:
    """Do it with a real browser."""

    def note_phase(phase: str) -> None:
        recorder.phase = phase

    with chromium() as browser:
        visit_with_chromium(browser, interface, recorder.url, thinking, len(CODE), note_phase)


def visit_as_notebook_user(recorder: RequestRecorder, token: str, notebooks: Path, thinking: float) -> None:
    """Do it with a NotebookUser, alone in a Locust process of its own.

    Raises:
        RuntimeError: The run failed.
    """
    command = [sys.executable, "-m", "locust", "-f", "locustfile.py", "--headless", "--only-summary"]
    command += ["-u", "1", "-r", "1", "-t", f"{_SECONDS_FOR_A_RUN:g}s", "--lifecycles", "1"]
    command += ["--stop-after-failed-spawns", "0", "--after-failure", "end"]
    # After a stay of 0 seconds nobody begins a second notebook.
    command += ["--notebooks", str(notebooks), "--thinking", f"{thinking:g}", "--stay", "0"]
    command += ["--leave", "log-out", "NotebookUser"]
    secrets = {"JUPYTERHUB_API_TOKEN": token, "HUBUSERS_PASSWORD": PASSWORD}
    done = subprocess.run(
        command,
        env=environment_for(RunningHub(recorder.url)) | secrets,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_SECONDS_FOR_A_RUN + SECONDS_FOR_A_STEP,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the run of NotebookUser failed:\n{done.stdout}\n{done.stderr}")


def comparison(browser: list[Request], user: list[Request]) -> str:
    """Return how the two differ, as Markdown: first in short, then kind by kind."""
    of_browser, of_user = _by_kind(browser), _by_kind(user)
    shared = of_browser.keys() & of_user.keys()
    left_out = [kind for kind in of_browser if kind not in shared and kind in LEFT_OUT]
    in_short = [
        _row("kinds of request that the browser makes", len(of_browser), len(shared)),
        *(
            _row(name, sum(map(measure, browser)), sum(map(measure, user)))
            for name, measure in (
                ("requests", lambda request: 1),
                ("of them answered 304, not modified", lambda request: request.status == 304),
                ("bytes", lambda request: request.bytes),
                ("of all but static files", lambda request: 0 if _is_static(request) else request.bytes),
                ("bytes sent", lambda request: request.sent_bytes),
                ("bytes received", lambda request: request.received_bytes),
                ("websocket frames sent", lambda request: request.sent_frames.count),
                ("websocket frames received", lambda request: request.received_frames.count),
            )
        ),
        _row("different static files", len(_static_files(browser)), len(_static_files(user))),
        ["seconds from the first request to the last", f"{_seconds(browser):.0f}", f"{_seconds(user):.0f}"],
    ]
    kinds = [_kind_row(kind, of_browser.get(kind, []), of_user.get(kind, [])) for kind in of_browser | of_user]
    headers = ["method", "path", "requests, browser", "NotebookUser", "bytes, browser", "NotebookUser", ""]
    lines = [
        markdown_table(["", "browser", "NotebookUser", "NotebookUser / browser"], "lrrr", in_short),
        "",
        f"Static files that both ask for: {len(_static_files(browser) & _static_files(user))}.",
        "",
        markdown_table(headers, "llrrrrl", kinds),
        "",
        *_listed("Missing", [f"`{kind}`" for kind in of_browser if kind not in shared and kind not in left_out]),
        *_listed("Left out on purpose", [f"`{kind}`: {LEFT_OUT[kind]}" for kind in left_out]),
        *_listed("Only from NotebookUser", [f"`{kind}`" for kind in of_user if kind not in shared]),
    ]
    return "\n".join(lines)


def _by_kind(requests: list[Request]) -> dict[str, list[Request]]:
    kinds: dict[str, list[Request]] = {}
    for request in requests:
        kinds.setdefault(request.kind, []).append(request)
    return kinds


def _row(name: str, browser: int, user: int) -> list[str]:
    return [name, f"{browser:,}", f"{user:,}", f"{user / browser if browser else 0:.1%}"]


def _kind_row(kind: str, browser: list[Request], user: list[Request]) -> list[str]:
    method, _, path = kind.partition(" ")
    note = ""
    if not user:
        note = "left out on purpose" if kind in LEFT_OUT else "**missing**"
    elif not browser:
        note = "only from NotebookUser"
    sizes = [f"{_bytes(requests):,}" for requests in (browser, user)]
    return [method, f"`{path}`", f"{len(browser)}", f"{len(user)}", *sizes, note]


def _bytes(requests: list[Request]) -> int:
    return sum(request.bytes for request in requests)


def _static_files(requests: list[Request]) -> set[str]:
    """Return the paths, without the user's name, that are one and the same kind by their template."""
    return {request.target.partition("?")[0].split("/", 3)[-1] for request in requests if _is_static(request)}


def _is_static(request: Request) -> bool:
    return request.kind.endswith("/{file}")


def _seconds(requests: list[Request]) -> float:
    times = [request.began for request in requests]
    return max(times, default=0.0) - min(times, default=0.0)


def _listed(title: str, items: list[str]) -> list[str]:
    return [f"{title}: {len(items)}", "", *(f"- {item}" for item in items), *([""] if items else [])]


def phases(requests: list[Request]) -> str:
    """Return when the browser asks, as a Markdown table."""
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for request in requests:
        counts[request.phase] += 1
        sizes[request.phase] += request.bytes
    rows = [[phase, f"{count}", f"{sizes[phase]:,}"] for phase, count in counts.items()]
    return markdown_table(["phase", "requests", "bytes"], "lrr", rows)


def _is_from_load_generator(request: Request) -> bool:
    """Accounts and clean-up come with the operator's token; whether the hub is there is asked without one.

    JupyterLab sends a token too, but only to its own server; the hub's pages have cookies.
    """
    return request.target.startswith("/hub/api/") and (request.has_token or request.target == "/hub/api/")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.compare_browser", description=__doc__.splitlines()[0])
    parser.add_argument("--thinking", type=float, default=10.0, help="seconds before each cell")
    parser.add_argument(
        "--servers-from", type=Path, default=Path(sys.prefix), help="the environment whose JupyterLab the servers run"
    )
    interfaces = {interface.name: interface for interface in (JUPYTERLAB, NOTEBOOK_7)}
    parser.add_argument("--only", choices=interfaces, help="one of the interfaces")
    options = parser.parse_args()
    command = str(options.servers_from.absolute() / "bin" / "jupyterhub-singleuser")
    for name in [options.only] if options.only else interfaces:
        print(f"## {name}\n")
        compare(interfaces[name], options.thinking, command)


def compare(interface: Interface, thinking: float, command: str) -> None:
    """Let both visit a hub that leads to an interface, and print how they differ.

    Args:
        interface: Which interface.
        thinking: Seconds before each cell.
        command: What starts a server.
    """
    with tempfile.TemporaryDirectory() as folder:
        home, notebooks = Path(folder, "home"), Path(folder, "notebooks")
        home.mkdir()
        notebooks.mkdir()
        fill(home)
        shutil.copy(home / NOTEBOOK, notebooks)
        config = _CONFIG.format(folder=str(home), command=command, default_url=interface.default_url)
        with LocalHub(servers="lab", extra_config=config) as hub:
            print(f"The proxy is configurable-http-proxy from {hub.proxy}.\n")
            browser = record(hub, lambda recorder: visit_as_browser(recorder, interface, thinking))
            print(f"When the browser asks:\n\n{phases(browser)}\n", flush=True)
            all_of_user = record(hub, lambda recorder: visit_as_notebook_user(recorder, hub.token, notebooks, thinking))
    user = [request for request in all_of_user if not _is_from_load_generator(request)]
    print(comparison(browser, user))
    print(f"Not counted: {len(all_of_user) - len(user)} requests of the load generator itself.\n", flush=True)


if __name__ == "__main__":
    main()
