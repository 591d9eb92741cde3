"""Runs cells in the real kernel of a notebook: `run_cells`. In a process of its own, because gevent patches the tests'.

That process is `python -m tests.notebook_kernel`: the cells come by its standard input, as JSON, and their outcomes go
to its standard output.
"""

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_TOP = Path(__file__).parents[1]
_MOST_SECONDS = 100


@dataclass
class Ran:
    """A cell that ran."""

    out: str = ""
    """What it printed to standard output, and the value of its last expression."""
    err: str = ""
    """What it printed to standard error, where log lines go, too."""
    error: str = ""
    """The exception that ended it, as in "ValueError: no"; "" if none did."""
    page: str = ""
    """What `?` shows."""
    seconds: float = 0.0


def run_cells(*cells: str | tuple[str, float], cwd: Path = _TOP) -> list[Ran]:
    """Run cells one after the other in a new kernel, and return what came of each.

    Args:
        cells: Their code; with a number, the kernel is interrupted after so many seconds, as by the button.
        cwd: Where the kernel runs.

    Raises:
        AssertionError: A cell hung.
    """
    ran = subprocess.run(
        [sys.executable, "-m", __name__, str(cwd)], input=json.dumps(cells), capture_output=True, text=True, cwd=_TOP
    )
    assert ran.returncode == 0, ran.stderr
    return [Ran(**outcome) for outcome in json.loads(ran.stdout)]


def _main() -> None:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", cwd=sys.argv[1])
    try:
        print(json.dumps([asdict(_run(manager, client, cell)) for cell in json.load(sys.stdin)]))
    finally:
        manager.shutdown_kernel(now=True)


def _run(manager: Any, client: Any, cell: str | list[Any]) -> Ran:
    code, interrupt_after = (cell, None) if isinstance(cell, str) else cell
    ran, began = Ran(), time.monotonic()

    def note(message: dict[str, Any]) -> None:
        content = message["content"]
        match message["msg_type"]:
            case "stream" if content["name"] == "stdout":
                ran.out += content["text"]
            case "stream":
                ran.err += content["text"]
            case "execute_result":
                ran.out += content["data"]["text/plain"]
            case "error":
                ran.error = f"{content['ename']}: {content['evalue']}"

    if interrupt_after is not None:
        threading.Timer(interrupt_after, manager.interrupt_kernel).start()
    reply = client.execute_interactive(code, timeout=_MOST_SECONDS, output_hook=note)
    ran.page = "".join(payload["data"]["text/plain"] for payload in reply["content"].get("payload", ()))
    ran.seconds = time.monotonic() - began
    return ran


if __name__ == "__main__":
    _main()
