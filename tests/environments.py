"""Environments beside the tests' own: packages from PyPI and from npm, made once and kept under build/ for next time.

They are for what the tests' own environment cannot have: another JupyterHub, another JupyterLab, a proxy from npm.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "build" / "environments"

_STAMP = "asked-for.txt"


class NotInstalled(Exception):
    """An environment could not be made. The text says why."""


def environment(name: str, *packages: str) -> Path:
    """Return the Python of an environment with these packages from PyPI.

    What is there from another time, and still fits, stays as it is.

    Args:
        name: What the environment is called, under `build/environments`.
        packages: Arguments of `pip install`, such as `jupyterhub~=6.1.0`.

    Raises:
        NotInstalled: uv is not installed, or it could not install the packages.
    """
    folder = FOLDER / name
    stamp, asked_for = folder / _STAMP, "\n".join(packages)
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == asked_for):
        _uv("venv", "--clear", "--seed", "--python", sys.executable, str(folder))
    python = folder / "bin" / "python"
    _uv("pip", "install", "--python", str(python), *packages)
    stamp.write_text(asked_for, encoding="utf-8")
    return python


def installed_versions(python: Path) -> dict[str, str]:
    """Return the version of each package in the environment of this Python."""
    listed = json.loads(_uv("pip", "list", "--format", "json", "--python", str(python)))
    return {package["name"]: package["version"] for package in listed}


def npm_package(name: str, version: str) -> tuple[Path, str]:
    """Return the folder of a package from npm, and its very version.

    Args:
        name: The package.
        version: As npm understands it: `4` is the newest release of that major version.

    Raises:
        NotInstalled: There is no npm, or it could not install the package.
    """
    folder = FOLDER / f"{name}-{version}"
    package = folder / "node_modules" / name
    if not package.exists():
        npm = shutil.which("npm")
        if not npm:
            raise NotInstalled("npm is not there (apt install npm)")
        _run([npm, "install", "--no-fund", "--no-audit", "--prefix", str(folder), f"{name}@{version}"])
    exact = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    return package, exact


def _uv(*arguments: str) -> str:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if not uv:
        raise NotInstalled("uv is not there (pip install uv)")
    return _run([uv, "--quiet", *arguments])


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=1800
    )
    if done.returncode:
        raise NotInstalled(f"{' '.join(command[:3])} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout
