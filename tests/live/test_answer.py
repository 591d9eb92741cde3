"""The answer of a run as the page Hub shows it: in the words of the verdict and the findings, and never better."""

from pathlib import Path
from typing import Any

import pytest

from hubusers.live.answer import answer_content
from hubusers.report.findings import findings_of
from hubusers.report.verdict import verdict_of
from hubusers.results.records import UNFINISHED, Record
from hubusers.results.run_info import STOPPED_BY_SOMEBODY
from tests.report.runs import CLASS, TARGETS, finished, start

EVENT = CLASS + TARGETS
QUICK = [start(due, 4.0) for due in range(3)]
FAILED = [start(due, 60.0, "spawn failed") for due in range(3)]


def answer_of(records: list[Record], event: str = "", report: Path | None = None, **known: Any) -> dict[str, Any]:
    run = finished(records, event, **known)
    return answer_content(run, verdict_of(run), findings_of(run), report)


@pytest.mark.parametrize(
    ("records", "event", "known", "answer", "word"),
    [
        (QUICK, EVENT, {}, "held", "It holds"),
        (FAILED, EVENT, {}, "missed", "It does not hold"),
        (
            [start(0, 4.0, UNFINISHED)],
            CLASS + TARGETS,
            {"ended_because": STOPPED_BY_SOMEBODY},
            "no answer",
            "No answer",
        ),
        (QUICK, "", {}, "no targets", "No targets"),
        (FAILED, "", {}, "failures", "Failures"),
    ],
)
def test_each_verdict_has_its_word(
    records: list[Record], event: str, known: dict[str, Any], answer: str, word: str
) -> None:
    content = answer_of(records, event, **known)
    assert (content["answer"], content["word"]) == (answer, word)
    assert content["headline"]
    assert content["report"] == ""


def test_what_limited_a_run_stands_with_what_to_change_or_that_nothing_did() -> None:
    failed = answer_of(FAILED, report=Path("/srv/runs/k3x9qa/report.html"), left_behind=2, clean_up="Clean-up: 2 left")
    first = failed["findings"][0]
    assert first["title"]
    assert first["sentence"]
    assert first["explains"] == "This explains 100 % of the failures."
    assert first["remedies"]
    assert failed["without_causes"] == ""
    assert (failed["left_behind"], failed["clean_up"]) == (2, "Clean-up: 2 left")
    assert failed["report"] == "/srv/runs/k3x9qa/report.html"
    assert answer_of(QUICK)["without_causes"].startswith("Nothing limited it: ")
