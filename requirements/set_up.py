"""Install what a target of the Makefile needs into .venv: `python3 requirements/set_up.py demo` (or `test`).

The versions are those of the lock file of that name, demo.txt or test.txt. This file must run on an old Python too, to
say that it is too old; and it needs nothing but Python.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMPS = {"demo": [".demo"], "test": [".demo", ".installed"]}
"""Files in .venv that say what is in it; what the tests need contains what the demo needs."""

OLDEST = (3, 11)
NO_NETWORK = re.compile("NewConnectionError|Failed to establish|Failed to resolve|Max retries|timed out|ProxyError")


def fail(sentence: str) -> NoReturn:
    sys.exit(f"Error: {sentence}")


def check_python(what: str) -> None:
    """Exit with a sentence if this Python cannot make the environment."""
    if sys.version_info < OLDEST:
        newer = [name for name in (f"python3.{minor}" for minor in range(19, 10, -1)) if shutil.which(name)]
        version = ".".join(map(str, sys.version_info[:3]))
        fail(
            f"hubusers needs Python 3.11 or newer, and {sys.executable} is {version}. "
            + ("Use a newer one" if newer else "Install a newer one and name it")
            + f": make {what} PYTHON={newer[0] if newer else 'python3.13'}"
        )
    if not importlib.util.find_spec("ensurepip") or not importlib.util.find_spec("venv"):
        fail(
            f"{sys.executable} cannot make a virtual environment, because its module venv is not complete. On Debian "
            "and Ubuntu, install the rest with: apt install python3-venv. Then try again."
        )


def make_environment() -> None:
    """Make .venv, unless there is one that can be used."""
    check = [PYTHON, "-c", f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"]
    if Path(PYTHON).exists() and subprocess.run(check, stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return
    make = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(make, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if made.returncode:
        fail(f"the environment .venv cannot be made: {made.stdout.decode(errors='replace').strip()}")


def install(*arguments: str, tell: "Callable[[str], None]") -> None:
    """Install with pip, tell each line that it prints, and exit with a sentence if it fails."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2", "install"]
    command += ["--no-deps", "--progress-bar", "off", *arguments]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=str(ROOT)) as process:
        for line in process.stdout or []:
            lines.append(line.decode(errors="replace").rstrip())
            tell(lines[-1])
    if process.returncode == 0:
        return
    print()
    if NO_NETWORK.search("\n".join(lines)):
        fail(
            "the packages cannot be downloaded, because pip does not reach its package index. Connect this machine to "
            "the internet, or name an index that it reaches in PIP_INDEX_URL; then try again."
        )
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-5:]
    fail("the packages cannot be installed, because pip says:\n" + "\n".join(errors))


class Progress:
    """Says how far pip is: in a terminal in one line that changes, otherwise in a line for every twenty packages."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.seen = 0

    def __call__(self, line: str) -> None:
        package = re.match(r"(?:Collecting|Processing|Requirement already satisfied:) (\S+)", line)
        if line.startswith("Ignoring "):  # it is for another system, or another Python
            self.total -= 1
        elif line.startswith("Installing collected packages"):
            print(f"{self._begin}unpacking {self.total} packages, which takes most of a minute", flush=True)
        elif package:
            self.seen += 1
            name = re.split(r"-\d|[=<>~!;\[]", Path(package.group(1)).name)[0]  # without the version
            text = f"{self._begin}{self.seen} of {self.total}: {name.replace('_', '-')}"
            if sys.stdout.isatty():
                print(text, end="", flush=True)
            elif self.seen % 20 == 0:
                print(text, flush=True)

    @property
    def _begin(self) -> str:
        return "\r\033[K  " if sys.stdout.isatty() else "  "


def main() -> None:
    what = sys.argv[1]
    check_python(what)
    began = time.time()
    lock = ROOT / "requirements" / f"{what}.txt"
    total = len(re.findall(r"^\S+==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    print(f"Installing what `make {what}` needs into .venv, which happens once:", flush=True)
    make_environment()
    # Python compiles what it imports. Compiling all of it now would take half as long as everything else.
    install("--no-compile", "--requirement", str(lock), tell=Progress(total))
    install("--quiet", "--no-build-isolation", "--editable", ".", tell=lambda line: None)
    for stamp in STAMPS[what]:
        (VENV / stamp).touch()
    print(f"Installed in {time.time() - began:.0f} seconds.", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print(f"\nInterrupted. To go on later: make {sys.argv[1]}", file=sys.stderr)
        sys.exit(130)
