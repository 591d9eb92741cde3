"""What a run with very many requests leaves in its folder."""

import re
from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from pathlib import Path

import pytest

from hubusers.report.again import report_again
from hubusers.results.folder import REQUESTS_FILE, RunFolder, RunFolderError, read_run
from hubusers.results.request_log import RequestLog, request_rows
from hubusers.results.run_info import RunInfo
from hubusers.results.saved_requests import MOMENTS_FILE, TIMES_FILE, TOTALS_FILE
from tests.report.made_up_run import BEGAN
from tests.report.runs import info

NAMES = ("GET /users", "POST /users/{name}/server")


def written(path: Path, known: RunInfo, count: int = 5_000) -> RequestLog:
    """Write a run that counts its requests from the hundredth on, and return them."""
    log = RequestLog(most_exact=100, most_spans=500, most_cells=500)
    folder = RunFolder(path)
    for number in range(count):
        failure = "HTTP 500, or another" if number % 7 == 0 else ""
        log.note(NAMES[number % 2], BEGAN + number, 0.01 + number % 113 / 1_000, failure)
        if number % 50 == 0:
            folder.write_requests(request_rows(log.take_new()))
    folder.write_counted_requests(log)
    known.rows = folder.rows if known.ended else {}
    folder.write_info(known)
    folder.close()
    return log


def test_it_is_read_as_it_was(tmp_path: Path) -> None:
    log = written(tmp_path / "run", info())
    read = read_run(tmp_path / "run").results.requests
    assert read.is_counted
    assert read.names() == log.names()
    for name, of in read.counted().items():
        before = log.counted()[name]
        assert (of.width, of.times_width, of.spans, of.cells) == (
            before.width,
            before.times_width,
            before.spans,
            before.cells,
        )
        assert {failure: astuple(total) for failure, total in of.totals.items()} == {
            failure: astuple(total) for failure, total in before.totals.items()
        }
        assert sorted(of.moments()) == sorted(before.moments())
        assert sorted(of.times()) == sorted(before.times())
    each = (tmp_path / "run" / REQUESTS_FILE).read_text(encoding="utf-8").splitlines()
    assert 100 < len(each) < 5_000  # the first ones are there as well


def test_a_run_that_was_killed_leaves_what_it_had_counted(tmp_path: Path) -> None:
    log = written(tmp_path / "run", info(ended=0.0))
    with (tmp_path / "run" / MOMENTS_FILE).open("a", encoding="utf-8") as file:
        file.write("GET /users,1795680")
    (tmp_path / "run" / f".{TIMES_FILE}").write_text("request,", encoding="utf-8")  # not whole, so not in place yet
    assert len(read_run(tmp_path / "run").results.requests) == len(log) == 5_000


def test_requests_of_earlier_runs_are_counted_when_they_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them is in the folder, and only so many are kept in memory."""
    monkeypatch.setattr("hubusers.results.results.RequestLog", partial(RequestLog, most_exact=100))
    folder = RunFolder(tmp_path / "run")
    folder.write_requests((NAMES[0], BEGAN + number, 0.1, "") for number in range(5_000))
    folder.write_info(info(rows=folder.rows))
    folder.close()
    requests = read_run(tmp_path / "run").results.requests
    assert (requests.is_counted, len(requests)) == (True, 5_000)


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        (TOTALS_FILE, lambda text: text.replace("times_width", "other"), "line 1: it lacks the column times_width"),
        (TOTALS_FILE, lambda text: re.sub(r"[\d.]+\n", "0\n", text), "0 is not a number of seconds, from 1 on"),
        (
            TOTALS_FILE,
            lambda text: text + "GET /us,,7,1.0,1795680000,1795680001,1,1\r\n",
            "5 rows, and the run wrote 4",
        ),
        (MOMENTS_FILE, lambda _: "", "it is empty"),
        (MOMENTS_FILE, lambda text: text.replace("GET /users", "GET /others", 1), "line 2: it lacks 'GET /others'"),
        (TIMES_FILE, lambda text: text[:-40], "it is cut off): it lacks 1 of the 600"),
        (TIMES_FILE, lambda text: text.replace("0.01,", "-1,"), "-1 is a negative number of seconds"),
    ],
)
def test_a_damaged_file(tmp_path: Path, file: str, change: Callable[[str], str], said: str) -> None:
    written(tmp_path / "run", info())
    path = tmp_path / "run" / file
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    answered = report_again(tmp_path / "run")
    first = answered.run.damages[0]
    assert (first.name, answered.verdict.answer) == (file, "no answer")
    assert said in first.sentence


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    written(tmp_path / "run", info())
    (tmp_path / "run" / TIMES_FILE).unlink()
    with pytest.raises(RunFolderError, match=r"it has no request-times\.csv"):
        read_run(tmp_path / "run")
