"""Charts as pictures in a page."""

import subprocess
import sys
from collections.abc import Sequence

from lxml import etree

from hubusers.report.chart import Axis, Bars, Chart, Line, Points, Table, TimeAxis
from hubusers.report.colours import COLOURS
from hubusers.report.drawing import svg_of
from tests.report.made_up_run import BEGAN

AXIS = TimeAxis(BEGAN, BEGAN, BEGAN + 600)


def drawing(content: Bars | Sequence[Line | Points], x: TimeAxis | Axis = AXIS) -> etree._Element:
    chart = Chart("one", "Servers", "How many.", content, x, Table([], []), Axis("servers"))
    return etree.fromstring(svg_of(chart))


def texts(root: etree._Element) -> list[str]:
    return [element.text or "" for element in root.iter("{*}text")]


def test_times_are_the_time_of_day_in_utc_and_the_time_of_the_run() -> None:
    shown = texts(drawing([Line("ready", "ready", [BEGAN, BEGAN + 600], [1, 2])]))
    assert {"08:00", "08:02", "08:10", "UTC, 26 Nov", "minutes since the run began", "2", "10"} <= set(shown)


def test_a_run_of_some_days_has_dates() -> None:
    days = TimeAxis(BEGAN, BEGAN, BEGAN + 3 * 86400)
    shown = texts(drawing([Line("ready", "ready", [BEGAN], [1])], days))
    assert {"27 Nov, 00:00", "hours since the run began", "48"} <= set(shown)


def test_colours_are_those_of_the_page_and_text_is_text() -> None:
    root = drawing([Line("ready", "ready", [BEGAN, BEGAN + 9], [1, None]), Points("failed", "failed", [BEGAN], [2])])
    text = etree.tostring(root, encoding="unicode")
    assert f"var(--ready, {COLOURS['ready'].light})" in text
    assert "var(--text, #" in text
    assert "#01" not in text
    assert "DejaVu" not in text
    assert {title.text for title in root.iter("{*}title")} == {"ready", "failed"}
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Servers. How many."


def test_colours_of_charts_can_be_told_apart_in_a_drawing() -> None:
    light = [colour.light for colour in COLOURS.values()]
    assert len(set(light)) == len(light)


def test_thousands_of_points_are_all_there_and_take_little_space() -> None:
    root = drawing([Points("probe", "probe", [BEGAN + n / 4 for n in range(2000)], [n % 7 for n in range(2000)])])
    [path] = [one for one in root.iter("{*}path") if (one.get("d") or "").count("M") > 1000]
    assert (path.get("d") or "").count("M") == 2000
    assert len(etree.tostring(root)) < 70_000


def test_names_from_outside() -> None:
    name = "spawn failed: $x^{ 失败 \x1b <script>" + "long " * 30
    shown = texts(drawing(Bars("failed", [name], [1234]), Axis("failures")))
    [label] = [text for text in shown if text.startswith("spawn failed")]
    assert label.startswith("spawn failed: $x^{ 失败  <script>long")
    assert label.endswith("…: 1,234")


def test_it_is_loaded_only_when_something_is_drawn() -> None:
    code = "import sys, hubusers.report.report; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
