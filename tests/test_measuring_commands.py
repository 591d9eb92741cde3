"""The commands of benchmarks/ and experiments/ start; what they measure takes too long for a test."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
FILES = sorted([*PROJECT.glob("benchmarks/*.py"), *PROJECT.glob("experiments/*.py")])
COMMANDS = [file for file in FILES if "__main__" in file.read_text(encoding="utf-8")]
LOCUSTFILES = ["benchmarks.only_locust", "benchmarks.our_users", "benchmarks.often_reporting_users"]
LOCUSTFILES += ["benchmarks.waiting_users", "benchmarks.naive_users", "benchmarks.crowd"]


@pytest.mark.parametrize("file", COMMANDS, ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_each_command_says_what_it_is_called(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [str(file), "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(file), run_name="__main__")
    assert ended.value.code == 0
    assert f"usage: python -m {file.parent.name}.{file.stem} " in capsys.readouterr().out


def test_the_users_of_the_benchmarks_can_be_loaded() -> None:
    code = f"import locust, {', '.join(LOCUSTFILES)}"
    env = {**os.environ, "CROWD_FOLDER": "unused"}
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert loaded.returncode == 0, loaded.stderr


@pytest.mark.parametrize("readme", ["benchmarks/README.md", "experiments/README.md"])
def test_the_readmes_name_all_that_is_there_and_nothing_else(readme: str) -> None:
    folder, text = (PROJECT / readme).parent, (PROJECT / readme).read_text(encoding="utf-8")
    text = text.partition("<!-- measured -->")[0]  # what was measured names other files, too
    named = set(re.findall(r"`(\w+\.py)`", text))
    assert named == {file.name for file in folder.glob("*.py")} - {"__init__.py"}


def test_benchmarks_do_not_need_the_experiments() -> None:
    for file in PROJECT.glob("benchmarks/*.py"):
        assert not re.search(r"^\s*(from|import) experiments", file.read_text(encoding="utf-8"), re.MULTILINE), file
