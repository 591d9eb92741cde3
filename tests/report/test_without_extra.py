"""What a plain install answers, which has neither matplotlib nor numpy: the same, but for drawings and comparisons."""

import html
import shutil
import subprocess
import sys
from pathlib import Path

from hubusers.how_installed import this_installation
from hubusers.report.again import report_again
from hubusers.results.folder import JUNIT_FILE, REPORT_FILE, SUMMARY_FILE, SUMMARY_JSON_FILE
from tests.report.made_up_run import make_up_run
from tests.report.runs import CLASS, TARGETS

_PLAIN = "import sys; sys.modules.update(matplotlib=None, numpy=None); from hubusers.cli import main; main()"


def plainly(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the `hubusers` command as where the extra is not installed."""
    return subprocess.run(
        [sys.executable, "-c", _PLAIN, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_answer_is_the_same(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    make_up_run(here, event_text=(CLASS + TARGETS).replace("people = 3", "people = 40"), failures=0.2)
    shutil.copytree(here, there)
    answered = report_again(here)
    plain = plainly("report", str(there))
    assert plain.stderr == ""
    assert plain.stdout.startswith(answered.verdict.headline)
    assert plain.returncode == answered.verdict.exit_code == 1
    for name in (SUMMARY_FILE, SUMMARY_JSON_FILE, JUNIT_FILE):
        assert (there / name).read_bytes() == (here / name).read_bytes(), name

    drawn, page = (folder.joinpath(REPORT_FILE).read_text(encoding="utf-8") for folder in (here, there))
    assert "<svg" in drawn
    assert "<svg" not in page
    assert "packages of the extra “report” are missing" not in drawn
    assert "packages of the extra “report” are missing" in page
    assert this_installation().to_add("report", f"hubusers report {there}") in html.unescape(page)
    assert page.count("<figure>") == drawn.count("<figure>")
    assert page.count("<td") == drawn.count("<td")  # all figures are there

    compared = plainly("compare", str(here), str(there))
    assert compared.returncode == 2
    assert compared.stderr == (
        f"Error: Comparing runs needs libraries that are not installed here. {this_installation().to_add('report')}\n"
    )
