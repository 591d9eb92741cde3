"""What sets those who failed apart from all others, where chance would hardly do it."""

import random
from math import comb
from typing import Any

import pytest

from hubusers.report.who_differs import _by_chance, who_differs
from hubusers.results.attributes import LIMIT
from hubusers.results.records import NEW, RETURNING, Record
from tests.report.runs import start


def failed(record: Record) -> bool:
    return record.failed


def people(bad: int, good: int, of_bad: dict[str, Any], of_good: dict[str, Any]) -> list[Record]:
    """Return starts that come in turn, of which some failed."""
    failures = [start(2 * n, 1.0, "spawn failed", **of_bad) for n in range(bad)]
    return [*failures, *(start(2 * n + 1, 1.0, **of_good) for n in range(good))]


CLEAR = [
    (
        people(8, 10, {"person": NEW}, {"person": RETURNING}),
        "All 8 people who failed had never had a server before; all 10 others had.",
    ),
    (
        people(8, 10, {"person": RETURNING}, {"person": NEW}),
        "All 8 people who failed had had a server before; all 10 others had not.",
    ),
    (
        people(20, 20, {"profile": "gpu"}, {"profile": ""}),
        "All 20 people who failed asked for the profile gpu; all 20 others did not.",
    ),
    (
        people(20, 20, {"profile": ""}, {"profile": "gpu"}),
        "All 20 people who failed asked for no profile; all 20 others did not.",
    ),
    (
        people(20, 20, {"worker": 3}, {"worker": 1}),
        "All 20 people who failed came from worker 3; all 20 others did not.",
    ),
    (
        people(9, 20, {"throttled": 5.0}, {}),
        "All 9 people who failed had been told to come back later (429); all 20 others had not.",
    ),
    # Two that set them apart equally are said together.
    (
        people(8, 10, {"cohort": "students", "profile": "gpu"}, {"cohort": "staff", "profile": "small"}),
        "All 8 people who failed asked for the profile gpu and belonged to the cohort students; this was so for none "
        "of the 10 others.",
    ),
    # One of them is an exception, on either side.
    (
        [*people(19, 20, {"cohort": "students"}, {"cohort": "staff"}), start(99, 1.0, "timed out", cohort="staff")],
        "19 of the 20 people who failed belonged to the cohort students; this was so for none of the 20 others.",
    ),
    (
        [*people(20, 19, {"cohort": "students"}, {"cohort": "staff"}), start(99, 1.0, cohort="students")],
        "All 20 people who failed belonged to the cohort students; this was so for 1 of the 20 others.",
    ),
    # A profile that not everybody is unlucky with.
    (
        people(8, 280, {"profile": "gpu"}, {"profile": "small"})
        + [start(900 + n, 1.0, profile="gpu") for n in range(12)],
        "All 8 people who failed asked for the profile gpu; this was so for 12 of the 292 others.",
    ),
    # Someone who failed once is affected, whatever came after it.
    (
        people(20, 20, {"cohort": "students"}, {"cohort": "staff"})
        + [start(2 * n + 100, 1.0, user=f"user-{2 * n}", cohort="students") for n in range(20)],
        "All 20 people who failed belonged to the cohort students; all 20 others did not.",
    ),
    # From a moment on, until one, and in between.
    (
        [*(start(n, 1.0) for n in range(20)), *(start(30 + n, 1.0, "spawn failed") for n in range(20))],
        "All 20 people who failed began at 08:00:30 UTC or later; all 20 others began before.",
    ),
    (
        [*(start(n, 1.0, "spawn failed") for n in range(20)), *(start(30 + n, 1.0) for n in range(20))],
        "All 20 people who failed began at 08:00:19 UTC or earlier; all 20 others began later.",
    ),
    (
        [start(n, 1.0, "spawn failed" if 10 <= n < 25 else "") for n in range(40)],
        "All 15 people who failed began from 08:00:10 to 08:00:24 UTC; all 25 others began before or after that.",
    ),
    # The same people, at another time.
    (
        [start(n, 1.0, "spawn failed", user=f"user-{n}", lifecycle=1) for n in range(20)]
        + [start(n + 0.5, 1.0, user=f"user-{n}", lifecycle=2) for n in range(20)],
        "All 20 people who failed were on their first visit; this was so for none of the 20 other visits.",
    ),
]


@pytest.mark.parametrize(("records", "sentence"), CLEAR)
def test_what_is_clear_is_said(records: list[Record], sentence: str) -> None:
    random.Random(1).shuffle(records)
    assert who_differs(records, failed) == sentence


NOT_CLEAR = {
    "one person": people(1, 300, {"cohort": "students"}, {"cohort": "staff"}),
    "two people": people(2, 300, {"cohort": "students"}, {"cohort": "staff"}),
    "one person, again and again": [
        *people(0, 20, {}, {"cohort": "staff"}),
        *(start(n, 1.0, "spawn failed", user="ann", cohort="students") for n in range(50)),
    ],
    "few people": people(3, 4, {"cohort": "students"}, {"cohort": "staff"}),
    "nobody else": people(20, 0, {"cohort": "students"}, {}),
    "nobody": people(0, 20, {}, {"cohort": "students"}),
    "all in one cohort": people(10, 10, {"cohort": "students"}, {"cohort": "students"}),
    "half of each": people(20, 20, {"cohort": "students"}, {"cohort": "students"})
    + [start(100 + n, 1.0, "" if n % 2 else "timed out", cohort="staff") for n in range(40)],
    "more often in one cohort": [
        start(n, 1.0, "spawn failed" if n % 10 == 0 else "", cohort="students" if n % 10 < 2 else "staff")
        for n in range(200)
    ]
    + [start(300 + n / 20, 1.0, "spawn failed", cohort="staff") for n in range(15)]
    + [start(299.0, 1.0, cohort="staff"), start(302.0, 1.0, cohort="staff")],
    "a person's own profile": [start(n, 1.0, "" if n % 2 else "timed out", profile=f"own-{n}") for n in range(3000)],
    "unknown": people(20, 20, {"person": NEW}, {"person": ""}),
}


@pytest.mark.parametrize("records", NOT_CLEAR.values(), ids=NOT_CLEAR)
def test_what_is_not_clear_is_not_said(records: list[Record]) -> None:
    assert who_differs(records, failed) == ""


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_random_failures_in_two_cohorts_have_nothing_in_common(share: float) -> None:
    said = 0
    for seed in range(200):
        chance = random.Random(seed)
        records = [
            start(
                n,
                1.0,
                "spawn failed" if chance.random() < share else "",
                cohort=chance.choice(["students", "staff"]),
                profile=chance.choice(["", "small", "gpu"]),
                person=chance.choice([NEW, RETURNING]),
                worker=chance.randrange(4),
            )
            for n in range(chance.choice([8, 20, 60]))
        ]
        said += bool(who_differs(records, failed))
    assert said <= 2  # of 200, at a probability of at most 1 %


def test_what_follows_from_the_failure_can_be_left_out() -> None:
    records = people(9, 20, {"throttled": 5.0}, {})
    assert who_differs(records, failed, without=[LIMIT]) == ""


def test_the_time_can_be_left_out() -> None:
    records = [*(start(n, 1.0) for n in range(20)), *(start(30 + n, 1.0, "spawn failed") for n in range(20))]
    assert who_differs(records, failed, by_time=False) == ""


def test_those_affected_can_be_others_than_those_who_failed() -> None:
    records = [
        *(start(2 * n, 50.0, cohort="a") for n in range(9)),
        *(start(2 * n + 1, 1.0, cohort="b") for n in range(9)),
    ]
    said = who_differs(records, lambda record: record.seconds > 30, "who waited longer than 30 s")
    assert said == "All 9 people who waited longer than 30 s belonged to the cohort a; all 9 others did not."


def exact(bad: int, bad_with: int, good: int, good_with: int) -> float:
    having = bad_with + good_with
    ways = (comb(bad, n) * comb(good, having - n) for n in range(bad_with, min(bad, having) + 1))
    return sum(ways) / comb(bad + good, having)


@pytest.mark.parametrize("counts", [(8, 8, 10, 0), (8, 7, 10, 1), (3, 1, 4, 4), (20, 2, 300, 5), (1, 0, 1, 0)])
def test_the_probability_is_that_of_fishers_exact_test(counts: tuple[int, int, int, int]) -> None:
    assert _by_chance(*counts) == pytest.approx(exact(*counts))


def test_thousands_of_people_are_compared() -> None:
    records = people(5000, 5000, {"cohort": "students"}, {"cohort": "staff"})
    assert who_differs(records, failed).startswith("All 5,000 people who failed belonged to the cohort students;")
