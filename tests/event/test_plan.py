"""Who comes when: patterns of arrival, stays, profiles, and their independence of everything but the seed."""

import itertools
import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubusers.event.arrival_patterns import Step
from hubusers.event.file import parse_event
from hubusers.event.plan import Person, plan, share_of_worker
from tests.event.events import event_with


def arrivals(pattern: str, people: int | None = 10, seed: int = 7) -> list[float]:
    return [person.arrives for person in plan(event_with(pattern, people=people), seed)]


class TestArrivals:
    def test_at_once(self) -> None:
        assert arrivals('{ pattern = "at once" }', 3) == [0, 0, 0]
        assert arrivals('{ pattern = "at once", at = "5m" }', 3) == [300, 300, 300]

    def test_evenly(self) -> None:
        assert arrivals('{ pattern = "evenly", over = "1m" }', 4) == [0, 15, 30, 45]
        assert arrivals('{ pattern = "evenly", over = "1m", from = "1h" }', 2) == [3600, 3630]

    def test_poisson(self) -> None:
        moments = arrivals('{ pattern = "poisson", per_minute = 6, from = "5m" }', 5000)
        gaps = [after - before for before, after in itertools.pairwise([300, *moments])]
        assert min(gaps) >= 0
        assert statistics.mean(gaps) == pytest.approx(10, rel=0.05)
        assert statistics.pstdev(gaps) == pytest.approx(10, rel=0.05)

    def test_bell(self) -> None:
        moments = arrivals('{ pattern = "bell", around = "10m", spread = "2m" }', 5000)
        assert statistics.mean(moments) == pytest.approx(600, rel=0.01)
        assert statistics.pstdev(moments) == pytest.approx(120, rel=0.05)

    def test_nobody_comes_before_the_event(self) -> None:
        moments = arrivals('{ pattern = "bell", around = 0, spread = "2m" }', 2000)
        assert len(moments) == 2000
        assert min(moments) >= 0
        assert statistics.mean(moments) == pytest.approx(120 * 0.798, rel=0.05)  # of one half of a bell

    def test_steps(self) -> None:
        steps = (
            '{ pattern = "steps", first_per_minute = 2, more_per_minute = 2, up_to_per_minute = 5, each_lasts = "1m" }'
        )
        assert arrivals(steps, None) == [0, 30, 60, 75, 90, 105]
        assert event_with(steps, people=None).steps == [Step(0, 60, 2), Step(60, 120, 4)]

    def test_steps_are_faster_and_denser_when_scaled(self) -> None:
        event = event_with(
            '{ pattern = "steps", first_per_minute = 2, more_per_minute = 1, up_to_per_minute = 2, each_lasts = "1m" }',
            people=None,
            above="time_scale = 10",
        )
        assert event.steps == [Step(0, 6, 20)]
        assert [person.arrives for person in plan(event, 7)] == [0, 3]

    @pytest.mark.parametrize(("first", "more", "up_to", "count"), [(0.1, 0.1, 0.3, 3), (1, 5, 1, 1), (1, 1, 9.5, 9)])
    def test_how_many_steps(self, first: float, more: float, up_to: float, count: int) -> None:
        event = event_with(
            f'{{ pattern = "steps", first_per_minute = {first}, more_per_minute = {more}, up_to_per_minute = {up_to}, '
            'each_lasts = "10m" }',
            people=None,
        )
        assert len(event.steps) == count

    def test_other_events_have_no_steps(self) -> None:
        assert event_with().steps == []


class TestPeople:
    def test_in_order_of_arrival_over_all_cohorts(self) -> None:
        event = event_with(
            '{ pattern = "evenly", over = "1m" }',
            people=2,
            below='[[cohorts]]\nname = "late"\npeople = 2\narrivals = { pattern = "at once", at = 10 }\nstay = 5\n'
            'user_class = "Reader"\nlifecycles = 0\nuntil = 30\nuser_options = { image = "scipy" }',
        )
        people = plan(event, 7)
        assert [(one.number, one.cohort, one.arrives) for one in people] == [
            (0, "students", 0),
            (1, "late", 10),
            (2, "late", 10),
            (3, "students", 30),
        ]
        assert [(one.user_class, one.until, one.lifecycles, one.user_options) for one in people[2:]] == [
            ("Reader", 30, 0, {"image": "scipy"}),
            ("ServerLifecycleUser", None, 1, None),
        ]

    def test_people_who_would_come_too_late_do_not_come(self) -> None:
        evenly = '{ pattern = "evenly", over = "1m" }'
        assert len(plan(event_with(evenly, people=6, cohort="until = 30"), 7)) == 3
        assert len(plan(event_with(evenly, people=6, above="ends_after = 45"), 7)) == 5

    def test_planned_durations_are_scaled(self) -> None:
        event = event_with(
            '{ pattern = "at once", at = "10m" }',
            people=1,
            above="time_scale = 60",
            cohort='until = "2h"\npause = "5m"',
        )
        (person,) = plan(event, 7)
        assert (person.arrives, person.until, list(person.times())) == (10, 120, [(10, 5)])

    def test_lifecycles(self) -> None:
        (person,) = plan(event_with(people=1, cohort="lifecycles = 3"), 7)
        assert len(list(person.times())) == 3
        (person,) = plan(event_with(people=1, cohort='lifecycles = 0\nuntil = "1h"'), 7)
        assert len(list(itertools.islice(person.times(), 1000))) == 1000

    def test_times_are_drawn_for_each_lifecycle_and_person_and_are_the_same_each_time(self) -> None:
        cohort = """
            lifecycles = 5
            stay = { distribution = "exponential", mean = "30m" }
            pause = { distribution = "uniform", from = 1, to = 9 }
        """
        people = plan(event_with(people=20, cohort=cohort), 7)
        times = [list(person.times()) for person in people]
        assert len({stay for one in times for stay, _ in one}) == 100
        assert times == [list(person.times()) for person in people]


class TestProfiles:
    def chosen(self, profiles: str, people: int, seed: int = 7) -> list[str]:
        event = event_with('{ pattern = "evenly", over = "1m" }', people=people, cohort=f"profiles = {profiles}")
        return [person.user_options["profile"] for person in plan(event, seed) if person.user_options]

    @pytest.mark.parametrize(
        ("profiles", "people", "counts"),
        [
            ('{ small = 0.8, gpu = "20 %" }', 300, {"small": 240, "gpu": 60}),
            ('{ small = "33.4 %", gpu = "33.3 %", large = "33.3 %" }', 4, {"small": 2, "gpu": 1, "large": 1}),
            ("{ small = 0.29, gpu = 0.71 }", 100, {"small": 29, "gpu": 71}),
            ("{ small = 0.5, gpu = 0.5 }", 1, {"small": 1}),
            ("{ small = 1 }", 3, {"small": 3}),
        ],
    )
    def test_exact_counts(self, profiles: str, people: int, counts: dict[str, int]) -> None:
        assert Counter(self.chosen(profiles, people)) == counts

    def test_mixed_among_those_who_arrive(self) -> None:
        order = self.chosen("{ small = 0.5, gpu = 0.5 }", 100)
        assert 15 <= Counter(order[:50])["gpu"] <= 35
        assert order != self.chosen("{ small = 0.5, gpu = 0.5 }", 100, seed=8)

    @given(shares=st.lists(st.integers(1, 100), min_size=1, max_size=6), people=st.integers(1, 50))
    def test_everybody_has_one_and_no_share_is_off_by_a_person(self, shares: list[int], people: int) -> None:
        table = ", ".join(f"p{number} = {share / sum(shares)!r}" for number, share in enumerate(shares))
        counts = Counter(self.chosen(f"{{ {table} }}", people))
        assert counts.total() == people
        for number, share in enumerate(shares):
            assert abs(counts[f"p{number}"] - people * share / sum(shares)) < 1


RICH = """
title = "Test"

[[cohorts]]
name = "students"
people = 41
profiles = { small = 0.7, gpu = 0.3 }
arrivals = { pattern = "bell", around = "5m", spread = "2m" }
stay = { distribution = "lognormal", median = "40m", p95 = "80m" }

[[cohorts]]
name = "visitors"
people = 22
arrivals = { pattern = "poisson", per_minute = 3 }
stay = { distribution = "exponential", mean = "30m" }
lifecycles = 3
"""


def without_numbers(people: list[Person], cohort: str) -> list[tuple[object, ...]]:
    return [(one.arrives, one.user_options, one.seed, *one.times()) for one in people if one.cohort == cohort]


class TestReproducibility:
    def test_the_same_seed_gives_the_same_plan(self) -> None:
        event = parse_event(RICH, "rich.toml")
        assert plan(event, 7) == plan(parse_event(RICH, "rich.toml"), 7)
        assert without_numbers(plan(event, 7), "students") != without_numbers(plan(event, 8), "students")

    @pytest.mark.parametrize("workers", [1, 2, 4, 100])
    def test_any_number_of_workers_make_up_the_same_plan(self, workers: int) -> None:
        event = parse_event(RICH, "rich.toml")
        shares = [plan(event, 7)[share_of_worker(worker, workers)] for worker in range(workers)]
        assert sorted(itertools.chain(*shares), key=lambda one: one.number) == plan(event, 7)
        assert max(map(len, shares)) - min(map(len, shares)) <= 1

    def test_another_cohort_changes_nothing_for_the_others(self) -> None:
        alone = parse_event(RICH[: RICH.rindex("[[cohorts]]")], "alone.toml")
        both = parse_event(RICH, "rich.toml")
        assert without_numbers(plan(alone, 7), "students") == without_numbers(plan(both, 7), "students")

    def test_the_same_on_every_machine_and_version_of_python(self) -> None:
        people = plan(parse_event(RICH, "rich.toml"), 7)
        some = [(one.cohort, round(one.arrives, 3), round(next(one.times())[0], 3)) for one in people[::20]]
        assert some == [
            ("visitors", 11.032, 1211.072),
            ("students", 180.745, 2340.803),
            ("visitors", 321.033, 38.454),
            ("students", 478.865, 3512.016),
        ]
        assert people[20].user_options == {"profile": "small"}


class TestPeopleWithABrowser:
    COHORT = 'user_class = "NotebookUser"\nthinking = "10s"\nleave = { log-out = "70 %", walk-away = "30 %" }'

    def test_thoughts_are_scaled_and_ways_to_leave_drawn_by_their_shares(self) -> None:
        people = plan(event_with(above="time_scale = 10", cohort=self.COHORT, people=300), 1)
        assert next(people[0].thoughts()) == 1.0
        ways = [next(person.ways_to_leave()) for person in people]
        assert set(ways) == {"log-out", "walk-away"}
        assert 60 <= ways.count("walk-away") <= 120
        again = plan(event_with(above="time_scale = 10", cohort=self.COHORT, people=300), 1)
        assert ways == [next(person.ways_to_leave()) for person in again]

    def test_the_page_that_they_open_first_is_a_link_or_a_path(self) -> None:
        link = "https://hub.example.org/hub/user-redirect/git-pull?repo=https://example.org/course.git"
        (person,) = plan(event_with(cohort=f'user_class = "PageUser"\nstart_page = "{link}"', people=1), 1)
        assert person.start_page == "git-pull?repo=https://example.org/course.git"

    def test_by_default_everybody_thinks_a_little_and_logs_out(self) -> None:
        (person,) = plan(event_with(people=1), 1)
        assert person.start_page == ""
        assert 5 <= next(person.thoughts()) <= 20
        assert next(person.ways_to_leave()) == "log-out"
