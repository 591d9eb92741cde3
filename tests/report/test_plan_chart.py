"""The drawing of a plan: its figures are those of the plan."""

import os
import subprocess
import sys

import pytest

from hubusers.event.file import read_event
from hubusers.event.plan import plan
from hubusers.how_installed import this_installation
from hubusers.report.plan_chart import drawn
from tests.event.events import event_with

EVENLY = '{ pattern = "evenly", over = "10m" }'


def facts(text: str) -> dict[str, str]:
    lines = [line[2:] for line in text.split("\n\n")[0].splitlines()[1:]]
    return {line[:27].strip(): line[27:] for line in lines}


def test_a_small_event() -> None:
    event = event_with(
        EVENLY,
        people=20,
        cohort="profiles = { small = 0.75, gpu = 0.25 }",
        below='[[targets]]\nmeasure = "failed starts"\nat_most = "1 %"',
    )
    text = drawn(event, plan(event, 7), 7)
    assert text.startswith("Test\n")
    found = facts(text)
    assert sorted(found.pop("profiles").split(", ")) == ["15 small", "5 gpu"]
    assert found == {
        "people": "20: 20 students",
        "first arrival": "after 0s",
        "last arrival": "after 9m 30s",
        "most arrivals in a minute": "2",
        "most servers at once": "20",
        "expected end": "after 19m 30s, if every server is ready at once",
        "time scale": "1: as in real life",
        "seed": "7",
        "target": "failed starts: at most 1 %",
    }
    assert "People who arrive in each 10s" in text
    assert "20┤" in text


def test_everything_is_scaled() -> None:
    event = event_with(EVENLY, people=20, above="time_scale = 10")
    found = facts(drawn(event, plan(event, 7), 7))
    assert found["last arrival"] == "after 57s"
    assert found["most arrivals in a minute"] == "20"
    assert found["expected end"].startswith("after 1m 57s,")
    assert found["time scale"] == "10: an hour takes 6m; times shown here are those of the run"


def test_lifecycles_without_end_are_drawn_until_everybody_leaves() -> None:
    event = event_with(EVENLY, people=3, cohort='lifecycles = 0\nstay = "5m"\npause = "5m"\nuntil = "1h"')
    found = facts(drawn(event, plan(event, 7), 7))
    assert found["expected end"].startswith("after 1h,")
    event = event_with(EVENLY, people=3, above='ends_after = "32m"', cohort='lifecycles = 0\nstay = "5m"')
    assert facts(drawn(event, plan(event, 7), 7))["expected end"].startswith("after 32m,")


def test_servers_of_several_lifecycles() -> None:
    event = event_with(people=4, cohort='lifecycles = 3\nstay = "5m"\npause = "1m"')
    found = facts(drawn(event, plan(event, 7), 7))
    assert (found["most servers at once"], found["expected end"][:10]) == ("4", "after 17m,")


def test_one_leaves_as_another_comes() -> None:
    event = event_with(EVENLY, people=10, cohort='stay = "1m"')
    assert facts(drawn(event, plan(event, 7), 7))["most servers at once"] == "1"


def test_people_who_would_come_too_late_are_counted() -> None:
    event = event_with(EVENLY, people=10, cohort='until = "5m"')
    text = drawn(event, plan(event, 7), 7)
    assert facts(text)["people"] == "5: 5 students"
    assert "5 more would arrive only after the end, and are left out" in text


def test_nobody() -> None:
    event = event_with('{ pattern = "poisson", per_minute = 0.001 }', people=1, cohort="until = 1")
    text = drawn(event, plan(event, 7), 7)
    assert text.splitlines() == [
        "Test",
        "  people      0: 0 students",
        "              1 more would arrive only after the end, and are left out",
        "  time scale  1: as in real life",
        "  seed        7",
    ]


def test_fits_a_terminal_and_has_no_colour_codes() -> None:
    _, event = read_event("class-at-nine")
    text = drawn(event, plan(event, 7), 7)
    assert max(map(len, text.splitlines())) == 100
    assert "\x1b" not in text
    assert text == drawn(event, plan(event, 7), 7)


def test_a_seed_that_the_file_does_not_give_says_how_to_keep_it() -> None:
    event = event_with(EVENLY, people=3)
    found = facts(drawn(event, plan(event, 7), 7, seed_is_in_file=False))
    assert found["seed"] == '7, from the text of the file: "seed = 7" in it keeps this plan when you change it'


def test_a_reader_that_ends_early_is_not_an_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does when it has enough
    code = "from hubusers.report.plan_chart import show; show('a plan')"
    process = subprocess.run([sys.executable, "-c", code], stdout=writing, stderr=subprocess.PIPE, timeout=60)
    os.close(writing)
    assert (process.returncode, process.stderr) == (0, b"")


def test_without_what_draws_it_the_plan_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    event = event_with(EVENLY, people=20)
    people = plan(event, 7)
    whole = drawn(event, people, 7)
    monkeypatch.setitem(sys.modules, "plotext", None)
    told, _, way_out = drawn(event, people, 7).rpartition("\n\n")
    assert whole.startswith(told)
    assert facts(told) == facts(whole)
    assert way_out.endswith(this_installation().to_add("report"))
