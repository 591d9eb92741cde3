"""The version of the hubusers that runs, as `--version`, a run's run.json and the report have it."""

import importlib.metadata
import re
import subprocess
from functools import cache
from pathlib import Path


@cache
def version() -> str:
    """Return the version, which comes from git's tags when hubusers is built.

    The first call in a process may ask git, and lets other greenlets go on meanwhile.
    """
    return version_in(Path(__file__).parents[1], importlib.metadata.version("hubusers"))


def version_in(checkout: Path, installed: str) -> str:
    """Return the version of the code in a checkout, which may have changed since the checkout was installed.

    Args:
        checkout: The folder beside the package; any other folder where there is no checkout.
        installed: The version that was written down when it was installed, such as 0.3.0.dev41+g4bc28e8f1.

    Returns:
        The tag at the present commit, if there is one. What was written down, if that is of the present commit, or if
        there is no checkout. Otherwise a version with that commit, and no count of commits: 0.3.0.dev0+g97f49b0c2.
    """
    described = re.fullmatch(r"(?:v(?P<tag>.+)-(?P<since>\d+)-g)?(?P<commit>[0-9a-f]{40})", _describe(checkout))
    if not described:
        return installed
    if described["since"] == "0":
        return described["tag"]
    public, _, local = installed.partition("+g")
    if local and described["commit"].startswith(local.partition(".")[0]):
        return installed
    return f"{public.partition('.dev')[0]}.dev0+g{described['commit'][:9]}"


def _describe(checkout: Path) -> str:
    """Return the newest tag of a checkout, how many commits there are since, and the last one; "" without git."""
    if not (checkout / ".git").exists():
        return ""
    describe = [
        "git",
        "-C",
        str(checkout),
        "describe",
        "--tags",
        "--always",
        "--long",
        "--abbrev=40",
        "--match=v[0-9]*",
    ]
    try:
        return subprocess.run(describe, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
