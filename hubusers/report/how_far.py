"""How far the hub held in an event whose arrivals climb in steps."""

import math
from dataclasses import dataclass
from itertools import takewhile

from hubusers.event.arrival_patterns import Step
from hubusers.event.model import Target
from hubusers.report import words
from hubusers.report.counts import ready
from hubusers.results.folder import FinishedRun
from hubusers.results.percentiles import percentile
from hubusers.results.records import START_TO_READY, longest_known
from hubusers.results.results import Results
from hubusers.results.targets import Outcome, outcome


@dataclass(frozen=True)
class ClimbedStep:
    """One step of a climbing event: what happened to the people who were due in it."""

    per_minute: float  # people who were due
    people: int  # whose start was due in it, or who did not get to it because an earlier step had failed
    ready_per_minute: float  # starts that became ready
    most_ready: int  # servers at the same time
    failed: int  # starts, with those that people did not get to because an earlier step had failed
    p95: float  # seconds from start to ready; infinite where too many failed
    longest: float | None  # up to how many seconds a percentile is of a start that was over
    outcomes: list[Outcome]  # of the targets that were measured in it
    is_whole: bool  # whether it was over when the run ended

    @property
    def missed(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.state == "missed"]

    @property
    def p95_shown(self) -> str:
        return words.percentile(self.p95, self.longest)

    @property
    def unknown(self) -> str:
        """Why it is not known whether the step was held, as a clause; "" where it is known."""
        if self.missed:
            return ""
        if not self.is_whole:
            return "the run ended during it"
        if any(one.state == "undecided" for one in self.outcomes):
            return "too many of its starts were under way when the run ended"
        return "" if self.outcomes else "no target was measured in it"


@dataclass(frozen=True)
class HowFar:
    """The steps in which people came, and the answer in one sentence."""

    steps: list[ClimbedStep]
    answer: str

    @property
    def broke(self) -> bool:
        """Whether a target was missed in a step."""
        return any(step.missed for step in self.steps)


def how_far(run: FinishedRun) -> HowFar | None:
    """Return how far a hub held; None for an event that does not climb, or no event."""
    if run.event is None or not run.event.steps:
        return None
    servers = ready(run.results.records, run.info.ended)
    steps = []
    for begin, end, per_minute in run.event.steps:
        first, last = run.info.began + begin, run.info.began + end
        inside = began_between(run.results, first, last)
        starts = inside.people.measured(START_TO_READY)
        everybody = {record.username for record in [*inside.records.starts(), *starts]}
        if not everybody:
            continue  # the run had ended
        # The last step may have been cut short.
        minutes = max(min(last, run.info.ended) - first, 1.0) / 60
        outcomes = [outcome(target, inside) for target in run.event.targets]
        steps.append(
            ClimbedStep(
                per_minute=per_minute,
                people=len(everybody),
                ready_per_minute=sum(not record.failure for record in starts) / minutes,
                most_ready=servers.highest(first, last),
                failed=sum(start.failed for start in starts),
                p95=percentile((start.time_taken for start in starts), 95),
                longest=longest_known(starts),
                outcomes=[one for one in outcomes if one.state != "not measured"],
                is_whole=run.info.ended >= last,
            )
        )
    return HowFar(steps, _answer(steps, all_of_them=len(run.event.steps), targets=bool(run.event.targets)))


def is_lost(step: Step, targets: list[Target], results: Results, *, began: float, due: int, pending: int) -> bool:
    """Return whether a step of a climb has missed a target, whatever becomes of its starts that are under way.

    Args:
        step: One that is over.
        targets: The targets of the event.
        results: The results of the run so far.
        began: Seconds since the epoch: when the run began.
        due: How many people were planned to come in the step.
        pending: How many starts are under way, of this step or of later ones.
    """
    inside = began_between(results, began + step.begin, began + step.end)
    known = sum(record.lifecycle == 1 for record in inside.records.starts())
    under_way = min(pending, max(0, due - known))
    return any(outcome(target, inside, under_way).state == "missed" for target in targets)


def began_between(results: Results, first: float, last: float) -> Results:
    """Return what began within a time.

    Args:
        results: The results of a run.
        first: Seconds since the epoch: from here on.
        last: And before here.
    """
    inside = Results()
    for record in results.records:
        if first <= record.began < last:
            inside.records.note(record)
    inside.requests = results.requests.between(first, last)
    inside.probes = [probe for probe in results.probes if first <= probe.began < last]
    return inside


def _answer(steps: list[ClimbedStep], *, all_of_them: int, targets: bool) -> str:
    if not steps:
        return "Nobody came in any of the steps."
    broken = next((position for position, step in enumerate(steps) if step.missed), None)
    if not targets:
        return (
            f"No targets were given, so no step was held or missed; the run reached {_rate(steps[-1])} and "
            f"{_most_servers(steps)}."
        )
    if broken == 0:
        return f"Already the first step ({_rate(steps[0])}) was too much: {_reasons(steps[0])}."
    if broken:
        held, next_step = steps[:broken], steps[broken]
        return (
            f"The hub held {held[-1].per_minute:g} starts a minute and {_most_servers(held)}; at the next step "
            f"({next_step.per_minute:g} a minute) {_reasons(next_step)}."
        )
    held = list(takewhile(lambda step: not step.unknown, steps))
    if not held:
        return f"It is not known whether the first step ({_rate(steps[0])}) was held: {steps[0].unknown}."
    if len(held) < len(steps):
        next_step = steps[len(held)]
        return (
            f"The hub held {_rate(held[-1])} and {_most_servers(held)}; it is not known whether the next step "
            f"({next_step.per_minute:g} a minute) was held: {next_step.unknown}."
        )
    if len(steps) < all_of_them:
        return (
            f"The hub held {_rate(steps[-1])} and {_most_servers(steps)}; then the run ended, with "
            f"{words.counted(all_of_them - len(steps), 'step')} to go."
        )
    return f"All steps up to {_rate(steps[-1])} and {_most_servers(steps)} were held; the hub's limit is higher."


def _rate(step: ClimbedStep) -> str:
    return f"{step.per_minute:g} starts a minute"


def _most_servers(steps: list[ClimbedStep]) -> str:
    return words.counted(max(step.most_ready for step in steps), "server")


def _reasons(step: ClimbedStep) -> str:
    return ", ".join(_reason(one) for one in step.missed)


def _reason(missed: Outcome) -> str:
    target = missed.target
    what = target.measure if target.request is None else target.measure.replace("requests", target.request)
    who = "" if target.cohort is None else f" of {target.cohort}"
    if math.isinf(missed.measured or 0.0):
        return f"{what}{who} p{target.percentile:g} was out of reach, because too many failed"
    # Shares are of failed or throttled ones, so plural: "failed starts were".
    value = "were" if target.percentile is None else f"p{target.percentile:g} was"
    return f"{what}{who} {value} {missed.shown}"
