"""People and missed targets in words that need no statistics."""

import math

from hubusers import durations
from hubusers.event.model import Target
from hubusers.report import words
from hubusers.results.people import Reached
from hubusers.results.records import (
    ARRIVAL,
    CELL,
    GIT_PULL,
    KERNEL_READY,
    LAB_LOADED,
    LOGIN,
    OWN_REQUESTS,
    PAGE_LOADED,
    SAVED,
    SERVER_HELD,
    SPAWN_PAGE,
    START_TO_READY,
    STOP_TO_STOPPED,
    USER_CLASS,
)
from hubusers.results.targets import Outcome, step_of

_STOPPED = {
    ARRIVAL: "had no account",
    LOGIN: "stopped at the login",
    SPAWN_PAGE: "stopped at the spawn page",
    START_TO_READY: "stopped at the start of a server",
    GIT_PULL: "stopped while the files of a repository were coming",
    LAB_LOADED: "stopped while JupyterLab was loading",
    PAGE_LOADED: "stopped while their page was loading",
    KERNEL_READY: "stopped at the start of a kernel",
    CELL: "stopped at a cell",
    SAVED: "stopped at saving a notebook",
    SERVER_HELD: "lost their server or their session before leaving",
    OWN_REQUESTS: "had no request of their user class succeed",
    USER_CLASS: "stopped at an error in the code of the user class",
}

_WAITED_FOR = {
    START_TO_READY: "for their server",
    LOGIN: "for the login",
    SPAWN_PAGE: "for the spawn page",
    GIT_PULL: "for the files of a repository",
    LAB_LOADED: "for JupyterLab",
    PAGE_LOADED: "for their page",
    KERNEL_READY: "for a kernel",
}
"""Steps that a person takes once in a visit, and for which the person waits."""

_NEVER = {
    START_TO_READY: "never got their server",
    LOGIN: "could not log in",
    SPAWN_PAGE: "never saw the spawn page",
    GIT_PULL: "never got the files of a repository",
    LAB_LOADED: "never got into JupyterLab",
    PAGE_LOADED: "never saw their page",
    KERNEL_READY: "never got a kernel",
}

_NOUNS = {
    START_TO_READY: "starts",
    "throttled wait": "starts",
    LOGIN: "logins",
    SPAWN_PAGE: "spawn pages",
    GIT_PULL: "pulls of files",
    LAB_LOADED: "loads of JupyterLab",
    PAGE_LOADED: "loads of pages",
    KERNEL_READY: "starts of kernels",
    CELL: "cells",
    SAVED: "savings",
    STOP_TO_STOPPED: "stops",
    "hub probe": "probes of the hub",
    "requests": "requests",
    "failed starts": "starts",
    "throttled starts": "starts",
    "failed stops": "stops",
    "failed cells": "cells",
    "failed probes": "probes of the hub",
    "failed requests": "requests",
}

_PARTS: dict[float, str] = {
    50: "half",
    75: "a quarter",
    80: "one in five",
    90: "one in ten",
    95: "one in twenty",
    99: "one in a hundred",
}
"""How many are beyond a percentile."""


def people_in_words(reached: Reached, lasted: float, *, knows_who_asked: bool = True) -> str:
    """Return how far everybody got, as a clause: "12 people came, 4 could work, 8 stopped at the login".

    Args:
        reached: How far they got.
        lasted: Seconds of the run.
        knows_who_asked: Whether starts under way were written down, as those of a run that was killed are not.
    """
    if not reached.came:
        return "nobody came"
    came, goal = words.counted(reached.came, "person", "people"), _goal(reached)
    if reached.without_account == reached.came:
        account = "account was" if reached.came == 1 else "accounts were"
        clause = f"{came} came, and their {account} not ready in time"
    elif knows_who_asked and not (reached.asked or reached.waiting):
        clause = f"{came} came, and nobody asked for a server"
    elif reached.could_work == reached.came and not reached.lost:
        clause = f"{came} came, and {'all of them ' if reached.came > 1 else ''}{goal}"
    elif _is_only_starts(reached):
        failed, their = reached.stopped[START_TO_READY], "start" if reached.stopped[START_TO_READY] == 1 else "starts"
        everybody = {1: "the only person", 2: "both people"}.get(reached.came, f"all {came}")
        who = everybody if failed == reached.came else f"{failed:,} of {came}"
        clause = f"{who} got no server, because their {their} failed"
    elif reached.waiting and not (reached.has_browser or reached.stopped or reached.lost or reached.under_way):
        waited = f"{_were(reached.waiting)} still waiting"
        if reached.without_account:
            waited += f", {reached.without_account:,} of them for their account"
        clause = f"{reached.got_server:,} of {came} {goal} within {words.in_seconds(lasted)}; {waited}"
    else:
        clause = ", ".join([f"{came} came", *_apart(reached, goal)])
    if reached.visits > reached.came and reached.visits_in_vain:
        clause += f"; of all {reached.visits:,} visits, {_were(reached.visits_in_vain)} in vain"
    return clause


def _apart(reached: Reached, goal: str) -> list[str]:
    """Return what became of them, where it was not the same for all."""
    parts = []
    if reached.has_browser and reached.got_server not in {reached.could_work, reached.came}:
        parts.append(f"{reached.got_server:,} got a server")
    lost = " and ".join(f"{count:,} {_stopped(step)}" for step, count in reached.lost.items())
    parts.append(
        f"{f'{reached.could_work:,}' if reached.could_work else 'nobody'} {goal}{lost and f', of whom {lost}'}"
    )
    parts += [f"{count:,} {_stopped(step)}" for step, count in reached.stopped.items()]
    if reached.waiting:
        account = f", {reached.without_account:,} of them for their account" if reached.without_account else ""
        parts.append(f"{_were(reached.waiting)} still waiting for a server{account}")
    if reached.under_way:
        parts.append(f"{_were(reached.under_way)} under way")
    return parts


def _goal(reached: Reached) -> str:
    return "could work" if reached.has_browser else "got a server"


def _stopped(step: str) -> str:
    return _STOPPED.get(step, f"stopped at “{step}”")


def _were(count: int) -> str:
    return f"{count:,} {'was' if count == 1 else 'were'}"


def missed_in_words(one: Outcome) -> str:
    """Return by how much a target was missed, as a clause.

    Such as "19 of the 24 people waited longer than 10 s for their server (at most 1 may); one in twenty waited longer
    than 35 s".
    """
    target = one.target
    if target.percentile is None:
        return _share_in_words(one)
    if math.isinf(one.measured or 0.0):
        limit = f"the target was {_limit(target)} for {target.percentile:g} % of them"
        return f"{one.failed:,} of the {_who(one)} {_never(one)}; {limit}"
    limit = f"the target was {_limit(target)}"
    if one.count == 1:
        return f"the only {_who(one, number=False)} {_took(one, one.shown.replace('over ', 'longer than '))}; {limit}"
    number = f"all {_who(one)}" if one.over == one.count else f"{one.over:,} of the {_who(one)}"
    may = f"at most {one.may_be_over:,} may" if one.may_be_over else "none may"
    verb = "waited" if _is_of_people(one) or target.measure == "throttled wait" else "took"
    rest = 100 - target.percentile
    if one.count * rest < 100:  # fewer people than a part of them would need
        slowest = f"the slowest {verb} {one.shown.replace('over ', 'longer than ')}"
    else:
        part = _PARTS.get(target.percentile, f"{rest:g} %")
        of_them = " of them" if target.percentile == 50 or part.endswith("%") else ""
        slowest = f"{part}{of_them} {verb} longer than {one.shown.removeprefix('over ')}"
    return f"{number} {_took(one, f'longer than {_limit(target)}')} ({may}); {slowest}"


def held_in_words(one: Outcome, reached: Reached) -> str:
    """Return how well a target was held, as a clause.

    Such as "1 of them waited longer than 10 s for their server (at most 2 may)".

    Args:
        one: The target.
        reached: How far those got who are named before: "with 20 people".
    """
    target = one.target
    if target.percentile is None:
        return _share_in_words(one)
    if one.count == 1:
        return f"the only {_who(one, number=False)} {_took(one, f'no longer than {_limit(target)}')}"
    may = f" (at most {one.may_be_over:,} may)" if one.may_be_over else ""
    is_everybody = _is_of_people(one) and one.count == reached.came > 1
    number = f"{one.over:,}" if one.over else "none"
    took = _took(one, f"longer than {_limit(target)}") + (" or failed" if one.failed else "")
    return f"{number} of {'them' if is_everybody else f'the {_who(one)}'} {took}{may}"


def _share_in_words(one: Outcome) -> str:
    target = one.target
    number = round((one.measured or 0.0) * one.count)
    did = "had to wait because of a 429" if target.measure == "throttled starts" else "failed"
    if one.not_reached:
        did += " or were not reached"
    return f"{f'{number:,}' if number else 'none'} of the {_who(one, people=False)} {did} ({_may(one, number)})"


def _limit(target: Target) -> str:
    return durations.in_one_unit(target.at_most)


def _may(one: Outcome, number: int) -> str:
    """Say which share it was of all, and which one may be: "25 %; at most 1 % may".

    Args:
        one: The target.
        number: How many did what only so many may do.
    """
    target = one.target
    most = 100 - target.percentile if target.percentile is not None else 100 * target.at_most
    may = f"at most {most:g} % may" if most else "none may"
    return may if number in {0, one.count} or not most else f"{_share(number / one.count, most / 100)}; {may}"


def _share(share: float, most: float) -> str:
    """Return a share in percent, not rounded to the other side of the one that may be."""
    shown = words.in_percent(share)
    rounds = float(shown.removesuffix(" %")) / 100
    return shown if share == most or (rounds > most) == (share > most) else f"{100 * share:.4g} %"


def said_of_people(one: Outcome, reached: Reached) -> str:
    """Return how many may fail, if a target was missed only because of those who stopped; "" for any other one.

    Such a target says once more what the clause about the people says.
    """
    measured = one.measured or 0.0
    failed = one.failed if math.isinf(measured) else round(measured * one.count)
    is_of_failures = math.isinf(measured) or one.target.measure == "failed starts"
    same = one.people == one.count == reached.came and failed == sum(reached.stopped.values())
    if not (is_of_failures and same and step_of(one.target) == START_TO_READY):
        return ""
    may = _may(one, failed)
    return may if _is_only_starts(reached) else may.replace(" may", " of the starts may fail")


def others_too_slow(repeated: list[Outcome]) -> str:
    """Return how many waited too long beside those who stopped, as a clause; "" for nobody.

    Args:
        repeated: The missed targets that say once more what the clause about the people says.
    """
    of_times = [one for one in repeated if one.target.percentile is not None]
    slowest = max(of_times, key=lambda one: one.over - one.failed, default=None)
    if slowest is None or slowest.over <= slowest.failed:
        return ""
    return f"{slowest.over - slowest.failed:,} more waited longer than {_limit(slowest.target)} for their server"


def _is_only_starts(reached: Reached) -> bool:
    """Say whether starts that failed are all that kept anybody from what they came for."""
    others = reached.has_browser or reached.waiting or reached.under_way or reached.lost
    return set(reached.stopped) == {START_TO_READY} and not others


def _who(one: Outcome, *, people: bool = True, number: bool = True) -> str:
    """Return whose times, or what times, they are: "30 people of students", "340 starts"."""
    noun = "people" if people and _is_of_people(one) else _NOUNS[one.target.measure]
    if one.count == 1:
        noun = "person" if noun == "people" else noun.replace("s ", " ", 1).removesuffix("s")
    return f"{f'{one.count:,} ' if number else ''}{noun}{_of(one.target)}"


def _of(target: Target) -> str:
    if target.request is not None:
        return f" {target.request}"
    return "" if target.cohort is None else f" of {target.cohort}"


def _took(one: Outcome, seconds: str) -> str:
    """Say that it was so long; seconds are "84 s" or "longer than 84 s"."""
    if _is_of_people(one):
        return f"waited {seconds} {_WAITED_FOR[one.target.measure]}"
    if one.target.measure == "throttled wait":
        return f"waited {seconds} because of a 429"
    return f"took {seconds}"


def _never(one: Outcome) -> str:
    if _is_of_people(one):
        return _NEVER[one.target.measure]
    return "failed or were not reached" if one.not_reached else "failed"


def _is_of_people(one: Outcome) -> bool:
    return one.people == one.count and one.target.measure in _WAITED_FOR
