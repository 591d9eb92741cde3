"""The exporters of a run, as they are supplied."""

from collections.abc import Iterable

import pytest

from hubusers.plugin.exporting import Exporting
from hubusers.report.finding import Finding
from hubusers.report.verdict import Verdict
from hubusers.telemetry.exporter import Exporter
from tests.telemetry.test_grafana import verdict


class Good:
    def __init__(self) -> None:
        self.got: list[str] = []

    def note(self) -> None:
        self.got.append("figures")

    def finish(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        self.got.append("answer")


class Bad(Good):
    def note(self) -> None:
        raise ValueError("a mistake of ours")


class BadAtTheEnd(Good):
    def finish(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        raise ValueError("another one")


def test_an_exporter_that_fails_is_named_once_and_the_others_get_everything(caplog: pytest.LogCaptureFixture) -> None:
    good = Good()
    exporters: list[Exporter] = [Bad(), BadAtTheEnd(), good]
    exporting = Exporting(exporters)
    exporting._note()
    exporting.finish(verdict("It holds."), [])
    exporting.finish(verdict("It holds."), [])  # as after an interrupt
    assert good.got == ["figures", "figures", "answer", "figures", "answer"]
    assert [record.getMessage() for record in caplog.records] == [
        "Bad gets nothing more of this run, because of an error in hubusers: ValueError('a mistake of ours')",
        "BadAtTheEnd gets nothing more of this run, because of an error in hubusers: ValueError('another one')",
    ]
