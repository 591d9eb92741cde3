"""What the benchmarks make of what they measured."""

import inspect

import pytest

from benchmarks import large_runs
from benchmarks.bench import PARTS, written_into
from benchmarks.cost import Cost
from benchmarks.cost import table as cost_table
from benchmarks.growth import loads_of
from benchmarks.installed import table as installed_table
from benchmarks.markdown import markdown_table
from benchmarks.notebook_visits import Tabs, Visit, strains_in, tabs_table, visits_table, when_late
from benchmarks.real_hub import NOT_AT_ALL, Watched, error_table, observer_table
from benchmarks.start_up import Start, begins_table
from benchmarks.start_up import starts_table as table_of_starts
from benchmarks.start_up import workers_table as table_of_workers
from benchmarks.targets import TARGETS, Target, summary
from benchmarks.usage import Usage, report_in
from benchmarks.whole_life import FLOORS, Life
from benchmarks.whole_life import table as whole_life_table


def cells(table: str) -> list[list[str]]:
    """Return the rows of a Markdown table, without its header and the line below it."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_numbers_stand_as_they_were_given_and_short_rows_are_filled_up() -> None:
    table = markdown_table(["what", "seconds"], "lr", [["one", "1.20"], ["did not run"]])
    assert table.splitlines() == [
        "| what        |   seconds |",
        "|:------------|----------:|",
        "| one         |      1.20 |",
        "| did not run |           |",
    ]


README = "Before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n"


def test_a_part_that_is_measured_again_replaces_what_it_said_and_nothing_else() -> None:
    first = written_into(README, {"Start-up": "slow", "Workers": "two\n\n| a | b |"})
    assert first.startswith("Before\n<!-- measured -->\n\n### What it costs")
    again = written_into(first, {"Start-up": "fast"})
    assert again == written_into(README, {"Workers": "two\n\n| a | b |", "Start-up": "fast"})
    assert again.endswith("### Start-up\n\nfast\n\n### Workers\n\ntwo\n\n| a | b |\n\n<!-- /measured -->\nafter\n")


@pytest.mark.parametrize("readme", ["", "<!-- measured -->", "<!-- /measured --><!-- measured -->"])
def test_without_markers_nothing_is_written(readme: str) -> None:
    with pytest.raises(ValueError, match="to write between"):
        written_into(readme, {})


MB = 1024**2
START_UP = table_of_starts({"Locust alone": [Start(1.0, 1)], "hubusers": [Start(1.2, 1), Start(1.0, 1), Start(9, 1)]})


@pytest.mark.parametrize(
    ("times", "most", "rest"),
    [
        (1.1, 0, ["1.20 (1.20 ×)", "1.1 (1.1 ×)", "**no**"]),
        (1.2, 0, ["1.20 (1.20 ×)", "1.2 (1.2 ×)", "yes"]),
        (0, 1.5, ["1.20", "1.5", "yes"]),
        (0, 1.0, ["1.20", "1", "**no**"]),
        (0, 0, ["1.20 (1.20 ×)", "–", "–"]),
    ],
)
def test_a_target_is_reached_by_the_figures_of_the_tables(times: float, most: float, rest: list[str]) -> None:
    target = Target("a", "Start-up", "hubusers", "CPU-s to start", "Locust alone", times, most)
    assert target.summary({"Start-up": START_UP}) == ["a", "1.00 (Locust alone)", *rest]


def test_what_falls_short_is_said_above_the_table() -> None:
    lives = {"bare-poll": 2.0, "hubusers-poll": 3.0}
    sections = {
        "People who come once": whole_life_table({name: [Life(cost, 5.0, 0.1, 0)] for name, cost in lives.items()}),
        "A real hub": markdown_table(
            ["users", "way", "the run states, in seconds"], "rll", [["500", "progress", "p50 2.5 ± 1.5 seconds (5)"]]
        ),
    }
    said = summary(sections)
    assert said.startswith("**1 of 15 targets is missed.** Not measured: 14.\n")
    assert "\n- CPU-ms of a life, by `poll`: 3.00, 1.50 × bare-poll (2.00); at most 2.8 (1.4 ×) was to be" in said
    assert "`progress`: 1.5 seconds\n" in said
    sections["People who come once"] = whole_life_table({name: [Life(1.0, 5.0, 0.1, 0)] for name in FLOORS})
    assert summary(sections).startswith("None of 15 targets is missed. ")


@pytest.mark.parametrize(
    "text", ["", "| what starts | CPU-s to start |\n|---|---|\n| Locust alone | 1 |\n| hubusers | did not run |"]
)
def test_what_was_not_measured_is_not_reached(text: str) -> None:
    target = Target("a", "Start-up", "hubusers", "CPU-s to start", "Locust alone", times=1.1)
    assert target.summary({"Start-up": text})[-1] == "not measured"


def test_each_target_has_a_table_with_its_figures() -> None:
    """The part's own table is made here; where a part renames a row or a column, the summary would lose it."""
    visit = Visit(0.1, 0.3)
    sizes = {name: {"a.dist-info": MB, "a": 59 * MB} for name in ("Locust alone", "hubusers")}
    tables = {
        "What is installed": installed_table(sizes),
        "Start-up": "\n\n".join(
            [
                START_UP,
                begins_table({"naive users": [1.0], "hubusers": [2.0]}),
                table_of_workers({"Locust alone": 50.0, "hubusers": 60.0}),
            ]
        ),
        "People who come once": whole_life_table({name: [Life(1.0, 5.0, 0.1, 0)] for name in FLOORS}),
        "Visits with notebooks": visits_table([visit, visit], [visit, visit]),
    }
    parts = {part.heading for part in PARTS}
    for target in TARGETS:
        assert target.part in parts
        if target.part in tables:
            assert target.summary(tables)[-1] != "not measured", target
        if target.part == "Long and large runs":  # whose tables are made while it measures
            assert f'"{target.column}"' in inspect.getsource(large_runs), target


def test_a_process_is_late_when_two_spans_in_a_row_were_strained() -> None:
    said = [(10, 0, 0), (20, 1, 1), (30, 2, 1), (40, 3, 2), (50, 4, 3), (60, 5, 4)]
    lines = [
        f'STRAIN {{"users": {users}, "spans": {spans}, "strained": {strained}, "rss_kib": 1, "cpu": 0.9}}'
        for users, spans, strained in said
    ]
    strains = strains_in("\n".join(["something else", *lines, lines[-1]]))
    assert [strain.users for strain in strains] == [10, 20, 30, 40, 50, 60]
    late = when_late(strains)
    assert late
    assert late.users == 40
    assert when_late(strains[:4]) is None


def test_a_visit_stands_beside_a_browsers() -> None:
    table = visits_table([Visit(0.1, 0.3), Visit(0.05, 0.3)], [Visit(8.0, 540.0), Visit(6.0, 540.0)])
    assert cells(table) == [
        ["NotebookUser", "0.10", "0.05", "0.3 MB"],
        ["Chromium", "8.00", "6.00", "540.0 MB"],
        ["times as much", "80", "120", "1,800"],
    ]
    assert cells(tabs_table(100, Tabs(0.0012, 0.25), "more than 600")) == [
        ["100", "0.12%", "0.25 MB", "750", "more than 600"]
    ]


def test_the_largest_packages_are_named() -> None:
    sizes = {
        "Locust alone": {"locust": 4 * MB, "locust-2.dist-info": 0},
        "hubusers": {f"p{number}": number * MB for number in range(1, 8)} | {"p7-1.dist-info": 0},
    }
    assert cells(installed_table(sizes)) == [
        ["Locust alone", "4 MB", "1.00", "1", "locust 4, locust-2.dist-info 0"],
        ["hubusers", "28 MB", "7.00", "1", "p7 7, p6 6, p5 5, p4 4, p3 3"],
    ]


def test_costs_are_medians_beside_their_floor() -> None:
    costs = {
        "bare-poll": [Cost(0.5, 4, 0), Cost(0.4, 4, 0), Cost(0.9, 4, 0)],
        "hubusers-poll": [Cost(1.0, 5, 1), Cost(2.0, 6, 2)],
        "hubusers-listing": [],
    }
    assert cells(cost_table(costs)) == [
        ["bare-poll", "0.50", "0.40–0.90", "1.0", "4.00", "0"],
        ["hubusers-poll", "1.50", "1.00–2.00", "3.0", "5.50", "3"],
        ["hubusers-listing", "did not run", "", "", "", ""],
    ]


def test_lives_stand_beside_the_bare_loop_of_the_same_way_also_those_of_another_checkout() -> None:
    measured = {
        "bare-poll": [Life(2.0, 7.0, 0.05, 0)],
        "hubusers-poll": [Life(2.0, 7.0, 0.05, 0, 1.5, 2048.0), Life(4.0, 7.0, 0.1, 1, 2.5, 4096.0)],
        "other-poll": [Life(5.0, 7.0, 0.05, 0)],
        "other-listing": [Life(5.0, 7.0, 0.05, 0)],
        "hubusers-listing": [],
    }
    assert cells(whole_life_table(measured)) == [
        ["bare-poll", "2.00", "2.00–2.00", "1.00", "7.00", "5%", "0", "0.00", "0 MB"],
        ["hubusers-poll", "3.00", "2.00–4.00", "1.50", "7.00", "10%", "1", "2.00", "3 MB"],
        ["other-poll", "5.00", "5.00–5.00", "2.50", "7.00", "5%", "0", "0.00", "0 MB"],
        ["other-listing", "5.00", "5.00–5.00", "–", "7.00", "5%", "0", "0.00", "0 MB"],
        ["hubusers-listing", "did not run", "", "", "", "", "", "", ""],
    ]


def test_the_most_users_are_compared_with_the_fewest_that_do_the_same() -> None:
    loads = [(load.users, load.lifecycles, load.spawn_seconds) for load in loads_of([10_000, 100], 100, 2.0)]
    assert loads == [(100, 3, 2.0), (100, 1, 17.0), (10_000, 1, 17.0)]


def test_the_last_report_among_all_that_was_printed_counts() -> None:
    report = Usage().so_far()
    assert report["rss_kib"] > 0
    assert report_in('CPU_REPORT {"cpu_seconds": 1}\nmore\nCPU_REPORT {"cpu_seconds": 2}\n[1]\n') == {"cpu_seconds": 2}
    assert report_in("no report\n{}\n") is None


def watched(spawn_duration: float, hub_cpu: float, seen: list[float]) -> Watched:
    return Watched(spawn_duration, hub_cpu, seen, [0.1 * n for n in range(1, 20)], [0.01] * 19, "0.12")


def test_what_watching_does_to_a_hub_is_said_as_a_ratio() -> None:
    crowds = {NOT_AT_ALL: [watched(2.0, 10.0, [])], "poll": [watched(2.0, 12.0, [3.0, 5.0]), watched(3.0, 13.0, [4.0])]}
    assert cells(observer_table(crowds)) == [
        [NOT_AT_ALL, "2.0 s (1.00)", "10.0 s (1.00)", "–"],
        ["poll", "2.5 s (1.25)", "12.5 s (1.25)", "4.0 s"],
    ]


def test_how_late_a_server_is_seen_stands_beside_what_the_run_states() -> None:
    assert cells(error_table({(1000, "poll"): watched(2.0, 10.0, [])})) == [
        ["1,000", "poll", "1.00 s", "1.90 s", "0.01 s", "0.01 s", "0.12"]
    ]
