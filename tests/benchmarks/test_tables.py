"""What the benchmarks make of what they measured."""

import pytest

from benchmarks.bench import written_into
from benchmarks.cost import Cost
from benchmarks.cost import table as cost_table
from benchmarks.growth import loads_of
from benchmarks.markdown import markdown_table
from benchmarks.real_hub import NOT_AT_ALL, Watched, error_table, observer_table
from benchmarks.usage import Usage, report_in
from benchmarks.whole_life import Life
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


def test_the_document_is_written_between_its_markers() -> None:
    readme = "Before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n"
    assert written_into(readme, "new") == "Before\n<!-- measured -->\n\nnew\n\n<!-- /measured -->\nafter\n"
    assert written_into(written_into(readme, "first"), "new") == written_into(readme, "new")


@pytest.mark.parametrize("readme", ["", "<!-- measured -->", "<!-- /measured --><!-- measured -->"])
def test_without_markers_nothing_is_written(readme: str) -> None:
    with pytest.raises(ValueError, match="to write between"):
        written_into(readme, "new")


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
