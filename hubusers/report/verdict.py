"""Whether a run held its targets: yes, no, or no answer."""

from dataclasses import dataclass
from typing import Literal

from hubusers.report import words
from hubusers.report.how_far import HowFar, how_far
from hubusers.results.folder import FinishedRun
from hubusers.results.percentiles import percentile
from hubusers.results.records import START_TO_READY, longest_success
from hubusers.results.targets import Outcome, outcome, step_of

Answer = Literal["held", "missed", "no answer", "no targets"]

_EXIT_CODES: dict[Answer, int] = {"held": 0, "no targets": 0, "missed": 1, "no answer": 4}

_NAMED = 2
"""How many missed targets a headline names; the table below it has all."""


@dataclass(frozen=True)
class Verdict:
    """The answer of a run."""

    answer: Answer
    headline: str  # one sentence, with its figures
    outcomes: list[Outcome]  # of all targets, over the whole run
    doubts: list[str]  # sentences: why there is no answer, or what to know about it
    climbed: HowFar | None  # where the arrivals climbed in steps

    @property
    def exit_code(self) -> int:
        """0 for held targets or none, 1 for a missed one, 4 for no answer."""
        return _EXIT_CODES[self.answer]


def verdict_of(run: FinishedRun) -> Verdict:
    """Return the answer of a run.

    A strained load generator can only make times longer. So a target that was held is held, but a missed one may not be
    the hub's fault.
    """
    info, targets = run.info, run.event.targets if run.event else []
    outcomes = [outcome(target, run.results) for target in targets]
    climbed = how_far(run)
    missed = [one for one in outcomes if one.state == "missed"]
    is_missed = bool(missed) or (climbed is not None and climbed.broke)
    came = _came(run)
    obstacles = _obstacles(run, outcomes, climbed, is_missed=is_missed)
    doubts = [sentence for _, sentence in obstacles]
    if info.generator and not is_missed:
        doubts.append(f"{info.generator} That can only make times longer, so targets that were held are held.")
    measured = {step_of(target) for target in targets}
    unwatched = [words.times_failed(*step) for step in run.results.records.failed_steps() if step[0] not in measured]
    if targets and unwatched:
        doubts.append(f"No target is about these failures: {', '.join(unwatched)}.")
    if info.ended_because and not obstacles and not (climbed is not None and climbed.broke):
        doubts.append(f"After everybody had come, the run ended before its time: {info.ended_because}")
    if info.planned_people and came < info.planned_people and not (info.ended_because or info.people_lost):
        doubts.append(f"{info.planned_people - came:,} of {info.planned_people:,} people never asked for a server.")

    if not targets:
        return Verdict("no targets", _without_targets(run, came), outcomes, doubts, climbed)
    if obstacles:
        return Verdict("no answer", f"No answer: {obstacles[0][0]}.", outcomes, doubts, climbed)
    if climbed is not None and climbed.broke:
        holds = "It does not hold" if climbed.steps[0].missed else "It does not hold to the last step"
        return Verdict("missed", f"{holds}. {climbed.answer}", outcomes, doubts, climbed)
    if missed:
        named = [f"{one.target.text}, measured {_shown(one)}" for one in missed[:_NAMED]]
        which = "; ".join(named) + (f"; and {len(missed) - _NAMED} more" if len(missed) > _NAMED else "")
        headline = f"It does not hold: {_missed(missed, outcomes)}: {which}."
        return Verdict("missed", headline, outcomes, doubts, climbed)
    people = words.counted(came, "person", "people")
    if len(outcomes) > 1:
        headline = f"It holds: {_all(outcomes)} were held, with {people}."
    else:
        headline = (
            f"It holds: the target was held, with {people}: {outcomes[0].target.text}, measured {_shown(outcomes[0])}."
        )
    return Verdict("held", headline, outcomes, doubts, climbed)


def _came(run: FinishedRun) -> int:
    """Return how many people asked for a server."""
    return len({record.username for record in run.results.records.starts()})


def _obstacles(
    run: FinishedRun, outcomes: list[Outcome], climbed: HowFar | None, *, is_missed: bool
) -> list[tuple[str, str]]:
    """Return why a run gives no answer: a clause for the headline and a sentence for each reason."""
    info, came, obstacles = run.info, _came(run), []
    if run.broke_off:
        obstacles.append(
            (
                "the run was cut off, or is still going on",
                "The run was cut off, or is still going on. This report shows what it had written by then; it is not "
                "known what is left on the hub.",
            )
        )
    if info.people_lost:
        what = f"{words.counted(info.people_lost, 'person was', 'people were')} lost with a worker that died"
        obstacles.append((what, f"{what}."))
    stopped_as_told = climbed is not None and climbed.broke and run.event is not None and run.event.stop_when_missed
    all_came = info.planned_people is not None and came >= info.planned_people
    if info.ended_because and not all_came and not stopped_as_told:
        of = f" of {words.counted(info.planned_people, 'person', 'people')}" if info.planned_people else ""
        obstacles.append(
            ("the run ended before everybody came", f"The run ended after {came:,}{of} had come: {info.ended_because}")
        )
    for one in outcomes:
        if one.state == "not measured":
            obstacles.append((f"a target was not measured: {one.target.text}", f"Not measured: {one.target.text}."))
        if one.state == "undecided" and not is_missed:
            unfinished = len(run.results.records.unfinished())
            what = f"{words.counted(unfinished, 'start was', 'starts were')} under way when the run ended"
            obstacles.append((what, f"{what}, so it is not known whether this target was held: {one.target.text}."))
    if info.generator and is_missed:
        what = f"{_missed([one for one in outcomes if one.state == 'missed'], outcomes)}, but the load generator, "
        obstacles.append((f"{what}not the hub, was the limit", info.generator))
    return obstacles


def _missed(missed: list[Outcome], outcomes: list[Outcome]) -> str:
    if not missed:
        return "a target was missed in a step"
    if len(outcomes) == 1:
        return "the target was missed"
    if len(missed) == len(outcomes):
        return f"{_all(outcomes)} were missed"
    return f"{len(missed)} of {len(outcomes)} targets {'was' if len(missed) == 1 else 'were'} missed"


def _all(outcomes: list[Outcome]) -> str:
    return "both targets" if len(outcomes) == 2 else f"all {len(outcomes)} targets"


def _shown(one: Outcome) -> str:
    return "never (too many failed)" if one.shown == "never" else one.shown


def _without_targets(run: FinishedRun, came: int) -> str:
    records = run.results.records
    starts = records.counted(START_TO_READY)
    all_who_came = max(came, run.info.people_came or 0)
    if not all_who_came:
        return "No targets were given, and no server start was measured."
    said = [words.counted(all_who_came, "person", "people")]
    if came < all_who_came:
        said.append(f"{all_who_came - came:,} of them had not asked for a server when the run ended")
    longest = longest_success(starts)
    if longest is not None:
        times = [start.time_taken for start in starts]
        p50, p95 = (words.percentile(percentile(times, percent), longest) for percent in (50, 95))
        said.append(f"{START_TO_READY} p50 {p50}, p95 {p95}")
    else:
        said.append("no server became ready")
    said.append(f"{words.counted(sum(start.failed for start in starts), 'start')} failed")
    if unfinished := len(records.unfinished()):
        said.append(f"{words.counted(unfinished, 'start was', 'starts were')} under way when the run ended")
    said += [words.times_failed(*step) for step in records.failed_steps()]
    return f"No targets were given: {', '.join(said)}."
