"""A verdict for CI systems, as JUnit XML."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from hubusers.report import words
from hubusers.report.how_far import HowFar
from hubusers.report.tables import Times
from hubusers.report.verdict import Verdict
from hubusers.results.run_info import RunInfo
from hubusers.results.targets import Outcome

_Result = Failure | Error | None


def junit(verdict: Verdict, info: RunInfo, causes: Sequence[str], steps: Sequence[Times]) -> str:
    """Return XML with test cases for a verdict.

    One for each target, or without any one for all steps and requests; one for the steps of a climbing event, one for
    the people, one for the end of the run if it was bad, and one for the clean-up. A case passes only if the run
    answers it. A failure names the causes in its text, below its message, because GitLab shows the text only.

    The time of the suite, and of the case for the people, is that of the run; the time of a target is what was
    measured, where that is a time. CI systems draw both over many runs.

    Args:
        verdict: The verdict of a run.
        info: What is known of the run.
        causes: Sentences: what made people wait or fail.
        steps: The figures of its steps.
    """
    suite = TestSuite(words.printable(info.title or "hubusers"))
    for name, value in _properties(verdict, info, steps).items():
        suite.add_property(words.printable(name), words.printable(value))
    lasted = max(0.0, info.ended - info.began)
    cases = [_target_case(one, verdict) for one in verdict.outcomes]
    if verdict.climbed and verdict.outcomes:
        climbed = verdict.climbed
        cases.append(_case("every step holds the targets", "steps", _of_steps(climbed, verdict), climbed.answer))
    if not verdict.outcomes:
        said = ", ".join(verdict.failures) or "none failed"
        cases.append(_case("every step and request succeeded", "steps", _of_failures(verdict), said))
    cases.append(_case("people got what they came for", "people", _of_people(verdict), verdict.people, lasted))
    if verdict.endings:
        bad = Failure(", ".join(verdict.endings), "bad end")
        name = "servers were stopped, and the hub answered to the end"
        cases.append(_case(name, "end", _or_no_answer(bad, verdict), bad.message))
    for case in cases:
        for result in case.result:
            result.text = words.printable("\n".join([result.message, *causes]))
    cases.append(_case("nothing left behind", "clean-up", _of_clean_up(info), info.clean_up))
    for case in cases:
        suite.add_testcase(case)
    suite.time = round(lasted, 3)
    suite.timestamp = datetime.fromtimestamp(info.began, UTC).isoformat(timespec="seconds")
    document = JUnitXml("hubusers")
    document.add_testsuite(suite)
    document.time = suite.time
    return bytes(document.tostring()).decode()  # type: ignore[no-untyped-call]


def _properties(verdict: Verdict, info: RunInfo, steps: Sequence[Times]) -> dict[str, str]:
    """Return what is known of the whole run, by its name."""
    known = {
        "answer": verdict.headline,
        "people": verdict.people,
        "run": info.run_id,
        "hub": info.hub,
        "JupyterHub": info.hub_version,
        **{
            step.name: f"{step.count:,} measured, {step.failures} failed, p50 {step.shown(step.p50)}, "
            f"p95 {step.shown(step.p95)}, p99 {step.shown(step.p99)}"
            for step in steps
        },
        **dict(words.options(info)),
        **{f"version of {name}": version for name, version in info.versions.items()},
    }
    return {name: value for name, value in known.items() if value}


def _target_case(one: Outcome, verdict: Verdict) -> TestCase:
    figures = f"wanted {one.target.text}; measured {one.shown} (measurements: {one.counts})"
    is_time = one.target.percentile is not None and one.measured is not None and math.isfinite(one.measured)
    return _case(one.target.text, "targets", _of_target(one, verdict), figures, one.measured if is_time else None)


def _of_target(one: Outcome, verdict: Verdict) -> _Result:
    if one.state == "not measured":
        return Error(f"not measured; wanted {one.target.text}", "no answer")
    if one.state == "missed":
        missed = f"wanted {one.target.text}, measured {one.shown} (measurements: {one.counts})"
        return _or_no_answer(Failure(missed, "missed"), verdict)
    if one.state != "held":
        known = f"{one.state}; wanted {one.target.text}, measured {one.shown} until the run ended"
        return Error(f"{known}. {verdict.headline}", "no answer")
    # A target that was held while fewer people came than planned is not an answer either.
    return Error(verdict.headline, "no answer") if verdict.answer == "no answer" else None


def _of_steps(climbed: HowFar, verdict: Verdict) -> _Result:
    if climbed.broke:
        return _or_no_answer(Failure(climbed.answer, "missed"), verdict)
    is_known = len(climbed.steps) > 0 and not any(step.unknown for step in climbed.steps)
    return None if is_known and verdict.answer == "held" else Error(climbed.answer, "no answer")


def _of_failures(verdict: Verdict) -> _Result:
    if verdict.failures:
        return _or_no_answer(Failure(", ".join(verdict.failures), "failed"), verdict)
    return Error(verdict.headline, "no answer") if verdict.answer == "no answer" else None


def _of_people(verdict: Verdict) -> _Result:
    if verdict.too_many_in_vain:
        wanted = f"wanted at most {words.in_percent(verdict.most_in_vain)} in vain"
        got = words.in_percent(verdict.reached.share_in_vain)
        return _or_no_answer(Failure(f"{wanted}, measured {got}: {verdict.people}", "in vain"), verdict)
    return Error(verdict.headline, "no answer") if verdict.answer == "no answer" else None


def _of_clean_up(info: RunInfo) -> _Result:
    if not info.clean_up:
        return Error("not known: the run was cut off, or is still going on", "no answer")
    left = f"{words.counted(info.left_behind, 'account')} left: {info.clean_up}"
    return Failure(left, "left behind") if info.left_behind else None


def _or_no_answer(failure: Failure, verdict: Verdict) -> Failure | Error:
    if verdict.answer != "no answer":
        return failure
    return Error(f"{failure.message.removesuffix('.')}. {verdict.headline}", "no answer")


def _case(name: str, group: str, result: _Result, figures: str, seconds: float | None = None) -> TestCase:
    """Return a test case; `figures` go into its output, which CI systems show beside it."""
    case = TestCase(words.printable(name), f"hubusers.{group}")
    if seconds is not None:
        case.time = round(seconds, 3)
    if result is not None:
        result.message = words.printable(result.message)
        case.result = [result]
    if figures:
        case.system_out = words.printable(figures)
    return case
