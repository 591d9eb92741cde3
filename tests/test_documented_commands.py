"""The commands of the tutorial, the how-to guides and the README, really run on hubs of this machine.

`tests/documented_commands.py` says how. All but a few pages run with `--thorough` only.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.documented_commands import PAGES, Elsewhere, Hub, NotRun, Page, Run

TOP = Path(__file__).parents[1]
_BIN = Path(sys.executable).parent
_DOCUMENTS = ["README.md", *(str(file.relative_to(TOP)) for file in sorted(TOP.glob("docs/[th]*/*.md")))]
_SHOWN_BY_A_TERMINAL = re.compile(r"^\d\d:\d\d:\d\d UTC  (WARNING: )?")
_BASH = shutil.which("bash") or "bash"
_SECONDS = 180


def _text(page: str) -> str:
    return (TOP / page).read_text(encoding="utf-8")


def _shown(page: str) -> list[tuple[str, list[str]]]:
    """Return the commands of a page, each with the lines that the page shows after it."""
    shown: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", _text(page), re.DOTALL):
        for line in textwrap.dedent(block).splitlines():
            if line.startswith("$ "):
                shown.append((re.split(r"\s+# ", line.removeprefix("$ "))[0].strip(), []))
            else:
                shown[-1][1].append(line)
    return shown


@pytest.mark.parametrize("page", _DOCUMENTS)
def test_each_command_is_run_or_listed_with_the_reason(page: str) -> None:
    commands = [command for command, _ in PAGES[page].commands] if page in PAGES else []
    assert commands == [command for command, _ in _shown(page)]


def test_what_runs_elsewhere_is_there() -> None:
    for page in PAGES.values():
        for _, how in page.commands:
            if isinstance(how, Elsewhere):
                assert (TOP / how.test).exists(), how.test


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(name, marks=pytest.mark.thorough if page.thorough else ())
        for name, page in PAGES.items()
        if any(isinstance(how, (Run, Hub)) for _, how in page.commands)
    ],
)
def test_the_commands_of_a_page_do_what_it_says(page: str, tmp_path: Path, local_hub: LocalHub) -> None:
    (tmp_path / "class.toml").write_text(_event(page, PAGES[page]), encoding="utf-8")
    port = str(free_port())
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTERHUB_", "HUBUSERS_"))}
    env |= {"PATH": f"{_BIN}:{env['PATH']}"}
    env |= {"JUPYTERHUB_ENDPOINT": local_hub.endpoint, "JUPYTERHUB_API_TOKEN": local_hub.token}
    with ExitStack() as hubs:
        for (command, how), (_, lines) in zip(PAGES[page].commands, _shown(page), strict=True):
            if isinstance(how, (Elsewhere, NotRun)):
                continue
            for words, instead in how.instead.items():
                assert words in command
                command = command.replace(words, instead.replace("{port}", port))
            if isinstance(how, Hub):
                hubs.close()
                env |= hubs.enter_context(_running_hub(command, env, tmp_path))
            else:
                _check(how, lines, command, env, tmp_path)


def _event(page: str, how: Page) -> str:
    """Return the first event of a page, or else the tutorial's, shortened as the page's declaration says."""
    events = re.findall(r"```toml\n(.*?)```", _text(page) + _text("docs/tutorial/index.md"), re.DOTALL)
    event: str = events[0]
    for words, instead in how.event.items():
        assert words in event
        event = event.replace(words, instead)
    return event


def _check(how: Run, lines: list[str], command: str, env: dict[str, str], folder: Path) -> None:
    ran = subprocess.run(
        [_BASH, "-c", command],
        env=env,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    print(f"$ {command}\n{ran.stdout}")  # pytest shows it with a test that failed
    assert ran.returncode == how.exit_code
    assert [words for words in how.says if words not in ran.stdout] == []
    if how.as_shown:
        said = _alike(ran.stdout)
        expected = [line for line in lines if line != "…" and not line.endswith(how.except_for)]
        assert [line for line in expected if _alike(_SHOWN_BY_A_TERMINAL.sub("", line)) not in said] == []


def _alike(text: str) -> str:
    """Return a text without what differs from run to run: numbers, names, ids, paths."""
    text = re.sub(r"hub-stress-test-\w+-", "NAME-", text)
    text = re.sub(r"\bRun \w{6}\b", "Run ID", text)
    text = re.sub(r"/\S+/runs/\S+?/report.html", "REPORT", text)
    return re.sub(r"\d+(\.\d+)*( ?(s|m|ms)\b)?", "#", text)


@contextmanager
def _running_hub(command: str, env: dict[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """Run a hub until the end of the block; give the variables that it printed, as a person pastes them."""
    printed = folder / "hub.log"
    with printed.open("w", encoding="utf-8") as log:
        hub = subprocess.Popen(
            [_BASH, "-c", f"exec {command}"], env=env, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + _SECONDS
        while "JUPYTERHUB_API_TOKEN=" not in printed.read_text(encoding="utf-8"):
            assert hub.poll() is None, printed.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, printed.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield dict(re.findall(r"^export (\w+)=(\S+)$", printed.read_text(encoding="utf-8"), re.MULTILINE))
    finally:
        if hub.poll() is None:
            os.killpg(hub.pid, signal.SIGINT)
        assert hub.wait(_SECONDS) in (0, 130)
