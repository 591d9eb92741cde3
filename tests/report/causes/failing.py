"""Runs in which something failed, and what their findings are."""

from collections.abc import Iterable
from typing import Any

from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of
from hubusers.results.folder import FinishedRun
from hubusers.results.records import START_TO_READY, Record
from hubusers.results.start_messages import StartMessage
from tests.report.made_up_run import BEGAN
from tests.report.runs import finished


def step(name: str, number: int, failure: str = "", reason: str = "", seconds: float = 1.0, **more: Any) -> Record:
    """Return a step of the person with this number, who comes as many seconds after the begin of the run."""
    return Record(name, f"user-{number}", BEGAN + number, seconds, 0.0, failure, reason=reason, **more)


def starts(*failures: tuple[int, str, str], good: int = 0, **more: Any) -> list[Record]:
    """Return starts that failed, given by how often, the failure and its reason; and starts that became ready."""
    made = [(failure, reason) for count, failure, reason in failures for _ in range(count)]
    failed = [step(START_TO_READY, number, *why, **more) for number, why in enumerate(made)]
    return [*failed, *(step(START_TO_READY, len(failed) + number) for number in range(good))]


def findings(records: Iterable[Record], *messages: StartMessage, event: str = "", **known: Any) -> list[Finding]:
    """Return the findings of a run with these records, and these messages of progress streams."""
    return findings_of(run_with(records, *messages, event=event, **known))


def run_with(records: Iterable[Record], *messages: StartMessage, event: str = "", **known: Any) -> FinishedRun:
    run = finished(records, event, **known)
    for message in messages:
        run.results.messages.note(message)
    return run


def message(text: str, part: str, count: int = 5, failed: int = 5) -> StartMessage:
    """Return a message that was said so often, and of how many starts that failed."""
    return StartMessage(text, part, count, 10.0, 10.0, BEGAN, BEGAN + 9, text, failed)


def text_of(finding: Finding) -> str:
    return " ".join([finding.title, finding.sentence, *finding.evidence])
