"""Before and after: which measures are better, worse or not different, and the words for it."""

import itertools
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hubusers.report.compare import Comparison, as_text, compare
from hubusers.report.compare_page import write_comparison
from hubusers.report.compare_row import Row
from hubusers.results.folder import FinishedRun, read_run
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.records import STOP_TO_STOPPED, UNFINISHED, Record
from hubusers.results.results import Results
from hubusers.results.saved_rows import Damage
from tests.report.made_up_run import BEGAN, make_up_run
from tests.report.runs import CLASS, TARGETS, finished, info, results_of, start, stop

NUMBERS = itertools.count()
DAMAGE = Damage("steps.csv", "The steps.csv is damaged.", is_torn=True)
HOSTILE = """<script>alert("1")</script><img src='https://evil.example/x'> %{y} </script> {{ 7 * 7 }}"""


def starts(seed: int, count: int = 300, slower: float = 1.0, failed: int = 0, throttled: float = 0.0) -> list[Record]:
    """Return starts a second apart that take two to five seconds; those that fail are spread over all."""
    chance = random.Random(seed)
    return [
        start(
            float(number),
            slower * chance.uniform(2, 5),
            "spawn failed" if failed and number % (count // failed) == 0 else "",
            throttled=throttled * chance.random(),
        )
        for number in range(count)
    ]


def run_of(records: list[Record], event_text: str = "", **known: Any) -> FinishedRun:
    """Return a run in a folder of its own."""
    return replace(finished(records, event_text, **known), folder=Path(f"runs/{next(NUMBERS)}"))


def results_with(
    seed: int, *, stops: float = 1.0, probes: float = 0.004, cpu: float = 0.05, memory: float = 200e6
) -> Results:
    """Return all that a run can measure: a start each second, and the given seconds for everything else."""
    chance, results = random.Random(seed), Results()
    for record in starts(seed):
        results.records.note(record)
        results.records.note(
            Record(STOP_TO_STOPPED, record.username, record.began + 9, chance.gauss(1, 0.1) * stops, 0.0)
        )
        results.requests.note("GET /", record.began, chance.gauss(1, 0.1) * 0.5)
    results.requests.take_new()
    results.probes = [Probe(BEGAN + number, chance.gauss(1, 0.1) * probes) for number in range(300)]
    used = 7.0
    for number in range(61):
        results.hub_samples.append(HubSample(BEGAN + 5 * number, used, memory))
        used += 5 * cpu * chance.gauss(1, 0.1)
    return results


def run_with(seed: int, **seconds: float) -> FinishedRun:
    return FinishedRun(Path(f"run-{seed}"), info(), None, results_with(seed, **seconds))


def row(comparison: Comparison, measure: str) -> Row:
    [found] = [row for row in comparison.rows if row.measure == measure]
    return found


def verdicts(comparison: Comparison) -> dict[str, set[str]]:
    return {
        verdict: {row.measure for row in comparison.rows if row.verdict == verdict}
        for verdict in ("better", "worse", "no difference", "cannot tell", "not judged")
    }


class TestVerdicts:
    @pytest.mark.parametrize("seed", range(3))
    def test_equals(self, seed: int) -> None:
        comparison = compare(run_with(seed), run_with(seed + 100))
        assert verdicts(comparison)["no difference"] == {row.measure for row in comparison.rows[:-2]}
        assert verdicts(comparison)["not judged"] == {"hub CPU per start", "hub memory, highest"}
        assert comparison.exit_code == 0
        assert comparison.headline == "No difference: no measure differs by more than 5 % and by more than chance."

    @pytest.mark.parametrize("seed", range(3))
    def test_a_fifth_slower(self, seed: int) -> None:
        comparison = compare(run_of(starts(seed)), run_of(starts(seed + 100, slower=1.2)))
        assert {"start to ready p95", "start to ready mean"} <= verdicts(comparison)["worse"]
        assert comparison.exit_code == 1
        assert comparison.headline.startswith("Worse: start to ready p")

    def test_a_fifth_faster(self) -> None:
        comparison = compare(run_of(starts(1)), run_of(starts(2, slower=0.8)))
        assert {"start to ready p95", "start to ready mean"} <= verdicts(comparison)["better"]
        assert comparison.exit_code == 0
        assert comparison.headline.startswith("Better: start to ready p50 (3.")

    @pytest.mark.parametrize(
        ("changed", "measures"),
        [
            ({"stops": 1.3}, {"stop to stopped p50", "stop to stopped p95"}),
            ({"probes": 0.05}, {"hub probe p50", "hub probe p95"}),
            ({"probes": 0.006}, set()),  # milliseconds, that nobody feels
            ({"cpu": 0.07}, set()),  # with whatever else the machine does
            ({"memory": 400e6}, set()),
        ],
    )
    def test_what_is_worse_is_named(self, changed: dict[str, float], measures: set[str]) -> None:
        comparison = compare(run_with(1), run_with(2, **changed))
        assert verdicts(comparison)["worse"] == measures
        assert comparison.exit_code == bool(measures)

    def test_a_large_difference_that_nobody_feels_is_explained(self) -> None:
        text = as_text(compare(run_with(1), run_with(2, probes=0.006)))
        assert "No difference: hub probe p50, because nobody feels less than 20 ms.\n" in text
        assert "because nobody feels" not in as_text(compare(run_with(1), run_with(2)))

    def test_one_better_and_one_worse(self) -> None:
        comparison = compare(run_with(1), run_with(2, stops=0.7, probes=0.05))
        assert re.fullmatch(
            r"Worse: hub probe p50 \(.*\), hub probe p95 \(.*\)\. "
            r"Better: stop to stopped p50 \(.*\), stop to stopped p95 \(.*\)\.",
            comparison.headline,
        )
        assert comparison.exit_code == 1

    def test_a_headline_names_three(self) -> None:
        comparison = compare(run_with(1), run_with(2, stops=1.3, probes=0.05))
        assert re.fullmatch(r"Worse: (.* \(.*\), ){2}hub probe p50 \(.*\) and 1 more\.", comparison.headline)

    def test_throttled(self) -> None:
        comparison = compare(run_of(starts(1)), run_of(starts(1, throttled=3.0)))
        assert verdicts(comparison)["worse"] == {"throttled wait mean"}
        throttled = row(comparison, "throttled wait mean")
        assert (throttled.before_text, throttled.difference_text, throttled.interval_text) == ("0 s", "–", "above 0")
        assert comparison.headline == f"Worse: throttled wait mean (0 s, then {throttled.after_text})."

    def test_the_smallest_difference_that_matters(self) -> None:
        before, after = run_of(starts(1)), run_of(starts(1, slower=1.2))
        assert compare(before, after, smallest=0.25).exit_code == 0
        assert compare(before, after, smallest=0.0).exit_code == 1
        with pytest.raises(ValueError, match=r"must be a share from 0 to 1, such as 0.05 for 5 %, not 5\.$"):
            compare(before, after, smallest=5)

    def test_the_same_run_twice_is_no_comparison(self) -> None:
        with pytest.raises(ValueError, match=r"^run-1 is the same run twice: give the folders of two runs\.$"):
            compare(run_with(1), run_with(1))

    def test_no_infinity_and_no_negative_zero_is_ever_said(self) -> None:
        seed = 1
        runs = [
            run_of(starts(seed)),
            run_of(starts(seed, throttled=3.0)),
            run_of(starts(seed, failed=60)),
            run_of([replace(one, failure="spawn failed") for one in starts(seed)]),
            run_of([replace(one, seconds=0.0) for one in starts(seed)]),
            run_of([start(n, 20.0, UNFINISHED) for n in range(100)]),
            run_of(starts(seed, 1)),
        ]
        for before, after in itertools.permutations(runs, 2):
            text = as_text(compare(before, after))
            assert not re.search(r"inf\b|nan|∞|-0(\.0)? (%|points)", text), text


class TestFailures:
    def test_more_failures_are_worse(self) -> None:
        comparison = compare(run_of(starts(1)), run_of(starts(2, failed=15)))
        assert "failed starts" in verdicts(comparison)["worse"]
        assert row(comparison, "failed starts").difference_text == "+5.0 points"
        assert "it covers only servers that became ready" in row(comparison, "start to ready mean").note

    def test_a_few_failures_are_chance(self) -> None:
        comparison = compare(run_of(starts(1)), run_of(starts(2, failed=2)))
        assert comparison.exit_code == 0

    @pytest.mark.parametrize("failure", ["spawn failed", UNFINISHED])
    @pytest.mark.parametrize("lost", [7, 1])  # 7 of 30 are too few to judge failed starts by
    def test_a_mean_without_the_slowest_starts_is_not_judged(self, failure: str, lost: int) -> None:
        whole = [replace(one, seconds=60.0) if number < lost else one for number, one in enumerate(starts(1, 30))]
        without = [replace(one, failure=failure) if number < lost else one for number, one in enumerate(whole)]
        for before, after in ((whole, without), (without, whole)):
            comparison = compare(run_of(before), run_of(after))
            mean = row(comparison, "start to ready mean")
            assert mean.verdict == "not judged"
            assert "the runs differ in how many did" in mean.note
            assert "mean" not in comparison.headline
        faster = [replace(one, seconds=one.seconds / 3) for one in without]
        judged = row(compare(run_of(without), run_of(faster)), "start to ready mean")
        assert judged.verdict == "better"  # of equal shares

    def test_failures_in_one_moment_count(self) -> None:
        after = starts(2)
        after[100:120] = [replace(record, failure="timed out") for record in after[100:120]]
        assert "failed starts" in verdicts(compare(run_of(starts(1)), run_of(after)))["worse"]

    def test_failing_early_does_not_look_fast(self) -> None:
        failing = starts(2)
        failing[::5] = [replace(record, seconds=0.1, failure="spawn failed") for record in failing[::5]]
        comparison = compare(run_of(starts(1)), run_of(failing))
        assert verdicts(comparison)["better"] == set()
        assert row(comparison, "start to ready p95").after_text == "never"
        assert row(comparison, "start to ready p95").verdict == "worse"
        assert "start to ready p95 (4.8" in comparison.headline
        assert "then never)" in comparison.headline

    def test_all_failed(self) -> None:
        failing = [replace(record, failure="spawn failed") for record in starts(2)]
        comparison = compare(run_of(starts(1)), run_of(failing))
        assert comparison.exit_code == 1
        assert "Left out, because the run after did not measure it: start to ready mean." in comparison.left_out
        assert compare(run_of(failing), run_of(failing)).exit_code == 0
        assert "failed starts" in verdicts(compare(run_of(failing), run_of(starts(1))))["better"]


class TestWhatCannotBeCompared:
    def test_no_starts(self) -> None:
        nothing = run_of([stop(1, "ann")])
        with pytest.raises(ValueError, match=r"^runs/\d+ cannot be compared: nobody asked for a server in that run\.$"):
            compare(nothing, run_of(starts(1)))
        with pytest.raises(ValueError, match="nobody asked for a server"):
            compare(run_of(starts(1)), nothing)

    @pytest.mark.parametrize(("count", "code"), [(100, 1), (4, 4)])
    def test_nobody_got_a_server_afterwards(self, count: int, code: int) -> None:
        comparison = compare(run_of(starts(1)), run_of([start(n, 20.0, UNFINISHED) for n in range(count)]))
        assert comparison.exit_code == code
        assert (
            f"Nobody got a server in the run after: {count} starts were under way when it ended." in comparison.warnings
        )

    def test_too_few_to_tell_of_a_large_share(self) -> None:
        failing = [replace(one, failure="spawn failed") if n % 3 == 1 else one for n, one in enumerate(starts(2, 20))]
        comparison = compare(run_of(starts(1, 12)), run_of(failing))
        assert comparison.headline.startswith("No answer about failed starts (0 %, then 35 %): too few to tell.")
        assert row(comparison, "failed starts").verdict == "not judged"
        assert comparison.exit_code == 4

    def test_measures_of_one_run_only_are_left_out(self) -> None:
        comparison = compare(run_of(starts(1)), run_with(2))
        assert comparison.left_out == [
            "Left out, because the run before did not measure it: stop to stopped p50, stop to stopped p95, "
            "hub probe p50, hub probe p95, requests p95, hub CPU per start, hub memory, highest."
        ]
        assert [row.measure for row in comparison.rows] == [
            *["start to ready p50", "start to ready p95", "start to ready mean", "failed starts", "throttled wait mean"]
        ]

    def test_too_few_to_judge(self) -> None:
        comparison = compare(run_of(starts(1, 7)), run_of(starts(2, 7)))
        assert verdicts(comparison)["not judged"] == {row.measure for row in comparison.rows}
        assert row(comparison, "start to ready p95").note == (
            "it needs 100 measurements in each run, and there are 7 and 7"
        )
        assert comparison.headline == ("No answer about starts: too few to judge (7 and 7). Read the warnings first.")
        assert comparison.exit_code == 4

    def test_what_else_was_judged_does_not_stand_for_the_starts(self) -> None:
        before, after, slower = run_with(1), run_with(2), run_with(3, probes=0.05)
        for run, few in ((before, starts(1, 15)), (after, starts(2, 6)), (slower, starts(2, 6))):
            only = results_of(few)
            run.results.records, run.results.people = only.records, only.people
        comparison = compare(before, after)
        assert {"hub probe p50", "hub probe p95"} <= verdicts(comparison)["no difference"]
        assert comparison.headline.startswith("No answer about starts: too few to judge (15 and 6).")
        assert "No difference" not in comparison.headline
        assert comparison.exit_code == 4
        worse = compare(before, slower)
        assert worse.headline.startswith("No answer about starts: too few to judge (15 and 6). Worse: hub probe p50")
        assert worse.exit_code == 1

    @pytest.mark.parametrize(
        ("before", "after", "shown", "verdict"),
        [
            (20.0, 0.0, ("over 20 s", "3 s"), "better"),
            (0.0, 20.0, ("3 s", "over 20 s"), "worse"),
            (20.0, 30.0, ("over 20 s", "over 30 s"), "not judged"),
            (30.0, 20.0, ("over 30 s", "over 20 s"), "not judged"),
        ],
    )
    def test_a_start_that_the_end_broke_off_took_longer_than_it_had(
        self, before: float, after: float, shown: tuple[str, str], verdict: str
    ) -> None:
        def run(seconds: float) -> FinishedRun:
            broken = [start(n + 0.5, seconds, UNFINISHED) for n in range(90 if seconds else 0)]
            return run_of([start(3.0 * n, 3.0) for n in range(30)] + broken)

        p50 = row(compare(run(before), run(after)), "start to ready p50")
        assert (p50.before_text, p50.after_text, p50.verdict) == (*shown, verdict)
        assert (p50.difference_text == "–") == (verdict == "not judged")

    def test_too_few_to_show_what_matters(self) -> None:
        comparison = compare(run_of(starts(1, 20)), run_of(starts(2, 20)))
        told = r"Cannot tell\. Start to ready could differ by \d\d % without showing here: .*Longer runs tell more\.$"
        assert re.match(told, comparison.headline)
        assert (comparison.warnings, comparison.exit_code) == ([], 4)

    def test_a_large_difference_is_never_called_none(self) -> None:
        chance = random.Random(1)
        before, after = ([start(float(n), chance.expovariate(1 / by)) for n in range(24)] for by in (10, 6))
        comparison = compare(run_of(before), run_of(after))
        assert row(comparison, "start to ready mean").verdict == "cannot tell"
        assert "start to ready mean (" in comparison.headline
        assert "that may be chance. Start to ready could differ by" in comparison.headline
        assert "No difference" not in as_text(comparison)
        assert comparison.exit_code == 4

    def test_a_restarted_hub_counts_its_cpu_anew(self) -> None:
        before, after = run_with(1), run_with(2)
        again = after.results.hub_samples[30:]
        after.results.hub_samples[30:] = [replace(one, cpu_seconds=(one.cpu_seconds or 0.0) - 12) for one in again]
        assert row(compare(before, after), "hub CPU per start").after == pytest.approx(
            row(compare(before, run_with(2)), "hub CPU per start").after, rel=0.05
        )


class TestWarnings:
    def test_different_events(self) -> None:
        other = CLASS.replace("seed = 1", "seed = 2").replace("people = 3", "people = 4")
        before = run_of(starts(1), CLASS, planned_people=3)
        comparison = compare(before, run_of(starts(2), other, planned_people=4))
        assert comparison.warnings == [
            "The events differ: people (3, then 4) of students.",
            "The people come at other moments, drawn anew: seed (1, then 2).",
        ]
        assert comparison.headline == (
            "No answer: no measure differs by more than 5 % and by more than chance, but the runs were not alike. "
            "Read the warnings first."
        )
        assert comparison.exit_code == 4

    def test_another_seed_alone_is_the_same_event(self) -> None:
        comparison = compare(run_of(starts(1), CLASS), run_of(starts(2), CLASS.replace("seed = 1", "seed = 2")))
        assert comparison.headline.startswith("No difference")
        assert comparison.exit_code == 0

    def test_what_differs_in_events(self) -> None:
        other = CLASS.replace("seed = 1", "seed = 1\ntime_scale = 10").replace('stay = "2m"', 'stay = "4m"')
        other = other.replace('over = "3s"', 'over = "9s"') + other[other.index("[[cohorts]]") :].replace(
            "students", "x"
        )
        [warning] = compare(run_of(starts(1), CLASS), run_of(starts(2), other)).warnings
        assert warning == (
            "The events differ: time scale (1, then 10), arrivals of students, stay (2m, then 4m) of students, "
            "no x before."
        )

    def test_another_number_of_people(self) -> None:
        comparison = compare(run_of(starts(1)), run_of(starts(2, 150)))
        assert comparison.warnings == ["300 people came before, and 150 after."]
        assert comparison.exit_code == 4
        slower = compare(run_of(starts(1)), run_of(starts(2, 150, slower=1.5)))
        assert slower.exit_code == 1
        assert slower.headline.endswith("The runs were not alike. Read the warnings first.")

    def test_other_user_classes(self) -> None:
        before, after = run_with(1), run_with(2)
        for run, name in ((before, "ServerLifecycleUser"), (after, "NotebookUser")):
            records = [replace(one, user_class=name) for one in run.results.records]
            changed = results_of(records)
            run.results.records, run.results.people = changed.records, changed.people
        comparison = compare(before, after)
        assert comparison.warnings == ["The user classes differ (ServerLifecycleUser, then NotebookUser)."]
        assert row(comparison, "requests p95").note == "other user classes send other requests"

    def test_the_wrong_way_round(self) -> None:
        later = replace(run_of(starts(1)), info=info(began=BEGAN + 3600, ended=BEGAN + 3800))
        [warning] = compare(later, run_of(starts(2))).warnings
        assert warning == "The run before began later than the run after: perhaps they are the wrong way round."

    def test_other_targets_do_not_make_another_event(self) -> None:
        other = (CLASS + TARGETS).replace("Class at nine", "Class at ten")
        assert compare(run_of(starts(1), CLASS), run_of(starts(2), other)).warnings == []

    def test_only_one_event(self) -> None:
        comparison = compare(run_of(starts(1)), run_of(starts(2), CLASS))
        assert comparison.warnings == ["Only one of the runs had an event, so people came in another way."]
        assert comparison.exit_code == 4

    @pytest.mark.parametrize(
        ("known", "warning"),
        [
            ({"generator": "The load generator was the limit."}, "In the run after: The load generator was the limit."),
            ({"people_lost": 1}, "The run after lost 1 person with a worker that died."),
            ({"ended_because": "four spawns failed."}, "The run after ended early: four spawns failed."),
            (
                {"options": {"stay": "9", "wait": "poll"}},
                "The options differ: --stay (30-90, then 9), --wait (none, then poll).",
            ),
            (
                {"versions": {"hubusers": "0.2.0"}},
                "The versions of hubusers differ (0.1.0, then 0.2.0), and may measure differently.",
            ),
        ],
    )
    def test_what_was_wrong_with_a_run(self, known: dict[str, Any], warning: str) -> None:
        usual: dict[str, Any] = {"options": {"stay": "30-90"}, "versions": {"hubusers": "0.1.0"}}
        after = run_of(starts(2), **{**usual, **known})
        assert compare(run_of(starts(1), **usual), after).warnings == [warning]

    def test_options_are_shown_as_people_write_them(self) -> None:
        before = {"keep": False, "server_timeout": 60.0, "pause": [30.0, 90.0], "leave": {"log-out": 1.0}}
        after = {"keep": True, "server_timeout": 90.0, "pause": [5.0, 5.0], "leave": {"log-out": 0.7, "walk-away": 0.3}}
        assert compare(run_of(starts(1), options=before), run_of(starts(2), options=after)).warnings == [
            "The options differ: --keep (no, then yes), --leave (log-out, then log-out=70%,walk-away=30%), "
            "--pause (30s-1m30s, then 5s), --server-timeout (1m, then 1m30s)."
        ]

    @pytest.mark.parametrize(
        ("known", "warnings"),
        [
            ({}, []),
            ({"users": 30}, ["The users differ: -u (20, then 30)."]),
            ({"spawn_rate": 0.5}, ["The users differ: -r (2, then 0.5)."]),
            ({"run_time": None}, ["The users differ: -t (1m30s, then without end)."]),
            (
                {"users": 1000, "user_classes": ["NotebookUser", "Reader"]},
                ["The users differ: -u (20, then 1,000), user classes (NotebookUser, then NotebookUser, Reader)."],
            ),
            ({"user_classes": []}, []),  # a run of the first versions
        ],
    )
    def test_users_that_differ_without_an_event(self, known: dict[str, Any], warnings: list[str]) -> None:
        usual: dict[str, Any] = {"users": 20, "spawn_rate": 2.0, "run_time": 90.0, "user_classes": ["NotebookUser"]}
        before, after = run_of(starts(1), **usual), run_of(starts(2), **usual | known)
        assert compare(before, after).warnings == warnings

    def test_what_an_event_decides_is_not_an_option_that_differs(self) -> None:
        options = {"keep": False, "leave": {"log-out": 1.0}, "server_timeout": 60.0}
        before, after = run_of(starts(1), options=options), run_of(starts(2), CLASS, options={"server_timeout": 90.0})
        assert compare(before, after).warnings[1:] == ["The options differ: --server-timeout (1m, then 1m30s)."]

    def test_another_version_of_the_hub_is_shown(self) -> None:
        comparison = compare(run_of(starts(1), hub_version="4.1.6"), run_of(starts(2), hub_version="5.4.6"))
        assert comparison.warnings == ["The hubs differ: JupyterHub (4.1.6, then 5.4.6)."]
        assert comparison.headline.startswith("No difference")
        assert "(JupyterHub 4.1.6)" in comparison.before
        assert "(JupyterHub 5.4.6)" in comparison.after


def test_the_text() -> None:
    before = run_of([start(number, 2.0) for number in range(10)])
    after = run_of([start(number, 2.5, "timed out" if number == 9 else "") for number in range(10)])
    assert as_text(compare(replace(before, folder=Path("runs/a")), replace(after, folder=Path("runs/b")))) == (
        """\
before: runs/a, 2026-11-26 08:00 UTC, https://hub.example.org, 10 starts
after:  runs/b, 2026-11-26 08:00 UTC, https://hub.example.org, 10 starts

measure              before  after    difference               interval  verdict
start to ready p50      2 s  2.5 s       +25.0 %                +25.0 %  worse
start to ready p95      2 s  never             –                      –  not judged
start to ready mean     2 s  2.5 s       +25.0 %                      –  not judged
failed starts           0 %   10 %  +10.0 points  -29.4 to +49.5 points  no difference
throttled wait mean     0 s    0 s        +0.0 %                 +0.0 %  no difference

Not judged: start to ready p95, because it needs 100 measurements in each run, and there are 10 and 10.
Not judged: start to ready mean, because it covers only servers that became ready, and the runs differ in how many did.
Left out, because neither run measured it: stop to stopped p50, stop to stopped p95, hub probe p50, hub probe p95, \
requests p95, hub CPU per start, hub memory, highest.
Worse: start to ready p50 (2 s, then 2.5 s: +25.0 %)."""
    )


def page_of(before: FinishedRun, after: FinishedRun, folder: Path) -> str:
    path = folder / "comparison.html"
    write_comparison(compare(before, after), before, after, path)
    return path.read_text(encoding="utf-8")


class TestPage:
    def test_runs_from_their_folders(self, tmp_path: Path) -> None:
        make_up_run(tmp_path / "before", seed=1, people=120)
        make_up_run(tmp_path / "after", seed=2, people=120, slower=1.5)
        before, after = read_run(tmp_path / "before"), read_run(tmp_path / "after")
        page = page_of(before, after, tmp_path)
        assert compare(before, after).exit_code == 1
        assert "Worse: start to ready p50" in page
        assert "With care:" in page
        assert re.findall(r'aria-label="([^.]*)', page) == ["Differences", "Start to ready", "Start to ready over time"]
        assert page.count("<title>median after</title>") == 1
        assert "<td>after</td>" in page

    def test_it_fetches_nothing(self, tmp_path: Path) -> None:
        page = page_of(run_with(1), run_with(2), tmp_path)
        assert not re.search(r"""src\s*=|href\s*=\s*"[^#]|url\([^#]|@import|<script""", page)
        assert "default-src 'none'" in page

    def test_text_from_outside_is_escaped(self, tmp_path: Path) -> None:
        known = {"title": HOSTILE, "hub": HOSTILE, "generator": HOSTILE, "hub_version": HOSTILE, "spawner": HOSTILE}
        before, after = run_of(starts(1), **known), run_of(starts(2), options={HOSTILE: HOSTILE}, **known)
        page = page_of(replace(before, folder=Path(HOSTILE)), after, tmp_path)
        assert "alert(" not in page.replace("&lt;script&gt;alert(", "")
        assert "<img" not in page

    def test_intervals_that_have_no_end_are_drawn_to_the_edge(self, tmp_path: Path) -> None:
        page = page_of(run_of(starts(1)), run_of(starts(2, failed=60)), tmp_path)
        assert "<title>start to ready p95: worse</title>" in page
        assert "Differences above +200 % end at the edge." in page

    def test_nothing_judged_and_nothing_ready(self, tmp_path: Path) -> None:
        page = page_of(run_of([start(1, 2.0, "timed out")]), run_of([start(1, 2.0, "timed out")]), tmp_path)
        assert "No answer about starts: too few to judge (1 and 1)." in page
        assert re.findall(r'aria-label="([^.]*)', page) == ["Start to ready", "Start to ready over time"]
        assert "no-answer" in page

    def test_both_events_are_named(self, tmp_path: Path) -> None:
        before, after = (run_of(starts(seed), CLASS, title="Class at nine") for seed in (1, 2))
        page = page_of(before, after, tmp_path)
        assert page.count("<td>Class at nine</td>") == 2


def test_nothing_is_judged_where_files_are_damaged() -> None:
    """A file that was cut off may lack all that was slow."""
    before, after = run_of(starts(1)), run_of(starts(2, slower=0.4))
    assert compare(before, after).exit_code == 0
    for pair in (
        (replace(before, damages=[DAMAGE]), after),
        (before, replace(after, damages=[DAMAGE])),
    ):
        compared = compare(*pair)
        assert compared.exit_code == 4
        assert {row.verdict for row in compared.rows} == {"not judged"}
        assert compared.headline.startswith("No answer: what runs/")
