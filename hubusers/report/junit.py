"""A verdict for CI systems, as JUnit XML."""

from collections.abc import Sequence

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from hubusers.report import words
from hubusers.report.how_far import HowFar
from hubusers.report.verdict import Verdict
from hubusers.results.folder import RunInfo
from hubusers.results.targets import Outcome


def junit(verdict: Verdict, info: RunInfo, causes: Sequence[str]) -> str:
    """Return XML with test cases for a verdict.

    One for each target, or without any one for all steps and requests; one for the steps of a climbing event, one for
    the people, one for the end of the run if it was bad, and one for the clean-up. A failure names the causes in
    its text, below its message.

    Args:
        verdict: The verdict of a run.
        info: What is known of the run.
        causes: Sentences: what made people wait or fail.
    """
    suite = TestSuite(words.printable(info.title or "hubusers"))
    for one in verdict.outcomes:
        suite.add_testcase(_case(one.target.text, "targets", _of_target(one, verdict)))
    if verdict.climbed and verdict.outcomes:
        suite.add_testcase(_case("every step holds the targets", "steps", _of_steps(verdict.climbed, verdict)))
    if not verdict.outcomes:
        suite.add_testcase(_case("every step and request succeeded", "steps", _of_failures(verdict)))
    suite.add_testcase(_case("people got what they came for", "people", _of_people(verdict)))
    if verdict.endings:
        bad = Failure(words.printable(", ".join(verdict.endings)), "bad end")
        name = "servers were stopped, and the hub answered to the end"
        suite.add_testcase(_case(name, "end", _or_no_answer(bad, verdict)))
    for case in suite:
        for result in case.result:
            result.text = words.printable("\n".join(causes))
    suite.add_testcase(_case("nothing left behind", "clean-up", _of_clean_up(info)))
    document = JUnitXml("hubusers")
    document.add_testsuite(suite)
    return bytes(document.tostring()).decode()  # type: ignore[no-untyped-call]


def _of_target(one: Outcome, verdict: Verdict) -> Failure | Error | None:
    if one.state == "not measured":
        return Error(f"not measured; wanted {words.printable(one.target.text)}", "no answer")
    if one.state == "missed":
        return _or_no_answer(
            Failure(
                f"wanted {words.printable(one.target.text)}, measured {one.shown} (measurements: {one.counts})",
                "missed",
            ),
            verdict,
        )
    # A target that was held while fewer people came than planned is not an answer either.
    return Error(words.printable(verdict.headline), "no answer") if verdict.answer == "no answer" else None


def _of_steps(climbed: HowFar, verdict: Verdict) -> Failure | Error | None:
    if climbed.broke:
        return _or_no_answer(Failure(words.printable(climbed.answer), "missed"), verdict)
    is_known = len(climbed.steps) > 0 and not any(step.unknown for step in climbed.steps)
    return None if is_known and verdict.answer == "held" else Error(words.printable(climbed.answer), "no answer")


def _of_failures(verdict: Verdict) -> Failure | Error | None:
    if verdict.failures:
        return _or_no_answer(Failure(words.printable(", ".join(verdict.failures)), "failed"), verdict)
    return Error(words.printable(verdict.headline), "no answer") if verdict.answer == "no answer" else None


def _of_people(verdict: Verdict) -> Failure | Error | None:
    if verdict.too_many_in_vain:
        wanted = f"wanted at most {words.in_percent(verdict.most_in_vain)} in vain"
        got = words.in_percent(verdict.reached.share_in_vain)
        return _or_no_answer(
            Failure(f"{wanted}, measured {got}: {words.printable(verdict.people)}", "in vain"), verdict
        )
    return Error(words.printable(verdict.headline), "no answer") if verdict.answer == "no answer" else None


def _of_clean_up(info: RunInfo) -> Failure | Error | None:
    if not info.clean_up:
        return Error("not known: the run was cut off, or is still going on", "no answer")
    left = f"{words.counted(info.left_behind, 'account')} left: {words.printable(info.clean_up)}"
    return Failure(left, "left behind") if info.left_behind else None


def _or_no_answer(failure: Failure, verdict: Verdict) -> Failure | Error:
    if verdict.answer != "no answer":
        return failure
    return Error(f"{failure.message.removesuffix('.')}. {words.printable(verdict.headline)}", "no answer")


def _case(name: str, group: str, result: Failure | Error | None) -> TestCase:
    case = TestCase(words.printable(name), f"hubusers.{group}")
    if result is not None:
        case.result = [result]
    return case
