"""Whether a run held its targets, and whether people got what they came for: yes, no, or no answer."""

from dataclasses import dataclass, replace
from typing import Literal

from hubusers.exit_codes import EXIT_FAILURES, EXIT_LEFT_BEHIND, EXIT_NO_ANSWER, EXIT_SUCCESS
from hubusers.report import words
from hubusers.report.doubts import Obstacle, all_of, failures_in, notices_about, obstacles_to, ramp_was_cut
from hubusers.report.ending import hub_gone, not_stopped
from hubusers.report.headline import held_in_words, missed_in_words, others_too_slow, people_in_words, said_of_people
from hubusers.report.how_far import HowFar, how_far
from hubusers.results.folder import FinishedRun
from hubusers.results.people import Reached
from hubusers.results.percentiles import percentile
from hubusers.results.records import ARRIVAL, START_TO_READY, longest_known
from hubusers.results.run_info import LOCUST_ENDED, STOPPED_BY_SOMEBODY
from hubusers.results.targets import Outcome, outcome

Answer = Literal["held", "missed", "no answer", "no targets", "failures"]

_EXIT_CODES: dict[Answer, int] = {
    "held": EXIT_SUCCESS,
    "no targets": EXIT_SUCCESS,
    "missed": EXIT_FAILURES,
    "failures": EXIT_FAILURES,
    "no answer": EXIT_NO_ANSWER,
}

MOST_IN_VAIN = 0.05
"""Share of the people, and of their visits, that may come in vain in a run that holds, and of the stops that may fail.
"""

_NAMED = 2
"""How many targets a headline puts into words; the table below it has all."""


@dataclass(frozen=True)
class Verdict:
    """The answer of a run."""

    answer: Answer
    headline: str  # with its figures
    outcomes: list[Outcome]  # of all targets, over the whole run
    doubts: list[str]  # sentences: why there is no answer, or what to know about it
    climbed: HowFar | None  # where the arrivals climbed in steps
    reached: Reached  # how far everybody got
    people: str  # the same in one sentence
    most_in_vain: float  # share of the people, and of their visits, that might come in vain
    failures: list[str]  # clauses: which steps and requests failed, and how often
    endings: list[str]  # clauses: why the run did not end well
    left_behind: int  # accounts that could not be removed

    @property
    def exit_code(self) -> int:
        """That of the answer, or that of a run which left something on the hub, whatever its answer."""
        return EXIT_LEFT_BEHIND if self.left_behind else _EXIT_CODES[self.answer]

    @property
    def says_people(self) -> bool:
        """Whether the headline says how far everybody got."""
        return self.people[1:-1] in self.headline

    @property
    def too_many_in_vain(self) -> bool:
        """Whether more people, or visits, came in vain than may."""
        return self.reached.share_in_vain > self.most_in_vain


def verdict_of(run: FinishedRun) -> Verdict:
    """Return the answer of a run.

    Beside its targets, a run has to show that people got what they came for: where more than one in twenty came in
    vain, it does not hold, unless a target on failures allows more and was held. Neither does it where so many servers
    could not be stopped, or where the hub did not answer any more when the run ended.

    A strained load generator can only make times longer. So a target that was held is held, but a missed one may not be
    the hub's fault, where it was missed by no more than the load generator was late.
    """
    info, targets = run.info, run.event.targets if run.event else []
    outcomes = [outcome(target, run.results) for target in targets]
    climbed = how_far(run)
    is_too_short = ramp_was_cut(run)
    is_at_any_moment = (
        info.was_interrupted or info.lacked_an_extra or is_too_short or info.ended_because == LOCUST_ENDED
    )
    reached = run.results.people.reached(info.people_came or 0, waited_in_vain=not is_at_any_moment)
    people = people_in_words(reached, info.ended - info.began, knows_who_asked=not (run.lacks_data or info.people_lost))
    failures, most_in_vain = failures_in(run), _most_allowed(outcomes, _IN_VAIN)
    gone = list(hub_gone(run))
    endings = [*gone, *not_stopped(run, _most_allowed(outcomes, {"failed stops"}))]
    obstacles = list(obstacles_to(run, outcomes, climbed, reached))
    doubts = [obstacle.sentence for obstacle in obstacles]
    doubts += notices_about(run, outcomes, climbed, reached)
    if info.ended_because and not obstacles and not (climbed and climbed.broke):
        by_somebody = info.ended_because == STOPPED_BY_SOMEBODY
        doubts.append(
            "Somebody stopped the run after everybody had come."
            if by_somebody
            else f"After everybody had come, the run ended before its time: {info.ended_because}"
        )
    if any(obstacle.cut_short for obstacle in obstacles):
        outcomes = [replace(one, is_whole=False) for one in outcomes]
    in_vain = reached.share_in_vain > most_in_vain
    if targets:
        answer, headline = _with_targets(outcomes, climbed, reached, people, obstacles, endings, in_vain=in_vain)
    else:
        answer, headline = _without_targets(run, reached, people, failures, obstacles, gone, in_vain=in_vain)
    if answer == "held" and info.ended_because == STOPPED_BY_SOMEBODY:
        headline = f"{headline.removesuffix('.')}, until somebody stopped the run."
    said = headline.casefold()
    doubts = [doubt for doubt in doubts if doubt.rstrip(".").casefold() not in said]
    people = f"{people[0].upper()}{people[1:]}."
    return Verdict(
        answer,
        headline,
        outcomes,
        doubts,
        climbed,
        reached,
        people,
        most_in_vain,
        failures,
        endings,
        info.left_behind,
    )


_IN_VAIN = {"failed starts", "failed cells"}
"""The measures of failures because of which people come in vain."""


def _most_allowed(outcomes: list[Outcome], measures: set[str]) -> float:
    """Return how large a share may fail: as a target on one of these measures allows that was held, if that is more."""
    allowed = (one.target.at_most for one in outcomes if one.target.measure in measures and one.state == "held")
    return max(MOST_IN_VAIN, *allowed, 0.0)


def _with_targets(
    outcomes: list[Outcome],
    climbed: HowFar | None,
    reached: Reached,
    people: str,
    obstacles: list[Obstacle],
    endings: list[str],
    *,
    in_vain: bool,
) -> tuple[Answer, str]:
    if obstacles:
        return "no answer", f"No answer: {obstacles[0].clause}."
    if climbed is not None and climbed.broke:
        holds = "It does not hold" if climbed.steps[0].missed else "It does not hold to the last step"
        return "missed", f"{holds}. {climbed.answer}"
    missed = [one for one in outcomes if one.state == "missed"]
    everybody = reached.could_work == reached.came and not reached.lost
    which = "the target was" if len(outcomes) == 1 else f"{all_of(outcomes)} were"
    if missed:
        repeated = [] if everybody else [one for one in missed if said_of_people(one, reached)]
        others = [one for one in missed if one not in repeated]
        clauses = [missed_in_words(one) for one in others[:_NAMED]]
        if not everybody:
            clauses.insert(0, f"{people} ({said_of_people(repeated[-1], reached)})" if repeated else people)
            clauses[1:1] = filter(None, [others_too_slow(repeated)])
        if len(others) > _NAMED:
            more = len(others) - _NAMED
            clauses.append(f"{words.counted(more, 'more target was', 'more targets were')} missed")
        return "missed", f"It does not hold: {_in_sentences(clauses)}."
    if in_vain or endings:
        clauses = [*([people] if in_vain else []), *endings]
        return "missed", f"It does not hold: {_in_sentences(clauses)}. All the same, {which} held."
    if not everybody:
        return "held", f"It holds: {which} held. {_capital(people)}."
    who = words.counted(reached.came, "person", "people")
    said = "; ".join(held_in_words(one, reached) for one in outcomes) if len(outcomes) <= _NAMED else ""
    return "held", f"It holds: {which} held, with {who}{said and f': {said}'}."


def _without_targets(
    run: FinishedRun,
    reached: Reached,
    people: str,
    failures: list[str],
    obstacles: list[Obstacle],
    gone: list[str],
    *,
    in_vain: bool,
) -> tuple[Answer, str]:
    said = [people]
    starts = run.results.people.measured(START_TO_READY)
    known = longest_known(starts)
    if known is not None:
        times = [start.time_taken for start in starts]
        p50, p95 = (words.percentile(percentile(times, percent), known) for percent in (50, 95))
        said.append(f"{START_TO_READY} p50 {p50}, p95 {p95}")
    if failures:
        said.append(", ".join(failures))
    said += gone
    headline = f"No targets were given: {'; '.join(said)}."
    is_too_short = ramp_was_cut(run) or run.info.ended_because in {STOPPED_BY_SOMEBODY, LOCUST_ENDED}
    stopped = is_too_short and not (failures or in_vain or gone)
    if obstacles and (run.lacks_data or run.info.people_lost or run.info.lacked_an_extra or stopped):
        return "no answer", f"No answer: {obstacles[0].clause}. {headline}"
    if failures or in_vain or gone:
        return "failures", headline
    if nothing := _shows_nothing(run, reached):
        return "no answer", f"No answer: {nothing}. {headline}"
    return "no targets", headline


def _shows_nothing(run: FinishedRun, reached: Reached) -> str:
    """Return why a run in which nothing failed tells nothing of the hub, as a clause; "" where it tells something.

    People who never ask for a server, because their user class does not, leave steps of their own, or requests.
    """
    if reached.could_work or not (reached.came or run.info.users):
        return ""
    if not reached.came:
        return "nobody came"
    if reached.asked or reached.waiting:
        return f"the run ended before anybody {'could work' if reached.has_browser else 'got a server'}"
    records, requests = run.results.records, run.results.requests
    arrived = max((record.began + record.seconds for record in records if record.step == ARRIVAL), default=0.0)
    asked = (began for name in requests.names() for began, *_ in requests.of(name).moments())
    if any(record.step != ARRIVAL for record in records) or any(arrived <= began < run.info.ended for began in asked):
        return ""
    return "nothing shows what people did after they came"


def _in_sentences(clauses: list[str]) -> str:
    return ". ".join([clauses[0], *map(_capital, clauses[1:])])


def _capital(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}"
