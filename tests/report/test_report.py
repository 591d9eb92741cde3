"""The files that a finished run's folder gets: report.html, summary.md and junit.xml."""

import dataclasses
import html
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from junitparser import Error, Failure, JUnitXml, TestSuite

from hubusers.documentation import documented
from hubusers.report.findings import findings_of
from hubusers.report.report import write_report
from hubusers.report.verdict import Verdict, verdict_of
from hubusers.results.folder import (
    EXAMPLES_FILE,
    METRICS_FILE,
    RUN_FILE,
    STEPS_FILE,
    RunFolder,
    RunFolderError,
    read_run,
)
from hubusers.results.records import START_TO_READY, UNFINISHED, Record
from hubusers.results.run_info import RunInfo
from tests.report.made_up_run import BEGAN, make_up_run
from tests.report.runs import CLASS, CLIMB, TARGETS, info

HOSTILE = """<script>alert("1")</script><img src='https://evil.example/x'> | `x` %{y} </script> {{ 7 * 7 }}"""
RUSH = (CLASS + TARGETS).replace("people = 3", "people = 60").replace('over = "3s"', 'over = "1m"')


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self._in = tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in not in {"script", "style"}:
            self.text += data

    @property
    def shown(self) -> str:
        return " ".join(self.text.split())


def report_of(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def write(
    folder: Path,
    info: RunInfo,
    records: Sequence[tuple[Any, ...]] = (),
    event: str = "",
    examples: Sequence[tuple[str, str, str, str]] = (),
) -> Path:
    run = RunFolder(folder)
    run.write_steps(records)
    run.write_examples(examples)
    run.write_info(info)
    if event:
        run.write_event(event)
    run.close()
    return folder


def report_on(folder: Path) -> Verdict:
    run = read_run(folder)
    verdict = verdict_of(run)
    write_report(run, verdict, findings_of(run))
    return verdict


@pytest.fixture
def rush(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    make_up_run(folder, event_text=RUSH, failures=0.0, slower=4.0)
    return folder


def test_the_verdict_comes_first_and_all_else_follows(rush: Path) -> None:
    verdict = report_on(rush)
    assert (verdict.answer, verdict.exit_code) == ("missed", 1)
    page = Page(report_of(rush))
    order = [
        "Class at nine",
        html.unescape(verdict.headline),
        "start to ready: p95 at most 10 s",
        "What limited it",
        "What happened",
        "Figures",
        "Start to ready by cohort",
        "POST /users/{name}/server",
        "How it was run",
        "The event file",
        'over = "1m"',
    ]
    positions = [page.shown.index(part) for part in order]
    assert positions == sorted(positions)
    drawings = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    assert len(drawings) == 11
    assert "Start to ready over time, percentiles. Percentiles of the starts" in " ".join(map(str, drawings))
    assert "26 November 2026, 08:00 to 08:0" in page.shown


def test_the_page_stands_alone(rush: Path) -> None:
    report_on(rush)
    page = Page(report_of(rush))
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form", "script"}
        for name in ("src", "href", "srcset", "action"):
            # Its only way out is one that people click: what a page links to is not loaded.
            pages = (documented("explanation/verdict"), documented("reference/glossary"))
            out = pages if (tag, name) == ("a", "href") else ()
            assert (attributes.get(name) or "#").startswith(("#", "data:", *out))
    policies = [attributes.get("content") for tag, attributes in page.tags if tag == "meta"]
    assert any(policy and policy.startswith("default-src 'none'") for policy in policies)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = re.findall(r"url\(#(\w+)\)|href=\"#(\w+)\"", report_of(rush))
    assert {one or other for one, other in references} <= set(ids)
    assert len(report_of(rush)) < 300_000


def test_the_same_run_has_the_same_report(rush: Path) -> None:
    report_on(rush)
    first = report_of(rush)
    report_on(rush)
    assert report_of(rush) == first


def test_text_from_outside_is_shown_literally(tmp_path: Path) -> None:
    event = CLASS.replace("Class at nine", HOSTILE.replace('"', '\\"')) + TARGETS.replace("students", "x")
    hostile = info(
        title=HOSTILE,
        hub=HOSTILE,
        hub_version=HOSTILE,
        spawner=HOSTILE,
        ended_because=HOSTILE,
        clean_up=HOSTILE,
        left_behind=2,
        planned_people=3,
        people_lost=1,
        options={HOSTILE: HOSTILE},
        versions={HOSTILE: HOSTILE},
        notes=[HOSTILE],
    )
    records = [(START_TO_READY, HOSTILE, BEGAN, 1.0, 0.0, HOSTILE + "\x00\x1b", HOSTILE, 1, 1.0, HOSTILE)]
    folder = write(tmp_path / "run", hostile, records, event)
    report_on(folder)
    text = report_of(folder)
    page = Page(text)
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert page.shown.count('<script>alert("1")</script>') > 10
    assert "49" not in page.shown
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    of_the_catalogue = r"(?<!\\)`[^`\\<]+`"
    assert not re.search(r"(?<!\\)[<`]", re.sub(of_the_catalogue, "", summary))
    assert "`x`" not in summary
    assert all(line.count(" | ") in {0, 1, 3, 7} for line in summary.splitlines() if line.startswith("|"))
    assert JUnitXml.fromfile(str(folder / "junit.xml")).failures == 1


def test_markdown_says_it_in_short(rush: Path) -> None:
    verdict = report_on(rush)
    summary = (rush / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith(f"## {verdict.headline}\n")
    assert f"| start to ready: p95 at most 10 s | {verdict.outcomes[0].shown} | 60 | missed |" in summary
    assert "| failed starts: at most 1 % | 0 % | 60 | held |" in summary
    assert (
        "**What limited it, and what to change:**\n\n- **Spawns took long:** 37 of 60 starts took too long" in summary
    )
    assert "\n  - Look at what a spawn waits for: nodes that must start first" in summary
    assert "\n\n\n" not in summary


def suite_of(folder: Path) -> TestSuite:
    (suite,) = JUnitXml.fromfile(str(folder / "junit.xml"))
    assert isinstance(suite, TestSuite)
    return suite


def test_junit_has_a_case_for_each_target(rush: Path) -> None:
    report_on(rush)
    suite = suite_of(rush)
    assert [case.name for case in suite] == [
        "start to ready: p95 at most 10 s",
        "failed starts: at most 1 %",
        "people got what they came for",
        "nothing left behind",
    ]
    missed, held, people, left = suite
    assert [type(result) for result in missed.result] == [Failure]
    assert missed.result[0].message.startswith("wanted start to ready: p95 at most 10 s, measured ")
    causes = findings_of(read_run(rush))
    assert causes
    sentences = [f"{cause.title}: {cause.sentence}" for cause in causes]
    assert missed.result[0].text == "\n".join([missed.result[0].message, *sentences])
    assert held.is_passed
    assert people.is_passed
    assert left.is_passed
    assert (suite.name, suite.failures, suite.errors) == ("Class at nine", 1, 0)
    verdict = verdict_of(read_run(rush))
    assert (suite.timestamp, suite.time) == ("2026-11-26T08:00:00+00:00", pytest.approx(people.time, abs=0.001))
    assert missed.time == pytest.approx(verdict.outcomes[0].measured, abs=0.001)
    assert held.time is None  # a share is not a time
    assert held.system_out == "wanted failed starts: at most 1 %; measured 0 % (measurements: 60)"
    known = {one.name: one.value for one in suite.properties()}  # type: ignore[no-untyped-call]
    assert known["answer"] == verdict.headline
    assert known["start to ready"].startswith("60 measured, 0 failed, p50 ")
    assert known["version of hubusers"] == "0.1.0"


def test_junit_passes_only_what_the_run_answers(tmp_path: Path) -> None:
    in_vain = [(START_TO_READY, f"user-{n}", BEGAN, 99.0, 0.0, "timed out", "", 1, 0.0, "") for n in range(4)]
    still = [(START_TO_READY, f"more-{n}", BEGAN + 1, 5.0, 0.0, UNFINISHED, "", 1, 0.0, "") for n in range(96)]
    target = TARGETS.replace("95", "2")
    folder = write(tmp_path / "run", info(planned_people=100, ended=BEGAN + 6), in_vain + still, CLASS + target)
    states = [one.state for one in report_on(folder).outcomes]
    assert "missed" in states
    for case, state in zip(suite_of(folder), states, strict=False):
        assert case.is_passed == (state == "held"), state


def test_junit_without_an_answer_has_errors(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", info(planned_people=3, left_behind=4, clean_up="4 left"), event=CLASS + TARGETS)
    assert report_on(folder).exit_code == 3  # as in locust, whatever the answer is
    first, second, people, left = suite_of(folder)
    assert [type(case.result[0]) for case in (first, second, people, left)] == [Error, Error, Error, Failure]
    assert first.result[0].message == "not measured; wanted start to ready: p95 at most 10 s"
    assert left.result[0].message == "4 accounts left: 4 left"


def test_junit_of_a_target_that_fewer_people_held(tmp_path: Path) -> None:
    records = [(START_TO_READY, "ann", BEGAN, 1.0, 0.0, "", "students", 1, 0.0, "")]
    folder = write(tmp_path / "run", info(planned_people=3, people_lost=2), records, CLASS + TARGETS)
    report_on(folder)
    assert suite_of(folder).errors == 3  # the targets, and whether people got what they came for


def test_a_kind_of_failure_has_an_example(tmp_path: Path) -> None:
    records = [
        (START_TO_READY, f"user-{n}", BEGAN + 9 * n, 1.0, 0.0, "hub error", "", 1, 0.0, "", f"Not you. {HOSTILE}")
        for n in range(2)
    ]
    example = (START_TO_READY, "hub error", f"Not you. {HOSTILE}", f"500 for ann {HOSTILE}")
    folder = write(tmp_path / "run", info(), records, examples=[example])
    report_on(folder)
    shown = Page(report_of(folder).replace("<td", " <td").replace("<br>", " ")).shown
    what = f"start to ready hub error: Not you. {HOSTILE} for example: 500 for ann {HOSTILE}"
    assert f"{what} 2 people 08:00:01 to 08:00:10 2" in shown
    (folder / EXAMPLES_FILE).unlink()  # as in a folder that an earlier version wrote
    report_on(folder)
    assert "for example" not in Page(report_of(folder)).shown


def test_a_climbing_event(tmp_path: Path) -> None:
    records = [
        (START_TO_READY, f"user-{due}", BEGAN + due, seconds, 0.0, "", "climbers", 1, 0.0, "")
        for due, seconds in [(0, 3.0), (60, 84.0)]
    ]
    folder = write(tmp_path / "run", info(planned_people=12, ended_because="Missed."), records, CLIMB + TARGETS)
    verdict = report_on(folder)
    assert verdict.answer == "missed"
    shown = Page(report_of(folder)).shown
    assert "How far it went The hub held 2 starts a minute and 1 server; at the next step (4 a minute)" in shown
    assert "missed: start to ready: p95 at most 10 s, measured 84 s" in shown
    assert "**How far:** The hub held 2 starts a minute" in (folder / "summary.md").read_text(encoding="utf-8")
    assert [case.name for case in suite_of(folder)][-3] == "every step holds the targets"
    assert suite_of(folder).failures == 2


def test_a_run_without_metrics_says_why(tmp_path: Path) -> None:
    make_up_run(tmp_path / "run", people=20, metrics=False)
    assert report_on(tmp_path / "run").answer == "failures"
    shown = Page(report_of(tmp_path / "run")).shown
    assert (
        "What to know about this run The hub's metrics were not read: the token lacks the scope read:metrics" in shown
    )
    assert not re.search(
        'aria-label="(CPU of the hub|Servers that the hub counts|Memory of the hub)', report_of(tmp_path / "run")
    )
    assert 'aria-label="How quickly the hub answers' in report_of(tmp_path / "run")  # the probes need no scope


def test_a_run_that_measured_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", info(ended=BEGAN))
    verdict = report_on(folder)
    assert (verdict.answer, verdict.exit_code) == ("no targets", 0)
    assert "<svg" not in report_of(folder)
    assert "no server start was measured" in Page(report_of(folder)).shown
    assert [case.is_passed for case in suite_of(folder)] == [True] * 3


def test_a_run_that_was_cut_off(tmp_path: Path) -> None:
    records = [(START_TO_READY, f"user-{n}", BEGAN + n, 1.0, 0.0, "", "students", 1, 0.0, "") for n in range(3)]
    folder = write(tmp_path / "run", info(ended=0.0, clean_up="", planned_people=3), records, CLASS + TARGETS)
    verdict = report_on(folder)
    assert verdict.headline == "No answer: the run was cut off, or is still going on."
    assert read_run(folder).info.ended == BEGAN + 3  # when the last of it was known
    assert [type(case.result[0]) for case in suite_of(folder)] == [Error] * 4


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (RUN_FILE, '"ended": ', '"ended": "', "run.json in .* is damaged .*repeat the run"),
        (RUN_FILE, '"options": {}', '"options": 3', "damaged .options: Input should be"),
        (RUN_FILE, f'"ended": {BEGAN + 200}', '"ended": 1e15', "run.json in .* is damaged .1e.15 is not a moment"),
        (RUN_FILE, f'"ended": {BEGAN + 200}', '"ended": 5.0', "run.json in .* is damaged .it ended before it began"),
        (RUN_FILE, f'"began": {BEGAN}', '"began": -1e15', "run.json in .* is damaged .-1e.15 is not a moment"),
        (RUN_FILE, f'"began": {BEGAN}', '"began": 0.0', "run.json in .* is damaged .0 is not a moment"),
    ],
)
def test_a_run_without_its_description(tmp_path: Path, file: str, before: str, after: str, said: str) -> None:
    path = write(tmp_path / "run", info(), []) / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(RunFolderError, match=said):
        report_on(path.parent)


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (STEPS_FILE, f",{BEGAN},", ",0.0,", "line 2: 0 is not a moment"),
        (STEPS_FILE, ",1.0,0.0,", ",-1.0,0.0,", "line 2: -1.0 is a negative number of seconds"),
        (STEPS_FILE, ",1.0,0.0,", ",1e15,0.0,", "line 2: 1e15 is not a number of seconds that a run can last"),
        (STEPS_FILE, ",,1,0.0,", ",,-1,0.0,", "line 2: -1 is a negative number"),
        (STEPS_FILE, ",,,,0,{}", f",,,,0,{'[' * 100_000}", "line 2: a value is nested too deeply"),
        (STEPS_FILE, ",1.0,0.0,", ",nan,0.0,", "line 2: nan is not a number of seconds"),
        (METRICS_FILE, "", '{"time": 1, "event_loop": null, "spawns": null, "requests": {}}\n', "line 1: "),
    ],
)
def test_a_damaged_run(tmp_path: Path, file: str, before: str, after: str, said: str) -> None:
    """Report and summary say what is missing, and show the rest."""
    records = [
        (START_TO_READY, name, BEGAN, 1.0, 0.0, "", "", 1, 0.0, "", "", "", "", 0, "{}") for name in ("ann", "bob")
    ]
    path = write(tmp_path / "run", info(), records) / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    verdict = report_on(path.parent)
    assert (verdict.answer, verdict.exit_code) == ("no answer", 4)
    summary = (path.parent / "summary.md").read_text(encoding="utf-8")
    for shown in (Page(report_of(path.parent)).shown, summary):
        assert f"a part of what the run measured is damaged: {file}" in shown
        assert said in shown
    assert f"| start to ready | {1 if file == STEPS_FILE else 2} | 0 | 0 |" in summary
    assert findings_of(read_run(path.parent)) == []
    assert "As far as its files can be read, nothing limited it" in summary


def test_only_failures(tmp_path: Path) -> None:
    records = [(START_TO_READY, "ann", BEGAN, 60.0, 0.0, "timed out", "", 1, 0.0, "")]
    folder = write(tmp_path / "run", info(), records)
    report_on(folder)
    assert "start to ready 0 1 0 never never never – –" in cells_of(folder)


def test_starts_that_the_end_broke_off_have_no_times(tmp_path: Path) -> None:
    records = [(START_TO_READY, f"user-{n}", BEGAN, 1.7 + n / 10, 0.0, UNFINISHED, "", 1, 0.0, "") for n in range(5)]
    folder = write(tmp_path / "run", info(ended=BEGAN + 2), records, CLASS + TARGETS)
    verdict = report_on(folder)
    assert "start to ready 0 0 5 – – – – –" in cells_of(folder)
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert "| start to ready | 0 | 0 | 5 | – | – | – | – |" in summary
    assert "| start to ready: p95 at most 10 s | over 2.1 s | 5 | undecided |" in summary
    assert verdict.headline == "No answer: 5 starts were under way when the run ended."


def cells_of(folder: Path) -> str:
    return re.sub(r"\s+", " ", Page(report_of(folder).replace("<td", " <td")).shown)


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not the folder of a finished run"):
        report_on(tmp_path)


class TestJUnitWithoutTargets:
    def test_a_failed_step_fails_a_case(self, tmp_path: Path) -> None:
        records = [
            (START_TO_READY, f"user-{n}", BEGAN, 1.0, 0.0, "" if n else "hub error", "", 1, 0.0, "") for n in range(40)
        ]
        folder = write(tmp_path / "run", info(), records)
        assert report_on(folder).exit_code == 1
        steps, people, left = suite_of(folder)
        assert (steps.name, people.name) == ("every step and request succeeded", "people got what they came for")
        assert [type(result) for result in steps.result] == [Failure]
        assert steps.result[0].message == "start to ready failed 1 of 40 times"
        assert people.is_passed  # one of forty
        assert left.is_passed

    def test_too_many_people_in_vain_fail_a_case(self, tmp_path: Path) -> None:
        records = [
            (START_TO_READY, f"user-{n}", BEGAN, 1.0, 0.0, "" if n else UNFINISHED, "", 1, 0.0, "") for n in range(3)
        ]
        folder = write(tmp_path / "run", info(ended=BEGAN + 20), records)
        assert report_on(folder).exit_code == 1
        steps, people, _ = suite_of(folder)
        assert steps.is_passed
        assert people.result[0].message == (
            "wanted at most 5 % in vain, measured 33 %: 2 of 3 people got a server within 20 s; 1 was still waiting."
        )


def test_people_are_said_where_the_headline_does_not(tmp_path: Path) -> None:
    records = [(START_TO_READY, f"user-{n}", BEGAN, 1.0, 0.0, "", "students", 1, 0.0, "") for n in range(3)]
    folder = write(tmp_path / "run", info(planned_people=4, ended_because="Ctrl-C."), records, CLASS + TARGETS)
    assert report_on(folder).headline == "No answer: the run ended when 3 of 4 people had come."
    assert (
        "4 people had come. 3 people came, and all of them got a server. The run ended"
        in Page(report_of(folder).replace("</p>", " </p>")).shown
    )
    assert "\n\n3 people came, and all of them got a server.\n" in (folder / "summary.md").read_text(encoding="utf-8")


def test_steps_are_split_by_user_class_where_there_are_several(tmp_path: Path) -> None:
    fields = [field.name for field in dataclasses.fields(Record)]
    records = [
        dataclasses.astuple(Record(START_TO_READY, name, BEGAN, seconds, 0.0, user_class=user_class))
        for name, seconds, user_class in [("ann", 1.0, "NotebookUser"), ("bob", 9.0, "ServerLifecycleUser")]
    ]
    assert fields[-1] == "user_class"
    folder = write(tmp_path / "run", info(), records)
    report_on(folder)
    assert "Steps of NotebookUser" in Page(report_of(folder)).shown
    assert "Steps of ServerLifecycleUser" in Page(report_of(folder)).shown
    only = write(tmp_path / "only", info(), records[:1])
    report_on(only)
    assert "Steps of" not in Page(report_of(only)).shown


def test_a_run_without_an_event_says_who_was_asked_for(tmp_path: Path) -> None:
    known = info(users=20, spawn_rate=2.0, run_time=90.0, user_classes=["ServerLifecycleUser"])
    folder = write(tmp_path / "run", known)
    report_on(folder)
    shown = Page(report_of(folder).replace("<td", " <td")).shown
    assert "-u 20 -r 2 -t 1m30s user classes ServerLifecycleUser" in shown
