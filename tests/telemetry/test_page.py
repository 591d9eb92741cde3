"""The page about telemetry."""

import re
from pathlib import Path

import hubusers
from hubusers.telemetry.measures import MEASURES

PAGE = (Path(hubusers.__file__).parent.parent / "docs" / "how-to" / "telemetry.md").read_text(encoding="utf-8")


def test_the_page_has_every_figure_as_it_is() -> None:
    rows = re.findall(r"^\| `(hubusers\.[\w.]+)` \| `(\w+)` \| (\S+) \| ([^|]*)\| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert [
        (name, other, unit, re.findall(r"`([\w.]+)`", attributes), what) for name, other, unit, attributes, what in rows
    ] == [(one.name, one.prometheus_name, one.unit, list(one.attributes), one.description) for one in MEASURES]
