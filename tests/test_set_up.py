"""What `make` installs: the lock files fit pyproject.toml, and what goes wrong is said in one sentence."""

import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements import set_up

ROOT = set_up.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

EXTRAS = {"demo": ["hub", "report"], "image": ["collaboration", "hub", "lti", "otel", "report"], "test": ["dev"]}
"""The extras that each lock file has, beside the dependencies of all."""


def requirements_of(extras: Iterable[str]) -> Iterator[Requirement]:
    """Return what pyproject.toml asks for with some extras, and with those that they contain."""
    asked = [text for extra in extras for text in PROJECT["optional-dependencies"][extra]]
    for text in [*PROJECT["dependencies"], *asked]:
        requirement = Requirement(text)
        if requirement.name == PROJECT["name"]:
            yield from requirements_of(requirement.extras)
        else:
            yield requirement


def locked(lock: str) -> tuple[dict[str, set[str]], set[str]]:
    """Return the versions of each package in a lock file, and which packages are there for pyproject.toml itself."""
    versions: dict[str, set[str]] = {}
    direct: set[str] = set()
    for line in (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"(\S+)==(\S+)", line):
            name = canonicalize_name(pin[1])
            versions.setdefault(name, set()).add(pin[2])
        elif "hubusers (pyproject.toml)" in line:
            direct.add(name)
    return versions, direct


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_file_fits_pyproject(lock: str) -> None:
    """After a change of the dependencies, `make lock` writes it anew."""
    versions, direct = locked(lock)
    asked = list(requirements_of(EXTRAS[lock]))
    assert {canonicalize_name(one.name) for one in asked} == direct
    for one in asked:
        assert all(map(one.specifier.contains, versions[canonicalize_name(one.name)])), one


@pytest.mark.parametrize("lock", EXTRAS)
def test_the_tests_run_with_the_versions_of_all(lock: str) -> None:
    of_tests = locked("test")[0]
    for name, versions in locked(lock)[0].items():
        assert versions <= of_tests[name], name


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_file_names_no_host(lock: str) -> None:
    assert "://" not in (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")


def test_a_python_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr("shutil.which", lambda name: name if name == "python3.12" else None)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 .* is 3\.9\.2\. .* PYTHON=python3\.12$"):
        set_up.check_python("demo")


def test_a_python_without_all_of_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Debian's, without the package python3-venv."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else True)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        set_up.check_python("demo")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("WARNING: Retrying after connection broken by NewConnectionError", "does not reach its package index"),
        ("ERROR: No matching distribution found for locust==1", r"pip says:\nERROR: No matching distribution found"),
    ],
)
def test_a_pip_that_fails(said: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{said}'\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(set_up, "PYTHON", str(python))
    told: list[str] = []
    with pytest.raises(SystemExit, match=words):
        set_up.install("--requirement", "any.txt", tell=told.append)
    assert told == [said]


def test_progress_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    progress = set_up.Progress(41)
    for line in [
        "Ignoring colorama: markers do not match",
        *["Collecting locust==2.47.0 (from -r x)"] * 20,
        *["Processing /c/pip_x_y-2.0-py3-none-any.whl"] * 20,
    ]:
        progress(line)
    progress("Installing collected packages: locust")
    assert capsys.readouterr().out == (
        "  20 of 40: locust\n  40 of 40: pip-x-y\n  unpacking 40 packages, which takes most of a minute\n"
    )
