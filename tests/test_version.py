"""Which version hubusers says it is: after git's tags, and right in a checkout that was installed some commits ago."""

import re
import subprocess
from pathlib import Path

import yaml

from hubusers.kube.values import VERSION
from hubusers.live.recorder import versions
from hubusers.version import version, version_in

ROOT = Path(__file__).parents[1]


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    return subprocess.check_output(command, cwd=folder, text=True).strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def test_a_checkout_says_its_present_commit(tmp_path: Path) -> None:
    assert version_in(tmp_path, "0.2.0") == "0.2.0"  # not a checkout
    git(tmp_path, "init", "--quiet")
    assert version_in(tmp_path, "0.2.0") == "0.2.0"  # nothing is committed
    first = commit(tmp_path, "First")
    assert version_in(tmp_path, f"0.2.0.dev1+g{first[:9]}.d20261126") == f"0.2.0.dev1+g{first[:9]}.d20261126"
    second = commit(tmp_path, "Second")
    assert version_in(tmp_path, f"0.2.0.dev1+g{first[:9]}") == f"0.2.0.dev0+g{second[:9]}"
    assert version_in(tmp_path, "0.2.0.dev0") == f"0.2.0.dev0+g{second[:9]}"  # it was installed without git
    git(tmp_path, "tag", "v0.3.0rc1")
    assert version_in(tmp_path, f"0.2.0.dev1+g{first[:9]}") == "0.3.0rc1"
    third = commit(tmp_path, "Third")
    assert version_in(tmp_path, "0.3.0rc1") == f"0.3.0rc1.dev0+g{third[:9]}"


def test_runs_say_it() -> None:
    assert versions()["hubusers"] == version()


def test_files_that_name_a_version_name_the_newest_of_the_changelog() -> None:
    """They name the newest version, as the image's tag; what is built between two versions is called by git."""
    newest = re.search(r"^## \[?(\d[\w.]+)\]? - ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    chart = yaml.safe_load((ROOT / "deploy/chart/Chart.yaml").read_text(encoding="utf-8"))
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert newest
    assert newest[1] == VERSION == chart["version"] == chart["appVersion"] == citation["version"]
    assert set(re.findall(r"hubusers:(\d[\w.]+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))) == {VERSION}
