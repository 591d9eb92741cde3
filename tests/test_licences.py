"""The licences of what hubusers brings along: pyproject.toml says which are allowed, and names what is copyleft."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_set_up import PROJECT, locked

OURS = "hubusers"
NOT_DISTRIBUTED = {"dev"}
"""Extras for the tests alone."""


def required(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> Iterator[str]:
    """Yield what a distribution needs in this environment, and what that needs."""
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    try:
        needed = distribution(name).requires or []
    except PackageNotFoundError:  # an optional part that the lock file leaves out for this system
        return
    yield name
    for requirement in map(Requirement, needed):
        if not requirement.marker or any(requirement.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield from required(canonicalize_name(requirement.name), frozenset(requirement.extras), seen)


def test_all_licences_are_allowed() -> None:
    """Those of the default installation and of every extra, and of what the image is built with."""
    extras = frozenset(PROJECT["optional-dependencies"].keys() - NOT_DISTRIBUTED)
    brought = {*required(OURS, extras, set()), *locked("image")[0]} - {OURS}
    assert {"locust", "jupyterlab", "matplotlib", "tqdm", "opentelemetry-sdk", "hatchling"} <= brought
    command = [sys.executable, "-m", "piplicenses", "--with-system", "--packages", *sorted(brought)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
