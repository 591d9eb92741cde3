"""Event files: what they may contain, and the errors for those that cannot be used."""

import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubusers.event.file import EventError, parse_event, read_event, ready_made, with_seed, with_time_scale
from hubusers.event.mistakes import lines_of
from hubusers.event.model import Target
from hubusers.event.plan import plan
from tests.event.events import event_with

CLASS = """\
title = "Class at nine"

[[cohorts]]
name = "students"
people = 300
profiles = { small = "80 %", gpu = 0.2 }
arrivals = { pattern = "bell", around = "5m", spread = "2m" }
stay = "90m"

[[cohorts]]
name = "auditors"
people = 20
arrivals = { pattern = "evenly", over = "3h" }
stay = { distribution = "lognormal", median = "40m", p95 = "80m" }

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "1m"

[[targets]]
measure = "failed starts"
at_most = "1 %"
"""

STEPS = '{ pattern = "steps", first_per_minute = 1, more_per_minute = 1, up_to_per_minute = 9, each_lasts = "2m" }'
NO_DURATION = "is not a duration; write seconds, or 90s, 10m, 1h30m, 2d"


def complaint(text: str) -> str:
    with pytest.raises(EventError) as caught:
        parse_event(text, "class.toml")
    return str(caught.value)


def test_the_class_at_nine() -> None:
    event = parse_event(CLASS, "class.toml")
    students, auditors = event.cohorts
    assert (event.title, event.seed, event.time_scale, event.ends_after, event.steps) == (
        "Class at nine",
        None,
        1,
        None,
        [],
    )
    assert (students.people, students.profiles, students.stay) == (300, {"small": 0.8, "gpu": 0.2}, 5400)
    assert (auditors.user_class, auditors.lifecycles, auditors.pause, auditors.until) == (
        "ServerLifecycleUser",
        1,
        0,
        None,
    )
    assert [(target.percentile, target.at_most) for target in event.targets] == [(95, 60), (None, 0.01)]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ('measure = "start to ready"\npercentile = 95\nat_most = "1m"', "start to ready: p95 at most 60 s"),
        (
            'measure = "start to ready"\npercentile = 99.9\nat_most = 2.5\ncohort = "students"',
            "start to ready of students: p99.9 at most 2.5 s",
        ),
        ('measure = "failed starts"\nat_most = 0.07', "failed starts: at most 7 %"),
        ('measure = "requests"\npercentile = 50\nat_most = 1', "requests: p50 at most 1 s"),
        (
            'measure = "requests"\nrequest = "POST /users/{name}/server"\npercentile = 99\nat_most = "2s"',
            "POST /users/{name}/server: p99 at most 2 s",
        ),
        (
            'measure = "failed requests"\nrequest = "GET /users/{name}"\nat_most = "0.5 %"',
            "failed GET /users/{name}: at most 0.5 %",
        ),
    ],
)
def test_targets_in_words(target: str, text: str) -> None:
    assert event_with(below=f"[[targets]]\n{target}").targets[0].text == text


def test_a_target_of_numbers() -> None:
    assert Target(measure="hub probe", percentile=95, at_most=2).text == "hub probe: p95 at most 2 s"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ('title: "x"', "Write = in place of the colon"),
        ('title "x"', "Write = between a key"),
        ("leave = { log out = 1 }", "Write = between a key"),
        ("title = “x”", "Write straight quotes"),
        ('title = "x”', "Write straight quotes"),
        ('arrivals = { pattern = "bell",\n  around = "5m" }', "Write all that is between braces on one line."),
        ('arrivals = {\n  pattern = "bell" }', "Write all that is between braces on one line."),
        ("arrivals = { at = 1, }", "Take away the comma"),
        ("stay = 90 minutes", "Put text and durations in quotes"),
        ("stay = ninety", "Put text and durations in quotes"),
        ("arrivals = { over = 3h }", "Put text and durations in quotes"),
        ("people = 1,000", "Write a number without separators"),
        ("people = 300;", "Take away what stands after the number"),
        ("people =  # many", "Write a value after the ="),
        ("stop_when_missed = True", "Write true or false in small letters"),
        ('title = "x', "Close the quotes"),
        ("title = 'x", "Close the quotes"),
        ('notebooks = "C:\\dir"', "Write two backslashes"),
        ("[[cohorts]", "Close a header"),
        ("[[cohorts]]\n[cohorts]", "A header that can come again"),
        ("people = 1\npeople = 2", "Give each key once"),
        ("// a remark", "Each line is a header, such as [[cohorts]]"),
    ],
)
def test_what_is_not_toml_has_the_hint_that_fits(written: str, hint: str) -> None:
    assert f"). {hint}" in complaint(f"{written}\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # what is not TOML
        (
            'over = "3h"',
            "over = 3h",
            "line 13, column 42: this is not TOML (unclosed inline table). Put text and durations",
        ),
        ("people = 20", "people = 20\npeople = 30", "line 13, column 12: this is not TOML (cannot overwrite a value)"),
        ('at_most = "1 %"\n', "at_most =", "line 23: this is not TOML (invalid value)"),
        # keys
        ("title =", "titel =", "line 1: titel: unknown here; did you mean 'title'?"),
        (
            "people = 20\n",
            'people = 20\nends_after = "2h"\n',
            "line 13: cohorts 2 (auditors), ends_after: belongs to the top of the file, above the first header",
        ),
        ("title =", "stay = 5\ntitle =", "line 1: stay: belongs to a cohort, below a header [[cohorts]]"),
        ("percentile = 95", "percentile = 95\npeople = 5", "line 19: targets 1, people: belongs to a cohort, below"),
        ('title = "Class at nine"\n', "", 'line 1: title: is missing; add it, as in title = "Class at nine"'),
        ('stay = "90m"', "", 'line 3: cohorts 1 (students), stay: is missing; add it, as in stay = "90m"'),
        ("people = 20\n", "", "line 10: cohorts 2 (auditors), people: is missing; add it, as in people = 300"),
        ('name = "auditors"', 'nam = "auditors"', "line 11: cohorts 2, nam: unknown here; did you mean 'name'?"),
        (
            "around =",
            "arround =",
            "line 7: cohorts 1 (students), arrivals, arround: unknown here; did you mean 'around'?",
        ),
        (
            ', over = "3h"',
            ', over = "3h", xyz = 1',
            "line 13: cohorts 2 (auditors), arrivals, xyz: unknown here; choose one of 'pattern', 'over', 'from'",
        ),
        (', p95 = "80m"', "", 'line 14: cohorts 2 (auditors), stay, p95: is missing; add it, as in p95 = "80m"'),
        (
            'stay = "90m"',
            'stay = "90m"\nstart_page = "/rstudio"',
            'line 9: cohorts 1 (students), start_page: is for people with a browser; add user_class = "NotebookUser"',
        ),
        (
            'stay = "90m"',
            'stay = "90m"\nuser_class = "PageUser"\nstart_page = "/hub/home"',
            "line 10: cohorts 1 (students), start_page: '/hub/home' does not lead to everybody's own server; write a",
        ),
        (
            'stay = "90m"',
            'stay = "90m"\nleave = { log-out = 1 }',
            'line 9: cohorts 1 (students), leave: is for people with a browser; add user_class = "NotebookUser"',
        ),
        (
            'stay = "90m"',
            'stay = "90m"\nuser_class = "NotebookUser"\nleave = { log-out = 0.5 }',
            "line 10: cohorts 1 (students), leave: the shares must add up to 100 %, not to 50 %",
        ),
        # values
        ('"3h"', '"10 minuts"', f"line 13: cohorts 2 (auditors), arrivals, over: '10 minuts' {NO_DURATION}"),
        ('"90m"', "09:30:00", f"line 8: cohorts 1 (students), stay: 09:30:00 {NO_DURATION}"),
        ('"90m"', "1" + 400 * "0", "line 8: cohorts 1 (students), stay: 1" + 400 * "0" + " seconds must be 0 or more,"),
        (
            'stay = "90m"',
            'stay = "90m"\nuser_class = "NotebookUser"\nleave = { logout = 1 }',
            "line 10: cohorts 1 (students), leave, logout: 'logout' is unknown; did you mean 'log-out'?",
        ),
        ('"90m"', "-5", "line 8: cohorts 1 (students), stay: -5 seconds must be 0 or more, and a year at most"),
        ('"2m"', "0", "line 7: cohorts 1 (students), arrivals, spread: must be longer than 0 seconds"),
        (
            "people = 300",
            'people = "300"',
            "line 5: cohorts 1 (students), people: must be a whole number, without quotes",
        ),
        ("people = 300", "people = 300.5", "line 5: cohorts 1 (students), people: must be a whole number"),
        (
            "percentile = 95",
            "percentile = 0.95",
            "line 18: targets 1, percentile: 0.95 is a percentage; write 95 for 95 %",
        ),
        ("percentile = 95", "percentile = 1", "line 18: targets 1, percentile: 1 is a percentage; write 100 for 100 %"),
        (
            'at_most = "1 %"',
            "at_most = 1",
            'line 23: targets 2, at_most: 1 could mean all of them or one in a hundred; write "100 %" or "1 %"',
        ),
        (
            'at_most = "1 %"',
            "at_most = 5.0",
            "line 23: targets 2, at_most: 5.0 is not a share; write a number from 0 to 1, or a percentage such as "
            '"5 %"',
        ),
        (
            'stay = "90m"',
            'stay = "30m - 60m"',
            "line 8: cohorts 1 (students), stay: '30m - 60m' is not a duration; for a range, write { distribution = "
            '"uniform", from = "30m", to = "60m" }',
        ),
        (
            '"5m"',
            '"09:00"',
            "line 7: cohorts 1 (students), arrivals, around: '09:00' is not a duration; write seconds, or 90s, 10m, "
            "1h30m, 2d; in an event, times count from its start",
        ),
        ('"5m"', "09:00:00", "line 7: cohorts 1 (students), arrivals, around: 09:00:00 is not a duration; "),
        ("people = 300", "people = 0", "line 5: cohorts 1 (students), people: must be 1 or more"),
        ("people = 300", "people = 1_000_000", "line 5: cohorts 1 (students), people: must be 100000 or less"),
        ('"students"', '" "', 'line 4: cohorts 1 ( ), name: must not be empty, as in name = "students"'),
        ('"students"', '"a\\nb"', "line 4: cohorts 1 (a\\nb), name: must be one line, without control characters"),
        ('"students"', "7", 'line 4: cohorts 1, name: must be text in quotes, as in name = "students"'),
        (
            "gpu = 0.2",
            "gpu = 0.3",
            "line 6: cohorts 1 (students), profiles: the shares must add up to 100 %, not to 110 %",
        ),
        (
            '"80 %"',
            "80",
            "line 6: cohorts 1 (students), profiles, small: 80 is not a share; write a number from 0 to 1, or",
        ),
        (
            '"evenly"',
            '"evenli"',
            "line 13: cohorts 2 (auditors), arrivals, pattern: 'evenli' is unknown; did you mean 'evenly'?",
        ),
        (
            'pattern = "evenly", ',
            "",
            "line 13: cohorts 2 (auditors), arrivals, pattern: is missing; add it, one of 'at once', 'evenly', "
            "'poisson', 'bell', 'steps'",
        ),
        (
            '{ pattern = "evenly", over = "3h" }',
            '"at once"',
            'line 13: cohorts 2 (auditors), arrivals: must be a table, as in arrivals = { pattern = "evenly", over',
        ),
        (
            '"lognormal"',
            '"normal"',
            "line 14: cohorts 2 (auditors), stay, distribution: 'normal' is unknown; did you mean 'lognormal'?",
        ),
        (
            'p95 = "80m"',
            'p95 = "40m"',
            "line 14: cohorts 2 (auditors), stay: p95 must be longer than median, by a factor",
        ),
        (
            '"start to ready"',
            '"start to redy"',
            "line 17: targets 1, measure: 'start to redy' is unknown; did you mean 'start",
        ),
        (
            "percentile = 95",
            "percentile = 0",
            "line 18: targets 1, percentile: 0 is not a percentage from 1 to 100; write ",
        ),
        (
            '"1 %"',
            '"1m"',
            "line 23: targets 2, at_most: '1m' is not a share; write a number from 0 to 1, or a percentage such as",
        ),
        ("[[targets]]", "[targets]", "line 21, column 10: this is not TOML (cannot overwrite a value)"),
        # what does not fit together
        (
            "percentile = 95\n",
            "",
            "line 16: targets 1, percentile: is missing; give the percentage that must be within at_most",
        ),
        (
            'at_most = "1 %"',
            'at_most = "1 %"\npercentile = 95',
            "line 24: targets 2, percentile: failed starts is a share, which has no percentiles; remove this line",
        ),
        (
            'measure = "start to ready"',
            'measure = "hub probe"\ncohort = "students"',
            "line 18: targets 1, cohort: hub probe is not measured by cohort; remove this line",
        ),
        (
            'at_most = "1 %"',
            'at_most = "1 %"\nrequest = "GET /"',
            'line 24: targets 2, request: is only for "requests" and "failed requests", not for failed starts; remove',
        ),
        (
            'at_most = "1 %"',
            'at_most = "1 %"\ncohort = "student"',
            "line 24: targets 2, cohort: there is no 'student'; did you mean 'students'?",
        ),
        (
            "people = 300",
            "people = 300\nuser_options = {}",
            "line 6: cohorts 1 (students), user_options: give profiles or user_options, not both",
        ),
        (
            "profiles = {",
            "user_options = { since = 2026-01-01 }\n# {",
            "line 6: cohorts 1 (students), user_options: only text, numbers, true, false, lists and tables can be sent",
        ),
        ('"auditors"', '"students"', "line 11: cohorts 2 (students), name: is the name of another cohort as well"),
        (
            'over = "3h"',
            'over = "3h", from = "2h" }\nuntil = "1h"\n# {',
            "line 14: cohorts 2 (auditors), until: must be after the first of them arrives, at 2h",
        ),
        (
            'over = "3h"',
            'over = "3h", from = "2h" }\nlifecycles = 0\n# {',
            "line 14: cohorts 2 (auditors), lifecycles: 0 means again and again; say until when, with until",
        ),
        (
            'stay = "90m"',
            'stay = 0\nlifecycles = 0\nuntil = "2h"',
            "line 8: cohorts 1 (students), stay: stay and pause must not both be 0 where lifecycles = 0",
        ),
        (
            '{ pattern = "evenly", over = "3h" }',
            STEPS,
            "line 12: cohorts 2 (auditors), people: follows from the steps in which they arrive; remove this line",
        ),
        (
            'title = "Class at nine"',
            'title = "Class at nine"\nstop_when_missed = true',
            'line 2: stop_when_missed: needs a cohort with arrivals = { pattern = "steps", … }',
        ),
        (
            'title = "Class at nine"',
            'title = "Class at nine"\nstop_when_missed = "yes"',
            "line 2: stop_when_missed: must be true or false, without quotes",
        ),
        ('title = "Class at nine"', 'title = "Class"\ntime_scale = 0', "line 2: time_scale: must be 0.01 or more"),
        ('title = "Class at nine"', 'title = "Class"\ntime_scale = inf', "line 2: time_scale: must be a finite number"),
        ('"5m"', "5\n", "line 7, column"),
    ],
)
def test_one_mistake(old: str, new: str, said: str) -> None:
    assert old in CLASS
    lines = complaint(CLASS.replace(old, new, 1)).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"class.toml, {said}")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ({"up_to_per_minute": "0.5"}, "up_to_per_minute must not be less than first_per_minute"),
        ({"first_per_minute": "0.1"}, "in the first step nobody comes; raise first_per_minute or each_lasts"),
        (
            {"up_to_per_minute": "99_999"},
            "these steps bring more than 100,000 people; use fewer or shorter steps, or lower rates",
        ),
    ],
)
def test_steps_that_cannot_be(steps: dict[str, str], said: str) -> None:
    keys = {"first_per_minute": "1", "more_per_minute": "1", "up_to_per_minute": "9", "each_lasts": '"2m"'} | steps
    table = ", ".join(f"{key} = {value}" for key, value in keys.items())
    with pytest.raises(EventError, match=r"^test\.toml, line 6: cohorts 1 \(students\), arrivals: ") as caught:
        event_with(f'{{ pattern = "steps", {table} }}', people=None)
    assert str(caught.value).endswith(said)


def test_an_event_can_end_and_climb_only_once() -> None:
    with pytest.raises(EventError, match="line 2: ends_after: must be after the first arrival of students"):
        event_with('{ pattern = "at once", at = "1h" }', above='ends_after = "1h"')
    again = f'[[cohorts]]\nname = "others"\narrivals = {STEPS}\nstay = 60'
    with pytest.raises(
        EventError, match=r"line 11: cohorts 2 \(others\), arrivals: only one cohort can arrive in steps"
    ):
        event_with(STEPS, people=None, below=again)
    with pytest.raises(EventError, match="line 2: stop_when_missed: needs a target that can be missed"):
        event_with(STEPS, people=None, above="stop_when_missed = true")


def test_all_mistakes_at_once_in_the_order_of_their_lines() -> None:
    text = CLASS.replace('"90m"', '"90 mn"').replace("title", "tittle").replace('"lognormal"', '"nomal"')
    assert [line.split(":")[0] for line in complaint(text).splitlines()] == [
        "class.toml, line 1",
        "class.toml, line 8",
        "class.toml, line 14",
    ]


def test_not_more_mistakes_than_one_can_read() -> None:
    lines = complaint(CLASS + "".join(f'[[targets]]\nmeasure = "x{n}"\nat_most = 1\n' for n in range(14))).splitlines()
    assert len(lines) == 11
    assert lines[0].startswith(
        "class.toml, line 25: targets 3, measure: 'x0' is unknown; choose one of 'start to ready',"
    )
    assert lines[-1] == "class.toml, and 4 more."


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_are_counted_where_statements_have_several(newline: str) -> None:
    text = newline.join(
        [
            'title = """',
            "[[cohorts]]",
            'name = 1 """',
            "# a comment",
            "cohorts = [",
            '  { name = "a", people = 1, stay = 1, arrivals = { pattern = "at once" } },',
            '  { name = "b", people = "x", stay = 1, arrivals = { pattern = "at once" } },',
            "]",
            "",
            "[[targets]]",
            "at_most = 1",
        ]
    )
    assert [line.split(": ")[0] for line in complaint(text).splitlines()] == [
        "class.toml, line 1",  # a title of several lines
        "class.toml, line 7",  # the second one of a statement that holds all cohorts
        "class.toml, line 10",
    ]


def test_the_line_of_whatever_toml_can_say() -> None:
    text = """
a.b = 1
"c d" = '''
[x]
'''
z = [
  [1,
   2],
  # a comment
  {q = 1},
]
[t.u]
v = 1
[[w]]
x = 1
[w.y]
z = 2
[[w]]
[[w.y2]]
k = [{a = 1},
  {a = 2}]
[[w.y2]]
k = 3
[w."y.3"]
a.b.c = 1
"""
    lines = {
        ("a", "b"): 2,
        ("c d",): 3,
        ("z", 0, 1): 7,
        ("z", 1, "q"): 10,
        ("t",): 12,
        ("t", "u", "v"): 13,
        ("w", 0, "x"): 15,
        ("w", 0, "y", "z"): 17,
        ("w", 1): 18,
        ("w", 1, "y2", 0, "k", 0, "a"): 20,
        ("w", 1, "y2", 0, "k", 1): 21,
        ("w", 1, "y2", 1, "k"): 23,
        ("w", 1, "y.3", "a", "b", "c"): 25,
    }
    assert lines_of(set(lines), text) == lines


def test_a_long_file_is_read_line_by_line() -> None:
    cohort = '[[cohorts]]\nname = "c{}"\npeople = 1\nstay = "1m"\narrivals = {{ pattern = "at once" }}\n'
    text = 'title = "Long"\n' + "".join(cohort.format(number) for number in range(1000)) + "stey = 1\n"
    began = time.process_time()
    assert "line 5002: cohorts 1000 (c999), stey: unknown here; did you mean 'stay'?" in complaint(text)
    assert time.process_time() - began < 10  # where each line begins the file anew, it takes many minutes


@given(
    start=st.integers(0, len(CLASS)),
    length=st.integers(0, 40),
    instead=st.text(max_size=10)
    | st.sampled_from(["=", "[", "]", "{", '"', "\n", "[[cohorts]]\n", "inf", "-1", "1e400"]),
)
def test_any_text_is_an_event_or_explained(start: int, length: int, instead: str) -> None:
    text = CLASS[:start] + instead + CLASS[start + length :]
    try:
        said = "" if parse_event(text, "class.toml").cohorts else "no cohorts"
    except EventError as error:
        said = str(error)
    assert all(line.startswith("class.toml") for line in said.splitlines())


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "1" * 5_000])
def test_what_tomllib_itself_gives_up_on(text: str) -> None:
    assert complaint(text).startswith("class.toml")


class TestReading:
    def test_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "class.toml"
        path.write_bytes(b"\xef\xbb\xbf" + CLASS.encode())  # as some editors save it
        assert read_event(str(path)) == (CLASS, parse_event(CLASS, ""))

    def test_a_mistake_names_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "class.toml"
        path.write_text("title = 1")
        with pytest.raises(EventError, match=f"^{path}, line 1: title: must be text in quotes"):
            read_event(str(path))

    @pytest.mark.parametrize(
        ("name", "reason"), [("missing.toml", "No such file or directory"), (".", "Is a directory"), ("a\0b", "null")]
    )
    def test_no_file(self, name: str, reason: str, tmp_path: Path) -> None:
        with pytest.raises(
            EventError,
            match=f"cannot be read: .*{reason}.* a ready-made event: class-at-nine, class-with-notebooks, demo, exam, ",
        ):
            read_event(str(tmp_path / name))

    @pytest.mark.parametrize(
        ("content", "reason"),
        [(b"title = \xff", "is not UTF-8 text; save it"), (b"# nothing\n", "is empty; begin with")],
    )
    def test_no_event(self, content: bytes, reason: str, tmp_path: Path) -> None:
        (tmp_path / "class.toml").write_bytes(content)
        with pytest.raises(EventError, match=reason):
            read_event(str(tmp_path / "class.toml"))

    def test_a_file_of_that_name_goes_before_a_ready_made_event(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert read_event("exam")[1].title == "Exam"
        (tmp_path / "exam").write_text(CLASS)
        assert read_event("exam")[1].title == "Class at nine"


class TestReadyMade:
    def test_names(self) -> None:
        assert list(ready_made()) == [
            *("class-at-nine", "class-with-notebooks", "demo", "exam", "how-far", "hub-restart", "soak"),
            "workshop-week",
        ]

    @pytest.mark.parametrize("name", ready_made())
    def test_can_be_planned_and_says_what_to_change(self, name: str) -> None:
        text, event = read_event(name)
        assert plan(event, 7)
        assert event.targets
        assert text.startswith("# ")
        assert "# What to change: " in text

    def test_the_profiles_of_the_class_are_ready_to_be_uncommented(self) -> None:
        text, _ = read_event("class-at-nine")
        event = parse_event(text.replace("# profiles =", "profiles ="), "class.toml")
        assert event.cohorts[0].profiles == {"small": 0.8, "gpu": 0.2}

    def test_how_far_climbs_until_a_target_is_missed(self) -> None:
        _, event = read_event("how-far")
        assert event.stop_when_missed
        assert [step.per_minute for step in event.steps] == list(range(10, 130, 10))


class TestSettings:
    @pytest.mark.parametrize(
        "text", [CLASS, f"# a comment\nseed = 5\n{CLASS}", f'time_scale = 2\r\n"seed" = 5 # last week\r\n{CLASS}']
    )
    def test_what_a_run_was_made_with_is_kept(self, text: str) -> None:
        kept = with_time_scale(with_seed(text, 7), 60)
        expected = {**tomllib.loads(text), "seed": 7, "time_scale": 60}
        assert tomllib.loads(kept) == expected
        assert parse_event(kept, "").seed == 7
        assert with_time_scale(with_seed(kept, 7), 60) == kept

    def test_all_else_stays_as_it_was(self) -> None:
        assert with_seed(f"# a comment\n{CLASS}", 7) == f"seed = 7\n# a comment\n{CLASS}"
        assert with_seed(f"# a comment\nseed = 5\n{CLASS}", 7) == f"# a comment\nseed = 7\n{CLASS}"


def test_importing_patches_nothing() -> None:
    code = "import sys, hubusers.event.file, hubusers.report.plan_chart; sys.exit('gevent' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("document", ["README.md", "docs/reference/events.md", "docs/how-to/people.md"])
def test_the_events_of_the_documentation(document: str) -> None:
    text = (Path(__file__).parents[2] / document).read_text(encoding="utf-8")
    found = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert found
    for event in found:
        assert parse_event(event, document).cohorts


@pytest.mark.parametrize(("written", "percentile"), [('"95 %"', 95), ('"99.9%"', 99.9), ('"p95"', 95), ('"50"', 50)])
def test_a_percentile_as_text(written: str, percentile: float) -> None:
    event = parse_event(CLASS.replace("percentile = 95", f"percentile = {written}"), "class.toml")
    assert event.targets[0].percentile == percentile


def test_a_ready_made_event_whose_name_is_misspelt() -> None:
    with pytest.raises(EventError, match="did you mean 'exam'"):
        read_event("exan")
