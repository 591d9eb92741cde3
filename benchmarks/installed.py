"""How much an installation takes: `python -m benchmarks.installed` prints a Markdown table.

Locust alone, in the version that is installed here, and hubusers without extras, each by pip into an environment of its
own. Counted are the packages, and the disk space that they take, as `du` counts it, with the bytecode that pip compiles
and without pip itself. It needs a package index, or a folder with wheels that pip finds (`PIP_FIND_LINKS`).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.markdown import markdown_table
from benchmarks.processes import ROOT

LOCUST, OURS = "Locust alone", "hubusers"

_NOT_COUNTED = re.compile(r"(pip|setuptools|wheel|pkg_resources|_distutils_hack|distutils)(-[^/]*)?$")
_LARGEST = 5
_BLOCK = 512  # bytes, of what `st_blocks` counts
_MB = 1024**2


def installed(package: str, folder: Path) -> dict[str, int]:
    """Install a package into an environment in a folder, and return the bytes of each thing that is there then.

    Raises:
        subprocess.CalledProcessError: It cannot be installed; pip has said why.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "-qq", "install", "--compile", package]
    subprocess.run(pip, env=environment, stdout=sys.stderr, check=True)
    [site_packages] = folder.glob("lib/python*/site-packages")
    return {each.name: size_of(each) for each in site_packages.iterdir() if not _NOT_COUNTED.match(each.name)}


def size_of(path: Path) -> int:
    """Return the bytes of the disk that a file takes, or a folder with all that is in it."""
    return _BLOCK * sum(each.lstat().st_blocks for each in (path, *path.rglob("*")))


def table(sizes: dict[str, dict[str, int]]) -> str:
    """Return what is installed as a Markdown table.

    Args:
        sizes: The bytes of each thing in an environment, by what was installed there.
    """
    rows = []
    locust = sum(sizes[LOCUST].values())
    for name, things in sizes.items():
        packages = sum(thing.endswith(".dist-info") for thing in things)
        largest = sorted(things, key=lambda thing: things[thing], reverse=True)[:_LARGEST]
        named = ", ".join(f"{thing} {things[thing] / _MB:.0f}" for thing in largest)
        total = sum(things.values())
        rows.append([name, f"{total / _MB:.0f} MB", f"{total / locust:.2f}", str(packages), named])
    return markdown_table(["what is installed", "size", "times Locust", "packages", "largest, in MB"], "lrrrl", rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.installed", description="The size of an installation.")
    parser.parse_args()
    sizes = {}
    for name, package in {LOCUST: f"locust=={version('locust')}", OURS: str(ROOT)}.items():
        print(f"pip install {package}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            sizes[name] = installed(package, Path(folder))
    print(table(sizes))


if __name__ == "__main__":
    main()
