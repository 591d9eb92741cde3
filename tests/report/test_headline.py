"""People and missed targets in words that need no statistics."""

from dataclasses import replace
from typing import Any

import pytest

from hubusers.event.model import Target
from hubusers.report.headline import held_in_words, missed_in_words, people_in_words
from hubusers.results.people import Reached
from hubusers.results.records import CELL, LOGIN, SAVED, SERVER_HELD, START_TO_READY, UNFINISHED, Record
from hubusers.results.targets import outcome
from tests.report.runs import results_of, start

EVERYBODY = Reached(
    came=12,
    asked=12,
    logged_in=None,
    got_server=12,
    could_work=12,
    has_browser=False,
    stopped={},
    waiting=0,
    under_way=0,
    lost={},
    visits=12,
    visits_in_vain=0,
    share_in_vain=0.0,
)
CLASS = replace(EVERYBODY, has_browser=True, logged_in=12)


@pytest.mark.parametrize(
    ("reached", "words"),
    [
        (EVERYBODY, "12 people came, and all of them got a server"),
        (CLASS, "12 people came, and all of them could work"),
        (replace(EVERYBODY, came=1, could_work=1, got_server=1, visits=1), "1 person came, and got a server"),
        (replace(EVERYBODY, came=0), "nobody came"),
        (
            replace(CLASS, logged_in=4, got_server=4, could_work=4, stopped={LOGIN: 8}),
            "12 people came, 4 could work, 8 stopped at the login",
        ),
        (
            replace(CLASS, got_server=9, could_work=4, stopped={LOGIN: 3, CELL: 5}),
            "12 people came, 9 got a server, 4 could work, 3 stopped at the login, 5 stopped at a cell",
        ),
        (
            replace(EVERYBODY, came=20, got_server=5, could_work=5, waiting=15, visits=20),
            "5 of 20 people got a server within 20 s; 15 were still waiting",
        ),
        (
            replace(EVERYBODY, got_server=0, could_work=0, waiting=11, under_way=1),
            "12 people came, nobody got a server, 11 were still waiting for a server, 1 was under way",
        ),
        (
            replace(EVERYBODY, lost={SERVER_HELD: 12}),
            "12 people came, 12 got a server, of whom 12 lost their server or their session before leaving",
        ),
        (
            replace(CLASS, lost={CELL: 2, SAVED: 1}),
            "12 people came, 12 could work, of whom 2 stopped at a cell and 1 stopped at saving a notebook",
        ),
        (
            replace(EVERYBODY, visits=340, visits_in_vain=9),
            "12 people came, and all of them got a server; of all 340 visits, 9 were in vain",
        ),
        (
            replace(EVERYBODY, got_server=4, could_work=4, stopped={START_TO_READY: 8}),
            "8 of 12 people got no server, because their starts failed",
        ),
        (
            replace(EVERYBODY, came=1, got_server=0, could_work=0, stopped={START_TO_READY: 1}, visits=1),
            "the only person got no server, because their start failed",
        ),
        (
            replace(EVERYBODY, could_work=11, stopped={"opened grades": 1}),
            "12 people came, 11 got a server, 1 stopped at “opened grades”",
        ),
    ],
)
def test_people_in_words(reached: Reached, words: str) -> None:
    assert people_in_words(reached, 20.0) == words


def target(measure: str = START_TO_READY, percentile: float | None = 50, at_most: float = 3.0, **more: Any) -> Target:
    return Target(measure=measure, percentile=percentile, at_most=at_most, **more)  # type: ignore[arg-type]


WAITED = [start(n, 5.4) for n in range(30)]
BRIEFLY = [start(n, 5.4 if n < 3 else 1.0) for n in range(30)]
FAILED = [start(n, 5.4, "timed out" if n < 20 else "") for n in range(30)]


@pytest.mark.parametrize(
    ("records", "target", "words"),
    [
        (
            WAITED,
            target(),
            "all 30 people waited longer than 3 s for their server (at most 15 may); half of them waited longer than "
            "5.4 s",
        ),
        (
            BRIEFLY,
            target(percentile=95),
            "3 of the 30 people waited longer than 3 s for their server (at most 1 may); one in twenty waited longer "
            "than "
            "5.4 s",
        ),
        (
            BRIEFLY[:3],
            target(percentile=95),
            "all 3 people waited longer than 3 s for their server (none may); the slowest waited 5.4 s",
        ),
        (BRIEFLY[:1], target(percentile=95), "the only person waited 5.4 s for their server; the target was 3 s"),
        (
            WAITED,
            target(percentile=97),
            "all 30 people waited longer than 3 s for their server (none may); the slowest waited 5.4 s",
        ),
        (
            WAITED,
            target(percentile=60),
            "all 30 people waited longer than 3 s for their server (at most 12 may); 40 % of them waited longer than "
            "5.4 s",
        ),
        (
            [start(n, 14.0, UNFINISHED) for n in range(30)],
            target(),
            "all 30 people waited longer than 3 s for their server (at most 15 may); half of them waited longer than "
            "14 s",
        ),
        (
            [start(0, 14.0, UNFINISHED)],
            target(percentile=95),
            "the only person waited longer than 14 s for their server; the target was 3 s",
        ),
        (FAILED, target(), "20 of the 30 people never got their server; the target was 3 s for 50 % of them"),
        (
            [*WAITED, start(50, 5.4, user="user-1", lifecycle=2)],
            target(),
            "all 31 starts took longer than 3 s (at most 15 may); half of them took longer than 5.4 s",
        ),
        (
            [start(n, 5.4, cohort="students") for n in range(30)],
            target(cohort="students"),
            "all 30 people of students waited longer than 3 s for their server (at most 15 may); half of them waited "
            "longer than 5.4 s",
        ),
        (FAILED, target("failed starts", None, 0.01), "20 of the 30 starts failed (67 %; at most 1 % may)"),
        (
            [start(n, 5.4, throttled=4.0, throttled_by="concurrent_spawn_limit") for n in range(30)],
            target("throttled wait"),
            "all 30 starts waited longer than 3 s because of a 429 (at most 15 may); half of them waited longer than "
            "4 s",
        ),
        (
            [start(n, 5.4, throttled=4.0) for n in range(30)],
            target("throttled starts", None, 0.01),
            "30 of the 30 starts had to wait because of a 429 (at most 1 % may)",
        ),
    ],
)
def test_missed_targets_in_words(records: list[Any], target: Target, words: str) -> None:
    one = outcome(target, results_of(records))
    assert one.state == "missed"
    assert missed_in_words(one) == words


def test_requests_in_words() -> None:
    results = results_of([])
    for number in range(20):
        results.requests.note("GET /user", 1000.0, 5.4, "HTTP 500" if number == 7 else "")
    slow = target("requests", request="GET /user")
    assert missed_in_words(outcome(slow, results)) == (
        "all 20 requests GET /user took longer than 3 s (at most 10 may); half of them took longer than 5.4 s"
    )
    failed = target("failed requests", None, 0.01)
    assert missed_in_words(outcome(failed, results)) == "1 of the 20 requests failed (5 %; at most 1 % may)"


@pytest.mark.parametrize(
    ("records", "target", "came", "words"),
    [
        (
            BRIEFLY,
            target(percentile=90),
            30,
            "3 of them waited longer than 3 s for their server (at most 3 may)",
        ),
        (BRIEFLY, target(at_most=9.0), 30, "none of them waited longer than 9 s for their server (at most 15 may)"),
        (WAITED[:2], target(percentile=95, at_most=9.0), 2, "none of them waited longer than 9 s for their server"),
        (WAITED[:1], target(at_most=9.0), 1, "the only person waited no longer than 9 s for their server"),
        (
            [start(n, 5.4, cohort="students") for n in range(30)],
            target(at_most=9.0, cohort="students"),
            40,
            "none of the 30 people of students waited longer than 9 s for their server (at most 15 may)",
        ),
        (
            [*WAITED, start(50, 1.0, "timed out", user="user-1", lifecycle=2)],
            target(at_most=9.0),
            30,
            "1 of the 31 starts took longer than 9 s or failed (at most 15 may)",
        ),
        (WAITED, target("failed starts", None, 0.01), 30, "none of the 30 starts failed (at most 1 % may)"),
        (FAILED, target("failed starts", None, 0.7), 30, "20 of the 30 starts failed (67 %; at most 70 % may)"),
    ],
)
def test_held_in_words(records: list[Record], target: Target, came: int, words: str) -> None:
    one = outcome(target, results_of(records))
    assert one.state == "held"
    assert held_in_words(one, replace(EVERYBODY, came=came)) == words
