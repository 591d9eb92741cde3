"""Why a run gives no answer, and what else to know about its answer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hubusers import durations
from hubusers.report import words
from hubusers.report.how_far import HowFar
from hubusers.report.lateness import may_explain, too_long_by
from hubusers.results.folder import FinishedRun
from hubusers.results.people import Reached
from hubusers.results.records import (
    GIT_PULL,
    LAB_LOADED,
    LOGIN,
    PAGE_LOADED,
    SPAWN_PAGE,
    START_TO_READY,
    USER_CLASS,
)
from hubusers.results.request_log import RequestLog
from hubusers.results.run_info import STOPPED_BY_SOMEBODY, RunInfo
from hubusers.results.targets import Outcome, step_of
from hubusers.results.visit import comes_before

_WAY_IN = {LOGIN, SPAWN_PAGE, START_TO_READY, GIT_PULL, LAB_LOADED, PAGE_LOADED}
"""The steps that are behind a person who has come."""

_NEGLIGIBLE = 0.05
"""Share of a time by which it may be too long without a word about it."""


@dataclass(frozen=True)
class Obstacle:
    """A reason why a run does not tell whether its targets were held."""

    clause: str  # for the headline
    sentence: str
    cut_short: bool = False  # whether the run was not whole, so that no target was held to its end


def obstacles_to(
    run: FinishedRun, outcomes: list[Outcome], climbed: HowFar | None, reached: Reached
) -> Iterator[Obstacle]:
    """Yield the reasons why a run does not tell whether its targets were held; none where it does."""
    info, missed = run.info, _missed(outcomes, climbed)
    if run.broke_off:
        yield Obstacle(
            "the run was cut off, or is still going on",
            "The run was cut off, or is still going on. This report shows what it had written by then; it is not "
            "known what is left on the hub.",
            cut_short=True,
        )
    if run.damages:
        names = ", ".join(damage.name for damage in run.damages)
        yield Obstacle(
            f"a part of what the run measured is damaged: {names}",
            " ".join([*(damage.sentence for damage in run.damages), "For an answer, repeat the run."]),
            cut_short=True,
        )
    if info.people_lost:
        what = f"{words.counted(info.people_lost, 'person was', 'people were')} lost with a worker that died"
        yield Obstacle(what, f"{what}.", cut_short=True)
    stopped_as_told = climbed is not None and climbed.broke and run.event is not None and run.event.stop_when_missed
    all_asked = info.planned_people is not None and reached.asked >= info.planned_people
    if info.lacked_an_extra:
        yield Obstacle("the run needs an extra that is not installed", info.ended_because, cut_short=True)
    elif info.ended_because and not all_asked and not stopped_as_told:
        yield _ended_early(info, reached)
    elif info.ended_because and not stopped_as_told and not missed and (later := _about_later(outcomes)):
        ended = "somebody stopped the run" if info.ended_because == STOPPED_BY_SOMEBODY else "the run ended"
        what = f"{ended} before everybody had done what they came for"
        which = "this target" if len(later) == 1 else "these targets"
        yield Obstacle(
            what,
            f"{what[0].upper()}{what[1:]}, so it is not known whether {which} would have held: {'; '.join(later)}.",
        )
    elif ramp_was_cut(run):
        yield _too_short(info, reached)
    for one in outcomes:
        if one.state == "not measured":
            yield Obstacle(f"a target was not measured: {one.target.text}", f"Not measured: {one.target.text}.")
    undecided = [one.target.text for one in outcomes if one.state == "undecided"]
    if undecided and not missed:
        unfinished = len(run.results.records.unfinished())
        what = f"{words.counted(unfinished, 'start was', 'starts were')} under way when the run ended"
        which = "this target was" if len(undecided) == 1 else "these targets were"
        yield Obstacle(what, f"{what}, so it is not known whether {which} held: {'; '.join(undecided)}.")
    if info.generator and missed and all(may_explain(one, run) for one in missed):
        yield Obstacle(
            f"{_how_many_missed(outcomes)}, but perhaps only because the load generator was late", _too_long(run)
        )


def notices_about(run: FinishedRun, outcomes: list[Outcome], climbed: HowFar | None, reached: Reached) -> Iterator[str]:
    """Yield sentences that somebody who reads the answer has to know."""
    info, missed = run.info, _missed(outcomes, climbed)
    if run.event and run.event.time_scale != 1:
        scale = f"{run.event.time_scale:g}"
        yield f"The event ran {scale} times as fast as its file says (time scale {scale})."
    if info.generator and missed and not all(may_explain(one, run) for one in missed):
        yield "The load generator was late. That does not explain what was missed, so the verdict stands."
    if info.generator and not missed and _lateness_matters(run, outcomes):
        yield "The load generator was late. That can only make times longer, so targets that were held are held."
    if unwatched := _unwatched(run, outcomes):
        yield f"No target is about these failures: {', '.join(unwatched)}."
    never_came = (info.planned_people or 0) - reached.came
    if never_came > 0 and not (info.ended_because or info.people_lost):
        yield f"{never_came:,} of {words.counted(info.planned_people or 0, 'person', 'people')} never came."


def _too_long(run: FinishedRun) -> str:
    """Say what lateness may have done to the times; how late it was is said by a finding."""
    seconds = too_long_by(run)
    return f"Its lateness may have made times {f'{words.in_seconds(seconds)} ' if seconds else ''}too long."


def _ended_early(info: RunInfo, reached: Reached) -> Obstacle:
    """Tell when a run ended that was to go on, and why."""
    if info.planned_people is not None:
        people = words.counted(info.planned_people, "person", "people")
        when = f"when {reached.asked:,} of {people} had come"
    else:
        when = f"after {words.in_seconds(info.ended - info.began)}"
        if info.run_time is not None:
            when += f" of {words.option('run_time', float(info.run_time))}"
    if info.ended_because == STOPPED_BY_SOMEBODY:
        return Obstacle(f"somebody stopped the run {when}", f"Somebody stopped the run {when}.", cut_short=True)
    return Obstacle(f"the run ended {when}", f"The run ended {when}: {info.ended_because}", cut_short=True)


def _about_later(outcomes: list[Outcome]) -> list[str]:
    """Return the targets about what people go on to do once they have come, as opposed to how they got in."""
    return [one.target.text for one in outcomes if step_of(one.target) not in _WAY_IN]


def ramp_was_cut(run: FinishedRun) -> bool:
    """Return whether a run without an event ended as it was told, but before all of its users had come."""
    info = run.info
    is_whole = not (run.lacks_data or info.people_lost or info.ended_because)
    is_known = run.event is None and info.users is not None and info.run_time is not None
    return is_whole and is_known and (info.people_came or 0) < (info.users or 0)


def _too_short(info: RunInfo, reached: Reached) -> Obstacle:
    """Tell when `-t` ended a run before all of its users had come, and how long they take to come."""
    what = f"the run ended when {reached.came:,} of {words.counted(info.users or 0, 'person', 'people')} had come"
    needed = durations.in_words(math.ceil((info.users or 0) / info.spawn_rate)) if info.spawn_rate else ""
    given = words.option("run_time", float(info.run_time or 0.0))
    longer = f"-t was {given}, and to come takes all of them {needed}" if needed else f"-t was {given}"
    return Obstacle(what, f"{what[0].upper()}{what[1:]}: {longer}.", cut_short=True)


def failures_in(run: FinishedRun) -> list[str]:
    """Return clauses: how often each step failed, and how often requests did."""
    records = run.results.records
    starts = records.of(START_TO_READY)
    failed = sum(start.failed for start in starts)
    clauses = [words.times_failed(START_TO_READY, failed, len(starts))] if failed else []
    for step, count, taken in records.failed_steps():
        if step == USER_CLASS:
            clauses.append(f"the code of a user class failed {words.counted(count, 'time')}")
        else:
            clauses.append(words.times_failed(step, count, taken))
    return [*clauses, *failed_requests(run.results.requests)]


_NAMED_REQUESTS = 2
"""How many kinds of requests that failed a sentence names; the table of failures has all."""


def failed_requests(requests: RequestLog) -> list[str]:
    """Return a clause that says how many requests failed, and which most of all; none where none did."""
    failed = {name: count for name in requests.names() if (count := requests.of(name).failed)}
    if not failed:
        return []
    of_all = words.counted(sum(len(requests.of(name)) for name in requests.names()), "request")
    most = sorted(failed, key=lambda name: -failed[name])[:_NAMED_REQUESTS]
    named = [f"{name} {failed[name]:,} of {words.counted(len(requests.of(name)), 'time')}" for name in most]
    if len(failed) > len(named):
        named.append(f"{words.counted(len(failed) - len(named), 'other kind')} of request")
    return [f"{sum(failed.values()):,} of {of_all} failed ({', '.join(named)})"]


def _missed(outcomes: list[Outcome], climbed: HowFar | None) -> list[Outcome]:
    """Return the missed targets, over the whole run and in the steps of a climb."""
    in_steps = [one for step in climbed.steps for one in step.missed] if climbed else []
    return [*(one for one in outcomes if one.state == "missed"), *in_steps]


def _how_many_missed(outcomes: list[Outcome]) -> str:
    missed = sum(one.state == "missed" for one in outcomes)
    if not missed:
        return "a target was missed in a step"
    if len(outcomes) == 1:
        return "the target was missed"
    if missed == len(outcomes):
        return f"{all_of(outcomes)} were missed"
    return f"{missed} of {len(outcomes)} targets {'was' if missed == 1 else 'were'} missed"


def all_of(outcomes: list[Outcome]) -> str:
    """Return what to call all targets where there are several."""
    return "both targets" if len(outcomes) == 2 else f"all {len(outcomes)} targets"


def _lateness_matters(run: FinishedRun, outcomes: list[Outcome]) -> bool:
    """Return whether a time that the answer rests on may be too long by more than anybody would mind."""
    seconds = too_long_by(run)
    if seconds is None:
        return True
    times = [one.measured for one in outcomes if one.target.percentile is not None and one.measured is not None]
    return any(seconds > _NEGLIGIBLE * time for time in times)


def _unwatched(run: FinishedRun, outcomes: list[Outcome]) -> list[str]:
    """Return clauses: failures of steps, and of requests, that no target is about; none where there are no targets."""
    watched = {step_of(one.target) for one in outcomes}
    records = run.results.records
    starts = records.of(START_TO_READY)
    steps = [(START_TO_READY, sum(start.failed for start in starts), len(starts)), *records.failed_steps()]
    of_steps = [
        words.times_failed(*step)
        for step in steps
        if outcomes and step[1] and not any(step[0] == one or comes_before(step[0], one) for one in watched)
    ]
    is_about_requests = any(one.target.measure == "failed requests" and one.target.request is None for one in outcomes)
    return of_steps if is_about_requests or not outcomes else [*of_steps, *failed_requests(run.results.requests)]
